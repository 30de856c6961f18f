"""Pulumi's wire values as plain Python data, and back.

Secrets and unknowns travel as marked structures: `pulumi.runtime.rpc` has the same marks for the program's side.
The plug-ins work on plain data: an unknown becomes `UNKNOWN`, and a secret becomes its plain value plus its path, so
that the mark can be put back on the way out and the value can be kept out of messages.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from google.protobuf import struct_pb2

Path = tuple[str | int, ...]

SIGNATURE_KEY: Final = "4dabf18193072939515e22adb298388d"
SECRET_SIGNATURE: Final = "1b47061264138c4ac30d75fd1eb44270"
RESOURCE_SIGNATURE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
OUTPUT_SIGNATURE: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
UNKNOWN_STRING: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
UNKNOWN_WIRE_VALUES: Final = frozenset(
    {
        UNKNOWN_STRING,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
"""One marker for each type of value: string, bool, number, list, mapping."""


class Unknown:
    """A value that is only known once another resource has been made."""

    def __repr__(self) -> str:
        return "<unknown>"


UNKNOWN: Final = Unknown()


class UnsupportedValueError(ValueError):
    """A kind of value that these plug-ins do not take, such as an asset."""


@dataclass(frozen=True)
class Decoded:
    """A message's properties and the paths of those that are secret."""

    value: dict[str, Any]
    secrets: frozenset[Path] = field(default_factory=frozenset)


def decode(struct: struct_pb2.Struct) -> Decoded:
    secrets: set[Path] = set()
    return Decoded(_decode_fields(struct.fields, (), secrets), frozenset(secrets))


def _decode_fields(fields: Mapping[str, struct_pb2.Value], path: Path, secrets: set[Path]) -> dict[str, Any]:
    decoded = {key: _decode(value, (*path, key), secrets) for key, value in fields.items()}
    return {key: value for key, value in decoded.items() if value is not None}


def _decode(value: struct_pb2.Value, path: Path, secrets: set[Path]) -> Any:
    match value.WhichOneof("kind"):
        case "bool_value":
            return value.bool_value
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "string_value":
            return UNKNOWN if value.string_value in UNKNOWN_WIRE_VALUES else value.string_value
        case "list_value":
            return [_decode(item, (*path, i), secrets) for i, item in enumerate(value.list_value.values)]
        case "struct_value":
            return _decode_struct(value.struct_value.fields, path, secrets)
        case _:
            return None


def _decode_struct(fields: Mapping[str, struct_pb2.Value], path: Path, secrets: set[Path]) -> Any:
    signature = fields[SIGNATURE_KEY].string_value if SIGNATURE_KEY in fields else None
    if signature is None:
        return _decode_fields(fields, path, secrets)
    if signature == SECRET_SIGNATURE:
        secrets.add(path)
        return _decode(fields["value"], path, secrets)
    if signature == OUTPUT_SIGNATURE:
        if "secret" in fields and fields["secret"].bool_value:
            secrets.add(path)
        return _decode(fields["value"], path, secrets) if "value" in fields else UNKNOWN
    if signature == RESOURCE_SIGNATURE:
        return _decode(fields["id"], path, secrets) if "id" in fields else fields["urn"].string_value
    raise UnsupportedValueError(f"{format_path(path)}: assets and archives are not taken by this plug-in")


def encode(value: Mapping[str, Any], secrets: Iterable[Path] = ()) -> struct_pb2.Struct:
    marked = frozenset(secrets)
    return struct_pb2.Struct(fields={k: _encode(v, (k,), marked) for k, v in value.items() if v is not None})


def _encode(value: Any, path: Path, secrets: frozenset[Path]) -> struct_pb2.Value:
    encoded = _encode_plain(value, path, secrets)
    if path not in secrets:
        return encoded
    signature = struct_pb2.Value(string_value=SECRET_SIGNATURE)
    return struct_pb2.Value(struct_value=struct_pb2.Struct(fields={SIGNATURE_KEY: signature, "value": encoded}))


def _encode_plain(value: Any, path: Path, secrets: frozenset[Path]) -> struct_pb2.Value:
    match value:
        case None:
            return struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)
        case Unknown():
            return struct_pb2.Value(string_value=UNKNOWN_STRING)
        case bool():
            return struct_pb2.Value(bool_value=value)
        case int() | float():
            return struct_pb2.Value(number_value=value)
        case str():
            return struct_pb2.Value(string_value=value)
        case list() | tuple():
            items = [_encode(item, (*path, i), secrets) for i, item in enumerate(value)]
            return struct_pb2.Value(list_value=struct_pb2.ListValue(values=items))
        case Mapping():
            fields = {k: _encode(v, (*path, k), secrets) for k, v in value.items()}
            return struct_pb2.Value(struct_value=struct_pb2.Struct(fields=fields))
        case _:
            raise TypeError(f"{format_path(path)}: cannot send a {type(value).__name__}")


def has_unknown(value: object) -> bool:
    if isinstance(value, Mapping):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(has_unknown(item) for item in value)
    return isinstance(value, Unknown)


_PLAIN_KEY = re.compile(r"[A-Za-z_$][A-Za-z0-9_$-]*\Z")


def format_path(path: Path) -> str:
    """The path as Pulumi writes it: `rules[0].verbs`, `tags["a:b"]`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _PLAIN_KEY.match(step):
            text += f".{step}" if text else step
        else:
            text += '["' + step.replace("\\", "\\\\").replace('"', '\\"') + '"]'
    return text


def lookup(value: object, path: Path) -> Any:
    """The value at a path, or None."""
    for step in path:
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def redact(text: str, value: object, secrets: Iterable[Path]) -> str:
    """The text with every secret of four characters or more taken out."""
    for secret in sorted({s for path in secrets for s in strings(lookup(value, path))}, key=len, reverse=True):
        if len(secret) >= 4:
            text = text.replace(secret, "[secret]")
    return text


def strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)


_STEP = re.compile(r'\.?([^.\[\]"]+)|\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|\[(\*)\]')


def parse_path(text: str) -> Path:
    """The path that a text such as `rules[0].verbs` or `tags["a:b"]` names."""
    steps: list[str | int] = []
    for name, index, key, star in _STEP.findall(text):
        steps.append(int(index) if index else name or star or re.sub(r"\\(.)", r"\1", key))
    return tuple(steps)
