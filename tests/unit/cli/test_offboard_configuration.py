"""The stack's file is replaced in one step, with its permissions, wherever a link leads."""

import stat
from pathlib import Path

import pytest

from eks_access.stack.environment_file import ProjectFileError
from eks_access_cli.flows.offboard_configuration import edit_configuration, plan_configuration

TEXT = "config:\n  shop:integrations:\n    cado: {}\n    other: {}\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text(TEXT)
    return tmp_path


def test_the_file_keeps_its_permissions_and_nothing_else_is_left(project: Path) -> None:
    file = project / "Pulumi.dev.yaml"
    file.chmod(0o640)
    names = {each.name for each in project.iterdir()}
    plan = plan_configuration(project, "dev", "cado")
    assert plan is not None
    assert (plan.file, plan.lines) == ("Pulumi.dev.yaml", [(3, 3)])
    assert edit_configuration(project, "dev", "cado").startswith("taken out of Pulumi.dev.yaml")
    assert file.read_text() == TEXT.replace("    cado: {}\n", "")
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert {each.name for each in project.iterdir()} == names


def test_it_is_done_once(project: Path) -> None:
    edit_configuration(project, "dev", "cado")
    assert plan_configuration(project, "dev", "cado") is None
    assert edit_configuration(project, "dev", "cado") == "Pulumi.dev.yaml does not declare it any more"


def test_a_link_stays_a_link(project: Path, tmp_path: Path) -> None:
    real = tmp_path / "elsewhere.yaml"
    (project / "Pulumi.dev.yaml").rename(real)
    (project / "Pulumi.dev.yaml").symlink_to(real)
    edit_configuration(project, "dev", "cado")
    assert (project / "Pulumi.dev.yaml").is_symlink()
    assert "cado" not in real.read_text()


def test_another_folder_and_an_organizations_stack_are_found_as_the_engine_finds_them(project: Path) -> None:
    (project / "Pulumi.yaml").write_text("name: shop\nruntime: python\nstackConfigDir: stacks\n")
    (project / "stacks").mkdir()
    (project / "Pulumi.dev.yaml").rename(project / "stacks" / "Pulumi.dev.yaml")
    assert plan_configuration(project, "acme/shop/dev", "cado") is not None


def test_without_a_file_the_program_declares_it(project: Path) -> None:
    (project / "Pulumi.dev.yaml").unlink()
    assert plan_configuration(project, "dev", "cado") is None


def test_a_file_that_is_not_text_is_an_error(project: Path) -> None:
    (project / "Pulumi.dev.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ProjectFileError, match="cannot be read"):
        plan_configuration(project, "dev", "cado")
