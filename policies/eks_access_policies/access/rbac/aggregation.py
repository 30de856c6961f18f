"""Resolves which roles include the rules of which others: by aggregation, and by the name that they share.

Sets of roles are numbers, as in `LabelIndex`: bit 3 is the fourth role.
https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_

from ..clusters import Location
from ..model import Permission
from .by_location import ByLocation
from .model import Role, Rules
from .selectors import LabelIndex, Selector, list_bits


@dataclass(eq=False)
class RoleObject:
    """All that is declared of one role in one place, with its number among all of them."""

    number: int
    location: Location
    parts: list[Role] = field(default_factory=list)

    @property
    def bit(self) -> int:
        return 1 << self.number

    @property
    def is_default(self) -> bool:
        return self.parts[0].resource is None

    @property
    def labels(self) -> dict[str, str]:
        return {key: value for part in self.parts for key, value in part.labels.items()}

    @property
    def selectors(self) -> tuple[Selector, ...]:
        return tuple(selector for part in self.parts for selector in part.aggregates)

    @property
    def own_rules(self) -> tuple[Permission, ...]:
        """The rules that it declares. The control plane replaces those of a role that aggregates."""
        return tuple(rule for part in self.parts if not part.aggregates for rule in part.rules)


Namesakes = Sequence[RoleObject]
"""The objects of one name that may be in one cluster, and so be one. Equal lists are one list."""


class Aggregation:
    """Which roles each role includes, directly and through others. Cycles end."""

    def __init__(self, objects: Sequence[RoleObject], namesakes: Sequence[Namesakes]) -> None:
        """`namesakes` are those of each object, itself included."""
        self._objects = objects
        self._places: ByLocation[RoleObject] = ByLocation()
        for each in objects:
            self._places.add(each.location, each)
        self._aggregated: ByLocation[int] = ByLocation()
        """What the roles of the stack select."""
        self._selected: dict[int, int] = {}
        """What each role selects by its own selectors."""
        self._groups = self._find_groups(namesakes)
        self._including = sum(1 << number for number in self._groups)
        self._contributing = join_bits(each for each in objects if each.own_rules)
        self._joined: dict[Location, int] = {}
        self._within: dict[Location, int] = {}
        self._reached: dict[tuple[int, Location], int] = {}
        self._rules: dict[int, Rules] = {}

    def collect(self, bits: int, location: Location) -> int:
        """These roles and all that they include in this place."""
        key = bits, location.known
        if key not in self._reached:
            self._reached[key] = self._reach(bits, self._find_within(location))
        return self._reached[key]

    def collect_alone(self, role: RoleObject) -> int:
        """The same of one role, without those that have its name in places that only may be the same."""
        return role.bit | self.collect(self._selected[role.number] & ~role.bit, role.location)

    def unite(self, bits: int) -> Rules:
        """The rules of these roles: one object for equal sets of roles that have rules of their own."""
        bits &= self._contributing
        if bits not in self._rules:
            rules = (rule for number in list_bits(bits) for rule in self._objects[number].own_rules)
            self._rules[bits] = Rules(tuple(dict.fromkeys(rules)))
        return self._rules[bits]

    def is_aggregated(self, role: RoleObject) -> bool:
        """Whether a role of the stack aggregates this one."""
        known = role.location.known
        if known not in self._joined:
            self._joined[known] = reduce(or_, self._aggregated.of(known), 0)
        return bool(self._joined[known] & role.bit)

    def _find_within(self, location: Location) -> int:
        """The roles that may be in this place."""
        if location.known not in self._within:
            self._within[location.known] = join_bits(self._places.of(location))
        return self._within[location.known]

    def _reach(self, bits: int, within: int) -> int:
        reached, done = bits & within, 0
        while pending := reached & self._including & ~done:
            owners, included = self._groups[(pending & -pending).bit_length() - 1]
            done |= owners
            reached |= included & within
        return reached

    def _find_groups(self, namesakes: Sequence[Namesakes]) -> Mapping[int, tuple[int, int]]:
        """For each role that includes others: all roles that include the same ones, and what these are."""
        cluster_roles = join_bits(each for each in self._objects if each.parts[0].namespace is None)
        several = {id(same): same for same in namesakes if len(same) > 1}
        joined = {key: (join_bits(same), _join_labels(same)) for key, same in several.items()}
        # A patch's labels are those of what it patches, if that is in the same cluster.
        indexes = (
            LabelIndex([each.labels for each in self._objects]),
            LabelIndex([joined[id(same)][1] if id(same) in joined else same[0].labels for same in namesakes]),
        )
        included: dict[int, int] = {}
        owners: dict[int, int] = defaultdict(int)
        for each, same in zip(self._objects, namesakes, strict=True):
            selected = 0
            for index in indexes if each.selectors else ():
                selected |= index.select(each.selectors) & cluster_roles
            self._selected[each.number] = selected
            if selected and not each.is_default:
                self._aggregated.add(each.location, selected)
            if found := selected | (joined[id(same)][0] if id(same) in joined else 0):
                included[each.number] = found
                owners[found] |= each.bit
        return {number: (owners[found], found) for number, found in included.items()}


def join_bits(objects: Iterable[RoleObject]) -> int:
    joined = 0
    for each in objects:
        joined |= each.bit
    return joined


def _join_labels(objects: Namesakes) -> dict[str, str]:
    return {key: value for each in objects for key, value in each.labels.items()}
