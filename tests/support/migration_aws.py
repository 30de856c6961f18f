"""EKS, IAM and a cluster's API in memory, as far as a migration calls them, with the services' own errors."""

import base64
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from eks_access.kubernetes.client import ApiError
from tests.support.connector_eks import refusal
from tests.support.migration_world import ACCOUNT, default_username

RBAC = "/apis/rbac.authorization.k8s.io/v1"
AWS_AUTH = "/api/v1/namespaces/kube-system/configmaps/aws-auth"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Paginator:
    """All in one page, as botocore's paginators give them."""

    def __init__(self, call: Any) -> None:
        self._call = call

    def paginate(self, **arguments: Any) -> list[Any]:
        return [self._call(**arguments)]


class Eks:
    """One cluster. `fails` has the errors of the next calls of each operation."""

    def __init__(self, mode: str = "API_AND_CONFIG_MAP") -> None:
        self.mode = mode
        self.entries: dict[str, dict[str, Any]] = {}
        self.policies: dict[str, list[dict[str, Any]]] = {}
        self.writes: list[str] = []
        self.fails: dict[str, list[BaseException]] = {}
        self.update_status = ["InProgress", "Successful"]

    def get_paginator(self, operation: str) -> Paginator:
        return Paginator(getattr(self, operation))

    def describe_cluster(self, name: str) -> Any:
        self._fail("describe_cluster")
        if name != "prod":
            raise refusal("ResourceNotFoundException")
        return {
            "cluster": {
                "name": name,
                "arn": f"arn:aws:eks:eu-west-1:{ACCOUNT}:cluster/{name}",
                "endpoint": "https://127.0.0.1:1",
                "certificateAuthority": {"data": base64.b64encode(b"").decode()},
                "accessConfig": {"authenticationMode": self.mode},
            }
        }

    def list_access_entries(self, clusterName: str) -> Any:
        self._fail("list_access_entries")
        return {"accessEntries": list(self.entries)}

    def describe_access_entry(self, clusterName: str, principalArn: str) -> Any:
        return {"accessEntry": self._entry(principalArn)}

    def list_associated_access_policies(self, clusterName: str, principalArn: str) -> Any:
        if self._entry(principalArn)["type"] != "STANDARD":
            raise refusal("InvalidParameterException")
        return {"associatedAccessPolicies": self.policies[principalArn]}

    def create_access_entry(
        self,
        clusterName: str,
        principalArn: str,
        type: str,
        tags: dict[str, str],
        username: str = "",
        kubernetesGroups: list[str] | None = None,
    ) -> None:
        self.writes.append(f"create {principalArn}")
        self._fail("create_access_entry")
        if principalArn in self.entries:
            raise refusal("ResourceInUseException")
        self.entries[principalArn] = {
            "principalArn": principalArn,
            "type": type,
            "username": username or default_username(principalArn, type),
            "kubernetesGroups": kubernetesGroups or [],
            "tags": tags,
            "createdAt": NOW,
        }
        self.policies[principalArn] = []

    def delete_access_entry(self, clusterName: str, principalArn: str) -> None:
        self.writes.append(f"delete {principalArn}")
        del self.entries[principalArn]

    def associate_access_policy(
        self, clusterName: str, principalArn: str, policyArn: str, accessScope: dict[str, Any]
    ) -> None:
        self.writes.append(f"associate {principalArn}")
        self._fail("associate_access_policy")
        self._entry(principalArn)
        self.policies[principalArn].append({"policyArn": policyArn, "accessScope": accessScope})

    def update_cluster_config(self, name: str, accessConfig: dict[str, str]) -> Any:
        self.writes.append(f"mode {accessConfig['authenticationMode']}")
        self._fail("update_cluster_config")
        self._next_mode = accessConfig["authenticationMode"]
        return {"update": {"id": "u-1", "status": "InProgress"}}

    def describe_update(self, name: str, updateId: str) -> Any:
        status = self.update_status.pop(0) if len(self.update_status) > 1 else self.update_status[0]
        if status == "Successful":
            self.mode = self._next_mode
        errors = [{"errorMessage": "no capacity"}] if status == "Failed" else []
        return {"update": {"id": updateId, "status": status, "errors": errors}}

    def _entry(self, arn: str) -> dict[str, Any]:
        if arn not in self.entries:
            raise refusal("ResourceNotFoundException")
        return self.entries[arn]

    def _fail(self, operation: str) -> None:
        if self.fails.get(operation):
            raise self.fails[operation].pop(0)


