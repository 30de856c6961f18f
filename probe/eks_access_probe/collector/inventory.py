"""What an integration sees: plain data, and its JSON form.

There is room here for metadata and status only. Environment values, arguments, annotations and the content of
ConfigMaps have no field that could hold them, and Secrets are never asked for.

Keys are camelCase in JSON. Edges name nodes by their place in `nodes`. The version changes when a reader of the old
form would misread the new one.
"""

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any, Final

import msgspec

SCHEMA_VERSION: Final = 1
_PIECE = 1000
"""Objects that are written at a time."""


class State(StrEnum):
    """How much of a list was read."""

    COMPLETE = "complete"
    """All of it, as it was at one moment."""
    RESTARTED = "restarted"
    """All of it, as it was at one moment, on the second reading: the first could not be finished."""
    INCOMPLETE = "incomplete"
    """Not all of it, or nothing; `reason` says why. What is there is true and not the whole."""
    REFUSED = "refused"
    """Nothing: the authorizer said no; `reason` is its answer."""
    ABSENT = "absent"
    """Nothing: the cluster does not serve this kind."""


WHOLE = (State.COMPLETE, State.RESTARTED)


class Relation(StrEnum):
    """What an edge says, from its first node to its second."""

    ROUTES_TO = "routes-to"
    """An ingress to a service."""
    SERVED_BY = "served-by"
    """A service to a pod behind it."""
    OWNED_BY = "owned-by"
    """A pod to its replica set, that to its deployment, a job to its cron job, …"""
    RUNS_ON = "runs-on"
    """A pod to its node."""
    IN = "in"
    """What nobody owns, to its namespace."""


class _Part(msgspec.Struct, frozen=True, rename="camel", kw_only=True, gc=False):
    pass


class Container(_Part, frozen=True, omit_defaults=True):
    name: str
    image: str
    state: str = ""
    """`running`, `waiting` or `terminated`; empty where the cluster tells none yet."""
    reason: str = ""
    ready: bool = False
    restarts: int = 0
    role: str = ""
    """`init` or `ephemeral`; empty for a container of the pod's own."""


class Node(_Part, frozen=True, omit_defaults=True):
    """One object of a cluster. `namespace` is empty for what is in none."""

    kind: str
    name: str
    namespace: str = ""
    status: str = ""
    """In the words of `kubectl get`: `Running`, `CrashLoopBackOff`, `2/3` of replicas ready, …"""
    detail: str = ""
    """A service's type and ports, an ingress's hosts."""
    containers: tuple[Container, ...] = ()
    listed: bool = True
    """False for what was not listed itself and is only named by something that was."""


class Listing(_Part, frozen=True):
    """One list that was asked for, and how much of it was read."""

    kind: str
    """`Pod`, or the call where it is one to AWS: `eks:DescribeCluster`."""
    resource: str
    """`pods`, `deployments.apps`; empty for a call to AWS."""
    namespace: str | None
    """The namespace that was asked for; null for all of them, or where there is none."""
    state: State
    count: int
    reason: str = ""
    """What was answered, where the list is not whole; and why it was read twice, where it was."""
    pages: int = 0
    seconds: float = 0.0


class Edges:
    """The edges of one graph, each eight bytes and a relation. Iterating gives (relation, from, to)."""

    def __init__(self) -> None:
        self._by_relation: dict[Relation, array[int]] = defaultdict(partial(array, "I"))

    def add(self, relation: Relation, source: int, target: int) -> None:
        pairs = self._by_relation[relation]
        pairs.append(source)
        pairs.append(target)

    def of(self, relation: Relation) -> Iterator[tuple[int, int]]:
        """The edges of one relation, as places of nodes."""
        pairs = iter(self._by_relation.get(relation, ()))
        return zip(pairs, pairs, strict=True)

    def __iter__(self) -> Iterator[tuple[Relation, int, int]]:
        for relation in self._by_relation:
            for source, target in self.of(relation):
                yield relation, source, target

    def __len__(self) -> int:
        return sum(len(pairs) for pairs in self._by_relation.values()) // 2


class AccessPolicy(_Part, frozen=True):
    arn: str
    namespaces: tuple[str, ...] | None
    """None for the whole cluster."""


class AccessEntry(_Part, frozen=True):
    principal: str
    type: str = ""
    username: str = ""
    groups: tuple[str, ...] = ()
    policies: tuple[AccessPolicy, ...] = ()


class Configuration(_Part, frozen=True):
    """What `eks:DescribeCluster` tells, as far as it is kept."""

    status: str
    version: str
    platform_version: str
    authentication_mode: str
    public_endpoint: bool
    private_endpoint: bool
    public_access_cidrs: tuple[str, ...] = ()
    vpc_id: str = ""
    logging: tuple[str, ...] = ()
    """The control plane's logs that are switched on."""


