"""Conversion of values between the engine's wire format and plain Python."""

from google.protobuf import struct_pb2
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.runtime import rpc

from eks_access.provider.values import UNKNOWN, is_known, unwrap, wrap


def test_an_unknown_value_is_decoded_at_any_depth() -> None:
    message = struct_pb2.Struct()
    message.update({"one": rpc.UNKNOWN, "many": ["x", rpc.UNKNOWN], "known": "x"})
    read = {name: unwrap(value) for name, value in PropertyValue.unmarshal_map(message).items()}
    assert read["one"] is UNKNOWN
    assert not is_known(read["many"])
    assert is_known(read["known"])


def test_an_unknown_value_is_encoded_as_the_engines_sentinel() -> None:
    written = PropertyValue.marshal_map({"one": wrap(UNKNOWN), "many": wrap(["x", UNKNOWN])})
    assert written["one"] == rpc.UNKNOWN
    assert list(written["many"]) == ["x", rpc.UNKNOWN]


def test_whole_numbers_come_back_as_they_were_written() -> None:
    """The engine has floats alone; `80.0` is no port."""
    given = {"port": 80, "many": [1, 2.5], "flag": True}
    read = unwrap(PropertyValue.unmarshal(PropertyValue.marshal(wrap(given))))
    assert read == given
    assert [type(read["port"]), type(read["many"][0]), type(read["flag"])] == [int, int, bool]
