"""Builds a stack from an access manifest: the resources that eks-access deploys for what the manifest describes. Pure.

For cases where only the manifest is available; a state or a preview contains more.
"""

import json
from collections.abc import Iterator
from typing import Any

from eks_access.manifest.models import Cluster, IntegrationAccess, Manifest
from eks_access.model import rbac
from eks_access.model.identity import EntryMethod

from .declared_trust import build_trust_policy
from .model import INTEGRATION_PREFIX, VENDOR_TYPES, Resource, Stack

_ACCESS = f"{INTEGRATION_PREFIX}ClusterAccess"
_CONNECTED = f"{INTEGRATION_PREFIX}ConnectedCluster"
_ROLE = "aws:iam/role:Role"


def build_stack(manifest: Manifest) -> Stack:
    """The stack that deploys the integrations of this manifest."""
    project = manifest.project or "eks-access"
    builder = _ResourceBuilder(f"urn:pulumi:{manifest.environment}::{project}::")
    for name, integration in manifest.integrations.items():
        builder.add_integration(name, integration)
    return Stack(tuple(builder.resources), f"{project}/{manifest.environment}")


def _find_component_type(vendor: str) -> str:
    """The component of a vendor, whose name in the manifest is in lower case; a vendor of one's own is a custom one."""
    spelled = f"{INTEGRATION_PREFIX}{vendor.replace('-', '')}".lower()
    return next((each for each in VENDOR_TYPES if each.lower() == spelled), f"{INTEGRATION_PREFIX}CustomIntegration")


class _ResourceBuilder:
    """Collects the resources; `prefix` is the part of their URNs before the type."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self.resources: list[Resource] = []

    def add_integration(self, name: str, access: IntegrationAccess) -> None:
        component = self._add(_find_component_type(access.vendor), name, {"vendor": access.vendor})
        if not access.role.existing:  # an existing role is not part of the deployment either
            self._add_role(name, access, component)
        for key, cluster in access.clusters.items():
            self._add_cluster(f"{name}-{key}", access, cluster, component)

    def _add_role(self, name: str, access: IntegrationAccess, component: str) -> None:
        trust = build_trust_policy(access.trust)
        properties = {"arn": access.role.arn, "name": access.role.name, "assumeRolePolicy": trust}
        role = self._add(_ROLE, name, properties, component)
        document = json.dumps({"Version": "2012-10-17", "Statement": access.statements})
        policy = {"role": access.role.name, "policy": document}
        self._add("aws:iam/rolePolicy:RolePolicy", name, policy, component, role)
        for managed in access.managed_policies:
            attached = {"role": access.role.name, "policyArn": managed.arn}
            named = f"{name}-{managed.arn.rpartition('/')[2]}"
            self._add("aws:iam/rolePolicyAttachment:RolePolicyAttachment", named, attached, component, role)

    def _add_cluster(self, name: str, access: IntegrationAccess, cluster: Cluster, component: str) -> None:
        is_connected = cluster.method is EntryMethod.EKS_CONNECTOR
        parent = self._add(_CONNECTED if is_connected else _ACCESS, name, {"cluster": cluster.name}, component)
        if cluster.method is EntryMethod.AWS_AUTH:
            self._add_aws_auth_mapping(name, access, cluster, parent)
        elif not is_connected:
            self._add_access_entry(name, access, cluster, parent)
        for kind, body in _build_rbac(access):
            self._add(f"{INTEGRATION_PREFIX}{kind}", f"{name}-{len(self.resources)}", body, parent)

    def _add_aws_auth_mapping(self, name: str, access: IntegrationAccess, cluster: Cluster, parent: str) -> None:
        mapping = {
            "clusterName": cluster.name,
            "region": cluster.region,
            "roleArn": access.role.arn,
            "username": access.identity.username_by(cluster.method),
            "groups": access.identity.groups,
        }
        self._add("eks-access:index:AwsAuthMapping", name, mapping, parent)

    def _add_access_entry(self, name: str, access: IntegrationAccess, cluster: Cluster, parent: str) -> None:
        common = {"clusterName": cluster.name, "region": cluster.region, "principalArn": access.role.arn}
        entry = {
            **common,
            "userName": access.identity.username_by(cluster.method),
            "kubernetesGroups": access.identity.groups,
            "type": "STANDARD",
        }
        self._add("aws:eks/accessEntry:AccessEntry", name, entry, parent)
        for policy in access.identity.access_policies:
            scope = {"type": "namespace" if policy.namespaces else "cluster", "namespaces": policy.namespaces}
            self._add(
                "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
                f"{name}-{policy.arn.rpartition('/')[2]}",
                {**common, "policyArn": policy.arn, "accessScope": scope},
                parent,
            )

    def _add(
        self, type: str, name: str, properties: dict[str, Any], parent: str | None = None, role: str | None = None
    ) -> str:
        """Add a resource and return its URN. `role` is the URN of the role that its property `role` comes from."""
        urn = f"{self._prefix}{type}::{name}"
        links = {"role": (role,)} if role else {}
        self.resources.append(Resource(urn, type, name, properties, parent, property_dependencies=links))
        return urn


def _build_rbac(access: IntegrationAccess) -> Iterator[tuple[str, dict[str, Any]]]:
    """The kind and the body of each RBAC object of the grants."""
    for grant in access.grants:
        namespaces = None if grant.namespaces is None else tuple(grant.namespaces)
        # The manifest has the rules in Kubernetes' own form already, so they are put in afterwards.
        without_rules = rbac.Grant(grant.name, grant.name, grant.group, (), namespaces, grant.kind)
        for rbac_object in rbac.build_objects(without_rules, labels={}):
            body = dict(rbac_object.body)
            yield rbac_object.kind, {**body, "rules": grant.rules} if rbac_object.kind == "ClusterRole" else body
