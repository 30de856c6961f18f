"""How far a resource pattern reaches: whether it covers any resource of a type, all, some or one."""

import re
from enum import IntEnum
from functools import lru_cache

from . import actions
from .glob import covers, is_anything, is_pattern, matches, overlaps

_PLACEHOLDER = re.compile(r"\$\{[A-Za-z0-9]+\}")
_CANARY = "zq7"
"""A name that no pattern was written for: what matches it matches any name."""

_PLACES = frozenset({"${ClusterName}", "${IamIdentityType}", "${IamIdentityAccountID}"})
"""Placeholders that say where a resource is, not which one: all access entries of one cluster are all of them."""


_DECISIVE = {
    "ec2:CreateFleet": ("fleet", "instance"),
    "ec2:RequestSpotInstances": ("spot-instances-request", "instance"),
    "ec2:RunInstances": ("instance",),
    "ssm:SendCommand": ("instance", "managed-instance"),
    "ssm:StartSession": ("instance", "managed-instance", "task"),
}
"""For actions that take several resources at once: the types that say on what they act, and not with what."""


class Reach(IntEnum):
    NONE = 0
    ONE = 1
    SOME = 2
    ALL = 3


def reach(pattern: str, action: actions.Action) -> Reach:
    """How far the pattern reaches among what the action acts on."""
    return _furthest(pattern, action, _DECISIVE.get(str(action), ()))


@lru_cache(maxsize=16_384)
def is_all(pattern: str, action: actions.Action, among: str = "*", own: frozenset[str] = frozenset()) -> bool:
    """Does the pattern cover everything that the action can act on: in the account that `among` names, or one's own?"""
    if is_anything(pattern):
        return True
    decisive = _DECISIVE.get(str(action))
    types = actions.resource_types(action.service)
    taken = [use.type for use in action.resources if use.type in types and (not decisive or use.type in decisive)]
    account = account_in(among) or (account_in(pattern) if account_in(pattern) in own else "*")
    return bool(taken) and all(covers(pattern, _any_of(types[each].arn, pattern, account)) for each in taken)


def account_in(pattern: str) -> str:
    """The account that a resource's pattern names; nothing where it names none, or leaves it open."""
    fields = pattern.split(":", 5)
    return fields[4] if len(fields) == 6 and fields[4].isdigit() else ""


def _any_of(template: str, pattern: str, account: str) -> str:
    """Any resource of a type, written as a pattern. A stack is in one partition: the one that is written will do."""
    partition = pattern.split(":", 2)[1] if pattern.count(":") > 1 else "*"
    return _PLACEHOLDER.sub("*", template.replace("${Partition}", partition).replace("${Account}", account))


def concerns(pattern: str, action: actions.Action) -> bool:
    """Does the pattern name anything that the action takes, be it only one of several things at once?"""
    return _furthest(pattern, action, ()) is not Reach.NONE


def _furthest(pattern: str, action: actions.Action, among: tuple[str, ...]) -> Reach:
    if is_anything(pattern):
        return Reach.ALL
    if not action.resources:
        return Reach.NONE
    types = actions.resource_types(action.service)
    taken = [use.type for use in action.resources if use.type in types and (not among or use.type in among)]
    return max((_reach(pattern, types[each].arn) for each in taken), default=Reach.SOME)


@lru_cache(maxsize=65_536)
def _reach(pattern: str, template: str) -> Reach:
    fields, shape = pattern.split(":", 5), template.split(":", 5)
    if len(fields) < 6 or len(shape) < 6:
        return Reach.SOME if overlaps(pattern, _PLACEHOLDER.sub("*", template)) else Reach.NONE
    if not all(_place(field, part) for field, part in zip(fields[:5], shape[:5], strict=True)):
        return Reach.NONE
    named, form = fields[5], shape[5]
    if not overlaps(named, _PLACEHOLDER.sub("*", form)):
        return Reach.NONE
    if overlaps(named, _of_stranger(named, form)):
        return Reach.ALL
    return Reach.SOME if is_pattern(named) else Reach.ONE


def _of_stranger(named: str, form: str) -> str:
    """A resource in the places that the pattern names, of a name that it does not."""
    given = named.split("/")
    return "/".join(
        (given[at] if at < len(given) else "*") if part in _PLACES else _PLACEHOLDER.sub(_CANARY, part)
        for at, part in enumerate(form.split("/"))
    )


def _place(field: str, part: str) -> bool:
    """May the ARN's partition, service, region or account be of the type's?"""
    if part == "${Account}":
        # AWS's own resources have the account "aws", and nobody changes those.
        return is_pattern(field) or field.isdigit() or field.startswith("${")
    if part.startswith("${"):
        return bool(field)
    return field == part or (is_pattern(field) and matches(field, part))
