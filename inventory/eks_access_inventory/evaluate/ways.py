"""The ways in of a cluster, each entry and each line of aws-auth by itself, and which of them take effect. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from eks_access.aws_auth.hazards import find_hazards
from eks_access.aws_auth.reader import ROLES, USERS, SectionName, read_section
from eks_access.model import arn as arns
from eks_access.model.identity import supports_aws_auth
from eks_access_policies.access.principals import canonicalize

from ..inventory import Method
from ..reading.model import ClusterReading, EntryReading, PolicyReading, PrincipalReading, PrincipalState

_NEVER_MATCHES = ("arn-path", "arn-space", "not-an-arn", "session-arn", "wildcard")
"""Hazards of a mapping that no caller ever meets."""
_ABSENT = PrincipalReading(PrincipalState.UNKNOWN)


@dataclass(frozen=True)
class WayIn:
    """An entry or mapping as it was read. `id` identifies it in its cluster."""

    id: str
    method: Method
    arn: str
    username: str = ""
    groups: tuple[str, ...] = ()
    type: str = "STANDARD"
    policies: tuple[PolicyReading, ...] = ()
    entry: EntryReading | None = None
    dead: str = ""
    """Why it lets nobody in; empty if nothing shows that."""
    shadowed: str = ""
    """What takes effect instead of it; empty if it takes effect itself."""
    is_latent: bool = False
    """Whether it is dead only until there is a principal of its name, who would come in by it."""

    @property
    def key(self) -> str:
        return canonicalize(self.arn)

    @property
    def is_effective(self) -> bool:
        return not self.dead and not self.shadowed


def find_ways(reading: ClusterReading, principals: Mapping[str, PrincipalReading]) -> list[WayIn]:
    """All ways into a cluster, with those that have no effect."""
    entries = [
        _read_entry(entry, principals.get(canonicalize(entry.principal_arn), _ABSENT)) for entry in reading.entries
    ]
    # The authenticator finds an entry by the principal's unique id: one that is dead shadows no mapping.
    entered = {way.key for way in entries if not way.dead}
    mappings = [way for name in (ROLES, USERS) for way in _find_mappings(reading, name, principals, entered)]
    return [*entries, *mappings]


def _read_entry(entry: EntryReading, principal: PrincipalReading) -> WayIn:
    return WayIn(
        f"entry {entry.principal_arn}",
        Method.ENTRY,
        entry.principal_arn,
        entry.username,
        entry.groups,
        entry.type,
        entry.policies,
        entry,
        _explain_dead_entry(entry, principal),
    )


def _explain_dead_entry(entry: EntryReading, principal: PrincipalReading) -> str:
    """Why an entry admits nobody. It holds the unique id that the principal had when the entry was made.

    https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html
    """
    if principal.state is PrincipalState.GONE:
        return "its principal no longer exists"
    if principal.state is not PrincipalState.EXISTS:
        return ""
    again = "its principal was deleted and made again since, and EKS admits only the one that the entry was made for"
    if entry.role_id and principal.unique_id and entry.role_id != principal.unique_id:
        return f"{again} (unique id {entry.role_id}, now {principal.unique_id})"
    if principal.arn and principal.arn.lower() != entry.principal_arn.lower():
        return f"{again}: it is now {principal.arn}"
    if entry.created_at and principal.created_at and principal.created_at > entry.created_at:
        when = (
            f"the entry is of {entry.created_at:%Y-%m-%d %H:%M}, the principal of {principal.created_at:%Y-%m-%d %H:%M}"
        )
        return f"{again} ({when})"
    return ""


def _find_mappings(
    reading: ClusterReading, name: SectionName, principals: Mapping[str, PrincipalReading], entered: set[str]
) -> Iterator[WayIn]:
    data = reading.aws_auth or {}
    section = read_section(data, name)
    hazards = {
        hazard.line: hazard.message
        for hazard in find_hazards(data)
        if hazard.section == name and hazard.code in _NEVER_MATCHES
    }
    last = {item.key: index for index, item in enumerate(section.items) if item.key is not None}
    for index, item in enumerate(section.items):
        if not item.arn or item.key is None:
            continue  # the authenticator ignores it, which is reported as a note of the cluster
        line = section.node(index).line
        key = canonicalize(item.arn)
        dead, is_latent = "", False
        if reading.mode is not None and not supports_aws_auth(reading.mode):
            dead = f"the cluster's authentication mode is {reading.mode}, which does not read aws-auth"
        elif line in hazards:
            dead = hazards[line]
        elif _is_gone(item.arn, principals.get(key, _ABSENT)):
            dead, is_latent = "its principal no longer exists; a new one of that name would come in by it", True
        shadowed = ""
        if key in entered:
            shadowed = "the access entry of the same principal"
        elif last[item.key] != index:
            shadowed = f"line {section.node(last[item.key]).line} of {name}, which maps the same principal again"
        yield WayIn(
            f"{name}[{index}] {item.arn}",
            Method.AWS_AUTH,
            item.arn.strip(),
            item.identity.username,
            item.identity.groups,
            dead=dead,
            shadowed=shadowed,
            is_latent=is_latent,
        )


def _is_gone(arn: str, principal: PrincipalReading) -> bool:
    """Whether there is no such principal. aws-auth has roles without their paths, and users with them."""
    if principal.state is PrincipalState.EXISTS:
        parsed = arns.parse(arn)
        is_user = parsed is not None and parsed.kind == "user"
        return is_user and bool(principal.arn) and principal.arn.lower() != arn.strip().lower()
    return principal.state is PrincipalState.GONE
