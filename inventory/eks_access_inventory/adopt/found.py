"""Puts together the access of one principal, from what was read of the account and of its role. Pure."""

from collections.abc import Mapping, Sequence

from eks_access.model.arn import parse
from eks_access.model.found import FoundAccess, FoundAccessPolicy, FoundObject, FoundPolicy, FoundRole, FoundWay
from eks_access.model.identity import EntryMethod
from eks_access.model.marks import Marks
from eks_access_policies.access.principals import canonicalize

from ..evaluate.owners import Trace, identify_owner
from ..evaluate.ways import WayIn, find_ways
from ..inventory import Method, Owner, OwnerKind
from ..reading.model import AccountReading, ClusterReading, PrincipalReading, PrincipalState
from ..reading.roles import RoleDetails
from .objects import ClusterObjects
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
        self._arns: dict[str, str] = {}
        self._clusters: list[tuple[ClusterReading, ClusterObjects]] = []
        for cluster in reading.clusters:
            ways: dict[str, list[FoundWay]] = {}
            for way in find_ways(cluster, reading.principals):
                self._arns.setdefault(way.key, way.arn)
                ways.setdefault(way.key, []).append(_convert_way(way, cluster, origins))
            self._clusters.append((cluster, ClusterObjects(cluster, ways, origins)))

    @property
    def principals(self) -> dict[str, str]:
        """The ARN of each principal with a way in, by its canonical ARN."""
        return self._arns

    def build(self, principal_arn: str, role: FoundRole | None, vendor: str, unread: Sequence[str] = ()) -> FoundAccess:
        """The access of one principal. `unread` is what of its role could not be read."""
        key = canonicalize(principal_arn)
        ways: list[FoundWay] = []
        objects: list[FoundObject] = []
        also_unread = [*unread, *(f"{each.what}: {each.why}" for each in self._reading.unread)]
        for cluster, in_cluster in self._clusters:
            ways += in_cluster.ways.get(key, ())
            objects += in_cluster.find(key)
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
        tuple(
            FoundAccessPolicy(each.arn, each.namespaces, origins.of_association(cluster.name, way.arn, each.arn))
            for each in way.policies
        ),
        way.type,
        tags,
        way.is_effective,
        origins.of_entry(cluster.name, way.arn, tags) if is_entry else origins.of_mapping(),
    )


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
