"""What the plugin serves: the resources of this package's own, and its components."""

from collections.abc import Sequence
from typing import Any

from .. import __version__
from .aws_auth_mapping import AwsAuthMappings
from .connector_registration import ConnectorRegistrations
from .handler import Handler, Warn
from .plugin import PACKAGE
from .schema import TYPES


def handlers(warn: Warn) -> Sequence[Handler]:
    """Every resource of this package's own; a new one is a line here."""
    return (AwsAuthMappings(warn), ConnectorRegistrations(warn))


def component_servicer(engine_address: str) -> Any:
    """The SDK's servicer for the components. Loading them takes seconds (the AWS SDK): not before one is asked for."""
    from pulumi.provider.server import ProviderServicer

    return ProviderServicer(_components(), [], engine_address)


def package_schema() -> dict[str, Any]:
    """The whole package's schema but for the resources of `handlers`."""
    import json

    schema: dict[str, Any] = json.loads(_components().schema)
    return {**schema, "types": {**schema.get("types", {}), **TYPES}}


def _components() -> Any:
    from pulumi.provider.experimental.component import ComponentProvider

    from ..integrations import vendors
    from ..schedule.component import ProbeSchedule

    components: list[Any] = [*(vendor.component for vendor in vendors().values()), ProbeSchedule]
    return ComponentProvider(components, PACKAGE, version=__version__)
