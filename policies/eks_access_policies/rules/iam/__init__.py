"""The rules of this area, as data. A judging module reports findings of them; `RULES` is what a pack offers."""

from ...finding import Rule
from . import documents, escalation, permissions, trust

RULES: tuple[Rule, ...] = tuple(
    value
    for module in (documents, trust, permissions, escalation)
    for value in vars(module).values()
    if isinstance(value, Rule)
)
"""All of them, in the order in which they stand in their modules."""
