"""What the scheduled probe is told of each integration: of the access manifest, what an operator needs. Pure.

It stands in a ConfigMap, for everybody to read who may read ConfigMaps there. So an ExternalId, the hand-off and what
else is for the vendor is left out, whether or not it is secret.
"""

import json
from collections.abc import Collection
from typing import Any

from pydantic import ValidationError

from ..errors import InvalidInputError
from ..manifest.models import SCHEMA_VERSION, Handoff, IntegrationAccess, Trust
from ..model.integration import Place


def reduced(name: str, access: object, clusters: Collection[str]) -> dict[str, Any]:
    """One integration's part of the manifest, without what only the vendor needs.

    Raises:
        InvalidInputError: it is not such a part, or of a cluster that the probe has no way into.
    """
    path = f"integrations.{name}"
    try:
        read = IntegrationAccess.model_validate(access)
    except ValidationError as invalid:
        where = ".".join(map(str, invalid.errors(include_url=False, include_input=False)[0]["loc"]))
        raise InvalidInputError(
            path, None, f"is not an integration's access, at {where!r}", "Give the integration's output `access`."
        ) from None
    for key in read.clusters:
        if key not in clusters:
            raise InvalidInputError(
                path,
                None,
                f"is on cluster {key!r}, which is not among the probe's clusters",
                "Give the probe every cluster of its integrations, by the same key.",
            )
    kept = read.model_copy(
        update={
            "trust": Trust(kind=read.trust.kind, refuses=read.trust.refuses),
            "handoff": Handoff(fields=[], steps=[]),
            "residual_risks": [],
            "statement_reasons": [],
            "objects": [],
            "sources": [],
            "leftovers": [],
            "other_profile": None,
        }
    )
    return kept.model_dump(mode="json", by_alias=True)


def manifest(integrations: str, place: Place, *, project: str, environment: str) -> str:
    """The manifest's text; `integrations` is the text of a JSON object, or what stands for it."""
    head = {
        "schemaVersion": SCHEMA_VERSION,
        "project": project,
        "environment": environment,
        "partition": place.partition,
        "account": place.account,
        "endpoint": "aws",
        "clusters": {cluster.key: {"name": cluster.name, "region": cluster.region} for cluster in place.clusters},
    }
    return f'{json.dumps(head, ensure_ascii=False)[:-1]}, "integrations": {integrations}}}'
