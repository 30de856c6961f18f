"""Parses any value as an IAM policy document: what is malformed is reported as findings, and nothing is raised.

Lenient where IAM is strict, so that what looks like a grant is evaluated as one: names of elements in another case,
single values for lists, numbers for strings. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from ..rules.iam.documents import CHARACTERS, MALFORMED
from .conditions import Condition, parse_operator
from .document import Document, Principal, PrincipalKind, Statement
from .element_reader import ElementReader, Flaws, format_value

_UNSUPPORTED_CHARACTER = re.compile(r"[^\t\n\r\x20-\xff]")
"""https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html (PolicyDocument)"""

_DOCUMENT_ELEMENTS = ("Version", "Id", "Statement")
_EFFECTS = {"allow": "Allow", "deny": "Deny"}
_STATEMENT_ELEMENTS = (
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


def parse_document(source: object) -> Document:
    """Parse a document given as JSON text, a mapping, a list of statements, or anything else."""
    flaws = Flaws()
    value = _load(source, flaws)
    if value is None:
        return Document(flaws=flaws.found())
    try:
        text = json.dumps(_to_plain(value), separators=(",", ":"), ensure_ascii=False)
    except (ValueError, TypeError, RecursionError):
        text = None
        flaws.add(MALFORMED, "", "the document is nested too deeply to be serialized; IAM would reject it")
    if text is not None and (character := _UNSUPPORTED_CHARACTER.search(text)):
        flaws.add(
            CHARACTERS, "", f"the character {character.group()!r} (U+{ord(character.group()):04X}) is not allowed"
        )
    top: Mapping[Any, Any] = value if isinstance(value, Mapping) else {"Statement": value}
    reader = ElementReader(flaws)
    elements = reader.elements(top, _DOCUMENT_ELEMENTS, "")
    version = reader.text(elements.get("Version"), "Version")
    if isinstance(value, Mapping):
        _check_version(version, flaws)
    statements = _parse_statements(elements.get("Statement"), reader)
    return Document(
        statements,
        flaws.found(),
        version,
        len(text.encode(errors="surrogatepass")) if text is not None else None,
        _find_equal(statements),
    )


def _load(source: object, flaws: Flaws) -> Any:
    if isinstance(source, bytes | bytearray):
        source = bytes(source).decode(errors="replace")
    if not isinstance(source, str):
        if isinstance(source, Mapping | Sequence):
            return source
        flaws.add(MALFORMED, "", f"{format_value(source)} is not a policy document; it must be a JSON object")
        return None
    text = unquote(source) if source.lstrip().startswith("%7B") else source
    try:
        value = json.loads(text, object_pairs_hook=lambda pairs: _object_from_pairs(pairs, flaws))
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        flaws.add(MALFORMED, "", f"the document is not JSON: {reason:.120}")
        return None
    if not isinstance(value, Mapping | list):
        flaws.add(MALFORMED, "", f"{format_value(value)} is not a policy document; it must be a JSON object")
        return None
    return value


def _object_from_pairs(pairs: list[tuple[str, Any]], flaws: Flaws) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                flaws.add(MALFORMED, "", f"{key!r} is given twice in one object; only the last one counts")
            seen.add(key)
    return found


def _to_plain(value: Any) -> Any:
    """Proxies of mappings and lists, as the policy engine passes them, as types that can be serialized as JSON."""
    if isinstance(value, Mapping):
        return {str(key): _to_plain(each) for key, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray):
        return [_to_plain(each) for each in value]
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)


def _check_version(version: str, flaws: Flaws) -> None:
    if version and version not in _VERSIONS:
        flaws.add(MALFORMED, "Version", f"{version!r:.40} is not a version; it must be '2012-10-17'")


def _parse_statements(value: Any, reader: ElementReader) -> tuple[Statement, ...]:
    if value is None:
        reader.flaws.add(MALFORMED, "Statement", "the document has no statements, so it allows nothing")
        return ()
    listed = [value] if isinstance(value, Mapping) else value
    if not isinstance(listed, Sequence) or isinstance(listed, str | bytes):
        reader.flaws.add(MALFORMED, "Statement", f"{format_value(value)} is not a list of statements")
        return ()
    statements = []
    for index, each in enumerate(listed):
        if isinstance(each, Mapping):
            statements.append(_parse_statement(index, each, reader))
        else:
            reader.flaws.add(MALFORMED, f"Statement[{index}]", f"{format_value(each)} is not a statement")
    _check_sids(statements, reader.flaws)
    return tuple(statements)


def _parse_statement(index: int, source: Mapping[Any, Any], reader: ElementReader) -> Statement:
    where = f"Statement[{index}]"
    found = reader.elements(source, _STATEMENT_ELEMENTS, where)
    written = reader.text(found.get("Effect"), f"{where}.Effect")
    effect = _EFFECTS.get(written.strip().lower(), "")
    if written != effect or not effect:
        reader.flaws.add(
            MALFORMED, f"{where}.Effect", f"{written!r:.40} is not an effect; it must be 'Allow' or 'Deny'"
        )
    for one, other in (("Action", "NotAction"), ("Principal", "NotPrincipal"), ("Resource", "NotResource")):
        if one in found and other in found:
            reader.flaws.add(MALFORMED, where, f"a statement cannot have both {one} and {other}")
    if "Action" not in found and "NotAction" not in found:
        reader.flaws.add(MALFORMED, where, "the statement has neither Action nor NotAction")
    return Statement(
        index,
        effect,
        reader.text(found.get("Sid"), f"{where}.Sid"),
        _parse_principals(found.get("Principal"), f"{where}.Principal", reader),
        _parse_principals(found.get("NotPrincipal"), f"{where}.NotPrincipal", reader),
        reader.texts(found.get("Action"), f"{where}.Action"),
        reader.texts(found.get("NotAction"), f"{where}.NotAction"),
        reader.texts(found.get("Resource"), f"{where}.Resource"),
        reader.texts(found.get("NotResource"), f"{where}.NotResource"),
        _parse_conditions(found.get("Condition"), f"{where}.Condition", reader),
        frozenset(found),
    )


def _parse_principals(value: Any, where: str, reader: ElementReader) -> tuple[Principal, ...]:
    if value is None:
        return ()
    if not isinstance(value, Mapping):
        texts = reader.texts(value, where)
        if any(text != "*" for text in texts):
            reader.flaws.add(MALFORMED, where, f"{texts[0]!r:.80} needs its type, as in {{'AWS': '…'}}")
        return tuple(_principal(PrincipalKind.AWS, text) for text in texts)
    found = []
    for type_name, named in value.items():
        known = _KINDS.get(str(type_name).lower())
        if known is None:
            allowed = ", ".join(_KINDS[each].value for each in _KINDS)
            problem = f"{str(type_name)!r:.40} is not a type of principal; the types are {allowed}"
            reader.flaws.add(MALFORMED, where, problem)
            continue
        found += [_principal(known, text) for text in reader.texts(named, f"{where}.{known.value}")]
    return tuple(found)


def _principal(kind: PrincipalKind, value: str) -> Principal:
    return Principal(PrincipalKind.ANYONE if kind is PrincipalKind.AWS and value == "*" else kind, value)


def _parse_conditions(value: Any, where: str, reader: ElementReader) -> tuple[Condition, ...]:
    if value is None:
        return ()
    if not isinstance(value, Mapping):
        reader.flaws.add(MALFORMED, where, f"{format_value(value)} is not a condition; it must map operators to keys")
        return ()
    conditions = []
    for name, keys in value.items():
        operator = parse_operator(str(name))
        if not operator.family:
            near = reader.suggest_operator(str(name))
            reader.flaws.add(MALFORMED, f"{where}.{name!s:.60}", f"there is no operator {str(name)!r:.60}{near}")
        if not isinstance(keys, Mapping):
            reader.flaws.add(MALFORMED, f"{where}.{name!s:.60}", f"{keys!r:.80} must be an object of condition keys")
            continue
        conditions += [
            Condition(operator, str(key), reader.texts(each, f"{where}.{name}.{key}", scalars=True))
            for key, each in keys.items()
        ]
    return tuple(conditions)


def _check_sids(statements: list[Statement], flaws: Flaws) -> None:
    seen: dict[str, int] = {}
    for each in statements:
        if each.sid and each.sid in seen:
            flaws.add(MALFORMED, each.where, f"Statement[{seen[each.sid]}] has the same Sid; IAM rejects duplicates")
        elif each.sid:
            seen[each.sid] = each.index


def _find_equal(statements: tuple[Statement, ...]) -> tuple[tuple[int, int], ...]:
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
