"""Secrets keep their mark and stay out of messages; unknowns pass through."""

from google.protobuf import struct_pb2
from pulumi.runtime import rpc

from sandbox.plugins.values import UNKNOWN, decode, encode, has_unknown, redact


def secret(value: object) -> dict[str, object]:
    return {rpc._special_sig_key: rpc._special_secret_sig, "value": value}


def message(value: dict[str, object]) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(value)
    return struct


def test_a_secret_is_plain_inside_and_marked_again_on_the_way_out() -> None:
    sent = message({"a": secret("x"), "list": [{"b": secret({"c": "y"})}], "open": "z"})
    decoded = decode(sent)
    assert decoded.value == {"a": "x", "list": [{"b": {"c": "y"}}], "open": "z"}
    assert decoded.secrets == {("a",), ("list", 0, "b")}
    assert encode(decoded.value, decoded.secrets) == sent


def test_unknowns_of_every_type_are_understood() -> None:
    decoded = decode(message({"text": rpc.UNKNOWN, "number": "3eeb2bf0-c639-47a8-9e75-3b44932eb421"}))
    assert decoded.value == {"text": UNKNOWN, "number": UNKNOWN}
    assert has_unknown(decoded.value)
    assert encode({"text": UNKNOWN}) == message({"text": rpc.UNKNOWN})


def test_whole_numbers_stay_whole_and_nulls_in_mappings_are_absent() -> None:
    decoded = decode(message({"port": 80, "half": 0.5, "none": None, "deep": {"none": None, "a": 1}}))
    assert decoded.value == {"port": 80, "half": 0.5, "deep": {"a": 1}}
    assert isinstance(decoded.value["port"], int), "the API server takes no 80.0 for a port"


def test_a_secret_is_taken_out_of_a_message_wherever_it_stands() -> None:
    value = {"data": {"token": "hunter2"}, "name": "public-name"}
    text = 'Secret "public-name" is invalid: data[token]: Invalid value: "hunter2"'
    assert redact(text, value, {("data",)}) == 'Secret "public-name" is invalid: data[token]: Invalid value: "[secret]"'
    assert redact(text, value, set()) == text, "what is not secret is shown"
