"""`python -m sandbox.plugins.kubernetes`: the plug-in's process, started by the Pulumi engine."""

import sys

from .. import sdk_version
from ..engine import serve
from .provider import KubernetesPlugin

if __name__ == "__main__":
    serve(KubernetesPlugin(), sdk_version("kubernetes"), sys.argv[1:])
