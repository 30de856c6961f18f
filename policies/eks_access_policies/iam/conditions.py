"""Condition operators, and how much a test binds: the same key and value mean nothing under another operator.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, StrEnum
from functools import lru_cache

from .glob import is_anything, is_pattern, matches


class Family(StrEnum):
    STRING = "String"
    ARN = "Arn"
    NUMERIC = "Numeric"
    DATE = "Date"
    BOOL = "Bool"
    BINARY = "Binary"
    IP = "IpAddress"
    NULL = "Null"
    UNKNOWN = ""


@dataclass(frozen=True)
class Operator:
    written: str
    family: Family = Family.UNKNOWN
    base: str = ""
    negated: bool = False
    globs: bool = False
    """Values may be patterns. ArnEquals takes them too."""
    if_exists: bool = False
    quantifier: str = ""
    """"ForAllValues", "ForAnyValue" or nothing."""

    @property
    def lets_absent_through(self) -> bool:
        """Is a request without the key let through? Negated tests hold for it as well, but are told apart."""
        return self.if_exists or self.quantifier == "ForAllValues"


@dataclass(frozen=True)
class Test:
    """One operator, one key, its values (any of which will do)."""

    operator: Operator
    key: str
    values: tuple[str, ...]

    @property
    def lower_key(self) -> str:
        return self.key.lower()

    def names(self, value: str) -> bool:
        """Is this one of its values, or does one of its patterns match it?"""
        if self.operator.family is Family.ARN:
            return any(_matches_arn(each, value) for each in self.values)
        if self.operator.globs:
            return any(matches(each, value) for each in self.values)
        if self.operator.base.endswith("ignorecase"):
            return value.lower() in {each.lower() for each in self.values}
        return value in self.values

    def __str__(self) -> str:
        shown = ", ".join(repr(value) for value in self.values[:3]) + (", …" if len(self.values) > 3 else "")
        return f"{self.operator.written} {self.key} {shown}"


def _matches_arn(pattern: str, arn: str) -> bool:
    """Part by part: a `*` never reaches over a colon, but in the last part."""
    parts, named = pattern.split(":", 5), arn.split(":", 5)
    return len(parts) == len(named) and all(map(matches, parts, named))


class Binding(Enum):
    """What a test demands of its key."""

    PINS = "the key is there and has one of the values"
    ABSENT_PASSES = "a request without the key passes"
    NEGATED = "every other value passes"
    ANYTHING = "every value passes"
    NEVER = "no value passes"
    PRESENT = "the key is there, with any value"
    ABSENT = "the key is not there"


_BASES: dict[str, Operator] = {
    name.lower(): Operator(name, family, name.lower(), negated="Not" in name, globs=globs)
    for family, globs, names in (
        (Family.STRING, False, ("StringEquals", "StringNotEquals")),
        (Family.STRING, False, ("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase")),
        (Family.STRING, True, ("StringLike", "StringNotLike")),
        (Family.ARN, True, ("ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike")),
        (Family.NUMERIC, False, ("NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals")),
        (Family.NUMERIC, False, ("NumericGreaterThan", "NumericGreaterThanEquals")),
        (Family.DATE, False, ("DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals")),
        (Family.DATE, False, ("DateGreaterThan", "DateGreaterThanEquals")),
        (Family.BOOL, False, ("Bool",)),
        (Family.BINARY, False, ("BinaryEquals",)),
        (Family.IP, False, ("IpAddress", "NotIpAddress")),
        (Family.NULL, False, ("Null",)),
    )
    for name in names
}
OPERATORS = tuple(each.written for each in _BASES.values())
_OPPOSITES = {
    "StringEquals": "StringNotEquals",
    "StringEqualsIgnoreCase": "StringNotEqualsIgnoreCase",
    "StringLike": "StringNotLike",
    "ArnEquals": "ArnNotEquals",
    "ArnLike": "ArnNotLike",
    "NumericEquals": "NumericNotEquals",
    "DateEquals": "DateNotEquals",
    "IpAddress": "NotIpAddress",
}
_FLIPPED = {"true": "false", "false": "true"}
_OPPOSITE = {**_OPPOSITES, **{negated: plain for plain, negated in _OPPOSITES.items()}}


@lru_cache(maxsize=4096)
def operator(written: str) -> Operator:
    """The operator that is written so; of family UNKNOWN where IAM has none of that name."""
    quantifier, colon, rest = written.partition(":")
    quantifiers = {"forallvalues": "ForAllValues", "foranyvalue": "ForAnyValue"}
    if not colon:
        quantifier, rest = "", written
    name = rest.lower()
    if_exists = name.endswith("ifexists")
    base = _BASES.get(name.removesuffix("ifexists"))
    if base is None or (colon and quantifier.lower() not in quantifiers):
        return Operator(written)
    return Operator(
        written,
        base.family,
        base.base,
        base.negated,
        base.globs,
        if_exists,
        quantifiers.get(quantifier.lower(), ""),
    )


def binding(test: Test, *, present: bool = False) -> Binding:
    """How the test binds its key. `present`: another test, or the nature of the key, makes sure that it is there."""
    kind = test.operator
    if kind.family is Family.NULL:
        return Binding.ABSENT if any(value.lower() == "true" for value in test.values) else Binding.PRESENT
    if kind.negated:
        return Binding.NEGATED
    if not test.values:
        return Binding.NEVER
    if kind.lets_absent_through and not present:
        return Binding.ABSENT_PASSES
    if kind.globs and any(is_anything(value) for value in test.values):
        return Binding.ANYTHING
    if not kind.globs and kind.family is Family.STRING and all(is_pattern(value) for value in test.values):
        return Binding.NEVER
    return Binding.PINS


def demands_presence(tests: Iterable[Test], key: str) -> bool:
    """Does one of the tests fail where the key is absent, so that IfExists and ForAllValues on it are harmless?"""
    return any(
        test.lower_key == key
        and not test.operator.negated
        and not test.operator.lets_absent_through
        and binding(test) in (Binding.PRESENT, Binding.PINS, Binding.ANYTHING)
        for test in tests
    )


def opposite(test: Test) -> Test | None:
    """The test that holds exactly where this one does not, for a Deny statement; None where there is no such one."""
    kind = test.operator
    if kind.family is Family.NULL:
        flipped = tuple(_FLIPPED.get(value.lower(), "true") for value in test.values)
        return Test(operator("Null"), test.key, flipped)
    if kind.family is Family.BOOL and len(test.values) == 1 and test.values[0].lower() in _FLIPPED:
        # Where the key is absent, only a test with IfExists denies.
        name = "Bool" if kind.if_exists else "BoolIfExists"
        return Test(operator(name), test.key, (_FLIPPED[test.values[0].lower()],))
    base = next((name for name in _OPPOSITE if name.lower() == kind.base), None)
    if base is None:
        return None
    negation = _OPPOSITE[base]
    # "All of them are", of the values of one request, is denied by "any of them is not". Plain tests are of one value.
    quantifier = {"ForAllValues": "ForAnyValue:", "ForAnyValue": "ForAllValues:"}.get(kind.quantifier, "")
    # A negated test holds for an absent key: what it denies has the key, which the plain opposite demands.
    return Test(operator(quantifier + negation), test.key, test.values)
