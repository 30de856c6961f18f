"""The hand-off: what to enter in the vendor's own form, under its labels and in its order, and the steps left.

Pure functions from the access manifest to text. Nothing secret is in them unless it was asked for.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from ..manifest.models import HIDDEN, HandoffField, IntegrationAccess

HINT = "hidden; shown with --show-secrets"


@dataclass(frozen=True)
class Value:
    """One value for the vendor's form; `text` is None where it is hidden."""

    label: str
    text: str | None

    @property
    def shown(self) -> str:
        return f"({HINT})" if self.text is None else self.text


@dataclass(frozen=True)
class Sheet:
    """One integration's hand-off."""

    name: str
    title: str
    values: tuple[Value, ...]
    steps: tuple[str, ...]

    @property
    def hides(self) -> bool:
        return any(value.text is None for value in self.values)


def sheets(integrations: Mapping[str, IntegrationAccess], *, show_secrets: bool) -> list[Sheet]:
    """The hand-off of each integration."""
    return [
        Sheet(
            name,
            access.title,
            tuple(_value(field, show_secrets) for field in access.handoff.fields),
            tuple(f"({HINT})" if HIDDEN in step else step for step in access.handoff.steps),
        )
        for name, access in integrations.items()
    ]


def markdown(found: list[Sheet]) -> str:
    """For a ticket or a wiki: a table of values, and the steps as a list to tick off."""
    return "\n".join(_markdown(sheet) for sheet in found)


def as_json(found: list[Sheet]) -> str:
    """For programs. A hidden value is null, with `hidden` true."""
    return json.dumps(
        {
            "schemaVersion": 1,
            "integrations": {
                sheet.name: {
                    "title": sheet.title,
                    "fields": [
                        {"label": value.label, "value": value.text, "hidden": value.text is None}
                        for value in sheet.values
                    ],
                    "steps": list(sheet.steps),
                }
                for sheet in found
            },
        },
        indent=2,
        ensure_ascii=False,
    )


def _value(field: HandoffField, show_secrets: bool) -> Value:
    hidden = field.value == HIDDEN or (field.secret and not show_secrets)
    return Value(field.label, None if hidden else field.value)


def _markdown(sheet: Sheet) -> str:
    lines = [f"## {sheet.title}: {sheet.name}", ""]
    if sheet.values:
        lines += ["| field | value |", "|---|---|"]
        lines += [f"| {_cell(value.label)} | {_code(value)} |" for value in sheet.values]
        lines.append("")
    lines += [line for step in sheet.steps for line in _item(step)]
    return "\n".join([*lines, ""]) if sheet.steps else "\n".join(lines)


def _item(step: str) -> list[str]:
    """What follows a step's first line is to be copied, and stays as it is."""
    said, *copied = step.splitlines()
    return [f"- [ ] {said}", *(f"  {line}" for line in ("```", *copied, "```") if copied)]


def _code(value: Value) -> str:
    """As code, so that it can be copied as it is; in a table a value has one line."""
    if value.text is None:
        return f"*{HINT}*"
    text = value.text.strip("\n")
    fence = "``" if "`" in text else "`"
    parts = (f"{fence} {line} {fence}" if len(fence) > 1 else f"`{line}`" for line in text.splitlines() if line)
    return _cell("<br>".join(parts)) or "(empty)"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
