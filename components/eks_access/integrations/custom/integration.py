"""Any other vendor: an integration that is described in a YAML file of the same shape as the built-in ones.

See `docs/custom-integrations.md`; `eks-access schema custom` prints the file's JSON schema.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NotRequired

import pulumi

from ...model.integration import Integration, Place
from ...provision.arguments import IntegrationArgs
from ...provision.integration import IntegrationComponent
from . import describe as custom
from .load import load


class CustomIntegrationArgs(IntegrationArgs):
    """What a custom integration needs to be told."""

    definition: str
    """The path of the definition's file, relative to the folder of the project (`Pulumi.yaml`)."""
    arguments: NotRequired[Mapping[str, Any]]
    """The values of the arguments that the definition declares."""


class CustomIntegration(IntegrationComponent):
    """Access to EKS for a vendor that is described in a YAML file."""

    def __init__(self, name: str, args: CustomIntegrationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, args, CustomIntegrationArgs, describe, opts)


def describe(args: Mapping[str, Any], place: Place) -> Integration:
    return custom.integration(load(_project() / args["definition"]), args, place)


def _project() -> Path:
    """The project's folder. Older language hosts do not name it; then, and without a deployment, the current one."""
    folder = Path(pulumi.get_root_directory() or "")
    return folder if folder.is_dir() else Path()