class ClusterInventory(msgspec.Struct, rename="camel", kw_only=True):
    """One cluster as one integration sees it."""

    name: str
    region: str
    trouble: str = ""
    """Why nothing could be asked of the API server; empty where it answered."""
    version: str = ""
    """The API server's own, as `/version` tells it."""
    listings: list[Listing] = []
    nodes: list[Node] = []
    edges: Edges = msgspec.field(default_factory=Edges)
    configuration: Configuration | None = None
    access_entries: list[AccessEntry] = []
    seconds: float = 0.0

    @property
    def counts(self) -> Mapping[str, int]:
        """How many objects of each kind were listed; whether that is all of them is in `listings`."""
        found: Counter[str] = Counter()
        for listing in self.listings:
            if listing.resource and listing.state is not State.ABSENT:
                found[listing.kind] += listing.count
        return found

    @property
    def is_whole(self) -> bool:
        """Whether everything that the integration may see was read. A refusal hides what it may not see."""
        return not self.trouble and all(listing.state is not State.INCOMPLETE for listing in self.listings)


class IntegrationInventory(msgspec.Struct, rename="camel", kw_only=True):
    """What one integration sees, in AWS and in each cluster."""

    trouble: str = ""
    """Why the integration could not be acted as; empty where it could."""
    clusters: dict[str, ClusterInventory] = {}
    """By the user's own keys."""
    listings: list[Listing] = []
    """The calls to AWS that are about no cluster."""
    roles: list[str] = []
    """The ARNs of IAM roles."""

    @property
    def is_whole(self) -> bool:
        listed = all(listing.state is not State.INCOMPLETE for listing in self.listings)
        return not self.trouble and listed and all(cluster.is_whole for cluster in self.clusters.values())


class Inventory(msgspec.Struct, rename="camel", kw_only=True):
    """What each integration of an environment sees."""

    schema_version: int = SCHEMA_VERSION
    environment: str
    account: str
    started_at: datetime
    seconds: float
    integrations: dict[str, IntegrationInventory]

    @property
    def is_whole(self) -> bool:
        return all(integration.is_whole for integration in self.integrations.values())

    def json(self) -> Iterator[bytes]:
        """The JSON in pieces, to be written one after the other: in one, it would take as much as the graph itself."""
        return _pieces(self)

    def builtins(self) -> Any:
        """As mappings, lists and texts: what `json` writes, for a report that has it as one of its parts."""
        return msgspec.to_builtins(self, enc_hook=_encoded)


def of_json(text: bytes) -> Inventory:
    """The inventory that `Inventory.json` wrote.

    Raises:
        msgspec.DecodeError: it is none.
    """
    return _DECODER.decode(text)


def _pieces(value: object) -> Iterator[bytes]:
    if isinstance(value, Inventory | IntegrationInventory | ClusterInventory):
        names = {field.encode_name: getattr(value, field.name) for field in msgspec.structs.fields(value)}
        yield from _pieces(names)
    elif isinstance(value, dict):
        for number, (key, each) in enumerate(value.items()):
            yield (b"," if number else b"{") + _ENCODER.encode(key) + b":"
            yield from _pieces(each)
        yield b"}" if value else b"{}"
    elif isinstance(value, list):
        yield b"["
        for start in range(0, len(value), _PIECE):
            yield (b"," if start else b"") + _ENCODER.encode(value[start : start + _PIECE])[1:-1]
        yield b"]"
    else:
        yield _ENCODER.encode(value)


def _encoded(value: object) -> object:
    """Edges by relation, each as a pair of places: `{"owned-by": [[4, 9], …]}`."""
    if isinstance(value, Edges):
        return {relation: list(value.of(relation)) for relation in Relation if any(value.of(relation))}
    raise NotImplementedError(f"no JSON form for {type(value).__name__}")


def _written(value: object) -> object:
    """The same as text: as objects, the edges of a large cluster would take more than all that is kept of it."""
    if isinstance(value, Edges):
        return {
            relation: msgspec.Raw(f"[{','.join(f'[{a},{b}]' for a, b in value.of(relation))}]".encode())
            for relation in Relation
            if any(value.of(relation))
        }
    raise NotImplementedError(f"no JSON form for {type(value).__name__}")


def _decoded(wanted: type, value: Any) -> object:
    if wanted is not Edges:
        raise NotImplementedError(f"no JSON form for {wanted.__name__}")
    edges = Edges()
    for relation, pairs in value.items():
        for source, target in pairs:
            edges.add(Relation(relation), source, target)
    return edges


_ENCODER = msgspec.json.Encoder(enc_hook=_written)
_DECODER = msgspec.json.Decoder(Inventory, dec_hook=_decoded)
