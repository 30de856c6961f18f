"""The review says what it did not compare: one line for each type of which something changes."""

import json

from eks_access_policies.review.change import Review
from eks_access_policies.review.report import JsonFormat, MarkdownFormat, SarifFormat
from eks_access_policies.review.sentences import NO_CHANGE, summarize
from tests.support.review_stacks import Stack, allow, compare

COMMAND = "command:local:Command"


def commands(*scripts: str, first: int = 1) -> Stack:
    stack = Stack().role("r")
    for number, script in enumerate(scripts, first):
        stack.add(COMMAND, f"c{number}", {"create": script})
    return stack


def not_evaluated(review: Review) -> list[tuple[str, tuple[str, ...]]]:
    return [(each.type, each.names) for each in review.not_evaluated]


def test_resources_that_are_added_changed_or_removed_are_one_line_for_their_type() -> None:
    added = compare(commands("a"), commands("a", "b", "c"))
    assert not_evaluated(added) == [(COMMAND, ("c2", "c3"))]
    assert not_evaluated(compare(commands("a", "b"), commands("a", "x"))) == [(COMMAND, ("c2",))]
    assert not_evaluated(compare(commands("a"), commands())) == [(COMMAND, ("c1",))], "a guard may be gone"
    assert added.has_unknown
    assert summarize(added) == "No change of access among what was evaluated; 2 resources of 1 type were not."


def test_what_does_not_change_is_no_news_whatever_it_is_called() -> None:
    assert not_evaluated(compare(commands("a", "b"), commands("a", "b"))) == []
    renamed = compare(commands("a", "b"), commands("a", "b", first=5))
    assert (not_evaluated(renamed), summarize(renamed)) == ([], NO_CHANGE)


def test_the_summary_says_it_beside_the_changes_of_access() -> None:
    head = commands("a")
    head.role("s", None, allow("iam:PassRole"))
    summary = summarize(compare(Stack().role("r"), head))
    assert summary.startswith("1 principal gains access and 1 resource of 1 type was not evaluated.")


def test_every_format_has_the_type_the_names_and_the_reason() -> None:
    review = compare(commands(), commands("a"))
    (each,) = review.not_evaluated
    markdown = MarkdownFormat().format(review)
    assert f"**not evaluated:** 1 resource of type `{COMMAND}` (`c1`): {each.reason}" in markdown
    (written,) = json.loads(JsonFormat().format(review))["notEvaluated"]
    assert written == {"type": COMMAND, "resources": ["c1"], "reason": each.reason, "properties": []}
    (result,) = SarifFormat().convert(review)["runs"][0]["results"]
    assert result["ruleId"].startswith("access-unknown/")
    assert COMMAND in result["message"]["text"]


def test_many_types_do_not_fill_the_comment() -> None:
    head = Stack()
    for number in range(500):
        head.add(f"somebody:index:Thing{number}", "x", {})
    markdown = MarkdownFormat().format(compare(Stack(), head))
    assert markdown.count("**not evaluated:**") == 21
    assert "…and 480 more" in markdown
