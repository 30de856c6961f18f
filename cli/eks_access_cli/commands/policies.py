"""`eks-access policies`."""

import sys
from pathlib import Path

import click

from eks_access.model.severity import Severity

from ..options import cwd_option
from ..output import print_message
from . import Command


@click.command("policies", cls=Command)
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("--stack", "stacks", multiple=True, metavar="NAME", help="Evaluate a deployed stack; repeatable.")
@cwd_option
@click.option("--config", metavar="FILE", help="The pack's configuration, as `--policy-pack-config` takes it.")
@click.option("--rule", "rules", multiple=True, metavar="ID", help="Evaluate this rule only; repeatable.")
@click.option(
    "--severity",
    type=click.Choice([severity.name.lower() for severity in Severity]),
    default="low",
    show_default=True,
    help="Minimum severity to report.",
)
@click.option("--json", "as_json", is_flag=True, help="Print findings, or rules, as JSON.")
@click.option("--markdown", metavar="FILE", help="Write violations of mandatory rules for a pull request's comment.")
@click.option("--rules", "list_rules", is_flag=True, help="List the rules, and evaluate nothing.")
@click.option("--pack", "show_pack_path", is_flag=True, help="Print the pack's folder, for `pulumi --policy-pack`.")
def command(
    *,
    files: tuple[str, ...],
    stacks: tuple[str, ...],
    cwd: Path,
    config: str | None,
    rules: tuple[str, ...],
    severity: str,
    as_json: bool,
    markdown: str | None,
    list_rules: bool,
    show_pack_path: bool,
) -> None:
    """Evaluate deployed stacks against the rules of the policy pack, without running a program.

    A FILE is what `pulumi stack export` or `pulumi preview --json` prints, or an access manifest; `-` is standard
    input. Several files and stacks are evaluated together: a role may be in one, and its rights in a cluster in
    another.

    \b
    Examples:
      eks-access policies --stack prod
      pulumi stack export | eks-access policies -
      pulumi preview --json --show-sames | eks-access policies - --severity high
      eks-access policies --stack prod --config policies.json --json > findings.json
      pulumi preview --policy-pack "$(eks-access policies --pack)"

    \b
    Exit codes:
      0  no mandatory rule is violated
      1  a mandatory rule is violated
      2  bad usage or input
    """
    from ..flows import policies as flow

    if show_pack_path:
        print_message(flow.find_pack_folder())
    elif list_rules:
        flow.print_rules(as_json=as_json)
    elif not files and not stacks:
        raise click.UsageError("name a --stack, or give a FILE (`-` for the standard input)")
    else:
        selection = flow.Selection(frozenset(rules), Severity[severity.upper()])
        output = flow.Output(as_json=as_json, markdown=markdown)
        sys.exit(flow.evaluate_stacks(files, stacks, cwd, config, selection, output))
