"""Everything that the plugin serves: the resources that it implements itself, and the components."""

import json
from collections.abc import Sequence
from typing import Any

from .. import __version__
from ..rbac.kinds import KINDS
from .handler import ResourceHandler, Warn
from .plugin import PACKAGE
from .resources.aws_auth_mapping import AwsAuthMappings
from .resources.connector_registration import ConnectorRegistrations
from .resources.in_cluster import Connections
from .resources.rbac import RbacObjects


def create_handlers(warn: Warn) -> Sequence[ResourceHandler]:
    """A handler for each resource that the plugin implements itself."""
    connect = Connections()
    return (
        AwsAuthMappings(warn, connect),
        ConnectorRegistrations(warn),
        *(RbacObjects(kind, warn, connect) for kind in KINDS),
    )


def create_component_servicer(engine_address: str) -> Any:
    """The SDK's servicer for the components. Importing them takes seconds (the AWS SDK), so it is created on demand."""
    from pulumi.provider.server import ProviderServicer

    return ProviderServicer(_create_component_provider(), [], engine_address)


def build_components_schema() -> dict[str, Any]:
    """The package schema without the resources that the plugin implements itself."""
    schema: dict[str, Any] = json.loads(_create_component_provider().schema)
    return schema


def _create_component_provider() -> Any:
    from pulumi.provider.experimental.component import ComponentProvider

    from ..integrations import vendors
    from ..integrations.eks_connector import ConnectedClusterArgs
    from ..provision.arguments import ClusterArgs, resolve_provider_types
    from ..schedule.component import ProbeSchedule

    resolve_provider_types([ClusterArgs, ConnectedClusterArgs])

    components: list[Any] = [*(vendor.component for vendor in vendors().values()), ProbeSchedule]
    return ComponentProvider(components, PACKAGE, version=__version__)
