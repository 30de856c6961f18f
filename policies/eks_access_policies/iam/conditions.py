"""Conditions, and how each constrains its key: the same key and value mean something else under another operator.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import Enum, StrEnum
from functools import lru_cache

from .glob import is_anything, is_pattern, matches


class Family(StrEnum):
    """What an operator compares."""

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
    """A condition operator, with its quantifier and suffix (`ForAnyValue:StringLikeIfExists`)."""

    written: str
    family: Family = Family.UNKNOWN
    base: str = ""
    is_negated: bool = False
    """A request without the key satisfies it."""
    takes_patterns: bool = False
    """Values may be patterns. ArnEquals takes them too."""
    has_if_exists: bool = False
    quantifier: str = ""
    """"ForAllValues", "ForAnyValue" or nothing."""

    @property
    def passes_if_absent(self) -> bool:
        """Whether a request without the key satisfies the condition, other than because the operator is negated."""
        return self.has_if_exists or self.quantifier == "ForAllValues"


@dataclass(frozen=True)
class Condition:
    """One operator, one key and its values, any of which satisfies it."""

    operator: Operator
    key: str
    values: tuple[str, ...]
    denied: "Condition | None" = field(default=None, compare=False)
    """The condition of a Deny statement of which this is the opposite: what is written in the document."""

    @property
    def lower_key(self) -> str:
        return self.key.lower()

    def lists_value(self, value: str) -> bool:
        """Whether `value` is one of the values, or matched by one of their patterns."""
        if self.operator.family is Family.ARN:
            return any(_matches_arn(each, value) for each in self.values)
        if self.operator.takes_patterns:
            return any(matches(each, value) for each in self.values)
        if self.operator.base.endswith("ignorecase"):
            return value.lower() in {each.lower() for each in self.values}
        return value in self.values

    def __str__(self) -> str:
        if self.denied is not None:
            return f"Deny with {self.denied}"
        shown = ", ".join(repr(value) for value in self.values[:3]) + (", …" if len(self.values) > 3 else "")
        return f"{self.operator.written} {self.key} {shown}"


def _matches_arn(pattern: str, arn: str) -> bool:
    """Part by part: a `*` never matches a colon, except in the last part."""
    parts, named = pattern.split(":", 5), arn.split(":", 5)
    return len(parts) == len(named) and all(map(matches, parts, named))


class Constraint(Enum):
    """What a condition requires of its key."""

    PINS = "the key is present and has one of the values"
    ABSENT_PASSES = "a request without the key passes"
    NEGATED = "every other value passes"
    ANYTHING = "every value passes"
    NEVER = "no value passes"
    PRESENT = "the key is present, with any value"
    ABSENT = "the key is absent"


_BASES: dict[str, Operator] = {
    name.lower(): Operator(name, family, name.lower(), is_negated="Not" in name, takes_patterns=takes_patterns)
    for family, takes_patterns, names in (
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
_NEGATIONS = {
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
_NEGATED = {**_NEGATIONS, **{negated: plain for plain, negated in _NEGATIONS.items()}}


@lru_cache(maxsize=4096)
def parse_operator(written: str) -> Operator:
    """The operator of this name; of family UNKNOWN if IAM has none of that name."""
    quantifier, colon, rest = written.partition(":")
    quantifiers = {"forallvalues": "ForAllValues", "foranyvalue": "ForAnyValue"}
    if not colon:
        quantifier, rest = "", written
    name = rest.lower()
    has_if_exists = name.endswith("ifexists")
    base = _BASES.get(name.removesuffix("ifexists"))
    if base is None or (colon and quantifier.lower() not in quantifiers):
        return Operator(written)
    return Operator(
        written,
        base.family,
        base.base,
        base.is_negated,
        base.takes_patterns,
        has_if_exists,
        quantifiers.get(quantifier.lower(), ""),
    )


def canonicalize_operator(operator: Operator) -> Operator:
    """The same operator as AWS writes it, whatever the case it is written in; IAM ignores that case."""
    base = _BASES.get(operator.base)
    if base is None:
        return operator
    quantifier = f"{operator.quantifier}:" if operator.quantifier else ""
    return parse_operator(f"{quantifier}{base.written}{'IfExists' if operator.has_if_exists else ''}")


def classify_constraint(condition: Condition, *, present: bool = False) -> Constraint:
    """How the condition constrains its key.

    `present`: another condition, or the nature of the key, guarantees that the key is in the request.
    """
    operator = condition.operator
    if operator.family is Family.NULL:
        return Constraint.ABSENT if any(value.lower() == "true" for value in condition.values) else Constraint.PRESENT
    if operator.is_negated:
        return Constraint.NEGATED
    if not condition.values:
        return Constraint.NEVER
    if operator.passes_if_absent and not present:
        return Constraint.ABSENT_PASSES
    if operator.takes_patterns and any(is_anything(value) for value in condition.values):
        return Constraint.ANYTHING
    is_literal = operator.family is Family.STRING and not operator.takes_patterns
    if is_literal and all(map(is_pattern, condition.values)):
        return Constraint.NEVER
    return Constraint.PINS


def requires_presence(conditions: Iterable[Condition], key: str) -> bool:
    """Whether one of the conditions fails without the key, which makes IfExists and ForAllValues on it harmless."""
    return any(
        condition.lower_key == key
        and not condition.operator.is_negated
        and not condition.operator.passes_if_absent
        and classify_constraint(condition) in (Constraint.PRESENT, Constraint.PINS, Constraint.ANYTHING)
        for condition in conditions
    )


def negate(condition: Condition) -> Condition | None:
    """The condition that is satisfied exactly when this one is not, for a Deny statement; None if there is none."""
    opposite = _find_opposite(condition)
    return opposite and replace(opposite, denied=condition)


def _find_opposite(condition: Condition) -> Condition | None:
    operator = condition.operator
    if operator.family is Family.NULL:
        flipped = tuple(_FLIPPED.get(value.lower(), "true") for value in condition.values)
        return Condition(parse_operator("Null"), condition.key, flipped)
    if operator.family is Family.BOOL and len(condition.values) == 1 and condition.values[0].lower() in _FLIPPED:
        # Without the key, only a condition with IfExists denies.
        name = "Bool" if operator.has_if_exists else "BoolIfExists"
        return Condition(parse_operator(name), condition.key, (_FLIPPED[condition.values[0].lower()],))
    base = next((name for name in _NEGATED if name.lower() == operator.base), None)
    if base is None:
        return None
    negation = _NEGATED[base]
    # The negation of ForAllValues ("all are") is ForAnyValue ("any is not"). Plain operators compare one value.
    quantifier = {"ForAllValues": "ForAnyValue:", "ForAnyValue": "ForAllValues:"}.get(operator.quantifier, "")
    # A negated operator is satisfied by an absent key, and its plain opposite is not.
    return Condition(parse_operator(quantifier + negation), condition.key, condition.values)
