"""Protobuf is decoded according to the structs, and a body that is cut off is never taken for a shorter one."""

from collections.abc import Callable
from io import BytesIO
from typing import Annotated, Any

import msgspec
import pytest

from eks_access.kubernetes.client import Response
from eks_access_probe.collector.kinds import NAMESPACE, TOPOLOGY, Kind
from eks_access_probe.collector.objects import Interner
from eks_access_probe.collector.wire import encodings, messages
from eks_access_probe.collector.wire.protobuf import Parser
from tests.support.protobuf_answers import encoded

PODS = next(kind for kind in TOPOLOGY if kind.name == "Pod")
RUNNING = {"name": "main", "ready": True, "restartCount": 2, "state": {"running": {}}}
POD = {
    "metadata": {"name": "web", "uid": "1", "labels": {"app": "web"}, "deletionTimestamp": "2026-01-01T00:00:00Z"},
    "spec": {"containers": [{"name": "main", "image": "web:1"}], "ephemeralContainers": [{"name": "debug"}]},
    "status": {"phase": "Running", "containerStatuses": [RUNNING]},
}
PAGE: dict[str, Any] = {
    "kind": "PodList",
    "metadata": {"resourceVersion": "7", "continue": "more"},
    "items": [POD, POD],
}


class Part(msgspec.Struct):
    name: Annotated[str, messages.at(2)]


class Whole(msgspec.Struct):
    """A struct with one field of each type."""

    text: Annotated[str, messages.at(1)]
    count: Annotated[int, messages.at(2)] = 1
    word: Annotated[str, messages.at(3)] = "TCP"
    is_so: Annotated[bool, messages.at(4)] = True
    part: Annotated[Part | None, messages.at(5)] = None
    parts: Annotated[tuple[Part, ...] | None, messages.at(6)] = None
    inner: Annotated[str, messages.at(7, 3)] = ""
    words: Annotated[dict[str, str], messages.at(16)] = {}


@pytest.mark.parametrize(
    ("body", "whole"),
    [
        (b"\x0a\x01a", Whole("a")),
        (b"\x0a\x01a\x10\x00\x1a\x00\x20\x00", Whole("a", count=0, word="", is_so=False)),
        (b"\x0a\x01a\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", Whole("a", count=-1)),
        (b"\x0a\x01a\x2a\x03\x12\x01b", Whole("a", part=Part("b"))),
        (b"\x0a\x01a\x32\x03\x12\x01b\x32\x03\x12\x01c", Whole("a", parts=(Part("b"), Part("c")))),
        (b"\x0a\x01a\x3a\x03\x1a\x01b", Whole("a", inner="b")),
        (b"\x0a\x01a\x82\x01\x06\x0a\x01k\x12\x01v", Whole("a", words={"k": "v"})),
        (b"\x0a\x01a\x4a\x06secret", Whole("a")),
    ],
    ids=["defaults", "zeroes", "negative", "part", "parts", "embedded", "words", "no field for it"],
)
def test_each_kind_of_field_is_decoded_by_its_number(body: bytes, whole: Whole) -> None:
    message = Parser(Whole).parse(body)
    found = messages.optional(message, "part")
    part = None if found is None else Part(found.name)
    parts = tuple(Part(each.name) for each in message.parts) or None
    inner = messages.embedded(message).inner
    assert whole == Whole(message.text, message.count, message.word, message.is_so, part, parts, inner, message.words)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"\x10\x01", "lacks text"),
        (b"\x0a\x01a\x2a\x00", "lacks part.name"),
        (b"\x0a\x05a", "cut off"),
        (b"\x0a\x01\xff", "cut off, or malformed"),
    ],
    ids=["without what is required", "a part without it", "cut off", "no text"],
)
def test_an_incomplete_message_is_rejected(body: bytes, why: str) -> None:
    with pytest.raises(msgspec.DecodeError, match=why):
        Parser(Whole).parse(body)


def read(kind: Kind, body: bytes) -> tuple[messages.ListMeta, list[Any]]:
    page = kind.decode_page(BytesIO(body).read)
    return page.metadata, list(page.items)


def test_the_head_of_a_page_is_the_same_in_both_encodings() -> None:
    for body in (encoded(PAGE), msgspec.json.encode(PAGE)):
        meta, items = read(PODS, body)
        assert meta == messages.ListMeta("7", "more")
        assert len(items) == 2


def test_an_object_is_the_same_in_both_encodings() -> None:
    """With one of each field that a pod may have, including its deletion timestamp."""
    kept = [PODS.project(read(PODS, body)[1], Interner()) for body in (encoded(PAGE), msgspec.json.encode(PAGE))]
    assert kept[0] == kept[1]
    (seen, _) = kept[0]
    assert seen.node.status == "Terminating"
    assert [each.name for each in seen.node.containers] == ["main", "debug"]
    assert seen.node.containers[0].state == "running"
    assert seen.labels == (("app", "web"),)


