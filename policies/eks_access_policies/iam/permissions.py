"""Judges what the statements of an identity policy name: actions, resources and condition keys, as AWS's reference has
them."""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from ..finding import Finding, Rule
from ..rules.iam.permissions import (
    POLICY_ACTION_WILDCARD,
    POLICY_ADMIN,
    POLICY_NOT_ACTION,
    POLICY_NOT_RESOURCE,
    POLICY_RESOURCE_MISMATCH,
    POLICY_RESOURCE_READ,
    POLICY_RESOURCE_WILDCARD,
    POLICY_SERVICE_WILDCARD,
    POLICY_UNKNOWN_ACTION,
    POLICY_UNKNOWN_KEY,
)
from . import actions
from .actions import AccessLevel, Action
from .condition_keys import unknown_keys
from .glob import is_anything, is_pattern
from .resources import concerns
from .statement import Statement

_CHANGES = (AccessLevel.WRITE, AccessLevel.TAGGING, AccessLevel.PERMISSIONS)
_MOST = 5
_MOST_ACTIONS = 2_000
"""Actions of one statement that are looked at one by one: a document within IAM's limits has fewer."""


def evaluate_statement(statement: Statement) -> Iterator[Finding]:
    """One statement by itself. Deny statements are asked only whether what they name exists."""
    yield from _existing(statement)
    yield from evaluate_breadth(statement)
    if statement.allows:
        yield from _resources(statement)


def evaluate_breadth(statement: Statement) -> Iterator[Finding]:
    """Wildcards and negations of an Allow statement, with what they cover."""
    if statement.allows:
        yield from _negations(statement)
        yield from _wildcards(statement)


def is_wide(statement: Statement) -> bool:
    """Is it for every resource, or for all but some?"""
    return bool(statement.not_resources) or any(is_anything(each) for each in statement.resources)


def told(values: Iterable[object]) -> str:
    listed = list(dict.fromkeys(str(value) for value in values))
    more = f" and {len(listed) - _MOST} more" if len(listed) > _MOST else ""
    return ", ".join(listed[:_MOST]) + more


def sentence(words: str) -> str:
    return words if words.endswith(("?", ".")) else f"{words}."


def _finding(rule: Rule, statement: Statement, message: str, part: str = "") -> Finding:
    return Finding(rule, message, statement.where + (f".{part}" if part else ""))


def _existing(statement: Statement) -> Iterator[Finding]:
    """Actions and condition keys that do not exist, with what was probably meant."""
    for part, patterns in (("Action", statement.actions), ("NotAction", statement.not_actions)):
        missing = [each for each in patterns[:_MOST_ACTIONS] if not is_anything(each) and not _exists(each.lower())]
        if missing:
            effect = "grants" if statement.allows else "denies"
            words = "; ".join(_unknown(each) for each in missing[:_MOST])
            more = f"; and {len(missing) - _MOST} more" if len(missing) > _MOST else ""
            message = f"{sentence(words + more)} A name that does not exist {effect} nothing."
            yield _finding(POLICY_UNKNOWN_ACTION, statement, message, part)
    for key, words in unknown_keys(statement):
        yield _finding(POLICY_UNKNOWN_KEY, statement, words, f"Condition.{key}")


@lru_cache(maxsize=16_384)
def _exists(pattern: str) -> bool:
    return bool(actions.expand(pattern)) if is_pattern(pattern) else actions.find(pattern) is not None


def _unknown(action: str) -> str:
    near = actions.suggestion(action)
    meant = f"; did you mean {near}?" if near and near.lower() != action.lower() else ""
    if is_pattern(action):
        return f"{action!r:.80} matches no action{meant}"
    return (
        f"There is no action {action!r:.80}{meant}"
        if ":" in action
        else f"{action!r:.80} is no action: it has no service"
    )


