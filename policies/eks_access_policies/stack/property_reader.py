"""Decodes properties as the engine serializes them: unknown values and secrets have a notation of their own in JSON.

https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/properties.go
"""

import json
import re
from collections.abc import Mapping

from .model import HIDDEN, find_secret_texts
from .values import MAX_DEPTH, UNKNOWN, Value, is_sequence

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"

# A program that writes JSON around an unknown value has the placeholder inside of a text.
_PLACEHOLDER = re.compile(
    "|".join(
        (
            "04da6b54-80e4-46f7-96ec-b56ff0331ba9",  # a text
            "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # true or false
            "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # a number
            "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # a list
            "030794c1-ac77-496b-92df-f27374a8bd58",  # an asset
            "e48ece36-62e2-4504-bad9-02848725956a",  # an archive
            "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # an object
        )
    )
)


class PropertyReader:
    """Decodes serialized values, and collects the texts that are secret."""

    def __init__(self) -> None:
        self.secret_texts: set[str] = set()

    def read_properties(self, serialized: Value) -> tuple[dict[str, Value], frozenset[str]]:
        """The properties, and the names of those that are secret as a whole."""
        if not isinstance(serialized, Mapping):
            return {}, frozenset()
        secret = frozenset(str(name) for name, value in serialized.items() if _is_secret(value))
        return {str(name): self.read_value(value) for name, value in serialized.items()}, secret

    def read_value(self, serialized: Value, depth: int = 0) -> Value:
        """The value, with `UNKNOWN` for every part that is unknown, encrypted or hidden."""
        if isinstance(serialized, str):
            return UNKNOWN if serialized == HIDDEN or _PLACEHOLDER.search(serialized) else serialized
        if depth >= MAX_DEPTH:
            return None
        if isinstance(serialized, Mapping):
            if _SIGNATURE in serialized:
                return self._read_special(serialized, depth)
            return {str(name): self.read_value(part, depth + 1) for name, part in serialized.items()}
        if is_sequence(serialized):
            return [self.read_value(part, depth + 1) for part in serialized]
        return serialized

    def _read_special(self, serialized: Mapping[str, Value], depth: int) -> Value:
        match serialized[_SIGNATURE]:
            case str(signature) if signature == _SECRET:
                return self._read_secret(serialized, depth)
            case str(signature) if signature == _OUTPUT:
                value = self.read_value(serialized["value"], depth + 1) if "value" in serialized else UNKNOWN
                if serialized.get("secret") is True:
                    self.secret_texts.update(find_secret_texts(value))
                return value
        return None  # an asset, an archive or a reference to a resource, which no rule evaluates

    def _read_secret(self, serialized: Mapping[str, Value], depth: int) -> Value:
        if "value" in serialized:
            value = self.read_value(serialized["value"], depth + 1)
        elif isinstance(serialized.get("plaintext"), str):
            try:
                value = self.read_value(json.loads(serialized["plaintext"]), depth + 1)
            except (ValueError, RecursionError):
                return UNKNOWN
        else:
            return UNKNOWN  # encrypted
        self.secret_texts.update(find_secret_texts(value))
        return value


def _is_secret(value: Value) -> bool:
    if not isinstance(value, Mapping):
        return False
    signature = value.get(_SIGNATURE)
    return signature == _SECRET or (signature == _OUTPUT and value.get("secret") is True)
