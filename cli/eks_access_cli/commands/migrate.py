"""`eks-access migrate`: the way of a cluster from aws-auth to access entries."""

import sys
from collections.abc import Callable
from typing import Any, TextIO, TypeVar

import click

from ..options import read_text
from . import CommandGroup

Function = TypeVar("Function", bound=Callable[..., Any])
MODES = ("CONFIG_MAP", "API_AND_CONFIG_MAP", "API")
"""`eks_access.model.identity.AuthenticationMode`, without its import for a line of `--help`."""


def _principal_option(function: Function) -> Function:
    return click.option(
        "--principal",
        "principals",
        multiple=True,
        metavar="ARN",
        help="The full ARN, with its path, of a role or user that IAM cannot be asked for (another account);"
        " repeatable.",
    )(function)


def _account_options(function: Function) -> Function:
    for option in (
        click.option("--profile", metavar="NAME", help="The AWS profile to use."),
        click.option(
            "--region", metavar="REGION", help="The cluster's region.  [default: $AWS_REGION or the profile's]"
        ),
    ):
        function = option(function)
    return function


@click.group("migrate", cls=CommandGroup)
def command() -> None:
    """Migrate a cluster from aws-auth to access entries: plan it, make the entries, change the mode."""


@command.command("entries")
@click.option("--cluster", metavar="NAME", help="The EKS cluster's name.")
@_account_options
@click.option(
    "--configmap",
    type=click.File(encoding="utf-8"),
    metavar="FILE",
    help="Plan from the ConfigMap's manifest alone, without any request; - for standard input.",
)
@click.option("--mode", type=click.Choice(MODES), help="With --configmap: the cluster's authentication mode.")
@_principal_option
@click.option("--write", is_flag=True, help="Make the entries and bindings of the plan.")
@click.option(
    "--ask",
    is_flag=True,
    help="With --write: assume each role that you may, and compare what the cluster takes it for before and after.",
)
@click.option("--program", metavar="FILE", help="Write them as a Pulumi YAML program (Pulumi.yaml) instead.")
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON.")
def entries_command(
    *,
    cluster: str | None,
    region: str | None,
    profile: str | None,
    configmap: TextIO | None,
    mode: str | None,
    principals: tuple[str, ...],
    write: bool,
    ask: bool,
    program: str | None,
    as_json: bool,
) -> None:
    """Plan what becomes of every mapping in aws-auth, and make the access entries with --write.

    Without --write nothing is changed. Each mapping becomes an access entry with the same username and groups, or the
    plan has the reason why not. Groups that entries may not have are replaced: system:masters by
    AmazonEKSClusterAdminPolicy, others by groups whose names begin with "migrated:" and copies of the bindings. Nodes
    get entries of their own types. aws-auth itself, and entries that are there already, are never changed.

    A run of --write that was interrupted can be started again. At its end everything is read again and compared.

    \b
    Examples:
      eks-access migrate entries --cluster prod
      eks-access migrate entries --cluster prod --write --ask
      eks-access migrate entries --cluster prod --program migrate/Pulumi.yaml
      kubectl get configmap aws-auth -n kube-system -o yaml | eks-access migrate entries --configmap -

    \b
    Exit codes:
      0  every mapping has an entry, or will have one by the plan, or needs none
      1  a mapping cannot become an entry, or a step of --write failed
      2  bad usage or input; nothing was done
      3  something could not be read, or was assumed
    """
    if (cluster is None) == (configmap is None):
        raise click.UsageError("give either --cluster NAME or --configmap FILE")
    if configmap is not None and (write or program or region or profile):
        raise click.UsageError("--write, --program, --region and --profile go with --cluster")
    if mode is not None and configmap is None:
        raise click.UsageError("--mode goes with --configmap: of a cluster it is read")
    if ask and not write:
        raise click.UsageError("--ask goes with --write")
    if write and program:
        raise click.UsageError("give either --write or --program FILE")

    from ..flows import migrate

    if configmap is not None:
        sys.exit(
            migrate.plan_offline(
                read_text("--configmap", configmap), mode or "API_AND_CONFIG_MAP", principals, as_json=as_json
            )
        )
    sys.exit(
        migrate.plan_cluster(
            cluster or "", region, profile, principals, write=write, ask=ask, program=program, as_json=as_json
        )
    )


@command.command("mode")
@click.option("--cluster", required=True, metavar="NAME", help="The EKS cluster's name.")
@_account_options
@click.option("--to", "mode", required=True, type=click.Choice(MODES[1:]), help="The authentication mode.")
@_principal_option
@click.option(
    "--accept",
    "accepted",
    multiple=True,
    metavar="ARN",
    help="Accept that the principal of this mapping (or the account) loses its access; repeatable.",
)
@click.option("--confirm", metavar="NAME", help="The cluster's name again.  [default: asked for, in a terminal]")
def mode_command(
    *,
    cluster: str,
    region: str | None,
    profile: str | None,
    mode: str,
    principals: tuple[str, ...],
    accepted: tuple[str, ...],
    confirm: str | None,
) -> None:
    """Change a cluster's authentication mode, which cannot be undone.

    \b
    API_AND_CONFIG_MAP  access entries count, and aws-auth for all others
    API                 aws-auth is not read any more

    The way is from CONFIG_MAP to API_AND_CONFIG_MAP to API, one step at a time. Before API everything is planned again,
    and while a mapping lets in a principal that has no entry, the mode is not changed unless each is accepted.

    \b
    Examples:
      eks-access migrate mode --cluster prod --to API_AND_CONFIG_MAP
      eks-access migrate mode --cluster prod --to API --accept arn:aws:iam::111122223333:user/old --confirm prod

    \b
    Exit codes:
      0  the cluster has the mode
      1  the change failed, or principals would lose their access; the message has which
      2  bad usage or input, or it was not confirmed; nothing was done
      3  something could not be read; nothing was done
    """
    from ..flows import migrate

    sys.exit(migrate.change_mode(cluster, region, profile, mode, principals, accepted, confirm))
