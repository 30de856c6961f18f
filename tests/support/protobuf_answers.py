"""Encodes the responses of the fake API server in Kubernetes' protobuf.

The message types are the collector's own, so these tests cannot show that the field numbers are those of Kubernetes.
The end-to-end tests with a real API server show that.
"""

import base64
import json
from typing import Annotated, Any, Generic, TypeVar

from google.protobuf import json_format
from msgspec import Struct

from eks_access_probe.collector.kinds import TOPOLOGY
from eks_access_probe.collector.wire import encodings, messages
from eks_access_probe.collector.wire.protobuf import EMBEDDED

Object = dict[str, Any]
Item = TypeVar("Item")
ENV = 7
"""The number of a container's `env`, for which the collector has no field."""
_ITEMS = {f"{kind.name}List": kind.item for kind in TOPOLOGY}


class Wrapped(Struct, Generic[Item]):
    """The envelope around every body."""

    typeMeta: Annotated[messages.TypeMeta, messages.at(1)]
    raw: Annotated[Item, messages.at(2)]


class Items(Struct, Generic[Item]):
    """One page of a list in the envelope."""

    metadata: Annotated[messages.ListMeta, messages.at(1)]
    items: Annotated[tuple[Item, ...], messages.at(2)] = ()


def encoded(answer: Object) -> bytes:
    """The response in protobuf, by its kind."""
    kind = answer["kind"]
    form: Any = messages.Status if kind == "Status" else encodings.specialize(Items, _ITEMS.get(kind, messages.Object))
    message = encodings.parser(encodings.specialize(Wrapped, form)).message()
    given = {"typeMeta": {"kind": kind}, "raw": _as_in_protobuf(answer)}
    json_format.ParseDict(given, message, ignore_unknown_fields=True)
    if kind == "PodList":
        for item, pod in zip(answer["items"], message.raw.items, strict=True):
            for declared, container in zip(item["spec"]["containers"], pod.spec.containers, strict=True):
                container.MergeFromString(_unknown(ENV, json.dumps(declared.get("env", [])).encode()))
    return encodings.MAGIC + bytes(message.SerializeToString())


def _unknown(number: int, value: bytes) -> bytes:
    assert len(value) < 128, "its length is one byte"
    return bytes([number << 3 | 2, len(value)]) + value


def _as_in_protobuf(value: Any, key: str = "") -> Any:
    """An API object with the fields of its protobuf messages, where they differ from those of JSON."""
    if isinstance(value, list):
        return [_as_in_protobuf(each, key) for each in value]
    if not isinstance(value, dict):
        return base64.b64encode(value.encode()).decode() if key == "deletionTimestamp" else value
    made = {
        {"continue": "continue_token"}.get(name, name): each if name == "labels" else _as_in_protobuf(each, name)
        for name, each in value.items()
    }
    if key == "ephemeralContainers":
        return {EMBEDDED: made}
    if key == "rules":
        return {"host": made.get("host", ""), EMBEDDED: made}
    return made
