"""`eks-access review-environments`: the files that git says have changed, and the plan of a review."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from eks_access_cli.main import main
from tests.support.repository import git


@pytest.fixture(params=[".", "infra"])
def project(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A project on a branch, in which nothing has changed since `main`."""
    folder: Path = tmp_path / request.param
    folder.mkdir(exist_ok=True)
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.prod.yaml"):
        (folder / name).write_text("config: {}\n")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("a\n")
    (tmp_path / "lib.py").write_text("x = 1\n")
    git(tmp_path, "init", "-q", "-b", "main")
    commit(tmp_path)
    git(tmp_path, "switch", "-q", "-c", "change")
    return folder


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "change")


def run(project: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["review-environments", "--cwd", str(project), *arguments])


def listed(project: Path) -> Any:
    return json.loads(run(project, "--since", "main").output)


def test_what_changed_since_the_branch_began_counts_and_what_main_did_since_does_not(project: Path) -> None:
    (project / "Pulumi.prod.yaml").write_text("config: {a: b}\n")
    commit(project)
    git(project, "switch", "-q", "main")
    (project / "Pulumi.dev.yaml").write_text("config: {a: b}\n")
    commit(project)
    git(project, "switch", "-q", "change")
    assert run(project, "--since", "main").output == '["prod"]\n'


def test_a_file_that_becomes_prose_by_a_new_name_counts(project: Path, tmp_path: Path) -> None:
    git(tmp_path, "mv", "docs/a.md", "docs/b.md")
    commit(tmp_path)
    assert listed(project) == []
    git(tmp_path, "mv", "lib.py", "docs/lib.md")
    commit(tmp_path)
    assert listed(project) == ["dev", "prod"]


def test_a_deleted_file_counts(project: Path, tmp_path: Path) -> None:
    (tmp_path / "lib.py").unlink()
    commit(tmp_path)
    assert listed(project) == ["dev", "prod"]


def test_a_submodule_counts_although_the_change_tells_git_to_ignore_it(project: Path, tmp_path: Path) -> None:
    (tmp_path / ".gitmodules").write_text('[submodule "docs/sub"]\n\tpath = sub\n\turl = ./sub\n\tignore = all\n')
    git(tmp_path, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},sub")
    commit_index(tmp_path)
    git(tmp_path, "branch", "-f", "main")
    assert listed(project) == []
    git(tmp_path, "update-index", "--cacheinfo", f"160000,{'2' * 40},sub")
    commit_index(tmp_path)
    assert listed(project) == ["dev", "prod"]


def commit_index(folder: Path) -> None:
    git(folder, "add", ".gitmodules")
    git(folder, "commit", "-q", "-m", "change")


def test_a_name_that_is_no_text_counts(project: Path, tmp_path: Path) -> None:
    (tmp_path / "docs" / "x\udcff").write_text("")
    commit(tmp_path)
    assert listed(project) == []
    (tmp_path / "x\udcff").write_text("")
    commit(tmp_path)
    assert listed(project) == ["dev", "prod"]


def test_a_file_that_the_configuration_names_counts(project: Path, tmp_path: Path) -> None:
    (project / "Pulumi.dev.yaml").write_text(f"config: {{x: {'../' if project != tmp_path else ''}docs/a.md}}\n")
    commit(project)
    git(project, "branch", "-f", "main")
    (tmp_path / "docs" / "a.md").write_text("changed\n")
    commit(tmp_path)
    assert listed(project) == ["dev", "prod"]


def test_the_plan_has_new_and_deleted_environments_and_changed_controls(project: Path, tmp_path: Path) -> None:
    git(project, "mv", "Pulumi.prod.yaml", "Pulumi.new.yaml")
    (tmp_path / "pack.json").write_text("{}")
    commit(tmp_path)
    plan = json.loads(run(project, "--since", "main", "--plan", "--control", "pack.json", "--among", "").output)
    assert plan["environments"] == ["dev", "new"]
    assert plan["new"] == ["new"]
    assert list(plan["notReviewed"]) == ["prod"]
    assert plan["changedControls"] == ["pack.json"]


def test_everything_is_new_in_a_folder_that_the_base_does_not_have(project: Path, tmp_path: Path) -> None:
    (tmp_path / "second").mkdir()
    (tmp_path / "second" / "Pulumi.yaml").write_text("")
    (tmp_path / "second" / "Pulumi.x.yaml").write_text("")
    commit(tmp_path)
    plan = json.loads(run(tmp_path / "second", "--since", "main", "--plan").output)
    assert (plan["environments"], plan["new"]) == (["x"], ["x"])


@pytest.mark.parametrize(
    "arguments",
    [
        ("--since", "nowhere"),
        ("--since", "main", "--among", "dev"),
        ("--since", "main", "--among", '["../x"]'),
        ("--since", "main", "--among", '{"dev": 1}'),
        ("--since", "main", "--control", "x"),
    ],
)
def test_bad_input_exits_with_2(project: Path, arguments: tuple[str, ...]) -> None:
    assert run(project, *arguments).exit_code == 2
    assert run(project, "--since", "main", "--among", '["dev"]').exit_code == 0