def test_the_head_of_a_page_is_available_before_the_rest_arrives() -> None:
    body = encoded({**PAGE, "items": [POD] * 1000})
    come = BytesIO(body)
    page = PODS.decode_page(come.read)
    assert page.metadata.continue_token == "more"
    assert come.tell() < len(body), "the next page can be requested already"
    assert len(list(page.items)) == 1000
    assert come.tell() == len(body)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
def test_a_page_may_arrive_in_pieces_of_any_size(size: int) -> None:
    come = BytesIO(encoded(PAGE))
    page = PODS.decode_page(lambda _: come.read(size))
    assert [item.metadata.name for item in page.items] == ["web", "web"]


def test_an_object_may_be_larger_than_a_block() -> None:
    large = {**POD, "metadata": {"name": "web", "labels": {"app": "x" * 200_000}}}
    _, (first, second) = read(PODS, encoded({**PAGE, "items": [large, POD]}))
    assert first.metadata.labels["app"] == "x" * 200_000
    assert second.metadata.name == "web"


def test_a_page_that_is_cut_off_anywhere_is_rejected() -> None:
    body = encoded(PAGE)
    for length in range(len(body)):
        with pytest.raises(msgspec.DecodeError):
            read(PODS, body[:length])


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        (lambda body: body.replace(b"k8s\0\x0a", b"k8s\0\x1a", 1), "has field 3 in the place of 1"),
        (lambda body: body.replace(b"k8s\0\x0a", b"k8s\0\x08", 1), "has a field that is not a message"),
        (lambda body: body[:5] + b"\xff" * 12 + body[6:], "a number has no end"),
    ],
    ids=["another order", "a number", "no end of a length"],
)
def test_a_page_with_another_structure_is_rejected(changed: Callable[[bytes], bytes], why: str) -> None:
    with pytest.raises(msgspec.DecodeError, match=why):
        read(PODS, changed(encoded(PAGE)))


def test_a_list_that_ends_within_an_object_is_malformed() -> None:
    item = b"\x12\x05\x0a\x03\x0a\x01a"
    for length, is_whole in ((9, True), (8, False)):
        body = encodings.MAGIC + b"\x0a\x09\x12\x07NewList\x12" + bytes([length]) + b"\x0a\x00" + item
        if is_whole:
            assert len(read(NAMESPACE, body)[1]) == 1
        else:
            with pytest.raises(msgspec.DecodeError, match="longer than the message that contains it"):
                read(NAMESPACE, body)


def test_unknown_fields_of_a_list_are_skipped() -> None:
    body = (
        encodings.MAGIC
        + b"\x0a\x09\x12\x07NewList"
        + b"\x12\x10"
        + b"\x0a\x03\x12\x017"
        + b"\x3a\x02??"
        + b"\x12\x05\x0a\x03\x0a\x01a"
    )
    _, (item,) = read(NAMESPACE, body)
    assert item.metadata.name == "a"


@pytest.mark.parametrize("kind", ["ServiceList", "Status", "PartialObjectMetadataList", ""])
def test_a_list_of_another_kind_is_not_decoded_with_the_field_numbers_of_this_one(kind: str) -> None:
    page = {**PAGE, "kind": kind, "items": []}
    for body in (msgspec.json.encode(page), encoded(page)):
        with pytest.raises(msgspec.DecodeError):
            read(PODS, body)


def test_metadata_is_decoded_from_any_kind_that_an_aggregated_api_returns() -> None:
    _, items = read(NAMESPACE, encoded({**PAGE, "kind": "WidgetList"}))
    assert [item.metadata.name for item in items] == ["web", "web"]


def test_an_error_in_protobuf_is_decoded() -> None:
    status = {"kind": "Status", "reason": "Forbidden", "message": "pods is forbidden"}
    decoded = encodings.decode_error(Response(403, {}, encoded(status)))
    assert msgspec.json.decode(decoded.body) == {"reason": "Forbidden", "message": "pods is forbidden"}


@pytest.mark.parametrize("body", [encoded({**PAGE, "items": []}), encodings.MAGIC, encodings.MAGIC + b"\x0a\x05"])
def test_protobuf_that_is_not_an_error_has_no_message(body: bytes) -> None:
    assert encodings.decode_error(Response(403, {}, body)).body == b""


def test_values_that_are_not_kept_are_in_the_protobuf_and_not_decoded() -> None:
    item = {**POD, "spec": {"containers": [{"name": "main", "env": [{"name": "TOKEN", "value": "CANARY"}]}]}}
    body = encoded({**PAGE, "items": [item]})
    assert b"CANARY" in body
    assert "CANARY" not in repr(read(PODS, body))
