"""Puts together the access of one principal, from what was read of the account and of its role. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from eks_access.derivation.cluster_rights import has_subject
from eks_access.model.arn import parse
from eks_access.model.found import FoundAccess, FoundAccessPolicy, FoundObject, FoundPolicy, FoundRole, FoundWay
from eks_access.model.identity import EntryMethod
from eks_access.model.marks import Marks
from eks_access_policies.access.principals import canonicalize
from eks_access_policies.access.rbac.default_objects import default_roles

from ..evaluate.owners import Trace, identify_owner
from ..evaluate.ways import WayIn, find_ways
from ..inventory import Method, Owner, OwnerKind
from ..reading.model import AccountReading, ClusterReading, PrincipalReading, PrincipalState, RbacReading
from ..reading.roles import RoleDetails
from .origins import Origins

_METHODS = {Method.ENTRY: EntryMethod.ACCESS_ENTRY, Method.AWS_AUTH: EntryMethod.AWS_AUTH}


def build_found_role(details: RoleDetails, origins: Origins = Origins()) -> FoundRole:  # noqa: B008, it is immutable
    """The role with the origin of it and of each of its policies."""
    name = details.arn.rpartition("/")[2]
    return FoundRole(
        arn=details.arn,
        unique_id=details.unique_id,
        trust=details.trust,
        policies=tuple(
            FoundPolicy(
                each.name,
                each.document,
                each.arn,
                each.attachments,
                origins.of_policy(name, each.name, each.arn, each.tags),
            )
            for each in details.policies
        ),
        path=details.path,
        description=details.description,
        max_session_seconds=details.max_session_seconds,
        permissions_boundary=details.permissions_boundary,
        tags=details.tags,
        origin=origins.of_role(name, details.tags),
    )


def build_found_access(
    reading: AccountReading,
    principal_arn: str,
    role: FoundRole | None,
    vendor: str,
    unread: Sequence[str] = (),
    *,
    origins: Origins = Origins(),  # noqa: B008, it is immutable
) -> FoundAccess:
    """The access of one principal, in every cluster that was read. `unread` is what of its role could not be read."""
    return FoundAccessBuilder(reading, origins).build(principal_arn, role, vendor, unread)


class FoundAccessBuilder:
    """Builds the access of any of an account's principals; the ways into each cluster are found once for all."""

    def __init__(self, reading: AccountReading, origins: Origins = Origins()) -> None:  # noqa: B008, it is immutable
        self._reading = reading
        self._origins = origins
        self._ways = [
            (cluster, [(way, _convert_way(way, cluster, origins)) for way in find_ways(cluster, reading.principals)])
            for cluster in reading.clusters
        ]

    @property
    def principals(self) -> dict[str, str]:
        """The ARN of each principal with a way in, by its canonical ARN."""
        return {way.key: way.arn for _, ways in self._ways for way, _ in ways}

    def build(self, principal_arn: str, role: FoundRole | None, vendor: str, unread: Sequence[str] = ()) -> FoundAccess:
        """The access of one principal. `unread` is what of its role could not be read."""
        key = canonicalize(principal_arn)
        ways: list[FoundWay] = []
        objects: list[FoundObject] = []
        also_unread = [*unread, *(f"{each.what}: {each.why}" for each in self._reading.unread)]
        for cluster, all_ways in self._ways:
            own = [converted for way, converted in all_ways if way.key == key]
            ways += own
            if own:
                others = [converted for way, converted in all_ways if way.key != key]
                objects += _ObjectFinder(cluster, own, others, self._origins).find()
            also_unread += [f"{cluster.name} ({cluster.region}): {each.what}: {each.why}" for each in cluster.unread]
        return FoundAccess(vendor, principal_arn, role, tuple(ways), tuple(objects), tuple(also_unread))


def _convert_way(way: WayIn, cluster: ClusterReading, origins: Origins) -> FoundWay:
    tags = way.entry.tags if way.entry is not None else {}
    is_entry = way.method is Method.ENTRY
    return FoundWay(
        cluster.name,
        cluster.region,
        _METHODS[way.method],
        way.username,
        way.groups,
        tuple(FoundAccessPolicy(each.arn, each.namespaces) for each in way.policies),
        way.type,
        tags,
        way.is_effective,
        origins.of_entry(cluster.name, way.arn, tags) if is_entry else origins.of_mapping(),
    )


