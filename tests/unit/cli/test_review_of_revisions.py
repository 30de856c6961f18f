"""`eks-access review --since`: the other revision is previewed in a temporary worktree of its own."""

import json
import os
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from eks_access_cli.git import GitError, check_out
from eks_access_cli.main import main
from tests.support.repository import git
from tests.support.review_stacks import Stack, allow

PROJECT = "name: x\nruntime: {name: python, options: {virtualenv: .venv}}\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository in whose first commit `r` may do nothing, and since then pass roles."""
    folder = tmp_path / "repository" / "infra"
    folder.mkdir(parents=True)
    git(folder.parent, "init", "-q", "-b", "main")
    (folder / "Pulumi.yaml").write_text(PROJECT)
    (folder.parent / ".gitignore").write_text(".venv\n")
    (folder / "plan.json").write_text(json.dumps(Stack().role("r").preview()))
    git(folder.parent, "add", "-A")
    git(folder.parent, "commit", "-q", "-m", "first")
    (folder / ".venv").mkdir()
    (folder / ".venv" / "here").write_text("")
    (folder / "plan.json").write_text(json.dumps(Stack().role("r", None, allow("iam:PassRole")).preview()))
    return folder


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `pulumi` that prints the plan in its folder, and writes its PYTHONPATH to a file."""
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    program = bin_ / "pulumi"
    program.write_text('#!/bin/sh\necho "$PYTHONPATH" >> "$NOTES"\ntest -e .venv/here && cat plan.json\n')
    program.chmod(program.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setenv("PATH", f"{bin_}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("NOTES", str(tmp_path / "notes"))
    return program


def review(project: Path, *arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["review", "--stack", "dev", "--cwd", str(project), *arguments])
    return done.exit_code, done.output


def test_the_working_tree_is_compared_with_the_revision_and_stays_as_it_is(project: Path, pulumi: Path) -> None:
    code, output = review(project, "--since", "main", "--python-path", "lib", "--fail-on", "high")
    assert code == 1, output
    assert "+ high: can hand any role to a service that then acts with it (iam:PassRole on everything)" in output
    assert git(project, "worktree", "list").count("\n") == 1, "the other revision's worktree is gone"
    assert git(project, "status", "--short").split() == ["M", "plan.json"], "and nothing else was touched"
    base, head = Path(os.environ["NOTES"]).read_text().splitlines()
    assert head == str(project / "lib")
    assert base.endswith("/infra/lib")
    assert base != head, "each revision runs its own code"


@pytest.mark.parametrize(("file", "code"), [("requirements.txt", 3), ("../uv.lock", 3), ("notes.txt", 0)])
def test_dependencies_that_change_are_unknown_since_both_revisions_use_those_that_are_installed(
    project: Path, pulumi: Path, file: str, code: int
) -> None:
    (project / "plan.json").write_text(json.dumps(Stack().role("r").preview()))
    (project / file).write_text("x\n")
    found, output = review(project, "--since", "main", "--fail-on", "low")
    assert found == code, output
    assert ("both revisions were previewed with the packages" in " ".join(output.split())) is (code == 3)


def test_the_worktree_is_removed_when_the_preview_fails_too(project: Path, pulumi: Path) -> None:
    pulumi.write_text(
        '#!/bin/sh\necho \'{"diagnostics": [{"severity": "error", "message": "no such vendor"}]}\'; exit 255\n'
    )
    code, output = review(project, "--since", "main")
    assert code == 2
    assert "no such vendor" in " ".join(output.split())
    assert git(project, "worktree", "list").count("\n") == 1


@pytest.mark.parametrize(
    ("revision", "words"),
    [("nowhere", "git rev-parse"), ("--output=x", "git rev-parse"), ("HEAD:infra", "git rev-parse")],
)
def test_an_invalid_revision_is_an_error_before_a_worktree_exists(project: Path, revision: str, words: str) -> None:
    with pytest.raises(GitError, match=words), check_out(revision, project):
        pytest.fail("there is nothing to check out")


def test_a_missing_pulumi_exits_with_2(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    code, output = review(project)
    assert code == 2
    assert "the command `pulumi` is not on the PATH" in output
