"""The mappings of aws-auth, and which principal each is for: at most one, and often none. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..aws_auth.hazards import find_arn_hazards, find_hazards
from ..aws_auth.reader import ACCOUNTS, ROLES, USERS, Identity, Item, Section, SectionName, read_section
from ..model import arn as arns
from ..model.arn import Arn
from .state import ClusterState, Entry, Missing, Principal, Unread, parse_principal, principal_key

NOBODY = Identity("", ())


@dataclass(frozen=True)
class SourceMapping:
    """A mapping where it is in aws-auth. `line` counts from 1 in the section; 0 for a section or key as a whole.

    Attributes:
        identity: what the authenticator reads of it; `faults` are its errors about the rest.
    """

    section: str
    line: int
    arn: str
    identity: Identity = NOBODY
    faults: tuple[str, ...] = ()

    @property
    def where(self) -> str:
        return f"{self.section} line {self.line}" if self.line else self.section


@dataclass(frozen=True)
class Matched:
    """The mapping is in force for this principal, unless `entry` replaces it: an access entry comes first."""

    arn: Arn
    principal: Principal
    entry: Entry | None = None


@dataclass(frozen=True)
class Unmatched:
    """The mapping is in force for no principal."""

    why: str


@dataclass(frozen=True)
class Unsupported:
    """The mapping is in force for what no access entry can be made for."""

    why: str
    advice: str


@dataclass(frozen=True)
class Undetermined:
    """Whether the mapping is in force for a principal could not be determined."""

    why: str
    advice: str


Match = Matched | Unmatched | Unsupported | Undetermined

_ROOT = Unsupported(
    "is the root user, for which EKS documents no access entry",
    "Map a role, and use that one; the root user's mapping ends with aws-auth.",
)
_FEDERATED = Unsupported(
    "is a federated user, which is a session, and EKS makes no access entries for sessions",
    "Let its callers assume a role, and make an entry for the role.",
)
_SSO = Unsupported(
    "is an sso matcher, which has effect only where the authenticator's alpha feature is on; entries have no patterns",
    "Make an entry for the role AWSReservedSSO_… of each permission set, and remove the matcher.",
)
_RANDOM_CASE = Unsupported(
    "is mapped more than once in different letter case with different rights: which one counts depends on the"
    " authenticator's version",
    "Remove all but one of them.",
)


def find_mappings(state: ClusterState) -> Iterator[tuple[SourceMapping, Match]]:
    """Every mapping of the cluster, in the order of aws-auth, and what it is in force for."""
    data = state.aws_auth or {}
    sections = {name: read_section(data, name) for name in (ROLES, USERS)}
    for name, section in sections.items():
        whole = _describe_lost(section)
        if whole:
            yield SourceMapping(name, whole[0], ""), Unmatched(whole[1])
        for index, item in enumerate(section.items):
            source = SourceMapping(name, section.node(index).line, item.arn, item.identity, item.faults)
            yield source, _match_in(sections, name, index) or _match(item, state)
    yield from _find_accounts(read_section(data, ACCOUNTS), state.partition)
    for hazard in find_hazards(data):
        if hazard.code in ("wrong-key", "trailing-content"):
            yield SourceMapping(hazard.section, hazard.line, ""), Unmatched(hazard.message)


def list_principals(data: Mapping[str, str]) -> tuple[Arn, ...]:
    """The roles and users that mappings may be in force for: those to look up in IAM."""
    found: dict[str, Arn] = {}
    for name in (ROLES, USERS):
        for item in read_section(data, name).items:
            arn = parse_principal(item.arn)
            if item.key is None or item.sso or arn is None or _describe_mismatch(item.arn):
                continue
            if arn.service == "iam" and arn.kind in ("role", "user"):
                found.setdefault(principal_key(arn), arn)
    return tuple(found.values())


def _describe_lost(section: Section) -> tuple[int, str] | None:
    if section.lost:
        return section.lost.line, f"the section cannot be read, so none of its mappings counts: {section.lost.problem}"
    if section.not_a_list:
        return 1, f"none of the section's mappings counts: it is {section.not_a_list}"
    return None


def _match_in(sections: Mapping[SectionName, Section], name: SectionName, index: int) -> Match | None:
    """What is known from the other mappings: of equal keys the last counts, and mapRoles before mapUsers."""
    item = sections[name].items[index]
    if item.key is None:
        return Unmatched(f"the authenticator ignores it: {'; '.join(item.faults)}")
    winners = {each.key: number for number, each in enumerate(sections[name].items) if each.key is not None}
    if winners[item.key] != index:
        return Unmatched(f"overridden by line {sections[name].node(winners[item.key]).line}, which maps it again")
    if name == USERS:
        key = item.key.lower()
        roles = [number for number, each in enumerate(sections[ROLES].items) if each.key == key and not each.sso]
        if roles:
            line = sections[ROLES].node(max(roles)).line
            return Unmatched(f"overridden by {ROLES} line {line}, which counts first")
        alike = [number for each, number in winners.items() if each.lower() == key]
        if len({sections[USERS].items[number].identity for number in alike}) > 1:
            return _RANDOM_CASE
        if index != max(alike):
            return Unmatched(f"line {sections[USERS].node(max(alike)).line} maps it to the same again")
    return None


def _match(item: Item, state: ClusterState) -> Match:
    if item.sso:
        broken = (item.key or "").startswith("arn::")
        return (
            Unmatched("an sso matcher with a partition never matches (a bug of the authenticator)") if broken else _SSO
        )
    if problem := _describe_mismatch(item.arn):
        return Unmatched(problem)
    arn = parse_principal(item.arn)
    assert arn is not None, "an ARN without hazards can be parsed"
    if arn.partition != state.partition:
        return Unmatched(f"is of partition {arn.partition}, and the cluster is in {state.partition}")
    match arn.service, arn.kind:
        case "iam", "root":
            return _ROOT
        case "sts", _:
            return _FEDERATED
    return _match_principal(arn, state)


def _describe_mismatch(text: str) -> str:
    """Why no caller has this ARN; empty if one may have it."""
    for code, message in find_arn_hazards(text):
        if code != "root-user":
            return message
    arn = parse_principal(text)
    return "" if arn and arns.ACCOUNT_ID.fullmatch(arn.account) else f"{text!r} has no account ID of 12 digits"


def _match_principal(arn: Arn, state: ClusterState) -> Match:
    key = principal_key(arn)
    answer = state.principals.get(key, Unread("it was not looked up"))
    if isinstance(answer, Unread):
        # EKS takes full ARNs only. Of several, all but one are of principals that are gone, and which is not known.
        entries = [e for e in state.entries if (of := arns.parse(e.principal_arn)) and principal_key(of) == key]
        if len(entries) != 1:
            return Undetermined(
                f"whether the {arn.kind} exists, and its full ARN, is not known: {answer.reason}",
                "Give its full ARN, with its path, by --principal; or plan with rights to read it.",
            )
        answer = Principal(entries[0].principal_arn)
    if isinstance(answer, Missing):
        return Unmatched(f"IAM has no {arn.kind} of this name")
    found = arns.parse(answer.arn)
    assert found is not None, "IAM's ARNs are ARNs"
    if arn.kind == "user" and principal_key(found) != key:
        return Unmatched(f"IAM's user of this name is {answer.arn}: in a user's ARN the path counts")
    # An entry under another path is of an earlier principal: names are unique in an account, whatever the path.
    return Matched(found, answer, next((e for e in state.entries if e.principal_arn == answer.arn), None))


def _find_accounts(section: Section, partition: str) -> Iterator[tuple[SourceMapping, Match]]:
    if whole := _describe_lost(section):
        yield SourceMapping(ACCOUNTS, whole[0], ""), Unmatched(whole[1])
    for fault in section.faults:
        yield SourceMapping(ACCOUNTS, 0, ""), Unmatched(f"the authenticator ignores an item: {fault}")
    for account in dict.fromkeys(section.accounts):
        if not arns.ACCOUNT_ID.fullmatch(account):
            yield SourceMapping(ACCOUNTS, 0, account), Unmatched("is not an account ID of 12 digits")
            continue
        yield (
            SourceMapping(ACCOUNTS, 0, account, Identity(f"arn:{partition}:iam::{account}:…", ())),
            Unsupported(
                "lets in every principal of the account under its ARN, without groups; an access entry is for one",
                "Make an entry for each principal of it that uses the cluster (the audit log names them).",
            ),
        )
