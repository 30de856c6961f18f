"""The judgement of ways into clusters: access entries, access policies, aws-auth, clusters' settings. Pure."""

from collections.abc import Iterator

from ...access import Access
from ...finding import Finding
from ...rules.eks import RULES
from ...rules.settings import Settings
from .clusters import judge_resource
from .entries import judge_entries
from .policies import judge_policies

__all__ = ["RULES", "judge", "judge_resource"]


def judge(access: Access, settings: Settings, own_accounts: frozenset[str]) -> Iterator[Finding]:
    """What can be said of the chain: who enters, as whom, with which access policies."""
    yield from judge_policies(access, settings)
    yield from judge_entries(access, settings, own_accounts)
