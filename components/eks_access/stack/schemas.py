"""JSON schemas for editors, generated from the classes that validate the files."""

import ast
import inspect
import textwrap
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pulumi
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import PydanticOmit, core_schema

from ..integrations import Vendor, vendors
from ..integrations.custom.definition import Definition
from ..provision.arguments import ClusterArgs, adapter
from .configuration import AwsSettings

DIALECT = GenerateJsonSchema.schema_dialect
SECRET = "secret"
OUTPUT = "x-output"
"""Marks an Output until the schema is complete: pydantic would try to resolve a reference."""


def custom_schema() -> dict[str, Any]:
    """The schema of a custom integration's file."""
    return {"$schema": DIALECT, **Definition.model_json_schema()}


def environment_schema(project: str = "eks-access") -> dict[str, Any]:
    """The schema of `Pulumi.<environment>.yaml`: this package's sections; all others are ignored."""
    known = vendors()
    return {
        "$schema": DIALECT,
        "title": "An environment of eks-access",
        "type": "object",
        "properties": {
            "config": {
                "type": "object",
                "properties": {
                    f"{project}:aws": _typed_dict_schema(AwsSettings),
                    f"{project}:clusters": {"type": "object", "additionalProperties": _typed_dict_schema(ClusterArgs)},
                    f"{project}:integrations": {
                        "type": "object",
                        # An integration with the name of its vendor needs no `vendor`.
                        "properties": {key: _vendor_by_name(key) for key in known},
                        "additionalProperties": {"$ref": "#/$defs/integration"},
                    },
                },
                "required": [f"{project}:{section}" for section in ("aws", "clusters", "integrations")],
            }
        },
        "$defs": {
            "integration": {
                "type": "object",
                "properties": {"vendor": {"enum": list(known)}},
                "required": ["vendor"],
                "allOf": [_if_vendor(key) for key in known],
            },
            SECRET: {
                "type": "object",
                "description": "The value NAME of the configuration, set by `pulumi config set --secret NAME`.",
                "properties": {"secret": {"type": "string"}},
                "required": ["secret"],
                "additionalProperties": False,
            },
            **{key: _vendor_schema(vendor) for key, vendor in known.items()},
        },
    }


def _vendor_schema(vendor: Vendor) -> dict[str, Any]:
    schema = _typed_dict_schema(vendor.arguments)
    if vendor.own_clusters:
        return {**schema, "properties": {"vendor": {"const": vendor.key}, **schema["properties"]}}
    names = {"type": "array", "items": {"type": "string"}, "minItems": 1}
    properties = {
        "vendor": {"const": vendor.key},
        **schema["properties"],
        "clusters": {**names, "description": "Names from the section `clusters`; all of them when left out."},
    }
    required = [name for name in schema.get("required", []) if name != "clusters"]
    return {**schema, "properties": properties, "required": required}


def _if_vendor(key: str) -> dict[str, Any]:
    condition = {"properties": {"vendor": {"const": key}}, "required": ["vendor"]}
    return {"if": condition, "then": {"$ref": f"#/$defs/{key}"}}


def _vendor_by_name(key: str) -> dict[str, Any]:
    return {
        "if": {"required": ["vendor"]},
        "then": {"$ref": "#/$defs/integration"},
        "else": {"$ref": f"#/$defs/{key}"},
    }


class _ConfigurationSchema(GenerateJsonSchema):
    """A reference to a secret wherever a program may give an Output; other objects are only for programs."""

    def is_instance_schema(self, schema: core_schema.IsInstanceSchema) -> JsonSchemaValue:
        if schema["cls"] is pulumi.Output:
            return {OUTPUT: True}
        raise PydanticOmit


def _typed_dict_schema(kind: type) -> dict[str, Any]:
    """The schema of a TypedDict, with references inlined and docstrings as descriptions."""
    schema = adapter(kind).json_schema(schema_generator=_ConfigurationSchema)
    definitions = schema.pop("$defs", {})
    inlined: dict[str, Any] = _inline(schema, definitions)
    for name, text in _attribute_docstrings(kind).items():
        if name in inlined["properties"]:
            inlined["properties"][name]["description"] = text
    return inlined


def _inline(tree: Any, definitions: Mapping[str, Any]) -> Any:
    if isinstance(tree, dict):
        if OUTPUT in tree:
            return {"$ref": f"#/$defs/{SECRET}"}
        name = tree.get("$ref", "").removeprefix("#/$defs/")
        if name in definitions:
            more = {key: value for key, value in tree.items() if key != "$ref"}
            return {**_inline(definitions[name], definitions), **more}
        return {key: _inline(value, definitions) for key, value in tree.items()}
    return [_inline(item, definitions) for item in tree] if isinstance(tree, list) else tree


def _attribute_docstrings(kind: type) -> dict[str, str]:
    """The docstrings below the attributes of a class and its bases; they exist in the source only."""
    found: dict[str, str] = {}
    for base in getattr(kind, "__orig_bases__", ()):
        if isinstance(base, type):
            found |= _attribute_docstrings(base)
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    body = definition.body if isinstance(definition, ast.ClassDef) else []
    for attribute, text in pairwise(body):
        if (
            isinstance(attribute, ast.AnnAssign)
            and isinstance(attribute.target, ast.Name)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
        ):
            found[attribute.target.id] = " ".join(str(text.value.value).split())
    return found
