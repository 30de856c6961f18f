"""Finds the AWS accounts that are a stack's own."""

import re
from collections.abc import Iterable, Iterator

from eks_access.model import arn as arns

from ..stack import Resource
from ..stack.values import text, texts
from .clusters import CLUSTER
from .principals import ROLE, USER


def find_own_accounts(resources: Iterable[Resource]) -> frozenset[str]:
    """The accounts of a stack's own: those of its roles, users and clusters, and the one that its provider allows.

    A provider that allows several accounts is in one of them, and proves nothing about the others.
    """
    return frozenset(account for resource in resources for account in _find_accounts(resource))


def _find_accounts(resource: Resource) -> Iterator[str]:
    if resource.type in (*ROLE, *USER, *CLUSTER):
        parsed = arns.parse(text(resource.get("arn")) or "")
        if parsed is not None:
            yield parsed.account
    elif resource.type == "pulumi:providers:aws":
        allowed = resource.get("allowedAccountIds")
        ids = set(re.findall(r"\d+", text(allowed) or " ".join(texts(allowed))))
        yield from (account for account in ids if len(ids) == 1 and arns.ACCOUNT_ID.fullmatch(account))
