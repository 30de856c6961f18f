"""Finds the AWS accounts that are a stack's own, and in which of them each resource is."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from eks_access.model import arn as arns

from ..stack import Resource
from ..stack.model import parse_name, parse_type
from ..stack.values import text, texts
from .clusters import CLUSTER
from .principals import ROLE, USER

_PROVIDERS = ("pulumi:providers:aws", "pulumi:providers:aws-native")
_DEFAULT = "default"


class ProviderAccounts:
    """Tells accounts apart by the providers of AWS. Names of IAM are unique in one account only."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        accounts: dict[str, set[str]] = defaultdict(set)
        for resource in resources:
            if resource.type in _PROVIDERS:
                accounts[_name_provider(resource.urn)].update(_find_accounts(resource))
            elif resource.provider and parse_type(resource.provider) in _PROVIDERS:
                accounts[_name_provider(resource.provider)].update(_find_accounts(resource))
        self.are_several = len(accounts) > 1
        """Whether the stack has several providers of AWS, which may be of several accounts."""
        self._accounts = {provider: only for provider, found in accounts.items() if len(found) == 1 for only in found}

    def provider_of(self, resource: Resource) -> str:
        """The provider that makes a resource: its URN, or `default`, whatever the version of the default one."""
        return _name_provider(resource.provider or _DEFAULT)

    def account_of(self, resource: Resource) -> str:
        """The account that a resource is in; empty if the stack does not show it."""
        return next(_find_accounts(resource), "") or self._accounts.get(self.provider_of(resource), "")


def _name_provider(urn: str) -> str:
    return _DEFAULT if re.fullmatch(rf"{_DEFAULT}(_\d.*)?", parse_name(urn)) else urn


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
