"""Evaluates the actions, resources and condition keys of an identity policy's statements against AWS's reference."""

from collections.abc import Iterable, Iterator, Sequence
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
from .condition_keys import find_unknown_keys
from .document import Statement
from .glob import is_anything, is_pattern
from .resources import Fit, classify_fit, is_reference_complete

_CHANGES = (AccessLevel.WRITE, AccessLevel.TAGGING, AccessLevel.PERMISSIONS)
_MAX_ITEMS = 5
_MAX_ACTIONS = 2_000
"""Actions of one statement that are evaluated one by one: a document within IAM's limits has fewer."""


def evaluate_statement(statement: Statement) -> Iterator[Finding]:
    """Evaluate one statement by itself. In Deny statements only the existence of names is checked."""
    yield from _check_existence(statement)
    yield from evaluate_breadth(statement)
    if statement.allows:
        yield from _evaluate_resources(statement)


def evaluate_breadth(statement: Statement) -> Iterator[Finding]:
    """Evaluate wildcards and negations of an Allow statement."""
    if statement.allows:
        yield from _evaluate_negations(statement)
        yield from _evaluate_wildcards(statement)


def is_wide(statement: Statement) -> bool:
    """Whether the statement is for every resource, or for all but some."""
    return bool(statement.not_resources) or any(is_anything(each) for each in statement.resources)


def format_list(values: Iterable[object]) -> str:
    """Join a few values, with the number of the others."""
    listed = list(dict.fromkeys(str(value) for value in values))
    more = f" and {len(listed) - _MAX_ITEMS} more" if len(listed) > _MAX_ITEMS else ""
    return ", ".join(listed[:_MAX_ITEMS]) + more


def end_sentence(details: str) -> str:
    """Add a full stop, unless the text ends with one or with a question mark."""
    return details if details.endswith(("?", ".")) else f"{details}."


def _create_finding(rule: Rule, statement: Statement, message: str, part: str = "") -> Finding:
    return Finding(rule, message, statement.where + (f".{part}" if part else ""))


def _check_existence(statement: Statement) -> Iterator[Finding]:
    """Yield findings for actions and condition keys that do not exist, with what was probably meant."""
    for part, patterns in (("Action", statement.actions), ("NotAction", statement.not_actions)):
        missing = [
            each for each in patterns[:_MAX_ACTIONS] if not is_anything(each) and not _action_exists(each.lower())
        ]
        if missing:
            effect = "grants" if statement.allows else "denies"
            details = "; ".join(_describe_unknown(each) for each in missing[:_MAX_ITEMS])
            more = f"; and {len(missing) - _MAX_ITEMS} more" if len(missing) > _MAX_ITEMS else ""
            message = f"{end_sentence(details + more)} A name that does not exist {effect} nothing."
            yield _create_finding(POLICY_UNKNOWN_ACTION, statement, message, part)
    for key, details in find_unknown_keys(statement):
        yield _create_finding(POLICY_UNKNOWN_KEY, statement, details, f"Condition.{key}")


@lru_cache(maxsize=16_384)
def _action_exists(pattern: str) -> bool:
    return bool(actions.expand_pattern(pattern)) if is_pattern(pattern) else actions.find_action(pattern) is not None


def _describe_unknown(action: str) -> str:
    near = actions.suggest_action(action)
    meant = f"; did you mean {near}?" if near and near.lower() != action.lower() else ""
    if is_pattern(action):
        return f"{action!r:.80} matches no action{meant}"
    return (
        f"AWS's service reference has no action {action!r:.80}{meant}"
        if ":" in action
        else f"{action!r:.80} is not an action: it has no service prefix"
    )


def _evaluate_negations(statement: Statement) -> Iterator[Finding]:
    if "NotAction" in statement.elements and not any(map(is_anything, statement.not_actions)):
        message = (
            f"NotAction allows every action of every service except {format_list(statement.not_actions) or 'none'}"
        )
        wide = is_wide(statement)
        on = "" if wide else f", on {format_list(statement.resources)}"
        rule = POLICY_NOT_ACTION if wide else POLICY_ACTION_WILDCARD
        yield _create_finding(rule, statement, f"{message}{on}.", "NotAction")
    if "NotResource" in statement.elements:
        message = f"NotResource allows {format_list(statement.actions) or 'what NotAction leaves'} on everything except"
        yield _create_finding(
            POLICY_NOT_RESOURCE, statement, f"{message} {format_list(statement.not_resources)}.", "NotResource"
        )


