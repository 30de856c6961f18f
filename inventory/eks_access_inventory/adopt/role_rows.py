"""Compares roles: what they are called, who may assume them, and what they may do in AWS. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from eks_access.derivation.trust import FoundCondition, parse_trust
from eks_access.model.found import FoundAccess, FoundPolicy
from eks_access.model.integration import Profile
from eks_access_policies.iam import Statement, parse_document
from eks_access_policies.iam.glob import covers as covers_pattern
from eks_access_policies.iam.glob import is_pattern

from .comparison import Cell, Effect, Line, Row, Section, build_rows

_AWS_POLICY = ":iam::aws:policy/"
_EVERYTHING = "everything"
_NEVER = "never "
"""Before an action that is denied."""
_MAX_LISTED = 4


def compare_roles(found: FoundAccess, planned: Mapping[Profile, FoundAccess]) -> list[Row]:
    """The rows about the role itself; none where it was not found."""
    if found.role is None:
        return []
    facts = {profile: dict(_list_facts(each)) for profile, each in planned.items()}
    lines = [
        Line("", what, _as_cell(text), {profile: _as_cell(facts[profile].get(what, "")) for profile in planned})
        for what, text in _list_facts(found)
    ]
    # None of these is a right: one that is new is no gain.
    return [replace(row, effects=_as_changes(row.effects)) for row in build_rows(Section.ROLE, lines)]


def _as_changes(effects: Mapping[Profile, Effect]) -> dict[Profile, Effect]:
    return {profile: effect if effect is Effect.KEPT else Effect.CHANGED for profile, effect in effects.items()}


def _as_cell(text: str) -> Cell:
    return Cell(text, frozenset([text]) if text else frozenset())


def _list_facts(access: FoundAccess) -> Iterator[tuple[str, str]]:
    role = access.role
    if role is not None:
        yield "name", f"{role.path}{role.name}".removeprefix("/")
        yield "description", role.description
        yield "longest session", f"{role.max_session_seconds} seconds"
        yield "permissions boundary", role.permissions_boundary


# Who may assume it.


def compare_trust(found: FoundAccess, planned: Mapping[Profile, FoundAccess]) -> list[Row]:
    """A row for each principal that a trust policy names, with the conditions on each side."""
    sides = {profile: _read_trust(each) for profile, each in planned.items()}
    own = _read_trust(found)
    keys = dict.fromkeys((*own, *(key for side in sides.values() for key in side)))
    lines = [
        Line("", key, own.get(key, Cell()), {profile: side.get(key, Cell()) for profile, side in sides.items()})
        for key in keys
    ]
    return build_rows(Section.TRUST, lines, lambda wide, narrow: wide <= narrow)


def _read_trust(access: FoundAccess) -> dict[str, Cell]:
    """What each principal may do, by its name: under which conditions."""
    conditions: dict[str, dict[frozenset[FoundCondition], None]] = {}
    for statement in parse_trust(access.role.trust if access.role is not None else {}):
        denied = "denied: " if statement.effect != "Allow" else ""
        unread = f" (with {', '.join(statement.unread)})" if statement.unread else ""
        for action in statement.actions:
            for principal in statement.principals:
                key = f"{denied}{principal.value}, by {action}{unread}"
                conditions.setdefault(key, {})[frozenset(statement.conditions)] = None
    return {
        key: Cell(" or ".join(map(_format_conditions, alternatives)), frozenset(alternatives))
        for key, alternatives in conditions.items()
    }


def _format_conditions(conditions: frozenset[FoundCondition]) -> str:
    shown = sorted(f"{each.key} {' or '.join(each.values)} ({each.operator})" for each in conditions)
    return f"with {' and '.join(shown)}" if shown else "without any condition"


# What it may do in AWS.


_UNREAD = Cell("could not be read", is_unread=True)


@dataclass(frozen=True)
class _Grant:
    """An action on a resource, under conditions."""

    resource: str
    conditions: frozenset[str]

    def covers(self, other: "_Grant") -> bool:
        return covers_pattern(self.resource, other.resource) and self.conditions <= other.conditions


class _Permissions:
    """The statements of a role's policies, by action."""

    def __init__(self, access: FoundAccess) -> None:
        policies = access.role.policies if access.role is not None else ()
        self.of_aws = [each for each in policies if _AWS_POLICY in each.arn]
        self.unread = [each for each in policies if each not in self.of_aws and each.document is None]
        self._by_action: dict[str, list[Statement]] = {}
        self._spelled: dict[str, str] = {}
        for policy in policies:
            if policy not in self.of_aws and policy.document is not None:
                self._add(policy)

    def _add(self, policy: FoundPolicy) -> None:
        for statement in parse_document(policy.document).statements:
            denied = _NEVER if statement.denies else ""
            names = [f"{denied}{each}" for each in statement.actions]
            if statement.not_actions:
                names.append(f"{denied}everything except {', '.join(statement.not_actions)}")
            for name in names:
                self._spelled.setdefault(name.lower(), name)
                self._by_action.setdefault(name.lower(), []).append(statement)

    @property
    def actions(self) -> dict[str, str]:
        """How each action is written, by its lower case."""
        return self._spelled

    def look_up(self, action: str) -> Cell:
        """Where the action is allowed: by its own name, and by patterns that cover it."""
        texts: list[str] = []
        grants: set[_Grant] = set()
        for name, statements in self._by_action.items():
            if not _is_about(name, action):
                continue
            by = "" if name == action else f", by {self._spelled[name]}"
            for statement in statements:
                texts.append(_format_where(statement) + by)
                grants.update(_list_grants(statement))
        return Cell(" and ".join(dict.fromkeys(texts)), frozenset(grants))

    def look_within(self, pattern: str) -> Cell:
        """What is allowed of what a pattern covers, where the pattern itself is not."""
        own = self.look_up(pattern)
        inside = [self._spelled[name] for name in self._by_action if _is_about(pattern, name)]
        if own.grants or not inside:
            return own
        more = f" and {len(inside) - _MAX_LISTED} more" if inside[_MAX_LISTED:] else ""
        shown = ", ".join(inside[:_MAX_LISTED]) + more
        return Cell(f"only {shown}", frozenset([("within", tuple(inside))]))


