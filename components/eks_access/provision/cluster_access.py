"""One integration in one cluster: its way in, and its rights inside."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from ..aws_auth.resource import AwsAuthMapping
from ..model.identity import EntryMethod
from ..model.integration import ClusterPlace, Integration
from ..model.rbac import STACK
from ..model.tags import ROLE_ID_TAG
from ..model.trust import PodIdentity
from .connection import Connection
from .objects import Objects
from .output_bindings import Binding
from .rbac import create_rights, labels, stack
from .role import ActingRole


class ClusterAccess(pulumi.ComponentResource):
    """The access entry or aws-auth mapping of a role in one cluster, and the RBAC objects behind its groups."""

    def __init__(
        self,
        name: str,
        cluster: ClusterPlace,
        integration: Integration,
        role: ActingRole,
        connection: Connection,
        binding: Binding,
        partition: str,
        tags: Mapping[str, pulumi.Input[str]],
        opts: pulumi.ResourceOptions,
    ) -> None:
        self._binding = binding
        super().__init__(
            "eks-access:index:ClusterAccess",
            name,
            {
                "cluster": binding.text(cluster.name),
                "method": cluster.method.value,
                "username": binding.text(integration.identity.username_by(cluster.method)),
                "groups": list(integration.identity.groups),
                "accessPolicies": [policy.name for policy in integration.identity.access_policies],
            },
            opts,
        )
        labelled = labels(name, integration, cluster)
        rights = create_rights(name, integration, labelled, connection, binding, self)
        # The way in is opened last and closed first: nobody is let in whose rights are half made.
        if cluster.method is EntryMethod.ACCESS_ENTRY:
            entered = self._create_access_entry(name, cluster, integration, role, partition, tags, rights)
        else:
            entered = self._create_mapping(name, cluster, integration, role, connection, rights)
        trust = integration.role.trust
        if isinstance(trust, PodIdentity) and trust.is_for(cluster.arn):
            entered = self._create_association(name, cluster, trust, role, tags, entered)
        # What runs in the cluster as the integration starts when it can come in, and ends before its rights do.
        wanted = [each for each in integration.objects if each.cluster in (None, cluster.key)]
        Objects(name, connection, binding, labelled, self, wanted).create(after=[entered])
        self.register_outputs({})

    def _create_access_entry(
        self,
        name: str,
        cluster: ClusterPlace,
        integration: Integration,
        role: ActingRole,
        partition: str,
        tags: Mapping[str, pulumi.Input[str]],
        rights: list[pulumi.Resource],
    ) -> pulumi.Resource:
        region = self._binding.text(cluster.region)
        entry = aws.eks.AccessEntry(
            name,
            cluster_name=self._binding.text(cluster.name),
            region=region,
            principal_arn=role.arn,
            type="STANDARD",
            user_name=self._binding.text(integration.identity.username_by(cluster.method)),
            kubernetes_groups=list(integration.identity.groups),
            tags={**tags, ROLE_ID_TAG: role.unique_id, STACK: stack()},
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=rights,
                delete_before_replace=True,
                replace_on_changes=[f'tags["{ROLE_ID_TAG}"]'],
            ),
        )
        for policy in integration.identity.access_policies:
            scope = aws.eks.AccessPolicyAssociationAccessScopeArgs(
                type="namespace" if policy.namespaces else "cluster",
                namespaces=None if policy.namespaces is None else list(policy.namespaces),
            )
            aws.eks.AccessPolicyAssociation(
                f"{name}-{policy.name}",
                cluster_name=entry.cluster_name,
                region=region,
                # From the entry and not the role: an association goes with its entry, and must come back with it.
                principal_arn=entry.principal_arn,
                policy_arn=self._binding.text(policy.arn(partition)),
                access_scope=scope,
                opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
            )
        return entry

    def _create_mapping(
        self,
        name: str,
        cluster: ClusterPlace,
        integration: Integration,
        role: ActingRole,
        connection: Connection,
        rights: list[pulumi.Resource],
    ) -> pulumi.Resource:
        return AwsAuthMapping(
            name,
            kubeconfig=connection.kubeconfig,
            cluster_name=self._binding.text(cluster.name),
            role_arn=role.arn,
            username=self._binding.text(integration.identity.username_by(cluster.method)),
            groups=list(integration.identity.groups),
            opts=pulumi.ResourceOptions(parent=self, depends_on=rights),
        )

    def _create_association(
        self,
        name: str,
        cluster: ClusterPlace,
        trust: PodIdentity,
        role: ActingRole,
        tags: Mapping[str, pulumi.Input[str]],
        entered: pulumi.Resource,
    ) -> pulumi.Resource:
        return aws.eks.PodIdentityAssociation(
            name,
            cluster_name=self._binding.text(cluster.name),
            region=self._binding.text(cluster.region),
            namespace=trust.namespace,
            service_account=trust.service_account,
            role_arn=role.arn,
            tags=dict(tags),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[entered]),
        )
