"""No change of access goes by in silence: the review and the pack report it, or say that they cannot."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from eks_access_cli.main import main
from eks_access_policies.review.sentences import NO_CHANGE
from tests.support.policies.guard_cases import GUARD_CASES, GuardCase

every_case = pytest.mark.parametrize("case", GUARD_CASES, ids=[each.name for each in GUARD_CASES])


def run(command: str, *arguments: str) -> Any:
    return CliRunner().invoke(main, [command, *arguments])


@pytest.fixture
def files(case: GuardCase, tmp_path: Path) -> tuple[str, str]:
    paths = tmp_path / "before.json", tmp_path / "after.json"
    for path, state in zip(paths, case.export(), strict=True):
        path.write_text(json.dumps(state))
    return str(paths[0]), str(paths[1])


@every_case
def test_the_review_reports_the_change(case: GuardCase, files: tuple[str, str], tmp_path: Path) -> None:
    report, base, head = tmp_path / "review.json", *files
    done = run("review", "--base", base, "--head", head, "--json", str(report), "--fail-on", "low")
    review = json.loads(report.read_text())
    directions = {change["direction"] for each in review["principals"] for change in each["changes"]}
    is_gain = "gained" in directions
    is_unknown = "unknown" in directions or bool(review["unknown"] or review["notEvaluated"])
    assert {"gain": is_gain, "unknown": is_unknown, "some": is_gain or is_unknown}.get(case.review, True), done.output
    assert (NO_CHANGE in done.output) == (case.review == "nothing")
    assert done.exit_code == (0 if case.review == "nothing" else 1 if is_gain else 3), done.output


@every_case
def test_a_stack_that_does_not_change_has_no_change_of_access(case: GuardCase, files: tuple[str, str]) -> None:
    for path in files:
        done = run("review", "--base", path, "--head", path)
        assert (done.exit_code, "gains" in done.output) == (0, False), done.output


@every_case
def test_the_pack_finds_the_change(case: GuardCase, files: tuple[str, str]) -> None:
    before, after = (_find(path) for path in files)
    if case.is_found:
        assert after - before, "a finding that was not there before"
    if case.review == "nothing":
        assert {rule for rule, _ in after - before} <= {rule for rule, _ in before}, "nothing new to see"


def _find(path: str) -> set[tuple[str, str]]:
    findings = json.loads(run("policies", path, "--json").output)["findings"]
    return {(each["rule"], each["message"]) for each in findings}