class Iam:
    """Roles and users by their full ARNs. What is in `denied` may not be called."""

    def __init__(self, *arns: str) -> None:
        self.arns = list(arns)
        self.denied: set[str] = set()
        self.calls: list[str] = []

    def get_paginator(self, operation: str) -> Paginator:
        return Paginator(getattr(self, operation))

    def get_role(self, RoleName: str) -> Any:
        return {"Role": self._get("get_role", "role", RoleName)}

    def get_user(self, UserName: str) -> Any:
        return {"User": self._get("get_user", "user", UserName)}

    def list_roles(self) -> Any:
        self._call("list_roles")
        return {"Roles": [self._describe(arn, "Role") for arn in self.arns if ":role/" in arn]}

    def list_users(self) -> Any:
        self._call("list_users")
        return {"Users": [self._describe(arn, "User") for arn in self.arns if ":user/" in arn]}

    def _get(self, operation: str, kind: str, name: str) -> dict[str, Any]:
        self._call(operation)
        for arn in self.arns:
            if f":{kind}/" in arn and arn.rsplit("/", 1)[1] == name:
                return self._describe(arn, kind.capitalize())
        raise refusal("NoSuchEntity")

    def _call(self, operation: str) -> None:
        self.calls.append(operation)
        if operation in self.denied:
            raise refusal("AccessDenied", f"not authorized to perform {operation}")

    @staticmethod
    def _describe(arn: str, kind: str) -> dict[str, Any]:
        return {"Arn": arn, f"{kind}Name": arn.rsplit("/", 1)[1], f"{kind}Id": f"ID-{arn}"}


class Sts:
    """Assumes every role but those in `refused`; the access key is the role's ARN."""

    def __init__(self, *refused: str) -> None:
        self.refused = refused

    def assume_role(self, RoleArn: str, RoleSessionName: str) -> Any:
        if RoleArn in self.refused:
            raise refusal("AccessDenied", "not authorized to perform sts:AssumeRole")
        return {"Credentials": {"AccessKeyId": RoleArn, "SecretAccessKey": "secret", "SessionToken": "token"}}


class Cluster:
    """The API of a cluster: aws-auth and bindings. `forbidden` are paths that may not be requested.

    `usernames` are those of the callers that ask who they are, one after the other.
    """

    def __init__(self, data: dict[str, str] | None, *bindings: dict[str, Any]) -> None:
        self.data = data
        self.bindings = list(bindings)
        self.forbidden: set[str] = set()
        self.writes: list[str] = []
        self.usernames = ["admin"]

    def json(self, method: str, path: str, *, query: Mapping[str, str] | None = None, body: Any = None) -> Any:
        if path in self.forbidden:
            raise ApiError(403, "Forbidden", f"cannot {method} {path}")
        if path == AWS_AUTH:
            if self.data is None:
                raise ApiError(404, "NotFound", "there is no aws-auth")
            return {"data": self.data}
        if path.endswith("/selfsubjectreviews"):
            username = self.usernames.pop(0) if len(self.usernames) > 1 else self.usernames[0]
            return {"status": {"userInfo": {"username": username}}}
        collection = re.fullmatch(rf"{RBAC}(?:/namespaces/.+)?/(rolebindings|clusterrolebindings)(?:/(.+))?", path)
        assert collection is not None, path
        plural, name = collection.groups()
        kind = {"rolebindings": "RoleBinding", "clusterrolebindings": "ClusterRoleBinding"}[plural]
        found = [each for each in self.bindings if each["kind"] == kind]
        if method == "POST":
            assert query == {"fieldManager": "eks-access"}, "every write names its field manager"
            self.writes.append(body["metadata"]["name"])
            key = (body["metadata"]["name"], body["metadata"].get("namespace"))
            if key in [(each["metadata"]["name"], each["metadata"].get("namespace")) for each in found]:
                raise ApiError(409, "AlreadyExists", "already exists")
            self.bindings.append(body)
            return body
        if name:
            return next(each for each in found if each["metadata"]["name"] == name)
        return {"items": found, "metadata": {}}


def binding(name: str, *groups: str, role: str = "view", namespace: str | None = None) -> dict[str, Any]:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {
        "kind": "RoleBinding" if namespace else "ClusterRoleBinding",
        "metadata": metadata,
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": group} for group in groups],
    }