def _is_about(pattern: str, action: str) -> bool:
    """Whether what is allowed, or denied, by the pattern is so for the action."""
    if pattern == action:
        return True
    is_same = pattern.startswith(_NEVER) == action.startswith(_NEVER)
    return is_same and is_pattern(pattern) and covers_pattern(pattern, action)


def compare_permissions(found: FoundAccess, planned: Mapping[Profile, FoundAccess]) -> list[Row]:
    """A row for each action, with its resources and conditions on each side."""
    own = _Permissions(found)
    sides = {profile: _Permissions(each) for profile, each in planned.items()}
    spelled = {**{name: each for side in sides.values() for name, each in side.actions.items()}, **own.actions}
    lines = [
        Line(
            "",
            spelled[action],
            own.look_up(action),
            {profile: side.look_within(action) for profile, side in sides.items()},
        )
        for action in sorted(spelled, key=lambda each: (each not in own.actions, each))
    ]
    lines += _compare_attached(own, sides)
    lines += [Line("", f"policy {each.name}", _UNREAD, {profile: Cell() for profile in sides}) for each in own.unread]
    return build_rows(Section.AWS, lines, _covers)


def _covers(wide: object, narrow: object) -> bool:
    if isinstance(wide, _Grant) and isinstance(narrow, _Grant):
        return wide.covers(narrow)
    # What is only within a pattern is less than the pattern.
    return isinstance(wide, _Grant) or wide == narrow


def _compare_attached(own: _Permissions, sides: Mapping[Profile, _Permissions]) -> Iterator[Line]:
    arns = dict.fromkeys(each.arn for side in (own, *sides.values()) for each in side.of_aws)

    def look_up(side: _Permissions, arn: str) -> Cell:
        return _as_cell("attached" if any(each.arn == arn for each in side.of_aws) else "")

    for arn in arns:
        name = f"AWS's policy {arn.partition(_AWS_POLICY)[2]}"
        yield Line("", name, look_up(own, arn), {profile: look_up(side, arn) for profile, side in sides.items()})


def _list_resources(statement: Statement) -> Iterable[str]:
    if statement.not_resources:
        return [f"everything except {', '.join(statement.not_resources)}"]
    return statement.resources


def _list_grants(statement: Statement) -> Iterator[_Grant]:
    conditions = frozenset(map(str, statement.conditions))
    for resource in _list_resources(statement):
        yield _Grant(resource, conditions)


def _format_where(statement: Statement) -> str:
    resources = list(_list_resources(statement))
    where = _EVERYTHING if "*" in resources else ", ".join(dict.fromkeys(resources))
    conditions = " and ".join(map(str, statement.conditions))
    return f"on {where}{f' if {conditions}' if conditions else ''}"
