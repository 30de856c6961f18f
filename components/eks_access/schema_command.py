"""`eks-access schema`."""

import json

import click


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.argument("file", type=click.Choice(["custom", "environment"]))
@click.option(
    "--project",
    metavar="NAME",
    default="eks-access",
    show_default=True,
    help="With environment: the project's name, which stands before the sections' names.",
)
def schema(*, file: str, project: str) -> None:
    """Print the JSON schema of a file, for editors.

    \b
    custom       a custom integration's definition
    environment  Pulumi.<environment>.yaml

    An editor finds it by a comment in the file's first line:

    \b
      # yaml-language-server: $schema=docs/schema/environment.json
    """
    from . import schemas

    found = schemas.custom() if file == "custom" else schemas.environment(project)
    click.echo(json.dumps(found, indent=2))
