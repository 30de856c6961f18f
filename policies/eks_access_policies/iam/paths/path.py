"""What a path of escalation is, as data: the actions it needs, what it gains, and which conditions defuse it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ...finding import Rule
from ..conditions import Binding, Test, binding, demands_presence


@dataclass(frozen=True)
class Mitigation:
    """A condition that takes the danger out of an action: `key` has only values that are safe."""

    key: str
    is_safe: Callable[[str], bool] = lambda value: "*" not in value and "?" not in value
    many: bool = False
    """The key has several values in one request, so that all of them must be among those listed (ForAllValues)."""
    absent: bool = False
    """It also holds where the key must not be there (Null 'true')."""
    dangers: tuple[tuple[str, ...], ...] = ()
    """All values that are not safe, where those are known: what leaves any one of these groups out is safe as well. The
    key is in every request, or harmless where it is not."""

    def holds(self, tests: Iterable[Test]) -> bool:
        tests = tuple(tests)
        about = [test for test in tests if test.lower_key == self.key.lower()]
        return any(self._holds(test, tests) for test in about) or self._leaves_out(about)

    def _leaves_out(self, about: Iterable[Test]) -> bool:
        """Do the negated tests, all of which must be met, together keep the dangerous values out?"""
        negated = [test for test in about if test.operator.negated]
        return any(all(any(test.names(value) for test in negated) for value in group) for group in self.dangers)

    def _holds(self, test: Test, tests: tuple[Test, ...]) -> bool:
        rest = [each for each in tests if each is not test]
        # Values that are not there give nothing: for a key of many values, ForAllValues alone is right.
        found = binding(test, present=self.many or demands_presence(rest, test.lower_key))
        if self.absent and found is Binding.ABSENT:
            return True
        if self.many and test.operator.quantifier != "ForAllValues":
            return False
        return found is Binding.PINS and all(self.is_safe(value) for value in test.values)


@dataclass(frozen=True)
class Path:
    """`needs` are actions that must all be allowed; `a:B|c:D` is either. The first one's resources decide how far it
    reaches."""

    needs: tuple[str, ...]
    rule: Rule
    gains: str
    """In words, after "can"."""
    services: tuple[str, ...] = ()
    """For iam:PassRole: the services that get the role, by iam:PassedToService."""
    defused_by: tuple[tuple[Mitigation, ...], ...] = ()
    """Any one of these groups of conditions on the first action makes it harmless."""
    some_is_all: bool = False
    """A beginning of a name is as good as any name: who may make the resources can choose it."""
    one_matters: bool = False
    """Even on one resource it is worth a word."""

    @property
    def alternatives(self) -> tuple[tuple[str, ...], ...]:
        return tuple(tuple(need.split("|")) for need in self.needs)
