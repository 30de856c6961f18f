"""A stack from an access manifest: the resources that eks-access makes of what the manifest says. Pure.

For where nothing but the manifest is at hand; a state or a preview says more.
"""

import json
from collections.abc import Iterator
from typing import Any

from eks_access.manifest.models import Cluster, IntegrationAccess, Manifest
from eks_access.model import rbac
from eks_access.model.identity import EntryMethod

from .declared_trust import trust_policy
from .model import INTEGRATION_PREFIX, Resource, Stack

_ACCESS = f"{INTEGRATION_PREFIX}ClusterAccess"
_CONNECTED = f"{INTEGRATION_PREFIX}ConnectedCluster"
_ROLE = "aws:iam/role:Role"


def stack_of(manifest: Manifest) -> Stack:
    project = manifest.project or "eks-access"
    made = _Made(f"urn:pulumi:{manifest.environment}::{project}::")
    for name, integration in manifest.integrations.items():
        made.integration(name, integration)
    return Stack(tuple(made.resources), f"{project}/{manifest.environment}")


class _Made:
    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self.resources: list[Resource] = []

    def integration(self, name: str, given: IntegrationAccess) -> None:
        component = self._add(f"{INTEGRATION_PREFIX}{given.vendor}", name, {"vendor": given.vendor})
        if not given.role.existing:  # nor does the deployment make one that somebody else owns
            self._role(name, given, component)
        for key, cluster in given.clusters.items():
            self._cluster(f"{name}-{key}", given, cluster, component)

    def _role(self, name: str, given: IntegrationAccess, component: str) -> None:
        trust = trust_policy(given.trust)
        own = {"arn": given.role.arn, "name": given.role.name, "assumeRolePolicy": trust}
        role = self._add(_ROLE, name, own, component)
        document = json.dumps({"Version": "2012-10-17", "Statement": given.statements})
        self._add("aws:iam/rolePolicy:RolePolicy", name, {"role": given.role.name, "policy": document}, component, role)

    def _cluster(self, name: str, given: IntegrationAccess, cluster: Cluster, component: str) -> None:
        is_connected = cluster.method is EntryMethod.EKS_CONNECTOR
        access = self._add(_CONNECTED if is_connected else _ACCESS, name, {"cluster": cluster.name}, component)
        if not is_connected:
            self._way_in(name, given, cluster, access)
        for kind, body in _rbac(given):
            self._add(f"kubernetes:rbac.authorization.k8s.io/v1:{kind}", f"{name}-{len(self.resources)}", body, access)

    def _way_in(self, name: str, given: IntegrationAccess, cluster: Cluster, access: str) -> None:
        who = {"clusterName": cluster.name, "region": cluster.region}
        username, groups = given.identity.username_by(cluster.method), given.identity.groups
        if cluster.method is EntryMethod.AWS_AUTH:
            mapping = {**who, "roleArn": given.role.arn, "username": username, "groups": groups}
            self._add("eks-access:index:AwsAuthMapping", name, mapping, access)
            return
        entered = {**who, "principalArn": given.role.arn}
        entry = {**entered, "userName": username, "kubernetesGroups": groups, "type": "STANDARD"}
        self._add("aws:eks/accessEntry:AccessEntry", name, entry, access)
        for policy in given.identity.access_policies:
            scope = {"type": "namespace" if policy.namespaces else "cluster", "namespaces": policy.namespaces}
            self._add(
                "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
                f"{name}-{policy.arn.rpartition('/')[2]}",
                {**entered, "policyArn": policy.arn, "accessScope": scope},
                access,
            )

    def _add(
        self, type: str, name: str, properties: dict[str, Any], parent: str | None = None, role: str | None = None
    ) -> str:
        urn = f"{self._prefix}{type}::{name}"
        links = {"role": (role,)} if role else {}
        self.resources.append(Resource(urn, type, name, properties, parent, property_dependencies=links))
        return urn


def _rbac(given: IntegrationAccess) -> Iterator[tuple[str, dict[str, Any]]]:
    for grant in given.grants:
        namespaces = None if grant.namespaces is None else tuple(grant.namespaces)
        written = rbac.Grant(grant.name, grant.name, grant.group, (), namespaces, grant.kind)
        for found in rbac.build_objects(written, labels={}):
            body = dict(found.body)
            yield found.kind, {**body, "rules": grant.rules} if found.kind == "ClusterRole" else body
