"""Compares which roles of the stack a principal may assume, and so what it may do as them. Pure.

The rights of a role that it may newly assume are its own, with those of the roles that this role may assume in turn.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ...finding import Severity
from ...iam import Statement
from ...iam.glob import is_anything
from ..change import Change, Direction, Plane
from ..formatting import join_words, quote_name
from ..side import NO_ACCESS, PrincipalAccess
from .assumable_roles import AssumableRoles

Pair = tuple[PrincipalAccess | None, PrincipalAccess | None]
_MAX_ROLES = 50
"""Roles of one chain that are followed, and that are listed; beyond that, its severity is at least high."""
_SHOWN_RISKS = 3


@dataclass(frozen=True)
class _Rights:
    """What one role may do, with all roles that it may assume."""

    severity: Severity
    risks: tuple[str, ...]


class RoleChains:
    """The roles that the principals of both sides may assume.

    `list_gains` lists what a principal may do, as gains of one that had nothing.
    """

    def __init__(self, pairs: Sequence[Pair], list_gains: Callable[[PrincipalAccess], Iterable[Change]]) -> None:
        self._list_gains = list_gains
        self._before = AssumableRoles(before for before, _ in pairs if before)
        self._after = AssumableRoles(after for _, after in pairs if after)
        self._earlier = {id(after): id(before) for before, after in pairs if before and after}
        self._gains: dict[int, list[Change]] = {}
        self._rights: dict[int, _Rights] = {}
        self._new: dict[tuple[int, int], tuple[PrincipalAccess, ...]] = {}

    def compare(self, before: PrincipalAccess, after: PrincipalAccess) -> Iterator[Change]:
        """The roles that a principal may newly assume, as one change."""
        old = () if before is NO_ACCESS else self._before.find(before)
        new = () if after is NO_ACCESS else self._after.find(after)
        if old is None or new is None:
            if before.all_statements != after.all_statements:
                where = "which of the roles in the stack it may assume"
                risk = "read it before you approve"
                yield Change(Direction.UNKNOWN, Plane.AWS, (), where, risk, None, key="access-unknown")
            return
        roles = [role for role in self._find_new(old, new) if role is not after]
        if roles and not _is_administrator(before.all_statements):
            yield self._describe(roles)

    def _find_new(
        self, old: tuple[PrincipalAccess, ...], new: tuple[PrincipalAccess, ...]
    ) -> tuple[PrincipalAccess, ...]:
        key = id(old), id(new)
        if key not in self._new:
            known = set(map(id, old))
            self._new[key] = tuple(role for role in new if self._earlier.get(id(role)) not in known)
        return self._new[key]

    def _describe(self, roles: Sequence[PrincipalAccess]) -> Change:
        rights = sorted(map(self._find_rights, roles[:_MAX_ROLES]), key=lambda each: -each.severity)
        worst = rights[0].severity
        if len(roles) > _MAX_ROLES:
            worst = max(worst, Severity.HIGH)
        risks = join_words(list(dict.fromkeys(risk for each in rights for risk in each.risks)), _SHOWN_RISKS)
        names = [quote_name(role.name) for role in roles]
        return Change(
            Direction.GAINED,
            Plane.AWS,
            ("sts:AssumeRole",),
            f"by its policies and the trust of {join_words(names)}",
            f"may assume {join_words(names)}, which {risks or 'has no rights in this stack'}",
            worst,
            detail=tuple(role.name for role in roles[:_MAX_ROLES]),
            key="aws-gained",
        )

    def _find_rights(self, role: PrincipalAccess) -> _Rights:
        if id(role) not in self._rights:
            chain, is_whole = self._follow(role)
            gains = sorted((gain for each in chain for gain in self._find_gains(each)), key=lambda each: each.order)
            known = [gain for gain in gains if gain.severity is not None]
            worst = max((gain.severity or Severity.LOW for gain in known), default=Severity.LOW)
            if not is_whole or len(known) < len(gains):
                worst = max(worst, Severity.HIGH)
            # An escalation follows from actions, which are shorter to name.
            risks = dict.fromkeys(gain.risk for gain in known if not gain.key.startswith("escalation"))
            self._rights[id(role)] = _Rights(worst, tuple(risks)[:_SHOWN_RISKS])
        return self._rights[id(role)]

    def _find_gains(self, role: PrincipalAccess) -> list[Change]:
        if id(role) not in self._gains:
            self._gains[id(role)] = list(self._list_gains(role))
        return self._gains[id(role)]

    def _follow(self, role: PrincipalAccess) -> tuple[list[PrincipalAccess], bool]:
        """The role and those that it leads to, each once, and whether that is all of them."""
        found = {id(role): role}
        waiting = [role]
        while waiting and len(found) <= _MAX_ROLES:
            onward = self._after.find(waiting.pop())
            if onward is None:
                return list(found.values()), False
            for each in onward[: _MAX_ROLES + 1]:
                if id(each) not in found:
                    found[id(each)] = each
                    waiting.append(each)
        return list(found.values())[:_MAX_ROLES], len(found) <= _MAX_ROLES


def _is_administrator(statements: Iterable[Statement]) -> bool:
    """Whether it may do everything already, so that no role gives it more."""
    statements = tuple(statements)
    return not any(each.denies for each in statements) and any(
        each.allows and not each.conditions and any(map(is_anything, each.resources)) and "*" in each.actions
        for each in statements
    )