class _ObjectFinder:
    """Finds the bindings that give rights to a principal in one cluster, and the roles that they name."""

    def __init__(
        self, cluster: ClusterReading, own: Sequence[FoundWay], others: Sequence[FoundWay], origins: Origins
    ) -> None:
        self._cluster = cluster
        self._own = own
        self._others = others
        self._origins = origins
        self._bindings = [each for each in cluster.rbac if each.kind.endswith("Binding")]

    def find(self) -> Iterator[FoundObject]:
        """The roles first, each once."""
        mine = [each for each in self._bindings if any(map(self._is_own, _list_subjects(each)))]
        shared = {id(each): self._has_others(each) for each in mine}
        named = {_reference(each) for each in mine}
        for role in self._cluster.rbac:
            if role.kind.endswith("Binding") or _identify(role) not in named or _is_of_kubernetes(role):
                continue
            users = [each for each in self._bindings if _reference(each) == _identify(role)]
            yield self._create(role, is_shared=any(shared.get(id(each), True) for each in users))
        for binding in mine:
            yield self._create(binding, is_shared=shared[id(binding)])

    def _is_own(self, subject: Mapping[str, str]) -> bool:
        return any(has_subject(way, subject) for way in self._own)

    def _has_others(self, binding: RbacReading) -> bool:
        """Whether it has another subject, or one that another principal is too."""
        for subject in _list_subjects(binding):
            if not self._is_own(subject) or any(has_subject(way, subject) for way in self._others):
                return True
            # A session name alone may be that of anyone's user.
            own = [way for way in self._own if has_subject(way, subject)]
            if subject.get("kind") == "User" and all(way.username.startswith("{{") for way in own):
                return True
        return False

    def _create(self, found: RbacReading, *, is_shared: bool) -> FoundObject:
        metadata = found.body.get("metadata") or {}
        name, namespace = str(metadata.get("name", "")), metadata.get("namespace")
        return FoundObject(
            self._cluster.name,
            self._cluster.region,
            found.kind,
            name,
            namespace,
            found.body,
            is_shared,
            self._origins.of_object(found.kind, namespace, name, metadata.get("labels") or {}),
        )


def _list_subjects(binding: RbacReading) -> Sequence[Mapping[str, str]]:
    return binding.body.get("subjects") or ()


def _identify(role: RbacReading) -> tuple[str, str | None, str]:
    metadata = role.body.get("metadata") or {}
    return role.kind, metadata.get("namespace"), str(metadata.get("name", ""))


def _reference(binding: RbacReading) -> tuple[str, str | None, str]:
    """The kind, the namespace and the name of the role that a binding names."""
    reference = binding.body.get("roleRef") or {}
    kind = str(reference.get("kind", ""))
    namespace = (binding.body.get("metadata") or {}).get("namespace") if kind == "Role" else None
    return kind, namespace, str(reference.get("name", ""))


def _is_of_kubernetes(role: RbacReading) -> bool:
    """Whether every cluster has it by default, so that it is no vendor's."""
    _, namespace, name = _identify(role)
    return name.startswith("system:") or (namespace, name) in default_roles()


# Whose it is.


def recognize_vendor(
    found: FoundAccess, principal: PrincipalReading, vendors: Mapping[str, Marks]
) -> tuple[str, Owner]:
    """The key of the vendor that uses the principal, and what shows it; an empty key for anyone else's.

    `vendors` are by their keys.
    """
    parsed = parse(found.principal_arn)
    account = parsed.account if parsed is not None else ""
    owner = identify_owner(found.principal_arn, principal, _trace(found), account, vendors)
    if owner.kind is not OwnerKind.VENDOR:
        return "", owner
    return next((key for key, marks in vendors.items() if marks.vendor == owner.name), ""), owner


def find_vendor_principals(reading: AccountReading, vendors: Mapping[str, Marks]) -> dict[str, tuple[str, Owner]]:
    """The principals with a way into a cluster that one of these vendors uses, by ARN, with the vendor's key."""
    builder = FoundAccessBuilder(reading)
    found = {}
    for key, arn in builder.principals.items():
        principal = reading.principals.get(key, PrincipalReading(PrincipalState.UNKNOWN))
        vendor, owner = recognize_vendor(builder.build(arn, None, ""), principal, vendors)
        if vendor:
            found[principal.arn or arn] = (vendor, owner)
    return found


def _trace(found: FoundAccess) -> Trace:
    bindings = [each for each in found.objects if each.kind.endswith("Binding")]
    return Trace(
        frozenset(group for way in found.ways for group in way.groups),
        frozenset(way.username for way in found.ways if way.username),
        frozenset(each.name for each in bindings),
        [(each.body.get("metadata") or {}).get("labels") or {} for each in bindings],
        any(way.type != "STANDARD" for way in found.ways),
    )
