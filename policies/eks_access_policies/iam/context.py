"""What the reader of a document must know that is not in it: whose account this is, and whose the others are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum

from .glob import matches
from .known_vendors import KNOWN_VENDORS, Vendor

SESSION_LIMIT = 43_200
"""MaxSessionDuration at most. https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html"""


class AccountTrust(Enum):
    OWN = "your own account"
    TRUSTED = "an account that you trust"
    VENDOR = "a known vendor's account"
    UNKNOWN = "an account that is neither yours, nor trusted, nor a known vendor's"


@dataclass(frozen=True)
class Context:
    """`accounts` are one's own; `trusted_accounts` others that need no ExternalId, such as the same organization's."""

    accounts: frozenset[str] = frozenset()
    trusted_accounts: frozenset[str] = frozenset()
    vendors: Mapping[str, Vendor] = field(default_factory=lambda: KNOWN_VENDORS)
    """By account id."""
    principals: frozenset[str] = frozenset()
    """ARNs, or patterns of them, that may be trusted as they are."""
    organizations: frozenset[str] = frozenset()
    """One's own AWS Organizations; without any, every organization's id will do in a condition."""
    partition: str = "aws"
    session_seconds: int = SESSION_LIMIT
    now: datetime | None = None
    """For conditions on dates; the present where it is not given."""

    def account_trust(self, account: str) -> AccountTrust:
        if account in self.accounts:
            return AccountTrust.OWN
        if account in self.trusted_accounts:
            return AccountTrust.TRUSTED
        return AccountTrust.VENDOR if account in self.vendors else AccountTrust.UNKNOWN

    def told(self, account: str) -> str:
        """The account in words: its number, and whose it is."""
        account_trust = self.account_trust(account)
        if account_trust is AccountTrust.VENDOR:
            return f"{account} ({self.vendors[account].name})"
        return f"{account} ({account_trust.value})"

    def accepts(self, principal: str) -> bool:
        return any(matches(each, principal) for each in self.principals)

    @property
    def time(self) -> datetime:
        return self.now or datetime.now(UTC)
