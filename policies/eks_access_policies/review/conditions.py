"""Conditions of a statement: whether one is at least as strict as another, and their description. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..iam import Statement
from ..iam.conditions import Condition as PolicyCondition
from ..iam.conditions import Constraint, Family, Operator, canonicalize_operator, classify_constraint, parse_operator
from ..iam.glob import covers, is_anything, is_pattern
from .formatting import list_names, quote_name
from .ranges import RANGES, is_whole_network, is_within


@dataclass(frozen=True)
class Condition:
    """A condition in a form that compares equal for any case of the key and the operator, and any order of values."""

    operator: Operator
    key: str
    values: frozenset[str]
    written: str = field(compare=False)
    """The key as written in the document."""

    @classmethod
    def of(cls, test: PolicyCondition) -> "Condition":
        kind = canonicalize_operator(test.operator)
        # Without a pattern, StringLike compares as StringEquals does; ArnEquals and ArnLike are the same.
        is_literal = kind.base in ("stringlike", "stringnotlike") and not any(map(is_pattern, test.values))
        if is_literal or kind.base in ("arnequals", "arnnotequals"):
            kind = parse_operator(
                kind.written.replace("Like", "Equals") if is_literal else kind.written.replace("Equals", "Like")
            )
        values = map(str.lower, test.values) if kind.family in (Family.BOOL, Family.NULL) else test.values
        return cls(kind, test.lower_key, frozenset(values), test.key)

    def entails(self, other: "Condition") -> bool:
        """Whether every request that meets this condition meets the other. False if that cannot be determined."""
        if self.key != other.key:
            return False
        if (self.operator, self.values) == (other.operator, other.values):
            return True
        own, wider = self.operator, other.operator
        if own.quantifier != wider.quantifier or own.family is not wider.family:
            return False
        if own.passes_if_absent and not wider.passes_if_absent:
            return False
        if own.is_negated or wider.is_negated:
            return own == wider and other.values <= self.values
        match own.family:
            case Family.STRING:
                return self._entails_strings(other)
            case Family.ARN:
                return all(any(_covers_arn(wide, value) for wide in other.values) for value in self.values)
        if own.family in RANGES:
            return all(any(is_within(own, value, wider, wide) for wide in other.values) for value in self.values)
        return own.base == wider.base and self.values <= other.values

    def _entails_strings(self, other: "Condition") -> bool:
        if other.operator.base.endswith("ignorecase"):
            wider = {value.lower() for value in other.values}
            return not self.operator.takes_patterns and {value.lower() for value in self.values} <= wider
        if self.operator.base.endswith("ignorecase"):
            return False
        if not other.operator.takes_patterns:
            return not self.operator.takes_patterns and self.values <= other.values
        return all(any(covers(wide, value) for wide in other.values) for value in self.values)

    @property
    def as_written(self) -> PolicyCondition:
        """The condition of the policy document."""
        return PolicyCondition(self.operator, self.written, tuple(sorted(self.values)))

    @property
    def is_vacuous(self) -> bool:
        """Whether every request meets it, or every request without the key."""
        return classify_constraint(self.as_written) in (Constraint.ANYTHING, Constraint.ABSENT_PASSES)

    @property
    def limits_values(self) -> bool:
        """Whether only some values of the key meet it."""
        return classify_constraint(self.as_written) is Constraint.PINS and not any(map(is_whole_network, self.values))

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


def _covers_arn(wide: str, narrow: str) -> bool:
    """Part by part: in an ARN a `*` never matches a colon, except in the last part."""
    if is_anything(wide):
        return True
    parts, others = wide.split(":", 5), narrow.split(":", 5)
    return len(parts) == len(others) and all(map(covers, parts, others))


_OPERATOR_WORDS: Mapping[str, str] = {
    "StringEquals": "",
    "StringEqualsIgnoreCase": "",
    "Bool": "",
    "StringLike": " like",
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
