"""What the reports show, as plain data: ways in that are the same in several clusters as one, and words. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from eks_access.text_layout import format_count

from ..evaluate.build import worst_severity
from ..inventory import AccessInventory, Danger, Method, OwnerKind, Principal, Problem, ProblemKind, Right, Way

METHODS = {Method.ENTRY: "access entry", Method.AWS_AUTH: "aws-auth"}
OWNERS = {
    OwnerKind.VENDOR: "vendor",
    OwnerKind.PEOPLE: "people",
    OwnerKind.NODES: "nodes",
    OwnerKind.WORKLOAD: "workload",
    OwnerKind.UNKNOWN: "unknown",
}
PROBLEMS = {
    ProblemKind.DANGEROUS: "gives, or lets others take, what the policy pack grades as high or critical",
    ProblemKind.DEAD: "lets nobody in: the principal is gone or was made again, or the line never matches",
    ProblemKind.SHADOWED: "another entry or mapping of the same principal takes effect instead",
    ProblemKind.UNBOUND: "lets the principal in, and gives it nothing to do",
    ProblemKind.UNUSED: "no use in the time that was looked at",
    ProblemKind.UNKNOWN: "something that decides about it could not be read, or is not understood",
}
"""The kinds of problems in the order of reports, with what they mean."""
FEW_CLUSTERS = 3
FEW_RIGHTS = 2


@dataclass(frozen=True)
class Group:
    """Ways in of one principal that are the same in all of these clusters."""

    way: Way
    clusters: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """One principal."""

    principal: Principal
    groups: tuple[Group, ...]
    worst: str
    """The most severe right: low to critical, or empty where one is not known."""
    problems: tuple[Problem, ...]
    """Each once, in the order of `PROBLEMS`."""
    dangers: tuple[Danger, ...]
    """Each once, the most severe first."""
    kinds: tuple[ProblemKind, ...] = field(default=())

    @property
    def owner(self) -> str:
        """`vendor: Datadog`, `people`; with a question mark where only names show it."""
        owner = self.principal.owner
        if owner.kind is OwnerKind.UNKNOWN:
            return OWNERS[owner.kind]
        return (f"{OWNERS[owner.kind]}: {owner.name}" if owner.name else OWNERS[owner.kind]) + (
            "" if owner.certain else "?"
        )

    @property
    def clusters(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(cluster for group in self.groups for cluster in group.clusters))

    @property
    def rights(self) -> tuple[Right, ...]:
        """What it may do by the ways in that take effect, each once."""
        ways = [group.way for group in self.groups if group.way.effective]
        return tuple({(each.words, each.where): each for way in ways for each in way.rights}.values())


def build_rows(inventory: AccessInventory) -> list[Row]:
    """All principals, in the inventory's order: what deserves a look comes first."""
    several = len({cluster.region for cluster in inventory.clusters}) > 1
    return [_build_row(principal, with_region=several) for principal in inventory.principals]


def _build_row(principal: Principal, *, with_region: bool) -> Row:
    order = list(PROBLEMS)
    problems = sorted(dict.fromkeys(principal.all_problems), key=lambda each: order.index(each.kind))
    return Row(
        principal,
        tuple(_group(principal.ways, with_region=with_region)),
        worst_severity(principal),
        tuple(problems),
        tuple(dict.fromkeys(principal.all_dangers)),
        tuple(dict.fromkeys(each.kind for each in problems)),
    )


def name_cluster(name: str, region: str, *, with_region: bool) -> str:
    return f"{name} ({region})" if with_region else name


def _group(ways: Iterable[Way], *, with_region: bool) -> Iterator[Group]:
    same: dict[object, list[Way]] = {}
    for way in ways:
        rights = tuple((each.words, each.where) for each in way.rights)
        kinds = tuple(each.kind for each in way.problems)
        bindings = tuple((each.kind, each.name, each.namespace) for each in way.bindings)
        same.setdefault(
            (way.method, way.type, way.username, way.groups, way.policies, rights, kinds, bindings, way.effective), []
        ).append(way)
    for of_one in same.values():
        names = (name_cluster(way.cluster, way.region, with_region=with_region) for way in of_one)
        yield Group(of_one[0], tuple(dict.fromkeys(names)))


def list_few(names: Sequence[str], few: int = FEW_CLUSTERS) -> str:
    """`a, b and 3 more`."""
    shown = ", ".join(names[:few])
    return f"{shown} and {len(names) - few:,} more" if len(names) > few else shown


def describe_rights(rights: Sequence[Right], few: int = FEW_RIGHTS) -> str:
    """The first rights in words; of further ones, the number."""
    shown = "; ".join(f"{each.words} {each.where}".strip() for each in rights[:few])
    return f"{shown}; and {len(rights) - few:,} more" if len(rights) > few else shown


def summarize(inventory: AccessInventory) -> str:
    """The inventory in one or two sentences."""
    summary = inventory.summary
    where = format_count(summary.clusters, "cluster")
    parts = [f"{format_count(summary.principals, 'principal')} can come into {where} of account {inventory.account}"]
    if summary.by_problem:
        parts.append(", ".join(f"{count:,} {kind}" for kind, count in summary.by_problem.items()))
    head = f"{': '.join(parts)}."
    if not inventory.unread:
        return head
    whole = f"{summary.clusters_read:,} of {where} read completely"
    return f"{head} {format_count(len(inventory.unread), 'thing')} could not be read ({whole})."
