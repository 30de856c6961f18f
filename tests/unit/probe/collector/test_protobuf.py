"""Protobuf is decoded by what the structs declare, and nothing that is cut off passes for less than it was."""

from typing import Annotated, Any

import msgspec
import pytest

from eks_access.kubernetes import Response
from eks_access_probe.collector import encodings, wire
from eks_access_probe.collector.kinds import NAMESPACE, TOPOLOGY
from eks_access_probe.collector.protobuf import Decoder
from tests.unit.probe.collector.protobuf_answers import encoded

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
    name: Annotated[str, wire.at(2)]


class Whole(msgspec.Struct):
    """With one of each that may be declared."""

    text: Annotated[str, wire.at(1)]
    count: Annotated[int, wire.at(2)] = 1
    word: Annotated[str, wire.at(3)] = "TCP"
    is_so: Annotated[bool, wire.at(4)] = True
    part: Annotated[Part | None, wire.at(5)] = None
    parts: Annotated[tuple[Part, ...] | None, wire.at(6)] = None
    inner: Annotated[str, wire.at(7, 3)] = ""
    words: Annotated[dict[str, str], wire.at(16)] = {}


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
    decoder = Decoder(Whole)
    made = decoder.made(decoder.parsed(body))
    assert msgspec.structs.replace(made, parts=made.parts or None) == whole


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
def test_what_is_not_whole_is_no_struct(body: bytes, why: str) -> None:
    with pytest.raises(msgspec.DecodeError, match=why):
        Decoder(Whole).parsed(body)


def test_a_page_is_the_same_in_both_encodings() -> None:
    in_protobuf, in_json = (PODS.decoded(body) for body in (encoded(PAGE), msgspec.json.encode(PAGE)))
    assert in_protobuf.metadata == in_json.metadata == wire.ListMeta("7", "more")
    made = in_protobuf.items()[0]
    assert made.metadata.deletionTimestamp, "whatever its form"
    plain = msgspec.structs.replace(made.metadata, deletionTimestamp="2026-01-01T00:00:00Z")
    assert msgspec.structs.replace(made, metadata=plain) == in_json.items()[0]


def test_a_page_that_is_cut_off_anywhere_is_no_shorter_page() -> None:
    body = encoded(PAGE)
    for length in range(len(body)):
        with pytest.raises(msgspec.DecodeError):
            PODS.decoded(body[:length])


@pytest.mark.parametrize("kind", ["ServiceList", "Status", "PartialObjectMetadataList", ""])
def test_a_list_of_another_kind_is_not_read_by_the_numbers_of_this_one(kind: str) -> None:
    page = {**PAGE, "kind": kind, "items": []}
    for body in (msgspec.json.encode(page), encoded(page)):
        with pytest.raises(msgspec.DecodeError):
            PODS.decoded(body)


def test_metadata_is_read_of_whatever_kind_an_aggregated_api_answers_with() -> None:
    assert [item.metadata.name for item in NAMESPACE.decoded(encoded({**PAGE, "kind": "WidgetList"})).items()] == [
        "web",
        "web",
    ]


def test_an_error_is_read_in_protobuf_too() -> None:
    status = {"kind": "Status", "reason": "Forbidden", "message": "pods is forbidden"}
    told = encodings.error(Response(403, {}, encoded(status)))
    assert msgspec.json.decode(told.body) == {"reason": "Forbidden", "message": "pods is forbidden"}


@pytest.mark.parametrize("body", [encoded({**PAGE, "items": []}), encodings.MAGIC, encodings.MAGIC + b"\x0a\x05"])
def test_what_is_no_error_in_protobuf_says_nothing(body: bytes) -> None:
    assert encodings.error(Response(403, {}, body)).body == b""


def test_values_that_are_not_kept_come_with_the_protobuf_and_are_not_decoded() -> None:
    item = {**POD, "spec": {"containers": [{"name": "main", "env": [{"name": "TOKEN", "value": "CANARY"}]}]}}
    body = encoded({**PAGE, "items": [item]})
    assert b"CANARY" in body
    assert "CANARY" not in repr(PODS.decoded(body).items())
