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
from .builder import build_integration
from .definition_file import load_definition


class CustomIntegrationArgs(IntegrationArgs):
    """Arguments of a custom integration."""

    definition: str
    """The path of the definition's file, relative to the folder of the project (`Pulumi.yaml`)."""
    arguments: NotRequired[Mapping[str, Any]]
    """The values of the arguments that the definition declares."""


class CustomIntegration(IntegrationComponent):
    """Access to EKS for a vendor that is described in a YAML file."""

    def __init__(self, name: str, args: CustomIntegrationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, args, CustomIntegrationArgs, describe, opts)


def describe(args: Mapping[str, Any], place: Place) -> Integration:
    return build_integration(load_definition(_project_folder() / args["definition"]), args, place)


def _project_folder() -> Path:
    """The project's folder; without a deployment, and under older language hosts, the current folder."""
    folder = Path(pulumi.get_root_directory() or "")
    return folder if folder.is_dir() else Path()
