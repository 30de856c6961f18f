"""`eks-access explain`."""

import json
from pathlib import Path
from typing import Any

import click
import yaml
from rich.console import Console
from rich.text import Text

from eks_access.errors import InvalidInputError
from eks_access.explain.difference import Difference, Gain
from eks_access.explain.explanation import Explanation, Right, explained, to_json
from eks_access.manifest.models import IntegrationAccess
from eks_access.model.risk import Risk
from eks_access.text_layout import print_paragraph

from ..console import console
from ..options import BadInputError, manifest_options, one_integration, read_manifest


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.argument("integration", required=False)
@manifest_options
@click.option("--vendor", metavar="NAME", help="Explain a vendor without a deployment, with placeholders for values.")
@click.option("--definition", metavar="FILE", help="Explain a custom integration's definition, likewise.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="With --vendor: an argument; repeatable.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def explain(
    *,
    integration: str | None,
    stack: str | None,
    manifest: str | None,
    cwd: Path,
    vendor: str | None,
    definition: str | None,
    settings: tuple[str, ...],
    as_json: bool,
) -> None:
    """Say what an integration gets and why: who may act, every right with its reason, and what is refused.

    It ends with what profile `vendor`, the vendor's own page, allows beyond `least`, and what that makes possible.

    \b
    Examples:
      eks-access explain cado --stack prod
      eks-access explain --vendor conductorone
      eks-access explain --vendor conductorone --set profile=vendor
      eks-access explain --definition integrations/acme.yaml

    Exit code 2 where the manifest cannot be read, or has no such integration, or the arguments are refused.
    """
    undeployed = [option for option in (vendor, definition) if option is not None]
    if undeployed:
        if len(undeployed) > 1 or integration or stack or manifest:
            raise click.UsageError("give one of INTEGRATION (with --stack or --manifest), --vendor and --definition")
        found = explained(*_sample(vendor, definition, _arguments(settings)))
    elif settings:
        raise click.UsageError("--set goes with --vendor or --definition")
    elif integration is None:
        raise click.UsageError("name the INTEGRATION, or give --vendor NAME or --definition FILE")
    else:
        found = explained(integration, one_integration(read_manifest(stack, manifest, cwd), integration))
    if as_json:
        click.echo(json.dumps(to_json(found), indent=2, ensure_ascii=False))
    else:
        _print(found, console())


def _sample(vendor: str | None, definition: str | None, given: dict[str, Any]) -> tuple[str, IntegrationAccess]:
    # Loads Pulumi, which only this needs.
    from eks_access.explain.sample import sample_access
    from eks_access.integrations import vendors

    known = vendors()
    key = "custom" if definition is not None else vendor or ""
    if key not in known:
        raise BadInputError(f"{key!r} is not a known vendor; known: {', '.join(known)}")
    try:
        if definition is not None:
            from eks_access.integrations.custom.sample import sample_arguments

            given = {"definition": definition, "arguments": sample_arguments(definition, given)}
        chosen = known[key]
        given = _validate_given(chosen.arguments, given)
        name = (Path(definition).stem if definition else key).replace("_", "-")
        access = sample_access(name, chosen.describe, chosen.arguments, given, connected=chosen.own_clusters)
        return name, access
    except InvalidInputError as refused:
        raise BadInputError(f"{refused} (arguments are given with --set NAME=VALUE)") from refused


def _validate_given(kind: type, given: dict[str, Any]) -> dict[str, Any]:
    """What was given, as `kind` takes it; stand-ins for the rest let it be checked."""
    from eks_access.explain.sample import sample_required
    from eks_access.provision.arguments import validate_arguments

    whole = validate_arguments({"clusters": {}, **sample_required(kind, given), **given}, kind)
    return {name: whole[name] for name in given}


def _arguments(settings: tuple[str, ...]) -> dict[str, Any]:
    given = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise click.UsageError(f"--set {setting}: write NAME=VALUE")
        try:
            given[name] = yaml.safe_load(value)
        except yaml.YAMLError as cause:
            raise click.UsageError(f"--set {name}: the value is not YAML") from cause
    return given


def _print(found: Explanation, out: Console) -> None:
    out.print(Text.assemble((found.title, "bold"), f"  {found.name}, profile {found.profile}"), soft_wrap=True)
    for source in found.sources:
        out.print(Text(f"  source: {source}", "dim"), soft_wrap=True)
    _lines(out, "Who may act", found.trust)
    _lines(out, "What the role's owner must put there", found.owner)
    _rights(out, "What it may do in AWS", found.aws, "nothing")
    _lines(out, "Who it is in each cluster", found.identity)
    _rights(out, "What it may do there", found.kubernetes, "nothing, until somebody grants it something")
    _lines(out, "What must be refused, and the probe tries", found.refused)
    _lines(out, "What no permission can prevent", found.residual_risks)
    _heading(out, "What profile `vendor` allows beyond `least`")
    if found.difference is None:
        out.print("  (only one of the two profiles can be had here)", style="dim")
    else:
        _difference(out, found.difference)
    other = "least" if found.profile == "vendor" else "vendor"
    _lines(out, f"Who may act in profile `{other}`", found.other_trust)


def _difference(out: Console, found: Difference) -> None:
    if not found.gained:
        out.print("  nothing")
    for gain in found.gained:
        print_paragraph(out, _gain(gain, _risk(gain.risk)), mark="+")
    if found.lost:
        out.print(Text("  and lacks:", "dim"))
    for gain in found.lost:
        print_paragraph(out, _gain(gain, Text(gain.risk.sentence, "dim")), mark="-")


def _gain(gain: Gain, risk: Text) -> Text:
    return Text.assemble(f"{', '.join(gain.what)} ", (f"{gain.where}: ", "dim"), risk)


def _rights(out: Console, title: str, rights: tuple[Right, ...], none: str) -> None:
    _heading(out, title)
    if not rights:
        out.print(f"  {none}")
    for right in rights:
        print_paragraph(out, Text.assemble(right.what, (f"  {right.where}", "dim")), mark="·")
        if right.why:
            print_paragraph(out, Text(f"why: {right.why}", "dim"), indent=4)
        for risk in right.risks:
            if risk.is_severe:
                print_paragraph(out, _risk(risk), indent=4)


def _risk(risk: Risk) -> Text:
    return Text(f"! {risk.sentence}", "red") if risk.is_severe else Text(risk.sentence)


def _lines(out: Console, title: str, lines: tuple[str, ...]) -> None:
    if lines:
        _heading(out, title)
    for line in lines:
        print_paragraph(out, Text(line), mark="·")


def _heading(out: Console, title: str) -> None:
    out.print()
    out.print(Text(title, "bold"))
