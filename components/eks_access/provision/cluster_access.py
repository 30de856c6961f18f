"""Access of one integration to one cluster: access entry or aws-auth mapping, RBAC, and the integration's objects."""

import pulumi
import pulumi_aws as aws

from ..aws_auth.resource import AwsAuthMapping
from ..model.identity import EntryMethod, supports_aws_auth
from ..model.integration import ClusterPlace
from ..model.rbac import STACK
from ..model.tags import ROLE_ID_TAG
from ..model.trust import PodIdentity
from .connection import Connection
from .metadata import object_labels, stack_name
from .objects import ObjectSet
from .provisioned import Provisioned
from .rbac import create_rbac
from .shadowing import validate_not_shadowed


class ClusterAccess(pulumi.ComponentResource):
    """The access entry or aws-auth mapping of a role in one cluster, and the RBAC objects behind its groups."""

    def __init__(
        self,
        name: str,
        provisioned: Provisioned,
        cluster: ClusterPlace,
        connection: Connection,
        opts: pulumi.ResourceOptions,
    ) -> None:
        self._provisioned, self._cluster = provisioned, cluster
        integration, bindings = provisioned.integration, provisioned.bindings
        self._cluster_name = bindings.fill_text(cluster.name)
        self._username = bindings.fill_text(integration.identity.username_by(cluster.method))
        self._groups = list(integration.identity.groups)
        super().__init__(
            "eks-access:index:ClusterAccess",
            name,
            {
                "cluster": self._cluster_name,
                "method": cluster.method.value,
                "username": self._username,
                "groups": self._groups,
                "accessPolicies": [policy.name for policy in integration.identity.access_policies],
            },
            opts,
        )
        rights = create_rbac(name, provisioned, cluster, connection, self)
        # Access to the cluster is created last and removed first: a role with incomplete rights is never let in.
        if cluster.method is EntryMethod.ACCESS_ENTRY:
            access = self._create_access_entry(connection, rights)
        else:
            access = self._create_mapping(connection, rights)
        trust = integration.role.trust
        if isinstance(trust, PodIdentity) and trust.is_for(cluster.arn):
            access = self._create_pod_identity_association(trust, access)
        # Workloads that act as the integration start once it has access, and end before its rights are removed.
        objects = [each for each in integration.objects if each.cluster in (None, cluster.key)]
        labels = object_labels(name, integration, cluster)
        ObjectSet(name, objects, bindings, connection, labels, self).create(depends_on=[access])
        self.register_outputs({})

    def _create_access_entry(self, connection: Connection, rights: list[pulumi.Resource]) -> pulumi.Resource:
        bindings, role = self._provisioned.bindings, self._provisioned.role
        principal = role.arn
        # A role that is created with the integration cannot be in aws-auth, and mode API has none.
        if self._provisioned.integration.role.existing_arn is not None and supports_aws_auth(self._cluster.mode):
            principal = validate_not_shadowed(
                self._cluster.key, connection.kubeconfig, principal, self._username, self._groups
            )
        region = bindings.fill_text(self._cluster.region)
        entry = aws.eks.AccessEntry(
            self.pulumi_resource_name,
            cluster_name=self._cluster_name,
            region=region,
            principal_arn=principal,
            type="STANDARD",
            user_name=self._username,
            kubernetes_groups=self._groups,
            tags={**self._provisioned.tags, ROLE_ID_TAG: role.unique_id, STACK: stack_name()},
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=rights,
                delete_before_replace=True,
                # Not by the tag: plugins word a difference as they like, and an entry that was imported has none.
                replacement_trigger=role.unique_id,
            ),
        )
        for policy in self._provisioned.integration.identity.access_policies:
            scope = aws.eks.AccessPolicyAssociationAccessScopeArgs(
                type="namespace" if policy.namespaces else "cluster",
                namespaces=None if policy.namespaces is None else list(policy.namespaces),
            )
            aws.eks.AccessPolicyAssociation(
                f"{self.pulumi_resource_name}-{policy.name}",
                cluster_name=entry.cluster_name,
                region=region,
                # The entry's and not the role's: EKS deletes an association with its entry, and it must be recreated
                # with it.
                principal_arn=entry.principal_arn,
                policy_arn=bindings.fill_text(policy.arn(self._provisioned.place.partition)),
                access_scope=scope,
                opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
            )
        return entry

    def _create_mapping(self, connection: Connection, rights: list[pulumi.Resource]) -> pulumi.Resource:
        return AwsAuthMapping(
            self.pulumi_resource_name,
            kubeconfig=connection.kubeconfig,
            adopt=connection.adopt,
            cluster_name=self._cluster_name,
            role_arn=self._provisioned.role.arn,
            username=self._username,
            groups=self._groups,
            opts=pulumi.ResourceOptions(parent=self, depends_on=rights),
        )

    def _create_pod_identity_association(self, trust: PodIdentity, access: pulumi.Resource) -> pulumi.Resource:
        return aws.eks.PodIdentityAssociation(
            self.pulumi_resource_name,
            cluster_name=self._cluster_name,
            region=self._provisioned.bindings.fill_text(self._cluster.region),
            namespace=trust.namespace,
            service_account=trust.service_account,
            role_arn=self._provisioned.role.arn,
            tags=dict(self._provisioned.tags),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[access]),
        )
