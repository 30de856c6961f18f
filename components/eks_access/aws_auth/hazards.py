"""Finds entries of aws-auth that the authenticator reads differently than they look. Reported, never repaired."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from ..model import arn as arns
from .mapping import EC2_PRIVATE_DNS_NAME, PARTITIONS, TEMPLATES
from .reader import ACCOUNTS, ROLES, USERS, Item, Section, SectionName, find_spelled_keys, read_section

SECTIONS: tuple[SectionName, ...] = (ROLES, USERS, ACCOUNTS)
_FIELDS: Mapping[SectionName, tuple[str, ...]] = {
    ROLES: ("rolearn", "username", "groups", "userid", "sso"),
    USERS: ("userarn", "username", "groups", "userid"),
}
"""https://github.com/kubernetes-sigs/aws-iam-authenticator/blob/master/pkg/config/types.go"""
_MEANT = {"arn": "{arn}", "role": "{arn}", "user": "username", "name": "username", "group": "groups"}
"""Fields that are meant by keys which do not resemble them enough; `{arn}` is the section's ARN."""
_LIKENESS = 0.75
_NEVER = "so it never matches"
_NAME = re.compile(r"[\w+=,.@-]+", re.ASCII)
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-names"""
_BRACKETS = re.compile(r"[<>{}\[\]]|\$")
_KINDS_WITHOUT_SESSION = ("user", "root", "federated-user")
_SESSION_TEMPLATES = ("{{SessionName}}", "{{SessionNameRaw}}", EC2_PRIVATE_DNS_NAME)


@dataclass(frozen=True)
class Hazard:
    """A part of aws-auth that the authenticator reads differently than it looks.

    Attributes:
        code: the kind of hazard, for programs.
        section: `mapRoles`, `mapUsers`, `mapAccounts` or another key of `data`.
        line: the line of the section, counting from 1; 0 for the section as a whole.
        message: the consequence, for users.
    """

    code: str
    section: str
    line: int
    message: str

    def __str__(self) -> str:
        where = f"{self.section} line {self.line}" if self.line else self.section
        return f"{where}: {self.message}"


def find_hazards(data: Mapping[str, str]) -> list[Hazard]:
    """All hazards in a ConfigMap's `data`, sorted by section and line."""
    found = list(_find_misspelled_sections(data))
    sections = {name: read_section(data, name) for name in SECTIONS}
    found += _find_shadowed(sections[ROLES], sections[USERS])
    for name, section in sections.items():
        found += _find_section_hazards(section)
        if name != ACCOUNTS:
            found += _find_duplicates(section)
            for index, item in enumerate(section.items):
                found += _find_item_hazards(section, index, item)
    return sorted(found, key=lambda h: (h.section, h.line))


def _find_misspelled_sections(data: Mapping[str, str]) -> Iterator[Hazard]:
    by_letters = {name.lower().removeprefix("map"): name for name in SECTIONS}
    for key in data:
        letters = _strip_to_letters(key)
        if key in SECTIONS or not (letters.startswith("map") or letters in by_letters):
            continue
        similar = get_close_matches(letters.removeprefix("map"), by_letters, 1, _LIKENESS)
        if similar:
            advice = f"the key must be spelled {by_letters[similar[0]]}"
        elif letters == "mapgroups":
            advice = "IAM groups cannot be mapped"
        else:
            advice = f"the authenticator reads only {', '.join(SECTIONS)}"
        yield Hazard("wrong-key", key, 0, f"ignored: {advice}")


def _strip_to_letters(key: str) -> str:
    return re.sub("[^a-z]", "", key.lower())


