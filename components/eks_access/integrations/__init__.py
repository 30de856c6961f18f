"""The vendors, one module or package each: nothing else lists them."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

import pulumi

from ..model.integration import Describe
from ..model.leftovers import LeftoverPattern
from ..provision.integration import IntegrationComponent


@dataclass(frozen=True)
class Vendor:
    """A vendor as its file defines it: the file's name, with hyphens, is its key in an environment's configuration."""

    key: str
    component: Callable[[str, Mapping[str, Any], pulumi.ResourceOptions], IntegrationComponent]
    """The component's class."""
    arguments: type
    describe: Describe
    leftovers: tuple[LeftoverPattern, ...]
    """What the vendor itself makes in clusters (`LEFTOVERS` of its file): known also when it is off-boarded."""
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
        and f"{member.__module__}.".startswith(f"{module.__name__}.")
    )
    arguments = component.__init__.__annotations__["args"]
    leftovers: tuple[LeftoverPattern, ...] = getattr(module, "LEFTOVERS", ())
    return Vendor(key, component, arguments, module.describe, leftovers, component.own_clusters)
