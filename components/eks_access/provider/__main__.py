"""`pulumi-resource-eks-access`: the engine starts it with its own address as the first argument."""

import os
import sys

from .. import __version__, logs
from .catalogue import build_components_schema, create_component_servicer, create_handlers
from .plugin import Plugin
from .server import EngineLog, run


def main() -> None:
    """Serve the plugin for the engine whose address is the last argument."""
    addresses = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    if not addresses:
        sys.exit(
            "pulumi-resource-eks-access is a Pulumi plugin: the engine starts it. See `eks-access plugin install`."
        )
    try:
        logs.configure_from_environment(os.environ)
    except OSError as error:
        # A missing log does not stop a deployment.
        print(f"warning: the log file of {logs.VARIABLE} cannot be written: {error}", file=sys.stderr)
    # A language host that runs a folder as a plugin puts the folder before the address.
    engine_address = addresses[-1]
    engine_log = EngineLog(engine_address)
    plugin = Plugin(create_handlers(engine_log.warn), version=__version__, components_schema=build_components_schema)
    run(__version__, plugin, engine_address, create_component_servicer)


if __name__ == "__main__":
    main()
