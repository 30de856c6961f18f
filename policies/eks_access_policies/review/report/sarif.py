"""The review as SARIF 2.1.0, for code scanning: what is gained, and what could not be determined.

Code scanning requires a location in the repository, although a review is about a whole stack: each result is finding at
the integration's line in the stack's configuration, or at the first line of that file. On GitHub a rule has one
severity, so each kind of change is a separate rule for every severity that it occurs with.
https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from eks_access import __version__

from ...finding import Severity
from ..change import Change, Direction, Plane, PrincipalChanges, Review
from ..grouping import group_identical
from ..sentences import describe_change, describe_not_evaluated, format_heading
from .interface import ReviewFormat
from .sarif_rules import LEVELS, SARIF_RULES, SCORES

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LIMIT = 5000
"""Results of one run; GitHub does not show more."""
_UNKNOWN_SEVERITY = Severity.MEDIUM


@dataclass(frozen=True)
class SarifFormat(ReviewFormat):
    location: str = "Pulumi.yaml"
    """The file that results are finding in, relative to the repository's root."""
    source: str = ""
    """The content of that file, in which each integration's line is looked up."""
    category: str = "eks-access-review"
    """Distinguishes several reviews of one commit."""
    limit: int = LIMIT
    _lines: dict[str, int] = field(default_factory=dict)

    def format(self, review: Review) -> str:
        return json.dumps(self.convert(review), indent=2) + "\n"

    def convert(self, review: Review) -> dict[str, Any]:
        """The SARIF log as a JSON value."""
        reported = [
            *_find_not_evaluated(review),
            *(
                (change, principal)
                for principal in group_identical(review.principals)
                for change in principal.changes
                if change.is_risk or change.direction is Direction.UNKNOWN
            ),
        ][: self.limit]
        ids = sorted({_get_rule_id(change) for change, _ in reported})
        return {
            "$schema": SCHEMA,
            "version": "2.1.0",
            "runs": [
                {
                    "tool": {
                        "driver": {
                            "name": "eks-access review",
                            "semanticVersion": __version__,
                            "rules": [_convert_rule(each) for each in ids],
                        }
                    },
                    "automationDetails": {"id": f"{self.category}/"},
                    "columnKind": "unicodeCodePoints",
                    "results": [self._convert_result(change, principal, ids) for change, principal in reported],
                }
            ],
        }

    def _convert_result(self, change: Change, principal: PrincipalChanges, ids: list[str]) -> dict[str, Any]:
        rule, message = _get_rule_id(change), f"{format_heading(principal)}: {describe_change(change, principal)}"
        return {
            "ruleId": rule,
            "ruleIndex": ids.index(rule),
            "level": LEVELS[change.severity or _UNKNOWN_SEVERITY],
            "message": {"text": message.replace("`", "'"), "markdown": message},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": self.location},
                        "region": {"startLine": self._find_line(principal.names[0])},
                    },
                    "logicalLocations": [{"name": name, "kind": "resource"} for name in principal.names[:10]],
                }
            ],
            # Identifies the same result in later runs, even if its line changes.
            "partialFingerprints": {"eksAccessReview/v1": _compute_fingerprint(change, principal)},
            "properties": {"clusters": list(change.clusters), "what": list(change.what)[:100]},
        }

    def _find_line(self, name: str) -> int:
        if name not in self._lines:
            match = re.search(rf"^[ \t]*[\"']?{re.escape(name)}[\"']?[ \t]*:", self.source, re.MULTILINE)
            self._lines[name] = self.source.count("\n", 0, match.start()) + 1 if match else 1
        return self._lines[name]


def _find_not_evaluated(review: Review) -> Iterator[tuple[Change, PrincipalChanges]]:
    """What could not be determined of the stack as a whole, as changes of the resources that it is about."""
    unknown = [(("the stack",), each) for each in review.unknown]
    for names, words in (*unknown, *((each.names, describe_not_evaluated(each)) for each in review.not_evaluated)):
        change = Change(Direction.UNKNOWN, Plane.AWS, (), words, "", None, key="access-unknown")
        yield change, PrincipalChanges(names, "changed", (change,))


def _get_rule_id(change: Change) -> str:
    return f"{change.key}/{(change.severity or _UNKNOWN_SEVERITY).name.lower()}"


def _convert_rule(rule_id: str) -> Mapping[str, Any]:
    key, _, name = rule_id.partition("/")
    severity, rule = Severity[name.upper()], SARIF_RULES[key]
    return {
        "id": rule_id,
        "name": "".join(word.capitalize() for word in key.split("-")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.help},
        "help": {"text": rule.help},
        "defaultConfiguration": {"level": LEVELS[severity]},
        "properties": {
            "tags": ["security", "access"],
            "precision": "high",
            "problem.severity": {"note": "recommendation"}.get(LEVELS[severity], LEVELS[severity]),
            "security-severity": SCORES[severity],
        },
    }


def _compute_fingerprint(change: Change, principal: PrincipalChanges) -> str:
    parts = (change.key, *principal.names, *change.what, change.where)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
