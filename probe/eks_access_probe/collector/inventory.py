"""The inventory: what an integration sees, as plain data, and its JSON form.

There are fields for metadata and status only. Environment values, arguments, annotations and the content of ConfigMaps
have no field, and Secrets are never listed.

Keys are camelCase in JSON. Edges refer to nodes by their index in `nodes`. The version changes when a reader of the old
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
_CHUNK_SIZE = 1000
"""Objects that are encoded at a time."""


class State(StrEnum):
    """How much of a list was read."""

    COMPLETE = "complete"
    """All of it, at one resource version."""
    RESTARTED = "restarted"
    """All of it, at one resource version, on the second attempt: the first could not be finished."""
    INCOMPLETE = "incomplete"
    """A part of it, or nothing, for the `reason`. The objects that were read are correct."""
    REFUSED = "refused"
    """Nothing: the authorizer denied the request; `reason` is its response."""
    ABSENT = "absent"
    """Nothing: the cluster does not serve this kind."""


WHOLE = (State.COMPLETE, State.RESTARTED)


class Relation(StrEnum):
    """The meaning of an edge, from its source to its target."""

    ROUTES_TO = "routes-to"
    """An ingress to a service."""
    SERVED_BY = "served-by"
    """A service to a pod behind it."""
    OWNED_BY = "owned-by"
    """A pod to its replica set, that to its deployment, a job to its cron job, …"""
    RUNS_ON = "runs-on"
    """A pod to its node."""
    IN = "in"
    """An object without an owner, to its namespace."""


class _Record(msgspec.Struct, frozen=True, rename="camel", kw_only=True, gc=False):
    pass


class Container(_Record, frozen=True, omit_defaults=True):
    name: str
    image: str
    state: str = ""
    """`running`, `waiting` or `terminated`; empty if the container has no status yet."""
    reason: str = ""
    ready: bool = False
    restarts: int = 0
    role: str = ""
    """`init` or `ephemeral`; empty for a regular container."""


class Node(_Record, frozen=True, omit_defaults=True):
    """One object of a cluster. `namespace` is empty for a cluster-scoped object."""

    kind: str
    name: str
    namespace: str = ""
    status: str = ""
    """As in `kubectl get`: `Running`, `CrashLoopBackOff`, `2/3` of replicas ready, …"""
    detail: str = ""
    """A service's type and ports, an ingress's hosts."""
    containers: tuple[Container, ...] = ()
    listed: bool = True
    """False for an object that was not listed itself, and is only referred to by a listed one."""


class Listing(_Record, frozen=True):
    """One list that was requested, and how much of it was read."""

    kind: str
    """`Pod`; the action for an AWS call: `eks:DescribeCluster`."""
    resource: str
    """`pods`, `deployments.apps`; empty for an AWS call."""
    namespace: str | None
    """The namespace that was listed; null for all namespaces and for cluster-scoped kinds."""
    state: State
    count: int
    reason: str = ""
    """Why the list is not complete, or why it was read twice."""
    pages: int = 0
    seconds: float = 0.0


class Edges:
    """The edges of one graph, in eight bytes each. Iterates over (relation, source, target)."""

    def __init__(self) -> None:
        self._by_relation: dict[Relation, array[int]] = defaultdict(partial(array, "I"))

    def add(self, relation: Relation, source: int, target: int) -> None:
        pairs = self._by_relation[relation]
        pairs.append(source)
        pairs.append(target)

    def of(self, relation: Relation) -> Iterator[tuple[int, int]]:
        """The edges of one relation, as indexes of nodes."""
        pairs = iter(self._by_relation.get(relation, ()))
        return zip(pairs, pairs, strict=True)

    def __iter__(self) -> Iterator[tuple[Relation, int, int]]:
        for relation in self._by_relation:
            for source, target in self.of(relation):
                yield relation, source, target

    def __len__(self) -> int:
        return sum(len(pairs) for pairs in self._by_relation.values()) // 2


class AccessPolicy(_Record, frozen=True):
    arn: str
    namespaces: tuple[str, ...] | None
    """None for the whole cluster."""


class AccessEntry(_Record, frozen=True):
    principal: str
    type: str = ""
    username: str = ""
    groups: tuple[str, ...] = ()
    policies: tuple[AccessPolicy, ...] = ()


class Configuration(_Record, frozen=True):
    """The part of the `eks:DescribeCluster` response that is kept."""

    status: str
    version: str
    platform_version: str
    authentication_mode: str
    public_endpoint: bool
    private_endpoint: bool
    public_access_cidrs: tuple[str, ...] = ()
    vpc_id: str = ""
    logging: tuple[str, ...] = ()
    """The enabled control plane logs."""


class ClusterInventory(msgspec.Struct, rename="camel", kw_only=True):
    """One cluster as one integration sees it."""

    name: str
    region: str
    trouble: str = ""
    """Why the API server could not be read; empty if it could."""
    version: str = ""
    """The API server's own version, from `/version`."""
    listings: list[Listing] = []
    nodes: list[Node] = []
    edges: Edges = msgspec.field(default_factory=Edges)
    configuration: Configuration | None = None
    access_entries: list[AccessEntry] = []
    seconds: float = 0.0

    @property
    def counts(self) -> Mapping[str, int]:
        """The number of listed objects of each kind; whether that is all of them is in `listings`."""
        counts: Counter[str] = Counter()
        for listing in self.listings:
            if listing.resource and listing.state is not State.ABSENT:
                counts[listing.kind] += listing.count
        return counts

    @property
    def is_whole(self) -> bool:
        """Whether everything that the integration may see was read. A refused list is not a gap."""
        return not self.trouble and all(listing.state is not State.INCOMPLETE for listing in self.listings)


