"""`eks-access inventory`."""

import sys
from typing import Any

import click

from eks_access.model.severity import Severity

from . import Command

PROBLEMS = ("dangerous", "dead", "shadowed", "unbound", "unused", "unknown")
"""`eks_access_inventory.inventory.ProblemKind`, which takes too long to import for a line of `--help`."""


@click.command("inventory", cls=Command)
@click.argument("names", nargs=-1, metavar="[CLUSTER]...")
@click.option("--region", "regions", multiple=True, metavar="REGION", help="Only this region; repeatable.")
@click.option("--all-regions", is_flag=True, help="All regions that are enabled in the account.")
@click.option("--tag", "tags", multiple=True, metavar="KEY=VALUE", help="Only clusters with this tag; repeatable.")
@click.option("--profile", metavar="NAME", help="The AWS profile to read with.  [default: the environment's]")
@click.option("--json", "json_file", metavar="FILE", help="Write it as JSON; - for standard output.")
@click.option("--html", "html_file", metavar="FILE", help="Write it as one self-contained HTML page.")
@click.option("--markdown", "markdown_file", metavar="FILE", help="Write it as Markdown; - for standard output.")
@click.option("--verbose", is_flag=True, help="Print every finding about each principal.")
@click.option(
    "--config", metavar="FILE", help="The policy pack's configuration: who may be an administrator, and more."
)
@click.option(
    "--fail-on",
    multiple=True,
    type=click.Choice([*(severity.name.lower() for severity in Severity), *PROBLEMS]),
    help="Exit 1 if a principal has a finding of at least this severity, or this problem; repeatable.",
)
@click.option(
    "--unused-days",
    type=click.IntRange(1, 400),
    default=90,
    show_default=True,
    metavar="DAYS",
    help="Report principals that IAM has no use of in this time.",
)
@click.option(
    "--audit-log",
    metavar="GROUP",
    help="Search this log group for requests, with {cluster} for the cluster's name. AWS charges for what is scanned.",
)
@click.option(
    "--audit-days",
    type=click.IntRange(1, 400),
    default=30,
    show_default=True,
    metavar="DAYS",
    help="With --audit-log: look back this far.",
)
@click.option(
    "--deadline",
    type=click.FloatRange(1, 3600),
    default=300.0,
    show_default=True,
    metavar="SECONDS",
    help="Start no call after this time, and report what is missing then.",
)
@click.option(
    "--concurrency",
    type=click.IntRange(1, 128),
    default=32,
    show_default=True,
    metavar="N",
    help="Make this many calls at the same time.",
)
def command(**options: Any) -> None:
    """List who can come into the clusters of an account, how, and what each of them may do there.

    Needs no stack and changes nothing. Reads, of every CLUSTER (a name or a pattern; by default all of the region), its
    access entries, aws-auth, roles and bindings, and from IAM every role and user that these name. Each principal is
    shown with its username, groups, access policies and bindings, with its rights in words, and with who it is: a known
    vendor, people, nodes, a workload, or unknown.

    \b
    Problems:
      dangerous  gives, or lets others take, what the policy pack grades as high or critical
      dead       lets nobody in: the role is gone or was made again, or the line never matches
      shadowed   another entry or mapping of the same principal takes effect instead
      unbound    lets the principal in, and gives it nothing to do
      unused     no use that IAM, or the audit log that you name, has
      unknown    something that decides about it could not be read, or is not understood

    \b
    Examples:
      eks-access inventory                                       all clusters of the region
      eks-access inventory 'prod-*' --all-regions --tag team=payments
      eks-access inventory --html access.html --json access.json
      eks-access inventory --fail-on dead --fail-on critical --config policies.json
      eks-access inventory prod --audit-log '/aws/eks/{cluster}/cluster' --audit-days 90

    \b
    It needs these rights, and reports what it may not read as such:
      in AWS         eks:List*, eks:Describe*, iam:GetRole, iam:GetUser, iam:ListRoles, iam:ListUsers,
                     iam:ListAccessKeys, iam:GetAccessKeyLastUsed; with --all-regions ec2:DescribeRegions
      in clusters    get aws-auth, list roles, clusterroles, rolebindings and clusterrolebindings:
                     the access policy AmazonEKSAdminViewPolicy has all of it, and reads Secrets too

    \b
    Exit codes:
      0  everything was read, and nothing that --fail-on names was found
      1  something that --fail-on names was found
      2  bad usage or input; nothing was read
      3  nothing of it was found, but something could not be read
    """
    from ..flows.inventory import InventoryOptions, run_inventory

    sys.exit(run_inventory(InventoryOptions(**options)))