def _find_section_hazards(section: Section) -> Iterator[Hazard]:
    name = section.name
    if section.lost:
        problem = section.lost.problem
        yield Hazard(
            "unreadable", name, section.lost.line, f"no entry of {name} is mapped, because it cannot be read: {problem}"
        )
    elif section.not_a_list:
        yield Hazard("not-a-list", name, 1, f"no entry of {name} is mapped: it is {section.not_a_list}")
    elif section.document and section.document.rest:
        line = section.document.rest_line
        yield Hazard(
            "trailing-content", name, line, "everything from here on is ignored: only the first document counts"
        )
    for fault in section.faults:
        yield Hazard("bad-account", name, 0, f"an item is ignored: {fault}")
    for account in section.accounts:
        if not arns.ACCOUNT_ID.fullmatch(account):
            yield Hazard("bad-account", name, 0, f"{account!r} is not an account ID of 12 digits, {_NEVER}")


def _find_duplicates(section: Section) -> Iterator[Hazard]:
    last = {item.arn.lower(): index for index, item in enumerate(section.items) if item.key is not None and item.arn}
    for index, item in enumerate(section.items):
        if not item.arn or item.key is None or last[item.arn.lower()] == index:
            continue
        winner = section.items[last[item.arn.lower()]]
        line = section.node(last[item.arn.lower()]).line
        if section.name == USERS and item.arn != winner.arn:
            message = f"{item.arn} is also mapped on line {line} in another letter case: which one counts is random"
            yield Hazard("user-case", section.name, section.node(index).line, message)
        else:
            message = f"{item.arn} is mapped again on line {line}, and only that mapping counts"
            yield Hazard("duplicate", section.name, section.node(index).line, message)


def _find_shadowed(roles: Section, users: Section) -> Iterator[Hazard]:
    """Users that are in both sections: roles are looked up first (pkg/mapper/configmap, Map)."""
    mapped = {item.key: index for index, item in enumerate(roles.items) if item.key and not item.sso}
    for index, item in enumerate(users.items):
        if item.key and item.key.lower() in mapped:
            line = roles.node(mapped[item.key.lower()]).line
            message = f"{item.arn} is also mapped in {ROLES} line {line}, and only that mapping counts"
            yield Hazard("shadowed", USERS, users.node(index).line, message)


def _find_item_hazards(section: Section, index: int, item: Item) -> Iterator[Hazard]:
    node = section.node(index)

    def hazard(code: str, message: str) -> Hazard:
        return Hazard(code, section.name, node.line, message)

    spelled = [key for key, _ in find_spelled_keys(node)]
    for key in sorted({key for key in spelled if spelled.count(key) > 1}):
        yield hazard("repeated-key", f"{key} is given more than once; only the last one counts")
    for key, key_node in find_spelled_keys(node):
        if meant := _find_meant_field(section.name, key):
            yield hazard("unknown-key", f"{key_node.value!r} is ignored; it should be {meant}, perhaps")
    for fault in item.faults:
        yield hazard("ignored" if item.key is None else "not-granted", _explain(fault, item.key is None))
    if item.key is None:
        return
    if item.sso:
        yield hazard("sso", "an sso matcher only works where the authenticator's alpha feature is switched on")
        return
    yield from (hazard(code, message) for code, message in find_arn_hazards(item.arn))
    yield from (hazard(code, message) for code, message in _find_username_hazards(item))
    for group in item.identity.groups:
        yield from (hazard(code, message) for code, message in _find_group_hazards(group))


def _find_meant_field(section: SectionName, key: str) -> str:
    """The field that a key which is none was meant to be; empty for a key that resembles none."""
    fields, letters = _FIELDS[section], _strip_to_letters(key)
    if key in fields:
        return ""
    if letters in _MEANT:
        return _MEANT[letters].format(arn=fields[0])
    if "group" in letters:
        return "groups"
    return next(iter(get_close_matches(letters, fields, 1, _LIKENESS)), "")


def _explain(fault: str, ignored: bool) -> str:
    return f"the entry is ignored: {fault}" if ignored else f"{fault}, so that part is not granted"


