"""The base line: requests that no integration in its least profile may make in a cluster. Data.

Each is a request that one right of the catalogue gives; None where it is no right of the catalogue.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from .catalogue import ADMISSION, CERTIFICATES, RBAC
from .request import Request
from .scope import SYSTEM_NAMESPACE

ABSENT = "eks-access-probe-absent"
"""A name that no object has; calls that would change something are made with it."""


@dataclass(frozen=True)
class BaselineRequest:
    right: str | None
    """The key of the right of the catalogue that would allow it."""
    request: Request
    why: str


def _row(right: str | None, verb: str, full: str, why: str, **place: str) -> BaselineRequest:
    resource, _, subresource = full.partition("/")
    return BaselineRequest(right, Request(verb, resource=resource, subresource=subresource, **place), why)


def _rows() -> Iterator[BaselineRequest]:
    yield _row("secrets-read", "list", "secrets", "Secrets hold other systems' credentials")
    yield _row("secrets-read", "watch", "secrets", "Secrets hold other systems' credentials")
    yield _row("secrets-read", "get", "secrets", "one Secret by its name", name=ABSENT, namespace="default")
    yield _row("secrets-write", "create", "secrets", "makes a token of any service account", namespace="default")
    yield _row("nodes-proxy", "get", "nodes/proxy", "the kubelet's API runs commands in every pod")
    yield _row("nodes-proxy", "create", "nodes/proxy", "the kubelet's API runs commands in every pod")
    yield _row("workloads", "create", "pods", "a new pod can mount any Secret of its namespace", namespace="default")
    yield _row("pod-exec", "create", "pods/exec", "runs commands in a container")
    yield _row("pod-attach", "create", "pods/attach", "takes over a container's terminal")
    yield _row("pod-portforward", "create", "pods/portforward", "reaches what listens inside a pod")
    yield _row("ephemeral-containers", "patch", "pods/ephemeralcontainers", "adds a container to a pod")
    yield _row("workloads", "create", "deployments", "makes pods", group="apps", namespace="default")
    yield _row("workloads", "create", "daemonsets", "makes a pod on every node", group="apps", namespace="default")
    yield _row("workloads", "create", "jobs", "makes pods", group="batch", namespace="default")
    yield _row("persistent-volumes", "create", "persistentvolumes", "mounts a node's own files")
    yield _row(
        "token-request", "create", "serviceaccounts/token", "mints tokens of other identities", namespace="default"
    )
    yield _row("impersonate", "impersonate", "users", "acts as somebody else")
    yield _row("impersonate", "impersonate", "groups", "acts as an administrator", name="system:masters")
    yield _row("impersonate", "impersonate", "serviceaccounts", "acts as a workload", namespace="default")
    approval = "certificatesigningrequests/approval"
    yield _row("certificates", "update", approval, "issues certificates of any user", group=CERTIFICATES)
    client = "kubernetes.io/kube-apiserver-client"
    yield _row("certificates", "approve", "signers", "issues certificates of any user", group=CERTIFICATES, name=client)
    aws_auth = {"namespace": SYSTEM_NAMESPACE, "name": "aws-auth"}
    yield _row(None, "update", "configmaps", "decides who is let into the cluster", **aws_auth)
    yield _row(None, "patch", "configmaps", "decides who is let into the cluster", **aws_auth)
    yield _row(None, "delete", "configmaps", "shuts everybody out of the cluster", **aws_auth)
    yield _row("rbac-write", "create", "clusterrolebindings", "gives itself any role", group=RBAC)
    in_system = {"group": RBAC, "namespace": SYSTEM_NAMESPACE}
    yield _row("rbac-write", "create", "rolebindings", "gives itself any role in a namespace", **in_system)
    yield _row("escalate", "escalate", "clusterroles", "gives itself any right", group=RBAC)
    yield _row("escalate", "escalate", "roles", "gives itself any right", group=RBAC)
    yield _row("bind", "bind", "clusterroles", "binds the administrator's role", group=RBAC, name="cluster-admin")
    for hooks in ("mutatingwebhookconfigurations", "validatingwebhookconfigurations"):
        yield _row("webhooks", "create", hooks, "reads and changes every request", group=ADMISSION)
    api = "apiregistration.k8s.io"
    yield _row("api-services", "create", "apiservices", "answers in the API server's place", group=api)
    yield _row("destruction", "delete", "namespaces", "destroys everything in it")
    yield _row("nodes-write", "delete", "nodes", "takes capacity away")


BASELINE: tuple[BaselineRequest, ...] = tuple(_rows())
"""In the order of the access manifest, which has their texts too: a change of either shows in deployed stacks."""
