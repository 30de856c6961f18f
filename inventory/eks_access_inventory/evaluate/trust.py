"""The trust policies of principals: who else may become one, by the rules of the policy pack. Pure."""

import re
from collections.abc import Iterator
from typing import Any

from eks_access_policies.evaluate.configuration import Configuration
from eks_access_policies.evaluate.documents import create_context
from eks_access_policies.finding import Finding
from eks_access_policies.iam import evaluate_trust, parse_document

from ..inventory import Danger

HIDDEN = "[not shown]"
_EXTERNAL_ID = "sts:externalid"
_SHORTEST = 4
"""Characters of an External ID that is hidden: a shorter one would hide parts of other words."""


def find_trust_dangers(trust: Any, account: str, configuration: Configuration) -> Iterator[Danger]:
    """The violations of a role's trust policy, the most severe first, without its External IDs."""
    if trust is None:
        return
    settings = configuration.shared
    context = create_context(settings, frozenset({account, *settings.accounts}))
    external_ids = sorted(_find_external_ids(trust), key=len, reverse=True)
    for finding in sorted(evaluate_trust(trust, context), key=_sort_key):
        message = finding.message
        for external_id in external_ids:
            message = message.replace(external_id, HIDDEN)
        yield Danger(
            rule=finding.rule.id,
            severity=finding.rule.severity.name.lower(),
            message=f"its trust policy: {message}",
            accepted=configuration.level(finding.rule) == "disabled",
        )


def _sort_key(finding: Finding) -> tuple[int, str, str]:
    return -finding.rule.severity, finding.rule.id, finding.message


def _find_external_ids(trust: Any) -> Iterator[str]:
    """The External IDs that conditions have, and the parts of them that are between wildcards."""
    for statement in parse_document(trust).statements:
        for condition in statement.conditions:
            if condition.lower_key == _EXTERNAL_ID:
                parts = (part for value in condition.values for part in (value, *re.split(r"[*?]", value)))
                yield from (part for part in parts if len(part) >= _SHORTEST)
