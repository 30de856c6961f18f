"""Expectations: calls that must be allowed and calls that must be denied, as data that the probe executes.

An expectation never changes anything. A Kubernetes read is actually made, and every other verb is tested by an access
review. An AWS call that changes something is made with parameters that name nothing that exists, so that the response
shows whether the caller is authorized and nothing more.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .kubernetes_rights.baseline import ABSENT as ABSENT
from .kubernetes_rights.baseline import BASELINE

READ_VERBS = ("get", "list", "watch")


@dataclass(frozen=True)
class AwsCall:
    """One AWS API call as the integration. `action` is the IAM action, whose service and operation are called."""

    action: str
    allowed: bool
    why: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    region: str | None = None


@dataclass(frozen=True)
class KubernetesCall:
    """One request to each of the integration's clusters, as the integration.

    `namespace` is None for all namespaces, or for a cluster-scoped resource. `name` narrows the call to one object.
    `user` is the user that the integration impersonates in this call.
    """

    verb: str
    resource: str
    allowed: bool
    why: str
    api_group: str = ""
    subresource: str | None = None
    namespace: str | None = None
    name: str | None = None
    user: str | None = None


Expectation = AwsCall | KubernetesCall

OTHER_CLUSTERS = "clusters that it was not given"
"""The reason for denying a call on any other cluster, or for allowing it in profile `vendor`."""

RBAC = "rbac.authorization.k8s.io"
SYSTEM = "kube-system"


def baseline() -> tuple[Expectation, ...]:
    """What no integration in its least profile may do in a cluster, whichever it is.

    A vendor that is granted one of these says so by an expectation of its own about the same call (`combined`).
    """
    return tuple(
        KubernetesCall(
            row.request.verb,
            row.request.resource,
            allowed=False,
            why=row.why,
            api_group=row.request.group,
            subresource=row.request.subresource or None,
            namespace=row.request.namespace or None,
            name=row.request.name or None,
        )
        for row in BASELINE
    )


def aws_baseline(partition: str) -> tuple[AwsCall, ...]:
    """AWS calls that no integration may make, unless its own expectations override them, as for `baseline`.

    No call has a side effect, allowed or denied: it lists, or names nothing that exists, or is a dry run. Two obvious
    candidates are missing because no side-effect-free call can test them: `iam:PassRole` is not a call of its own, and
    S3 and KMS respond alike to authorized and unauthorized callers when the object or the key does not exist.
    """
    user, role = {"UserName": ABSENT}, {"RoleName": ABSENT}
    read_only = f"arn:{partition}:iam::aws:policy/ReadOnlyAccess"
    document = '{"Version":"2012-10-17","Statement":[]}'

    def refused(action: str, why: str, parameters: Mapping[str, Any]) -> AwsCall:
        return AwsCall(action, False, why, parameters)

    return (
        refused("iam:ListRoles", "reads who may do what in the account", {"MaxItems": 1}),
        refused("iam:CreateAccessKey", "becomes another user", user),
        refused("iam:AttachRolePolicy", "makes itself administrator", {**role, "PolicyArn": read_only}),
        refused("iam:DeleteRolePolicy", "takes another role's rights", {**role, "PolicyName": ABSENT}),
        refused("iam:UpdateAssumeRolePolicy", "lets itself into a role", {**role, "PolicyDocument": document}),
        refused("eks:DeleteCluster", "destroys a cluster", {"name": ABSENT}),
        refused(
            "eks:UpdateClusterConfig",
            "changes how a cluster is reached",
            {"name": ABSENT, "accessConfig": {"authenticationMode": "API"}},
        ),
        refused("secretsmanager:ListSecrets", "finds other systems' credentials", {"MaxResults": 1}),
        refused("s3:ListAllMyBuckets", "finds data", {}),
        refused("ec2:DescribeInstances", "finds machines", {"MaxResults": 5}),
        refused(
            "ssm:SendCommand",
            "runs commands on machines",
            {"DocumentName": "AWS-RunShellScript", "InstanceIds": ["i-00000000000000000"]},
        ),
    )


def combine_expectations(*groups: tuple[Expectation, ...]) -> tuple[Expectation, ...]:
    """All expectations in order; of two about the same call, the later one replaces the earlier one in its position."""
    by_call: dict[Any, Expectation] = {}
    for expectation in (expectation for group in groups for expectation in group):
        by_call[_call_key(expectation)] = expectation
    return tuple(by_call.values())


def _call_key(expectation: Expectation) -> object:
    if isinstance(expectation, AwsCall):
        return (expectation.action, expectation.region, repr(sorted(expectation.parameters.items())))
    e = expectation
    return (e.verb, e.api_group, e.resource, e.subresource, e.namespace, e.name, e.user)
