"""What Deny statements take away from a trust policy's Allow statements: whole principals, or whoever fails a test."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from ..conditions import Test, opposite
from ..statement import Principal, PrincipalKind, Statement
from .assume import assumed

_MOST = 8
"""Demands that are counted: what is left out can only overstate who is let in."""


@dataclass
class Denials:
    """Read once for all Allow statements. Only what surely applies is counted, so that no grant is overlooked."""

    _demands: list[tuple[frozenset[str], Test]] = field(default_factory=list)
    _demanded: dict[frozenset[str], tuple[Test, ...]] = field(default_factory=dict)
    _denied: dict[Principal, frozenset[str]] = field(default_factory=dict)
    _only: dict[frozenset[str], frozenset[Principal]] = field(default_factory=dict)
    """Who is spared by all statements that deny everybody else, by what they deny."""

    @classmethod
    def of(cls, statements: Iterable[Statement]) -> "Denials":
        found = cls()
        for statement in statements:
            if statement.denies:
                found._read(statement)
        return found

    def demands(self, actions: frozenset[str]) -> tuple[Test, ...]:
        """The tests that every request must pass, since a Deny refuses whoever does not."""
        found = self._demanded.get(actions)
        if found is None:
            found = tuple(dict.fromkeys(test for denied, test in self._demands if actions <= denied))[:_MOST]
            self._demanded[actions] = found
        return found

    def leaves(self, principals: tuple[Principal, ...], actions: frozenset[str]) -> tuple[Principal, ...]:
        """The principals that are not denied altogether."""
        if actions <= self._denied.get(_EVERYONE, frozenset()):
            return ()
        left = [each for each in principals if not actions <= self._denied.get(each, frozenset())]
        for denied, spared in self._only.items():
            if actions <= denied:
                left = [each for each in left if each in spared] or (
                    list(spared) if any(each.kind is PrincipalKind.ANYONE for each in left) else []
                )
        return tuple(left)

    def _read(self, statement: Statement) -> None:
        actions = assumed(statement)
        if not actions:
            return
        everyone = any(each.kind is PrincipalKind.ANYONE for each in statement.principals)
        if statement.conditions:
            test = opposite(statement.conditions[0]) if len(statement.conditions) == 1 else None
            if everyone and test is not None and len(self._demands) < _MOST * 8:
                self._demands.append((actions, test))
        elif statement.not_principals:
            spared = frozenset(statement.not_principals)
            self._only[actions] = self._only.get(actions, spared) & spared
        elif everyone:
            self._denied[_EVERYONE] = self._denied.get(_EVERYONE, frozenset()) | actions
        else:
            for each in statement.principals:
                self._denied[each] = self._denied.get(each, frozenset()) | actions


_EVERYONE = Principal(PrincipalKind.ANYONE, "*")
