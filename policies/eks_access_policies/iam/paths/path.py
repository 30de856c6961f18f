"""A privilege escalation path: the actions it needs, what it gains, and which conditions mitigate it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ...finding import Rule
from ..conditions import Condition, Constraint, classify_constraint, requires_presence


@dataclass(frozen=True)
class Mitigation:
    """A condition that makes an action harmless: it allows only safe values of `key`."""

    key: str
    is_safe: Callable[[str], bool] = lambda value: "*" not in value and "?" not in value
    is_multivalued: bool = False
    """The key has several values in one request, all of which must be among those listed (ForAllValues)."""
    allows_absence: bool = False
    """Requiring that the key is absent (Null 'true') is a mitigation as well."""
    unsafe_values: tuple[tuple[str, ...], ...] = ()
    """All unsafe values, if they are known: excluding any one of these groups is a mitigation as well. The key is in
    every request, or harmless if it is not."""

    def applies(self, conditions: Iterable[Condition]) -> bool:
        conditions = tuple(conditions)
        about = [condition for condition in conditions if condition.lower_key == self.key.lower()]
        return any(self._restricts(condition, conditions) for condition in about) or self._excludes_unsafe(about)

    def _excludes_unsafe(self, about: Iterable[Condition]) -> bool:
        """Whether the negated conditions, all of which must be satisfied, together exclude the unsafe values."""
        negated = [condition for condition in about if condition.operator.is_negated]
        return any(
            all(any(condition.lists_value(value) for condition in negated) for value in group)
            for group in self.unsafe_values
        )

    def _restricts(self, condition: Condition, conditions: tuple[Condition, ...]) -> bool:
        rest = [each for each in conditions if each is not condition]
        # Absent values grant nothing, so for a multivalued key ForAllValues alone is right.
        constraint = classify_constraint(
            condition, present=self.is_multivalued or requires_presence(rest, condition.lower_key)
        )
        if self.allows_absence and constraint is Constraint.ABSENT:
            return True
        if self.is_multivalued and condition.operator.quantifier != "ForAllValues":
            return False
        return constraint is Constraint.PINS and all(self.is_safe(value) for value in condition.values)


@dataclass(frozen=True)
class EscalationPath:
    """`needs` are actions that must all be allowed; `a:B|c:D` means either.

    The first action's resources decide how far the path reaches.
    """

    needs: tuple[str, ...]
    rule: Rule
    gains: str
    """Completes the sentence "The principal can …"."""
    services: tuple[str, ...] = ()
    """For iam:PassRole: the services that the role is passed to, as in iam:PassedToService."""
    mitigated_by: tuple[tuple[Mitigation, ...], ...] = ()
    """Any one of these groups of conditions on the first action makes the path harmless."""
    is_prefix_unlimited: bool = False
    """A name pattern confines nothing: a principal that can create the resources chooses their names."""
    reports_single_resource: bool = False
    """The path is reported even if it is open on one resource only."""
    administrators: tuple[str, ...] = ()
    """If given, the path is to identities of these names alone, which administer their account."""

    @property
    def alternatives(self) -> tuple[tuple[str, ...], ...]:
        return tuple(tuple(need.split("|")) for need in self.needs)
