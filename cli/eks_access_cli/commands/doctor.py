"""`eks-access doctor`."""

import sys
from pathlib import Path

import click

from ..options import cwd_option
from . import Command


@click.command("doctor", cls=Command)
@click.option(
    "--stack", metavar="NAME", help="Examine for this environment: its file is read, it need not be deployed."
)
@cwd_option
@click.option("--cluster", "clusters", multiple=True, metavar="NAME", help="Only this cluster; repeatable.")
@click.option("--profile", metavar="NAME", help="The AWS profile of the deployer.  [default: the environment's]")
@click.option(
    "--region", metavar="REGION", help="Without --stack: the region.  [default: $AWS_REGION or the profile's]"
)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def command(
    *, stack: str | None, cwd: Path, clusters: tuple[str, ...], profile: str | None, region: str | None, as_json: bool
) -> None:
    """Find out what keeps a deployment or the probe from working, and what to do about it.

    Examined are: the Pulumi engine, its backend and its plugins; the SDKs that the program imports; AWS credentials and
    their account; the clock; proxies; each cluster, its authentication mode, and which user you are there. With --stack
    also the environment's configuration, and whether you have every right that its integrations need of the deployer,
    in AWS (by simulation) and in each cluster (by access reviews).

    Nothing is created or changed, and no secret is decrypted.

    \b
    Examples:
      eks-access doctor                       before there is an environment
      eks-access doctor --stack prod          before `pulumi up`, or when it fails
      eks-access doctor --stack prod -C infra --json

    \b
    Exit codes:
      0  nothing is in the way
      1  something is; each line has what to do
      2  bad usage
      3  nothing is known to be in the way, but something could not be determined
    """
    if stack is not None and region is not None:
        raise click.UsageError("--region goes without --stack, which has a region")

    from ..flows.doctor import run_doctor

    sys.exit(run_doctor(stack, cwd, clusters, profile, region, as_json=as_json))
