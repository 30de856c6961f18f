"""The table of all rules, for the documentation.

python -m eks_access_policies.report.rules > docs/policies/rules.md
"""

from collections.abc import Iterator, Sequence

from ..evaluate.evaluator import RESOURCE_RULES, RULES
from ..finding import Rule

_AREAS = (
    ("iam-trust-", "Trust policies"),
    ("iam-", "IAM policies and documents"),
    ("eks-", "Ways into clusters"),
    ("rbac-", "Rights inside clusters"),
    ("", "What could not be judged"),
)
_HEAD = """# The rules

Written by `python -m eks_access_policies.report.rules` from the rules themselves. What is `critical` or `high` blocks
a deployment, the rest advises; the [configuration](../policies.md#configuration) changes that. *When*: `resource` rules
are asked before a resource is made, `stack` rules at the end of a preview and of an update.
"""


def markdown() -> str:
    return "\n".join([_HEAD, *_sections()])


def _sections() -> Iterator[str]:
    left = list(RULES)
    for prefix, title in _AREAS:
        mine = [rule for rule in left if rule.id.startswith(prefix)]
        left = [rule for rule in left if rule not in mine]
        if mine:
            yield f"## {title}\n"
            yield from _table(mine)
            yield ""


def _table(rules: Sequence[Rule]) -> Iterator[str]:
    yield "| rule | severity | when | what it says | what to do | frameworks |"
    yield "|---|---|---|---|---|---|"
    for rule in sorted(rules, key=lambda rule: (-rule.severity, rule.id)):
        when = "resource" if rule in RESOURCE_RULES else "stack"
        cells = (
            f"[`{rule.id}`]({rule.url})",
            rule.severity.name.lower(),
            when,
            rule.title,
            rule.remediation,
            ", ".join(rule.frameworks),
        )
        yield f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


if __name__ == "__main__":
    print(markdown(), end="")
