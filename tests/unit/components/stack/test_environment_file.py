from pathlib import Path
from typing import Any

import pytest
import yaml

from eks_access.errors import InvalidInputError
from eks_access.model.placeholders import is_known
from eks_access.stack.environment_file import NoEnvironmentError, ProjectFileError, read_environment, read_project

CONFIG = {
    "shop:aws": {"account": "111122223333", "region": "eu-west-1"},
    "shop:clusters": {"prod": {"name": "prod-eu"}},
    "shop:integrations": {"conductorone": {"external_id": {"secret": "c1-id"}}},
    "shop:c1-id": {"secure": "v1:abc"},
    "aws:region": "eu-west-1",
}


def write(folder: Path, declared: Any = None, **project: Any) -> Path:
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump({"name": "shop", "runtime": "python", **project}))
    (folder / "Pulumi.prod.yaml").write_text(yaml.safe_dump({"config": CONFIG if declared is None else declared}))
    return folder


@pytest.mark.parametrize("stack", ["prod", "acme/prod", "acme/shop/prod"])
def test_a_stacks_file_is_read_without_the_engine_and_its_secrets_stay_unknown(tmp_path: Path, stack: str) -> None:
    environment = read_environment(read_project(write(tmp_path)), stack)
    (declared,) = environment.integrations
    assert environment.clusters["prod"]["name"] == "prod-eu"
    assert not is_known(declared.arguments["external_id"])


def test_a_secret_that_is_not_set_is_refused_with_the_command_that_sets_it(tmp_path: Path) -> None:
    config = {key: value for key, value in CONFIG.items() if key != "shop:c1-id"}
    with pytest.raises(InvalidInputError, match=r"c1-id is not set.*`pulumi config set --secret -- c1-id`"):
        read_environment(read_project(write(tmp_path, config)), "prod")


def test_a_program_of_ones_own_has_no_environment_to_read(tmp_path: Path) -> None:
    with pytest.raises(NoEnvironmentError, match="none of the sections shop:aws, shop:clusters, shop:integrations"):
        read_environment(read_project(write(tmp_path, {"aws:region": "eu-west-1"})), "prod")


def test_the_configurations_folder_the_environment_and_the_plugin_are_as_the_project_has_them(tmp_path: Path) -> None:
    (tmp_path / "stacks").mkdir()
    plugins = {"providers": [{"name": "aws", "path": "x"}, {"name": "eks-access", "path": "components"}]}
    runtime = {"name": "python", "options": {"virtualenv": ".venv"}}
    project = read_project(write(tmp_path, stackConfigDir="stacks", runtime=runtime, plugins=plugins))
    assert project.stack_file("prod") == tmp_path / "stacks" / "Pulumi.prod.yaml"
    assert project.virtual_environment == tmp_path / ".venv"
    assert project.plugin_folder == tmp_path / "components"
    plain = read_project(write(tmp_path))
    assert (plain.virtual_environment, plain.plugin_folder) == (None, None)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "has no Pulumi.yaml: name the project"),
        ("name: [", "is not YAML"),
        ("- a", "is not a mapping"),
        ("runtime: python", "has no `name`"),
    ],
)
def test_what_is_no_project_is_refused_for_its_reason(tmp_path: Path, text: str | None, reason: str) -> None:
    if text is not None:
        (tmp_path / "Pulumi.yaml").write_text(text)
    with pytest.raises(ProjectFileError, match=reason):
        read_project(tmp_path)


def test_a_file_that_is_not_yaml_is_named_by_its_line_and_not_quoted(tmp_path: Path) -> None:
    project = read_project(write(tmp_path))
    (tmp_path / "Pulumi.prod.yaml").write_text("config:\n  secret-value: [\n")
    with pytest.raises(ProjectFileError, match=r"is not YAML \(line 3\)") as refused:
        read_environment(project, "prod")
    assert "secret-value" not in str(refused.value)


def test_values_that_are_encrypted_in_place_stay_unknown_and_a_whole_section_is_not_read(tmp_path: Path) -> None:
    clusters = {"prod": {"name": "prod-eu", "kubeconfig": {"secure": "v1:abc"}}}
    environment = read_environment(read_project(write(tmp_path, CONFIG | {"shop:clusters": clusters})), "prod")
    kubeconfig = environment.clusters["prod"]["kubeconfig"]
    assert isinstance(kubeconfig, str)
    assert not is_known(kubeconfig)
    encrypted = CONFIG | {"shop:integrations": {"secure": "v1:abc"}}
    with pytest.raises(NoEnvironmentError, match="shop:integrations is encrypted as a whole"):
        read_environment(read_project(write(tmp_path, encrypted)), "prod")


def test_sections_of_the_project_are_not_taken_for_missing(tmp_path: Path) -> None:
    config = {key: value for key, value in CONFIG.items() if key != "shop:aws"}
    with pytest.raises(InvalidInputError, match="aws is required"):
        read_environment(read_project(write(tmp_path, config)), "prod")
    with pytest.raises(NoEnvironmentError, match=r"those in Pulumi.yaml are not read here"):
        read_environment(read_project(write(tmp_path, config, config={"aws": {"value": {}}})), "prod")
