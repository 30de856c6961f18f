"""The hand-off: the values for the vendor's own form, under its labels and in its order, and the manual steps.

Secrets are hidden unless `show_secrets` is set.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from ..manifest.models import HIDDEN, HandoffField, IntegrationAccess

HINT = "hidden; shown with --show-secrets"


@dataclass(frozen=True)
class Value:
    """One value for the vendor's form; `text` is None if it is hidden."""

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


def build_sheets(integrations: Mapping[str, IntegrationAccess], *, show_secrets: bool) -> list[Sheet]:
    """The hand-off of each integration."""
    return [
        Sheet(
            name,
            access.title,
            tuple(_build_value(field, show_secrets) for field in access.handoff.fields),
            tuple(f"({HINT})" if HIDDEN in step else step for step in access.handoff.steps),
        )
        for name, access in integrations.items()
    ]


def format_markdown(all_sheets: list[Sheet]) -> str:
    """Markdown for a ticket or a wiki: a table of values, and the steps as a checklist."""
    return "\n".join(_format_sheet(sheet) for sheet in all_sheets)


def format_json(all_sheets: list[Sheet]) -> str:
    """JSON for programs. A hidden value is null, with `hidden` true."""
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
                for sheet in all_sheets
            },
        },
        indent=2,
        ensure_ascii=False,
    )


def _build_value(field: HandoffField, show_secrets: bool) -> Value:
    hidden = field.value == HIDDEN or (field.secret and not show_secrets)
    return Value(field.label, None if hidden else field.value)


def _format_sheet(sheet: Sheet) -> str:
    lines = [f"## {sheet.title}: {sheet.name}", ""]
    if sheet.values:
        lines += ["| field | value |", "|---|---|"]
        lines += [f"| {_escape_cell(value.label)} | {_format_value(value)} |" for value in sheet.values]
        lines.append("")
    lines += [line for step in sheet.steps for line in _format_step(step)]
    return "\n".join([*lines, ""]) if sheet.steps else "\n".join(lines)


def _format_step(step: str) -> list[str]:
    """A step as an item of the checklist. Lines after the first are to be copied, and so in a code block."""
    instruction, *copied = step.splitlines()
    return [f"- [ ] {instruction}", *(f"  {line}" for line in ("```", *copied, "```") if copied)]


def _format_value(value: Value) -> str:
    """The value as code, so that it can be copied exactly; on one line, as it is in a table."""
    if value.text is None:
        return f"*{HINT}*"
    text = value.text.strip("\n")
    fence = "``" if "`" in text else "`"
    parts = (f"{fence} {line} {fence}" if len(fence) > 1 else f"`{line}`" for line in text.splitlines() if line)
    return _escape_cell("<br>".join(parts)) or "(empty)"


def _escape_cell(text: str) -> str:
    return text.replace("|", "\\|")
