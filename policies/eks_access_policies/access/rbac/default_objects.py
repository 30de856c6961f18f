"""The roles that exist in every cluster by default, with their labels and aggregation, and the bindings of them."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from ..clusters import Location
from ..model import Subject
from .model import Role
from .objects import parse_permission
from .selectors import Requirement, Selector

Key = tuple[str | None, str]
"""The namespace and the name."""
_EVERY_DEFAULT = {"kubernetes.io/bootstrapping": "rbac-defaults"}


@cache
def default_roles() -> Mapping[Key, Role]:
    """The roles that every cluster has. The rules of `view`, `edit` and `admin` are those that they aggregate."""
    table = _load()
    cluster_roles = {
        (None, name): Role(
            None,
            Location(),
            name,
            None,
            tuple(map(parse_permission, table["roles"].get(name, ()))),
            {**_EVERY_DEFAULT, **({table["labels"][name]: "true"} if name in table["labels"] else {})},
            _select_label(table["aggregates"].get(name)),
        )
        for name in sorted({*table["roles"], *table["aggregates"]})
    }
    namespaced = {
        (each["namespace"], each["name"]): Role(
            None,
            Location(),
            each["name"],
            each["namespace"],
            tuple(map(parse_permission, each["rules"])),
            _EVERY_DEFAULT,
        )
        for each in table["namespaced_roles"]
    }
    return {**cluster_roles, **namespaced}


def _select_label(key: str | None) -> tuple[Selector, ...]:
    return (Selector((Requirement(key, ("true",)),)),) if key else ()


@cache
def default_bindings() -> Mapping[Key, tuple[str, str]]:
    """The kind and the name of the role that each default binding refers to."""
    table = _load()
    cluster_wide: dict[Key, tuple[str, str]] = {(None, name): ("ClusterRole", name) for name in table["bindings"]}
    return cluster_wide | {
        (each["namespace"], each["name"]): ("Role", each["role"]) for each in table["namespaced_bindings"]
    }


@cache
def default_subjects(role: str) -> tuple[Subject, ...]:
    """Who has a ClusterRole in every cluster by default."""
    return tuple(
        Subject(each["kind"], each["name"], each.get("namespace", "")) for each in _load()["bindings"].get(role, ())
    )


@cache
def _load() -> Any:
    return json.loads(files(__name__.rpartition(".")[0]).joinpath("default_roles.json").read_text())
