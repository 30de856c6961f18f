"""What a preview registered, as a list that the bare program can register again."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

Steps = list[dict[str, Any]]

LINKS: Mapping[str, Mapping[str, str]] = {
    "aws:iam/rolePolicy:RolePolicy": {"role": "name"},
    "aws:eks/accessEntry:AccessEntry": {"principalArn": "arn", "tags": "unique_id"},
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": {
        "clusterName": "cluster_name",
        "principalArn": "principal_arn",
    },
    "eks-access:index:AwsAuthMapping": {"roleArn": "arn"},
}
"""Which property of another resource a property is given, as anyone who writes such a program would have it."""

OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "aws:eks/accessEntry:AccessEntry": {
        "delete_before_replace": True,
        "replace_on_changes": ['tags["eks-access:role-id"]'],
    },
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": {"delete_before_replace": True},
}
"""The options that a preview does not tell."""

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_STACK = "pulumi:pulumi:Stack"
_BY_ENGINE = ("apiVersion", "kind", "version")


def listed(steps: Steps) -> list[dict[str, Any]]:
    """The resources in the order in which they were registered."""
    return [_entry(step["newState"]) for step in steps if step["newState"]["type"] != _STACK]


def inputs(steps: Steps) -> dict[tuple[str, str], Any]:
    """Every resource's inputs by its type and name, to compare two previews with."""
    return {(s["newState"]["type"], _name(s["newState"]["urn"])): _given(s["newState"].get("inputs")) for s in steps}


def _given(found: Mapping[str, Any] | None) -> dict[str, Any]:
    return {key: value for key, value in (found or {}).items() if not key.startswith("__")}


def _entry(state: Mapping[str, Any]) -> dict[str, Any]:
    provider = state.get("provider", "").rpartition("::")[0]
    return {
        "key": state["urn"],
        "type": state["type"],
        "name": _name(state["urn"]),
        "isComponent": not state["custom"],
        "parent": state.get("parent"),
        "provider": provider if "::default" not in provider else None,
        "dependsOn": sorted(set(state.get("dependencies") or ()) - set(_linked(state))),
        "options": OPTIONS.get(state["type"], {}),
        "properties": dict(_properties(state)),
    }


def _properties(state: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    sources = state.get("propertyDependencies") or {}
    links = LINKS.get(state["type"], {})
    typed = state["type"].startswith(("aws:", "kubernetes:", "pulumi:providers:"))
    for key, given in (state.get("inputs") or {}).items():
        if key in _BY_ENGINE or key.startswith("__"):
            continue
        value = json.loads(given) if _is_encoded(state["type"], given) else given
        if sources.get(key) and key in links:
            (source,) = sources[key]
            value = _linked_value(value, f"${{{source}|{links[key]}}}")
        yield (_snake(key) if typed else key), value


def _linked_value(value: Any, reference: str) -> Any:
    if isinstance(value, dict):
        return {key: reference if part == UNKNOWN else part for key, part in value.items()}
    return reference


def _linked(state: Mapping[str, Any]) -> Iterator[str]:
    links = LINKS.get(state["type"], {})
    for key, sources in (state.get("propertyDependencies") or {}).items():
        if key in links:
            yield from sources


def _is_encoded(kind: str, given: Any) -> bool:
    # The engine has a provider's inputs, texts excepted, as JSON.
    return kind == "pulumi:providers:aws" and isinstance(given, str) and given.startswith(("[", "{", "true", "false"))


def _name(urn: str) -> str:
    return urn.rsplit("::", 1)[-1]


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda match: "_" + match[1].lower(), name)
