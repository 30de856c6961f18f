"""A whole environment as one stack: its AWS provider, its clusters, its integrations and its access manifest."""

import os
from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi.runtime import config as runtime

from ..endpoint import LoopbackError, loopback_endpoint
from ..errors import InvalidInputError
from ..manifest.models import SCHEMA_VERSION
from ..provision.arguments import ClusterArgs
from ..provision.connection import complete_cluster, connect
from .configuration import AwsSettings, Declared, Endpoint, Environment, environment

SERVICES = ("eks", "iam", "sts")
"""The AWS services that a deployment talks to."""


def load(project: str) -> Environment:
    """The environment that the selected stack's configuration declares.

    Raises:
        pulumi.RunError: the configuration is refused; the message says what and why.
    """
    config = pulumi.Config(project)
    names = [key.removeprefix(f"{project}:") for key in runtime.CONFIG.get() if key.startswith(f"{project}:")]
    try:
        given = {name: config.get_object(name) if name in _STRUCTURED else config.get(name) for name in names}
        return environment(given, config.require_secret)
    except InvalidInputError as refused:
        raise pulumi.RunError(f"configuration of stack {pulumi.get_stack()!r}: {refused}") from refused


_STRUCTURED = ("aws", "clusters", "integrations")


def provision(declared: Environment) -> Mapping[str, Any]:
    """Make everything that the environment declares, and give the access manifest."""
    provider = _aws_provider(declared.aws)
    asking = pulumi.InvokeOptions(provider=provider)
    caller = aws.get_caller_identity_output(opts=pulumi.InvokeOutputOptions(provider=provider))
    used = {key for integration in declared.integrations for key in integration.clusters}
    clusters = {
        key: _shared(key, complete_cluster({"region": declared.aws["region"], **args}, f"clusters.{key}", asking))
        for key, args in declared.clusters.items()
        if key in used
    }
    components = {
        integration.name: integration.vendor.component(
            integration.name,
            _arguments(integration, clusters, declared.aws),
            pulumi.ResourceOptions(providers=[provider]),
        )
        for integration in declared.integrations
    }
    return {
        "schemaVersion": SCHEMA_VERSION,
        "project": pulumi.get_project(),
        "environment": pulumi.get_stack(),
        "partition": aws.get_partition_output(opts=pulumi.InvokeOutputOptions(provider=provider)).partition,
        "account": caller.account_id,
        "endpoint": declared.aws.get("endpoint", Endpoint.AWS).value,
        "clusters": {
            key: {"name": args["name"], "region": args.get("region", declared.aws["region"])}
            for key, args in declared.clusters.items()
        },
        "integrations": {name: component.manifest for name, component in components.items()},
    }


def _arguments(integration: Declared, clusters: Mapping[str, ClusterArgs], settings: AwsSettings) -> Mapping[str, Any]:
    if not integration.vendor.own_clusters:
        return {**integration.arguments, "clusters": {key: clusters[key] for key in integration.clusters}}
    if settings.get("endpoint") is not Endpoint.LOOPBACK:
        return integration.arguments
    # Its own calls to AWS are not made by the AWS provider, and must stay where that provider's do.
    return {**integration.arguments, "endpoint": loopback_endpoint(os.environ)}


def _shared(key: str, args: ClusterArgs) -> ClusterArgs:
    """The cluster with one Kubernetes provider, which all integrations use: each provider is a process of its own."""
    connection = connect(key, args, pulumi.ResourceOptions())
    return {**args, "kubeconfig": connection.kubeconfig, "kubernetes_provider": connection.provider}


def _aws_provider(settings: AwsSettings) -> aws.Provider:
    """A provider that works in the environment's own account only.

    Raises:
        pulumi.RunError: the environment lives on this machine, and the settings around would reach another.
    """
    options: dict[str, Any] = {"region": settings["region"], "allowed_account_ids": [settings["account"]]}
    if settings.get("endpoint") is Endpoint.LOOPBACK:
        try:
            url = loopback_endpoint(os.environ)
        except LoopbackError as refused:
            raise pulumi.RunError(str(refused)) from refused
        # Named here and not left to the environment, so that nothing else can send a call elsewhere.
        options["endpoints"] = [{service: url for service in SERVICES}]
    return aws.Provider("aws", **options)
