"""Grades what it means to be allowed an action, or several together. Pure."""

from collections.abc import Collection, Sequence
from functools import cache

from eks_access.model.aws_actions import describe_action, is_catalogued

from ...finding import Severity
from ...iam.actions import AccessLevel, expand_pattern, find_action
from .permissions import ALL, AwsPermission


@cache
def _find_administration() -> frozenset[str]:
    """Every action of IAM: who may use them all can give itself any other right."""
    return frozenset(map(str, expand_pattern("iam:*")))


def grade(actions: Collection[str], permissions: Sequence[AwsPermission]) -> Severity:
    """Severity of being allowed all of the actions, each on the resources of all of the permissions."""
    is_everywhere = any(permission.resource == ALL for permission in permissions)
    if is_everywhere and _find_administration() <= set(actions):
        return Severity.CRITICAL
    return max(
        (severity(each, is_everywhere or any(one.is_broad(each) for one in permissions)) for each in actions),
        default=Severity.MEDIUM,
    )


@cache
def severity(action: str, broad: bool) -> Severity:
    """Severity of being allowed the action, on every resource (`broad`) or on named ones."""
    if action == ALL:
        return Severity.CRITICAL
    if not describe_action(action).is_severe:
        return Severity.LOW
    known = find_action(action)
    if known and not is_catalogued(action):
        # Of what AWS itself calls a write, no more is known than that it changes something.
        if known.access_level in (AccessLevel.READ, AccessLevel.LIST):
            return Severity.LOW
        if known.access_level in (AccessLevel.WRITE, AccessLevel.TAGGING):
            return Severity.MEDIUM
    return Severity.HIGH if broad else Severity.MEDIUM
