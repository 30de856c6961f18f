"""`eks-access review-comment`."""

import os
from pathlib import Path

import click

from .. import exit_codes
from ..output import print_message
from . import Command


@click.command("review-comment", cls=Command)
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--reviews",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Instead of FILES: the folder with <environment>.md for every environment of --plan.",
)
@click.option(
    "--plan",
    "plan_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="What `review-environments --plan` printed. If it is missing or empty, that is reported.",
)
@click.option(
    "--repository",
    envvar="GITHUB_REPOSITORY",
    required=True,
    metavar="OWNER/NAME",
    help="The pull request's repository.  [default: $GITHUB_REPOSITORY]",
)
@click.option("--pull-request", "number", type=int, required=True, metavar="NUMBER", help="The pull request.")
@click.option("--head-sha", default="", metavar="COMMIT", help="Head commit of the pull request that was reviewed.")
@click.option("--base-sha", default="", metavar="COMMIT", help="The commit that it was compared with.")
@click.option(
    "--run-id", type=int, metavar="NUMBER", help="The workflow's run; an older one never replaces a newer one."
)
@click.option("--run-attempt", type=int, default=1, show_default=True, metavar="NUMBER", help="The run's attempt.")
@click.option("--run-url", default="", metavar="URL", help="Address of the run, to link to.")
@click.option("--name", default="", metavar="TEXT", help="Distinguishes several comments on one pull request.")
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
def command(
    *,
    files: tuple[Path, ...],
    reviews: Path | None,
    plan_file: Path | None,
    repository: str,
    number: int,
    head_sha: str,
    base_sha: str,
    run_id: int | None,
    run_attempt: int,
    run_url: str,
    name: str,
    api: str,
    author: str,
) -> None:
    """Post reviews, as Markdown, as one comment on a pull request, and keep that comment up to date.

    With --reviews, an environment without a file is reported as not reviewed. The token is read from GITHUB_TOKEN. If
    all was reviewed without any change and there is no comment yet, none is created. Nothing is deleted.

    \b
    Examples:
      eks-access review-comment --pull-request 12 dev.md prod.md
      eks-access review-comment --pull-request 12 --reviews reviews --plan plan.json --head-sha "$SHA"

    \b
    Exit codes:
      0  the comment is up to date, or a later commit or run is to write it
      1  GitHub did not accept it
      2  bad usage or input
    """
    from eks_access_policies.review.pull_request.comment import Comment, Revisions, Run

    from ..flows.review_comment import combine_files, post_comment, report_plan
    from ..github import GitHubError, PullRequest

    token = os.environ.get("GITHUB_TOKEN", "")
    if not token:
        raise click.UsageError("GITHUB_TOKEN is not set")
    if bool(files) == (reviews is not None):
        raise click.UsageError("give either FILES or --reviews FOLDER")
    if reviews is None:
        text = combine_files(files)
    else:
        text = report_plan(plan_file, reviews, Revisions(head_sha, base_sha, run_url))
    run = None if run_id is None else Run(run_id, run_attempt)
    pull_request = PullRequest(api.rstrip("/"), repository, number, token, author)
    try:
        comment = Comment(text.text, name, run)
        done = post_comment(pull_request, comment, head_sha, create=not text.is_without_change)
    except GitHubError as error:
        # Exit code 1: the input was good.
        print_message(f"Error: {error}", err=True)
        raise click.exceptions.Exit(exit_codes.FAILED) from error
    print_message(f"the comment on #{number}: {done}")
