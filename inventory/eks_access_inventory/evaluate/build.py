"""Builds the inventory from what was read. Pure: readings in, the inventory out."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from eks_access import __version__
from eks_access.aws_auth.hazards import find_hazards
from eks_access.aws_auth.reader import read
from eks_access.model import arn as arns
from eks_access.model.identity import AuthenticationMode, supports_aws_auth
from eks_access.model.marks import Marks
from eks_access_policies.evaluate.configuration import Configuration

from .. import inventory as result
from ..inventory import SEVERITIES, AccessInventory, Cluster, Principal, Problem, ProblemKind, Unread, Way
from ..reading.model import AccountReading, ClusterReading, PrincipalReading, PrincipalState
from .owners import Trace, identify_owner
from .rights import ClusterRights, RightsWriter, WayRights, is_dangerous, is_node
from .stack import build_stack
from .trust import find_trust_dangers
from .ways import WayIn, find_ways

CREATOR_MINUTES = 30
"""How soon after its cluster EKS makes the entry of the creator: before the cluster is active."""
_ADMINISTRATOR = "AmazonEKSClusterAdminPolicy"
_UNREAD_RBAC = "its groups' rights could not be read"


@dataclass(frozen=True)
class Options:
    """What the user decides: what is accepted, and how long a principal may go unused."""

    configuration: Configuration
    vendors: Mapping[str, Marks]
    """By what vendors are recognised, by their keys."""
    unused_days: int = 90


@dataclass(frozen=True)
class _ReadWay:
    """A way in with what was found about it."""

    way: WayIn
    cluster: ClusterReading
    rights: WayRights
    instead: WayRights | None
    """What takes effect instead of a shadowed way; None where there is nothing to compare."""


def build_inventory(reading: AccountReading, options: Options) -> AccessInventory:
    """The inventory of an account."""
    writer = RightsWriter()
    clusters: list[Cluster] = []
    ways: dict[str, list[_ReadWay]] = defaultdict(list)
    for each in reading.clusters:
        cluster, of_cluster = _read_cluster(each, reading, options, writer)
        clusters.append(cluster)
        for way in of_cluster:
            ways[way.way.key].append(way)
    principals = [_create_principal(key, found, reading, options) for key, found in ways.items()]
    own = [
        Unread(where="", what=unread.what, why=unread.why)
        for unread in (*reading.unread, *(one for each in reading.principals.values() for one in each.unread))
    ]
    unread = (*own, *(each for cluster in clusters for each in cluster.unread))
    principals.sort(key=_sort_key)
    return AccessInventory(
        made_by=f"eks-access {__version__}",
        account=reading.account,
        partition=reading.partition,
        started_at=reading.started_at,
        seconds=reading.seconds,
        regions=reading.regions,
        summary=_summarize(clusters, principals),
        clusters=tuple(clusters),
        principals=tuple(principals),
        unread=unread,
    )


def _summarize(clusters: Sequence[Cluster], principals: Sequence[Principal]) -> result.Summary:
    problems = Counter(
        kind for principal in principals for kind in dict.fromkeys(each.kind for each in principal.all_problems)
    )
    return result.Summary(
        clusters=len(clusters),
        clusters_read=sum(not cluster.unread for cluster in clusters),
        principals=len(principals),
        by_owner={str(kind): count for kind, count in Counter(each.owner.kind for each in principals).items()},
        by_problem={str(kind): problems[kind] for kind in ProblemKind if problems[kind]},
    )


# Clusters.


def _read_cluster(
    reading: ClusterReading, account: AccountReading, options: Options, writer: RightsWriter
) -> tuple[Cluster, list[_ReadWay]]:
    ways = find_ways(reading, account.principals)

    def evaluate(chosen: Sequence[WayIn]) -> ClusterRights:
        return ClusterRights(
            build_stack(reading, chosen),
            chosen,
            account.account,
            options.configuration,
            writer,
            has_rbac=reading.has_rbac,
        )

    in_effect = [way for way in ways if way.is_effective or (way.is_latent and not way.shadowed)]
    rights = evaluate(in_effect)
    effective = {way.key: way for way in in_effect}
    found = [_ReadWay(way, reading, rights.of(way), None) for way in in_effect]
    # Each as if it were the only one of its principal.
    for shadowed in (way for way in ways if way.shadowed and not (way.dead and not way.is_latent)):
        alone = evaluate([shadowed])
        winner = effective.get(shadowed.key)
        found.append(_ReadWay(shadowed, reading, alone.of(shadowed), rights.of(winner) if winner else None))
    done = {each.way.id for each in found}
    found += [_ReadWay(way, reading, WayRights(), None) for way in ways if way.id not in done]
    cluster = Cluster(
        name=reading.name,
        region=reading.region,
        arn=reading.arn,
        status=reading.status,
        version=reading.version,
        authentication_mode=reading.mode or "",
        connected=reading.is_connected,
        everyone=rights.everyone,
        anonymous=rights.anonymous,
        notes=tuple(_find_notes(reading, account.account)),
        identity_providers=tuple(str(each.get("issuerUrl", "")) for each in reading.identity_providers),
        unread=tuple(
            Unread(where=f"{reading.name} ({reading.region})", what=each.what, why=each.why) for each in reading.unread
        ),
        seconds=reading.seconds,
    )
    return cluster, found


def _find_notes(reading: ClusterReading, account: str) -> Iterator[str]:
    if reading.is_connected:
        yield "outside of EKS, connected by EKS Connector: no IAM principal enters it as itself"
    if reading.mode is AuthenticationMode.CONFIG_MAP:
        yield (
            "the principal that created it is its administrator, and no API of EKS shows which one that is:"
            " CloudTrail's event CreateCluster does"
        )
    for provider in reading.identity_providers:
        name = provider.get("issuerUrl") or "an issuer that is not named"
        yield f"users of {name} may sign in besides IAM principals, and are not listed here"
    data = reading.aws_auth or {}
    if reading.mode is not None and supports_aws_auth(reading.mode):
        for number in sorted(read(data).accounts):
            whose = "this account" if number == account else f"account {number}, which is another one"
            yield f"aws-auth lets every user and role of {whose} in, under its own ARN (mapAccounts)"
        yield from (f"aws-auth, {hazard}" for hazard in find_hazards(data))


# Ways in.


def _create_way(read_way: _ReadWay, principal: PrincipalReading) -> Way:
    way, cluster, rights = read_way.way, read_way.cluster, read_way.rights
    use = cluster.audit.uses.get(way.key) if cluster.audit else None
    return Way(
        cluster=cluster.name,
        region=cluster.region,
        method=way.method,
        type=way.type,
        username=way.username,
        groups=way.groups,
        policies=tuple(
            result.Policy(name=each.arn.rpartition("/")[2], namespaces=each.namespaces) for each in way.policies
        ),
        bindings=rights.bindings,
        rights=rights.rights,
        dangers=rights.dangers,
        problems=tuple(_find_problems(read_way, principal)),
        effective=way.is_effective,
        created_at=way.entry.created_at if way.entry else None,
        managed_by=way.entry.stack if way.entry else "",
        is_creator=_is_creator(way, cluster),
        requests=None if cluster.audit is None else use.requests if use else 0,
        last_request=use.last if use else None,
    )


def _is_creator(way: WayIn, cluster: ClusterReading) -> bool:
    """Whether EKS made the entry for the cluster's creator: at the same time, with the administrator's policy."""
    created = way.entry.created_at if way.entry else None
    is_administrator = any(each.arn.endswith(f"/{_ADMINISTRATOR}") and each.namespaces is None for each in way.policies)
    return (
        cluster.is_creator_admin is not False
        and is_administrator
        and created is not None
        and cluster.created_at is not None
        and timedelta(0) <= created - cluster.created_at < timedelta(minutes=CREATOR_MINUTES)
    )


def _find_problems(read_way: _ReadWay, principal: PrincipalReading) -> Iterator[Problem]:
    way, cluster, rights = read_way.way, read_way.cluster, read_way.rights
    if way.dead:
        yield Problem(kind=ProblemKind.DEAD, why=way.dead)
    if way.shadowed:
        yield Problem(kind=ProblemKind.SHADOWED, why=_describe_shadow(read_way))
    if way.entry is not None and way.entry.unread:
        yield from (Problem(kind=ProblemKind.UNKNOWN, why=f"{each.what}: {each.why}") for each in way.entry.unread)
    if way.dead and not way.is_latent:
        return
    if not way.shadowed:
        worst = [danger for danger in rights.dangers if is_dangerous(danger)]
        if worst:
            more = f" (and {len(worst) - 1} more)" if len(worst) > 1 else ""
            yield Problem(kind=ProblemKind.DANGEROUS, why=f"{worst[0].message}{more}")
    has_unknown = not cluster.has_rbac and not is_node(way)
    if has_unknown:
        yield Problem(kind=ProblemKind.UNKNOWN, why=_UNREAD_RBAC)
    yield from (Problem(kind=ProblemKind.UNKNOWN, why=right.words) for right in rights.rights if not right.severity)
    if not rights.rights and not has_unknown and not (way.entry and way.entry.unread):
        yield Problem(kind=ProblemKind.UNBOUND, why=_describe_unbound(way))
    audit = cluster.audit
    if way.is_effective and principal.state is PrincipalState.EXISTS and audit and way.key not in audit.uses:
        why = f"no request in the audit log of {cluster.name}, in {audit.days} days"
        yield Problem(kind=ProblemKind.UNUSED, why=why)


def _describe_unbound(way: WayIn) -> str:
    if not way.groups:
        return "it has no group, and no access policy or binding of its username gives it anything"
    groups = f"{'group' if len(way.groups) == 1 else 'groups'} {', '.join(way.groups)}"
    return f"no binding gives anything to its {groups} or its username, and it has no access policy that does"


def _describe_shadow(read_way: _ReadWay) -> str:
    """What takes effect instead, and how its rights differ."""
    head = f"{read_way.way.shadowed} takes effect instead"
    if read_way.instead is None:
        return head
    own, other = ({(right.words, right.where) for right in each.rights} for each in (read_way.rights, read_way.instead))
    if own == other:
        return f"{head}, with the same rights"
    parts = []
    if missing := sorted(own - other):
        parts.append(f"without it: {_list_rights(missing)}")
    if extra := sorted(other - own):
        parts.append(f"with more: {_list_rights(extra)}")
    return f"{head}, with other rights: {'; '.join(parts)}"


def _list_rights(rights: Sequence[tuple[str, str]]) -> str:
    shown = ", ".join(f"{words} {where}".strip() for words, where in rights[:2])
    return shown + (f" and {len(rights) - 2} more" if len(rights) > 2 else "")


# Principals.


def _create_principal(key: str, found: Sequence[_ReadWay], reading: AccountReading, options: Options) -> Principal:
    principal = reading.principals.get(key, PrincipalReading(PrincipalState.UNKNOWN))
    arn = principal.arn or next((each.way.arn for each in found if each.way.entry), found[0].way.arn)
    parsed = arns.parse(arn.strip())
    dangers = tuple(find_trust_dangers(principal.trust, reading.account, options.configuration))
    return Principal(
        arn=arn,
        kind=parsed.kind if parsed else "principal",
        account=parsed.account if parsed else "",
        owner=identify_owner(arn, principal, _trace(found), reading.account, options.vendors),
        state=principal.state,
        unique_id=principal.unique_id,
        created_at=principal.created_at,
        last_used=principal.last_used,
        last_used_in=principal.last_used_in,
        dangers=dangers,
        problems=tuple(_find_own_problems(principal, dangers, reading.started_at, options)),
        ways=tuple(
            _create_way(each, principal)
            for each in sorted(found, key=lambda each: (each.cluster.name, each.cluster.region, each.way.method))
        ),
    )


def _trace(found: Iterable[_ReadWay]) -> Trace:
    ways = list(found)
    return Trace(
        frozenset(group for each in ways for group in each.way.groups),
        frozenset(each.way.username for each in ways if each.way.username),
        frozenset(binding.name for each in ways for binding in each.rights.bindings),
        [labels for each in ways for labels in each.rights.labels],
        any(is_node(each.way) for each in ways),
    )


def _find_own_problems(
    principal: PrincipalReading, dangers: Sequence[result.Danger], now: datetime, options: Options
) -> Iterator[Problem]:
    if principal.state is PrincipalState.UNKNOWN:
        why = next((each.why for each in principal.unread), "it is not the ARN of a role or user that can be looked up")
        yield Problem(kind=ProblemKind.UNKNOWN, why=f"whether it exists is not known: {why}")
    if worst := [danger for danger in dangers if is_dangerous(danger)]:
        more = f" (and {len(worst) - 1} more)" if len(worst) > 1 else ""
        yield Problem(kind=ProblemKind.DANGEROUS, why=f"{worst[0].message}{more}")
    if principal.state is not PrincipalState.EXISTS or principal.unread:
        return
    since = now - timedelta(days=options.unused_days)
    is_old = principal.created_at is not None and principal.created_at < since
    if principal.last_used is None:
        if is_old:
            why = f"IAM has no use of it, and it was made on {principal.created_at:%Y-%m-%d}"
            yield Problem(kind=ProblemKind.UNUSED, why=why)
    elif principal.last_used < since:
        yield Problem(kind=ProblemKind.UNUSED, why=f"IAM has no use of it since {principal.last_used:%Y-%m-%d}")


def worst_severity(principal: Principal) -> str:
    """The most severe right of all ways in that take effect."""
    severities = [right.severity for way in principal.ways if way.effective for right in way.rights]
    return min(severities, key=SEVERITIES.index, default="low")


def _sort_key(principal: Principal) -> tuple[object, ...]:
    is_dangerous_one = any(problem.kind is ProblemKind.DANGEROUS for problem in principal.all_problems)
    return (
        not is_dangerous_one,
        SEVERITIES.index(worst_severity(principal)),
        not list(principal.all_problems),
        principal.arn,
    )
