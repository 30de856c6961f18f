"""Reports what could not be evaluated: unknown before the deployment, not in the stack, or of a type that is not read.

Pure. What no rule reads in detail is found by the table of resource types, so that nothing is dropped without a word.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator

from eks_access.text_layout import format_count

from ..access import Access
from ..finding import Finding, Rule, Severity
from ..resource_types import NotEvaluated, find_not_evaluated_resources
from ..stack import Resource
from ..stack.documents import find_documents
from ..stack.values import contains_unknown
from .eks import find_unread
from .identities import find_bounded_identities, find_gaps
from .rbac.unknown import find_unknown as find_unknown_rbac
from .settings import Settings

NOT_EVALUATED = Rule(
    "not-judged",
    "Everything that decides about access can be evaluated",
    Severity.LOW,
    "Run `eks-access policies --stack NAME` after the deployment, when everything is known; or build documents from"
    " strings that are known beforehand, such as a role's name, instead of Outputs. Read resources of a type that is"
    " not evaluated yourself, and list those that you accept in the setting `exemptResources`.",
    "https://www.pulumi.com/docs/insights/policy/policy-packs/authoring/",
)
RULES = (NOT_EVALUATED,)
_SHOWN = 3
"""Resources of a type that a message names."""


def find_not_evaluated(access: Access, settings: Settings) -> Iterator[Finding]:
    """What the rules could not evaluate, each resource at least once, and then what is of no type that is evaluated."""
    reported: Counter[str] = Counter()
    for finding in _find_unknown(access):
        reported[finding.urn] += 1
        yield finding
    by_type: dict[tuple[str, str, tuple[str, ...]], list[NotEvaluated]] = defaultdict(list)
    for each in find_not_evaluated_resources(access.stack):
        is_reported = each.properties and len(each.properties) <= reported[each.resource.urn]
        if not each.is_limit and not is_reported and not settings.exempts(each.resource, access.stack):
            by_type[each.resource.type, each.reason, each.properties].append(each)
    for same in by_type.values():
        yield Finding(NOT_EVALUATED, _describe(same), urn=same[0].resource.urn)


def _describe(same: list[NotEvaluated]) -> str:
    """One sentence about resources of one type that were not evaluated for one reason."""
    first, names = same[0], [each.resource.name for each in same]
    named = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else "")
    count = f"{format_count(len(same), 'resource')} of type {first.resource.type} ({named})"
    if first.properties:
        return f"{count}: {', '.join(first.properties)} {first.reason} and not evaluated."
    return f"{count} {'was' if len(same) == 1 else 'were'} not evaluated: {first.reason}."


def _find_unknown(access: Access) -> Iterator[Finding]:
    for resource in access.stack.resources:
        yield from _find_documents_not_evaluated(resource)
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
    for identity, boundary in find_bounded_identities(access.stack):
        message = (
            f"{identity.resource.name}: its permissions boundary ({boundary}) was not evaluated; it may prevent what"
            " other findings say of its policies."
        )
        yield Finding(NOT_EVALUATED, message, urn=identity.resource.urn)
    for resource, message in (*find_unknown_rbac(access), *find_unread(access), *find_gaps(access.stack)):
        yield Finding(NOT_EVALUATED, message, urn=resource.urn)


def _find_documents_not_evaluated(resource: Resource) -> Iterator[Finding]:
    for document in find_documents(resource):
        if not document.is_known:
            what = f"the {document.kind.value} of {resource.name} ({document.name})"
            message = f"{what} is not known before the deployment and was not evaluated."
            yield Finding(NOT_EVALUATED, message, document.name, urn=resource.urn)
