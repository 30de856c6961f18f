"""Every vendor in every tier: the environment of `make up`, with the profiles and modes that are not in it."""

from typing import Any

from tests.e2e.program import CHECKOUT, dev_config

OPENTRACE = {"client_id": "1234567890-sandbox.apps.googleusercontent.com", "subject": "110169484474386276334"}
EXTERNAL_ID = {"external_id": "c1-sandbox-external-id"}
CADO = {"platform_role_arns": ["arn:aws:iam::444455556666:role/CadoPlatform"]}


def config() -> dict[str, Any]:
    """The environment's configuration."""
    config = dev_config()
    more: dict[str, dict[str, Any]] = {
        "opentrace-vendor": {"vendor": "opentrace", "profile": "vendor", "clusters": ["both"], **OPENTRACE},
        "cado-vendor": {"vendor": "cado", "profile": "vendor", "clusters": ["both"], **CADO},
        "conductorone-vendor": {"vendor": "conductorone", "profile": "vendor", "clusters": ["both"], **EXTERNAL_ID},
        "conductorone-policies": {
            "vendor": "conductorone",
            "tier": "provision",
            "deny_cluster_admin": False,
            "clusters": ["api"],
            **EXTERNAL_ID,
        },
        "cloudquery": {
            "vendor": "custom",
            "clusters": ["both"],
            "definition": str(CHECKOUT / "examples/custom/cloudquery.yaml"),
            "arguments": {"principal_arn": "arn:aws:iam::765656841499:role/ConductorOneService", "external_id": "cq-1"},
        },
    }
    return {**config, "eks-access:integrations": {**config["eks-access:integrations"], **more}}
