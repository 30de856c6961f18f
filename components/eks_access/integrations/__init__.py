"""The vendors, one file each. A file that defines a component class here is a vendor: nothing else lists it."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

import pulumi

from ..description import Describe
from ..provision.integration import IntegrationComponent


@dataclass(frozen=True)
class Vendor:
    """A vendor as its file defines it: the file's name, with hyphens, is its key in an environment's configuration."""

    key: str
    component: Callable[[str, Mapping[str, Any], pulumi.ResourceOptions], IntegrationComponent]
    """The component's class."""
    arguments: type
    describe: Describe
    own_clusters: bool = False
    """Whether its clusters are declared with it, because they are none of the environment's EKS clusters."""


@cache
def vendors() -> dict[str, Vendor]:
    """Every vendor by its key."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    keys = {name.replace("_", "-"): name for name in names}
    return {key: _vendor(key, importlib.import_module(f"{__name__}.{name}")) for key, name in keys.items()}


def _vendor(key: str, module: ModuleType) -> Vendor:
    (component,) = (
        member
        for member in vars(module).values()
        if isinstance(member, type)
        and issubclass(member, IntegrationComponent)
        and member.__module__ == module.__name__
    )
    return Vendor(key, component, component.__init__.__annotations__["args"], module.describe, component.own_clusters)
