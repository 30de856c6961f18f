"""What the reports show, as plain data: what is the same in several clusters as one, and words. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from eks_access.text_layout import format_count

from ..evaluate.build import worst_severity
from ..inventory import (
    SEVERITIES,
    AccessInventory,
    Cluster,
    Danger,
    Method,
    OwnerKind,
    Principal,
    ProblemKind,
    Right,
    Way,
)

METHODS = {Method.ENTRY: "access entry", Method.AWS_AUTH: "aws-auth"}
PROBLEMS = {
    ProblemKind.DANGEROUS: "gives, or lets others take, what the policy pack grades as high or critical",
    ProblemKind.DEAD: "lets nobody in: the principal is gone or was made again, or the line never matches",
    ProblemKind.SHADOWED: "another entry or mapping of the same principal takes effect instead",
    ProblemKind.UNKNOWN: "something that decides about it could not be read, or is not understood",
    ProblemKind.UNBOUND: "lets the principal in, and gives it nothing to do",
    ProblemKind.UNUSED: "no use in the time that was looked at",
}
"""The kinds of problems in the order of reports, with what they mean."""
STATES = {"exists": "exists", "gone": "no longer exists", "elsewhere": "in another account", "unknown": "not known"}
_OWNERS = {
    OwnerKind.VENDOR: "of vendors",
    OwnerKind.PEOPLE: "of people",
    OwnerKind.NODES: "of nodes",
    OwnerKind.WORKLOAD: "of workloads",
    OwnerKind.UNKNOWN: "unknown",
}
FEW_CLUSTERS = 3
FEW_RIGHTS = 2
FEW_KINDS = 2
_EVERYWHERE = "in the whole cluster"
_PLURAL = "these kinds"
"""In words about objects that only `what` names."""


@dataclass(frozen=True)
class ShownProblem:
    """A problem, and the clusters with the same one; none where it is of the principal itself."""

    kind: ProblemKind
    why: str
    clusters: tuple[str, ...]

    @property
    def words(self) -> str:
        """What it is, in the first cluster, and how many others have the same."""
        others = len(self.clusters) - 1
        return f"{self.why} (the same in {format_count(others, 'more cluster')})" if others > 0 else self.why


@dataclass(frozen=True)
class Group:
    """Ways in of one principal that are the same in all of these clusters."""

    way: Way
    clusters: tuple[str, ...]
    kinds: tuple[ProblemKind, ...]


@dataclass(frozen=True)
class Row:
    """One principal."""

    principal: Principal
    name: str
    """Its ARN, without what all principals of the account have in common."""
    groups: tuple[Group, ...]
    worst: str
    """The most severe right: low to critical, or empty where one is not known."""
    problems: tuple[ShownProblem, ...]
    """In the order of `PROBLEMS`."""
    dangers: tuple[Danger, ...]
    """Each once, the most severe first."""

    @property
    def kinds(self) -> tuple[ProblemKind, ...]:
        return tuple(dict.fromkeys(each.kind for each in self.problems))

    @property
    def owner(self) -> str:
        """`vendor: Datadog`, `people`; with a question mark where only names show it."""
        owner = self.principal.owner
        mark = "" if owner.certain or owner.kind is OwnerKind.UNKNOWN else "?"
        return f"{owner.kind}: {owner.name}{mark}" if owner.name else f"{owner.kind}{mark}"

    @property
    def clusters(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(cluster for group in self.groups for cluster in group.clusters))

    @property
    def rights(self) -> tuple[tuple[Right, tuple[str, ...]], ...]:
        """What it may do by the ways in that take effect, each once with its clusters, the most severe first."""
        found: dict[tuple[str, str], tuple[Right, dict[str, None]]] = {}
        for group in self.groups:
            for right in group.way.rights if group.way.effective else ():
                _, clusters = found.setdefault((right.words, right.where), (right, {}))
                clusters.update(dict.fromkeys(group.clusters))
        ordered = sorted(found.values(), key=lambda each: SEVERITIES.index(each[0].severity))
        return tuple((right, tuple(clusters)) for right, clusters in ordered)


@dataclass(frozen=True)
class ClusterRow:
    """One cluster, with the number of principals that can come in and of those with each kind of problem there."""

    cluster: Cluster
    name: str
    principals: int
    by_problem: Mapping[ProblemKind, int]


def build_rows(inventory: AccessInventory) -> list[Row]:
    """All principals, in the inventory's order: what deserves a look comes first."""
    has_regions = len({cluster.region for cluster in inventory.clusters}) > 1
    return [_build_row(principal, inventory.account, with_region=has_regions) for principal in inventory.principals]


def build_cluster_rows(inventory: AccessInventory) -> list[ClusterRow]:
    has_regions = len({cluster.region for cluster in inventory.clusters}) > 1
    ways: dict[tuple[str, str], list[tuple[str, Way]]] = {}
    for principal in inventory.principals:
        for way in principal.ways:
            ways.setdefault((way.region, way.cluster), []).append((principal.arn, way))
    rows = []
    for cluster in inventory.clusters:
        found = ways.get(cluster.key, [])
        problems = {(arn, problem.kind) for arn, way in found for problem in way.problems}
        rows.append(
            ClusterRow(
                cluster,
                _name_cluster(cluster.name, cluster.region, with_region=has_regions),
                len({arn for arn, way in found if way.effective}),
                {kind: sum(each is kind for _, each in problems) for kind in PROBLEMS},
            )
        )
    return rows


