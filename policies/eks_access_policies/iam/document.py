"""Reads any value as an IAM policy document: what is malformed becomes findings, and nothing raises.

Lenient where IAM is strict, so that what looks like a grant is judged as one: names of elements in another case, single
values for lists, numbers for texts. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from ..finding import Finding
from ..rules.iam.documents import CHARACTERS, MALFORMED
from .conditions import Test, operator
from .elements import ElementReader, Flaws, shown
from .statement import Document, Principal, PrincipalKind, Statement

_FOREIGN = re.compile(r"[^\t\n\r\x20-\xff]")
"""https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html (PolicyDocument)"""

_TOP = ("Version", "Id", "Statement")
_EFFECTS = {"allow": "Allow", "deny": "Deny"}
_STATEMENT = (
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
)
_KINDS = {kind.value.lower(): kind for kind in PrincipalKind if kind is not PrincipalKind.ANYONE}
_VERSIONS = ("2012-10-17", "2008-10-17")


def parse(given: object) -> Document:
    """The document, whatever was given: a text, a mapping, a list of statements, or anything else."""
    flaws = Flaws()
    value = _value(given, flaws)
    if value is None:
        return Document(flaws=flaws.found())
    try:
        text = json.dumps(_plain(value), separators=(",", ":"), ensure_ascii=False)
    except (ValueError, TypeError, RecursionError):
        text = None
        flaws.add(MALFORMED, "", "the document is nested too deeply to be written down; IAM would refuse it")
    if text is not None and (foreign := _FOREIGN.search(text)):
        flaws.add(CHARACTERS, "", f"the character {foreign.group()!r} (U+{ord(foreign.group()):04X}) is not allowed")
    top: Mapping[Any, Any] = value if isinstance(value, Mapping) else {"Statement": value}
    reader = ElementReader(flaws)
    elements = reader.elements(top, _TOP, "")
    version = reader.text(elements.get("Version"), "Version")
    if isinstance(value, Mapping):
        _check_version(version, flaws)
    statements = _statements(elements.get("Statement"), reader)
    return Document(
        statements,
        flaws.found(),
        version,
        len(text.encode(errors="surrogatepass")) if text is not None else None,
        _same(statements),
    )


def _value(given: object, flaws: Flaws) -> Any:
    if isinstance(given, bytes | bytearray):
        given = bytes(given).decode(errors="replace")
    if not isinstance(given, str):
        if isinstance(given, Mapping | Sequence):
            return given
        flaws.add(MALFORMED, "", f"{shown(given)} is not a policy document; it must be a JSON object")
        return None
    text = unquote(given) if given.lstrip().startswith("%7B") else given
    try:
        value = json.loads(text, object_pairs_hook=lambda pairs: _pairs(pairs, flaws))
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        flaws.add(MALFORMED, "", f"the document is not JSON: {reason:.120}")
        return None
    if not isinstance(value, Mapping | list):
        flaws.add(MALFORMED, "", f"{shown(value)} is not a policy document; it must be a JSON object")
        return None
    return value


def _pairs(pairs: list[tuple[str, Any]], flaws: Flaws) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                flaws.add(MALFORMED, "", f"{key!r} is given twice in one object; only the last one is read")
            seen.add(key)
    return found


def _plain(value: Any) -> Any:
    """Proxies of mappings and lists, as a policy engine hands them over, in types that can be written as JSON."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray):
        return [_plain(each) for each in value]
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)


def _check_version(version: str, flaws: Flaws) -> None:
    if version and version not in _VERSIONS:
        flaws.add(MALFORMED, "Version", f"{version!r:.40} is no version; it must be '2012-10-17'")


def _statements(value: Any, reader: ElementReader) -> tuple[Statement, ...]:
    if value is None:
        reader.flaws.add(MALFORMED, "Statement", "the document has no statements, and so allows nothing")
        return ()
    listed = [value] if isinstance(value, Mapping) else value
    if not isinstance(listed, Sequence) or isinstance(listed, str | bytes):
        reader.flaws.add(MALFORMED, "Statement", f"{shown(value)} is not a list of statements")
        return ()
    statements = []
    for index, each in enumerate(listed):
        if isinstance(each, Mapping):
            statements.append(_statement(index, each, reader))
        else:
            reader.flaws.add(MALFORMED, f"Statement[{index}]", f"{shown(each)} is not a statement")
    _check_sids(statements, reader.flaws)
    return tuple(statements)


