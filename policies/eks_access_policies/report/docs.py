"""Writes the tables of rules and of resource types in the documentation, from the rules and the types themselves.

    python -m eks_access_policies.report.docs docs/policies

rewrites `rules.md` (all rules), `resource-types.md` (the table of resource types), `kubernetes-rights.md` (custom
resources and named objects) and the table between the markers in `iam.md` (the rules about IAM documents).
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ..evaluate.evaluator import RESOURCE_RULES, RULES
from ..finding import Rule
from ..rules import iam
from .rights_page import format_rights_page
from .types_page import format_types_page

COMMAND = "python -m eks_access_policies.report.docs docs/policies"
_SECTIONS = (
    ("iam-trust-", "Trust policies"),
    ("iam-", "IAM policies and documents"),
    ("eks-", "Ways into clusters"),
    ("rbac-", "Rights inside clusters"),
    ("", "What could not be evaluated, and what is exempt"),
)
_HEAD = f"""# The rules

Written by `{COMMAND}` from the rules themselves. A violation of a `critical`
or `high` rule blocks a deployment, other violations are advisory; the [configuration](../policies.md#configuration)
changes that. *When*: `resource` rules are evaluated before a resource is created or updated, `stack` rules at the end
of a preview and of an update.
"""
_BEGIN = "<!-- rules: begin -->"
_END = "<!-- rules: end -->"


def write_docs(folder: Path) -> None:
    """Rewrite the pages in this folder."""
    (folder / "rules.md").write_text(format_rules_page())
    (folder / "resource-types.md").write_text(format_types_page(COMMAND))
    (folder / "kubernetes-rights.md").write_text(format_rights_page(COMMAND))
    page = folder / "iam.md"
    page.write_text(replace_iam_table(page.read_text()))


def format_rules_page() -> str:
    """The page of all rules, in Markdown."""
    return "\n".join([_HEAD, *_format_sections()])


def replace_iam_table(page: str) -> str:
    """The page with the current table between its markers."""
    before, _, rest = page.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return f"{before}{_BEGIN}\n{_format_iam_table(iam.RULES)}\n{_END}{after}"


def _format_sections() -> Iterator[str]:
    remaining = list(RULES)
    for prefix, title in _SECTIONS:
        rules = [rule for rule in remaining if rule.id.startswith(prefix)]
        remaining = [rule for rule in remaining if rule not in rules]
        if rules:
            yield f"## {title}\n"
            yield from _format_table(rules)
            yield ""


def _format_table(rules: Sequence[Rule]) -> Iterator[str]:
    yield "| rule | severity | when | what it requires | what to do | frameworks |"
    yield "|---|---|---|---|---|---|"
    for rule in sorted(rules, key=lambda rule: (-rule.severity, rule.id)):
        cells = (
            f"[`{rule.id}`]({rule.url})",
            rule.severity.name.lower(),
            "resource" if rule in RESOURCE_RULES else "stack",
            rule.title,
            rule.remediation,
            ", ".join(rule.frameworks),
        )
        yield f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _format_iam_table(rules: Iterable[Rule]) -> str:
    rows = ["| rule | severity | what it requires | what to do |", "| --- | --- | --- | --- |"]
    for rule in rules:
        frameworks = f" ({', '.join(rule.frameworks)})" if rule.frameworks else ""
        cells = (f"[`{rule.id}`]({rule.url})", rule.severity.name.lower(), rule.title + frameworks, rule.remediation)
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows)


if __name__ == "__main__":
    write_docs(Path(sys.argv[1]))