def _find_username_hazards(item: Item) -> Iterator[tuple[str, str]]:
    username = item.identity.username
    if not username:
        yield "no-username", f"{item.arn} gets an empty username"
    if username != username.strip():
        yield "name-space", f"username {username!r} has space around it, which is part of the name"
    plain = username
    for template in (*TEMPLATES, EC2_PRIVATE_DNS_NAME):
        plain = plain.replace(template, "")
    if _BRACKETS.search(plain):
        yield "placeholder", _describe_placeholder(f"username {username!r}")
    arn = arns.parse(item.arn.strip().lower())
    used = [template for template in _SESSION_TEMPLATES if template in username]
    if arn and arn.kind in _KINDS_WITHOUT_SESSION and used:
        yield "no-session", f"username {username!r} uses {used[0]}, and {item.arn} has no session, unlike a role"


def _find_group_hazards(group: str) -> Iterator[tuple[str, str]]:
    if "{{" in group:
        yield "templated-group", f"group {group!r} is a template: callers of the role can choose it"
    elif group.startswith("- ") or " - " in group:
        yield "odd-group", f"group {group!r} is one group; a dash is in the wrong place"
    elif "," in group:
        yield "odd-group", f"group {group!r} is one group, with a comma in its name"
    elif _BRACKETS.search(group):
        yield "placeholder", _describe_placeholder(f"group {group!r}")
    elif group != group.strip():
        yield "name-space", f"group {group!r} has space around it, which is part of the name"


def _describe_placeholder(name: str) -> str:
    return f"{name} has brackets of a placeholder, which the authenticator takes literally"


def find_arn_hazards(text: str) -> Iterator[tuple[str, str]]:
    """Why no caller has this ARN, in either section: the authenticator compares it with the caller's canonical one.

    That is of a role without its path, a user, a federated user or the root user (pkg/arn, Canonicalize), in any case.
    """
    stripped = text.strip()
    arn = arns.parse(stripped.lower())
    if any(map(str.isspace, stripped)):
        yield "arn-space", f"{text!r} has space in it, {_NEVER}"
        return
    if text != stripped:
        yield "arn-space", f"{text!r} has space around it, {_NEVER}"
    if "*" in text or "?" in text:
        yield "wildcard", f"{text} has a wildcard, which is taken literally, {_NEVER}"
    elif arn is None or arn.service not in ("iam", "sts"):
        yield "not-an-arn", f"{text!r} is not an ARN of IAM or STS, {_NEVER}"
    elif _BRACKETS.search(stripped):
        yield "placeholder", f"{text!r} has brackets of a placeholder, {_NEVER}"
    elif not arns.ACCOUNT_ID.fullmatch(arn.account):
        yield "not-an-arn", f"{text!r} has no account ID of 12 digits, {_NEVER}"
    elif arn.region or arn.partition not in PARTITIONS:
        yield "not-an-arn", f"{text!r} is not the ARN of a principal: {_NEVER.removeprefix('so ')}"
    elif problem := _find_kind_hazard(arn):
        code, message = problem
        yield code, f"{text} {message}"


def _find_kind_hazard(arn: arns.Arn) -> tuple[str, str] | None:
    match arn.service, arn.kind:
        case "iam", "role" if arn.resource.count("/") > 1:
            return "arn-path", f"has a path, which STS never reports, {_NEVER}"
        case ("iam", "role" | "user") | ("sts", "federated-user") if arn.name and "/" in arn.resource:
            return None if _NAME.fullmatch(arn.name) else ("wrong-name", f"has a character that no name has, {_NEVER}")
        case "iam", "root" if arn.resource == "root":
            return "root-user", "is the root user alone, and no other principal of the account"
        case "sts", "assumed-role":
            return "session-arn", f"is a session, and sessions are looked up by their role, {_NEVER}"
        case "iam", "instance-profile":
            return "instance-profile", f"is an instance profile, and its instances sign in as its role, {_NEVER}"
        case "iam", "group":
            return "iam-group", f"is an IAM group, which is no principal, {_NEVER}: map its users, or a role"
    return "wrong-kind", f"is no role, user or federated user, {_NEVER}"
