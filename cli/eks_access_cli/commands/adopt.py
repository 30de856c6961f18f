"""`eks-access adopt`."""

import sys
from pathlib import Path
from typing import Any

import click

from ..options import cwd_option
from . import Command


@click.command("adopt", cls=Command)
@click.argument("integration", required=False)
@click.option("--role", metavar="ARN", help="The role that was made by hand.")
@click.option("--vendor", metavar="KEY", help="Whose it is.  [default: as it is recognised, or INTEGRATION]")
@click.option("--stack", required=True, metavar="NAME", help="The environment that it is adopted into.")
@cwd_option
@click.option(
    "--cluster", "clusters", multiple=True, metavar="KEY", help="Only in this cluster, by key or name; repeatable."
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=YAML",
    help="An argument of the vendor that nothing shows, or another value for it; repeatable.",
)
@click.option(
    "--terraform-state",
    "terraform_states",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="A state of Terraform's: what it has is left to Terraform; repeatable.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Where to write the plan and the files.  [default: adopt-INTEGRATION]",
)
@click.option("--write", is_flag=True, help="Insert the integration into Pulumi.NAME.yaml.")
@click.option("--profile", metavar="NAME", help="The AWS profile to read with.  [default: the environment's]")
def command(**options: Any) -> None:
    """Take over what was made by hand from a vendor's page: role, entries or mappings, roles and bindings.

    Nothing in AWS or in a cluster is changed. The role is read with everything that gives it access, the vendor's
    arguments are derived from that, and the engine computes, on a copy of the stack's state, what `pulumi up` would do
    once everything is imported. Written are the configuration, the file for `pulumi import`, and the plan in words.
    What Terraform, CloudFormation or Helm manages, and what others use too, is left as it is, and listed.

    Without INTEGRATION and --role, lists the vendors' roles that can be adopted.

    \b
    Examples:
      eks-access adopt --stack prod
      eks-access adopt opentrace --stack prod --role arn:aws:iam::111122223333:role/OpenTrace \\
          --set subject=110169484474386276334
      eks-access adopt cado --stack prod --role arn:aws:iam::111122223333:role/Cado --set profile=vendor --write

    \b
    Exit codes:
      0  everything is taken over by the plan, without an interruption
      1  something cannot be, or an argument is missing
      2  bad usage or input; nothing was written
      3  something could not be read, or the differences could not be computed
    """
    if (options["integration"] is None) != (options["role"] is None):
        raise click.UsageError("give INTEGRATION and --role together, or neither to list what can be adopted")

    from ..flows.adopt import AdoptOptions, run_adopt

    sys.exit(run_adopt(AdoptOptions(**options)))
