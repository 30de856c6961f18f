"""Evaluates the rules about cluster access: access entries, access policies, aws-auth, cluster settings. Pure."""

from collections.abc import Iterator

from ...access import Access
from ...finding import Finding
from ...rules.eks import RULES
from ..settings import Settings
from .clusters import evaluate_resource
from .entries import evaluate_entries
from .policies import evaluate_policies
from .unread import find_unread

__all__ = ["RULES", "evaluate", "evaluate_resource", "find_unread"]


def evaluate(access: Access, settings: Settings, own_accounts: frozenset[str]) -> Iterator[Finding]:
    """Findings about the chain of access: principals, their Kubernetes identities, and their access policies."""
    yield from evaluate_policies(access, settings)
    yield from evaluate_entries(access, settings, own_accounts)
