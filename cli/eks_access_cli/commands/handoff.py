"""`eks-access handoff`."""

from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from eks_access.handoff.sheet import Sheet, build_sheets, format_json, format_markdown
from eks_access.text_layout import print_paragraph

from ..console import console
from ..options import manifest_options, one_integration, read_manifest


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.argument("integration", required=False)
@manifest_options
@click.option("--format", "form", type=click.Choice(["text", "markdown", "json"]), default="text", show_default=True)
@click.option("--show-secrets", is_flag=True, help="Show the values that are secret; they are hidden by default.")
def handoff(
    *, integration: str | None, stack: str | None, manifest: str | None, cwd: Path, form: str, show_secrets: bool
) -> None:
    """Print what to enter in each vendor's own form, and the manual steps that are left.

    The values stand under the form's own labels, in its order. Without INTEGRATION all of them are printed.

    \b
    Examples:
      eks-access handoff --stack prod
      eks-access handoff cado --stack prod --format markdown
      eks-access handoff conductorone --stack prod --show-secrets

    What is a secret of the stack is hidden. In a file that was written with `--show-secrets` only those values that
    are secret by their nature (keys and codes) can be told apart, and are hidden.

    Exit code 2 where the manifest cannot be read or has no such integration.
    """
    read = read_manifest(stack, manifest, cwd, secrets=show_secrets)
    chosen = read.integrations if integration is None else {integration: one_integration(read, integration)}
    found = build_sheets(chosen, show_secrets=show_secrets)
    if form == "json":
        click.echo(format_json(found))
    elif form == "markdown":
        click.echo(format_markdown(found), nl=False)
    else:
        _print(found, console())


def _print(found: list[Sheet], out: Console) -> None:
    if not found:
        out.print("No integration is deployed: there is nothing to hand over.")
    for sheet in found:
        out.print(Text.assemble((sheet.title, "bold"), f"  {sheet.name}"), soft_wrap=True)
        labels = max((len(value.label) for value in sheet.values), default=0)
        told: set[str] = set()
        for value in sheet.values:
            if value.label in told:
                # The next cluster's values.
                told.clear()
                out.print()
            told.add(value.label)
            # Not a table: a value must stay on one line to be copied, however narrow the terminal is.
            style = "dim" if value.text is None else "cyan"
            first, *more = value.shown.splitlines() or [""]
            out.print(Text.assemble((f"  {value.label:<{labels}}  ", "dim"), (first, style)), soft_wrap=True)
            for line in more:
                out.print(Text(f"  {'':<{labels}}  {line}", style), soft_wrap=True)
        if sheet.values and sheet.steps:
            out.print()
        for number, step in enumerate(sheet.steps, 1):
            said, *copied = step.splitlines()
            print_paragraph(out, Text(said), mark=f"{number}.")
            for line in copied:
                out.print(Text(f"     {line}"), soft_wrap=True)
        out.print()
