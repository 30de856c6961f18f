"""Finds entries of aws-auth that the authenticator reads differently than they look. Reported, never repaired."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..model import arn as arns
from .reader import ACCOUNTS, ROLES, USERS, Item, Section, SectionName, find_spelled_keys, read_section

SECTIONS: tuple[SectionName, ...] = (ROLES, USERS, ACCOUNTS)


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
    for name in SECTIONS:
        section = read_section(data, name)
        found += _find_section_hazards(section)
        if name != ACCOUNTS:
            found += _find_duplicates(section)
            for index, item in enumerate(section.items):
                found += _find_item_hazards(section, index, item)
    return sorted(found, key=lambda h: (h.section, h.line))


def _find_misspelled_sections(data: Mapping[str, str]) -> Iterator[Hazard]:
    by_folded = {name.lower(): name for name in SECTIONS}
    for key in data:
        expected = by_folded.get(key.lower())
        if expected and key != expected:
            yield Hazard("wrong-key", key, 0, f"ignored: the key must be spelled {expected}")


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


def _find_item_hazards(section: Section, index: int, item: Item) -> Iterator[Hazard]:
    node = section.node(index)

    def hazard(code: str, message: str) -> Hazard:
        return Hazard(code, section.name, node.line, message)

    spelled = [key for key, _ in find_spelled_keys(node)]
    for key in sorted({key for key in spelled if spelled.count(key) > 1}):
        yield hazard("repeated-key", f"{key} is given more than once; only the last one counts")
    for fault in item.faults:
        yield hazard("ignored" if item.key is None else "not-granted", _explain(fault, item.key is None))
    if item.key is None or item.sso:
        if item.sso and item.key is not None:
            yield hazard("sso", "an sso matcher only works where the authenticator's alpha feature is switched on")
        return
    if section.name == ROLES:
        yield from (hazard(code, message) for code, message in _find_role_arn_hazards(item.arn))
    if not item.identity.username:
        yield hazard("no-username", f"{item.arn} gets an empty username")
    for group in item.identity.groups:
        if "{{" in group:
            yield hazard("templated-group", f"group {group!r} is a template: callers of the role can choose it")
        elif group.startswith("- ") or " - " in group:
            yield hazard("odd-group", f"group {group!r} is one group; a dash is in the wrong place")


def _explain(fault: str, ignored: bool) -> str:
    return f"the entry is ignored: {fault}" if ignored else f"{fault}, so that part is not granted"


def _find_role_arn_hazards(text: str) -> Iterator[tuple[str, str]]:
    arn = arns.parse(text.strip())
    never = "so it never matches"
    if text != text.strip():
        yield "arn-space", f"{text!r} has space around it, {never}"
    if "*" in text or "?" in text:
        yield "wildcard", f"{text} has a wildcard, which is taken literally, {never}"
    elif arn is None:
        yield "not-an-arn", f"{text!r} is not an ARN, {never}"
    elif arn.service == "sts":
        yield "session-arn", f"{text} is a session, and sessions are looked up by their role, {never}"
    elif arn.kind == "role" and arn.resource.count("/") > 1:
        yield "arn-path", f"{text} has a path, which STS never reports, {never}"
