"""`eks-access schema`."""

import json
from typing import Any

import click

from ..output import print_document
from . import Command


@click.command("schema", cls=Command)
@click.argument("file", type=click.Choice(["custom", "environment", "inventory", "offboard", "report"]))
@click.option(
    "--project",
    metavar="NAME",
    default="eks-access",
    show_default=True,
    help="With environment: the project's name, which prefixes the names of the sections.",
)
def command(*, file: str, project: str) -> None:
    """Print the JSON schema of a file, for editors and other programs.

    \b
    custom       a custom integration's definition
    environment  Pulumi.<environment>.yaml
    inventory    what `eks-access inventory --json` writes
    offboard     what `eks-access offboard` writes
    report       what `eks-access probe --json` writes

    \b
    Examples:
      eks-access schema environment > environment.schema.json
      eks-access schema custom > custom.schema.json

    An editor finds the schema by a comment in the file's first line:

    \b
      # yaml-language-server: $schema=docs/schema/environment.json
    """
    print_document(json.dumps(_load_schema(file, project), indent=2))


def _load_schema(file: str, project: str) -> dict[str, Any]:
    if file == "inventory":
        from eks_access_inventory.inventory import json_schema as inventory_schema

        return inventory_schema()
    if file == "offboard":
        from eks_access_probe.offboard.report_file import json_schema as offboard_schema

        return offboard_schema()
    if file == "report":
        from eks_access_probe.report.json import json_schema

        return json_schema()
    from eks_access.stack import schemas

    return schemas.custom_schema() if file == "custom" else schemas.environment_schema(project)
