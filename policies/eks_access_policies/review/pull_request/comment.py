"""Combines the reviews of a pull request's environments into one comment. Pure.

An environment whose review is missing is reported as not reviewed: it is never left out, and never "no change".
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..formatting import join_words, quote_name, strip_markup
from ..sentences import NO_CHANGE
from .plan import ReviewPlan

LIMIT = 65_536
"""Longest comment that GitHub accepts, in characters. https://github.com/orgs/community/discussions/27190"""
_CUT = "\n\n…and more: the whole review is in the workflow's files.\n"
_HIDDEN_LINES = 200
"""Characters of a comment's marker and run, at most."""
_FEW = 20
_NO_REVIEW = "its job failed, was skipped or was cancelled"
_MEANING = "Whether its access changes is not known."
_NOT_LISTED = f"### Access review\n\n**Not reviewed: the affected environments could not be listed.** {_MEANING}"
_WITHOUT_CHANGE = re.compile(rf"###? [^\n]*\n+\*\*{re.escape(NO_CHANGE)}\*\*")
_RUN = re.compile(r"<!-- eks-access-review-run (?P<id>\d+)\.(?P<attempt>\d+) -->")


@dataclass(frozen=True, order=True)
class Run:
    """A run of the workflow; a later one is greater. GitHub's ids of runs grow, and re-runs keep them."""

    id: int
    attempt: int = 1


@dataclass(frozen=True)
class Revisions:
    """The commits that were compared, and where the workflow's run is; empty where not known."""

    head: str = ""
    base: str = ""
    run_url: str = ""


@dataclass(frozen=True)
class Comment:
    """A comment on a pull request. Its first line is the marker, by which it is found again, its second the run."""

    text: str
    name: str = ""
    """Each name has a comment of its own."""
    run: Run | None = None

    @property
    def marker(self) -> str:
        name = re.sub(r"[^\w./-]|--+", "-", self.name, flags=re.ASCII).strip("-")[:100]
        return f"<!-- eks-access-review: {name} -->" if name else "<!-- eks-access-review -->"

    @property
    def body(self) -> str:
        run = f"<!-- eks-access-review-run {self.run.id}.{self.run.attempt} -->\n" if self.run else ""
        return f"{self.marker}\n{run}{self.text}"

    def is_superseded_by(self, body: str) -> bool:
        """Whether a later run wrote the comment with this body."""
        written = _find_run(body)
        return self.run is not None and written is not None and written > self.run

    def refer_to(self, url: str) -> str:
        """The body of another comment that this one replaces."""
        return replace(self, text=f"Replaced by [another comment]({url}).").body


@dataclass(frozen=True)
class Report:
    """What the comment is about. `reviews` are Markdown, by environment."""

    plan: ReviewPlan | None
    """None if the environments could not be listed."""
    reviews: Mapping[str, str]
    revisions: Revisions = field(default_factory=Revisions)

    @property
    def is_without_change(self) -> bool:
        """Whether everything that is affected was reviewed, and no access changes."""
        plan = self.plan
        return (
            plan is not None
            and not plan.not_reviewed
            and not plan.changed_controls
            and all(is_without_change(self.reviews.get(name, "")) for name in plan.environments)
        )


def is_without_change(review: str) -> bool:
    """Whether a review in Markdown says that no access changes, and nothing else."""
    return _WITHOUT_CHANGE.fullmatch(review.strip()) is not None


def format_report(report: Report, limit: int = LIMIT - _HIDDEN_LINES) -> str:
    """The whole comment without its hidden lines, in at most `limit` characters."""
    parts = [*_format_revisions(report.revisions), *_format_controls(report.plan)]
    if report.plan is None:
        return "\n\n".join((*parts, _NOT_LISTED)) + "\n"
    reviews = {name: report.reviews[name] for name in report.plan.environments if name in report.reviews}
    missing = {name: _NO_REVIEW for name in report.plan.environments if name not in reviews}
    if not report.plan.environments and not report.plan.not_reviewed:
        parts.append("### Access review\n\n**No environment is affected by the changed files.** None was reviewed.")
    head = "\n\n".join([*parts, *_format_not_reviewed({**report.plan.not_reviewed, **missing})])
    if not reviews:
        return head + "\n"
    return "\n\n".join(filter(None, (head, combine_reviews(tuple(reviews.values()), limit - len(head) - 2))))


def combine_reviews(reviews: Sequence[str], limit: int = LIMIT - _HIDDEN_LINES) -> str:
    """All reviews in one text of at most `limit` characters, those with changes first, each cut to an equal share."""
    ordered = sorted((review.strip() for review in reviews), key=is_without_change)
    shown: list[str] = []
    for number, review in enumerate(ordered):
        room = (limit - sum(len(each) + 2 for each in shown)) // (len(ordered) - number) - 2
        shown.append(review if len(review) <= room else _cut(review, room))
    return "\n\n".join(shown) + "\n"


def _find_run(body: str) -> Run | None:
    """The run that wrote a comment; None for a comment that was written without one."""
    lines = body.splitlines()[1:2]
    match = _RUN.fullmatch(lines[0].strip()) if lines else None
    return Run(int(match["id"]), int(match["attempt"])) if match else None


def _format_revisions(revisions: Revisions) -> list[str]:
    run = f" ([run]({revisions.run_url}))" if revisions.run_url else ""
    if not revisions.head:
        return []
    # GitHub links a commit's whole name, and shortens it.
    base = f", compared with {revisions.base}" if revisions.base else ""
    return [f"Review of commit {revisions.head}{base}{run}."]


def _format_controls(plan: ReviewPlan | None) -> list[str]:
    files = plan.changed_controls if plan else ()
    if not files:
        return []
    shown = "".join(f"\n- {quote_name(file)}" for file in files[:_FEW])
    more = f"\n- …and {len(files) - _FEW:,} more" if len(files) > _FEW else ""
    return [
        "**This pull request changes what reviews are made with** (policy pack, configuration, workflows). This review"
        f" used the base's; later ones will use the changed ones.\n{shown}{more}"
    ]


def _format_not_reviewed(reasons: Mapping[str, str]) -> list[str]:
    """One section for each reason, with all the environments that have it."""
    by_reason: dict[str, list[str]] = {}
    for name, reason in reasons.items():
        by_reason.setdefault(reason, []).append(name)
    return [
        f"### Access review: {join_words([strip_markup(name) for name in names], _FEW)}\n\n"
        f"**Not reviewed:** {reason}. {_MEANING}"
        for reason, names in by_reason.items()
    ]


def _cut(text: str, room: int) -> str:
    """The first whole lines that fit, with every `<details>` and code block closed."""
    fence, details = "\n```", "\n\n</details>"
    kept = text[: max(room - len(_CUT) - len(fence) - len(details), 0)].rpartition("\n")[0]
    in_code = sum(line.startswith("```") for line in kept.splitlines()) % 2
    is_open = kept.count("<details>") > kept.count("</details>")
    return kept + (fence if in_code else "") + (details if is_open else "") + _CUT.rstrip()
