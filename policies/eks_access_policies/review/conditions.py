"""Conditions of a statement: when one is at least as strict as another, and what they ask for in words. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .access import Document
from .globs import covers
from .words import code, listed


@dataclass(frozen=True)
class Condition:
    operator: str
    key: str
    """As it is compared: condition keys are the same in any case."""
    values: frozenset[str]
    written: str
    """The key as it is written."""

    def entails(self, other: "Condition") -> bool:
        """Whether a request that fulfils this one fulfils the other."""
        if self.key != other.key or _strength(other.operator) > _strength(self.operator):
            return False
        if _is_negated(self.operator) or _is_negated(other.operator):
            return self.operator == other.operator and other.values <= self.values
        if self.values <= other.values:
            return True
        if not _is_pattern(other.operator):
            return False
        return all(any(covers(wide, value) for wide in other.values) for value in self.values)

    @property
    def words(self) -> str:
        how = {"stringequals": "", "arnequals": "", "stringlike": " like", "arnlike": " like"}
        name = _NAMES.get(self.key) or _NAMES.get(claim(self.key)) or f"{code(self.written)}"
        operator = how.get(self.operator.lower(), f" ({self.operator})")
        return f"{name}{operator} {either(self.values)}"


def conditions_of(statement: Document) -> frozenset[Condition]:
    return frozenset(_conditions(statement))


def entail(mine: Iterable[Condition], others: Iterable[Condition]) -> bool:
    """Whether a request that fulfils all of the first fulfils all of the others."""
    held = list(mine)
    return all(any(one.entails(other) for one in held) for other in others)


def _conditions(statement: Document) -> Iterator[Condition]:
    block = statement.get("Condition")
    if not isinstance(block, Mapping):
        return
    for operator, keys in block.items():
        if isinstance(keys, Mapping):
            for key, values in keys.items():
                found = frozenset(texts(values))
                yield Condition(_plain(str(operator), found), str(key).lower(), found, str(key))


def _plain(operator: str, values: frozenset[str]) -> str:
    """The operator as strict as it acts: without a pattern, StringLike compares as StringEquals does."""
    if operator == "StringLike" and not any(mark in value for value in values for mark in "*?"):
        return "StringEquals"
    return "ArnLike" if operator == "ArnEquals" else operator


_STRONG = {"stringequals": 3, "arnequals": 3, "stringequalsignorecase": 2, "arnlike": 2, "stringlike": 2}


def _strength(operator: str) -> int:
    """Weaker operators let more requests by. `IfExists` and `ForAllValues` do where the key is missing."""
    plain = operator.lower()
    weak = plain.endswith("ifexists") or plain.startswith("forallvalues:")
    base = plain.removesuffix("ifexists").rpartition(":")[2]
    return _STRONG.get(base, 2) - (2 if weak else 0)


def _is_pattern(operator: str) -> bool:
    return "like" in operator.lower()


def _is_negated(operator: str) -> bool:
    return "not" in operator.lower()


def claim(key: str) -> str:
    """`:sub`, `:aud` of whichever issuer; else the key itself."""
    if key.startswith(("aws:", "sts:", "saml:")):
        return key
    return f":{key.rpartition(':')[2]}" if ":" in key else key


_NAMES: Mapping[str, str] = {
    "sts:externalid": "the External ID",
    "sts:rolesessionname": "a session name",
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

def name(condition: Condition) -> str:
    return _NAMES.get(condition.key) or _NAMES.get(claim(condition.key)) or code(condition.written)


def either(values: Iterable[str]) -> str:
    return listed(sorted(values)).replace(" and ", " or ") or "any value"


def effect(statement: Document) -> str:
    return str(statement.get("Effect", ""))


def texts(value: Any) -> set[str]:
    if isinstance(value, Mapping) or value is None:
        return set()
    if isinstance(value, list | tuple):
        return {str(each) for each in value if not isinstance(each, Mapping | list)}
    return {str(value)}
