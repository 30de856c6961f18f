"""Decodes protobuf into msgspec structs whose fields tell their numbers (`wire.at`), as msgspec itself decodes JSON.

The message types are made of the structs' declarations, with the same fields required and the same defaults. What has
no field stays in the parser's own memory, as the bytes that it came as, and is gone with the message.
"""

from collections.abc import Callable, Sequence
from operator import attrgetter
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

_Make = Callable[[Any], Any]
"""Makes a struct, or a part of one, of what a message has."""
_ONE, _MANY = FieldDescriptorProto.LABEL_OPTIONAL, FieldDescriptorProto.LABEL_REPEATED
_REQUIRED = FieldOptions(features=FeatureSet(field_presence="LEGACY_REQUIRED"))
_SCALARS: dict[type[inspect.Type], Any] = {
    inspect.AnyType: FieldDescriptorProto.TYPE_BYTES,
    inspect.BoolType: FieldDescriptorProto.TYPE_BOOL,
    inspect.IntType: FieldDescriptorProto.TYPE_INT64,
    inspect.StrType: FieldDescriptorProto.TYPE_STRING,
}
"""On the wire an int32 is an int64, and a message is bytes."""


class Decoder:
    """Decodes bodies that hold a struct: first all that can go wrong, and then what only takes time."""

    def __init__(self, struct: Any) -> None:
        body = _Declared(DescriptorProto(name="Body"), ".Body")
        self.made = _struct(body, inspect.type_info(struct))
        """Makes the struct of a message, or of a part of one."""
        file = FileDescriptorProto(name="body.proto", syntax="editions", edition="EDITION_2023")
        file.message_type.append(body.descriptor)
        self._pool = DescriptorPool()  # lives as long as the types in it must
        self._pool.Add(file)
        self.message: Any = GetMessageClass(self._pool.FindMessageTypeByName("Body"))

    def parsed(self, body: bytes) -> Any:
        """The message, of which nothing is a Python object yet.

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
        self._embedded: dict[int, _Declared] = {}

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
        """The message type of a field that has no name in JSON."""
        if number not in self._embedded:
            self._embedded[number] = self.message(_embedded(number), number)
        return self._embedded[number]


def _embedded(number: int) -> str:
    return f"embedded{number}"


def _struct(declared: _Declared, info: Any) -> _Make:
    """Declare a struct's fields. Gives what makes the struct of a message."""
    paths: list[str] = []
    makes: list[tuple[int, _Make]] = []
    optional: list[tuple[int, str, _Make]] = []
    for place, field in enumerate(info.fields):
        holder, (*outer, number) = declared, field.type.extra["numbers"]
        for each in outer:
            holder = holder.embedded(each)
        kind = _unwrapped(field.type)
        make = _field(holder, field, number, kind)
        if field.default is None and not isinstance(kind, inspect.DictType | inspect.VarTupleType):
            optional.append((place, field.name, make or _as_it_is))
            continue
        if make is not None:
            makes.append((len(paths), make))
        paths.append(".".join((*map(_embedded, outer), field.name)))
    return _maker(info.cls, paths, makes, optional)


def _field(declared: _Declared, field: inspect.Field, number: int, kind: Any) -> _Make | None:
    """Declare a field. Gives what makes its value, where that is not as the message has it."""
    more: dict[str, Any] = {"options": _REQUIRED} if field.required else {}
    match kind:
        case inspect.DictType():
            declared.mapping(field.name, number)
            return dict
        case inspect.VarTupleType(item_type=item):
            make = _struct(declared.message(field.name, number, _MANY), item)
            return lambda values: tuple([make(value) for value in values])
        case inspect.StructType():
            return _struct(declared.message(field.name, number, **more), kind)
    if field.default not in (msgspec.NODEFAULT, None):
        more["default_value"] = field.default if isinstance(field.default, str) else str(field.default).lower()
    declared.scalar(field.name, number, _SCALARS[type(kind)], **more)
    return None


def _maker(
    cls: Any, paths: Sequence[str], makes: Sequence[tuple[int, _Make]], optional: Sequence[tuple[int, str, _Make]]
) -> _Make:
    """What makes a struct: of all values at once, and then of what has to be made of them, or may not be there.

    A page has thousands. The parser makes an object of whatever is looked at, even of a message that is not there.
    """
    values = _values(paths)
    if not makes and not optional:
        return lambda message: cls(*values(message))

    def make(message: Any) -> Any:
        made = [*values(message)]
        for place, part in makes:
            made[place] = part(made[place])
        for place, name, part in optional:
            made.insert(place, part(getattr(message, name)) if message.HasField(name) else None)
        return cls(*made)

    return make


def _values(paths: Sequence[str]) -> Callable[[Any], Sequence[Any]]:
    if not paths:
        return lambda _: ()
    get = attrgetter(*paths)
    return get if len(paths) > 1 else lambda message: (get(message),)


def _as_it_is(value: Any) -> Any:
    return value


def _unwrapped(kind: Any) -> Any:
    """The type itself, without notes and without None."""
    match kind:
        case inspect.Metadata(type=inner):
            return _unwrapped(inner)
        case inspect.UnionType(types=types):
            return next(_unwrapped(each) for each in types if not isinstance(each, inspect.NoneType))
    return kind
