"""What all policies of one role, user or group open together: one completes what another begins, or denies it. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from . import iam
from .access.principals import ROLE, USER
from .documents import ATTACHMENTS, Kind, documents
from .judge_documents import context, document_text
from .located import Located
from .rule import Finding
from .settings import Settings
from .stack import Resource, Stack
from .stack.values import text

_GROUP = ("aws:iam/group:Group",)
_POLICY = "aws:iam/policy:Policy"
_OWNERS: Mapping[str, str] = {
    "aws:iam/rolePolicy:RolePolicy": "role",
    "aws:iam/userPolicy:UserPolicy": "user",
    "aws:iam/groupPolicy:GroupPolicy": "group",
    **ATTACHMENTS,
}
"""Types that give a policy to an identity, and the property that says to which."""


def judge_identities(stack: Stack, settings: Settings, accounts: frozenset[str]) -> Iterator[Located]:
    """Only what no policy opens by itself: the rest is told of that policy."""
    for identity, texts in _policies(stack).items():
        if len(texts) < 2:
            continue
        alone = {finding.rule for each in texts for finding in iam.judge_policies([each], context(settings, accounts))}
        for finding in iam.judge_policies(texts, context(settings, accounts)):
            if finding.rule not in alone:
                message = f"the {len(texts)} policies of {identity.name} together: {finding.message}"
                yield Located(Finding(finding.rule, message), identity.urn)


def _policies(stack: Stack) -> Mapping[Resource, list[str]]:
    """The known policies of each identity that is made in the stack."""
    found: dict[Resource, list[str]] = defaultdict(list)
    by_name = {
        text(each.get("name")) or each.name: each for kind in (ROLE, USER, _GROUP) for each in stack.of_type(*kind)
    }
    for identity in by_name.values():
        found[identity] += _texts(identity)
    for kind, name in _OWNERS.items():
        for given in stack.of_type(kind):
            owners = [each for each in stack.sources(given, name) if each.type in (*ROLE, *USER, *_GROUP)]
            owner = owners[0] if owners else by_name.get(text(given.get(name)) or "")
            if owner is not None:
                found[owner] += _texts(given)
                for policy in _attached(given, stack):
                    found[owner] += _texts(policy)
    return found


def _attached(attachment: Resource, stack: Stack) -> Iterator[Resource]:
    arn = text(attachment.get("policyArn"))
    sources = [each for each in stack.sources(attachment, "policyArn") if each.type == _POLICY]
    if sources:
        yield from sources
    elif arn:
        yield from (each for each in stack.of_type(_POLICY) if text(each.get("arn")) == arn)


def _texts(resource: Resource) -> list[str]:
    return [
        document_text(placed)
        for placed in documents(resource)
        if placed.is_known and placed.kind is not Kind.TRUST and placed.name.partition("[")[0] not in resource.secrets
    ]
