"""The review says what it did not compare: one line for each type of which something changes."""

import json
from typing import Any

import pytest

from eks_access_policies.review.change import Review
from eks_access_policies.review.difference import compare_sides
from eks_access_policies.review.reading.from_stack import read_side
from eks_access_policies.review.report import JsonFormat, MarkdownFormat, SarifFormat
from eks_access_policies.review.sentences import NO_CHANGE, summarize
from eks_access_policies.stack import parse_preview
from tests.support.review_stacks import Stack, allow, compare, compare_values

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


LIMITS = [
    (
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        {"blockPublicPolicy": True},
        {"blockPublicPolicy": False},
    ),
    (
        "kubernetes:core/v1:Namespace",
        {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}},
        {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "privileged"}}},
    ),
]


@pytest.mark.parametrize(("type", "limiting", "open_"), LIMITS)
def test_a_limit_is_reported_when_it_goes_or_changes_and_not_when_it_is_added(
    type: str, limiting: dict[str, Any], open_: dict[str, Any]
) -> None:
    without, limited, opened, bare = Stack(), Stack(), Stack(), Stack()
    limited.add(type, "x", limiting)
    opened.add(type, "x", open_)
    bare.add(type, "x", {})
    assert not_evaluated(compare(without, limited)) == []
    assert not_evaluated(compare(limited, limited)) == []
    assert not_evaluated(compare(limited, without)) == [(type, ("x",))]
    assert not_evaluated(compare(limited, opened)) == [(type, ("x",))]
    assert not_evaluated(compare(limited, bare)) == [(type, ("x",))]
    assert not_evaluated(compare(bare, without)) == [], "it limited nothing"


def test_the_same_resource_in_another_account_or_cluster_is_a_change() -> None:
    def release(cluster: str) -> dict[str, Any]:
        kubeconfig = {"users": [{"name": "u", "user": {"exec": {"args": ["token", "-i", cluster]}}}]}
        stack = Stack()
        urn = stack.add("pulumi:providers:kubernetes", "p", {"kubeconfig": json.dumps(kubeconfig)})
        stack.add("kubernetes:helm.sh/v3:Release", "r", {"chart": "x"})
        stack.resources[-1]["provider"] = f"{urn}::id"
        return stack.state()

    assert not_evaluated(compare_values(release("a"), release("b"))) == [("kubernetes:helm.sh/v3:Release", ("r",))]
    assert not_evaluated(compare_values(release("a"), release("a"))) == []


@pytest.mark.parametrize(("operation", "reported"), [("update", True), ("same", False)])
def test_a_secret_that_the_engine_changes_is_reported(operation: str, reported: bool) -> None:
    state = {
        "urn": f"urn:pulumi:dev::test::{COMMAND}::c",
        "type": COMMAND,
        "custom": True,
        "inputs": {"create": "[secret]"},
    }
    step = {"op": operation, "urn": state["urn"], "oldState": state, "newState": state}
    preview = {"steps": [step], "changeSummary": {operation: 1}}
    base, head = parse_preview(preview, before=True), parse_preview(preview)
    review = compare_sides(read_side(base, "base"), read_side(head, "head"))
    assert bool(not_evaluated(review)) is reported
