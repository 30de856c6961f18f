"""The provider plugins that the sandbox gives to Pulumi: the official one for Kubernetes, a stand-in for AWS.

The official plugin for AWS has no Go module that it could be built from: where it is not installed, a stand-in serves
the types that the project uses, and behaves as the official one does, as far as a program can tell. It is test
equipment, never part of the package.
"""

import functools
import importlib.util
import json
from pathlib import Path


@functools.cache
def package_folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"the Python SDK {package} is not installed")
    return Path(next(iter(spec.submodule_search_locations)))


def sdk_version(package: str) -> str:
    """The version of the official plugin that the installed Python SDK requires of the engine."""
    description = json.loads((package_folder(f"pulumi_{package}") / "pulumi-plugin.json").read_text())
    return str(description["version"])
