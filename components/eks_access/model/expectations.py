"""What must work and what must be refused, as data that the probe carries out.

An expectation never changes anything: a Kubernetes read is really tried, every other verb is asked as an access
review; an AWS call that would change something is made with parameters that name nothing that exists, so that the
answer tells whether the caller was allowed and nothing more.
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

    `namespace` is None for everywhere (or for a cluster-scoped resource). `name` narrows to one object. `user` is whom
    the integration acts as in this call, by impersonation.
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
"""Why a call on a cluster of another name is refused, or in a page's profile allowed."""

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
    """What no integration may do in AWS, whoever it is; overridden as `baseline` is.

    Each call does nothing whatever the answer is: it lists, or names nothing that exists, or is a dry run. Two that
    one would look for are not here, since no harmless call shows them: `iam:PassRole` has no call of its own, and
    S3 and KMS answer alike to the one who may and the one who may not where the object or the key is not there.
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


def combined(*parts: tuple[Expectation, ...]) -> tuple[Expectation, ...]:
    """All expectations; where two are about the same call, the later one stands, in the earlier one's place."""
    calls: dict[Any, Expectation] = {}
    for expectation in (expectation for part in parts for expectation in part):
        calls[_call(expectation)] = expectation
    return tuple(calls.values())


def _call(expectation: Expectation) -> object:
    if isinstance(expectation, AwsCall):
        return (expectation.action, expectation.region, repr(sorted(expectation.parameters.items())))
    e = expectation
    return (e.verb, e.api_group, e.resource, e.subresource, e.namespace, e.name, e.user)
