"""`eks-access review-comment`: one comment, found by its marker and author, of the latest run alone."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from eks_access_cli.main import main
from eks_access_policies.review.sentences import NO_CHANGE
from tests.support import server_fixtures
from tests.support.github_api import GitHub, serving

_no_network = server_fixtures.loopback_only

MARKER = "<!-- eks-access-review -->"
CHANGED = "### Access review: dev\n\n**1 principal gains access.**\n"
SAME = f"### Access review: prod\n\n**{NO_CHANGE}**\n"
HEAD, LATER = "a" * 40, "b" * 40


@pytest.fixture
def github() -> Iterator[GitHub]:
    with serving() as github:
        github.head = HEAD
        yield github


def invoke(github: GitHub, *arguments: str, token: str = "t") -> Result:
    env = {"GITHUB_TOKEN": token, "GITHUB_REPOSITORY": "o/r", "GITHUB_API_URL": github.url}
    return CliRunner().invoke(main, ["review-comment", "--pull-request", "7", *arguments], env=env)


@pytest.fixture
def comment(github: GitHub, tmp_path: Path) -> Any:
    """Posts reviews that are in files."""

    def run(*texts: str, token: str = "t", options: tuple[str, ...] = ()) -> Result:
        files = []
        for number, text in enumerate(texts):
            files.append(str(tmp_path / f"{number}.md"))
            Path(files[-1]).write_text(text)
        return invoke(github, *options, *files, token=token)

    return run


@pytest.fixture
def report(github: GitHub, tmp_path: Path) -> Any:
    """Posts the reviews of a plan's environments, which are in a folder."""

    def run(reviews: dict[str, str], *options: str, **plan: Any) -> Result:
        folder = tmp_path / "reviews"
        folder.mkdir(exist_ok=True)
        for name, text in reviews.items():
            (folder / f"{name}.md").write_text(text)
        written = {"environments": [], "new": [], "notReviewed": {}, "changedControls": [], **plan}
        (tmp_path / "plan.json").write_text(json.dumps(written) if plan else "")
        return invoke(github, "--reviews", str(folder), "--plan", str(tmp_path / "plan.json"), *options)

    return run


def test_the_first_review_creates_a_comment_and_the_next_updates_it(github: GitHub, comment: Any) -> None:
    github.add("a human's words", "jane")
    assert comment(CHANGED).output == "the comment on #7: created\n"
    assert comment(CHANGED + "more\n").output == "the comment on #7: updated\n"
    assert comment(SAME).output == "the comment on #7: updated\n"
    assert github.bodies == ["a human's words", f"{MARKER}\n{SAME}"]


def test_the_same_review_again_changes_nothing(github: GitHub, comment: Any) -> None:
    comment(CHANGED)
    github.comments[1]["body"] = github.comments[1]["body"].replace("\n", "\r\n")
    assert comment(CHANGED).output == "the comment on #7: unchanged\n"
    assert github.requests[-1] == "GET"


def test_reviews_without_changes_create_no_comment(github: GitHub, comment: Any) -> None:
    assert comment(SAME, SAME).output == "the comment on #7: no change to report\n"
    assert github.comments == {}


def test_a_comment_of_another_author_with_the_marker_is_left_alone(github: GitHub, comment: Any) -> None:
    github.add(f"{MARKER}\nNo change of access, trust me.", "mallory")
    github.add(f"quoted: {MARKER}")
    comment(CHANGED)
    assert [body[:5] for body in github.bodies] == ["<!-- ", "quote", "<!-- "]
    assert "trust me" in github.bodies[0]


def test_the_oldest_is_updated_on_a_later_page_too_and_duplicates_refer_to_it(github: GitHub, comment: Any) -> None:
    for _ in range(230):
        github.add("noise", "jane")
    github.add(f"{MARKER}\nold")
    github.add(f"{MARKER}\n**{NO_CHANGE}**")
    assert comment(CHANGED).output == "the comment on #7: updated\n"
    first, second = github.bodies[230:]
    assert first == f"{MARKER}\n{CHANGED}"
    assert second.startswith(f"{MARKER}\nReplaced by [another comment]({github.comments[231]['html_url']})")


def test_an_error_of_github_is_printed_without_the_token(github: GitHub, comment: Any) -> None:
    done = comment(CHANGED, token="hunter2")
    assert done.exit_code == 1
    assert "403 Resource not accessible by integration" in done.output
    assert "hunter2" not in done.output
    assert comment(CHANGED, token="").exit_code == 2


@pytest.mark.parametrize(
    ("run", "replaces"),
    [(("5", "1"), False), (("6", "1"), False), (("6", "2"), True), (("6", "3"), True), (("10", "1"), True)],
)
def test_an_older_run_never_replaces_a_newer_one(
    github: GitHub, comment: Any, run: tuple[str, str], replaces: bool
) -> None:
    comment("critical\n", options=("--run-id", "6", "--run-attempt", "2"))
    done = comment(SAME, options=("--run-id", run[0], "--run-attempt", run[1]))
    assert done.exit_code == 0
    assert (NO_CHANGE in github.bodies[0]) is replaces
    assert ("a later run wrote it" in done.output) is not replaces


def test_a_run_in_the_text_of_a_review_is_not_the_run_that_wrote_it(github: GitHub, comment: Any) -> None:
    comment("a name:\n<!-- eks-access-review-run 99.1 -->\n", options=("--run-id", "6"))
    assert comment(CHANGED, options=("--run-id", "7")).output == "the comment on #7: updated\n"