def _negations(statement: Statement) -> Iterator[Finding]:
    if "NotAction" in statement.elements and not any(map(is_anything, statement.not_actions)):
        message = f"NotAction allows every action of every service but {told(statement.not_actions) or 'none'}"
        wide = is_wide(statement)
        on = "" if wide else f", on {told(statement.resources)}"
        rule = POLICY_NOT_ACTION if wide else POLICY_ACTION_WILDCARD
        yield _finding(rule, statement, f"{message}{on}.", "NotAction")
    if "NotResource" in statement.elements:
        message = f"NotResource allows {told(statement.actions) or 'what NotAction leaves'} on everything but"
        yield _finding(POLICY_NOT_RESOURCE, statement, f"{message} {told(statement.not_resources)}.", "NotResource")


def _wildcards(statement: Statement) -> Iterator[Finding]:
    """Patterns of actions, by what they cover that changes something."""
    wide = is_wide(statement)
    services: list[str] = []
    some: list[str] = []
    for pattern in dict.fromkeys(each.lower() for each in statement.actions[:_MOST_ACTIONS]):
        service, _, name = pattern.partition(":")
        if is_anything(pattern) or (is_anything(service) and is_anything(name)):
            rule = POLICY_ADMIN if wide else POLICY_SERVICE_WILDCARD
            on = "everything" if wide else told(statement.resources)
            yield _finding(rule, statement, f"Every action of every service is allowed on {on}.", "Action")
        elif is_pattern(pattern) and (changes := _changing(pattern)):
            if is_anything(name) and wide:
                services.append(f"{pattern} ({changes} actions that change something)")
            else:
                some.append(f"{pattern} ({changes})")
    if services:
        message = f"Everything in a service is allowed, on every resource: {told(services)}."
        yield _finding(POLICY_SERVICE_WILDCARD, statement, message, "Action")
    if some:
        message = f"These cover actions that change something, so many each: {told(some)}."
        yield _finding(POLICY_ACTION_WILDCARD, statement, message, "Action")


@lru_cache(maxsize=16_384)
def _changing(pattern: str) -> int:
    """How many actions that change something the pattern covers."""
    return sum(action.access_level in _CHANGES for action in actions.expand(pattern))


def _resources(statement: Statement) -> Iterator[Finding]:
    """`*` where the action takes a resource, and resources that none of the actions takes."""
    if not statement.resources:
        return
    named = [found for each in statement.actions[:_MOST_ACTIONS] if (found := _one(each.lower())) is not None]
    if is_wide(statement):
        if any("resourcetag/" in test.lower_key for test in statement.conditions):
            return
        for rule, levels in ((POLICY_RESOURCE_WILDCARD, _CHANGES), (POLICY_RESOURCE_READ, (AccessLevel.READ,))):
            confinable = [each for each in named if each.access_level in levels and each.resources]
            if confinable:
                message = f"Resource '*' for {told(confinable)}, which can be confined to {told(_types(confinable))}."
                yield _finding(rule, statement, message, "Resource")
        return
    useless = [each for each in named if _misses(each, statement.resources)]
    if useless:
        words = "; ".join(f"{each} acts on {_takes(each)}" for each in useless[:_MOST])
        more = f"; and {len(useless) - _MOST} more" if len(useless) > _MOST else ""
        message = f"{told(statement.resources)} grants nothing: {words}{more}."
        yield _finding(POLICY_RESOURCE_MISMATCH, statement, message, "Resource")


@lru_cache(maxsize=16_384)
def _one(action: str) -> Action | None:
    return None if is_pattern(action) else actions.find(action)


def _misses(action: Action, resources: tuple[str, ...]) -> bool:
    return not any(concerns(each, action) or _is_unreadable(each) for each in resources[:_MOST_ACTIONS])


def _is_unreadable(resource: str) -> bool:
    """A name that is not known yet, or a variable in place of an ARN: nothing can be said about it."""
    return not resource.startswith("arn:") and not is_pattern(resource) and "${" in resource


def _types(found: Iterable[Action]) -> Iterator[str]:
    for action in found:
        yield from [use.type for use in action.resources if use.required] or [action.resources[0].type]


def _takes(action: Action) -> str:
    if not action.resources:
        return "no resource, and needs '*'"
    known = actions.resource_types(action.service)
    return " or ".join(known[use.type].arn for use in action.resources[:2] if use.type in known) or "another type"
