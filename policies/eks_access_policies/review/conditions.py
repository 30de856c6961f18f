"""Conditions of a statement: when one is at least as strict as another, and what they ask for in words. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..iam import Statement
from ..iam.conditions import Condition as PolicyCondition
from ..iam.conditions import Constraint, Family, Operator, classify_constraint, parse_operator
from ..iam.glob import covers, is_pattern
from .names import code, listed


@dataclass(frozen=True)
class Condition:
    """A test of a key, as it is compared: keys are the same in any case, values in any order."""

    operator: Operator
    key: str
    values: frozenset[str]
    written: str
    """The key as it is written."""

    @classmethod
    def of(cls, test: PolicyCondition) -> "Condition":
        kind = test.operator
        # Without a pattern, StringLike compares as StringEquals does; ArnEquals and ArnLike are the same.
        if kind.base == "stringlike" and not any(is_pattern(value) for value in test.values):
            kind = parse_operator(kind.written.replace("Like", "Equals"))
        return cls(kind, test.lower_key, frozenset(test.values), test.key)

    def entails(self, other: "Condition") -> bool:
        """Whether a request that fulfils this one fulfils the other. Says no where it cannot tell."""
        if self.key != other.key:
            return False
        if _same(self.operator, other.operator) and self.values == other.values:
            return True
        if self.operator.passes_if_absent and not other.operator.passes_if_absent:
            return False
        if self.operator.is_negated or other.operator.is_negated:
            return _same(self.operator, other.operator) and other.values <= self.values
        if (self.operator.family, self.operator.quantifier) != (other.operator.family, other.operator.quantifier):
            return False
        if self.operator.family not in (Family.STRING, Family.ARN):
            return self.operator.base == other.operator.base and self.values <= other.values
        if _ignores_case(self.operator) and not _ignores_case(other.operator):
            return False
        if _ignores_case(other.operator):
            return {value.lower() for value in self.values} <= {value.lower() for value in other.values}
        if not other.operator.takes_patterns:
            return not self.operator.takes_patterns and self.values <= other.values
        return all(any(covers(wide, value) for wide in other.values) for value in self.values)

    @property
    def asks_nothing(self) -> bool:
        """Whether it holds for every request, or for each without the key."""
        test = PolicyCondition(self.operator, self.written, tuple(self.values))
        return classify_constraint(test) in (Constraint.ANYTHING, Constraint.ABSENT_PASSES)

    @property
    def name(self) -> str:
        """What it is about, in words."""
        return _NAMES.get(self.key) or _NAMES.get(claim(self.key)) or code(self.written)

    @property
    def words(self) -> str:
        return f"{self.name}{_HOW.get(self.operator.written, f' ({self.operator.written})')} {either(self.values)}"


Conditions = frozenset[Condition]


def conditions_of(statement: Statement) -> Conditions:
    return frozenset(map(Condition.of, statement.conditions))


def entail(mine: Iterable[Condition], others: Iterable[Condition]) -> bool:
    """Whether a request that fulfils all of the first fulfils all of the others."""
    held = list(mine)
    return all(any(one.entails(other) for one in held) for other in others)


def claim(key: str) -> str:
    """`:sub` or `:aud` of whichever issuer; else the key itself."""
    if key.startswith(("aws:", "sts:", "saml:")):
        return key
    return f":{key.rpartition(':')[2]}" if ":" in key else key


def either(values: Iterable[str]) -> str:
    return listed(sorted(values), last="or") or "any value"


def _same(one: Operator, other: Operator) -> bool:
    return (_base(one), one.has_if_exists, one.quantifier) == (_base(other), other.has_if_exists, other.quantifier)


def _base(kind: Operator) -> str:
    return kind.base.replace("arnequals", "arnlike").replace("arnnotequals", "arnnotlike") or kind.written


def _ignores_case(kind: Operator) -> bool:
    return kind.base.endswith("ignorecase")


_HOW: Mapping[str, str] = {"StringEquals": "", "ArnEquals": " like", "ArnLike": " like", "StringLike": " like",
                           "StringEqualsIgnoreCase": "", "Bool": ""}  # fmt: skip

_NAMES: Mapping[str, str] = {
    "sts:externalid": "the External ID",
    "sts:rolesessionname": "the session name",
    "aws:principalorgid": "the AWS Organization",
    "aws:principalarn": "the caller's ARN",
    "aws:principalaccount": "the caller's account",
    "aws:sourcearn": "the source ARN",
    "aws:sourceaccount": "the source account",
    "aws:multifactorauthpresent": "multi-factor authentication",
    "aws:sourceip": "the network address",
    "saml:aud": "the assertion's audience",
    ":aud": "the token's audience",
    ":sub": "the token's subject",
    ":oaud": "the audience that the token was requested for",
}
