"""An integration whose clusters are not of EKS: each is registered with EKS Connector, and equipped."""

import base64
from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from ..connector.objects import ACTIVATION_CODE, ACTIVATION_ID, REGION, activation_key
from ..connector.resource import ConnectorRegistration
from ..connector.viewers import canonicalize_viewer_arn
from ..errors import InvalidInputError
from ..kubernetes.kubeconfig import read_kubeconfig_file, resolve_cluster_address
from ..model.integration import ClusterPlace
from ..model.rbac import STACK
from .connection import Connection, connect
from .integration import IntegrationComponent, Provisioned
from .objects import Objects
from .output_bindings import Binding
from .rbac import create_rights, labels, stack

UNKNOWN_CODE = "(not known: the registration was imported)"


class ConnectedCluster(pulumi.ComponentResource):
    """One cluster: its registration, the connector in it, and its viewers' rights."""

    registration: ConnectorRegistration

    def __init__(
        self,
        name: str,
        cluster: ClusterPlace,
        made: Provisioned,
        connection: Connection,
        registration: Mapping[str, Any],
        opts: pulumi.ResourceOptions,
    ) -> None:
        super().__init__("eks-access:index:ConnectedCluster", name, {"cluster": registration["name"]}, opts)
        self.registration = ConnectorRegistration(name, **registration, opts=pulumi.ResourceOptions(parent=self))
        code: pulumi.Output[str] = pulumi.Output.secret(
            self.registration.activation_code.apply(lambda known: known or "")
        )
        activation = {
            "id": self.registration.activation_id,
            "code": code.apply(lambda known: known or UNKNOWN_CODE),
            "expiry": self.registration.activation_expiry,
        }
        made.binding.take(activation_key(cluster.key), activation)
        # The description is one for all clusters, and each has an activation of its own.
        told = Binding()
        told.put(REGION, cluster.region)
        told.put(ACTIVATION_ID, self.registration.activation_id)
        told.put(ACTIVATION_CODE, code.apply(_encoded))
        labelled = labels(name, made.integration, cluster)
        objects = Objects(name, connection, told, labelled, self, made.integration.objects)
        rights = create_rights(name, made.integration, labelled, connection, made.binding, self, objects.namespaces)
        objects.create(after=rights)
        self.register_outputs({})


class ConnectorComponent(IntegrationComponent):
    """An integration over clusters of its own, which are connected to EKS rather than being of it."""

    own_clusters = True

    def _own_arguments(self, args: Mapping[str, Any]) -> dict[str, Any]:
        own = super()._own_arguments(args)
        own["viewers"] = {key: _with_plain_arn(key, given) for key, given in own.get("viewers", {}).items()}
        return own

    def _complete(self, clusters: Mapping[str, Any]) -> Mapping[str, Any]:
        region = ""
        if any("region" not in given for given in clusters.values()):
            region = aws.get_region(opts=pulumi.InvokeOptions(parent=self)).region
        return {
            key: {"region": region, **given, **_way_in(f"clusters.{key}", given)} for key, given in clusters.items()
        }

    def _create_cluster(self, name: str, cluster: ClusterPlace, args: Any, made: Provisioned) -> None:
        registration = {
            "name": args["name"],
            "role_arn": made.role.arn,
            "cluster_provider": args["provider"].value,
            "region": cluster.region,
            "tags": {**made.tags, STACK: stack()},
            "limit": made.args.get("registration_limit"),
            "ensure_service_linked_role": made.args.get("ensure_service_linked_role"),
            "endpoint": made.args.get("endpoint"),
            "profile": made.args.get("aws_profile"),
            "account": made.binding.text(made.place.account),
        }
        connection = connect(name, args, pulumi.ResourceOptions(parent=self))
        children = pulumi.ResourceOptions(parent=self, depends_on=list(made.rights))
        ConnectedCluster(name, cluster, made, connection, registration, children)


def _encoded(code: str) -> str:
    return base64.b64encode(code.encode()).decode()


def _with_plain_arn(key: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
    arn, path = given["arn"], f"viewers.{key}.arn"
    if isinstance(arn, str):
        return {**given, "arn": canonicalize_viewer_arn(path, arn)}
    return {**given, "arn": pulumi.Output.from_input(arn).apply(lambda known: canonicalize_viewer_arn(path, known))}


def _way_in(path: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The kubeconfig, a secret, and the address and certificate authority in it, which are none.

    Raises:
        InvalidInputError: there is no kubeconfig, or one that leads nowhere.
    """
    text = given.get("kubeconfig")
    if (text is None) == ("kubeconfig_file" not in given):
        raise InvalidInputError(path, None, "needs either `kubeconfig` or `kubeconfig_file`")
    if text is None:
        text = read_kubeconfig_file(f"{path}.kubeconfig_file", given["kubeconfig_file"])
    secret = pulumi.Output.secret(text)
    endpoint: pulumi.Input[str]
    authority: pulumi.Input[str]
    if isinstance(text, str):
        endpoint, authority = resolve_cluster_address(path, text)
    else:
        found = pulumi.Output.unsecret(secret).apply(lambda known: list(resolve_cluster_address(path, known)))
        endpoint, authority = found.apply(lambda each: each[0]), found.apply(lambda each: each[1])
    return {"kubeconfig": secret, "endpoint": endpoint, "certificate_authority": authority}
