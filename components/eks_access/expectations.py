"""What must work and what must be refused, as data that the probe carries out.

An expectation never changes anything: a Kubernetes read is really tried, every other verb is asked as an access
review; an AWS call that would change something is made with parameters that name nothing that exists, so that the
answer tells whether the caller was allowed and nothing more.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

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

ABSENT = "eks-access-probe-absent"
"""A name that nothing has; calls that would change something are made with it."""


def baseline() -> tuple[Expectation, ...]:
    """What no integration in its least profile may do in a cluster, whoever it is."""

    def refused(verb: str, resource: str, why: str, **place: Any) -> KubernetesCall:
        return KubernetesCall(verb, resource, allowed=False, why=why, **place)

    rbac = "rbac.authorization.k8s.io"
    return (
        refused("list", "secrets", "Secrets hold other systems' credentials"),
        refused("get", "nodes", "the kubelet's API runs commands in every pod", subresource="proxy"),
        refused("create", "pods", "a new pod can mount any Secret of its namespace", namespace="default"),
        refused(
            "create",
            "serviceaccounts",
            "mints tokens of other identities",
            subresource="token",
            namespace="default",
        ),
        refused(
            "update",
            "configmaps",
            "decides who is let into the cluster",
            namespace="kube-system",
            name="aws-auth",
        ),
        refused("create", "clusterrolebindings", "gives itself any role", api_group=rbac),
        refused("escalate", "clusterroles", "gives itself any right", api_group=rbac),
        refused("bind", "clusterroles", "binds the administrator's role", api_group=rbac, name="cluster-admin"),
        refused("impersonate", "users", "acts as somebody else"),
        refused("impersonate", "groups", "acts as an administrator", name="system:masters"),
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
