"""One collected object with its references to others. Input of the graph, dropped once that is built."""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from msgspec import Struct

from .inventory import Node, Relation

Value = TypeVar("Value", bound=Hashable)
Created = TypeVar("Created")
Labels = tuple[tuple[str, str], ...]


class Owner(Struct, frozen=True, gc=False):
    kind: str
    name: str
    uid: str


class Reference(Struct, frozen=True, gc=False):
    """A reference by name to an object in the same namespace, or to a cluster-scoped one."""

    relation: Relation
    kind: str
    name: str


class CollectedObject(Struct, gc=False):
    node: Node
    uid: str
    owner: Owner | None = None
    references: tuple[Reference, ...] = ()
    labels: Labels = ()
    """A pod's labels, matched against selectors of services whose endpoint slices cannot be listed."""
    selector: Labels = ()
    """A service's selector."""
    serves: tuple[str, tuple[str, ...]] | None = None
    """An endpoint slice's service, and the names of the pods behind it."""


class Interner:
    """Keeps equal values once: the pods of a deployment have the same images, labels and owner. Thread-safe."""

    def __init__(self) -> None:
        self._values: dict[Any, Any] = {}

    def intern(self, value: Value) -> Value:
        interned: Value = self._values.setdefault(value, value)
        return interned

    def create(self, factory: Callable[..., Created], *arguments: Hashable) -> Created:
        """`factory(*arguments)`, called only the first time that these arguments occur."""
        key = factory, arguments
        created: Created | None = self._values.get(key)
        return self._values.setdefault(key, factory(*arguments)) if created is None else created
