"""Evaluates the rules about cluster access: access entries, access policies, aws-auth, cluster settings. Pure."""

from collections.abc import Iterator

from ...access import Access
from ...located import Located
from ...rules.eks import RULES
from ...rules.settings import Settings
from .clusters import judge_resource
from .entries import judge_entries
from .policies import judge_policies

__all__ = ["RULES", "judge", "judge_resource"]


def judge(access: Access, settings: Settings, own_accounts: frozenset[str]) -> Iterator[Located]:
    """Findings about the chain of access: principals, their Kubernetes identities, and their access policies."""
    yield from judge_policies(access, settings)
    yield from judge_entries(access, settings, own_accounts)