def _build_row(principal: Principal, account: str, *, with_region: bool) -> Row:
    prefix = f":iam::{account}:"
    return Row(
        principal,
        principal.arn.partition(prefix)[2] or principal.arn,
        tuple(_group(principal.ways, with_region=with_region)),
        worst_severity(principal),
        tuple(_list_problems(principal, with_region=with_region)),
        tuple(dict.fromkeys(principal.all_dangers)),
    )


def _name_cluster(name: str, region: str, *, with_region: bool) -> str:
    return f"{name} ({region})" if with_region else name


def _list_problems(principal: Principal, *, with_region: bool) -> Iterator[ShownProblem]:
    """Each problem once, with all clusters in which it is the same but for the cluster's name."""
    same: dict[tuple[ProblemKind, str], tuple[str, list[str]]] = {}
    for problem in principal.problems:
        same.setdefault((problem.kind, problem.why), (problem.why, []))
    for way in principal.ways:
        for problem in way.problems:
            key = problem.kind, _without_cluster(problem.why, way.cluster)
            name = _name_cluster(way.cluster, way.region, with_region=with_region)
            same.setdefault(key, (problem.why, []))[1].append(name)
    order = list(PROBLEMS)
    for (kind, _), (why, clusters) in sorted(same.items(), key=lambda each: order.index(each[0][0])):
        yield ShownProblem(kind, why, tuple(dict.fromkeys(clusters)))


def _without_cluster(why: str, cluster: str) -> str:
    """A problem's words, the same in every cluster."""
    return re.sub(rf"\b(cluster|log of) {re.escape(cluster)}(?![\w-])", r"\1", why)


def _group(ways: Iterable[Way], *, with_region: bool) -> Iterator[Group]:
    same: dict[object, list[Way]] = {}
    for way in ways:
        rights = tuple((each.words, each.where) for each in way.rights)
        kinds = _list_kinds(way)
        bindings = tuple((each.kind, each.name, each.namespace) for each in way.bindings)
        identity = (way.method, way.type, way.username, way.groups, way.policies, way.effective)
        same.setdefault((*identity, rights, bindings, kinds), []).append(way)
    for of_one in same.values():
        names = (_name_cluster(way.cluster, way.region, with_region=with_region) for way in of_one)
        yield Group(of_one[0], tuple(dict.fromkeys(names)), _list_kinds(of_one[0]))


def _list_kinds(way: Way) -> tuple[ProblemKind, ...]:
    return tuple(dict.fromkeys(each.kind for each in way.problems))


def list_few(names: Sequence[str], few: int = FEW_CLUSTERS) -> str:
    """`a, b, c and 3 more`."""
    shown = ", ".join(names[:few])
    return f"{shown} and {len(names) - few:,} more" if len(names) > few else shown


def format_right(right: Right) -> str:
    """A right in one sentence. Where it is not said, it applies in the whole cluster."""
    named = f" ({list_few(right.what, FEW_KINDS)})" if _PLURAL in right.words and right.what else ""
    where = "" if right.where == _EVERYWHERE else f" {right.where.removesuffix(f', {_EVERYWHERE}')}"
    return f"{right.words}{named}{where}".rstrip()


def describe_rights(way: Way, few: int = FEW_RIGHTS) -> str:
    """The first rights of a way in words, and the number of further ones."""
    if not way.rights:
        return "nothing"
    shown = "; ".join(map(format_right, way.rights[:few]))
    return f"{shown}; and {len(way.rights) - few:,} more" if len(way.rights) > few else shown


def summarize(inventory: AccessInventory) -> str:
    """The inventory in one or two sentences."""
    summary = inventory.summary
    where = format_count(summary.clusters, "cluster")
    head = f"{format_count(summary.principals, 'principal')} in {where} of account {inventory.account}"
    problems = ", ".join(f"{count:,} {kind}" for kind, count in summary.by_problem.items())
    head = f"{head}: {problems}." if problems else f"{head}, none with a problem."
    if inventory.is_whole:
        return head
    whole = f"{summary.clusters_read:,} of {where} read completely"
    return f"{head} {format_count(len(inventory.unread), 'thing')} could not be read ({whole})."


def describe_owners(inventory: AccessInventory) -> str:
    """`9 of vendors, 2 of people, 1 unknown`."""
    counts = inventory.summary.by_owner
    return ", ".join(f"{counts[kind]:,} {words}" for kind, words in _OWNERS.items() if counts.get(kind))


def list_unread(inventory: AccessInventory) -> Iterator[tuple[str, str, str]]:
    """Where, what and why of what could not be read: what has one cause as one."""
    causes: dict[tuple[str, str], list[str]] = {}
    for each in inventory.unread:
        causes.setdefault((each.where, each.why), []).append(each.what)
    for (where, why), what in causes.items():
        yield where, list_few(what), why


def list_facts(cluster: Cluster) -> Iterator[str]:
    """What else is to be known of who comes into a cluster, the worst first."""
    for right in cluster.anonymous:
        yield f"every caller, without authentication, {format_right(right)}"
    for right in cluster.everyone:
        yield f"every principal that comes in {format_right(right)}"
    yield from cluster.notes
