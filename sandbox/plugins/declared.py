"""Which properties the official Python SDKs declare, read from their generated source.

The stand-in refuses what an SDK does not declare, as the official plug-in refuses what its schema does not. The
SDKs' input classes are generated with one `@pulumi.getter` for each property, so the declaration can be read from
the text of the one class that is needed: a few milliseconds, where importing the SDK takes seconds.
"""

import ast
import difflib
import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from . import package_folder
from .errors import Failure
from .values import Path as ValuePath
from .values import Unknown, format_path

Shape = Literal["object", "map", "list", "scalar", "any"]


@dataclass(frozen=True)
class Declared:
    """The declared type of a value: its shape and, where it is nested, what lies inside."""

    shape: Shape
    item: "Declared | None" = None
    module: str = ""
    type_name: str = ""


@dataclass(frozen=True)
class Property:
    name: str
    type: Declared
    required: bool


ANYTHING = Declared("any")


@functools.cache
def input_properties(module: str, type_name: str) -> Mapping[str, Property] | None:
    """The properties of an input class, such as `pulumi_aws.eks.access_entry`'s `AccessEntryArgs`, by Pulumi name.

    None where the SDK has no such class.
    """
    node = _class(module, type_name)
    if node is None:
        return None
    init = next(f for f in node.body if isinstance(f, ast.FunctionDef) and f.name == "__init__")
    required = {a.arg for a, d in zip(init.args.kwonlyargs, init.args.kw_defaults, strict=True) if d is None}
    found: dict[str, Property] = {}
    for function in node.body:
        if isinstance(function, ast.FunctionDef) and (name := _getter_name(function)):
            found[name] = Property(name, _declared(module, function.returns), function.name in required)
    return found


def refusals(
    value: Mapping[str, Any],
    properties: Mapping[str, Property],
    *,
    owner: str,
    need_required: bool,
    path: ValuePath = (),
) -> Iterator[Failure]:
    """What the SDK does not declare in a value, or declares otherwise, at any depth."""
    for key, item in value.items():
        if key.startswith("__"):
            continue
        where = format_path((*path, key))
        if key not in properties:
            close = difflib.get_close_matches(key, properties, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(sorted(properties))}"
            yield Failure(where, f"{where!r} is not a property of {owner}; {hint}")
        else:
            yield from _misfits(item, properties[key].type, (*path, key), need_required)
    if need_required:
        for name, prop in properties.items():
            if prop.required and value.get(name) is None:
                where = format_path((*path, name))
                yield Failure(where, f"{where!r} is required by {owner} but was not given")


def _misfits(value: Any, declared: Declared, path: ValuePath, need_required: bool) -> Iterator[Failure]:
    if isinstance(value, Unknown) or declared.shape == "any" or value is None:
        return
    expected = {"object": dict, "map": dict, "list": list}.get(declared.shape)
    if (expected and not isinstance(value, expected)) or (not expected and isinstance(value, dict | list)):
        words = {"object": "an object", "map": "a mapping", "list": "a list", "scalar": "a single value"}
        found = words["map" if isinstance(value, dict) else "list" if isinstance(value, list) else "scalar"]
        yield Failure(format_path(path), f"{format_path(path)!r} must be {words[declared.shape]}, not {found}")
    elif declared.shape == "object":
        inner = input_properties(declared.module, declared.type_name)
        if inner is not None:
            owner = declared.type_name.removesuffix("Args")
            yield from refusals(value, inner, owner=owner, need_required=need_required, path=path)
    elif declared.item is not None:
        for step, item in value.items() if declared.shape == "map" else enumerate(value):
            yield from _misfits(item, declared.item, (*path, step), need_required)


def _declared(module: str, node: ast.expr | None) -> Declared:
    """The type that an annotation such as `Optional[Sequence[Input['RuleArgs']]]` states."""
    match node:
        case ast.Constant(value=str(name)):
            return _object(module, name)
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return Declared("scalar") if name in {"str", "int", "float", "bool"} else ANYTHING
        case ast.Subscript(value=ast.Name(id=name) | ast.Attribute(attr=name), slice=inner):
            if name in {"Input", "Optional"}:
                return _declared(module, inner)
            if name == "Sequence":
                return Declared("list", _declared(module, inner))
            if name == "Mapping" and isinstance(inner, ast.Tuple):
                return Declared("map", _declared(module, inner.elts[1]))
            if name == "Literal":
                return Declared("scalar")
    return ANYTHING


def _object(module: str, name: str) -> Declared:
    if not name.endswith("Args"):
        return ANYTHING
    return Declared("object", module=_inputs_module(module), type_name=name)


def _inputs_module(module: str) -> str:
    return module.rpartition(".")[0] + "._inputs"


def _getter_name(function: ast.FunctionDef) -> str | None:
    for decorator in function.decorator_list:
        call = decorator.func if isinstance(decorator, ast.Call) else decorator
        if isinstance(call, ast.Attribute) and call.attr == "getter":
            keywords = decorator.keywords if isinstance(decorator, ast.Call) else []
            names = [k.value.value for k in keywords if k.arg == "name" and isinstance(k.value, ast.Constant)]
            return str(names[0]) if names else function.name
    return None


@functools.cache
def _source(module: str) -> str:
    package, *rest = module.split(".")
    file = package_folder(package).joinpath(*rest).with_suffix(".py")
    return file.read_text(encoding="utf-8") if file.is_file() else ""


_NEXT_STATEMENT = re.compile(r"^[^\s)#]", re.MULTILINE)


def _class(module: str, name: str) -> ast.ClassDef | None:
    source = _source(module)
    start = source.find(f"\nclass {name}:")
    if start < 0:
        return None
    following = _NEXT_STATEMENT.search(source, start + len(f"\nclass {name}:"))
    node = ast.parse(source[start + 1 : following.start() if following else len(source)]).body[0]
    return node if isinstance(node, ast.ClassDef) else None