class IntegrationInventory(msgspec.Struct, rename="camel", kw_only=True):
    """What one integration sees, in AWS and in each cluster."""

    trouble: str = ""
    """Why the role could not be assumed; empty if it could."""
    clusters: dict[str, ClusterInventory] = {}
    """By the configuration's keys."""
    listings: list[Listing] = []
    """The AWS calls that are not about a cluster."""
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

    def json_chunks(self) -> Iterator[bytes]:
        """The JSON in consecutive chunks. As one value, it would take as much memory as the graph itself."""
        return _json_chunks(self)


def decode_inventory(text: bytes) -> Inventory:
    """The inventory that `Inventory.json_chunks` wrote.

    Raises:
        msgspec.DecodeError: the text is not an inventory.
    """
    return _DECODER.decode(text)


def _json_chunks(value: object) -> Iterator[bytes]:
    if isinstance(value, Inventory | IntegrationInventory | ClusterInventory):
        fields = {field.encode_name: getattr(value, field.name) for field in msgspec.structs.fields(value)}
        yield from _json_chunks(fields)
    elif isinstance(value, dict):
        for number, (key, each) in enumerate(value.items()):
            yield (b"," if number else b"{") + _ENCODER.encode(key) + b":"
            yield from _json_chunks(each)
        yield b"}" if value else b"{}"
    elif isinstance(value, list):
        yield b"["
        for start in range(0, len(value), _CHUNK_SIZE):
            yield (b"," if start else b"") + _ENCODER.encode(value[start : start + _CHUNK_SIZE])[1:-1]
        yield b"]"
    else:
        yield _ENCODER.encode(value)


def _to_raw_json(value: object) -> object:
    """Edges by relation, each as a pair of indexes: `{"owned-by": [[4, 9], …]}`.

    As raw JSON: as objects, the edges of a large cluster would take more memory than its graph.
    """
    if isinstance(value, Edges):
        return {
            relation: msgspec.Raw(f"[{','.join(f'[{a},{b}]' for a, b in value.of(relation))}]".encode())
            for relation in Relation
            if any(value.of(relation))
        }
    raise NotImplementedError(f"no JSON form for {type(value).__name__}")


def _decode_edges(expected: type, value: Any) -> object:
    if expected is not Edges:
        raise NotImplementedError(f"no JSON form for {expected.__name__}")
    edges = Edges()
    for relation, pairs in value.items():
        for source, target in pairs:
            edges.add(Relation(relation), source, target)
    return edges


_ENCODER = msgspec.json.Encoder(enc_hook=_to_raw_json)
_DECODER = msgspec.json.Decoder(Inventory, dec_hook=_decode_edges)