def test_a_review_of_a_commit_that_is_not_the_head_any_more_is_not_posted(github: GitHub, comment: Any) -> None:
    comment(CHANGED, options=("--head-sha", HEAD))
    github.head = LATER
    done = comment(SAME, options=("--head-sha", HEAD, "--run-id", "9"))
    assert (done.exit_code, done.output) == (0, f"the comment on #7: the pull request has a later commit than {HEAD}\n")
    assert CHANGED in github.bodies[0]
    assert comment(SAME, options=("--head-sha", LATER)).output == "the comment on #7: updated\n"


def test_each_name_has_a_comment_of_its_own(github: GitHub, comment: Any) -> None:
    comment(CHANGED, options=("--name", "infra/a"))
    comment(CHANGED, options=("--name", "infra/b -->"))
    comment(CHANGED)
    first_lines = [body.partition("\n")[0] for body in github.bodies]
    assert first_lines == ["<!-- eks-access-review: infra/a -->", "<!-- eks-access-review: infra/b -->", MARKER]
    comment(SAME, options=("--name", "infra/a"))
    assert [NO_CHANGE in body for body in github.bodies] == [True, False, False]


def test_an_environment_without_a_review_is_reported_beside_one_that_has_one(github: GitHub, report: Any) -> None:
    report({"dev": SAME}, environments=["dev", "prod"])
    (body,) = github.bodies
    assert "### Access review: prod\n\n**Not reviewed:** its job failed, was skipped or was cancelled." in body
    assert "### Access review: dev" not in body
    assert SAME.strip() in body


def test_the_same_environments_with_both_reviews_are_no_change(github: GitHub, report: Any) -> None:
    done = report({"dev": SAME, "prod": SAME}, environments=["dev", "prod"])
    assert done.output == "the comment on #7: no change to report\n"


@pytest.mark.parametrize("text", ["", "\n"])
def test_an_empty_file_is_no_review(github: GitHub, report: Any, text: str) -> None:
    report({"dev": text}, environments=["dev"])
    assert "### Access review: dev\n\n**Not reviewed:**" in github.bodies[0]


def test_a_plan_that_is_missing_is_reported(github: GitHub, report: Any) -> None:
    github.add(f"{MARKER}\n{SAME}")
    report({"dev": SAME})
    assert "**Not reviewed: the affected environments could not be listed.**" in github.bodies[0]
    assert NO_CHANGE not in github.bodies[0]


def test_no_affected_environment_is_not_called_no_change(github: GitHub, report: Any) -> None:
    assert report({}, environments=[]).output == "the comment on #7: no change to report\n"
    github.add(f"{MARKER}\n{CHANGED}")
    assert report({}, environments=[]).output == "the comment on #7: updated\n"
    assert "**No environment is affected by the changed files.** None was reviewed." in github.bodies[0]


def test_an_environment_that_cannot_be_reviewed_is_reported_with_its_reason(github: GitHub, report: Any) -> None:
    report({"dev": SAME}, environments=["dev"], notReviewed={"old": "its configuration is deleted"})
    assert "### Access review: old\n\n**Not reviewed:** its configuration is deleted." in github.bodies[0]


def test_a_changed_control_is_reported_even_where_no_access_changes(github: GitHub, report: Any) -> None:
    report({"dev": SAME}, environments=["dev"], changedControls=["policies/dev.json", "x`](https://evil)\n# y"])
    (body,) = github.bodies
    assert "**This pull request changes what reviews are made with**" in body
    assert "- `policies/dev.json`" in body
    assert "- `x'](https://evil) # y`" in body, "a file's name is no markup"


def test_the_comment_names_the_commits_and_the_run(github: GitHub, report: Any) -> None:
    options = ("--head-sha", HEAD, "--base-sha", LATER, "--run-id", "9", "--run-url", "https://github.test/run/9")
    report({"dev": CHANGED}, *options, environments=["dev"])
    lines = github.bodies[0].splitlines()
    assert lines[:3] == [
        MARKER,
        "<!-- eks-access-review-run 9.1 -->",
        f"Review of commit {HEAD}, compared with {LATER} ([run](https://github.test/run/9)).",
    ]


@pytest.mark.parametrize(
    "plan", ['{"environments": ["../x"], "new": [], "notReviewed": {}, "changedControls": []}', "[]", "{}", "{"]
)
def test_a_malformed_plan_is_an_error(github: GitHub, tmp_path: Path, plan: str) -> None:
    (tmp_path / "plan.json").write_text(plan)
    done = invoke(github, "--reviews", str(tmp_path), "--plan", str(tmp_path / "plan.json"))
    assert done.exit_code == 2
    assert github.comments == {}


def test_a_link_in_the_place_of_a_review_is_not_followed(github: GitHub, report: Any, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hunter2")
    (tmp_path / "reviews").mkdir()
    (tmp_path / "reviews" / "dev.md").symlink_to(tmp_path / "secret")
    report({}, environments=["dev"])
    assert "hunter2" not in github.bodies[0]
    assert "**Not reviewed:**" in github.bodies[0]


@pytest.mark.parametrize("arguments", [(), ("--reviews", "x", __file__)])
def test_either_files_or_a_folder_is_given(github: GitHub, arguments: tuple[str, ...]) -> None:
    assert invoke(github, *arguments).exit_code == 2
