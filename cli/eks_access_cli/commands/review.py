"""`eks-access review`."""

import sys
from typing import Any

import click

from eks_access.model.severity import Severity

from ..options import cwd_option
from . import Command


@click.command("review", cls=Command)
@click.option("--base", metavar="FILE", help="The state before: a preview, an exported state or an access manifest.")
@click.option("--head", metavar="FILE", help="The state after, likewise; - for standard input.")
@click.option("--stack", metavar="NAME", help="Preview this Pulumi stack as the head, instead of --head.")
@click.option("--since", metavar="REVISION", help="With --stack: preview this git revision as the base.")
@cwd_option
@click.option(
    "--python-path",
    multiple=True,
    metavar="FOLDER",
    help="With --stack: import from this folder of the project, in either revision; repeatable.",
)
@click.option("--markdown", metavar="FILE", help="Write it for a pull request's comment; - for standard output.")
@click.option("--sarif", metavar="FILE", help="Write it as SARIF 2.1.0, for code scanning.")
@click.option("--json", "json_file", metavar="FILE", help="Write it as JSON, with every action and verb.")
@click.option("--title", default="Access review", show_default=True, metavar="TEXT", help="Heading of the Markdown.")
@click.option(
    "--location",
    default="Pulumi.yaml",
    show_default=True,
    metavar="FILE",
    help="The file, from the repository's root, that SARIF's results are finding in.",
)
@click.option(
    "--category",
    default="eks-access-review",
    show_default=True,
    metavar="TEXT",
    help="Category of the SARIF; give each stack its own.",
)
@click.option(
    "--fail-on",
    type=click.Choice([*(severity.name.lower() for severity in Severity), "never"]),
    default="never",
    show_default=True,
    help="Exit 1 if access of at least this severity is gained, 3 if something could not be determined.",
)
def command(**options: Any) -> None:
    """Review how a change affects who can access what: in AWS, in each cluster, and who may assume which role.

    Compares two states of a stack. Each is what `pulumi preview --json --show-sames`, `pulumi stack export` or
    `pulumi stack output access --json` prints. Without --base, a preview is compared with the state before it.

    \b
    Examples:
      eks-access review --base main.json --head change.json
      eks-access review --head preview.json --markdown comment.md --sarif review.sarif --fail-on high
      eks-access review --stack dev --since main

    \b
    Exit codes:
      0  no access of the severity of --fail-on was gained
      1  such access was gained
      2  bad usage or input; nothing was compared
      3  with --fail-on: no such gain is known, but something could not be determined
    """
    from ..flows.review import ReviewOptions, run_review

    sys.exit(run_review(ReviewOptions(**options)))
