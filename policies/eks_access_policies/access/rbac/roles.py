"""Unites the roles that are declared under one name: by the stack, by patches, and by Kubernetes for its default roles.

What is declared under one name is added up: the API server gives its default roles back whatever they lack at every
start, and a patch adds. Where clusters are not known, every role of that name counts.
https://kubernetes.io/docs/reference/access-authn-authz/rbac/#auto-reconciliation
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache

from ...stack import Resource
from ..clusters import Location
from ..model import NOT_KNOWN
from .aggregation import Aggregation, Namesakes, RoleObject, join_bits
from .by_location import ByLocation
from .default_objects import Key, default_roles
from .model import BoundRole, Role, Rules

_ANY_NAMESPACE = "*"


class Roles:
    """The roles of a stack, and the default ones of every cluster."""

    def __init__(self, declared: Sequence[Role]) -> None:
        self._objects: list[RoleObject] = []
        self._by_name: dict[Key, ByLocation[RoleObject]] = defaultdict(ByLocation)
        self._by_resource: dict[str, list[RoleObject]] = defaultdict(list)
        self._object_of: dict[Role, RoleObject] = {}
        self._found: dict[tuple[Key, Location], BoundRole] = {}
        self._defaults = {key: self._add(Location(), role) for key, role in default_roles().items()}
        self._own = self._unite(declared)
        self._aggregation = Aggregation(self._objects, [self._find_namesakes(each) for each in self._objects])

    def find(self, kind: str, name: str, namespace: str | None, location: Location) -> BoundRole:
        """The role that a binding in this namespace and place refers to."""
        if kind not in ("ClusterRole", "Role") or (kind == "Role" and namespace is None):
            return BoundRole(kind, name, namespace)  # a Role always has a namespace, and there is no other kind
        key = None if kind == "ClusterRole" else namespace, name
        if (key, location.known) not in self._found:
            self._found[key, location.known] = self._create(key, self._find_objects(key, location), location)
        return self._found[key, location.known]

    def find_declared(self, resource: Resource) -> BoundRole:
        """The role that a resource declares, whatever its name will be."""
        objects = self._by_resource[resource.urn]
        return self._create(_key(objects[0].parts[0]), objects, objects[0].location)

    def list_declared(self) -> Iterator[tuple[Location, BoundRole]]:
        """Each role that the stack declares or patches, as what it declares of it in one place."""
        for each in self._own:
            namespace, name = _key(each.parts[0])
            rules = self._aggregation.unite(self._aggregation.collect_alone(each))
            yield each.location, BoundRole(_kind(namespace), name, namespace, tuple(each.parts), rules)

    def list_rules(self, role: Role) -> Rules:
        """The rules of a role in its place, including those that are aggregated from other roles."""
        found = self._object_of[role]
        return self._aggregation.unite(self._aggregation.collect(found.bit, found.location))

    def list_beyond_defaults(self, location: Location) -> Iterator[tuple[str, Rules]]:
        """The default ClusterRoles that the stack widens there, with the rules that it adds."""
        for (namespace, name), default in self._defaults.items():
            same = self._find_objects((None, name), location)
            if namespace is None and (default.selectors or len(same) > 1):
                rules = self._unite_beyond(self._aggregation.collect(join_bits(same), location), default)
                if rules:
                    yield name, rules

    def find_widened(self, role: Role) -> Iterator[tuple[str, Rules]]:
        """The default ClusterRoles that a role of the stack adds rules to, by its name or by its labels, with these.

        What widens `view` widens `edit` and `admin` too, which include it.
        """
        found = self._object_of[role]
        own = self._aggregation.collect(found.bit, found.location)
        for (namespace, name), default in self._defaults.items():
            is_aggregating = bool(default.selectors)
            if namespace is None and (is_aggregating or name == role.name):
                of_default = self._aggregation.collect(default.bit, found.location)
                if of_default & found.bit and (rules := self._unite_beyond(own, default)):
                    yield name, rules

    def list_default_rules(self, name: str) -> Rules:
        """The rules of a default ClusterRole, to which the stack may add others."""
        return self._aggregation.unite(_collect_defaults()[self._defaults[None, name].number])

    def collect_defaults(self) -> tuple[int, ...]:
        """What each default role includes there, by its number."""
        return tuple(self._aggregation.collect(each.bit, Location()) for each in self._defaults.values())

    def _unite_beyond(self, bits: int, default: RoleObject) -> Rules:
        return self._aggregation.unite(bits & ~_collect_defaults()[default.number])

    def is_aggregated(self, role: Role) -> bool:
        """Whether another role of the stack includes it by aggregation."""
        return self._aggregation.is_aggregated(self._object_of[role])

    def _unite(self, declared: Sequence[Role]) -> list[RoleObject]:
        """The objects of the stack: one for all parts of the same name and place."""
        objects: dict[object, RoleObject] = {}
        for role in declared:
            # Two roles whose names are not known are two roles.
            identity = role if "name" in role.unknown_fields else (_key(role), role.location)
            if identity not in objects:
                objects[identity] = self._add(role.location, role)
            else:
                objects[identity].parts.append(role)
                self._object_of[role] = objects[identity]
            if role.resource is not None:
                self._by_resource[role.resource.urn].append(objects[identity])
        return list(objects.values())

    def _add(self, location: Location, role: Role) -> RoleObject:
        created = RoleObject(len(self._objects), location, [role])
        self._objects.append(created)
        self._object_of[role] = created
        if "name" not in role.unknown_fields:
            self._by_name[_key(role)].add(location, created)
            if role.namespace is not None:
                self._by_name[_ANY_NAMESPACE, role.name].add(location, created)
        return created

    def _find_objects(self, key: Key, location: Location) -> Namesakes:
        """Everything of this name there. A namespace that is not known may be any."""
        namespace, name = key
        if namespace is None or namespace == NOT_KNOWN:
            keys: tuple[Key, ...] = ((_ANY_NAMESPACE if namespace else None, name),)
        else:
            keys = (key, (NOT_KNOWN, name))
        return tuple(each for one in keys if one in self._by_name for each in self._by_name[one].of(location))

    def _find_namesakes(self, role: RoleObject) -> Namesakes:
        first = role.parts[0]
        return (role,) if "name" in first.unknown_fields else self._by_name[_key(first)].of(role.location)

    def _create(self, key: Key, objects: Sequence[RoleObject], location: Location) -> BoundRole:
        namespace, name = key
        return BoundRole(
            _kind(namespace),
            name,
            namespace,
            tuple(part for each in objects for part in each.parts),
            self._aggregation.unite(self._aggregation.collect(join_bits(objects), location)),
        )


@cache
def _collect_defaults() -> tuple[int, ...]:
    """What each default role includes where no stack adds to it. Default roles have the same numbers everywhere."""
    return Roles(()).collect_defaults()


def _key(role: Role) -> Key:
    return role.namespace, role.name


def _kind(namespace: str | None) -> str:
    return "ClusterRole" if namespace is None else "Role"
