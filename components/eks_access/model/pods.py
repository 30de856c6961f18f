"""Settings of every pod that this package creates: no privileges, no ingress, restricted egress, a pinned image."""

import re
from collections.abc import Mapping
from typing import Any

from ..errors import InvalidInputError
from .placeholders import is_known

NONROOT = 65532
"""The user of distroless images' `nonroot` variants. Kubernetes can verify `runAsNonRoot` only for a numeric user."""
RESTRICTED = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")}
"""Labels of a namespace with which the API server rejects every pod that is not restricted.
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
    """No ingress (the kubelet's own probes are not subject to policies); egress for HTTPS and DNS only."""
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
    """Validates that an image has a version or a digest.

    Raises:
        InvalidInputError: it has neither, or is not an image name.
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
            "names no version, so the same name could be another program tomorrow",
            f"Name a version as in {example}, or a digest.",
        )
    return image