def _statement(index: int, given: Mapping[Any, Any], reader: ElementReader) -> Statement:
    where = f"Statement[{index}]"
    found = reader.elements(given, _STATEMENT, where)
    written = reader.text(found.get("Effect"), f"{where}.Effect")
    effect = _EFFECTS.get(written.strip().lower(), "")
    if written != effect or not effect:
        reader.flaws.add(MALFORMED, f"{where}.Effect", f"{written!r:.40} is no effect; it must be 'Allow' or 'Deny'")
    for one, other in (("Action", "NotAction"), ("Principal", "NotPrincipal"), ("Resource", "NotResource")):
        if one in found and other in found:
            reader.flaws.add(MALFORMED, where, f"{one} and {other} cannot stand in one statement")
    if "Action" not in found and "NotAction" not in found:
        reader.flaws.add(MALFORMED, where, "the statement has neither Action nor NotAction")
    return Statement(
        index,
        effect,
        reader.text(found.get("Sid"), f"{where}.Sid"),
        _principals(found.get("Principal"), f"{where}.Principal", reader),
        _principals(found.get("NotPrincipal"), f"{where}.NotPrincipal", reader),
        reader.texts(found.get("Action"), f"{where}.Action"),
        reader.texts(found.get("NotAction"), f"{where}.NotAction"),
        reader.texts(found.get("Resource"), f"{where}.Resource"),
        reader.texts(found.get("NotResource"), f"{where}.NotResource"),
        _conditions(found.get("Condition"), f"{where}.Condition", reader),
        frozenset(found),
    )


def _principals(value: Any, where: str, reader: ElementReader) -> tuple[Principal, ...]:
    if value is None:
        return ()
    if not isinstance(value, Mapping):
        texts = reader.texts(value, where)
        if any(text != "*" for text in texts):
            reader.flaws.add(MALFORMED, where, f"{texts[0]!r:.80} needs its kind, as in {{'AWS': '…'}}")
        return tuple(_principal(PrincipalKind.AWS, text) for text in texts)
    found = []
    for kind, named in value.items():
        known = _KINDS.get(str(kind).lower())
        if known is None:
            allowed = ", ".join(_KINDS[each].value for each in _KINDS)
            reader.flaws.add(MALFORMED, where, f"{str(kind)!r:.40} is no kind of principal; {allowed} are")
            continue
        found += [_principal(known, text) for text in reader.texts(named, f"{where}.{known.value}")]
    return tuple(found)


def _principal(kind: PrincipalKind, value: str) -> Principal:
    return Principal(PrincipalKind.ANYONE if kind is PrincipalKind.AWS and value == "*" else kind, value)


def _conditions(value: Any, where: str, reader: ElementReader) -> tuple[Test, ...]:
    if value is None:
        return ()
    if not isinstance(value, Mapping):
        reader.flaws.add(MALFORMED, where, f"{shown(value)} is not a condition; it must be an object of operators")
        return ()
    tests = []
    for name, keys in value.items():
        kind = operator(str(name))
        if not kind.family:
            near = reader.near(str(name), "operators")
            reader.flaws.add(MALFORMED, f"{where}.{name!s:.60}", f"there is no operator {str(name)!r:.60}{near}")
        if not isinstance(keys, Mapping):
            reader.flaws.add(MALFORMED, f"{where}.{name!s:.60}", f"{keys!r:.80} must be an object of condition keys")
            continue
        tests += [
            Test(kind, str(key), reader.texts(each, f"{where}.{name}.{key}", scalars=True))
            for key, each in keys.items()
        ]
    return tuple(tests)


def _check_sids(statements: list[Statement], flaws: Flaws) -> None:
    seen: dict[str, int] = {}
    for each in statements:
        if each.sid and each.sid in seen:
            flaws.add(MALFORMED, each.where, f"Statement[{seen[each.sid]}] has the same Sid; IAM refuses two")
        elif each.sid:
            seen[each.sid] = each.index


def _same(statements: tuple[Statement, ...]) -> tuple[tuple[int, int], ...]:
    seen: dict[object, int] = {}
    pairs = []
    for each in statements:
        key = (
            each.effect,
            *(frozenset(part) for part in (each.principals, each.not_principals, each.actions, each.not_actions)),
            *(frozenset(part) for part in (each.resources, each.not_resources, each.conditions)),
        )
        earlier = seen.setdefault(key, each.index)
        if earlier != each.index:
            pairs.append((each.index, earlier))
    return tuple(pairs)


__all__ = ["Document", "Finding", "parse"]
