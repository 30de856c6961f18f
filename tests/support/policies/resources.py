"""Resources for tests, written once and read twice: as a stack in memory, and as a program for the real engine."""

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
class Made:
    """A resource. `links` are properties that are the ARN of another one, `after` what is made before it; all of them
    are in the same list, before this one.
    """

    type: str
    name: str
    properties: Mapping[str, Any]
    links: Mapping[str, str] = field(default_factory=dict)
    after: tuple[str, ...] = ()
    parent: str | None = None
    protect: bool = False
    is_component: bool = False

    @property
    def urn(self) -> str:
        return f"urn:pulumi:test::cases::{self.type}::{self.name}"


def stack(made: Iterable[Made], *, preview: bool = False) -> Stack:
    """The stack as the engine has it: in a preview, what other resources will be is not known."""
    by_name = {each.name: each for each in made}
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


def _resource(made: Made, by_name: Mapping[str, Made], provider: Resource, preview: bool) -> Resource:
    known = {} if preview else _outputs(made)
    linked = {name: UNKNOWN if preview else arn(by_name[other]) for name, other in made.links.items()}
    return Resource(
        made.urn,
        made.type,
        made.name,
        {**made.properties, **known, **linked},
        by_name[made.parent].urn if made.parent else None,
        provider.urn if made.type.startswith("kubernetes:") else None,
        property_dependencies={name: (by_name[other].urn,) for name, other in made.links.items()},
        is_protected=made.protect,
    )


def _outputs(made: Made) -> dict[str, Any]:
    return {"arn": arn(made)} if made.type == "aws:iam/role:Role" else {}


def arn(made: Made) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{made.properties['name']}"


def role(name: str, **properties: Any) -> Made:
    return Made("aws:iam/role:Role", name, {"name": name, "assumeRolePolicy": TRUST, **properties})


TRUST = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",'
    f' "Principal": {{"AWS": "arn:aws:iam::{ACCOUNT}:role/platform"}}}}]}}'
)


def entry(name: str, of: str, *groups: str, **properties: Any) -> Made:
    """An access entry of a role in the list."""
    given = {"clusterName": CLUSTER, "kubernetesGroups": list(groups), "type": "STANDARD", **properties}
    return Made("aws:eks/accessEntry:AccessEntry", name, given, {"principalArn": of})


def association(name: str, of: str, policy: str, *namespaces: str, after: str = "") -> Made:
    scope = {"type": "namespace", "namespaces": list(namespaces)} if namespaces else {"type": "cluster"}
    policy_arn = f"arn:aws:eks::aws:cluster-access-policy/{policy}"
    given = {"clusterName": CLUSTER, "policyArn": policy_arn, "accessScope": scope}
    return Made(
        "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
        name,
        given,
        {"principalArn": of},
        (after,) if after else (),
    )


def mapping(name: str, of: str, username: str, *groups: str) -> Made:
    given = {"clusterName": CLUSTER, "username": username, "groups": list(groups), "kubeconfig": KUBECONFIG}
    return Made("eks-access:index:AwsAuthMapping", name, given, {"roleArn": of})


def rule(verbs: str, resources: str, *names: str, group: str = "") -> dict[str, Any]:
    """`rule("get list", "pods secrets")`"""
    found: dict[str, Any] = {"verbs": verbs.split(), "apiGroups": [group], "resources": resources.split()}
    return {**found, "resourceNames": list(names)} if names else found


def cluster_role(name: str, *rules: Mapping[str, Any], labels: Mapping[str, str] | None = None, **more: Any) -> Made:
    metadata: dict[str, Any] = {"name": name, **({"labels": dict(labels)} if labels else {})}
    return Made(f"kubernetes:{RBAC}/v1:ClusterRole", name, {"metadata": metadata, "rules": list(rules), **more})


def binding(
    name: str, role: str, *groups: str, namespace: str = "", kind: str = "ClusterRole", account: str = ""
) -> Made:
    """A RoleBinding where there is a namespace, and a ClusterRoleBinding where there is none."""
    subjects = [{"kind": "Group", "name": group, "apiGroup": RBAC} for group in groups]
    subjects += [{"kind": "ServiceAccount", "name": account, "namespace": namespace or "default"}] if account else []
    given = {"roleRef": {"apiGroup": RBAC, "kind": kind, "name": role}, "subjects": subjects}
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    kind_made = "RoleBinding" if namespace else "ClusterRoleBinding"
    return Made(f"kubernetes:{RBAC}/v1:{kind_made}", name, {"metadata": metadata, **given})


def aws_auth(name: str, data: Mapping[str, str]) -> Made:
    metadata = {"name": "aws-auth", "namespace": "kube-system"}
    return Made("kubernetes:core/v1:ConfigMap", name, {"metadata": metadata, "data": dict(data)})


def cluster(name: str, mode: str, *, protect: bool = False, **config: Any) -> Made:
    """No provider of the sandbox makes clusters: a component of the type stands for one."""
    given = {"name": name, "accessConfig": {"authenticationMode": mode, **config}}
    return Made("aws:eks/cluster:Cluster", name, given, protect=protect, is_component=True)
