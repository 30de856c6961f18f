"""The inventory: every principal that can come into a cluster, by which ways, and what it may do there; and its JSON.

Keys are camelCase in JSON. The version changes when a reader of the old form would misread the new one. There is no
field for trust policies, tags, annotations or tokens.
"""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import msgspec

SCHEMA_VERSION: Final = 1
SEVERITIES: Final = ("critical", "high", "", "medium", "low")
"""Of rights, from the most severe. Empty is one that is not known, which may be any."""


class _Record(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    pass


class ProblemKind(StrEnum):
    """Why a way in deserves a look."""

    DANGEROUS = "dangerous"
    """It gives rights, or can be used by others, in a way that the policy pack grades as high or critical."""
    DEAD = "dead"
    """It lets nobody in: the principal is gone or was made again, or the line never matches."""
    SHADOWED = "shadowed"
    """Another entry or mapping of the same principal takes effect instead."""
    UNBOUND = "unbound"
    """It lets the principal in, and gives it nothing to do."""
    UNUSED = "unused"
    """There is no use of it in the time that is looked at."""
    UNKNOWN = "unknown"
    """Something that decides about it could not be read, or is not understood."""


class Unread(_Record, frozen=True):
    """Something that could not be read."""

    where: str
    """The cluster or region; empty for the account."""
    what: str
    why: str


class Problem(_Record, frozen=True):
    kind: ProblemKind
    why: str


class Danger(_Record, frozen=True):
    """A violation of a rule of the policy pack."""

    rule: str
    severity: str
    message: str
    accepted: bool = False
    """Whether the pack's configuration accepts it for this principal or group."""


class Right(_Record, frozen=True):
    """What a principal may do, in words."""

    words: str
    what: tuple[str, ...]
    """Verbs and kinds, or the access policy."""
    where: str
    severity: str
    """How severe it is to have it; empty where that is not known."""


class Policy(_Record, frozen=True):
    """An access policy of an entry. Without namespaces it applies in the whole cluster."""

    name: str
    namespaces: tuple[str, ...] | None = None


class Binding(_Record, frozen=True):
    """A binding of one of the principal's groups, or of its username."""

    kind: str
    name: str
    namespace: str | None
    role: str
    subject: str


class Method(StrEnum):
    ENTRY = "access-entry"
    AWS_AUTH = "aws-auth"


class Way(_Record, frozen=True):
    """One way in: an access entry, or a mapping in aws-auth."""

    cluster: str
    region: str
    method: Method
    type: str
    """The entry's type; `STANDARD` for a mapping."""
    username: str
    """As a template; empty where the mapping has none."""
    groups: tuple[str, ...]
    policies: tuple[Policy, ...]
    bindings: tuple[Binding, ...]
    rights: tuple[Right, ...]
    """The most severe first. For a way without effect, what it would give."""
    dangers: tuple[Danger, ...]
    problems: tuple[Problem, ...]
    effective: bool
    """Whether it lets the principal in as it is: neither dead nor shadowed."""
    created_at: datetime | None
    managed_by: str
    """The stack of this package that made it; empty if it does not show one."""
    is_creator: bool
    """Whether EKS made it for the principal that created the cluster, as far as its time and policy show."""
    requests: int | None
    """In the audit log, if one was read."""
    last_request: datetime | None


class OwnerKind(StrEnum):
    """What kind of principal it is."""

    VENDOR = "vendor"
    PEOPLE = "people"
    NODES = "nodes"
    WORKLOAD = "workload"
    UNKNOWN = "unknown"


class Owner(_Record, frozen=True):
    """Who uses a principal, as far as it shows."""

    kind: OwnerKind
    name: str
    """The vendor's or service's name; empty if there is none."""
    evidence: str
    certain: bool
    """False where only names show it, which anyone may choose."""


class Principal(_Record, frozen=True):
    """An IAM role or user, and all of its ways in."""

    arn: str
    kind: str
    account: str
    owner: Owner
    state: str
    """`exists`, `gone`, `elsewhere` (in another account, which cannot be looked up), or `unknown`."""
    unique_id: str
    created_at: datetime | None
    last_used: datetime | None
    """In AWS, as IAM has it. None if IAM has no use of it, or it could not be looked up."""
    last_used_in: str
    dangers: tuple[Danger, ...]
    """Of the trust policy: who else may become this principal."""
    problems: tuple[Problem, ...]
    """Those of the principal itself."""
    ways: tuple[Way, ...]

    @property
    def all_problems(self) -> Iterator[Problem]:
        yield from self.problems
        for way in self.ways:
            yield from way.problems

    @property
    def all_dangers(self) -> Iterator[Danger]:
        yield from self.dangers
        for way in self.ways:
            yield from way.dangers

    @property
    def open_dangers(self) -> Iterator[Danger]:
        """Those that count: of no way that is shadowed, and not accepted."""
        open_ways = (way for way in self.ways if all(each.kind is not ProblemKind.SHADOWED for each in way.problems))
        found = (*self.dangers, *(danger for way in open_ways for danger in way.dangers))
        yield from (danger for danger in found if not danger.accepted)


class Cluster(_Record, frozen=True):
    name: str
    region: str
    arn: str
    status: str
    version: str
    authentication_mode: str
    """Empty where it could not be read, and for a cluster outside of EKS."""
    connected: bool
    """Whether it is outside of EKS, so that no IAM principal enters it."""
    everyone: tuple[Right, ...]
    """What bindings give to every user, beyond what Kubernetes gives."""
    anonymous: tuple[Right, ...]
    """What bindings give to callers without authentication."""
    notes: tuple[str, ...]
    """What else lets someone in, and lines of aws-auth that are not read as they look."""
    identity_providers: tuple[str, ...]
    """Issuers whose users may sign in besides IAM principals."""
    unread: tuple[Unread, ...]
    seconds: float

    @property
    def key(self) -> tuple[str, str]:
        return self.region, self.name


class Summary(_Record, frozen=True):
    clusters: int
    clusters_read: int
    """Of which everything was read."""
    principals: int
    by_owner: dict[str, int]
    by_problem: dict[str, int]
    """Principals with at least one problem of the kind."""


class AccessInventory(_Record, frozen=True, kw_only=True):
    """Who can come into the clusters of an account."""

    schema_version: int = SCHEMA_VERSION
    made_by: str
    account: str
    partition: str
    started_at: datetime
    seconds: float
    regions: tuple[str, ...]
    summary: Summary
    clusters: tuple[Cluster, ...]
    principals: tuple[Principal, ...]
    unread: tuple[Unread, ...]
    """Everything that could not be read, that of clusters included."""

    @property
    def is_whole(self) -> bool:
        return not self.unread


def encode_inventory(inventory: AccessInventory) -> bytes:
    """The JSON, indented."""
    return msgspec.json.format(msgspec.json.encode(inventory), indent=2) + b"\n"


def decode_inventory(text: bytes) -> AccessInventory:
    """The inventory that `encode_inventory` wrote.

    Raises:
        msgspec.DecodeError: the text is not an inventory.
    """
    return msgspec.json.decode(text, type=AccessInventory)


def json_schema() -> dict[str, Any]:
    """The JSON schema of the inventory."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(AccessInventory)}
