"""`eks-access review-comment`."""

import os
from pathlib import Path

import click

from . import Command


@click.command("review-comment", cls=Command)
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--repository",
    envvar="GITHUB_REPOSITORY",
    required=True,
    metavar="OWNER/NAME",
    help="The pull request's repository.  [default: $GITHUB_REPOSITORY]",
)
@click.option("--pull-request", "number", type=int, required=True, metavar="NUMBER", help="The pull request.")
@click.option(
    "--api",
    envvar="GITHUB_API_URL",
    default="https://api.github.com",
    show_default=True,
    metavar="URL",
    help="GitHub's API, or $GITHUB_API_URL.",
)
@click.option(
    "--author", default="github-actions[bot]", show_default=True, metavar="LOGIN", help="Who the token writes as."
)
def command(*, files: tuple[Path, ...], repository: str, number: int, api: str, author: str) -> None:
    """Post reviews, as Markdown, as one comment on a pull request, and keep that comment up to date.

    The token is read from GITHUB_TOKEN. If no review has a change and there is no comment yet, none is created.

    \b
    Example:
      eks-access review-comment --pull-request 12 dev.md prod.md

    \b
    Exit codes:
      0  the comment is up to date
      1  GitHub did not accept it
      2  bad usage or input
    """
    from eks_access_policies.review.comment import MARKER, combine_reviews, is_without_change

    from ..github import GitHubError, PullRequest

    token = os.environ.get("GITHUB_TOKEN", "")
    if not token:
        raise click.UsageError("GITHUB_TOKEN is not set")
    reviews = [file.read_text() for file in files]
    pull_request = PullRequest(api.rstrip("/"), repository, number, token, author)
    create = not all(map(is_without_change, reviews))
    try:
        done = pull_request.upsert_comment(MARKER, combine_reviews(reviews), create=create)
    except GitHubError as error:
        # Exit code 1: the input was good.
        raise click.ClickException(str(error)) from error
    click.echo(f"the comment on #{number}: {done}")
