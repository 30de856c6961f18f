"""What every kind of trust provides; a new kind is one more class with these members."""

from typing import Any, Protocol

from .tampered_request import TamperedRequest


class TrustKind(Protocol):
    """A kind of trust: the statement that lets the integration assume the role, and what the statement must refuse."""

    @property
    def kind(self) -> str:
        """The name of the kind in the access manifest, such as `cross-account`."""

    def statements(self) -> list[dict[str, Any]]:
        """The statements of the role's trust policy."""

    def refuses(self) -> tuple[TamperedRequest, ...]:
        """The tampered requests that the statements must refuse: at least one for each of their conditions."""
