"""Evaluates all policies of one role, user or group together: one may complete or deny what another allows. Pure.

A permissions boundary may limit all of it. It is not evaluated, only reported: the engine sends a policy before the
role that it is attached to, and only the role has the boundary.
"""

from collections.abc import Iterator
from functools import lru_cache

from .. import iam
from ..access.iam_identities import Identity, find_identities
from ..finding import Finding
from ..stack import Stack
from ..stack.values import text
from .documents import create_context
from .settings import Settings


def find_bounded_identities(stack: Stack) -> Iterator[tuple[Identity, str]]:
    """Identities with a permissions boundary whose policies break a mandatory rule, with the boundary's ARN."""
    for identity in find_identities(stack).values():
        boundary = identity.resource.get("permissionsBoundary")
        if boundary and _has_mandatory_finding(tuple(identity.policies)):
            yield identity, text(boundary) or "not known yet"


@lru_cache(maxsize=1024)
def _has_mandatory_finding(policies: tuple[str, ...]) -> bool:
    findings = [
        *iam.evaluate_policies(policies),
        *(finding for each in policies for finding in iam.evaluate_policy(each)),
    ]
    return any(finding.rule.is_mandatory for finding in findings)


def evaluate_identities(stack: Stack, settings: Settings, accounts: frozenset[str]) -> Iterator[Finding]:
    """Findings that no policy has by itself; those that one has are reported for that policy."""
    context = create_context(settings, accounts)
    for identity in find_identities(stack).values():
        policies = identity.policies
        if len(policies) < 2:
            continue
        rules_of_single = {finding.rule for each in policies for finding in iam.evaluate_policies([each], context)}
        for finding in iam.evaluate_policies(policies, context):
            if finding.rule not in rules_of_single:
                message = f"the {len(policies)} policies of {identity.resource.name} together: {finding.message}"
                yield Finding(finding.rule, message, urn=identity.resource.urn)
