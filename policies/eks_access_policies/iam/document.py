"""A policy document as types. Every value is text, and none is validated."""

from dataclasses import dataclass, field
from enum import StrEnum

from ..finding import Finding
from .conditions import Condition


class PrincipalKind(StrEnum):
    """The types of principals of a Principal element; ANYONE is the principal `*`."""

    ANYONE = "anyone"
    AWS = "AWS"
    SERVICE = "Service"
    FEDERATED = "Federated"
    CANONICAL = "CanonicalUser"


@dataclass(frozen=True)
class Principal:
    """One value of a Principal element."""

    kind: PrincipalKind
    value: str


@dataclass(frozen=True)
class Statement:
    """`effect` is "Allow", "Deny", or "" if it is neither. An element that is absent has no values."""

    index: int
    effect: str
    sid: str = ""
    principals: tuple[Principal, ...] = ()
    not_principals: tuple[Principal, ...] = ()
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    not_resources: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    elements: frozenset[str] = frozenset()
    """The names of the elements that are present, as IAM spells them."""

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
    """A policy document, as far as it could be parsed."""

    statements: tuple[Statement, ...] = ()
    flaws: tuple[Finding, ...] = ()
    """What IAM would reject, or interpret differently from how it looks."""
    version: str = ""
    size: int | None = None
    """Bytes without white space, as IAM measures; None if the document cannot be serialized."""
    duplicates: tuple[tuple[int, int], ...] = field(default=())
    """Pairs of indexes of equal statements: the later and the earlier."""
