"""What every pod that this package makes has in common: no privileges, no way in, one way out, and a known image."""

import re
from collections.abc import Mapping
from typing import Any

from ..errors import InvalidInputError
from .placeholders import is_known

NONROOT = 65532
"""The user of distroless images' `nonroot` variants. Kubernetes can judge only a number."""
RESTRICTED = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")}
"""Labels of a namespace, by which the API server refuses every other pod.
https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted"""
POD_SECURITY: Mapping[str, Any] = {
    "runAsNonRoot": True,
    "runAsUser": NONROOT,
    "runAsGroup": NONROOT,
    "fsGroup": NONROOT,
    "seccompProfile": {"type": "RuntimeDefault"},
}
CONTAINER_SECURITY: Mapping[str, Any] = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
POD_IDENTITY_AGENT = ("169.254.170.23/32", "fd00:ec2::23/128")
"""https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html"""

_IMAGE = re.compile(r"[\w.\-/]+(?::\d+/[\w.\-/]+)?(?::(?P<tag>[\w][\w.\-]{0,127}))?(?P<digest>@sha256:[0-9a-f]{64})?")


def network_policy(labels: Mapping[str, str], *, pod_identity: bool) -> dict[str, Any]:
    """Nothing comes in (the kubelet's own checks are no matter of a policy); out go HTTPS and name lookups only."""
    egress: list[dict[str, Any]] = [
        {"ports": [{"port": 443, "protocol": "TCP"}]},
        {"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]},
    ]
    if pod_identity:
        agent = [{"ipBlock": {"cidr": cidr}} for cidr in POD_IDENTITY_AGENT]
        egress.append({"to": agent, "ports": [{"port": 80, "protocol": "TCP"}]})
    return {
        "spec": {"podSelector": {"matchLabels": dict(labels)}, "policyTypes": ["Ingress", "Egress"], "egress": egress}
    }


def validate_image(path: str, image: str, example: str) -> str:
    """An image with a version or a digest.

    Raises:
        InvalidInputError: it has neither, or is no image's name.
    """
    if not is_known(image):
        return image
    match = _IMAGE.fullmatch(image)
    if match is None:
        raise InvalidInputError(path, image, "is not the name of an image")
    if not match["digest"] and match["tag"] in (None, "latest"):
        raise InvalidInputError(
            path,
            image,
            "names no version: the same name would be another program tomorrow",
            f"Name a version as in {example}, or a digest.",
        )
    return image
