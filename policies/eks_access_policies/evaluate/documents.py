"""Evaluates the rules about IAM documents for the documents of a resource. Pure.

The stacks of a fleet contain the same document hundreds of times, so findings are cached by document.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache

from eks_access.model import arn as arns

from .. import iam
from ..access.iam.identities import find_denials
from ..finding import Finding
from ..iam.policy import PolicyKind
from ..rules.iam.trust import TRUST_EXTERNAL_ID, TRUST_UNKNOWN_ACCOUNT, TRUST_WHOLE_ACCOUNT
from ..stack import Resource, Stack
from ..stack.documents import DocumentKind, PlacedDocument, find_documents, serialize_document
from ..stack.values import texts
from .settings import Settings

_KINDS: Mapping[DocumentKind, PolicyKind] = {
    DocumentKind.INLINE: "inline",
    DocumentKind.MANAGED: "managed",
    DocumentKind.ATTACHED: "aws",
}
_CADO = "eks-access:index:Cado"
ACCOUNT_RULES = (TRUST_EXTERNAL_ID, TRUST_UNKNOWN_ACCOUNT, TRUST_WHOLE_ACCOUNT)
"""Rules whose findings depend on which accounts are the stack's own."""
_OWN_ACCOUNT_UNKNOWN = (
    " Your own account is not known here: name it in the setting `accounts`, or in the provider's allowed_account_ids."
)
_SECRET = "the document is a secret of the stack, so the finding is not shown."


def evaluate_documents(
    resource: Resource, settings: Settings, accounts: frozenset[str], stack: Stack
) -> Iterator[Finding]:
    """The findings about every document of the resource, and about a role's session duration."""
    exempt = frozenset(_find_vendors_without_external_id(resource, stack))
    identity = f"role {resource.name}" if resource.type.endswith(":Role") else resource.name
    for placed in find_documents(resource):
        if not placed.is_known:
            continue
        others = () if placed.kind is DocumentKind.TRUST else find_denials(stack, resource)
        hidden = placed.name.partition("[")[0] in resource.secrets
        for finding in _evaluate_text(placed.kind, serialize_document(placed), settings, accounts, exempt, others):
            message = f"{_describe(placed, identity)}: {_SECRET if hidden else finding.message}"
            if finding.rule in ACCOUNT_RULES and not accounts and not settings.accounts:
                message += _OWN_ACCOUNT_UNKNOWN
            where = placed.name if hidden or not finding.where else f"{placed.name}.{finding.where}"
            yield Finding(finding.rule, message, where, urn=resource.urn)
    seconds = resource.get("maxSessionDuration")
    if isinstance(seconds, int | float) and not isinstance(seconds, bool):
        for finding in iam.evaluate_session(int(seconds), create_context(settings, accounts)):
            message = f"{identity}: {finding.message}"
            yield Finding(finding.rule, message, "maxSessionDuration", urn=resource.urn)


def _describe(placed: PlacedDocument, identity: str) -> str:
    if placed.policy:
        return f"the policy {placed.policy} that {identity} attaches"
    return f"the {placed.kind.value} of {identity}"


@lru_cache(maxsize=4096)
def _evaluate_text(
    kind: DocumentKind,
    text: str,
    settings: Settings,
    accounts: frozenset[str],
    exempt: frozenset[str],
    others: tuple[str, ...],
) -> tuple[Finding, ...]:
    context = create_context(settings, accounts, exempt)
    if kind is DocumentKind.TRUST:
        return tuple(iam.evaluate_trust(text, context))
    return tuple(iam.evaluate_policy(text, context, _KINDS[kind], others))


def create_context(settings: Settings, accounts: frozenset[str], exempt: frozenset[str] = frozenset()) -> iam.Context:
    """The context that documents are evaluated in. `exempt` are accounts of vendors that issue no ExternalId."""
    vendors = {account: iam.Vendor("a vendor of yours") for account in settings.vendor_accounts}
    vendors |= {account: iam.Vendor("the integration's vendor", external_id=False) for account in exempt}
    return iam.Context(
        accounts=accounts | frozenset(settings.accounts),
        trusted_accounts=frozenset(settings.allowed_accounts),
        vendors={**iam.KNOWN_VENDORS, **vendors},
        principals=frozenset(filter(arns.parse, settings.allowed_principals)),
        organizations=frozenset(settings.organizations),
    )


def _find_vendors_without_external_id(resource: Resource, stack: Stack) -> Iterator[str]:
    """The vendor accounts that an integration's arguments name, for a vendor that issues no ExternalId."""
    integration = stack.integration(resource)
    if integration is not None and integration.type == _CADO:
        for arn in map(arns.parse, texts(integration.get("platform_role_arns"))):
            if arn is not None:
                yield arn.account
