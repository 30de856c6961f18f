"""Objects of the Kubernetes API as data: what was asked for, what was found, who owns which field."""

import base64
import binascii
import copy
import hashlib
from collections.abc import Mapping
from typing import Any, Final

from ..plugin import Values

AUTONAMED: Final = "pulumi.com/autonamed"
LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
IMPORTED: Final = "__imported"
"""Among the inputs: they were read from the cluster, so a field that the program leaves out is no wish to remove it."""
FIELD_MANAGER: Final = "__fieldManager"

_SERVER_METADATA: Final = (
    "creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation", "managedFields",
    "resourceVersion", "selfLink", "uid",
)  # fmt: skip
_STRICT: Final[Mapping[str, tuple[str, ...]]] = {
    "ClusterRole": ("rules", "aggregationRule"),
    "Role": ("rules",),
}
"""Fields in which the server fills nothing in, so that anything new there is someone's change."""


def object_id(body: Mapping[str, Any]) -> str:
    """`namespace/name`, or `name` for what lies in no namespace."""
    meta = body["metadata"]
    return f"{meta['namespace']}/{meta['name']}" if meta.get("namespace") else str(meta["name"])


def split_id(resource_id: str) -> tuple[str | None, str]:
    """The namespace and the name of an id.

    Raises:
        ValueError: it is neither `namespace/name` nor `name`.
    """
    namespace, slash, name = resource_id.rpartition("/")
    if not name or "/" in namespace or (slash and not namespace):
        raise ValueError(f"unexpected format for ID ({resource_id}), expected namespace/name or name")
    return namespace or None, name


def annotations(body: Mapping[str, Any]) -> Mapping[str, Any]:
    meta = body.get("metadata")
    found = meta.get("annotations") if isinstance(meta, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def wanted_object(inputs: Mapping[str, Any]) -> Values:
    """The inputs as an object to send: without the plug-in's own notes."""
    return {key: copy.deepcopy(value) for key, value in inputs.items() if not key.startswith("__")}


def state_of(live: Mapping[str, Any], manager: str) -> Values:
    """What is kept of a live object: not its `managedFields`, which are long and change with every writer."""
    state = copy.deepcopy(dict(live))
    state.get("metadata", {}).pop("managedFields", None)
    return {**state, FIELD_MANAGER: manager}


def imported_inputs(live: Mapping[str, Any]) -> Values:
    """The inputs of an object that was made elsewhere."""
    inputs = copy.deepcopy({key: value for key, value in live.items() if key != "status"})
    for key in _SERVER_METADATA:
        inputs["metadata"].pop(key, None)
    kept = {k: v for k, v in annotations(inputs).items() if k != LAST_APPLIED}
    inputs["metadata"].pop("annotations", None)
    if kept:
        inputs["metadata"]["annotations"] = kept
    return {**inputs, IMPORTED: True}


def live_inputs(inputs: Mapping[str, Any], before: Mapping[str, Any], live: Mapping[str, Any]) -> Values:
    """The inputs that would make the object as it is now.

    A field counts as drifted only where it differs from how the server gave it back after our own last write. So
    neither defaults that the server fills in nor its own spelling of a value (`500m` for `0.5`) pass for drift.
    """
    found = _mapping(inputs, before, live)
    for key in _STRICT.get(str(live.get("kind")), ()):
        aggregated = key == "rules" and "aggregationRule" in inputs
        if not aggregated and live.get(key) != before.get(key):
            found.pop(key, None)
            if live.get(key) is not None:
                found[key] = copy.deepcopy(live[key])
    if "stringData" in inputs and live.get("kind") == "Secret":
        found["stringData"] = _string_data(inputs["stringData"], live.get("data") or {})
    return found


def _mapping(inputs: Mapping[str, Any], before: Any, live: Mapping[str, Any]) -> Values:
    before = before if isinstance(before, Mapping) else {}
    found: Values = {}
    for key, value in inputs.items():
        if key in live:
            found[key] = _value(value, before.get(key), live[key])
        elif key.startswith("__") or key not in before:
            found[key] = value  # the server keeps no such field
    return found


def _value(wanted: Any, before: Any, live: Any) -> Any:
    if live == before:
        return wanted
    if isinstance(wanted, Mapping) and isinstance(live, Mapping):
        return _mapping(wanted, before, live)
    if isinstance(wanted, list) and isinstance(live, list):
        old = before if isinstance(before, list) else []
        return [
            _value(wanted[i], old[i] if i < len(old) else None, item) if i < len(wanted) else copy.deepcopy(item)
            for i, item in enumerate(live)
        ]
    return copy.deepcopy(live)


def _string_data(wanted: Any, data: Mapping[str, str]) -> Any:
    """The live values of the keys that were given as plain text."""
    if not isinstance(wanted, Mapping):
        return wanted
    found = {}
    for key in wanted:
        if key in data:
            try:
                found[key] = base64.b64decode(data[key]).decode()
            except (binascii.Error, UnicodeDecodeError):
                found[key] = data[key]
    return found


def field_manager(urn: str) -> str:
    """The name under which this resource's fields are owned in the cluster."""
    return f"pulumi-kubernetes-{hashlib.sha256(urn.encode()).hexdigest()[:8]}"


_ADOPTED: Final = ("kubectl", "before-first-apply", "pulumi-kubernetes", "pulumi-resource-kubernetes")


def adopt_fields(managed: list[Values], manager: str) -> list[Values] | None:
    """The owners of an object's fields after `manager` has taken over what `kubectl` and its like own.

    The official plug-in does this before each update, so that a hand-made change is undone rather than a conflict; a
    change by any other manager stays one. None where there is nothing to take over.
    """
    own = next((m for m in managed if m["manager"] == manager and m["operation"] == "Apply"), None)
    taken = [
        m for m in managed
        if m is not own and m["manager"].startswith(_ADOPTED) and not m.get("subresource")
        and (own is None or m.get("apiVersion") == own.get("apiVersion"))
        and not (m["manager"].startswith("pulumi-kubernetes-") and m["operation"] == "Apply")
    ]  # fmt: skip
    if not taken:
        return None
    merged: Values = copy.deepcopy((own or taken[0]).get("fieldsV1") or {})
    for entry in taken:
        _merge(merged, entry.get("fieldsV1") or {})
    entry = {**(own or taken[0]), "manager": manager, "operation": "Apply", "fieldsV1": merged}
    return [m for m in managed if m is not own and not any(m is t for t in taken)] + [entry]


def _merge(into: Values, other: Mapping[str, Any]) -> None:
    for key, value in other.items():
        if isinstance(into.get(key), dict) and isinstance(value, Mapping):
            _merge(into[key], value)
        else:
            into.setdefault(key, copy.deepcopy(value))


def merge_patch(old: Mapping[str, Any], new: Mapping[str, Any]) -> Values:
    """The JSON merge patch (RFC 7396) from one object to another."""
    patch: Values = {key: None for key in old if key not in new}
    for key, value in new.items():
        before = old.get(key)
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            if inner := merge_patch(before, value):
                patch[key] = inner
        elif value != before:
            patch[key] = copy.deepcopy(value)
    return patch
