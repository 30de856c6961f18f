"""Designs of stacks, and other ways to write the same one down, of which a review reports nothing."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.support.review_stacks import ACCOUNT, Stack, document

Statement = dict[str, Any]
RBAC = "kubernetes:rbac.authorization.k8s.io/v1:"
CLUSTER = "dev"

REWRITES = ("names", "order", "split", "repeat", "managed", "case", "single")
"""Other resource names; another order of lists and resources; statements split, and repeated; inline policies
as managed ones; another case of actions, operators and condition keys; a string for a list of one."""


@dataclass(frozen=True)
class Role:
    """A role with its trust, its policies (each a list of statements), and the document of its boundary."""

    name: str
    trust: tuple[Statement, ...]
    policies: tuple[tuple[Statement, ...], ...] = ()
    boundary: tuple[Statement, ...] = ()
    groups: tuple[str, ...] = ()
    """Of its access entry."""
    access: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """EKS access policies, each with its namespaces; none is the whole cluster."""


@dataclass(frozen=True)
class Binding:
    """A ClusterRole that is bound to a group, in namespaces or in the whole cluster."""

    group: str
    rules: tuple[dict[str, list[str]], ...]
    namespaces: tuple[str, ...] = ()


@dataclass(frozen=True)
class Design:
    roles: tuple[Role, ...]
    bindings: tuple[Binding, ...] = ()


@dataclass
class Rewriting:
    """Writes designs down in one of many ways."""

    random: Random = field(default_factory=lambda: Random(0))
    rewrites: frozenset[str] = frozenset()

    def build(self, design: Design) -> Stack:
        stack = Stack()
        for role in design.roles:
            self._add_role(stack, role)
        for number, binding in enumerate(design.bindings):
            self._add_binding(stack, binding, f"b{number}")
        stack.resources = self._shuffle(stack.resources)
        return stack

    def _add_role(self, stack: Stack, role: Role) -> None:
        inputs = {
            "name": role.name,
            "arn": f"arn:aws:iam::{ACCOUNT}:role/{role.name}",
            "assumeRolePolicy": self._write(role.trust, "Principal"),
        }
        if role.boundary:
            boundary = f"arn:aws:iam::{ACCOUNT}:policy/{role.name}-limit"
            self._add_policy(stack, boundary, role.boundary)
            inputs["permissionsBoundary"] = boundary
        self._add(stack, "aws:iam/role:Role", role.name, inputs)
        for number, statements in enumerate(role.policies):
            name = f"{role.name}-{number}"
            if "managed" in self.rewrites and self.random.random() < 0.5:
                arn = f"arn:aws:iam::{ACCOUNT}:policy/{name}"
                self._add_policy(stack, arn, statements)
                attached = {"role": role.name, "policyArn": arn}
                self._add(stack, "aws:iam/rolePolicyAttachment:RolePolicyAttachment", name, attached)
            else:
                inline = {"role": role.name, "policy": self._write(statements, "Resource")}
                self._add(stack, "aws:iam/rolePolicy:RolePolicy", name, inline)
        if role.groups or role.access:
            entry = {"clusterName": CLUSTER, "principalArn": inputs["arn"], "userName": role.name, "type": "STANDARD"}
            groups = self._shuffle(role.groups)
            self._add(stack, "aws:eks/accessEntry:AccessEntry", role.name, {**entry, "kubernetesGroups": groups})
        for policy, namespaces in role.access:
            kind = "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"
            scope = {"type": "namespace" if namespaces else "cluster", "namespaces": self._shuffle(namespaces)}
            association = {
                "clusterName": CLUSTER,
                "principalArn": inputs["arn"],
                "policyArn": f"arn:aws:eks::aws:cluster-access-policy/{policy}",
                "accessScope": scope,
            }
            self._add(stack, kind, f"{role.name}-{policy}", association)

    def _add_policy(self, stack: Stack, arn: str, statements: Sequence[Statement]) -> None:
        name = arn.rpartition("/")[2]
        inputs = {"name": name, "arn": arn, "policy": self._write(statements, "Resource")}
        self._add(stack, "aws:iam/policy:Policy", name, inputs)

    def _add_binding(self, stack: Stack, binding: Binding, name: str) -> None:
        access = self._add(stack, "eks-access:index:ClusterAccess", name, {"cluster": CLUSTER})
        rules = [{key: self._shuffle(values) for key, values in rule.items()} for rule in self._shuffle(binding.rules)]
        self._add(stack, f"{RBAC}ClusterRole", name, {"metadata": {"name": name}, "rules": rules}, access)
        body = {
            "roleRef": {"kind": "ClusterRole", "name": name, "apiGroup": "rbac.authorization.k8s.io"},
            "subjects": [{"kind": "Group", "name": binding.group, "apiGroup": "rbac.authorization.k8s.io"}],
        }
        for namespace in binding.namespaces:
            placed = {"metadata": {"name": name, "namespace": namespace}, **body}
            self._add(stack, f"{RBAC}RoleBinding", f"{name}-{namespace}", placed, access)
        if not binding.namespaces:
            self._add(stack, f"{RBAC}ClusterRoleBinding", name, {"metadata": {"name": name}, **body}, access)

    def _add(self, stack: Stack, type: str, name: str, inputs: dict[str, Any], parent: str | None = None) -> str:
        """Add a resource under its name in the program, which is not its name in AWS or in a cluster."""
        return stack.add(type, f"renamed-{name}" if "names" in self.rewrites else name, inputs, parent)

    def _write(self, statements: Iterable[Statement], target: str) -> str:
        """A document; `target` is the element that is beside the actions."""
        written = list(statements)
        if "split" in self.rewrites:
            written = [part for each in written for part in self._split(each, target)]
        if "repeat" in self.rewrites:
            written += [each for each in written if self.random.random() < 0.5]
        return json.dumps(document(*map(self._rewrite, self._shuffle(written))))

    def _split(self, statement: Statement, target: str) -> list[Statement]:
        """One statement for each action and each resource or principal. NotAction and NotResource are one set."""
        actions: list[Statement] = [{"Action": [each]} for each in statement.get("Action", ())] or [{}]
        targets = statement.get(target, ())
        parts: list[Statement]
        if isinstance(targets, dict):
            parts = [{target: {kind: [each]}} for kind, values in targets.items() for each in values]
        else:
            parts = [{target: [each]} for each in targets]
        return [{**statement, **action, **part} for action in actions for part in parts or [{}]]

    def _rewrite(self, statement: Statement) -> Statement:
        found: Statement = {}
        for name, value in statement.items():
            if name == "Condition":
                found[name] = {
                    self._recase(operator): {self._recase(key): self._list(values) for key, values in keys.items()}
                    for operator, keys in value.items()
                }
            elif isinstance(value, dict):
                found[name] = {kind: self._list(values) for kind, values in value.items()}
            elif name in ("Action", "NotAction"):
                found[name] = self._list(list(map(self._recase, value)))
            else:
                found[name] = self._list(value) if isinstance(value, list) else value
        return found

    def _list(self, values: list[str]) -> list[str] | str:
        shuffled = self._shuffle(values)
        return shuffled[0] if "single" in self.rewrites and len(shuffled) == 1 else shuffled

    def _recase(self, text: str) -> str:
        return self.random.choice((str.lower, str.upper, str.title))(text) if "case" in self.rewrites else text

    def _shuffle(self, values: Sequence[Any]) -> list[Any]:
        shuffled = list(values)
        if "order" in self.rewrites:
            self.random.shuffle(shuffled)
        return shuffled
