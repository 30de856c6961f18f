"""The vendors: each is one module or package here, found by its name."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

import pulumi

from ..model.found import Derive
from ..model.integration import Describe
from ..model.leftovers import LeftoverPattern
from ..model.marks import Marks
from ..provision.integration import IntegrationComponent


@dataclass(frozen=True)
class Vendor:
    """A vendor as its module defines it. Its key in a configuration is the module's name, with hyphens."""

    key: str
    component: Callable[[str, Mapping[str, Any], pulumi.ResourceOptions], IntegrationComponent]
    """The component's class."""
    arguments: type
    describe: Describe
    leftovers: tuple[LeftoverPattern, ...]
    """Resources that the vendor itself creates in clusters (`LEFTOVERS`), known also after it is off-boarded."""
    marks: Marks | None = None
    """By what it is recognised where it was given access by hand (`MARKS`)."""
    own_clusters: bool = False
    """Whether its clusters are declared with it, because they are not among the environment's EKS clusters."""
    derive_arguments: Derive | None = None
    """Its arguments from access that was given by hand as its page has it; None where nothing shows them."""


@cache
def vendors() -> dict[str, Vendor]:
    """Every vendor by its key."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    keys = {name.replace("_", "-"): name for name in names}
    return {key: _load_vendor(key, importlib.import_module(f"{__name__}.{name}")) for key, name in keys.items()}


def list_marks() -> dict[str, Marks]:
    """By what the vendors are recognised, by their keys; of those that have marks."""
    return {key: vendor.marks for key, vendor in vendors().items() if vendor.marks is not None}


def _load_vendor(key: str, module: ModuleType) -> Vendor:
    (component,) = (
        member
        for member in vars(module).values()
        if isinstance(member, type)
        and issubclass(member, IntegrationComponent)
        and f"{member.__module__}.".startswith(f"{module.__name__}.")
    )
    arguments = component.__init__.__annotations__["args"]
    leftovers: tuple[LeftoverPattern, ...] = getattr(module, "LEFTOVERS", ())
    marks: Marks | None = getattr(module, "MARKS", None)
    derive: Derive | None = getattr(module, "derive_arguments", None)
    return Vendor(key, component, arguments, module.describe, leftovers, marks, component.own_clusters, derive)
