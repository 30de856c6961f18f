"""The rules that each principal and subject of a stack has in clusters. Principals with the same groups share them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from ...access import Access, EffectiveRules, Entry, Location, Subject
from ...access.rbac.by_location import ByLocation
from ..side import UNKNOWN_CLUSTER, PrincipalAccess, RuleSet
from .rule_sets import RuleSetBuilder

_Shared = Sequence[EffectiveRules]
"""Effective rules that several principals may have: the same object for all of them."""


class ClusterRules:
    """Collects what the chain of access has for each principal, by its key, and for each subject without an entry."""

    def __init__(self, access: Access, builder: RuleSetBuilder) -> None:
        self._access = access
        self._builder = builder
        self._found: dict[object, dict[str, list[_Shared]]] = defaultdict(lambda: defaultdict(list))
        self._mapped: dict[Subject, dict[str, _Shared]] = defaultdict(dict)
        self._splits: dict[int, Mapping[str, _Shared]] = {}
        self._by_subject: dict[Subject, ByLocation[EffectiveRules]] = defaultdict(ByLocation)
        self._read()

    @property
    def keys(self) -> Sequence[object]:
        """Who has rules: keys of principals, and subjects."""
        return list(self._found)

    def build_rule_sets(self, key: object) -> Mapping[str, Sequence[RuleSet]]:
        """The rules of a principal or subject, by the cluster's name."""
        return {cluster: self._builder.build(shared) for cluster, shared in self._found.get(key, {}).items()}

    def list_unknown(self, key: object) -> list[str]:
        """What is not known of the roles that a principal or subject has, as phrases."""
        clusters = self._found.get(key, {})
        return [words for shared in clusters.values() for each in shared for words in self._builder.list_unknown(each)]

    def find_unknown_clusters(self, key: object) -> Iterator[str]:
        """The clusters in which that is."""
        for cluster, found in self._found.get(key, {}).items():
            if any(words for shared in found for words in self._builder.list_unknown(shared)):
                yield cluster

    def create_mapped(self) -> Iterator[PrincipalAccess]:
        """The subjects that entries map principals to, with what their bindings give them."""
        for subject, clusters in self._mapped.items():
            rules = {cluster: self._builder.build([shared]) for cluster, shared in clusters.items()}
            yield PrincipalAccess(str(subject), (str(subject),), clusters=rules)

    def _read(self) -> None:
        unmapped: dict[tuple[Subject, str], list[EffectiveRules]] = defaultdict(list)
        for held in self._access.effective_rules:
            if held.association is not None:
                self._found[held.association.principal.key][held.cluster or UNKNOWN_CLUSTER].append((held,))
            elif held.subject is not None and held.binding is not None:
                self._by_subject[held.subject].add(held.binding.location, held)
                if not held.entries:
                    unmapped[held.subject, held.cluster or UNKNOWN_CLUSTER].append(held)
        for subject, rules in self._by_subject.items():
            for entry in self._access.entries_of_subject(subject, ""):
                self._add(subject, entry, rules.of(Location(entry.cluster)))
        for (subject, cluster), own in unmapped.items():
            self._found[subject][cluster].append(own)

    def _add(self, subject: Subject, entry: Entry, shared: _Shared) -> None:
        """Give a principal the rules of its subject, in the cluster of its entry, or else in those of the bindings."""
        for cluster, there in ({entry.cluster: shared} if entry.cluster else self._split(shared)).items():
            if there:
                self._found[entry.principal.key][cluster].append(there)
                self._mapped[subject][cluster] = there

    def _split(self, shared: _Shared) -> Mapping[str, _Shared]:
        """The rules by cluster: the same sequences for the same rules."""
        if id(shared) not in self._splits:
            by_cluster: dict[str, list[EffectiveRules]] = defaultdict(list)
            for held in shared:
                by_cluster[held.cluster or UNKNOWN_CLUSTER].append(held)
            self._splits[id(shared)] = by_cluster
        return self._splits[id(shared)]
