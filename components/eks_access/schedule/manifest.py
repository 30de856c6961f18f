"""The reduced access manifest that the scheduled probe runs with.

It is in a ConfigMap, readable by every principal that may read ConfigMaps there. So an ExternalId, the hand-off and
everything else that only the vendor needs is left out, whether or not it is secret.
"""

import json
from collections.abc import Collection
from typing import Any

from pydantic import ValidationError

from ..errors import InvalidInputError
from ..manifest.models import SCHEMA_VERSION, Handoff, IntegrationAccess, Trust
from ..model.integration import Place


def reduce_access(name: str, access: object, clusters: Collection[str]) -> dict[str, Any]:
    """One integration's part of the manifest, without what only the vendor needs.

    Raises:
        InvalidInputError: it is not an integration's part of a manifest, or has a cluster that the probe cannot access.
    """
    path = f"integrations.{name}"
    try:
        full = IntegrationAccess.model_validate(access)
    except ValidationError as invalid:
        location = ".".join(map(str, invalid.errors(include_url=False, include_input=False)[0]["loc"]))
        raise InvalidInputError(
            path, None, f"is not an integration's access, at {location!r}", "Give the integration's output `access`."
        ) from None
    for key in full.clusters:
        if key not in clusters:
            raise InvalidInputError(
                path,
                None,
                f"has cluster {key!r}, which is not among the probe's clusters",
                "Give the probe every cluster of its integrations, by the same key.",
            )
    reduced = full.model_copy(
        update={
            "trust": Trust(kind=full.trust.kind, refuses=full.trust.refuses),
            "handoff": Handoff(fields=[], steps=[]),
            "residual_risks": [],
            "statement_reasons": [],
            "objects": [],
            "sources": [],
            "leftovers": [],
            "other_profile": None,
        }
    )
    return reduced.model_dump(mode="json", by_alias=True)


def build_manifest_text(integrations: str, place: Place, *, project: str, environment: str) -> str:
    """The manifest as JSON text; `integrations` is the text of a JSON object, or its placeholder."""
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
