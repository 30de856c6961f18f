"""EKS and IAM in memory, as far as a registration calls them, with botocore's own errors."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def refusal(code: str, message: str = "message of AWS") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Operation")


class Eks:
    """Registers clusters as EKS does. `fails` has the errors of the next calls of each operation."""

    def __init__(self) -> None:
        self.connected: dict[str, dict[str, Any]] = {}
        self.own = ["an-eks-cluster"]
        self.calls: list[str] = []
        self.fails: dict[str, list[ClientError]] = {}
        self.registered = 0

    def _called(self, operation: str) -> None:
        self.calls.append(operation)
        if self.fails.get(operation):
            raise self.fails[operation].pop(0)

    def register_cluster(self, name: str, connectorConfig: dict[str, str], tags: Any = None) -> Any:
        self._called("register")
        self.registered += 1
        config = {
            **connectorConfig,
            "activationId": f"activation-{self.registered}",
            "activationExpiry": NOW + timedelta(days=3),
        }
        self.connected[name] = {
            "name": name,
            "arn": f"arn:aws:eks:us-east-1:111122223333:cluster/{name}",
            "status": "PENDING",
            "tags": dict(tags or {}),
            "connectorConfig": config,
        }
        created = {**self.connected[name], "status": "CREATING"}
        return {"cluster": {**created, "connectorConfig": {**config, "activationCode": f"hunter{self.registered}"}}}

    def describe_cluster(self, name: str) -> Any:
        self._called("describe")
        if name in self.own:
            return {"cluster": {"name": name, "arn": "arn", "status": "ACTIVE"}}
        if name not in self.connected:
            raise refusal("ResourceNotFoundException")
        return {"cluster": self.connected[name]}

    def deregister_cluster(self, name: str) -> None:
        self._called("deregister")
        if name not in self.connected:
            raise refusal("ResourceNotFoundException")
        del self.connected[name]

    def tag_resource(self, resourceArn: str, tags: dict[str, str]) -> None:
        self._called("tag")
        self.connected[resourceArn.rpartition("/")[2]]["tags"].update(tags)

    def untag_resource(self, resourceArn: str, tagKeys: list[str]) -> None:
        self._called("untag")
        for key in tagKeys:
            del self.connected[resourceArn.rpartition("/")[2]]["tags"][key]

    def get_paginator(self, operation: str) -> "Eks":
        assert operation == "list_clusters"
        return self

    def paginate(self, include: tuple[str, ...] = ()) -> Iterator[dict[str, list[str]]]:
        """A page for each cluster, so that a caller that reads only the first one is found out."""
        self._called("list")
        for name in [*self.own, *(self.connected if "all" in include else ())]:
            yield {"clusters": [name]}


class Iam:
    def __init__(self) -> None:
        self.roles: list[str] = []
        self.fails: list[ClientError] = []

    def list_roles(self, PathPrefix: str) -> Any:
        return {"Roles": [role for role in self.roles if role.startswith(PathPrefix)]}

    def create_service_linked_role(self, AWSServiceName: str) -> None:
        if self.fails:
            raise self.fails.pop(0)
        self.roles.append(f"/aws-service-role/{AWSServiceName}/AWSServiceRoleForAmazonEKSConnector")


class Aws:
    def __init__(self) -> None:
        self.eks, self.iam = Eks(), Iam()
