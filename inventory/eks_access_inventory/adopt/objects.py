"""The objects of a cluster that give rights to its principals, and whether others use them too. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from eks_access.derivation.cluster_rights import has_subject
from eks_access.model.found import FoundObject, FoundWay

from ..reading.model import ClusterReading, RbacReading
from .origins import Origins
from .references import Reference, find_reference, identify_role, is_of_kubernetes, list_subjects


class ClusterObjects:
    """Finds the bindings of each principal in one cluster, and the roles that they name."""

    def __init__(self, cluster: ClusterReading, ways: Mapping[str, Sequence[FoundWay]], origins: Origins) -> None:
        """`ways` are by the principal's canonical ARN."""
        self.ways = ways
        self._cluster = cluster
        self._origins = origins
        self._roles: dict[Reference, RbacReading] = {}
        self._by_role: dict[Reference, list[RbacReading]] = defaultdict(list)
        self._by_group: dict[str, list[RbacReading]] = defaultdict(list)
        self._of_users: list[RbacReading] = []
        self._in_group: dict[str, set[str]] = defaultdict(set)
        self._index()

    def _index(self) -> None:
        for each in self._cluster.rbac:
            if not each.kind.endswith("Binding"):
                self._roles[identify_role(each)] = each
                continue
            self._by_role[find_reference(each)].append(each)
            subjects = list_subjects(each)
            for group in {str(each.get("name")) for each in subjects if each.get("kind") == "Group"}:
                self._by_group[group].append(each)
            if any(each.get("kind") == "User" for each in subjects):
                self._of_users.append(each)
        for key, ways in self.ways.items():
            for group in {group for way in ways for group in way.groups}:
                self._in_group[group].add(key)

    def find(self, key: str) -> Iterator[FoundObject]:
        """The objects of a principal, the roles first, each once."""
        own = self.ways.get(key, ())
        mine = list(self._find_bindings(own))
        shared = {id(each): self._is_shared(each, key, own) for each in mine}
        for reference in dict.fromkeys(map(find_reference, mine)):
            role = self._roles.get(reference)
            if role is not None and not is_of_kubernetes(reference):
                is_shared = any(shared.get(id(each), True) for each in self._by_role[reference])
                yield self._create(role, is_shared=is_shared)
        for binding in mine:
            yield self._create(binding, is_shared=shared[id(binding)])

    def _find_bindings(self, own: Sequence[FoundWay]) -> Iterator[RbacReading]:
        candidates = [each for way in own for group in way.groups for each in self._by_group.get(group, ())]
        if any(way.username for way in own):
            candidates += self._of_users
        seen: set[int] = set()
        for each in candidates:
            is_own = any(has_subject(way, subject) for subject in list_subjects(each) for way in own)
            if is_own and id(each) not in seen:
                seen.add(id(each))
                yield each

    def _is_shared(self, binding: RbacReading, key: str, own: Sequence[FoundWay]) -> bool:
        """Whether it has another subject, or one that another principal is too."""
        return any(self._is_others(subject, key, own) for subject in list_subjects(binding))

    def _is_others(self, subject: Mapping[str, str], key: str, own: Sequence[FoundWay]) -> bool:
        mine = [way for way in own if has_subject(way, subject)]
        if not mine:
            return True
        if subject.get("kind") == "Group":
            return bool(self._in_group[str(subject.get("name"))] - {key})
        # A session name alone may be that of anyone's user.
        return all(way.username.startswith("{{") for way in mine) or any(
            has_subject(way, subject) for other, ways in self.ways.items() if other != key for way in ways
        )

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
