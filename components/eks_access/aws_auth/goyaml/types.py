"""Converts parsed YAML as Go does: go-yaml v2's types for scalars, and the JSON that the authenticator decodes.

The authenticator turns a section into generic Go values, those into JSON, and the JSON into its structs
(https://github.com/kubernetes-sigs/yaml/blob/v1.6.0/yaml.go). Each step has its own rules, and some of them lose the
whole section: a null key, an infinite number, an alias that contains itself.
"""

import base64
import re
from typing import TypeAlias

from .parser import Node, YamlSyntaxError

GoValue: TypeAlias = "bool | int | float | str | list[GoValue] | dict[str, GoValue] | None"

_TAG = "tag:yaml.org,2002:"
_RESOLVABLE = {_TAG + name for name in ("str", "bool", "int", "float", "null", "timestamp")}
_TRUE = {"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"}
_FALSE = {"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"}
_NULL = {"", "~", "null", "Null", "NULL"}
_NOT_FINITE = {f"{sign}.{word}" for sign in ("", "+", "-") for word in ("inf", "Inf", "INF")} | {
    ".nan",
    ".NaN",
    ".NAN",
}
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INTEGER = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))")
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_TIMESTAMP = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ][0-9:.]+(Z|[-+][0-9]{2}:[0-9]{2})?)?")


def convert_to_json(root: Node | None) -> GoValue:
    """The value in the authenticator's JSON. Mappings are sorted by key, as by Go's encoder.

    Raises:
        YamlSyntaxError: Go would fail to convert it, which loses the section.
    """
    return None if root is None else _convert(root, ())


def resolve_scalar(node: Node) -> bool | int | float | str | None:
    """A scalar's Go value: a timestamp stays text; anything quoted is text.

    Raises:
        YamlSyntaxError: its explicit tag does not fit, or Go's JSON has no such number.
    """
    if not node.tag and not node.implicit:
        return node.value
    if node.tag == _TAG + "binary":
        encoded = re.sub(r"[\r\n]", "", node.value)
        if not _BASE64.fullmatch(encoded):
            raise YamlSyntaxError(node.line, "!!binary value contains invalid base64 data")
        return base64.b64decode(encoded).decode("utf-8", "replace")
    if node.tag and node.tag not in _RESOLVABLE:
        return node.value
    if node.tag == _TAG + "str":
        return node.value
    kind, value = _resolve_plain_scalar(node.value)
    wanted = node.tag.removeprefix(_TAG)
    if wanted == "float" and kind == "int" and isinstance(value, int) and value < 1 << 63:
        kind, value = "float", float(value)
    if wanted == "timestamp" and _TIMESTAMP.fullmatch(node.value):
        return node.value
    if wanted not in ("", kind):
        raise YamlSyntaxError(node.line, f"cannot decode !!{kind} `{node.value}` as a !!{wanted}")
    if isinstance(value, float) and value - value != 0:
        raise YamlSyntaxError(node.line, f"{node.value} has no form in JSON")
    return value


def _resolve_plain_scalar(text: str) -> tuple[str, bool | int | float | str | None]:
    """go-yaml v2's resolve(): the type that a plain scalar's text has."""
    if text in _NULL:
        return "null", None
    if text in _TRUE or text in _FALSE:
        return "bool", text in _TRUE
    if text in _NOT_FINITE:
        return "float", float("inf")
    if text[0] not in "+-.0123456789":
        return "str", text
    # Only a leading digit or sign lets underscores through.
    plain = text if text[0] == "." else text.replace("_", "")
    if text[0] != "." and (integer := _parse_integer(plain)) is not None:
        return "int", integer
    if _FLOAT.fullmatch(plain) and abs(number := float(plain)) != float("inf"):
        return "float", number
    return "str", text


def _parse_integer(text: str) -> int | None:
    match = _INTEGER.fullmatch(text)
    if match is None:
        return None
    sign, hexadecimal, binary, octal, decimal = match.groups()
    digits, base = next((d, b) for d, b in ((hexadecimal, 16), (binary, 2), (octal, 8), (decimal, 10)) if d is not None)
    number = int(f"{sign}{digits}", base)
    # int64, or (without a sign) uint64; beyond them go-yaml tries a float.
    return number if -(1 << 63) <= number < 1 << 63 or (not sign and number < 1 << 64) else None


def _convert(node: Node, within: tuple[int, ...]) -> GoValue:
    if node.kind == "alias":
        assert node.target is not None
        if id(node.target) in within:
            raise YamlSyntaxError(node.line, "an anchor's value contains itself")
        return _convert(node.target, within)
    if node.kind == "scalar":
        return resolve_scalar(node)
    within = (*within, id(node))
    if node.kind == "sequence":
        return [_convert(child, within) for child in node.children]
    found: dict[str, GoValue] = {}
    _fill_mapping(found, node, within)
    return dict(sorted(found.items(), key=lambda item: item[0].encode()))


def _fill_mapping(found: dict[str, GoValue], mapping: Node, within: tuple[int, ...]) -> None:
    for key, value in zip(mapping.children[::2], mapping.children[1::2], strict=True):
        if is_merge(key):
            _apply_merge(found, value, within)
        else:
            name = _convert_key(key, within)
            # The value is decoded before a later duplicate replaces it: its errors count.
            found[name] = _convert(value, within)


def is_merge(key: Node) -> bool:
    """Is it the merge key (`<<`), as go-yaml v2 recognizes it?"""
    return key.kind == "scalar" and key.value == "<<" and (key.implicit or key.tag == _TAG + "merge")


def _apply_merge(found: dict[str, GoValue], value: Node, within: tuple[int, ...]) -> None:
    # In go-yaml v2 a merge replaces the keys before it; in a list the first mapping wins.
    sources = reversed(value.children) if value.kind == "sequence" else [value]
    for source in sources:
        mapping = source.target if source.kind == "alias" else source
        if mapping is None or mapping.kind != "mapping":
            raise YamlSyntaxError(source.line, "map merge requires map or sequence of maps as the value")
        if id(mapping) in within:
            raise YamlSyntaxError(source.line, "an anchor's value contains itself")
        _fill_mapping(found, mapping, (*within, id(mapping)))


def _convert_key(node: Node, within: tuple[int, ...]) -> str:
    value = _convert(node, within)
    if value is None or isinstance(value, list | dict) or (isinstance(value, int) and value >= 1 << 63):
        raise YamlSyntaxError(node.line, "invalid map key")
    return value if isinstance(value, str) else str(value)
