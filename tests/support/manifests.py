"""Access manifests of the package's vendors, as JSON."""

from typing import Any

from eks_access.integrations import vendors
from eks_access.manifest.build import build_integration_access
from eks_access.model.integration import Profile
from tests.support.places import place
from tests.support.vendors import ARGUMENTS


def access(vendor: str) -> dict[str, Any]:
    described = vendors()[vendor].describe({**ARGUMENTS[vendor], "profile": Profile.LEAST}, place(vendor))
    return build_integration_access(described, place(vendor), {"c0": ("https://c0", "Q0E=")})


def manifest(**integrations: dict[str, Any]) -> dict[str, Any]:
    where = {"environment": "prod", "partition": "aws", "account": "111122223333", "endpoint": "aws"}
    return {"schemaVersion": 1, **where, "integrations": integrations}
