"""Roles of a sandbox's AWS, and the users that a cluster authenticates them as."""

import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from eks_access.kubernetes.client import KubernetesApi
from eks_access.kubernetes.token import presigned_token
from sandbox import Sandbox

CUSTOMER = "111122223333"
REGION = "us-east-1"
DEADLINE_SECONDS = 15
REVIEWS = "/apis/authentication.k8s.io/v1/selfsubjectreviews"


@dataclass(frozen=True)
class Role:
    """A role in the customer's account that the deployer may assume."""

    sandbox: Sandbox
    name: str
    arn: str

    @classmethod
    def create(cls, sandbox: Sandbox, name: str | None = None, *, path: str = "/") -> "Role":
        name = name or f"role-{uuid.uuid4().hex[:8]}"
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:aws:iam::{CUSTOMER}:root"},
                    "Action": "sts:AssumeRole",
                }
            ],
        }
        created = sandbox.boto("iam").create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=json.dumps(trust))[
            "Role"
        ]
        return cls(sandbox, name, created["Arn"])

    def delete(self) -> None:
        self.sandbox.boto("iam").delete_role(RoleName=self.name)

    def session(self, name: str = "tester") -> Any:
        assumed = self.sandbox.boto("sts").assume_role(RoleArn=self.arn, RoleSessionName=name)
        return assumed["Credentials"]

    def in_cluster(self, cluster: str, session: str = "tester") -> KubernetesApi:
        """The cluster's API, called with a presigned token of a session of this role."""
        return in_cluster(self.sandbox, cluster, self.session(session))


def in_cluster(sandbox: Sandbox, cluster: str, keys: dict[str, str]) -> KubernetesApi:
    credentials = SimpleNamespace(
        access_key=keys["AccessKeyId"], secret_key=keys["SecretAccessKey"], token=keys.get("SessionToken")
    )
    return KubernetesApi(
        sandbox.clusters[cluster].endpoint,
        ca_data=sandbox.clusters[cluster].ca_data,
        bearer=lambda: presigned_token(credentials, cluster_name=cluster, region=REGION).value,
    )


def who(api: KubernetesApi) -> dict[str, Any] | None:
    """The user that the cluster authenticates the caller as; None if it rejects the token."""
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    answer = api.request("POST", REVIEWS, body=review)
    if answer.status == 401:
        return None
    assert answer.status == 201, answer.body
    user: dict[str, Any] = json.loads(answer.body)["status"]["userInfo"]
    return user


def eventually(condition: Callable[[], object], reason: str) -> None:
    """Wait until the condition holds. Access entries and aws-auth take effect late; nothing else does."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, reason
        time.sleep(0.2)
