"""A policy document in types: what the judging modules read. Everything is text here, and nothing is refused."""

from dataclasses import dataclass, field
from enum import StrEnum

from ..finding import Finding
from .conditions import Test


class PrincipalKind(StrEnum):
    ANYONE = "anyone"
    AWS = "AWS"
    SERVICE = "Service"
    FEDERATED = "Federated"
    CANONICAL = "CanonicalUser"


@dataclass(frozen=True)
class Principal:
    kind: PrincipalKind
    value: str


@dataclass(frozen=True)
class Statement:
    """`effect` is "Allow", "Deny", or "" where it is neither. An element that is absent has no values."""

    index: int
    effect: str
    sid: str = ""
    principals: tuple[Principal, ...] = ()
    not_principals: tuple[Principal, ...] = ()
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    not_resources: tuple[str, ...] = ()
    conditions: tuple[Test, ...] = ()
    elements: frozenset[str] = frozenset()
    """The names of the elements that are there, as IAM spells them."""

    @property
    def allows(self) -> bool:
        return self.effect == "Allow"

    @property
    def denies(self) -> bool:
        return self.effect == "Deny"

    @property
    def where(self) -> str:
        return f"Statement[{self.index}]" + (f" ({self.sid})" if self.sid else "")


@dataclass(frozen=True)
class Document:
    statements: tuple[Statement, ...] = ()
    flaws: tuple[Finding, ...] = ()
    """What IAM would refuse, or read differently from how it looks."""
    version: str = ""
    size: int | None = None
    """Bytes without white space, as IAM measures; None where the document cannot be written down."""
    duplicates: tuple[tuple[int, int], ...] = field(default=())
    """Pairs of statements that are the same: the later, and the earlier."""
