"""Properties of a resource, each described in one place: schema, validation, default, difference and secrecy."""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import CheckFailure

from ..errors import EksAccessError, InvalidInputError
from .values import Properties, is_known, unwrap

STRING: Mapping[str, Any] = {"type": "string"}
STRINGS: Mapping[str, Any] = {"type": "array", "items": STRING}


def validate_string(path: str, value: Any) -> None:
    """Check that it is a non-empty string."""
    if not isinstance(value, str) or not value:
        raise InvalidInputError(path, value, "is not a non-empty string")


def validate_bool(path: str, value: Any) -> None:
    """Check that it is true or false."""
    if not isinstance(value, bool):
        raise InvalidInputError(path, value, "is not true or false")


def is_never_secret(_value: Any) -> bool:
    """For properties that are secret only if the program marks them so."""
    return False


@dataclass(frozen=True)
class InputProperty:
    """An input of a resource.

    Attributes:
        name: the property's name in every language (`clusterName`).
        description: what it means, in the package schema.
        schema: its type in the package schema: https://www.pulumi.com/docs/iac/using-pulumi/pulumi-packages/schema/
        validate: raises an EksAccessError if the (known) value is not accepted; called with the name and the value.
        is_required: is it an error to leave it out?
        default: the value if it is left out; None if there is none.
        is_replacing: does a change replace the resource?
        differs: does the new value mean something else than the old one? None if a change is never a difference,
            because the input decides how an operation is carried out and not what the resource is.
        is_secret: is the value kept as a secret even if the program did not mark it as one?
    """

    name: str
    description: str
    schema: Mapping[str, Any] = field(default_factory=lambda: STRING)
    validate: Callable[[str, Any], None] = validate_string
    is_required: bool = False
    default: Any = None
    is_replacing: bool = False
    differs: Callable[[Any, Any], bool] | None = operator.ne
    is_secret: Callable[[Any], bool] = is_never_secret

    def is_changed(self, old: Any, new: Any) -> bool:
        """Is the new value a difference? An unknown one is."""
        return self.differs is not None and (not is_known(new) or self.differs(old, new))

    def find_failures(self, value: Any) -> list[CheckFailure]:
        """What is wrong with a known value."""
        try:
            self.validate(self.name, value)
        except EksAccessError as error:
            return [CheckFailure(self.name, str(error))]
        return []


@dataclass(frozen=True)
class OutputProperty:
    """An output of a resource that is not an input as well. `is_required` means that it always has a value."""

    name: str
    description: str
    schema: Mapping[str, Any] = field(default_factory=lambda: STRING)
    is_required: bool = True


def build_schema(
    description: str, inputs: Sequence[InputProperty], outputs: Sequence[OutputProperty]
) -> dict[str, Any]:
    """A resource's part of the package schema."""
    input_schemas = {each.name: {**each.schema, "description": each.description} for each in inputs}
    output_schemas = {each.name: {**each.schema, "description": each.description} for each in outputs}
    always = [each.name for each in inputs if each.is_required or each.default is not None]
    return {
        "description": description,
        "inputProperties": input_schemas,
        "requiredInputs": sorted(each.name for each in inputs if each.is_required),
        "properties": {**input_schemas, **output_schemas},
        "required": sorted([*always, *(each.name for each in outputs if each.is_required)]),
    }


def check_inputs(
    type_name: str, inputs: Sequence[InputProperty], properties: Properties
) -> tuple[dict[str, PropertyValue], list[CheckFailure]]:
    """The inputs to keep, with defaults and secrecy, and what is wrong with them.

    Args:
        type_name: the resource type's name, for messages.
        inputs: the properties that the resource has.
        properties: the properties that the program passed.
    """
    values = {name: value for name in properties if (value := unwrap(properties[name])) is not None}
    names = [each.name for each in inputs]
    failures = [
        CheckFailure(name, f"is not a property of {type_name}; it has {', '.join(names)}")
        for name in values
        if name not in names
    ]
    failures += [
        CheckFailure(each.name, "is required") for each in inputs if each.is_required and each.name not in values
    ]
    kept: dict[str, PropertyValue] = {}
    for each in inputs:
        value = values.get(each.name)
        if value is None:
            if each.default is not None:
                kept[each.name] = PropertyValue(each.default)
            continue
        kept[each.name] = properties[each.name]
        if is_known(value):
            failures += each.find_failures(value)
            if each.is_secret(value):
                kept[each.name] = properties[each.name].with_secret(True)
    return kept, failures