def _evaluate_wildcards(statement: Statement) -> Iterator[Finding]:
    """Yield findings for patterns of actions that cover actions that change something."""
    wide = is_wide(statement)
    services: list[str] = []
    some: list[str] = []
    for pattern in dict.fromkeys(each.lower() for each in statement.actions[:_MAX_ACTIONS]):
        service, _, name = pattern.partition(":")
        if is_anything(pattern) or (is_anything(service) and is_anything(name)):
            rule = POLICY_ADMIN if wide else POLICY_SERVICE_WILDCARD
            on = "everything" if wide else format_list(statement.resources)
            yield _create_finding(rule, statement, f"Every action of every service is allowed on {on}.", "Action")
        elif is_pattern(pattern) and (changes := _count_changing(pattern)):
            if is_anything(name) and wide:
                services.append(f"{pattern} ({changes} write actions)")
            else:
                some.append(f"{pattern} ({changes})")
    if services:
        message = f"All actions of a service are allowed on every resource: {format_list(services)}."
        yield _create_finding(POLICY_SERVICE_WILDCARD, statement, message, "Action")
    if some:
        message = f"Wildcards cover write actions (number of them in parentheses): {format_list(some)}."
        yield _create_finding(POLICY_ACTION_WILDCARD, statement, message, "Action")


@lru_cache(maxsize=16_384)
def _count_changing(pattern: str) -> int:
    """How many write, tagging and permissions management actions the pattern covers."""
    return sum(action.access_level in _CHANGES for action in actions.expand_pattern(pattern))


def _evaluate_resources(statement: Statement) -> Iterator[Finding]:
    """Yield findings for `*` on actions that take a resource, and for resources that an action does not take."""
    if not statement.resources:
        return
    named = [
        found for each in statement.actions[:_MAX_ACTIONS] if (found := _find_exact_action(each.lower())) is not None
    ]
    if is_wide(statement):
        if any("resourcetag/" in condition.lower_key for condition in statement.conditions):
            return
        for rule, levels in ((POLICY_RESOURCE_WILDCARD, _CHANGES), (POLICY_RESOURCE_READ, (AccessLevel.READ,))):
            limitable = [each for each in named if each.access_level in levels and each.resources]
            if limitable:
                types = format_list(_list_resource_types(limitable))
                message = (
                    f"Resource '*' for {format_list(limitable)}, which can be limited to resources of type {types}."
                )
                yield _create_finding(rule, statement, message, "Resource")
        return
    fits = {each: _find_best_fit(each, statement.resources) for each in named}
    certain = [each for each, fit in fits.items() if fit is Fit.NOTHING and is_reference_complete(each.service)]
    unlisted = [each for each, fit in fits.items() if fit is not Fit.LISTED and each not in certain]
    parts = [f"grants nothing: {_describe_unfit(certain)}"] if certain else []
    parts += [f"may grant nothing, by AWS's service reference: {_describe_unfit(unlisted)}"] if unlisted else []
    if parts:
        message = f"{format_list(statement.resources)} {'; it '.join(parts)}."
        yield _create_finding(POLICY_RESOURCE_MISMATCH, statement, message, "Resource")


@lru_cache(maxsize=16_384)
def _find_exact_action(action: str) -> Action | None:
    return None if is_pattern(action) else actions.find_action(action)


def _find_best_fit(action: Action, resources: tuple[str, ...]) -> Fit:
    """How well the resources fit the action: as the one that fits best."""
    fits = (Fit.LISTED if _is_undetermined(each) else classify_fit(each, action) for each in resources[:_MAX_ACTIONS])
    best = Fit.NOTHING
    for fit in fits:
        best = max(best, fit)
        if best is Fit.LISTED:
            break
    return best


def _describe_unfit(unfit: Sequence[Action]) -> str:
    details = "; ".join(f"{each} acts on {_describe_accepted_resources(each)}" for each in unfit[:_MAX_ITEMS])
    return details + (f"; and {len(unfit) - _MAX_ITEMS} more" if len(unfit) > _MAX_ITEMS else "")


def _is_undetermined(resource: str) -> bool:
    """Whether it is a name that is still unknown, or a variable instead of an ARN, so nothing can be determined."""
    return not resource.startswith("arn:") and not is_pattern(resource) and "${" in resource


def _list_resource_types(found: Iterable[Action]) -> Iterator[str]:
    for action in found:
        yield from [use.type for use in action.resources if use.required] or [action.resources[0].type]


def _describe_accepted_resources(action: Action) -> str:
    if not action.resources:
        return "no resource, and needs '*'"
    known = actions.resource_types(action.service)
    forms = [form for use in action.resources if use.type in known for form in known[use.type].arns]
    return " or ".join(forms[:2]) + (f" or {len(forms) - 2} more" if len(forms) > 2 else "") or "another type"
