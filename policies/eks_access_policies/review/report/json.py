"""The review as JSON: versioned, every principal by itself, every action and verb in full.

Principals with equal changes are one where they are many, with the `names` of all.
"""

import json
from typing import Any

from ..change import Change, PrincipalChanges, Review
from ..not_evaluated import TypeNotEvaluated
from .interface import ReviewFormat

SCHEMA_VERSION = 1


class JsonFormat(ReviewFormat):
    def format(self, review: Review) -> str:
        return json.dumps(_convert_review(review), indent=2) + "\n"


def _convert_review(review: Review) -> dict[str, Any]:
    return {
        "schemaVersion": SCHEMA_VERSION,
        "base": review.base,
        "head": review.head,
        "gravest": review.worst.name.lower() if review.worst else None,
        "unknown": list(review.unknown),
        "notEvaluated": [_convert_not_evaluated(each) for each in review.not_evaluated],
        "principals": [_convert_principal(each) for each in review.principals],
    }


def _convert_not_evaluated(each: TypeNotEvaluated) -> dict[str, Any]:
    return {
        "type": each.type,
        "resources": list(each.names),
        "reason": each.reason,
        "properties": list(each.properties),
    }


def _convert_principal(principal: PrincipalChanges) -> dict[str, Any]:
    return {
        "name": principal.names[0],
        **({"names": list(principal.names)} if len(principal.names) > 1 else {}),
        "status": principal.status,
        "clusters": list(principal.clusters),
        "changes": [_convert_change(each) for each in principal.changes],
    }


def _convert_change(change: Change) -> dict[str, Any]:
    return {
        "direction": str(change.direction),
        "plane": str(change.plane),
        "rule": change.key,
        "severity": change.severity.name.lower() if change.severity else None,
        "what": list(change.what),
        "where": change.where,
        "risk": change.risk,
        "clusters": list(change.clusters),
        "detail": list(change.detail),
    }
