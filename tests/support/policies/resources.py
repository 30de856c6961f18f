"""Resources for tests, used twice: as a stack in memory, and as a program for the real engine."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from eks_access_policies.stack import UNKNOWN, Resource, Stack

ACCOUNT = "111122223333"
CLUSTER = "dev-both"
RBAC = "rbac.authorization.k8s.io"
KUBECONFIG = '{"users": [{"name": "x", "user": {"exec": {"args": ["token", "--cluster-name", "dev-both"]}}}]}'
PROVIDER = "cluster"


@dataclass(frozen=True)
class ResourceSpec:
    """A resource. `links` are properties with the ARN of another resource, `after` are dependencies.

    All of them precede it in the same list.
    """

    type: str
    name: str
    properties: Mapping[str, Any]
    links: Mapping[str, str] = field(default_factory=dict)
    after: tuple[str, ...] = ()
    parent: str | None = None
    protect: bool = False
    is_component: bool = False
    computed: Mapping[str, Any] = field(default_factory=dict)
    """What the provider adds, and the program does not set."""

    @property
    def urn(self) -> str:
        return f"urn:pulumi:test::cases::{self.type}::{self.name}"


def stack(specs: Iterable[ResourceSpec], *, preview: bool = False) -> Stack:
    """The stack as the engine passes it: in a preview, outputs of other resources are unknown."""
    by_name = {each.name: each for each in specs}
    provider = Resource(
        "urn:pulumi:test::cases::pulumi:providers:kubernetes::cluster",
        "pulumi:providers:kubernetes",
        PROVIDER,
        {"kubeconfig": KUBECONFIG},
    )
    account = Resource(
        "urn:pulumi:test::cases::pulumi:providers:aws::account",
        "pulumi:providers:aws",
        "account",
        {"allowedAccountIds": f'["{ACCOUNT}"]'},
    )
    return Stack(
        (provider, account, *(_resource(each, by_name, provider, preview) for each in by_name.values())), "cases/test"
    )


def _resource(spec: ResourceSpec, by_name: Mapping[str, ResourceSpec], provider: Resource, preview: bool) -> Resource:
    known = {} if preview else _outputs(spec)
    linked = {name: UNKNOWN if preview else arn(by_name[other]) for name, other in spec.links.items()}
    return Resource(
        spec.urn,
        spec.type,
        spec.name,
        {**spec.properties, **spec.computed, **known, **linked},
        by_name[spec.parent].urn if spec.parent else None,
        provider.urn if spec.type.startswith("kubernetes:") else None,
        property_dependencies={name: (by_name[other].urn,) for name, other in spec.links.items()},
        is_protected=spec.protect,
        inputs={**spec.properties, **linked},
    )


def _outputs(spec: ResourceSpec) -> dict[str, Any]:
    return {"arn": arn(spec)} if spec.type == "aws:iam/role:Role" else {}


def arn(spec: ResourceSpec) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{spec.properties['name']}"


def role(name: str, **properties: Any) -> ResourceSpec:
    return ResourceSpec("aws:iam/role:Role", name, {"name": name, "assumeRolePolicy": TRUST, **properties})


TRUST = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",'
    f' "Principal": {{"AWS": "arn:aws:iam::{ACCOUNT}:role/platform"}}}}]}}'
)


def entry(name: str, of: str, *groups: str, **properties: Any) -> ResourceSpec:
    """An access entry of a role in the list."""
    given = {"clusterName": CLUSTER, "kubernetesGroups": list(groups), "type": "STANDARD", **properties}
    return ResourceSpec("aws:eks/accessEntry:AccessEntry", name, given, {"principalArn": of})


def association(name: str, of: str, policy: str, *namespaces: str, after: str = "") -> ResourceSpec:
    scope = {"type": "namespace", "namespaces": list(namespaces)} if namespaces else {"type": "cluster"}
    policy_arn = f"arn:aws:eks::aws:cluster-access-policy/{policy}"
    given = {"clusterName": CLUSTER, "policyArn": policy_arn, "accessScope": scope}
    return ResourceSpec(
        "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
        name,
        given,
        {"principalArn": of},
        (after,) if after else (),
    )


def mapping(name: str, of: str, username: str, *groups: str) -> ResourceSpec:
    given = {"clusterName": CLUSTER, "username": username, "groups": list(groups), "kubeconfig": KUBECONFIG}
    return ResourceSpec("eks-access:index:AwsAuthMapping", name, given, {"roleArn": of})


def rule(verbs: str, resources: str, *names: str, group: str = "") -> dict[str, Any]:
    """`rule("get list", "pods secrets")`"""
    found: dict[str, Any] = {"verbs": verbs.split(), "apiGroups": [group], "resources": resources.split()}
    return {**found, "resourceNames": list(names)} if names else found


def cluster_role(
    name: str, *rules: Mapping[str, Any], labels: Mapping[str, str] | None = None, **more: Any
) -> ResourceSpec:
    metadata: dict[str, Any] = {"name": name, **({"labels": dict(labels)} if labels else {})}
    return ResourceSpec(f"kubernetes:{RBAC}/v1:ClusterRole", name, {"metadata": metadata, "rules": list(rules), **more})


def binding(
    name: str, role: str, *groups: str, namespace: str = "", kind: str = "ClusterRole", account: str = ""
) -> ResourceSpec:
    """A RoleBinding where there is a namespace, and a ClusterRoleBinding where there is none."""
    subjects = [{"kind": "Group", "name": group, "apiGroup": RBAC} for group in groups]
    subjects += [{"kind": "ServiceAccount", "name": account, "namespace": namespace or "default"}] if account else []
    given = {"roleRef": {"apiGroup": RBAC, "kind": kind, "name": role}, "subjects": subjects}
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    kind_made = "RoleBinding" if namespace else "ClusterRoleBinding"
    return ResourceSpec(f"kubernetes:{RBAC}/v1:{kind_made}", name, {"metadata": metadata, **given})


def aws_auth(name: str, data: Mapping[str, str]) -> ResourceSpec:
    metadata = {"name": "aws-auth", "namespace": "kube-system"}
    return ResourceSpec("kubernetes:core/v1:ConfigMap", name, {"metadata": metadata, "data": dict(data)})


def cluster(name: str, mode: str, *, protect: bool = False, **config: Any) -> ResourceSpec:
    """A cluster as a component of its type: no provider of the sandbox creates clusters."""
    given = {"name": name, "accessConfig": {"authenticationMode": mode, **config}}
    return ResourceSpec("aws:eks/cluster:Cluster", name, given, protect=protect, is_component=True)
