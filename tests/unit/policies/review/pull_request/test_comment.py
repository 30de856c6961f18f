"""The comment on a pull request: its length, its order, and what counts as no change."""

import pytest

from eks_access_policies.review.pull_request.comment import LIMIT, Comment, Report, Run, combine_reviews, format_report
from eks_access_policies.review.pull_request.comment import is_without_change as without_change
from eks_access_policies.review.pull_request.plan import ReviewPlan
from eks_access_policies.review.report import MarkdownFormat
from eks_access_policies.review.sentences import NO_CHANGE
from tests.support.review_stacks import Stack, compare

CHANGED = "### Access review: dev\n\n**1 principal gains access.**\n"
SAME = f"### Access review: prod\n\n**{NO_CHANGE}**\n"
LONG = CHANGED + "<details><summary>x</summary>\n\n" + "- a line\n" * 9000 + "\n</details>\n"


@pytest.mark.parametrize("count", [1, 3, 30])
def test_many_reviews_fit_in_one_comment_with_every_details_closed(count: int) -> None:
    text = combine_reviews([LONG] * count)
    assert len(Comment(text, "x" * 200, Run(10**12, 99)).body) <= LIMIT
    assert text.count("<details>") == text.count("</details>")
    assert text.count("### Access review: dev") == count


def test_a_code_block_that_is_cut_is_closed() -> None:
    text = combine_reviews([f"{CHANGED}\n```\n" + "a line\n" * 20_000 + "```\n", SAME])
    assert text.count("```") == 2
    assert text.endswith(SAME), "what follows is not inside of it"


def test_what_precedes_many_long_reviews_is_not_cut() -> None:
    names = tuple(f"e{number}" for number in range(100))
    plan = ReviewPlan((*names, "missing"), changed_controls=("policies/dev.json",))
    text = format_report(Report(plan, dict.fromkeys(names, LONG)))
    assert len(text) <= LIMIT
    assert "- `policies/dev.json`" in text
    assert "### Access review: missing\n\n**Not reviewed:**" in text


def test_environments_that_change_come_first() -> None:
    assert combine_reviews([SAME, CHANGED]).index("dev") < combine_reviews([SAME, CHANGED]).index("prod")


def test_the_review_of_two_equal_stacks_is_without_change() -> None:
    assert without_change(MarkdownFormat("Access review: dev").format(compare(Stack().role("r"), Stack().role("r"))))


@pytest.mark.parametrize(
    "review",
    [
        CHANGED,
        "",
        f"### Access review: dev\n\n**1 principal gains access.**\n\n#### `**{NO_CHANGE}**`\n",
        f"{SAME}\n#### Policy pack\n\n**1 violation of mandatory rules**, 0 advisory findings.\n",
        f"{SAME}\n#### Policy pack\n\n**Not evaluated:** its step failed or did not run.\n",
        f"{SAME}\n- **unknown:** a policy\n",
        "### Access review: dev\n\n**Not reviewed:** the review failed.\n",
        SAME.replace("access.", "access among what was evaluated; 2 resources of 1 type were not."),
    ],
)
def test_anything_else_is_not_without_change(review: str) -> None:
    assert not without_change(review)


@pytest.mark.parametrize(
    ("plan", "reviews", "expected"),
    [
        (ReviewPlan(("dev",)), {"dev": SAME}, True),
        (ReviewPlan(("dev",)), {"dev": CHANGED}, False),
        (ReviewPlan(("dev", "prod")), {"dev": SAME}, False),
        (ReviewPlan(("dev",), not_reviewed={"x": "why"}), {"dev": SAME}, False),
        (ReviewPlan(("dev",), changed_controls=("x",)), {"dev": SAME}, False),
        (None, {"dev": SAME}, False),
        (ReviewPlan(()), {}, True),
    ],
)
def test_a_report_is_without_change_only_where_all_was_reviewed(
    plan: ReviewPlan | None, reviews: dict[str, str], expected: bool
) -> None:
    assert Report(plan, reviews).is_without_change is expected
