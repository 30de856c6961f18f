"""One side of a review: who has which access, as plain data, whatever it was read from."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ..access import Permission
from ..iam import Statement


@dataclass(frozen=True)
class Bundle:
    """Rules that are held together: those of an access policy, or of a role that bindings give."""

    label: str
    """What a reader knows it by: `AmazonEKSViewPolicy`, `ClusterRole cado-read`."""
    rules: frozenset[Permission]
    namespaces: tuple[str, ...] | None
    """Where they hold; None is everywhere. Patterns such as `dev-*` are an access policy's own."""
    is_policy: bool = False


@dataclass(frozen=True)
class Principal:
    """A role, user or subject, and all that it holds. `ids` are what it can be recognised by on the other side."""

    name: str
    ids: tuple[str, ...]
    trust: tuple[Statement, ...] | None = ()
    """The statements of its trust policy; None where that is not known."""
    statements: tuple[Statement, ...] = ()
    managed: frozenset[str] = frozenset()
    """ARNs of managed policies whose documents this side does not hold."""
    boundary: str | None = None
    clusters: Mapping[str, Sequence[Bundle]] = field(default_factory=dict)
    """What it holds, by the cluster's name."""
    entered: frozenset[str] = frozenset()
    """The clusters that let it in, whatever it may do there."""
    unknown: frozenset[str] = frozenset()
    """What could not be known about it, each in words that follow its name ("its trust policy …")."""

    @property
    def everywhere(self) -> frozenset[str]:
        """Every cluster that it has anything to do with."""
        return self.entered | self.clusters.keys()


@dataclass(frozen=True)
class Side:
    """Everything that was read from one file."""

    origin: str
    """What it is, for a reader: `preview of stack dev`."""
    principals: tuple[Principal, ...]
    unknown: tuple[str, ...] = ()

    def pairs(self, head: "Side") -> Iterator[tuple[Principal | None, Principal | None]]:
        """Each principal of either side with itself on the other; head's order first, then what head has no more."""
        by_id = {identity: principal for principal in reversed(self.principals) for identity in principal.ids}
        met: set[int] = set()
        for principal in head.principals:
            found = (by_id[identity] for identity in principal.ids if identity in by_id)
            before = next((each for each in found if id(each) not in met), None)
            met.add(id(before))
            yield before, principal
        for principal in self.principals:
            if id(principal) not in met:
                yield principal, None


NOBODY = Principal("", ())
"""The other side of a principal that is only on one."""
