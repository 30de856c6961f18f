"""A message in protobuf that is read as it comes in, field by field: no more of a list is held than one of its objects.

The library's parsers take whole messages only, so the fields of the outermost ones are told apart here.
https://protobuf.dev/programming-guides/encoding/#structure
"""

from collections.abc import Callable, Iterator
from functools import partial

import msgspec

_BLOCK = 64 * 1024
_WITH_LENGTH = 2
_HEAD = 20
"""The bytes that the head of a field takes at most: two numbers of ten."""

Read = Callable[[int], bytes]
"""Gives as many bytes more, or fewer at the end."""


class Incoming:
    """Bytes in the order in which they come."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._here = b""
        self._at = 0
        self._before = 0
        """How many bytes came before those that are here."""

    def begins_with(self, magic: bytes) -> bool:
        """Whether these bytes come next; if so they are passed over."""
        self._come(len(magic))
        if not self._here.startswith(magic, self._at):
            return False
        self._at += len(magic)
        return True

    def the_rest(self) -> bytes:
        """All that was not passed over."""
        return b"".join([self._here[self._at :], *iter(partial(self._read, _BLOCK), b"")])

    def field(self, number: int) -> int:
        """Pass over the head of a field, which is expected to be this one. Gives how long its content is.

        Raises:
            msgspec.DecodeError: it is another one, or has not come whole.
        """
        found, length = self._head()
        if found != number:
            raise msgspec.DecodeError(f"the protobuf has field {found} in the place of {number}")
        return length

    def fields(self, number: int, length: int) -> Iterator[bytes]:
        """The contents of the fields of this number among those that take up so many bytes.

        Raises:
            msgspec.DecodeError: they have not come whole.
        """
        end = self.position + length
        while self.position < end:
            found, size = self._head()
            content = self.content(size)
            if found == number:
                yield content
        if self.position > end:
            raise msgspec.DecodeError("the protobuf is malformed: a field is longer than what it is in")

    def content(self, length: int) -> bytes:
        """The next bytes, so many of them.

        Raises:
            msgspec.DecodeError: they have not come whole.
        """
        if len(self._here) - self._at < length:
            self._come(length)
        start, self._at = self._at, self._at + length
        if self._at > len(self._here):
            raise _cut_off()
        return self._here[start : self._at]

    @property
    def position(self) -> int:
        """How many bytes were passed over."""
        return self._before + self._at

    def _head(self) -> tuple[int, int]:
        """The number of the field that begins here, and how long its content is."""
        if len(self._here) - self._at < _HEAD:
            self._come(_HEAD)
        here, at = self._here, self._at
        try:
            tag, at = _varint(here, at)
            length, at = _varint(here, at)
        except IndexError:
            raise _cut_off() from None
        if tag & 7 != _WITH_LENGTH:
            raise msgspec.DecodeError("the protobuf is malformed, or has a field that is no message")
        self._at = at
        return tag >> 3, length

    def _come(self, length: int) -> None:
        """Wait until so many bytes are here that were not passed over, or no more come."""
        pieces = [self._here[self._at :]]
        missing = length - len(pieces[0])
        while missing > 0 and (more := self._read(_BLOCK)):
            pieces.append(more)
            missing -= len(more)
        self._before += self._at
        self._here, self._at = b"".join(pieces), 0


def _varint(here: bytes, at: int) -> tuple[int, int]:
    """The number that begins here, and where it ends."""
    byte = here[at]
    value = byte & 0x7F
    shift = 7
    while byte >= 0x80:
        if shift > 63:
            raise msgspec.DecodeError("the protobuf is malformed: a number has no end")
        at += 1
        byte = here[at]
        value |= (byte & 0x7F) << shift
        shift += 7
    return value, at + 1


def _cut_off() -> msgspec.DecodeError:
    return msgspec.DecodeError("the protobuf is cut off")
