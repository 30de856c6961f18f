"""Evaluates all policies of one role, user or group together: one may complete or deny what another allows. Pure.

A permissions boundary may limit all of it. It is not evaluated, only reported: the engine sends a policy before the
role that it is attached to, and only the role has the boundary.
"""

from collections.abc import Iterator
from functools import lru_cache

from .. import iam
from ..access.iam.identities import find_identities
from ..access.iam.model import NOT_KNOWN_YET, Identity
from ..finding import Finding
from ..iam.aws_policies import is_aws_policy, load_aws_policies
from ..stack import Resource, Stack
from .documents import create_context
from .settings import Settings


def find_bounded_identities(stack: Stack) -> Iterator[tuple[Identity, str]]:
    """Identities with a permissions boundary whose policies break a mandatory rule, with the boundary's ARN."""
    for identity in find_identities(stack).values():
        if identity.boundary is not None and _has_mandatory_finding(identity.documents, _find_denials(identity)):
            yield identity, identity.boundary


@lru_cache(maxsize=1024)
def _has_mandatory_finding(policies: tuple[str, ...], denials: tuple[str, ...]) -> bool:
    findings = [
        *iam.evaluate_policies(policies),
        *(finding for each in policies for finding in iam.evaluate_policy(each, others=denials)),
    ]
    return any(finding.rule.is_mandatory for finding in findings)


def evaluate_identities(stack: Stack, settings: Settings, accounts: frozenset[str]) -> Iterator[Finding]:
    """Findings that no policy has by itself; those that one has are reported for that policy, and for who joins it."""
    for identity in find_identities(stack).values():
        policies = identity.documents
        if identity.groups:
            yield from _evaluate_membership(identity, settings, accounts)
        if len(policies) < 2:
            continue
        denials = _find_denials(identity)
        rules_of_single = {
            f.rule for each in policies for f in _evaluate_together((each,), settings, accounts, denials)
        }
        for finding in _evaluate_together(policies, settings, accounts):
            if finding.rule not in rules_of_single:
                name = identity.name if identity.is_external else identity.resource.name
                message = f"the {len(policies)} policies of {name or NOT_KNOWN_YET} together: {finding.message}"
                yield Finding(finding.rule, message, urn=identity.resource.urn)


def _evaluate_membership(user: Identity, settings: Settings, accounts: frozenset[str]) -> Iterator[Finding]:
    """What a user gets by its groups, one finding for each mandatory rule that their policies violate."""
    groups = ", ".join(dict.fromkeys(group.name or group.resource.name for group in user.groups))
    policies = tuple(dict.fromkeys(document for group in user.groups for document in group.documents))
    denials = _find_denials(user)
    found = [*_evaluate_together(policies, settings, accounts, denials)]
    found += [finding for each in policies for finding in _evaluate_one(each, settings, accounts, denials)]
    for rule, finding in {finding.rule: finding for finding in reversed(found)}.items():
        if rule.is_mandatory:
            yield Finding(rule, f"{user} as a member of {groups}: {finding.message}", urn=user.resource.urn)


def _find_denials(identity: Identity) -> tuple[str, ...]:
    return tuple(sorted(identity.denials))


@lru_cache(maxsize=4096)
def _evaluate_one(
    policy: str, settings: Settings, accounts: frozenset[str], denials: tuple[str, ...]
) -> tuple[Finding, ...]:
    return tuple(iam.evaluate_policy(policy, create_context(settings, accounts), others=denials))


@lru_cache(maxsize=4096)
def _evaluate_together(
    policies: tuple[str, ...], settings: Settings, accounts: frozenset[str], denials: tuple[str, ...] = ()
) -> tuple[Finding, ...]:
    """The findings of policies together. A fleet's identities have the same policies many times, so they are cached."""
    return tuple(iam.evaluate_policies(policies, create_context(settings, accounts), denials))


def find_gaps(stack: Stack) -> Iterator[tuple[Resource, str]]:
    """What is not known of identities beside documents, each with the resource that has it."""
    for identity in find_identities(stack).values():
        if identity.is_external and not identity.name:
            what = f"the {identity.kind} that gets its policies is not known before the deployment"
            yield identity.resource, f"{identity.resource.name}: {what}."
        for policy in identity.managed.values():
            if policy.document is None:
                yield policy.attached_by, f"{identity}: {_describe_policy(policy.name)}, and was not evaluated."
        for gap in identity.gaps:
            if gap.name:
                yield gap.resource, f"{identity}: the rights of the {gap.what} {gap.name} are not in the stack."
            elif not gap.is_document:
                what = f"the {gap.what} that {gap.resource.name} names is not known before the deployment"
                yield gap.resource, f"{identity}: {what} and was not evaluated."


def _describe_policy(name: str) -> str:
    if is_aws_policy(name):
        return f"the policy {name} is not among those of AWS that are known here ({load_aws_policies()})"
    return f"the policy {name} is not in the stack"
