"""What could not be judged, because it is known only after the deployment or is not in the stack. Pure."""

from collections.abc import Iterator

from ..access import Access
from ..finding import Finding, Rule, Severity
from ..stack import Resource, is_unknown
from ..stack.documents import documents
from ..stack.values import get, holds_unknown
from .identities import limited

NOT_EVALUATED = Rule(
    "not-judged",
    "What could not be judged is judged later",
    Severity.LOW,
    "Run `eks-access policies --stack NAME` after the deployment, when everything is known; or build documents from"
    " texts that are known beforehand, such as a role's name, instead of Outputs.",
    "https://www.pulumi.com/docs/insights/policy/policy-packs/authoring/",
)
RULES = (NOT_EVALUATED,)

_HELM = ("kubernetes:helm.sh/v3:Release", "kubernetes:helm.sh/v4:Release")


def find_documents_not_evaluated(resource: Resource) -> Iterator[Finding]:
    for document in documents(resource):
        if not document.is_known:
            words = f"the {document.kind.value} of {resource.name} ({document.name}) is not known yet"
            yield Finding(NOT_EVALUATED, f"{words}, and was not judged.", document.name, urn=resource.urn)


def find_not_evaluated(access: Access) -> Iterator[Finding]:
    for entry in access.entries:
        for what in entry.unknown_fields:
            if what != "cluster":  # a cluster that is not known yet is taken for any
                message = f"{entry.principal} → {entry}: its {what} is not known yet, and was not judged."
                yield Finding(NOT_EVALUATED, message, urn=entry.resource.urn)
    for association in access.associations:
        resource = association.resource
        if not association.policy:
            message = f"{association.principal}: which access policy it gets is not known yet."
            yield Finding(NOT_EVALUATED, message, urn=resource.urn)
        elif holds_unknown(resource.get("accessScope")):
            message = f"{association.principal} → {association}: its scope is not known yet; judged as the cluster."
            yield Finding(NOT_EVALUATED, message, urn=resource.urn)
    for binding in access.bindings:
        for what in binding.unknown_fields:
            message = f"{binding}: its {what} is not known yet, and was not judged."
            yield Finding(NOT_EVALUATED, message, urn=binding.resource.urn)
    for role in access.roles:
        rules = get(role.resource.properties, "rules") if role.resource else None
        if role.resource and (is_unknown(rules) or not all(rule.is_whole for rule in role.rules)):
            message = f"{role}: some of its rules are not known yet, and were not judged."
            yield Finding(NOT_EVALUATED, message, urn=role.resource.urn)
    for identity, boundary in limited(access.stack):
        message = (
            f"{identity.resource.name}: its permissions boundary ({boundary}) was not weighed; what is said of its"
            " policies may be out of its reach."
        )
        yield Finding(NOT_EVALUATED, message, urn=identity.resource.urn)
    for resource in access.stack.of_type(*_HELM):
        message = (
            f"{resource.name} is a release of Helm's: what its chart grants was not judged, it is not in the stack."
        )
        yield Finding(NOT_EVALUATED, message, urn=resource.urn)
