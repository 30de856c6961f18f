"""Reports what could not be evaluated, because it is unknown before the deployment or not in the stack. Pure."""

from collections.abc import Iterator

from ..access import Access
from ..finding import Finding, Rule, Severity
from ..stack import Resource, is_unknown
from ..stack.documents import find_documents
from ..stack.values import contains_unknown, get
from .identities import find_bounded_identities, find_gaps

NOT_EVALUATED = Rule(
    "not-judged",
    "Everything that decides about access can be evaluated",
    Severity.LOW,
    "Run `eks-access policies --stack NAME` after the deployment, when everything is known; or build documents from"
    " strings that are known beforehand, such as a role's name, instead of Outputs.",
    "https://www.pulumi.com/docs/insights/policy/policy-packs/authoring/",
)
RULES = (NOT_EVALUATED,)

_HELM = ("kubernetes:helm.sh/v3:Release", "kubernetes:helm.sh/v4:Release")


def find_documents_not_evaluated(resource: Resource) -> Iterator[Finding]:
    for document in find_documents(resource):
        if not document.is_known:
            what = f"the {document.kind.value} of {resource.name} ({document.name})"
            message = f"{what} is not known before the deployment and was not evaluated."
            yield Finding(NOT_EVALUATED, message, document.name, urn=resource.urn)


def find_not_evaluated(access: Access) -> Iterator[Finding]:
    for entry in access.entries:
        for what in entry.unknown_fields:
            if what != "cluster":  # an unknown cluster is evaluated as any cluster
                message = f"{entry.principal} → {entry}: {what} not known before the deployment and not evaluated."
                yield Finding(NOT_EVALUATED, message, urn=entry.resource.urn)
    for association in access.associations:
        resource = association.resource
        if not association.policy:
            message = f"{association.principal}: its access policy is not known before the deployment."
            yield Finding(NOT_EVALUATED, message, urn=resource.urn)
        elif contains_unknown(resource.get("accessScope")):
            message = (
                f"{association.principal} → {association}: its scope is not known before the deployment, and was"
                " evaluated as the whole cluster."
            )
            yield Finding(NOT_EVALUATED, message, urn=resource.urn)
    for binding in access.bindings:
        for what in binding.unknown_fields:
            message = f"{binding}: {what} not known before the deployment and not evaluated."
            yield Finding(NOT_EVALUATED, message, urn=binding.resource.urn)
    for role in access.roles:
        rules = get(role.resource.properties, "rules") if role.resource else None
        if role.resource and (is_unknown(rules) or not all(rule.is_whole for rule in role.rules)):
            message = f"{role}: some of its rules are not known before the deployment and were not evaluated."
            yield Finding(NOT_EVALUATED, message, urn=role.resource.urn)
    for identity, boundary in find_bounded_identities(access.stack):
        message = (
            f"{identity.resource.name}: its permissions boundary ({boundary}) was not evaluated; it may prevent what"
            " other findings say of its policies."
        )
        yield Finding(NOT_EVALUATED, message, urn=identity.resource.urn)
    for resource, message in find_gaps(access.stack):
        yield Finding(NOT_EVALUATED, message, urn=resource.urn)
    for resource in access.stack.of_type(*_HELM):
        message = f"resources of the Helm release {resource.name} are not in the stack and were not evaluated."
        yield Finding(NOT_EVALUATED, message, urn=resource.urn)
