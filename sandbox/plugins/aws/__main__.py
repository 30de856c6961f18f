"""`python -m sandbox.plugins.aws`: the plug-in's process, started by the Pulumi engine."""

import os

from .. import sdk_version
from ..engine import serve
from . import DIFF, TOP_LEVEL
from .provider import AwsPlugin

if __name__ == "__main__":
    serve(AwsPlugin(), sdk_version("aws"), detailed=os.environ.get(DIFF) != TOP_LEVEL)
