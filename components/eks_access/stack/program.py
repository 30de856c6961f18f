"""The program of an environment's stack: AWS provider, clusters, integrations and access manifest."""

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
from ..provision.connection import complete_clusters
from ..provision.invokes import read_account, run_while_waiting
from .configuration import SECTIONS, AwsSettings, Declared, Endpoint, Environment, parse_environment

SERVICES = ("eks", "iam", "sts")
"""The AWS services that a deployment calls."""


def load(project: str) -> Environment:
    """The environment that the selected stack's configuration declares.

    Raises:
        pulumi.RunError: the configuration is invalid; the message has the path and the reason.
    """
    config = pulumi.Config(project)
    names = [key.removeprefix(f"{project}:") for key in runtime.CONFIG.get() if key.startswith(f"{project}:")]
    try:
        values = {name: config.get_object(name) if name in SECTIONS else config.get(name) for name in names}
        return parse_environment(values, config.require_secret)
    except InvalidInputError as invalid:
        raise pulumi.RunError(f"configuration of stack {pulumi.get_stack()!r}: {invalid}") from invalid


def provision(declared: Environment) -> Mapping[str, Any]:
    """Creates everything that the environment declares, and returns the access manifest."""
    provider = _aws_provider(declared.aws)
    account = read_account(pulumi.InvokeOutputOptions(provider=provider))
    run_while_waiting(_import_sdk)
    used = {key for integration in declared.integrations for key in integration.clusters}
    clusters = complete_clusters(
        {key: {"region": declared.aws["region"], **args} for key, args in declared.clusters.items() if key in used},
        pulumi.InvokeOptions(provider=provider),
    )
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
        "partition": account.partition,
        "account": account.id,
        "endpoint": declared.aws.get("endpoint", Endpoint.AWS).value,
        "clusters": {
            key: {"name": args["name"], "region": args.get("region", declared.aws["region"])}
            for key, args in declared.clusters.items()
        },
        "integrations": {name: component.manifest for name, component in components.items()},
    }


def _import_sdk() -> tuple[type, ...]:
    """Imports what a deployment uses of the AWS SDK, by using it; that takes as long as the plugin takes to start."""
    return aws.eks.AccessEntry, aws.iam.Role


def _arguments(integration: Declared, clusters: Mapping[str, ClusterArgs], settings: AwsSettings) -> Mapping[str, Any]:
    if not integration.vendor.own_clusters:
        return {**integration.arguments, "clusters": {key: clusters[key] for key in integration.clusters}}
    own = {key: {"region": settings["region"], **args} for key, args in integration.arguments["clusters"].items()}
    arguments = {**integration.arguments, "clusters": own}
    if settings.get("endpoint") is Endpoint.LOOPBACK:
        # Its own AWS calls bypass the AWS provider, and must use the same endpoint.
        arguments["endpoint"] = loopback_endpoint(os.environ)
    return arguments


def _aws_provider(settings: AwsSettings) -> aws.Provider:
    """The AWS provider, restricted to the environment's own account.

    Raises:
        pulumi.RunError: the environment has `endpoint: loopback`, and calls could leave this machine.
    """
    options: dict[str, Any] = {"region": settings["region"], "allowed_account_ids": [settings["account"]]}
    if settings.get("endpoint") is Endpoint.LOOPBACK:
        try:
            url = loopback_endpoint(os.environ)
        except LoopbackError as error:
            raise pulumi.RunError(str(error)) from error
        # Set explicitly, so that no other setting can send a call elsewhere.
        options["endpoints"] = [{service: url for service in SERVICES}]
    return aws.Provider("aws", **options)
