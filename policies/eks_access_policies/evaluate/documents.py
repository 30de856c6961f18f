"""The rules about IAM documents, applied to the documents of a resource. Pure.

A fleet's stacks have the same document hundreds of times; each is judged once.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from functools import lru_cache

from eks_access.model import arn as arns

from .. import iam
from ..finding import Finding
from ..iam.policy import PolicyKind
from ..rules.iam.trust import TRUST_EXTERNAL_ID, TRUST_UNKNOWN_ACCOUNT, TRUST_WHOLE_ACCOUNT
from ..stack import Resource, Stack
from ..stack.documents import Kind, document_text, documents
from ..stack.values import texts
from .settings import Settings

_KINDS: Mapping[Kind, PolicyKind] = {
    Kind.INLINE: "inline",
    Kind.MANAGED: "managed",
    Kind.ATTACHED: "managed",
}
_CADO = "eks-access:index:Cado"
BY_ACCOUNT = (TRUST_EXTERNAL_ID, TRUST_UNKNOWN_ACCOUNT, TRUST_WHOLE_ACCOUNT)
"""Rules that say something else of one's own accounts than of others'."""
_NAME_ACCOUNTS = (
    " Which account is your own is not known here: name it in the setting `accounts`, or in the provider's"
    " allowed_account_ids."
)
_SECRET = "what it says is a secret of the stack, and is not shown."


def evaluate_documents(
    resource: Resource, settings: Settings, accounts: frozenset[str], stack: Stack
) -> Iterator[Finding]:
    plain = frozenset(_without_external_id(resource, stack))
    told = f"role {resource.name}" if resource.type.endswith(":Role") else resource.name
    for placed in documents(resource):
        if not placed.is_known:
            continue
        what = f"the {placed.kind.value} of {told}"
        hidden = placed.name.partition("[")[0] in resource.secrets
        for finding in _evaluated(placed.kind, document_text(placed), settings, accounts, plain):
            message = f"{what}: {_SECRET if hidden else finding.message}"
            if finding.rule in BY_ACCOUNT and not accounts and not settings.accounts:
                message += _NAME_ACCOUNTS
            where = placed.name if hidden or not finding.where else f"{placed.name}.{finding.where}"
            yield dataclasses.replace(finding, message=message, where=where, urn=resource.urn)
    seconds = resource.get("maxSessionDuration")
    if isinstance(seconds, int | float) and not isinstance(seconds, bool):
        for finding in iam.evaluate_session(int(seconds), context(settings, accounts)):
            message = f"{told}: {finding.message}"
            yield Finding(finding.rule, message, "maxSessionDuration", resource.urn)


@lru_cache(maxsize=4096)
def _evaluated(
    kind: Kind, text: str, settings: Settings, accounts: frozenset[str], plain: frozenset[str]
) -> tuple[Finding, ...]:
    if kind is Kind.TRUST:
        return tuple(iam.evaluate_trust(text, context(settings, accounts, plain)))
    return tuple(iam.evaluate_policy(text, context(settings, accounts, plain), _KINDS[kind]))


def context(settings: Settings, accounts: frozenset[str], plain: frozenset[str] = frozenset()) -> iam.Context:
    """What the judgement of a document must know that is not in it. `plain` are vendors' that give no ExternalId."""
    vendors = {account: iam.Vendor("a vendor of yours") for account in settings.vendor_accounts}
    vendors |= {account: iam.Vendor("the integration's vendor", external_id=False) for account in plain}
    return iam.Context(
        accounts=accounts | frozenset(settings.accounts),
        trusted_accounts=frozenset(settings.allowed_accounts),
        vendors={**iam.KNOWN_VENDORS, **vendors},
        principals=frozenset(filter(arns.parse, settings.allowed_principals)),
        organizations=frozenset(settings.organizations),
    )


def _without_external_id(resource: Resource, stack: Stack) -> Iterator[str]:
    """The accounts that an integration's own arguments name for its vendor, where the vendor has no ExternalId."""
    integration = stack.integration(resource)
    if integration is not None and integration.type == _CADO:
        for arn in map(arns.parse, texts(integration.get("platform_role_arns"))):
            if arn is not None:
                yield arn.account
