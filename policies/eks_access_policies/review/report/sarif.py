"""The review as SARIF 2.1.0, for code scanning: what is gained, and what could not be known.

Each result stands at the integration's line in the stack's configuration, or at that file's first line: a review is of
a whole stack, and code scanning wants a place in the repository. A rule has one severity for GitHub, so each of ours is
one rule for each severity that it was found with.
https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from eks_access import __version__

from ...finding import Severity
from ..change import Change, Direction, PrincipalChanges, Review
from ..grouping import collapsed
from ..kinds import KINDS, LEVELS, SCORES
from ..sentences import change_line, heading
from .interface import ReviewFormat

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LIMIT = 5000
"""Results: GitHub shows no more of one run."""
_UNKNOWN = Severity.MEDIUM


@dataclass(frozen=True)
class SarifFormat(ReviewFormat):
    location: str = "Pulumi.yaml"
    """The file in the repository that results stand at, from the repository's root."""
    source: str = ""
    """What is in that file, to find each integration's line."""
    category: str = "eks-access-review"
    """Keeps several reviews of one commit apart."""
    limit: int = LIMIT
    _lines: dict[str, int] = field(default_factory=dict)

    def text(self, review: Review) -> str:
        return json.dumps(self.value(review), indent=2) + "\n"

    def value(self, review: Review) -> dict[str, Any]:
        found = [
            (change, principal)
            for principal in collapsed(review.principals)
            for change in principal.changes
            if change.is_risk or change.direction is Direction.UNKNOWN
        ][: self.limit]
        ids = sorted({_rule_id(change) for change, _ in found})
        return {
            "$schema": SCHEMA,
            "version": "2.1.0",
            "runs": [
                {
                    "tool": {
                        "driver": {
                            "name": "eks-access review",
                            "semanticVersion": __version__,
                            "rules": [_rule(each) for each in ids],
                        }
                    },
                    "automationDetails": {"id": f"{self.category}/"},
                    "columnKind": "unicodeCodePoints",
                    "results": [self._result(change, principal, ids) for change, principal in found],
                }
            ],
        }

    def _result(self, change: Change, principal: PrincipalChanges, ids: list[str]) -> dict[str, Any]:
        rule, words = _rule_id(change), f"{heading(principal)}: {change_line(change, principal)}"
        return {
            "ruleId": rule,
            "ruleIndex": ids.index(rule),
            "level": LEVELS[change.severity or _UNKNOWN],
            "message": {"text": words.replace("`", "'"), "markdown": words},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": self.location},
                        "region": {"startLine": self._line(principal.names[0])},
                    },
                    "logicalLocations": [{"name": name, "kind": "resource"} for name in principal.names[:10]],
                }
            ],
            # The same finding keeps its identity when only its words' order or the line changes.
            "partialFingerprints": {"eksAccessReview/v1": _fingerprint(change, principal)},
            "properties": {"clusters": list(change.clusters), "what": list(change.what)[:100]},
        }

    def _line(self, name: str) -> int:
        if name not in self._lines:
            found = re.search(rf"^[ \t]*[\"']?{re.escape(name)}[\"']?[ \t]*:", self.source, re.MULTILINE)
            self._lines[name] = self.source.count("\n", 0, found.start()) + 1 if found else 1
        return self._lines[name]


def _rule_id(change: Change) -> str:
    return f"{change.key}/{(change.severity or _UNKNOWN).name.lower()}"


def _rule(rule_id: str) -> Mapping[str, Any]:
    key, _, name = rule_id.partition("/")
    worst, kind = Severity[name.upper()], KINDS[key]
    return {
        "id": rule_id,
        "name": "".join(word.capitalize() for word in key.split("-")),
        "shortDescription": {"text": kind.title},
        "fullDescription": {"text": kind.help},
        "help": {"text": kind.help},
        "defaultConfiguration": {"level": LEVELS[worst]},
        "properties": {
            "tags": ["security", "access"],
            "precision": "high",
            "problem.severity": {"note": "recommendation"}.get(LEVELS[worst], LEVELS[worst]),
            "security-severity": SCORES[worst],
        },
    }


def _fingerprint(change: Change, principal: PrincipalChanges) -> str:
    parts = (change.key, *principal.names, *change.what, change.where)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
