"""Compares two sides of a review: the changes of every principal, in a stable order. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ..finding import Severity
from .aws.boundaries import compare_boundaries
from .aws.escalation import compare_paths
from .aws.managed_policies import compare_policies
from .change import Change, Direction, Plane, PrincipalChanges, Review
from .grouping import merge_equal
from .kubernetes.identity import NOBODY, compare_traits
from .kubernetes.rules import compare_rules
from .not_evaluated import compare_not_evaluated
from .side import NO_ACCESS, UNKNOWN_CLUSTER, PrincipalAccess, RuleSet, Side
from .trust.policies import compare_trust
from .trust.role_chains import Pair, RoleChains


def compare_sides(base: Side, head: Side) -> Review:
    """Everything that changes from `base` to `head`, the principals with the most severe gains first."""
    pairs = list(base.pair_principals(head))
    comparison = _Comparison(pairs, head.unknown_clusters)
    changed = [
        changes
        for before, after in pairs
        if not all(side is None or side.is_shown_by_others for side in (before, after))
        if (changes := comparison.compare_principals(before, after)).changes or changes.status != "changed"
    ]
    return Review(
        base.origin,
        head.origin,
        tuple(merge_equal(changed)),
        tuple(dict.fromkeys((*head.unknown, *base.unknown))),
        tuple(compare_not_evaluated(base.not_evaluated, head.not_evaluated)),
    )


class _Comparison:
    """Compares principals, and caches what a fleet repeats: the comparison of policies, and of rules in a cluster."""

    def __init__(self, pairs: Sequence[Pair], unknown_clusters: frozenset[str] = frozenset()) -> None:
        self._unknown_clusters = unknown_clusters
        self._chains = RoleChains(pairs, self._list_rights)
        self._policies: dict[object, list[Change]] = {}
        self._cache: dict[tuple[frozenset[RuleSet], frozenset[RuleSet]], list[Change]] = {}
        self._cache_of_same: dict[tuple[int, int], tuple[Sequence[RuleSet], Sequence[RuleSet], list[Change]]] = {}
        """By the identity of the rule sets, which principals of one group share, together with these."""

    def compare_principals(self, before: PrincipalAccess | None, after: PrincipalAccess | None) -> PrincipalChanges:
        """The changes of one principal; None is the side where it is missing."""
        principal = after or before or NO_ACCESS
        if principal.is_passed_on:
            before, after = (each and replace(each, clusters={}) for each in (before, after))
        status = "removed" if after is None else "new" if before is None else "changed"
        if principal.is_everyone:
            status = "changed"
        found = list(self._compare(before or NO_ACCESS, after or NO_ACCESS))
        certain = [kept for each in found if (kept := self._drop_uncertain(each, after or NO_ACCESS))]
        if found and not certain:
            status = "changed"  # it may be there all the same
        changes = sorted(certain, key=lambda each: each.order)
        return PrincipalChanges((principal.name,), status, tuple(changes), tuple(sorted(principal.all_clusters)))

    def _drop_uncertain(self, change: Change, after: PrincipalAccess) -> Change | None:
        """The change but for a loss, or its clusters, where the principal may have more than is known."""
        if change.direction is not Direction.LOST:
            return change
        if change.plane is not Plane.KUBERNETES:
            return None if change.plane in after.unknown_planes else change
        unknown = self._unknown_clusters | after.unknown_clusters
        if not change.clusters or not unknown:
            return change
        certain = () if UNKNOWN_CLUSTER in unknown else tuple(each for each in change.clusters if each not in unknown)
        return replace(change, clusters=certain) if certain else None

    def _compare(self, before: PrincipalAccess, after: PrincipalAccess) -> Iterator[Change]:
        # What is unknown on one side is neither gained nor lost: it is reported as unknown, and not compared.
        if before.trust is not None and after.trust is not None:
            yield from compare_trust(before.trust, after.trust)
        yield from self._compare_rights(before, after)
        yield from self._chains.compare(before, after)
        if NO_ACCESS not in (before, after):
            yield from compare_boundaries(before, after)
        yield from _report_unknown(before, after)

    def _compare_rights(self, before: PrincipalAccess, after: PrincipalAccess) -> Iterator[Change]:
        """What the principal itself may do in AWS and in clusters."""
        yield from self._compare_policies(before, after)
        yield from self._compare_clusters(before, after)

    def _list_rights(self, principal: PrincipalAccess) -> Iterator[Change]:
        """All that the principal may do, and what of that is not known."""
        yield from self._compare_rights(NO_ACCESS, principal)
        yield from _report_unknown(NO_ACCESS, principal)

    def _compare_policies(self, before: PrincipalAccess, after: PrincipalAccess) -> list[Change]:
        """The changes by all policies, and by what they allow together; equal ones are compared once."""
        key = _identify_policies(before), _identify_policies(after)
        if key not in self._policies:
            paths = compare_paths(before.all_statements, after.all_statements)
            self._policies[key] = [*compare_policies(before, after), *paths]
        return self._policies[key]

    def _compare_clusters(self, before: PrincipalAccess, after: PrincipalAccess) -> Iterator[Change]:
        """The changes in all clusters, each change once with all the clusters that have it."""
        clusters_of: dict[Change, list[str]] = {}
        for cluster in before.all_clusters | after.all_clusters:
            rules = self._compare_rules(before.clusters.get(cluster, ()), after.clusters.get(cluster, ()))
            entry = _compare_entry(cluster in before.entered, cluster in after.entered)
            traits = compare_traits(before.identities.get(cluster, NOBODY), after.identities.get(cluster, NOBODY))
            for change in (*rules, *entry, *traits):
                clusters_of.setdefault(change, []).append(cluster)
        for change, clusters in clusters_of.items():
            yield replace(change, clusters=tuple(sorted(clusters)))

    def _compare_rules(self, before: Sequence[RuleSet], after: Sequence[RuleSet]) -> list[Change]:
        same = id(before), id(after)
        if same not in self._cache_of_same:
            key = frozenset(before), frozenset(after)
            if not before or not after:
                key = _drop_labels(before), _drop_labels(after)
            if key not in self._cache:
                self._cache[key] = compare_rules(before, after)
            self._cache_of_same[same] = before, after, self._cache[key]
        return self._cache_of_same[same][2]


def _identify_policies(principal: PrincipalAccess) -> object:
    """Equal for principals whose policies are equal."""
    return principal.statements, frozenset(principal.aws_policies), principal.elsewhere


def _drop_labels(rule_sets: Sequence[RuleSet]) -> frozenset[RuleSet]:
    """The rule sets without the names of roles, which matter only where a role gives the same in other places."""
    return frozenset(each if each.is_policy or each.is_elsewhere else replace(each, label="") for each in rule_sets)


def _compare_entry(before: bool, after: bool) -> Iterator[Change]:
    """Whether the principal can sign in to a cluster at all, with or without rules."""
    if before != after:
        direction = Direction.GAINED if after else Direction.LOST
        yield Change(
            direction,
            Plane.KUBERNETES,
            ("sign in",),
            "" if after else "no longer",
            "can sign in, with the rights of every authenticated user" if after else "can no longer sign in",
            Severity.LOW if after else None,
            key=f"kubernetes-{direction}",
        )


def _report_unknown(before: PrincipalAccess, after: PrincipalAccess) -> Iterator[Change]:
    for words in dict.fromkeys((*after.unknown, *before.unknown)):
        yield Change(Direction.UNKNOWN, Plane.AWS, (), words, "read it before you approve", None, key="access-unknown")
