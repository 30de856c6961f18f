"""`eks-access offboard`."""

import sys
from pathlib import Path
from typing import Any

import click

from ..options import IDENTITIES_VARIABLE, cwd_option
from . import Command


@click.command("offboard", cls=Command)
@click.argument("integration")
@click.option("--stack", required=True, metavar="NAME", help="The stack that has the integration.")
@cwd_option
@click.option(
    "--identities",
    "identities_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help=f"Where to get credentials to act as the integration.  [default: ${IDENTITIES_VARIABLE}]",
)
@click.option("--profile", metavar="NAME", help="The AWS profile to read with.  [default: the environment's]")
@click.option(
    "--confirm", metavar="NAME", help="The integration's name again: remove it.  [default: asked for, in a terminal]"
)
@click.option(
    "--remove-vendor-objects",
    is_flag=True,
    help="Also delete what the vendor made itself, as the plan lists it, and no more.",
)
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Keep the report of the removal here, and continue it from here.  [default: offboard-INTEGRATION.json]",
)
@click.option("--json", "json_file", metavar="FILE", help="Write the plan or report as JSON; - for standard output.")
@click.option("--markdown", "markdown_file", metavar="FILE", help="Write it as Markdown; - for standard output.")
@click.option(
    "--deadline",
    type=click.FloatRange(0, 3600),
    default=90.0,
    show_default=True,
    metavar="SECONDS",
    help="Ask again until then what is still open after the removal.",
)
def command(**options: Any) -> None:
    """Remove an integration everywhere, and prove that it cannot come in any more.

    Without --confirm it only plans, and changes nothing: it lists the integration's resources in the stack, what it has
    in each cluster, what the vendor made itself there, which sessions may still be alive and how they are revoked, what
    to do on the vendor's own side, and the integrations that stay.

    \b
    With --confirm INTEGRATION:
      1  takes a session of its role, as the vendor would, to see it refused afterwards
      2  takes it out of Pulumi.<environment>.yaml; all other lines and comments stay
      3  destroys exactly its resources; if anything else depends on one, it stops before
      4  writes the stack's access manifest again, if nothing else is pending in the stack
      5  deletes what the vendor made, with --remove-vendor-objects
      6  proves it: assuming the role is refused, and so are the session and each cluster's sign-in; no entry, mapping,
         binding or object is left

    A run that was interrupted is continued by the same command. What it needs for that and is secret (the session, an
    ExternalId) is in .offboard-INTEGRATION.json.secret beside the report, of mode 0600, and is deleted in the end.

    \b
    Examples:
      eks-access offboard cado --stack prod --markdown plan.md
      eks-access offboard cado --stack prod --confirm cado --identities identities.yaml

    \b
    Exit codes:
      0  planned, or removed and proven
      1  something is left or a way in is open, or a step failed: run it again
      2  bad usage or input, or it was not confirmed; nothing was changed
      3  removed, but something could not be asked or read
    """
    from ..flows.offboard import OffboardOptions, run_offboard

    sys.exit(run_offboard(OffboardOptions(name=options.pop("integration"), **options)))
