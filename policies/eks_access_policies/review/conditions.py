"""Conditions of a statement: whether one is at least as strict as another, and their description. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..iam import Statement
from ..iam.conditions import Condition as PolicyCondition
from ..iam.conditions import Constraint, Family, Operator, classify_constraint, parse_operator
from ..iam.glob import covers, is_pattern
from .formatting import list_names, quote_name


@dataclass(frozen=True)
class Condition:
    """A condition in a form that compares equal for any case of the key and any order of the values."""

    operator: Operator
    key: str
    values: frozenset[str]
    written: str
    """The key as written in the document."""

    @classmethod
    def of(cls, test: PolicyCondition) -> "Condition":
        kind = test.operator
        # Without a pattern, StringLike compares as StringEquals does; ArnEquals and ArnLike are the same.
        if kind.base == "stringlike" and not any(is_pattern(value) for value in test.values):
            kind = parse_operator(kind.written.replace("Like", "Equals"))
        return cls(kind, test.lower_key, frozenset(test.values), test.key)

    def entails(self, other: "Condition") -> bool:
        """Whether every request that meets this condition meets the other. False if that cannot be determined."""
        if self.key != other.key:
            return False
        if _are_equivalent(self.operator, other.operator) and self.values == other.values:
            return True
        if self.operator.passes_if_absent and not other.operator.passes_if_absent:
            return False
        if self.operator.is_negated or other.operator.is_negated:
            return _are_equivalent(self.operator, other.operator) and other.values <= self.values
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
    def is_vacuous(self) -> bool:
        """Whether every request meets it, or every request without the key."""
        test = PolicyCondition(self.operator, self.written, tuple(self.values))
        return classify_constraint(test) in (Constraint.ANYTHING, Constraint.ABSENT_PASSES)

    @property
    def name(self) -> str:
        """The subject of the condition: "the External ID", or the quoted key."""
        return _NAMES.get(self.key) or _NAMES.get(normalize_key(self.key)) or quote_name(self.written)

    @property
    def words(self) -> str:
        """The whole condition: "the External ID `c1`"."""
        operator_words = _OPERATOR_WORDS.get(self.operator.written, f" ({self.operator.written})")
        return f"{self.name}{operator_words} {list_alternatives(self.values)}"


Conditions = frozenset[Condition]


def parse_conditions(statement: Statement) -> Conditions:
    return frozenset(map(Condition.of, statement.conditions))


def entails_all(conditions: Iterable[Condition], others: Iterable[Condition]) -> bool:
    """Whether every request that meets all `conditions` meets all `others`."""
    known = list(conditions)
    return all(any(condition.entails(other) for condition in known) for other in others)


def normalize_key(key: str) -> str:
    """The claim of a token without its issuer, such as `:sub` or `:aud`; any other key unchanged."""
    if key.startswith(("aws:", "sts:", "saml:")):
        return key
    return f":{key.rpartition(':')[2]}" if ":" in key else key


def list_alternatives(values: Iterable[str]) -> str:
    """`a`, `b` or `c`."""
    return list_names(sorted(values), last="or") or "any value"


def _are_equivalent(one: Operator, other: Operator) -> bool:
    return (_normalize_base(one), one.has_if_exists, one.quantifier) == (
        _normalize_base(other),
        other.has_if_exists,
        other.quantifier,
    )


def _normalize_base(kind: Operator) -> str:
    return kind.base.replace("arnequals", "arnlike").replace("arnnotequals", "arnnotlike") or kind.written


def _ignores_case(kind: Operator) -> bool:
    return kind.base.endswith("ignorecase")


_OPERATOR_WORDS: Mapping[str, str] = {
    "StringEquals": "",
    "StringEqualsIgnoreCase": "",
    "Bool": "",
    "StringLike": " like",
    "ArnEquals": " like",
    "ArnLike": " like",
}

_NAMES: Mapping[str, str] = {
    "sts:externalid": "the External ID",
    "sts:rolesessionname": "the session name",
    "aws:principalorgid": "the AWS Organization",
    "aws:principalarn": "the caller's ARN",
    "aws:principalaccount": "the caller's account",
    "aws:sourcearn": "the source ARN",
    "aws:sourceaccount": "the source account",
    "aws:multifactorauthpresent": "multi-factor authentication",
    "aws:sourceip": "the source IP address",
    "saml:aud": "the assertion's audience",
    ":aud": "the token's audience",
    ":sub": "the token's subject",
    ":oaud": "the audience that the token was requested for",
}
