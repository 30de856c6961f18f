"""Which environments a change affects: every file counts that the program may use, and only prose and tests do not."""

import time

import pytest

from eks_access_policies.review.pull_request.environments import (
    Project,
    find_affected_environments,
    find_environments,
    is_dependency_file,
    is_environment_name,
)

ALL = ["dev", "prod"]


def affected(*files: str, folder: str = ".", configuration: str = "") -> list[str]:
    return find_affected_environments(ALL, files, Project(folder, (configuration,)))


def test_the_environments_are_those_of_the_configuration_files() -> None:
    assert find_environments(["Pulumi.yaml", "Pulumi.b.yaml", "Pulumi.a.yml", "x", "Pulumi.-x.yaml"]) == ["a", "b"]


@pytest.mark.parametrize("name", ["../x", "-x", ".", "..", "", "a/b", "a b", "é", "x" * 101, None])
def test_a_name_that_would_be_a_path_or_an_option_is_none_of_an_environment(name: object) -> None:
    assert not is_environment_name(name)
    assert is_environment_name("a-b_c.d")


@pytest.mark.parametrize(
    ("files", "found"),
    [
        (["Pulumi.dev.yaml"], ["dev"]),
        (["Pulumi.dev.yaml", "Pulumi.prod.yml", "README.md"], ALL),
        (["Pulumi.gone.yaml"], []),
        ([], []),
    ],
)
def test_a_configuration_affects_its_own_environment(files: list[str], found: list[str]) -> None:
    assert affected(*files) == found


@pytest.mark.parametrize(
    "file",
    [
        "Pulumi.yaml",
        "Pulumi.-x.yaml",
        "other/Pulumi.dev.yaml",
        "__main__.py",
        "components/eks_access/model/iam.py",
        "requirements.txt",
        "requirements/dev.txt",
        "constraints.txt",
        "pyproject.toml",
        "setup.cfg",
        "poetry.lock",
        "uv.lock",
        "package-lock.json",
        "go.sum",
        "definitions/collector.yaml",
        "examples/custom/collector.yaml",
        "policies/dev.json",
        "Makefile",
        ".python-version",
        ".github/workflows/pull-request.yml",
        "benchmarks/scene.py",
        "vendored",
        "data.bin",
        "src/docs/x.yaml",
        "src/tests/x.py",
        "notes.txt",
        "\udcff.py",
    ],
)
def test_any_other_file_affects_all(file: str) -> None:
    assert affected(file) == ALL


@pytest.mark.parametrize(
    "file",
    ["README.md", "a/b/NOTES.MD", "x.rst", "LICENSE", "docs/schema/report.json", "docs/x.py", "tests/unit/test_x.py"],
)
def test_prose_and_tests_affect_none(file: str) -> None:
    assert affected(file) == []
    assert affected(file, "Pulumi.dev.yaml") == ["dev"]


@pytest.mark.parametrize(
    ("value", "file"),
    [
        ("docs/collector.yaml", "docs/collector.yaml"),
        ("./docs/collector.yaml", "docs/collector.yaml"),
        ("docs/definitions", "docs/definitions/a/b.yaml"),
        ("docs/definitions/", "docs/definitions/a.yaml"),
        ("docs/definitions/*.yaml", "docs/definitions/a.yaml"),
        ("file://docs/a.yaml", "docs/a.yaml"),
        ("policy.md", "policy.md"),
        ("../tests/a.yaml", "tests/a.yaml"),
        ("tests/a.yaml", "tests/a.yaml"),
    ],
)
def test_what_the_configuration_names_affects_all(value: str, file: str) -> None:
    configuration = f"config:\n  x:integrations:\n    a: {{more: [{{definition: '{value}'}}]}}\n"
    folder = "infra" if value.startswith("../") else "."
    assert affected(file, folder=folder, configuration=configuration) == ALL
    assert affected(file, folder=folder, configuration=f"# {value}\nconfig: {{}}\n") == [], "a comment names nothing"


@pytest.mark.parametrize(
    "file",
    [
        "requirements.txt",
        "requirements-dev.in",
        "requirements/base.txt",
        "a/pyproject.toml",
        "uv.lock",
        "Pipfile",
        "go.sum",
    ],
)
def test_a_file_that_says_what_is_installed_is_one_of_dependencies(file: str) -> None:
    assert is_dependency_file(file)


@pytest.mark.parametrize("file", ["notes.txt", "requirements.md", "locks.py", "Pulumi.dev.yaml"])
def test_any_other_file_is_not(file: str) -> None:
    assert not is_dependency_file(file)


def test_a_path_is_relative_to_the_project() -> None:
    assert affected("infra/a.md", folder="infra", configuration="x: a.md") == ALL
    assert affected("other/a.md", folder="infra", configuration="x: a.md") == []


def test_a_project_in_a_folder_of_tests_or_docs_uses_what_is_there() -> None:
    assert affected("tests/stack/lib.py", "tests/other.py", folder="tests/stack") == ALL
    assert affected("docs/other.py", folder="tests/stack") == []


@pytest.mark.parametrize("configuration", ["a: [", "a: &b [*b", "\x00", "[" * 5000])
def test_a_configuration_that_cannot_be_read_may_name_any_file(configuration: str) -> None:
    assert affected("docs/x.json", configuration=configuration) == ALL


def test_aliases_of_aliases_are_read_once() -> None:
    levels = [f"a{number}: &a{number} [{', '.join([f'*a{number - 1}'] * 9)}]" for number in range(1, 20)]
    start = time.monotonic()
    assert affected("docs/x.json", configuration="\n".join(["a0: &a0 [docs/x.json]", *levels])) == ALL
    assert time.monotonic() - start < 5
