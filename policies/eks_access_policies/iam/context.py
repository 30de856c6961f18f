"""What is needed to evaluate a document and is not in it: which accounts are one's own, trusted, or a vendor's."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum

from .glob import matches
from .known_vendors import KNOWN_VENDORS, Vendor

SESSION_LIMIT = 43_200
"""The maximum of MaxSessionDuration, in seconds. https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html"""


class AccountTrust(Enum):
    """How far an account is trusted; the values are used in messages."""

    OWN = "your own account"
    TRUSTED = "an account that you trust"
    VENDOR = "a known vendor's account"
    UNKNOWN = "an account that is neither yours, nor trusted, nor a known vendor's"


@dataclass(frozen=True)
class Context:
    """Facts about one's own environment.

    `accounts` are one's own; `trusted_accounts` are others that need no ExternalId, such as the same organization's.
    """

    accounts: frozenset[str] = frozenset()
    trusted_accounts: frozenset[str] = frozenset()
    vendors: Mapping[str, Vendor] = field(default_factory=lambda: KNOWN_VENDORS)
    """By account id."""
    principals: frozenset[str] = frozenset()
    """ARNs, or patterns of ARNs, of principals that are trusted without a finding."""
    organizations: frozenset[str] = frozenset()
    """One's own AWS Organizations; if empty, any organization's id is accepted in a condition."""
    partition: str = "aws"
    session_seconds: int = SESSION_LIMIT
    now: datetime | None = None
    """For conditions on dates; the current time if None."""

    def account_trust(self, account: str) -> AccountTrust:
        if account in self.accounts:
            return AccountTrust.OWN
        if account in self.trusted_accounts:
            return AccountTrust.TRUSTED
        return AccountTrust.VENDOR if account in self.vendors else AccountTrust.UNKNOWN

    def describe_account(self, account: str) -> str:
        """The account's id, and whose it is."""
        account_trust = self.account_trust(account)
        owner = self.vendors[account].name if account_trust is AccountTrust.VENDOR else account_trust.value
        return f"{account} ({owner})"

    def accepts(self, principal: str) -> bool:
        return any(matches(each, principal) for each in self.principals)

    @property
    def time(self) -> datetime:
        return self.now or datetime.now(UTC)
