"""Loads the definition file of a custom integration; every error has its line and its path in the file."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from ...errors import InvalidInputError
from .definition import Definition

Location = tuple[str | int, ...]


def load_definition(path: Path) -> Definition:
    """The definition in the file.

    Raises:
        InvalidInputError: the file does not exist, is not YAML, or does not fit `Definition`.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as cause:
        reason = cause.strerror if isinstance(cause, OSError) else "not UTF-8"
        raise InvalidInputError("definition", str(path), f"cannot be read: {reason}") from cause
    return parse_definition(text, str(path))


@lru_cache(maxsize=32)
def parse_definition(text: str, origin: str) -> Definition:
    """The definition in a text; error messages name it by its `origin`.

    Raises:
        InvalidInputError: as for `load_definition`.
    """
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        value = yaml.safe_load(text)
    except yaml.YAMLError as cause:
        raise InvalidInputError(origin, None, f"is not YAML: {' '.join(str(cause).split())}") from cause
    for key in _duplicate_keys(root):
        raise InvalidInputError(f"{origin}:{key.start_mark.line + 1}", key.value, "is there twice in one mapping")
    try:
        return Definition.model_validate(value)
    except ValidationError as invalid:
        raise _to_input_error(invalid, root, origin) from None


def _to_input_error(invalid: ValidationError, root: yaml.Node | None, origin: str) -> InvalidInputError:
    errors = invalid.errors(include_url=False)
    # A misspelt key is reported as missing too; that it is unknown is the more helpful of the two.
    error = next((each for each in errors if each["type"] == "extra_forbidden"), errors[0])
    location: Location = error["loc"]
    line = f"{origin}:{_line(root, location)}"
    inside = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".")
    path = f"{line}: {inside}" if inside else line
    if error["type"] == "extra_forbidden":
        return InvalidInputError(
            path, None, "is not a known property", f"Known here: {', '.join(_known_keys(location[:-1]))}."
        )
    if error["type"] == "missing":
        return InvalidInputError(path, None, "is required")
    message = error["msg"].removeprefix("Value error, ")
    return InvalidInputError(path, None, f"does not fit: {message[:1].lower()}{message[1:]}")


def _line(node: yaml.Node | None, location: Location) -> int:
    """The line of a location; for something missing, that of the mapping it belongs into."""
    line = node.start_mark.line + 1 if node else 1
    for part in location:
        found = _child(node, part)
        if found is None:
            break
        node, line = found
    return line


def _child(node: yaml.Node | None, part: str | int) -> tuple[yaml.Node, int] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(part):
                return value, key.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part].start_mark.line + 1
    return None


def _duplicate_keys(node: yaml.Node | None) -> Iterator[yaml.ScalarNode]:
    """Keys that a mapping has twice, of which PyYAML would silently keep the last."""
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    yield key
                seen.add(key.value)
            yield from _duplicate_keys(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _duplicate_keys(item)


def _known_keys(location: Location) -> list[str]:
    """The keys that are allowed at a location."""
    model: Any = Definition
    for part in location:
        if isinstance(part, str) and part in getattr(model, "model_fields", {}):
            model = _model_in(model.model_fields[part].annotation)
    return sorted(model.model_fields)


def _model_in(annotation: Any) -> Any:
    """The model class inside an annotation: `Rule` for `list[Rule] | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_model_in(argument) for argument in getattr(annotation, "__args__", ()))
    return next((model for model in found if model is not None), None)
