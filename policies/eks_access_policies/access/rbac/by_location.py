"""An index by location, so that a fleet with the same names in every cluster is not searched as a whole each time."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Generic, TypeVar

from ..clusters import Location

_Item = TypeVar("_Item")


class ByLocation(Generic[_Item]):
    """Items by where they are. Where that is not known, each of them may be meant."""

    def __init__(self) -> None:
        self._by_cluster: dict[str, list[_Item]] = defaultdict(list)
        self._by_server: dict[str, list[_Item]] = defaultdict(list)
        self._anywhere: list[_Item] = []
        self._found: dict[Location, Sequence[_Item]] = {}

    def add(self, location: Location, item: _Item) -> None:
        if location.cluster:
            self._by_cluster[location.cluster].append(item)
        elif location.server:
            self._by_server[location.server].append(item)
        else:
            self._anywhere.append(item)
        self._found.clear()

    def of(self, location: Location) -> Sequence[_Item]:
        """The items that may be there: one list for all locations of which the same is known."""
        if location.known not in self._found:
            self._found[location.known] = self._find(location.cluster, location.server)
        return self._found[location.known]

    def _find(self, cluster: str, server: str) -> Sequence[_Item]:
        """A cluster may have any of the servers that are known, and two servers are two clusters."""
        named = [self._by_cluster.get(cluster, [])] if cluster else list(self._by_cluster.values())
        served = [self._by_server.get(server, [])] if server else list(self._by_server.values())
        return tuple(item for items in (*named, *served, self._anywhere) for item in items)
