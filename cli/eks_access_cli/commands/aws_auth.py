"""`eks-access aws-auth`: plan a merge into, or check, the manifest of a ConfigMap; no cluster is needed."""

import sys
from typing import TextIO

import click

from .. import exit_codes
from ..options import read_text
from ..output import print_document, print_message
from . import CommandGroup

_configmap_option = click.option(
    "--configmap",
    required=True,
    type=click.File(encoding="utf-8"),
    metavar="FILE",
    help="The ConfigMap's manifest; - for standard input.",
)


@click.group("aws-auth", cls=CommandGroup)
def command() -> None:
    """Plan changes of an aws-auth ConfigMap, and check one for hazards."""


@command.command("plan")
@_configmap_option
@click.option(
    "--mapping",
    required=True,
    type=click.File(encoding="utf-8"),
    metavar="FILE",
    help="A YAML list of rolearn, username and groups; - for standard input.",
)
@click.option("--remove", is_flag=True, help="Remove the mappings instead of adding them.")
@click.option("--adopt", is_flag=True, help="Replace an existing mapping of the same role that has other values.")
def plan_command(configmap: TextIO, mapping: TextIO, remove: bool, adopt: bool) -> None:
    """Print the ConfigMap's manifest with the mappings merged in.

    Everything else, comments and order included, stays as it is. Warnings go to standard error.

    \b
    Examples:
      kubectl get configmap aws-auth -n kube-system -o yaml > aws-auth.yaml
      eks-access aws-auth plan --configmap aws-auth.yaml --mapping vendor.yaml
      eks-access aws-auth plan --configmap aws-auth.yaml --mapping vendor.yaml --remove

    \b
    Exit codes:
      0  the merged manifest was printed
      2  bad usage or input, or the mappings cannot be merged safely; nothing was printed
    """
    from eks_access.aws_auth.configmap_file import merge_mappings, parse_configmap, parse_mappings
    from eks_access.aws_auth.errors import AwsAuthConflictError

    file = parse_configmap(read_text("--configmap", configmap), "--configmap")
    try:
        data, warnings = merge_mappings(
            file, parse_mappings(read_text("--mapping", mapping), "--mapping"), remove=remove, adopt=adopt
        )
    except AwsAuthConflictError as conflict:
        print_message(f"refused ({conflict.code}): {conflict}", err=True)
        sys.exit(exit_codes.BAD_INPUT)
    for warning in warnings:
        print_message(f"warning: {warning}", err=True)
    print_document(file.print_with(data), nl=False)


@command.command("lint")
@_configmap_option
def lint_command(configmap: TextIO) -> None:
    """List entries that the authenticator reads differently from how they look.

    \b
    Example:
      kubectl get configmap aws-auth -n kube-system -o yaml | eks-access aws-auth lint --configmap -

    \b
    Exit codes:
      0  there are none
      1  there are some
      2  bad usage or input
    """
    from eks_access.aws_auth.configmap_file import parse_configmap
    from eks_access.aws_auth.hazards import find_hazards

    found = find_hazards(parse_configmap(read_text("--configmap", configmap), "--configmap").data)
    for hazard in found:
        print_message(f"{hazard.code}: {hazard}")
    sys.exit(exit_codes.FAILED if found else exit_codes.OK)
