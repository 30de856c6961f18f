"""How a resource type of AWS is described: its fields as data, and one small function for each API call.

`sandbox.plugins.aws.types` holds one module a type. What every type needs alike (diff, replacement, naming, tags,
regions, previews, refresh, errors) is `sandbox.plugins.aws.provider`'s work.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from ..plugin import Operation, Values

if TYPE_CHECKING:
    from .session import Aws


@dataclass(frozen=True)
class Field:
    """An input property, and what its value means."""

    name: str
    force_new: bool = False
    computed: bool = False
    """Given by AWS where the program gives nothing: absence is no wish to change it."""
    default: Any = None
    """What absence means, otherwise."""
    document: bool = False
    """An IAM policy document: compared by meaning."""
    unordered: bool = False
    unread: bool = False
    """Steers the plug-in only; AWS does not keep it."""


@dataclass(frozen=True)
class Call:
    """What a type's function works with."""

    aws: "Aws"
    op: Operation
    region: str
    prior: Mapping[str, Any]
    """The values last known or wished for."""

    @property
    def iam(self) -> Any:
        return self.aws.client("iam", self.region)

    @property
    def eks(self) -> Any:
        return self.aws.client("eks", self.region)


class Update(Protocol):
    def __call__(self, call: Call, resource_id: str, old: Values, new: Values, changed: set[str], /) -> None: ...


@dataclass(frozen=True)
class Tagging:
    """How a type's tags are changed; the functions are given the resource's state."""

    add: Callable[[Call, Values, dict[str, str]], None]
    remove: Callable[[Call, Values, list[str]], None]


@dataclass(frozen=True)
class ResourceType:
    token: str
    title: str
    """As the official plug-in calls it in errors; the first word is the service."""
    fields: tuple[Field, ...]
    outputs: tuple[str, ...]
    """The properties that only AWS sets."""
    create: Callable[[Call, Values], str]
    read: Callable[[Call, str], Values | None]
    """The state, with `tagsAll` for the tags; None where the resource is gone."""
    delete: Callable[[Call, str, Values], None]
    update: Update | None = None
    tagging: Tagging | None = None
    regional: bool = False
    volatile: tuple[str, ...] = ()
    """Those of the outputs that an update may change."""
    name_limit: int | None = None
    """The longest automatic name; None where the type has no name of its own to be filled in."""
    name_field: str = "name"
    import_id: str = ""
    """The form of an import id, such as `cluster-name:principal-arn`; empty where any text will do."""
    split_id: Callable[[str], tuple[str, ...]] | None = None

    @property
    def service(self) -> str:
        return self.title.split(" ")[0]

    @property
    def stable(self) -> tuple[str, ...]:
        return tuple(name for name in self.outputs if name not in self.volatile)


class ImportIdError(ValueError):
    def __init__(self, resource_id: str, expected: str) -> None:
        super().__init__(f"unexpected format for ID ({resource_id}), expected {expected}")


_REGION_SUFFIX = re.compile(r"@([a-z]{2}(?:-[a-z]+)+-\d)\Z")


def split_region(resource_id: str) -> tuple[str, str | None]:
    """An import id may end in `@<region>`: the id proper and that region."""
    found = _REGION_SUFFIX.search(resource_id)
    return (resource_id[: found.start()], found.group(1)) if found else (resource_id, None)


def split_exactly(resource_id: str, separator: str, expected: str) -> tuple[str, ...]:
    """The parts of an id of the expected form; the last one may hold the separator, as an ARN holds colons.

    Raises:
        ImportIdError: a part is missing or empty.
    """
    count = expected.count(separator) + 1
    parts = tuple(resource_id.split(separator, count - 1))
    if len(parts) != count or not all(parts):
        raise ImportIdError(resource_id, expected)
    return parts


def sdk_module(token: str) -> str:
    """The module of the Python SDK that declares a resource or a function."""
    service, _, file = token.split(":")[1].partition("/")
    folder = "pulumi_aws" if service == "index" else f"pulumi_aws.{service}"
    return f"{folder}.{re.sub(r'(?<!^)(?=[A-Z])', '_', file).lower()}"
