"""`python -m sandbox.plugins.aws`: the plug-in's process, started by the Pulumi engine."""

from .. import sdk_version
from ..engine import serve
from .provider import AwsPlugin

if __name__ == "__main__":
    serve(AwsPlugin(), sdk_version("aws"))
