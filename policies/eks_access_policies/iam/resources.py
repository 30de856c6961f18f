"""Computes how far a resource pattern reaches: all resources of a type, some, one or none."""

import re
from enum import IntEnum
from functools import lru_cache

from . import actions
from .glob import covers, is_anything, is_pattern, matches, overlaps

_PLACEHOLDER = re.compile(r"\$\{[A-Za-z0-9]+\}")
_CANARY = "zq7"
"""A name that no pattern is written for: a pattern that matches it matches any name."""

_LOCATING_PLACEHOLDERS = frozenset({"${ClusterName}", "${IamIdentityType}", "${IamIdentityAccountID}"})
"""Placeholders for where a resource is, not which one: all access entries of one cluster count as all of them."""


_TARGET_TYPES = {
    "ec2:CreateFleet": ("fleet", "instance"),
    "ec2:RequestSpotInstances": ("spot-instances-request", "instance"),
    "ec2:RunInstances": ("instance",),
    "ssm:SendCommand": ("instance", "managed-instance"),
    "ssm:StartSession": ("instance", "managed-instance", "task"),
}
"""For actions that take several resources at once: the types that they act on, not those that they act with."""


class Reach(IntEnum):
    """How many of the resources of its types a pattern covers."""

    NONE = 0
    ONE = 1
    SOME = 2
    ALL = 3


def compute_reach(pattern: str, action: actions.Action) -> Reach:
    """How far the pattern reaches among the resources that the action acts on."""
    return _widest_reach(pattern, action, _TARGET_TYPES.get(str(action), ()))


@lru_cache(maxsize=16_384)
def covers_all(
    pattern: str, action: actions.Action, among: str = "*", own_accounts: frozenset[str] = frozenset()
) -> bool:
    """Whether the pattern covers every resource that the action can act on, in the account of `among` or one's own."""
    if is_anything(pattern):
        return True
    targets = _TARGET_TYPES.get(str(action))
    types = actions.resource_types(action.service)
    taken = [use.type for use in action.resources if use.type in types and (not targets or use.type in targets)]
    account = parse_account(among) or (parse_account(pattern) if parse_account(pattern) in own_accounts else "*")
    return bool(taken) and all(covers(pattern, _any_resource_of(types[each].arn, pattern, account)) for each in taken)


def parse_account(pattern: str) -> str:
    """The account that a resource pattern names; empty if it names none or leaves it open."""
    fields = pattern.split(":", 5)
    return fields[4] if len(fields) == 6 and fields[4].isdigit() else ""


def _any_resource_of(template: str, pattern: str, account: str) -> str:
    """A pattern that matches any resource of a type, in the partition of `pattern`: a stack is in one partition."""
    partition = pattern.split(":", 2)[1] if pattern.count(":") > 1 else "*"
    return _PLACEHOLDER.sub("*", template.replace("${Partition}", partition).replace("${Account}", account))


def applies_to(pattern: str, action: actions.Action) -> bool:
    """Whether the pattern names anything that the action takes, even if only one of several resources."""
    return _widest_reach(pattern, action, ()) is not Reach.NONE


def _widest_reach(pattern: str, action: actions.Action, among: tuple[str, ...]) -> Reach:
    if is_anything(pattern):
        return Reach.ALL
    if not action.resources:
        return Reach.NONE
    types = actions.resource_types(action.service)
    taken = [use.type for use in action.resources if use.type in types and (not among or use.type in among)]
    return max((_reach_of_type(pattern, types[each].arn) for each in taken), default=Reach.SOME)


@lru_cache(maxsize=65_536)
def _reach_of_type(pattern: str, template: str) -> Reach:
    fields, shape = pattern.split(":", 5), template.split(":", 5)
    if len(fields) < 6 or len(shape) < 6:
        return Reach.SOME if overlaps(pattern, _PLACEHOLDER.sub("*", template)) else Reach.NONE
    if not all(_field_fits(field, part) for field, part in zip(fields[:5], shape[:5], strict=True)):
        return Reach.NONE
    named, form = fields[5], shape[5]
    if not overlaps(named, _PLACEHOLDER.sub("*", form)):
        return Reach.NONE
    if overlaps(named, _unnamed_resource(named, form)):
        return Reach.ALL
    return Reach.SOME if is_pattern(named) else Reach.ONE


def _unnamed_resource(named: str, form: str) -> str:
    """A resource in the location that the pattern names, with a name that it does not name."""
    located = named.split("/")
    return "/".join(
        (located[at] if at < len(located) else "*")
        if part in _LOCATING_PLACEHOLDERS
        else _PLACEHOLDER.sub(_CANARY, part)
        for at, part in enumerate(form.split("/"))
    )


def _field_fits(field: str, part: str) -> bool:
    """Whether a field of the ARN (partition, service, region or account) fits the type's template."""
    if part == "${Account}":
        # AWS's own resources have the account "aws", and cannot be changed by customers.
        return is_pattern(field) or field.isdigit() or field.startswith("${")
    if part.startswith("${"):
        return bool(field)
    return field == part or (is_pattern(field) and matches(field, part))
