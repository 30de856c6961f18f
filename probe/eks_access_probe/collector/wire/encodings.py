"""What is asked of an API server in Kubernetes' protobuf, and read in whichever encoding it comes.

A server encodes a list as protobuf in a third of the time that JSON takes it. Custom resources and some aggregated
APIs have no protobuf, and then it is JSON.
https://kubernetes.io/docs/reference/using-api/api-concepts/#kubernetes-protobuf-encoding
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from io import BytesIO
from typing import Any

import msgspec

from eks_access.kubernetes.client import Response

from . import messages
from .protobuf import Parser
from .protobuf_stream import Incoming, Read

_PROTOBUF, _JSON = "application/vnd.kubernetes.protobuf", "application/json"
_METADATA = ";as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
MAGIC = b"k8s\0"
"""What every body in protobuf begins with, to be told by."""
_TYPE, _WRAPPED = 1, 2
"""The fields of what everything is wrapped in.
https://github.com/kubernetes/apimachinery/blob/master/pkg/runtime/generated.proto, there called `Unknown`"""
_LIST_META, _ITEMS = 1, 2
"""The fields of every list. Kubernetes writes fields in the order of their numbers."""


def accept(item: type) -> str:
    """The least that has what is decoded of an item.

    An aggregated API may not know how to give metadata alone, and answers with its objects in full.
    """
    if item is messages.Object:
        return f"{_PROTOBUF}{_METADATA},{_JSON}{_METADATA},{_JSON}"
    return f"{_PROTOBUF},{_JSON}"


def of(generic: Any, struct: Any) -> Any:
    """A generic struct of another one."""
    return generic[struct]


@cache
def parser(struct: Any) -> Parser:
    return Parser(struct)


@dataclass(frozen=True)
class Page:
    """One page of a list, of which the head has come."""

    kind: str
    metadata: messages.ListMeta
    items: Iterable[Any]
    """To be read as the struct is that was asked for, once, and as far as they come: `msgspec.DecodeError` tells that
    the page is cut off."""


def page(item: type, read: Read) -> Page:
    """
    Raises:
        msgspec.DecodeError: the body is cut off, or no list.
    """
    incoming = Incoming(read)
    if not incoming.begins_with(MAGIC):
        found = _json(of(messages.Page, item)).decode(incoming.the_rest())
        return Page(found.kind, found.metadata, found.items or ())
    kind, length = _unwrapped(incoming)
    end = incoming.position + length
    meta = parser(messages.ListMeta).parsed(incoming.content(incoming.field(_LIST_META)))
    return Page(
        kind, messages.ListMeta(meta.resourceVersion, meta.next), _items(item, incoming, end - incoming.position)
    )


def _unwrapped(incoming: Incoming) -> tuple[str, int]:
    """The kind of what comes next, and how long that is."""
    kind = parser(messages.TypeMeta).parsed(incoming.content(incoming.field(_TYPE))).kind
    return kind, incoming.field(_WRAPPED)


def _items(item: type, incoming: Incoming, length: int) -> Iterator[Any]:
    yield from map(parser(item).parsed, incoming.fields(_ITEMS, length))
    incoming.the_rest()  # what follows the list must have come as well


def error(response: Response) -> Response:
    """An answer that is no list, with what it says in JSON."""
    incoming = Incoming(BytesIO(response.body).read)
    if not incoming.begins_with(MAGIC):
        return response
    try:
        kind, length = _unwrapped(incoming)
        told = parser(messages.Status).parsed(incoming.content(length))
    except msgspec.DecodeError:
        return replace(response, body=b"")
    status = messages.Status(told.message, told.reason)
    return replace(response, body=msgspec.json.encode(status) if kind == "Status" else b"")


@cache
def _json(struct: Any) -> "msgspec.json.Decoder[Any]":
    return msgspec.json.Decoder(struct)
