"""What all policies of one role, user or group open together: one completes what another begins, or denies it. Pure."""

from collections.abc import Iterator

from . import iam
from .identities import identities
from .judge_documents import context
from .located import Located
from .rule import Finding
from .settings import Settings
from .stack import Stack


def judge_identities(stack: Stack, settings: Settings, accounts: frozenset[str]) -> Iterator[Located]:
    """Only what no policy opens by itself: the rest is told of that policy."""
    for identity in identities(stack).values():
        texts = identity.policies
        if len(texts) < 2:
            continue
        alone = {finding.rule for each in texts for finding in iam.judge_policies([each], context(settings, accounts))}
        for finding in iam.judge_policies(texts, context(settings, accounts)):
            if finding.rule not in alone:
                message = f"the {len(texts)} policies of {identity.resource.name} together: {finding.message}"
                yield Located(Finding(finding.rule, message), identity.resource.urn)
