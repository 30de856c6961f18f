"""The judgement of ways into clusters: access entries, access policies, aws-auth, clusters' settings. Pure."""

from collections.abc import Iterator

from ...access import Access
from ...finding import Finding
from ...rules.eks import RULES
from ..settings import Settings
from .clusters import evaluate_resource
from .entries import evaluate_entries
from .policies import evaluate_policies

__all__ = ["RULES", "evaluate", "evaluate_resource"]


def evaluate(access: Access, settings: Settings, own_accounts: frozenset[str]) -> Iterator[Finding]:
    """What can be said of the chain: who enters, as whom, with which access policies."""
    yield from evaluate_policies(access, settings)
    yield from evaluate_entries(access, settings, own_accounts)
