"""Builds stacks in the format of `pulumi stack export`, and compares them."""

import json
from collections.abc import Iterable
from typing import Any

from eks_access_policies.review.change import Change, PrincipalChanges, Review
from eks_access_policies.review.difference import compare_sides
from eks_access_policies.review.reading import from_file
from eks_access_policies.review.sentences import describe_change, format_label

ACCOUNT = "111122223333"
VENDOR = "arn:aws:iam::765656841499:role/ConductorOneService"
Rules = list[dict[str, list[str]]]

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""The engine's placeholder for a string that is known only after the deployment."""


def trust(principal: Any = None, condition: Any = None, action: str | list[str] = "sts:AssumeRole") -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": principal or {"AWS": VENDOR}, "Action": action}
    return document(statement | ({"Condition": condition} if condition else {}))


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(*actions: str, on: str | list[str] = "*", effect: str = "Allow", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": list(actions), "Resource": on, **more}


def rule(verbs: Iterable[str], *resources: str, group: str = "", **more: list[str]) -> dict[str, list[str]]:
    return {"apiGroups": [group], "resources": list(resources), "verbs": list(verbs), **more}


class Stack:
    """A stack under construction, as a state or as a preview that creates all of it."""

    def __init__(self) -> None:
        self.resources: list[dict[str, Any]] = []

    def add(self, type: str, name: str, inputs: dict[str, Any], parent: str | None = None) -> str:
        urn = f"urn:pulumi:dev::test::{type}::{name}"
        self.resources.append(
            {"urn": urn, "type": type, "custom": True, "inputs": inputs, "outputs": inputs, "parent": parent or ""}
        )
        return urn

    def role(self, name: str, trust_policy: Any = None, *statements: dict[str, Any], **inputs: Any) -> "Stack":
        arn = f"arn:aws:iam::{ACCOUNT}:role/{name}"
        written = trust_policy if isinstance(trust_policy, str) else json.dumps(trust_policy or trust())
        self.add("aws:iam/role:Role", name, {"name": name, "arn": arn, "assumeRolePolicy": written, **inputs})
        if statements:
            policy = json.dumps(document(*statements))
            self.add("aws:iam/rolePolicy:RolePolicy", name, {"role": name, "policy": policy})
        return self

    def entry(self, name: str, cluster: str, *groups: str) -> "Stack":
        arn = f"arn:aws:iam::{ACCOUNT}:role/{name}"
        inputs = {"clusterName": cluster, "principalArn": arn, "kubernetesGroups": list(groups), "userName": name}
        self.add("aws:eks/accessEntry:AccessEntry", f"{name}-{cluster}", {**inputs, "type": "STANDARD"})
        return self

    def policy(self, name: str, cluster: str, policy: str, *namespaces: str) -> "Stack":
        inputs = {
            "clusterName": cluster,
            "principalArn": f"arn:aws:iam::{ACCOUNT}:role/{name}",
            "policyArn": f"arn:aws:eks::aws:cluster-access-policy/{policy}",
            "accessScope": {"type": "namespace" if namespaces else "cluster", "namespaces": list(namespaces)},
        }
        kind = "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"
        self.add(kind, f"{name}-{cluster}-{policy}", inputs)
        return self

    def bound(self, group: str, cluster: str, rules: Rules, *namespaces: str, name: str = "") -> "Stack":
        """Add a ClusterRole that is bound to a group, in the namespaces or in the whole cluster."""
        rbac = "kubernetes:rbac.authorization.k8s.io/v1:"
        name = name or group.replace(":", "-")
        access = self.add(
            "eks-access:index:ClusterAccess", f"{name}-{cluster}-{len(self.resources)}", {"cluster": cluster}
        )
        self.add(f"{rbac}ClusterRole", f"{name}-{cluster}", {"metadata": {"name": name}, "rules": rules}, access)
        body = {
            "roleRef": {"kind": "ClusterRole", "name": name, "apiGroup": "rbac.authorization.k8s.io"},
            "subjects": [{"kind": "Group", "name": group, "apiGroup": "rbac.authorization.k8s.io"}],
        }
        for namespace in namespaces:
            placed = {"metadata": {"name": name, "namespace": namespace}, **body}
            self.add(f"{rbac}RoleBinding", f"{name}-{cluster}-{namespace}", placed, access)
        if not namespaces:
            self.add(f"{rbac}ClusterRoleBinding", f"{name}-{cluster}", {"metadata": {"name": name}, **body}, access)
        return self

    def state(self) -> dict[str, Any]:
        return {"version": 3, "deployment": {"resources": self.resources}}

    def preview(self) -> dict[str, Any]:
        def planned(resource: dict[str, Any]) -> dict[str, Any]:
            return {key: value for key, value in resource.items() if key != "outputs"}

        steps = [{"op": "create", "urn": each["urn"], "newState": planned(each)} for each in self.resources]
        return {"steps": steps, "changeSummary": {"create": len(steps)}}


def compare(base: Stack, head: Stack) -> Review:
    """The review of two stacks, each as an exported state."""
    return compare_values(base.state(), head.state())


def compare_values(base: object, head: object) -> Review:
    """The review of two decoded files."""
    return compare_sides(from_file.parse_side(base, "base"), from_file.parse_side(head, "head"))


def only(review: Review) -> PrincipalChanges:
    (principal,) = review.principals
    return principal


def lines(review: Review) -> list[str]:
    """Every change as one line, with its severity or direction, and without back-ticks."""
    return [_format_line(change, principal) for principal in review.principals for change in principal.changes]


def _format_line(change: Change, principal: PrincipalChanges) -> str:
    return f"{format_label(change)}: {describe_change(change, principal).replace('`', '')}"


def under(review: Review, key: str) -> list[Change]:
    """The only principal's changes with this key."""
    return [change for change in only(review).changes if change.key == key]
