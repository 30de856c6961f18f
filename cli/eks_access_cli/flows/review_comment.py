"""Posts the reviews of a pull request's environments as one comment."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from eks_access.errors import EksAccessError
from eks_access_policies.review.pull_request.comment import (
    LIMIT,
    Comment,
    Report,
    Revisions,
    combine_reviews,
    format_report,
    is_without_change,
)
from eks_access_policies.review.pull_request.plan import ReviewPlan, parse_plan

from ..github import PullRequest

_LARGEST = 4 * LIMIT
"""Bytes that are read of a review; more does not fit in a comment."""


class ReviewFileError(EksAccessError):
    """A review cannot be read."""


@dataclass(frozen=True)
class Text:
    """The text of a comment, and whether it says more than that no access changes."""

    text: str
    is_without_change: bool


def combine_files(files: Sequence[Path]) -> Text:
    """The reviews in these files.

    Raises:
        ReviewFileError
    """
    reviews = [_read_review(file) for file in files]
    return Text(combine_reviews(reviews), all(map(is_without_change, reviews)))


def report_plan(plan_file: Path | None, folder: Path, revisions: Revisions) -> Text:
    """The reviews of all environments of a plan, in `<environment>.md` of the folder; those without one are reported.

    A plan that is missing or empty is reported as environments that could not be listed.

    Raises:
        ReviewFileError, PlanError
    """
    plan = _read_plan(plan_file)
    names = plan.environments if plan else ()
    files = {name: folder / f"{name}.md" for name in names}
    reviews = {name: _read_review(file) for name, file in files.items() if file.is_file() and not file.is_symlink()}
    report = Report(plan, {name: text for name, text in reviews.items() if text.strip()}, revisions)
    return Text(format_report(report), report.is_without_change)


def post_comment(pull_request: PullRequest, comment: Comment, head: str, *, create: bool) -> str:
    """Creates or updates the comment, unless the pull request has another head commit than the reviewed one by now.

    Raises:
        GitHubError
    """
    if head and pull_request.is_outdated(head):
        return f"the pull request has a later commit than {head}"
    return pull_request.upsert_comment(comment, create=create)


def _read_plan(file: Path | None) -> ReviewPlan | None:
    text = _read(file) if file is not None and file.is_file() else ""
    return parse_plan(text) if text.strip() else None


def _read_review(file: Path) -> str:
    return _read(file, _LARGEST)


def _read(file: Path, largest: int = -1) -> str:
    try:
        with file.open("rb") as opened:
            return opened.read(largest).decode(errors="replace")
    except OSError as cause:
        raise ReviewFileError(f"{file}: {cause.strerror}") from cause
