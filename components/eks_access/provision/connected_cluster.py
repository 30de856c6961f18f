"""An integration with clusters outside of EKS: each is registered with EKS Connector, and the connector deployed."""

import base64
import dataclasses
from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from ..connector.objects import ACTIVATION_CODE, ACTIVATION_ID, REGION, activation_key, allow_missing_code
from ..connector.resource import ConnectorRegistration
from ..connector.viewers import canonicalize_viewer_arn
from ..errors import InvalidInputError
from ..kubernetes.kubeconfig import read_kubeconfig_file, resolve_cluster_address
from ..model.integration import ClusterPlace
from ..model.objects import KubernetesObject
from ..model.rbac import STACK
from .connection import Connection, connect
from .integration import IntegrationComponent
from .metadata import object_labels, stack_name
from .objects import ObjectSet
from .output_bindings import OutputBindings
from .provisioned import Provisioned
from .rbac import create_rbac

UNKNOWN_CODE = "(not known: the registration was imported)"


class ConnectedCluster(pulumi.ComponentResource):
    """One cluster: its registration, the connector in it, and its viewers' rights."""

    registration: ConnectorRegistration

    def __init__(
        self,
        name: str,
        provisioned: Provisioned,
        cluster: ClusterPlace,
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
        provisioned.bindings.capture(activation_key(cluster.key), activation)
        # All clusters share one description, and each has an activation of its own.
        own = OutputBindings()
        own.resolve(REGION, cluster.region)
        own.resolve(ACTIVATION_ID, self.registration.activation_id)
        own.resolve(ACTIVATION_CODE, code.apply(_encode))
        labels = object_labels(name, provisioned.integration, cluster)
        described = [_allow_missing_code(each, code) for each in provisioned.integration.objects]
        objects = ObjectSet(name, described, own, connection, labels, self)
        rights = create_rbac(name, provisioned, cluster, connection, self, objects.namespaces)
        objects.create(depends_on=rights)
        self.register_outputs({})


class ConnectorComponent(IntegrationComponent):
    """The base of an integration with clusters of its own, which are connected to EKS rather than part of it."""

    own_clusters = True

    def _own_arguments(self, args: Mapping[str, Any]) -> dict[str, Any]:
        own = super()._own_arguments(args)
        own["viewers"] = {key: _with_viewer_arn(key, viewer) for key, viewer in own.get("viewers", {}).items()}
        return own

    def _complete(self, clusters: Mapping[str, Any]) -> Mapping[str, Any]:
        region = ""
        if any("region" not in args for args in clusters.values()):
            region = aws.get_region(opts=pulumi.InvokeOptions(parent=self)).region
        return {
            key: {"region": region, **args, **_read_connection(f"clusters.{key}", args)}
            for key, args in clusters.items()
        }

    def _create_cluster(self, name: str, cluster: ClusterPlace, args: Any, provisioned: Provisioned) -> None:
        adopt = bool(provisioned.args.get("adopt"))
        registration = {
            "name": args["name"],
            "role_arn": provisioned.role.arn,
            "cluster_provider": args["provider"].value,
            "region": cluster.region,
            "tags": {**provisioned.tags, STACK: stack_name()},
            "limit": provisioned.args.get("registration_limit"),
            "ensure_service_linked_role": provisioned.args.get("ensure_service_linked_role"),
            "endpoint": provisioned.args.get("endpoint"),
            "profile": provisioned.args.get("aws_profile"),
            "account": provisioned.bindings.fill_text(provisioned.place.account),
            "adopt": adopt or None,
        }
        connection = connect(name, f"clusters.{cluster.key}", args, pulumi.ResourceOptions(parent=self), adopt=adopt)
        opts = pulumi.ResourceOptions(parent=self, depends_on=list(provisioned.role_policies))
        ConnectedCluster(name, provisioned, cluster, connection, registration, opts)


def _allow_missing_code(each: KubernetesObject, code: pulumi.Output[str]) -> KubernetesObject:
    """A workload whose pods start without the code where it is not known: the connector needs it only to register."""
    if not each.runs_pods:
        return each
    is_known = pulumi.Output.unsecret(code.apply(bool))

    def refer(reference: dict[str, Any]) -> pulumi.Output[dict[str, Any]]:
        return is_known.apply(lambda known: reference if known else {**reference, "optional": True})

    return dataclasses.replace(each, body=allow_missing_code(each.body, refer))


def _encode(code: str) -> str:
    return base64.b64encode(code.encode()).decode()


def _with_viewer_arn(key: str, viewer: Mapping[str, Any]) -> Mapping[str, Any]:
    """The viewer with its ARN in the form in which the console passes it to the connector."""
    arn, path = viewer["arn"], f"viewers.{key}.arn"
    if isinstance(arn, str):
        return {**viewer, "arn": canonicalize_viewer_arn(path, arn)}
    return {**viewer, "arn": pulumi.Output.from_input(arn).apply(lambda known: canonicalize_viewer_arn(path, known))}


def _read_connection(path: str, args: Mapping[str, Any]) -> dict[str, Any]:
    """The kubeconfig, as a secret, and the endpoint and certificate authority in it, which are not secret.

    Raises:
        InvalidInputError: there is no kubeconfig, or it has no usable cluster.
    """
    text = args.get("kubeconfig")
    if (text is None) == ("kubeconfig_file" not in args):
        raise InvalidInputError(path, None, "needs either `kubeconfig` or `kubeconfig_file`")
    if text is None:
        text = read_kubeconfig_file(f"{path}.kubeconfig_file", args["kubeconfig_file"])
    secret = pulumi.Output.secret(text)
    endpoint: pulumi.Input[str]
    authority: pulumi.Input[str]
    if isinstance(text, str):
        endpoint, authority = resolve_cluster_address(path, text)
    else:
        found = pulumi.Output.unsecret(secret).apply(lambda known: list(resolve_cluster_address(path, known)))
        endpoint, authority = found.apply(lambda each: each[0]), found.apply(lambda each: each[1])
    return {"kubeconfig": secret, "endpoint": endpoint, "certificate_authority": authority}
