"""Parses protobuf by the declarations of msgspec structs whose fields tell their numbers (`wire.at`).

What comes of it is a message with the fields of the struct, the same of them required and with the same defaults. A
struct is not made of it: with tens of thousands of objects, that takes longer than the parsing. What has no field
stays in the parser's own memory, as the bytes that it came as, and is gone with the message.
"""

from typing import Any

import msgspec
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FeatureSet,
    FieldDescriptorProto,
    FieldOptions,
    FileDescriptorProto,
)
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass
from msgspec import inspect

_ONE, _MANY = FieldDescriptorProto.LABEL_OPTIONAL, FieldDescriptorProto.LABEL_REPEATED
_REQUIRED = FieldOptions(features=FeatureSet(field_presence="LEGACY_REQUIRED"))
EMBEDDED = "embedded"
"""What a message calls the field that has no name in JSON (`wire.embedded`)."""
_SCALARS: dict[type[inspect.Type], Any] = {
    inspect.AnyType: FieldDescriptorProto.TYPE_BYTES,
    inspect.BoolType: FieldDescriptorProto.TYPE_BOOL,
    inspect.IntType: FieldDescriptorProto.TYPE_INT64,
    inspect.StrType: FieldDescriptorProto.TYPE_STRING,
}
"""On the wire an int32 is an int64, and a message is bytes."""


class Parser:
    """Parses bodies that hold what a struct declares."""

    def __init__(self, struct: Any) -> None:
        body = _Declared(DescriptorProto(name="Body"), ".Body")
        _struct(body, inspect.type_info(struct))
        file = FileDescriptorProto(name="body.proto", syntax="editions", edition="EDITION_2023")
        file.message_type.append(body.descriptor)
        self._pool = DescriptorPool()  # lives as long as the types in it must
        self._pool.Add(file)
        self.message: Any = GetMessageClass(self._pool.FindMessageTypeByName("Body"))

    def parsed(self, body: bytes) -> Any:
        """The message, with an attribute for each field of the struct. Nothing in it is a Python object yet.

        Raises:
            msgspec.DecodeError: the body is cut off, or holds something else. It tells fields, and never a value.
        """
        try:
            message = self.message.FromString(body)
        except DecodeError as error:
            raise msgspec.DecodeError("the protobuf is cut off, or malformed") from error
        if not message.IsInitialized():
            raise msgspec.DecodeError(f"the protobuf lacks {message.FindInitializationErrors()[0]}")
        return message


class _Declared:
    """A message type, as far as it is declared."""

    def __init__(self, descriptor: DescriptorProto, name: str) -> None:
        self.descriptor = descriptor
        self._name = name
        self._embedded: _Declared | None = None

    def scalar(self, name: str, number: int, kind: Any, label: Any = _ONE, **more: Any) -> None:
        self.descriptor.field.add(name=name, number=number, type=kind, label=label, **more)

    def message(self, name: str, number: int, label: Any = _ONE, *, own: str = "", **more: Any) -> "_Declared":
        """A field with a message type of its own."""
        own = own or f"{name}Message"
        self.scalar(name, number, FieldDescriptorProto.TYPE_MESSAGE, label, type_name=f"{self._name}.{own}", **more)
        return _Declared(self.descriptor.nested_type.add(name=own), f"{self._name}.{own}")

    def mapping(self, name: str, number: int) -> None:
        """https://protobuf.dev/programming-guides/proto3/#backwards"""
        entry = self.message(name, number, _MANY, own=f"{name[0].upper()}{name[1:]}Entry")
        entry.descriptor.options.map_entry = True
        entry.scalar("key", 1, FieldDescriptorProto.TYPE_STRING)
        entry.scalar("value", 2, FieldDescriptorProto.TYPE_STRING)

    def embedded(self, number: int) -> "_Declared":
        """The message type of the one field that has no name in JSON."""
        if self._embedded is None:
            self._embedded = self.message(EMBEDDED, number)
        return self._embedded


def _struct(declared: _Declared, info: Any) -> None:
    """Declare a struct's fields."""
    for field in info.fields:
        holder, (*outer, number) = declared, field.type.extra["numbers"]
        for each in outer:
            holder = holder.embedded(each)
        _field(holder, field, number, _unwrapped(field.type))


def _field(declared: _Declared, field: inspect.Field, number: int, kind: Any) -> None:
    more: dict[str, Any] = {"options": _REQUIRED} if field.required else {}
    match kind:
        case inspect.DictType():
            declared.mapping(field.name, number)
        case inspect.VarTupleType(item_type=item):
            _struct(declared.message(field.name, number, _MANY), item)
        case inspect.StructType():
            _struct(declared.message(field.name, number, **more), kind)
        case _:
            if field.default not in (msgspec.NODEFAULT, None):
                default = field.default
                more["default_value"] = default if isinstance(default, str) else str(default).lower()
            declared.scalar(field.name, number, _SCALARS[type(kind)], **more)


def _unwrapped(kind: Any) -> Any:
    """The type itself, without notes and without None."""
    match kind:
        case inspect.Metadata(type=inner):
            return _unwrapped(inner)
        case inspect.UnionType(types=types):
            return next(_unwrapped(each) for each in types if not isinstance(each, inspect.NoneType))
    return kind
