"""What the front remembers about each cluster, beside what MiniStack keeps: how EKS sees it, and since
when.
"""

import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from .identity_provider import SERVICE_ACCOUNTS

PLATFORM_VERSION = "eks.1"


@dataclass
class Cluster:
    account: str
    name: str
    mode: str
    creator_arn: str = ""
    endpoint: str | None = None
    """None: only an AWS record, without a control plane behind it."""
    ca_data: str = ""
    principals: dict[str, str] = field(default_factory=dict)
    """Principal ARN to the unique id it had when its access entry was made."""
    updates: dict[str, "Update"] = field(default_factory=dict)

    @property
    def updating(self) -> bool:
        return any(update.status == "InProgress" for update in self.updates.values())

    def described(self, described: dict[str, Any]) -> dict[str, Any]:
        """MiniStack's description of the cluster, with what is really there."""
        described["accessConfig"] = {**described.get("accessConfig", {}), "authenticationMode": self.mode}
        if self.endpoint is not None:
            described["endpoint"] = self.endpoint
            described["certificateAuthority"] = {"data": self.ca_data}
            described["platformVersion"] = PLATFORM_VERSION
            described["identity"] = {"oidc": {"issuer": f"https://{SERVICE_ACCOUNTS}"}}
        if self.updating:
            described["status"] = "UPDATING"
        return described


@dataclass
class Update:
    wanted_mode: str
    id: str = field(default_factory=lambda: str(secrets.token_hex(16)))
    status: str = "InProgress"
    created_at: float = field(default_factory=time.time)

    def described(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "status": self.status,
            "type": "AccessConfigUpdate",
            "params": [{"type": "AuthenticationMode", "value": f'"{self.wanted_mode}"'}],
            "createdAt": self.created_at,
            "errors": [],
        }


class Registry:
    def __init__(self) -> None:
        self._clusters: dict[tuple[str, str], Cluster] = {}

    def __iter__(self) -> Any:
        return iter(list(self._clusters.values()))

    def add(self, cluster: Cluster) -> None:
        self._clusters[cluster.account, cluster.name] = cluster

    def remove(self, account: str, name: str) -> None:
        self._clusters.pop((account, name), None)

    def find(self, account: str, name: str) -> Cluster | None:
        return self._clusters.get((account, name))
