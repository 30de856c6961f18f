"""What Deny statements take away from a trust policy's Allow statements: principals, or callers without a condition."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from ..conditions import Condition, negate
from ..document import Principal, PrincipalKind, Statement
from .trust_statement import covered_assume_actions

_MAX_CONDITIONS = 8
"""Conditions that are evaluated: what is left out can only overstate who may assume the role."""


@dataclass
class Denials:
    """The Deny statements of a trust policy. Only what certainly applies counts, so that no grant is overlooked."""

    _required: list[tuple[frozenset[str], Condition]] = field(default_factory=list)
    _required_by_actions: dict[frozenset[str], tuple[Condition, ...]] = field(default_factory=dict)
    _denied: dict[Principal, frozenset[str]] = field(default_factory=dict)
    _only: dict[frozenset[str], frozenset[Principal]] = field(default_factory=dict)
    """The principals that all NotPrincipal statements exempt, by the actions that those deny."""

    @classmethod
    def from_statements(cls, statements: Iterable[Statement]) -> "Denials":
        found = cls()
        for statement in statements:
            if statement.denies:
                found._read(statement)
        return found

    def required_conditions(self, actions: frozenset[str]) -> tuple[Condition, ...]:
        """The conditions that every request must satisfy, since a Deny applies to those that do not."""
        found = self._required_by_actions.get(actions)
        if found is None:
            found = tuple(dict.fromkeys(condition for denied, condition in self._required if actions <= denied))[
                :_MAX_CONDITIONS
            ]
            self._required_by_actions[actions] = found
        return found

    def not_denied(self, principals: tuple[Principal, ...], actions: frozenset[str]) -> tuple[Principal, ...]:
        """The principals that are not denied unconditionally."""
        if actions <= self._denied.get(_ANY_PRINCIPAL, frozenset()):
            return ()
        left = [each for each in principals if not actions <= self._denied.get(each, frozenset())]
        for denied, exempt in self._only.items():
            if actions <= denied:
                left = [each for each in left if each in exempt] or (
                    list(exempt) if any(each.kind is PrincipalKind.ANYONE for each in left) else []
                )
        return tuple(left)

    def _read(self, statement: Statement) -> None:
        actions = covered_assume_actions(statement)
        if not actions:
            return
        everyone = any(each.kind is PrincipalKind.ANYONE for each in statement.principals)
        if statement.conditions:
            condition = negate(statement.conditions[0]) if len(statement.conditions) == 1 else None
            if everyone and condition is not None and len(self._required) < _MAX_CONDITIONS * 8:
                self._required.append((actions, condition))
        elif statement.not_principals:
            exempt = frozenset(statement.not_principals)
            self._only[actions] = self._only.get(actions, exempt) & exempt
        elif everyone:
            self._denied[_ANY_PRINCIPAL] = self._denied.get(_ANY_PRINCIPAL, frozenset()) | actions
        else:
            for each in statement.principals:
                self._denied[each] = self._denied.get(each, frozenset()) | actions


_ANY_PRINCIPAL = Principal(PrincipalKind.ANYONE, "*")
