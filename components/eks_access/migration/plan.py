"""Plans the migration of a cluster: what becomes of each mapping, and the steps in order. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum

from ..aws_auth.reader import Identity
from ..model.arn import Arn, parse
from ..model.identity import AccessPolicy, AuthenticationMode, supports_access_entries
from .mappings import Matched, SourceMapping, Undetermined, Unmatched, Unsupported, find_mappings
from .state import AWS_AUTH, ORIGIN_TAG, PRINCIPAL_ID_TAG, Association, ClusterState, Entry, Principal
from .translation import (
    BindingCopy,
    Blocked,
    PlannedEntry,
    Translation,
    default_username,
    sort_copies,
    translate,
)


class Outcome(StrEnum):
    """What becomes of a mapping."""

    ENTRY = "entry"
    """An access entry with the same username and groups."""
    ENTRY_AND_POLICY = "entry-and-policy"
    """An access entry with AmazonEKSClusterAdminPolicy, in place of `system:masters`."""
    ENTRY_AND_BINDINGS = "entry-and-bindings"
    """An access entry with groups of its own, and copies of the bindings of groups that entries may not have."""
    NODE_ENTRY = "node-entry"
    """An access entry of a type for nodes."""
    PRESENT = "present"
    """An access entry gives the same already."""
    SHADOWED = "shadowed"
    """An access entry gives something else already, so that the mapping has no effect. It stays as it is."""
    NOBODY = "nobody"
    """The mapping is in force for no principal."""
    BLOCKED = "blocked"
    """No access entry gives what the mapping gives."""
    UNDETERMINED = "undetermined"
    """Something that the decision needs could not be read."""


MADE = (Outcome.ENTRY, Outcome.ENTRY_AND_POLICY, Outcome.ENTRY_AND_BINDINGS, Outcome.NODE_ENTRY)
"""Outcomes with steps to do."""


@dataclass(frozen=True)
class MakeBinding:
    """Make a copy of a binding."""

    copy: BindingCopy


@dataclass(frozen=True)
class MakeEntry:
    """Make an access entry, and right after it associate its access policy, if it has one.

    Both are one step, because the principal has neither the mapping's rights nor the policy's in between.
    """

    entry: PlannedEntry


@dataclass(frozen=True)
class AssociatePolicy:
    """Associate the access policy of an entry that an interrupted run made."""

    entry: PlannedEntry


Step = MakeBinding | MakeEntry | AssociatePolicy


@dataclass(frozen=True)
class PlannedMapping:
    """What becomes of one mapping.

    Attributes:
        why: the reason, for outcomes that make nothing.
        advice: what to do about it; may be empty.
        notes: how what the principal has afterwards differs from before.
        arn: the principal, with its path; None if there is none, or none is known.
        steps: what is to be done for it.
        entry: the entry that it is to have, or has if it is present.
    """

    source: SourceMapping
    outcome: Outcome
    why: str = ""
    advice: str = ""
    notes: tuple[str, ...] = ()
    arn: str | None = None
    entry: PlannedEntry | None = None
    steps: tuple[Step, ...] = ()

    @property
    def ends_with_aws_auth(self) -> bool:
        """Does a principal have access by this mapping that it would lose if aws-auth was not read any more?"""
        return self.outcome in (*MADE, Outcome.BLOCKED, Outcome.UNDETERMINED)

    @property
    def label(self) -> str:
        """What the mapping is for, as it is written, to refer to it."""
        return self.source.arn or self.source.where


@dataclass(frozen=True)
class Plan:
    """The migration of a cluster. Steps that mappings share are in `steps` once."""

    cluster: str
    mode: AuthenticationMode
    mappings: tuple[PlannedMapping, ...]
    notes: tuple[str, ...] = ()
    steps: tuple[Step, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "steps", tuple(_sort_steps(s for each in self.mappings for s in each.steps)))

    def select(self, *outcomes: Outcome) -> tuple[PlannedMapping, ...]:
        return tuple(each for each in self.mappings if each.outcome in outcomes)

    @property
    def is_assumed(self) -> bool:
        return any(each.outcome is Outcome.UNDETERMINED or _ASSUMED in each.notes for each in self.mappings)

    @property
    def needs_mode(self) -> bool:
        """Does the authentication mode have to be changed before any step can be done?"""
        return bool(self.steps) and not supports_access_entries(self.mode)

    @property
    def losses(self) -> tuple[PlannedMapping, ...]:
        """The mappings by which a principal has access now, and would have none in mode API."""
        return tuple(each for each in self.mappings if each.ends_with_aws_auth)


_ASSUMED = "not looked up in IAM: assumed to exist, and to have no path"
_UNKNOWN_AGE = "whether the principal was recreated since its entry was made is not known; the entry would be dead"
_SSO_ROLE = (
    "Identity Center recreates the role if its permission set is removed and assigned again; the entry then is dead"
)
_CREATOR = (
    "The cluster's creator has access in this mode without a mapping. EKS makes an access entry for it when the mode"
    " changes, which counts before a mapping of the same principal."
)


def plan_migration(state: ClusterState) -> Plan:
    """The plan for a cluster in this state."""
    mappings = [_plan(source, match, state) for source, match in find_mappings(state)]
    notes = (_CREATOR,) if state.mode is AuthenticationMode.CONFIG_MAP else ()
    return Plan(state.name, state.mode, tuple(mappings), notes)


def find_unfinished(plan: Plan, after: Plan) -> list[str]:
    """Where the state after the steps is not what the plan said, as sentences; `after` is planned from that state."""
    now = {(each.source.section, each.source.line, each.source.arn): each for each in after.mappings}
    found = []
    for each in plan.select(*MADE):
        planned = now.get((each.source.section, each.source.line, each.source.arn))
        if planned is None or planned.source != each.source:
            found.append(f"{each.label} ({each.source.where}) was changed in aws-auth since the plan")
        elif planned.outcome is not Outcome.PRESENT or planned.entry != each.entry:
            reasons = "; ".join(filter(None, (planned.why, *planned.notes)))
            found.append(f"{each.label} ({each.source.where}) is {planned.outcome.value}, not present: {reasons}")
    return found


def _plan(
    source: SourceMapping, match: Matched | Unmatched | Unsupported | Undetermined, state: ClusterState
) -> PlannedMapping:
    if state.mode is AuthenticationMode.API:
        return PlannedMapping(source, Outcome.NOBODY, "aws-auth is not read in mode API")
    match match:
        case Unmatched(why):
            return PlannedMapping(source, Outcome.NOBODY, why)
        case Unsupported(why, advice):
            return PlannedMapping(source, Outcome.BLOCKED, why, advice)
        case Undetermined(why, advice):
            return PlannedMapping(source, Outcome.UNDETERMINED, why, advice)
    wanted = translate(source.identity, match.arn, match.principal.unique_id, state)
    planned = PlannedMapping(source, Outcome.BLOCKED, arn=str(match.arn))
    if match.entry is not None:
        return _plan_with_entry(planned, wanted, match.entry, match.principal)
    match wanted:
        case Blocked(why, advice, is_unread):
            outcome = Outcome.UNDETERMINED if is_unread else Outcome.BLOCKED
            return replace(planned, outcome=outcome, why=why, advice=advice)
        case Translation(entry, bindings, notes):
            steps: tuple[Step, ...] = (*_bindings_to_make(bindings), MakeEntry(entry))
            notes = (*(f"as it is read now: {fault}" for fault in source.faults), *notes, *_notes_on(match))
            return replace(planned, outcome=_outcome(wanted), notes=notes, entry=entry, steps=steps)


def _plan_with_entry(
    planned: PlannedMapping, wanted: Translation | Blocked, entry: Entry, principal: Principal
) -> PlannedMapping:
    if _is_dead(entry, principal):
        return replace(
            planned,
            why="has an access entry that was made for an earlier principal of this ARN, which lets in nobody now",
            advice="Delete that entry; then plan again.",
        )
    arn = parse(entry.principal_arn)
    assert arn is not None, "EKS's ARNs are ARNs"
    if isinstance(wanted, Blocked):
        differences = [f"the entry gives {_describe(entry)}, the mapping {_describe_identity(planned.source.identity)}"]
        return replace(planned, outcome=Outcome.SHADOWED, why=wanted.why, notes=tuple(differences))
    found = list(_find_differences(entry, wanted.entry, arn))
    missing = _bindings_to_make(wanted.bindings)
    if not found and not missing:
        notes = wanted.notes if principal.unique_id else (*wanted.notes, _UNKNOWN_AGE)
        return replace(planned, outcome=Outcome.PRESENT, notes=notes, entry=wanted.entry)
    if entry.tags.get(ORIGIN_TAG) == AWS_AUTH and _lacks_only_policy(entry, wanted.entry, arn):
        steps: tuple[Step, ...] = (*missing, *((AssociatePolicy(wanted.entry),) if found else ()))
        notes = (*wanted.notes, "an earlier run was interrupted: its entry is there, and what is missing is added")
        return replace(planned, outcome=_outcome(wanted), notes=notes, entry=wanted.entry, steps=steps)
    found += [f"without {step.copy.binding}, which gives what {step.copy.source} does" for step in missing]
    return replace(
        planned, outcome=Outcome.SHADOWED, why="an access entry counts before the mapping", notes=tuple(found)
    )


def _is_dead(entry: Entry, principal: Principal) -> bool:
    """Is the entry of an earlier principal with this ARN? EKS binds entries to unique ids, and does not show them.

    https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html
    """
    recorded = entry.tags.get(PRINCIPAL_ID_TAG)
    if recorded and principal.unique_id:
        return recorded != principal.unique_id
    return entry.created is not None and principal.created is not None and entry.created < principal.created


def _find_differences(entry: Entry, wanted: PlannedEntry, arn: Arn) -> Iterator[str]:
    """How what the entry gives differs from what the mapping would; as sentences for its user."""
    if entry.type != wanted.type:
        yield f"its type is {entry.type}, and a {wanted.type} one gives what the mapping does"
        return
    if wanted.type != "STANDARD":
        return
    username = wanted.username or default_username(arn)
    if entry.username != username:
        yield f"its username is {entry.username!r}, that of the mapping {username!r}"
    for group in sorted(set(wanted.groups) - set(entry.groups)):
        yield f"without group {group}"
    for group in sorted(set(entry.groups) - set(wanted.groups)):
        yield f"with group {group}, which the mapping does not give"
    expected = _associations(wanted.policy, arn)
    for each in sorted(set(entry.policies) - expected, key=str):
        yield f"with {_describe_policy(each)}, which the mapping does not give"
    for each in expected - set(entry.policies):
        yield f"without {_describe_policy(each)}"


def _lacks_only_policy(entry: Entry, wanted: PlannedEntry, arn: Arn) -> bool:
    return not list(_find_differences(entry, replace(wanted, policy=None), arn)) or not list(
        _find_differences(entry, wanted, arn)
    )


def _associations(policy: AccessPolicy | None, arn: Arn) -> set[Association]:
    return {Association(policy.arn(arn.partition), policy.namespaces)} if policy else set()


def _bindings_to_make(copies: Iterable[BindingCopy]) -> tuple[MakeBinding, ...]:
    return tuple(MakeBinding(copy) for copy in copies if not copy.is_there)


def _outcome(wanted: Translation) -> Outcome:
    if wanted.entry.type != "STANDARD":
        return Outcome.NODE_ENTRY
    if wanted.entry.policy:
        return Outcome.ENTRY_AND_POLICY
    return Outcome.ENTRY_AND_BINDINGS if wanted.bindings else Outcome.ENTRY


def _notes_on(match: Matched) -> Iterator[str]:
    if match.principal.is_assumed:
        yield _ASSUMED
    if match.arn.name.startswith("AWSReservedSSO_"):
        yield _SSO_ROLE


def _describe(entry: Entry) -> str:
    policies = tuple(map(_describe_policy, entry.policies))
    return f"username {entry.username!r} (type {entry.type}), " + _describe_names((*entry.groups, *policies))


def _describe_identity(identity: Identity) -> str:
    return f"username {identity.username!r}, " + _describe_names(identity.groups)


def _describe_names(names: tuple[str, ...]) -> str:
    return f"with {', '.join(names)}" if names else "without groups"


def _describe_policy(association: Association) -> str:
    scope = f" in {', '.join(association.namespaces)}" if association.namespaces is not None else ""
    return association.policy_arn.rpartition("/")[2] + scope


def _sort_steps(steps: Iterable[Step]) -> Iterator[Step]:
    """Nodes first: without them nothing runs. Then bindings, before the entries whose groups they are for."""
    steps = list(steps)
    yield from (step for step in steps if isinstance(step, MakeEntry) and step.entry.type != "STANDARD")
    for copy in sort_copies(step.copy for step in steps if isinstance(step, MakeBinding)):
        yield MakeBinding(copy)
    yield from (step for step in steps if isinstance(step, MakeEntry) and step.entry.type == "STANDARD")
    yield from (step for step in steps if isinstance(step, AssociatePolicy))
