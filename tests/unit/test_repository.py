"""The files around the code: workflows run pinned actions, and folders and targets that are named exist."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.checkout import CHECKOUT

WORKFLOWS = CHECKOUT / ".github/workflows"
FORMS = CHECKOUT / ".github/ISSUE_TEMPLATE"
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")
VERSION = re.compile(r"uses: \S+ # v\d+\.\d+\.\d+$")


def environment() -> dict[str, str]:
    """The environment, whether or not these tests were started by another make with variables of its own."""
    return {name: value for name, value in os.environ.items() if not name.startswith("MAKE") and name != "T"}


def make(*arguments: str) -> str:
    """What make prints."""
    return subprocess.run(
        ["make", *arguments], cwd=CHECKOUT, env=environment(), capture_output=True, text=True, check=True
    ).stdout


def load(path: str) -> Any:
    return yaml.safe_load((CHECKOUT / path).read_text())


def used_actions(workflow: Any) -> list[str]:
    jobs = workflow["jobs"].values()
    return [part["uses"] for job in jobs for part in (job, *job.get("steps", [])) if "uses" in part]


@pytest.mark.parametrize("path", sorted(WORKFLOWS.iterdir()), ids=lambda path: path.name)
def test_every_action_of_a_workflow_is_pinned_to_a_commit_or_is_our_own(path: Path) -> None:
    used = used_actions(yaml.safe_load(path.read_text()))
    assert used, "a workflow without actions: is this still where they are?"
    assert [action for action in used if not (action.startswith("./") or PINNED.fullmatch(action))] == []


@pytest.mark.parametrize("path", sorted(WORKFLOWS.iterdir()), ids=lambda path: path.name)
def test_every_pinned_action_has_its_version_in_a_comment(path: Path) -> None:
    lines = [line for line in path.read_text().splitlines() if "uses: " in line and not line.lstrip().startswith("#")]
    assert [line for line in lines if "uses: ./" not in line and not VERSION.search(line)] == []


def test_an_action_has_the_same_commit_in_every_workflow() -> None:
    used = {action for path in WORKFLOWS.iterdir() for action in used_actions(yaml.safe_load(path.read_text()))}
    names = [action.partition("@")[0] for action in used]
    assert sorted(names) == sorted(set(names)), "two versions of one action"


def test_dependabot_looks_after_every_go_module_and_every_lock() -> None:
    updates = load(".github/dependabot.yml")["updates"]
    folders = {
        ecosystem: {
            folder.strip("/")
            for update in updates
            if update["package-ecosystem"] == ecosystem
            for folder in update.get("directories", [update.get("directory")])
        }
        for ecosystem in ("pip", "gomod", "github-actions")
    }
    modules = {str(path.parent.relative_to(CHECKOUT)) for part in ("sandbox", "tests") for path in _go_modules(part)}
    assert folders == {"pip": {"", "requirements"}, "gomod": modules, "github-actions": {""}}


def _go_modules(part: str) -> list[Path]:
    return sorted((CHECKOUT / part).rglob("go.mod"))


def test_the_hooks_run_targets_of_the_makefile_that_exist() -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):.* ## ", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))
    hooks = [hook for repo in load(".pre-commit-config.yaml")["repos"] for hook in repo["hooks"]]
    entries = [hook["entry"].split() for hook in hooks]
    assert ["make", "lint"] in entries
    assert {entry[0] for entry in entries} == {"make"}
    assert {entry[1] for entry in entries} <= targets


@pytest.mark.parametrize("path", sorted(FORMS.glob("*.yml")), ids=lambda path: path.name)
def test_an_issue_form_has_what_github_requires(path: Path) -> None:
    form = yaml.safe_load(path.read_text())
    if path.name == "config.yml":
        assert form["contact_links"]
        return
    assert {"name", "description", "body"} <= set(form)
    for part in form["body"]:
        assert part["type"] in ("markdown", "textarea", "input", "dropdown", "checkboxes")
        assert part["attributes"].get("value" if part["type"] == "markdown" else "label")


def test_help_explains_every_target_that_has_a_description() -> None:
    shown = make("help")
    targets = re.findall(r"^([a-z0-9-]+):.* ## ", (CHECKOUT / "Makefile").read_text(), re.MULTILINE)
    assert [target for target in targets if f"  make {target} " not in shown] == []


@pytest.mark.parametrize(
    ("tests", "needs_programs"),
    [
        ("tests/unit/cli", False),
        ("tests/unit -k external_id", False),
        ("tests/unit/cli tests/e2e/test_probe.py", True),
        ("tests/e2e/test_probe.py", True),
    ],
)
def test_some_tests_alone_are_run_with_what_they_need(tests: str, needs_programs: bool) -> None:
    shown = make("-n", "test", f"T={tests}")
    assert ("sandbox.programs" in shown) is needs_programs
    assert [line for line in shown.splitlines() if "pytest" in line] == [f".venv/bin/python -m pytest {tests}"]
    assert "ruff" not in shown


@pytest.mark.parametrize(
    ("pack", "review", "code"),
    [(0, 0, 0), (255, 0, 1), (0, 1, 1), (0, 2, 2), (0, 3, 3), (255, 3, 1), (255, 1, 1), (255, 2, 2)],
)
def test_make_review_fails_if_either_half_does(tmp_path: Path, pack: int, review: int, code: int) -> None:
    for name, result in (("pulumi", pack), ("eks-access", review)):
        program = tmp_path / name
        program.write_text(f'#!/bin/sh\necho "{name} $1" >> {tmp_path}/ran\nexit {result}\n')
        program.chmod(0o755)
    env = {**environment(), "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "PULUMI_BACKEND_URL": "file://x"}
    command = ["make", "--old-file=programs", "review"]
    done = subprocess.run(command, cwd=CHECKOUT, env=env, capture_output=True, text=True, check=False)
    assert (tmp_path / "ran").read_text().splitlines() == ["pulumi preview", "eks-access review"], "both run"
    # make's own code is 2 whatever failed.
    assert re.findall(r"Error (\d+)", done.stderr) == ([str(code)] if code else [])
    assert (done.returncode != 0) is (code != 0)


def test_the_whole_test_run_is_still_what_ci_checks() -> None:
    shown = make("-n", "test")
    for part in ("sandbox.programs", "ruff format --check", "ruff check", "/mypy", "tests/unit -n", "tests/e2e -n"):
        assert part in shown
    assert load(".github/workflows/ci.yml")["jobs"]["test"]["steps"][-2]["run"] == ".ci/run"
    assert "make test" in (CHECKOUT / ".ci/run").read_text()
