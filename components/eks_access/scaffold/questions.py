"""What a user is asked about an integration, from the schema of its vendor's arguments. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

import yaml

from ..errors import InvalidInputError
from ..integrations import Vendor
from ..provision.arguments import IntegrationOptions
from ..stack.schemas import SECRET, environment_schema

_SECRET_TEXT = re.compile(r"\{\s*secret\s*:.*\}")
_MAY_HOLD_CREDENTIALS = ("kubeconfig",)
"""Arguments, at any depth, whose text usually contains a credential."""
SHARED = frozenset(IntegrationOptions.__annotations__)
"""Options that every integration has, and that are left at their defaults at first."""


class Kind(StrEnum):
    """The shape of an answer."""

    TEXT = "text"
    TEXTS = "texts"
    CHOICE = "choice"
    FLAG = "flag"
    NUMBER = "number"
    STRUCTURE = "structure"
    STRUCTURES = "structures"
    """Structures by short names of the user's choice."""
    OTHER = "other"
    """Anything else, as YAML."""


@dataclass(frozen=True)
class Question:
    """One argument.

    Attributes:
        name: the argument's name.
        text: what it is.
        kind: the shape of its value.
        required: must it be given?
        choices: the values of a CHOICE.
        parts: the arguments of a STRUCTURE, or of each of STRUCTURES.
        secret: is its value a secret, which is only referred to?
    """

    name: str
    text: str
    kind: Kind
    required: bool = False
    choices: tuple[str, ...] = ()
    parts: tuple["Question", ...] = ()
    secret: bool = False

    def parse(self, answer: str) -> Any:
        """The value of an answer: of a text as it is, of lists with commas, of everything else as YAML.

        Raises:
            InvalidInputError: it is not YAML, or not a value of this kind.
        """
        answer = answer.strip()
        if self.kind is Kind.TEXTS and not answer.startswith("["):
            return [part.strip() for part in answer.split(",") if part.strip()]
        if self.kind in (Kind.TEXT, Kind.CHOICE) and not _SECRET_TEXT.fullmatch(answer):
            if self.choices and answer not in self.choices:
                raise InvalidInputError(self.name, answer, f"is not one of {', '.join(self.choices)}")
            return answer
        try:
            value = yaml.safe_load(answer)
        except yaml.YAMLError as cause:
            # The value itself is not repeated: it may be a secret.
            raise InvalidInputError(self.name, None, "is not YAML") from cause
        expected = _TYPES.get(self.kind)
        # True is an integer of Python, and not of YAML.
        if expected is not None and (
            not isinstance(value, expected) or (self.kind is Kind.NUMBER and value in (True, False))
        ):
            raise InvalidInputError(self.name, None, f"is not a {self.kind.value}")
        return value


_TYPES: Mapping[Kind, type] = {Kind.FLAG: bool, Kind.NUMBER: int, Kind.TEXTS: list}


@cache
def list_questions(vendor: Vendor) -> tuple[Question, ...]:
    """Every argument of a vendor's integrations but `vendor`; the required ones first, the shared options last."""
    schema = environment_schema()["$defs"][vendor.key]
    secret = getattr(vendor.component, "secret_arguments", ())
    found = [each for each in _parts(schema, "", secret) if each.name != "vendor"]
    return tuple(sorted(found, key=lambda each: (not each.required, each.name in SHARED)))


def find_nested(questions: tuple[Question, ...], keys: Sequence[str]) -> list[Question | None]:
    """The question that each key of a path is about, as far as there are questions; None for a name of the user's."""
    found: list[Question | None] = []
    of_name: Question | None = None
    for key in keys:
        if of_name is not None:
            found.append(None)
            of_name = None
            continue
        question = next((each for each in questions if each.name == key), None)
        if question is None:
            break
        found.append(question)
        questions, of_name = question.parts, question if question.kind is Kind.STRUCTURES else None
    return found


def find_clear_secret(questions: tuple[Question, ...], arguments: Mapping[str, Any], path: str = "") -> str | None:
    """The path of the first secret argument that is given in clear; None if every one is only referred to."""
    for question in questions:
        if question.name not in arguments:
            continue
        value, place = arguments[question.name], f"{path}{question.name}"
        if question.secret and not is_reference(value):
            return place
        inner = [(place, value)] if question.kind is Kind.STRUCTURE else []
        if question.kind is Kind.STRUCTURES and isinstance(value, Mapping):
            inner = [(f"{place}.{key}", each) for key, each in value.items()]
        for name, each in inner:
            if isinstance(each, Mapping) and (found := find_clear_secret(question.parts, each, f"{name}.")):
                return found
    return None


def is_reference(value: object) -> bool:
    """Whether a value is `{secret: NAME}`."""
    return isinstance(value, Mapping) and set(value) == {SECRET} and isinstance(value[SECRET], str)


def list_references(tree: Any) -> Iterator[str]:
    """The names of the secrets that a tree of arguments refers to."""
    if is_reference(tree):
        yield tree[SECRET]
    elif isinstance(tree, Mapping):
        for each in tree.values():
            yield from list_references(each)
    elif isinstance(tree, list):
        for each in tree:
            yield from list_references(each)


def _parts(schema: Mapping[str, Any], path: str, secret: tuple[str, ...]) -> Iterator[Question]:
    required = schema.get("required", ())
    for name, each in schema.get("properties", {}).items():
        place = f"{path}{name}"
        kind, described = _kind_of(each)
        yield Question(
            name,
            each.get("description", ""),
            kind,
            name in required,
            tuple(map(str, each.get("enum", ()))),
            tuple(_parts(described, f"{place}.", secret)),
            place in secret or name in _MAY_HOLD_CREDENTIALS,
        )


def _kind_of(schema: Mapping[str, Any]) -> tuple[Kind, Mapping[str, Any]]:
    """The kind, and the schema of its parts."""
    values = schema.get("additionalProperties")
    if "enum" in schema:
        return Kind.CHOICE, {}
    if _is_text(schema):
        return Kind.TEXT, {}
    match schema.get("type"):
        case "boolean":
            return Kind.FLAG, {}
        case "integer":
            return Kind.NUMBER, {}
        case "array" if _is_text(schema.get("items", {})):
            return Kind.TEXTS, {}
        case "object" if "properties" in schema:
            return Kind.STRUCTURE, schema
        case "object" if isinstance(values, Mapping) and "properties" in values:
            return Kind.STRUCTURES, values
        case _:
            return Kind.OTHER, {}


def _is_text(schema: Mapping[str, Any]) -> bool:
    """Whether it is a string, or a string where a secret may be too."""
    types = [each.get("type") for each in schema.get("anyOf", ()) if "$ref" not in each]
    return schema.get("type") == "string" or types == ["string"]
