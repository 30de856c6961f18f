"""What all policies of one role, user or group open together: one completes what another begins, or denies it. Pure.

A permissions boundary may keep any of it out of reach. It is not weighed, but said: a policy is asked about before the
role that it is for, which alone has the boundary.
"""

from collections.abc import Iterator
from functools import lru_cache

from .. import iam
from ..access.iam_identities import Identity, find_identities
from ..finding import Finding
from ..stack import Stack
from ..stack.values import text
from .documents import context
from .settings import Settings


def limited(stack: Stack) -> Iterator[tuple[Identity, str]]:
    """Those whose policies say something grave, and who have a permissions boundary; with the boundary in words."""
    for identity in find_identities(stack).values():
        boundary = identity.resource.get("permissionsBoundary")
        if boundary and _is_grave(tuple(identity.policies)):
            yield identity, text(boundary) or "not known yet"


@lru_cache(maxsize=1024)
def _is_grave(policies: tuple[str, ...]) -> bool:
    found = [*iam.evaluate_policies(policies), *(finding for each in policies for finding in iam.evaluate_policy(each))]
    return any(finding.rule.is_mandatory for finding in found)


def evaluate_identities(stack: Stack, settings: Settings, accounts: frozenset[str]) -> Iterator[Finding]:
    """Only what no policy opens by itself: the rest is told of that policy."""
    for identity in find_identities(stack).values():
        texts = identity.policies
        if len(texts) < 2:
            continue
        alone = {
            finding.rule for each in texts for finding in iam.evaluate_policies([each], context(settings, accounts))
        }
        for finding in iam.evaluate_policies(texts, context(settings, accounts)):
            if finding.rule not in alone:
                message = f"the {len(texts)} policies of {identity.resource.name} together: {finding.message}"
                yield Finding(finding.rule, message, urn=identity.resource.urn)
