"""One object as it was seen, with what it says about others: what a graph is made of, and gone with the making."""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from msgspec import Struct

from .inventory import Node, Relation

Value = TypeVar("Value", bound=Hashable)
Made = TypeVar("Made")
Labels = tuple[tuple[str, str], ...]


class Owner(Struct, frozen=True, gc=False):
    kind: str
    name: str
    uid: str


class Pointer(Struct, frozen=True, gc=False):
    """An object that this one names, in its own namespace or in none."""

    relation: Relation
    kind: str
    name: str


class Seen(Struct, gc=False):
    node: Node
    uid: str
    owner: Owner | None = None
    points_to: tuple[Pointer, ...] = ()
    labels: Labels = ()
    """A pod's, for services whose endpoints are not seen."""
    selector: Labels = ()
    """A service's."""
    serves: tuple[str, tuple[str, ...]] | None = None
    """An endpoint slice's service, and the pods behind it."""


class Shared:
    """Equal values once: a deployment's pods have the same images, labels and owner. Safe to use from threads."""

    def __init__(self) -> None:
        self._known: dict[Any, Any] = {}

    def __call__(self, value: Value) -> Value:
        known: Value = self._known.setdefault(value, value)
        return known

    def made(self, make: Callable[..., Made], *parts: Hashable) -> Made:
        """What is made of these parts, which is made only where it is not known."""
        key = make, parts
        known: Made | None = self._known.get(key)
        return self._known.setdefault(key, make(*parts)) if known is None else known
