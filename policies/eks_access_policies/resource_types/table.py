"""The table of resource types, one line for each in the files of `data`, and the lookup of a type in it.

A Kubernetes type is one line for all its API versions, for its `…Patch` and for its `…List`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cache
from importlib.resources import files
from typing import Any

Path = tuple[str, ...]
"""The steps to a property. In the files those of nested properties are JSON pointers: `/metadata/labels`.
https://www.rfc-editor.org/rfc/rfc6901"""


class Evaluation(Enum):
    """What is known of a type."""

    UNDERSTOOD = "understood"
    HARMLESS = "harmless"
    NOT_EVALUATED = "not evaluated"


@dataclass(frozen=True)
class ResourceType:
    """One line of the table."""

    evaluation: Evaluation
    reason: str = ""
    """Of a harmless type why it cannot give access; of one that is not evaluated how it may."""
    source: str = ""
    """URL of the documentation that the line rests on."""
    properties: Mapping[Path, str] = field(default_factory=dict)
    """Of a type that is understood the properties that give or limit access, with their meaning. Of one that is not
    evaluated the properties without which it gives none; empty if any resource of the type may."""
    unread: Mapping[Path, str] = field(default_factory=dict)
    """Of a type that is understood the properties that may give access and are not read, and how they may."""
    where: Mapping[Path, tuple[str, ...]] = field(default_factory=dict)
    """Values of properties; with any other a resource of the type is harmless."""
    unless: Mapping[Path, tuple[str, ...]] = field(default_factory=dict)
    """Values with which a property gives no access."""
    is_limit: bool = False
    """Whether a resource whose properties all have values of `unless` limits access, so that its end may give some."""
    is_component: bool = False
    """Whether it only creates other resources. Its properties are then what they are made from."""
    is_list: bool = False
    """Whether the resource is a list, whose `items` are what the line is about."""


UNLISTED = ResourceType(
    Evaluation.NOT_EVALUATED, "is not in the table of resource types, and its provider may give access"
)
UNEXPANDED = ResourceType(
    Evaluation.NOT_EVALUATED, "is a component without resources of its own in the stack: what it creates is not visible"
)
COMPONENT = ResourceType(
    Evaluation.HARMLESS, "a component: the resources that it creates are evaluated", is_component=True
)

_KUBERNETES = re.compile(r"kubernetes:(?P<group>[^:/]+)(?:/[^:]+)?:(?P<kind>\w+)")
_FORMS = ("List", "Patch")
_FILES = {"aws": "aws", "aws-native": "aws_native", "kubernetes": "kubernetes"}
"""The file of a provider's types; those of all others are in `others`."""


@cache
def find_type(token: str) -> ResourceType | None:
    """The line of a type token; None if the type is in no list."""
    package = token.partition(":")[0]
    table = _load(_FILES.get(package, "others"))
    if package == "kubernetes":
        return _find_kind(token, table["types"])
    if token in table["types"]:
        return _parse(table["types"][token])
    if token.startswith("pulumi:providers:"):
        return ResourceType(Evaluation.HARMLESS, "a provider: who deploys is not changed by a deployment")
    prefix = next((each for each in table.get("prefixes", {}) if token.startswith(each)), None)
    if prefix is not None:
        return _parse(table["prefixes"][prefix])
    reason = table.get("packages", {}).get(package)
    return ResourceType(Evaluation.HARMLESS, reason) if reason else None


def list_types() -> Iterator[tuple[str, ResourceType]]:
    """Every line of the table: the type (`kubernetes:<group>:<Kind>` for Kubernetes) and what is known of it."""
    for name in (*_FILES.values(), "others"):
        for token, line in _load(name)["types"].items():
            yield token, _parse(line)


def list_packages() -> Mapping[str, str]:
    """The providers none of whose types can give access, and why."""
    packages: Mapping[str, str] = _load("others")["packages"]
    return packages


def _find_kind(token: str, types: Mapping[str, Any]) -> ResourceType | None:
    match = _KUBERNETES.fullmatch(token)
    if match is None:
        return None
    for form in ("", *_FORMS):
        line = types.get(f"kubernetes:{match['group']}:{match['kind'].removesuffix(form)}")
        if line is not None:
            return _parse(line, is_list=form == "List")
    return None


def _parse(line: Mapping[str, Any], *, is_list: bool = False) -> ResourceType:
    if line.get("component"):
        return replace(COMPONENT, properties=_parse_paths(dict.fromkeys(line.get("made_from", ()), "")))
    source = line.get("source", "")
    if "harmless" in line:
        return ResourceType(Evaluation.HARMLESS, line["harmless"], source)
    properties = line.get("understood") or dict.fromkeys(line.get("properties", ()), "")
    return ResourceType(
        Evaluation.UNDERSTOOD if "understood" in line else Evaluation.NOT_EVALUATED,
        line.get("not_evaluated", ""),
        source,
        _parse_paths(properties),
        _parse_paths(line.get("unread", {})),
        _parse_values(line.get("where", {})),
        _parse_values(line.get("unless", {})),
        line.get("limit", False),
        is_list=is_list,
    )


def _parse_paths(written: Mapping[str, str]) -> dict[Path, str]:
    return {_parse_path(name): meaning for name, meaning in written.items()}


def _parse_values(written: Mapping[str, str | list[str]]) -> dict[Path, tuple[str, ...]]:
    return {
        _parse_path(name): (values,) if isinstance(values, str) else tuple(values) for name, values in written.items()
    }


def _parse_path(written: str) -> Path:
    if not written.startswith("/"):
        return (written,)
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in written.split("/")[1:])


@cache
def _load(name: str) -> Mapping[str, Any]:
    table: Mapping[str, Any] = json.loads(files(__package__).joinpath(f"data/{name}.json").read_text())
    return table
