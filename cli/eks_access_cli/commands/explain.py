"""`eks-access explain`."""

from pathlib import Path
from typing import Any

import click

from ..options import find_integration, manifest_options, read_manifest
from . import Command


@click.command("explain", cls=Command)
@click.argument("integration", required=False)
@manifest_options
@click.option("--vendor", metavar="NAME", help="Explain a vendor without a deployment, with placeholders for values.")
@click.option("--definition", metavar="FILE", help="Explain a custom integration's definition, likewise.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="With --vendor: an argument; repeatable.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def command(
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
    """Explain what an integration gets and why: who may assume its role, every right with its reason, what is denied.

    The last part is what profile `vendor`, the vendor's own page, allows beyond `least`, and what that makes possible.

    \b
    Examples:
      eks-access explain cado --stack prod
      eks-access explain --vendor conductorone
      eks-access explain --vendor conductorone --set profile=vendor
      eks-access explain --definition integrations/acme.yaml

    \b
    Exit codes:
      0  it was printed
      2  bad usage; the manifest cannot be read or has no such integration; or the arguments are invalid
    """
    if vendor is not None or definition is not None:
        if (vendor is not None and definition is not None) or integration or stack or manifest:
            raise click.UsageError("give one of INTEGRATION (with --stack or --manifest), --vendor and --definition")
    elif settings:
        raise click.UsageError("--set goes with --vendor or --definition")
    elif integration is None:
        raise click.UsageError("name the INTEGRATION, or give --vendor NAME or --definition FILE")
    arguments = _parse_settings(settings)

    from ..flows.explain import build_sample, print_explanation

    if integration is None:
        name, access = build_sample(vendor, definition, arguments)
    else:
        name, access = integration, find_integration(read_manifest(stack, manifest, cwd), integration)
    print_explanation(name, access, as_json=as_json)


def _parse_settings(settings: tuple[str, ...]) -> dict[str, Any]:
    import yaml

    arguments = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise click.UsageError(f"--set {setting}: write NAME=VALUE")
        try:
            arguments[name] = yaml.safe_load(value)
        except yaml.YAMLError as cause:
            raise click.UsageError(f"--set {name}: the value is not YAML") from cause
    return arguments
