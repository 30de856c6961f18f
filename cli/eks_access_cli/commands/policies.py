"""`eks-access policies`."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import click

from eks_access_policies.evaluate.evaluator import RULES
from eks_access_policies.finding import Severity
from eks_access_policies.located import Located
from eks_access_policies.report import convert_findings, print_table
from eks_access_policies.rules.configuration import Configuration, ConfigurationError, configuration
from eks_access_policies.stack import StateError, join_stacks
from eks_access_policies.stack.source import of_file, of_stack

from ..console import console
from ..options import BadInputError

_SEVERITIES = [severity.name.lower() for severity in Severity]


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("--stack", "stacks", multiple=True, metavar="NAME", help="Judge a deployed stack; repeatable.")
@click.option(
    "--cwd",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="The Pulumi project's folder.  [default: here]",
)
@click.option("--config", metavar="FILE", help="The pack's configuration, as `--policy-pack-config` takes it.")
@click.option("--rule", "only", multiple=True, metavar="ID", help="Judge by this rule only; repeatable.")
@click.option(
    "--severity", type=click.Choice(_SEVERITIES), default="low", show_default=True, help="Tell nothing less grave."
)
@click.option("--json", "as_json_text", is_flag=True, help="Print it as JSON.")
@click.option("--rules", "list_rules", is_flag=True, help="List the rules, and judge nothing.")
@click.option("--pack", "tell_pack", is_flag=True, help="Print the pack's folder, for `pulumi --policy-pack`.")
def policies(
    *,
    files: tuple[str, ...],
    stacks: tuple[str, ...],
    cwd: Path,
    config: str | None,
    only: tuple[str, ...],
    severity: str,
    as_json_text: bool,
    list_rules: bool,
    tell_pack: bool,
) -> None:
    """Judge what is deployed by the rules of the policy pack, without running a program.

    A FILE is what `pulumi stack export` or `pulumi preview --json` prints, or an access manifest; `-` is the standard
    input. Several files and stacks are judged together: a role may be in one, and its rights in a cluster in another.

    \b
    Examples:
      eks-access policies --stack prod
      pulumi stack export | eks-access policies -
      pulumi preview --json --show-sames | eks-access policies - --severity high
      eks-access policies --stack prod --config policies.json --json > findings.json
      pulumi preview --policy-pack "$(eks-access policies --pack)"

    Exit code 0 where no mandatory rule is broken, 1 where one is, 2 where the input cannot be read.
    """
    if tell_pack:
        click.echo(pack_folder())
    elif list_rules:
        _print_rules(as_json_text)
    else:
        if not files and not stacks:
            raise click.UsageError("name a --stack, or give a FILE (`-` for the standard input)")
        unknown = [rule for rule in only if rule not in {each.id for each in RULES}]
        if unknown:
            raise click.UsageError(f"--rule {unknown[0]}: there is no such rule; --rules lists them")
        _judge(files, stacks, cwd, config, set(only), Severity[severity.upper()], as_json_text)


def _judge(
    files: tuple[str, ...],
    stacks: tuple[str, ...],
    cwd: Path,
    config: str | None,
    only: set[str],
    least: Severity,
    as_json_text: bool,
) -> None:
    chosen = _configuration(config)
    try:
        stack = join_stacks([*(of_file(path) for path in files), *(of_stack(name, cwd) for name in stacks)])
    except StateError as error:
        raise BadInputError(str(error)) from error

    def is_told(located: Located) -> bool:
        rule = located.rule
        return (not only or rule.id in only) and rule.severity >= least and chosen.level(rule) != "disabled"

    found = [located for located in chosen.judge().stack(stack) if is_told(located)]
    if as_json_text:
        click.echo(json.dumps(convert_findings(stack, found, chosen), indent=2, ensure_ascii=False))
    else:
        print_table(stack, found, chosen, console())
    if any(chosen.level(located.rule) == "mandatory" for located in found):
        raise SystemExit(1)


def _configuration(path: str | None) -> Configuration:
    if path is None:
        return Configuration()
    try:
        return configuration(json.loads(Path(path).read_text()))
    except OSError as error:
        raise BadInputError(f"--config {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        problem = str(error) if isinstance(error, ConfigurationError) else "is not JSON"
        raise BadInputError(f"--config {path}: {problem}") from error


def _print_rules(as_json_text: bool) -> None:
    if as_json_text:
        click.echo(json.dumps([_told(rule) for rule in RULES], indent=2, ensure_ascii=False))
        return
    width = max(len(rule.id) for rule in RULES)
    for rule in RULES:
        click.echo(f"{rule.severity.name.lower():8}  {rule.id:{width}}  {rule.title}")


def _told(rule: Any) -> dict[str, Any]:
    return {**vars(rule), "severity": rule.severity.name.lower(), "frameworks": list(rule.frameworks)}


def pack_folder() -> str:
    """Where the pack is that the engine can run."""
    return str(files("eks_access_policies").joinpath("crossguard"))
