"""Reads a protobuf message field by field as it arrives, so that only one object of a list is in memory at a time.

The library's parsers take complete messages only, so the fields of the outermost messages are separated here.
https://protobuf.dev/programming-guides/encoding/#structure
"""

from collections.abc import Callable, Iterator
from functools import partial

import msgspec

_BLOCK_SIZE = 64 * 1024
_LENGTH_DELIMITED = 2
"""The wire type of a message. https://protobuf.dev/programming-guides/encoding/#cheat-sheet"""
_MAX_HEAD_SIZE = 20
"""The maximum size of a field's head in bytes: two varints of ten."""

Read = Callable[[int], bytes]
"""Reads up to this many bytes; returns none at the end."""


class ProtobufStream:
    """Reads from a stream of bytes, in order."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._buffer = b""
        self._offset = 0
        """The position in the buffer."""
        self._buffer_start = 0
        """The position of the buffer in the stream."""

    def skip_prefix(self, prefix: bytes) -> bool:
        """Skip these bytes if they come next; otherwise return False."""
        self._fill(len(prefix))
        if not self._buffer.startswith(prefix, self._offset):
            return False
        self._offset += len(prefix)
        return True

    def read_rest(self) -> bytes:
        """Everything up to the end of the stream."""
        return b"".join([self._buffer[self._offset :], *iter(partial(self._read, _BLOCK_SIZE), b"")])

    def read_head(self, number: int) -> int:
        """The length in bytes of the content of the next field, which must have this number.

        Raises:
            msgspec.DecodeError: the field has another number, or is cut off.
        """
        found, length = self._next_head()
        if found != number:
            raise msgspec.DecodeError(f"the protobuf has field {found} in the place of {number}")
        return length

    def read_fields(self, number: int, length: int) -> Iterator[bytes]:
        """The contents of the fields with this number in the next `length` bytes. Other fields are skipped.

        Raises:
            msgspec.DecodeError: a field is cut off, or the bytes are not complete fields.
        """
        end = self.position + length
        while self.position < end:
            found, size = self._next_head()
            content = self.read(size)
            if found == number:
                yield content
        if self.position > end:
            raise msgspec.DecodeError("the protobuf is malformed: a field is longer than the message that contains it")

    def read(self, length: int) -> bytes:
        """The next `length` bytes.

        Raises:
            msgspec.DecodeError: the stream ends before.
        """
        if len(self._buffer) - self._offset < length:
            self._fill(length)
        start, self._offset = self._offset, self._offset + length
        if self._offset > len(self._buffer):
            raise _cut_off()
        return self._buffer[start : self._offset]

    @property
    def position(self) -> int:
        """The number of bytes read so far."""
        return self._buffer_start + self._offset

    def _next_head(self) -> tuple[int, int]:
        """The number of the next field and the length of its content."""
        if len(self._buffer) - self._offset < _MAX_HEAD_SIZE:
            self._fill(_MAX_HEAD_SIZE)
        buffer, offset = self._buffer, self._offset
        try:
            tag, offset = _varint(buffer, offset)
            length, offset = _varint(buffer, offset)
        except IndexError:
            raise _cut_off() from None
        if tag & 7 != _LENGTH_DELIMITED:
            raise msgspec.DecodeError("the protobuf is malformed, or has a field that is not a message")
        self._offset = offset
        return tag >> 3, length

    def _fill(self, length: int) -> None:
        """Read from the stream until `length` bytes are in the buffer, or to the end."""
        pieces = [self._buffer[self._offset :]]
        missing = length - len(pieces[0])
        while missing > 0 and (more := self._read(_BLOCK_SIZE)):
            pieces.append(more)
            missing -= len(more)
        self._buffer_start += self._offset
        self._buffer, self._offset = b"".join(pieces), 0


def _varint(buffer: bytes, offset: int) -> tuple[int, int]:
    """The varint at an offset, and the offset after it."""
    byte = buffer[offset]
    value = byte & 0x7F
    shift = 7
    while byte >= 0x80:
        if shift > 63:
            raise msgspec.DecodeError("the protobuf is malformed: a number has no end")
        offset += 1
        byte = buffer[offset]
        value |= (byte & 0x7F) << shift
        shift += 7
    return value, offset + 1


def _cut_off() -> msgspec.DecodeError:
    return msgspec.DecodeError("the protobuf is cut off")
