"""Parses protobuf according to msgspec structs whose fields are annotated with their numbers (`messages.at`).

The result is a protobuf message with the same fields, required fields and defaults as the struct. It is not converted
to the struct: for tens of thousands of objects, that takes longer than the parsing. Fields that the struct does not
have stay in the message as unparsed bytes, and are freed with it.
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
"""The name of the field that exists in protobuf only (`messages.embedded`)."""
_SCALARS: dict[type[inspect.Type], Any] = {
    inspect.AnyType: FieldDescriptorProto.TYPE_BYTES,
    inspect.BoolType: FieldDescriptorProto.TYPE_BOOL,
    inspect.IntType: FieldDescriptorProto.TYPE_INT64,
    inspect.StrType: FieldDescriptorProto.TYPE_STRING,
}
"""Protobuf encodes an int32 like an int64, and a message like bytes."""


class Parser:
    """Parses messages that have the fields of a struct."""

    def __init__(self, struct: Any) -> None:
        body = _MessageType(DescriptorProto(name="Body"), ".Body")
        _add_fields(body, inspect.type_info(struct))
        file = FileDescriptorProto(name="body.proto", syntax="editions", edition="EDITION_2023")
        file.message_type.append(body.descriptor)
        self._pool = DescriptorPool()  # must live as long as the types in it
        self._pool.Add(file)
        self.message: Any = GetMessageClass(self._pool.FindMessageTypeByName("Body"))

    def parse(self, body: bytes) -> Any:
        """The message, with an attribute for each field of the struct. Accessing one creates the Python object.

        Raises:
            msgspec.DecodeError: the body is cut off, or another message. The error names fields, never a value.
        """
        try:
            message = self.message.FromString(body)
        except DecodeError as error:
            raise msgspec.DecodeError("the protobuf is cut off, or malformed") from error
        if not message.IsInitialized():
            raise msgspec.DecodeError(f"the protobuf lacks {message.FindInitializationErrors()[0]}")
        return message


class _MessageType:
    """A message type under construction."""

    def __init__(self, descriptor: DescriptorProto, name: str) -> None:
        self.descriptor = descriptor
        self._name = name
        self._embedded: _MessageType | None = None

    def add_scalar(self, name: str, number: int, kind: Any, label: Any = _ONE, **more: Any) -> None:
        self.descriptor.field.add(name=name, number=number, type=kind, label=label, **more)

    def add_message(
        self, name: str, number: int, label: Any = _ONE, *, type_name: str = "", **more: Any
    ) -> "_MessageType":
        """Add a field with a message type of its own, and return that type."""
        nested = type_name or f"{name}Message"
        full_name = f"{self._name}.{nested}"
        self.add_scalar(name, number, FieldDescriptorProto.TYPE_MESSAGE, label, type_name=full_name, **more)
        return _MessageType(self.descriptor.nested_type.add(name=nested), full_name)

    def add_map(self, name: str, number: int) -> None:
        """https://protobuf.dev/programming-guides/proto3/#backwards"""
        entry = self.add_message(name, number, _MANY, type_name=f"{name[0].upper()}{name[1:]}Entry")
        entry.descriptor.options.map_entry = True
        entry.add_scalar("key", 1, FieldDescriptorProto.TYPE_STRING)
        entry.add_scalar("value", 2, FieldDescriptorProto.TYPE_STRING)

    def embedded(self, number: int) -> "_MessageType":
        """The type of the one field that exists in protobuf only."""
        if self._embedded is None:
            self._embedded = self.add_message(EMBEDDED, number)
        return self._embedded


def _add_fields(message: _MessageType, info: Any) -> None:
    """Add the fields of a struct to a message type."""
    for field in info.fields:
        owner, (*outer, number) = message, field.type.extra["numbers"]
        for each in outer:
            owner = owner.embedded(each)
        _add_field(owner, field, number, _unwrap(field.type))


def _add_field(message: _MessageType, field: inspect.Field, number: int, kind: Any) -> None:
    more: dict[str, Any] = {"options": _REQUIRED} if field.required else {}
    match kind:
        case inspect.DictType():
            message.add_map(field.name, number)
        case inspect.VarTupleType(item_type=item):
            _add_fields(message.add_message(field.name, number, _MANY), item)
        case inspect.StructType():
            _add_fields(message.add_message(field.name, number, **more), kind)
        case _:
            if field.default not in (msgspec.NODEFAULT, None):
                default = field.default
                more["default_value"] = default if isinstance(default, str) else str(default).lower()
            message.add_scalar(field.name, number, _SCALARS[type(kind)], **more)


def _unwrap(kind: Any) -> Any:
    """The type itself, without annotations and without None."""
    match kind:
        case inspect.Metadata(type=inner):
            return _unwrap(inner)
        case inspect.UnionType(types=types):
            return next(_unwrap(each) for each in types if not isinstance(each, inspect.NoneType))
    return kind
