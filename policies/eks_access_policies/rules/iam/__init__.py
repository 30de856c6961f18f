"""The rules of IAM documents, as data. The modules of `iam` report findings of them; `RULES` is what a pack offers."""

from ...finding import Rule
from . import documents, escalation, permissions, trust

RULES: tuple[Rule, ...] = tuple(
    value
    for module in (documents, trust, permissions, escalation)
    for value in vars(module).values()
    if isinstance(value, Rule)
)
"""All of them, in the order of their modules."""
