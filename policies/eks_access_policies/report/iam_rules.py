"""The rules as a table of the documentation.

`python -m eks_access_policies.report.iam_rules docs/policies/iam.md` renews it.
"""

import sys
from collections.abc import Iterable
from pathlib import Path

from ..finding import Rule
from ..rules.iam import RULES

BEGIN = "<!-- rules: begin -->"
END = "<!-- rules: end -->"


def table(rules: Iterable[Rule]) -> str:
    """A Markdown table: what each rule asks for, how grave it is, and what to do."""
    rows = ["| rule | severity | what it asks for | what to do |", "| --- | --- | --- | --- |"]
    for rule in rules:
        frameworks = f" ({', '.join(rule.frameworks)})" if rule.frameworks else ""
        cells = (f"[`{rule.id}`]({rule.url})", rule.severity.name.lower(), rule.title + frameworks, rule.remediation)
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows)


def renewed(page: str) -> str:
    """The page with the table as it is now, between its marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table(RULES)}\n{END}{after}"


if __name__ == "__main__":
    page = Path(sys.argv[1])
    page.write_text(renewed(page.read_text()))
