from pathlib import Path

import pytest

from eks_access.model.identity import AuthenticationMode
from eks_access.provision.engine import FIRST_VERSION
from eks_access_probe.doctor.finding import Status
from eks_access_probe.doctor.programs import (
    check_command,
    check_engine,
    check_kubernetes_plugin,
    check_plugin,
    check_sdks,
)

API, CONFIG_MAP = AuthenticationMode.API, AuthenticationMode.CONFIG_MAP
REQUIRED = (
    "pulumi>=3.250,<4",
    "pulumi-aws>=7.14,<8",
    "pulumi-kubernetes>=4.20,<5",
    'colorama; sys_platform == "win32"',
)
INSTALLED = {"eks-access": "0.1.0", "pulumi": "3.272.0", "pulumi-aws": "7.51.1", "pulumi-kubernetes": "4.24.1"}


@pytest.mark.parametrize(
    ("printed", "modes", "status", "words"),
    [
        ("v3.274.1\n", [API], Status.OK, "Pulumi 3.274.1"),
        (f"v{FIRST_VERSION}.0", [API], Status.OK, "Pulumi 3.208.0"),
        ("v3.207.9", [API], Status.PROBLEM, "no replacement triggers"),
        ("v3.207.9", [], Status.PROBLEM, "no replacement triggers"),
        ("v3.207.9", [CONFIG_MAP, API], Status.PROBLEM, "no replacement triggers"),
        ("v3.207.9", [CONFIG_MAP], Status.OK, "every cluster is on aws-auth"),
        ("v3.30.0-dev.1", [API], Status.PROBLEM, "no replacement triggers"),
        ("v3.300.0-alpha.1+dirty", [API], Status.OK, "Pulumi 3.300.0a1"),
        ("v2.25.2", [CONFIG_MAP], Status.PROBLEM, "only 3.x is supported"),
        ("warning: something\nv3.274.1", [API], Status.OK, "Pulumi 3.274.1"),
        ("what", [API], Status.UNKNOWN, "printed no version"),
        (None, [API], Status.PROBLEM, "not on the PATH"),
    ],
)
def test_the_engine_has_replacement_triggers_where_there_are_access_entries(
    printed: str | None, modes: list[AuthenticationMode], status: Status, words: str
) -> None:
    finding = check_engine(printed, FIRST_VERSION, modes)
    assert finding.status is status
    assert words in finding.summary
    assert bool(finding.advice) is (status is Status.PROBLEM)


def install(home: Path, version: str, python: str) -> None:
    script = home / "plugins" / f"resource-eks-access-v{version}" / "pulumi-resource-eks-access"
    script.parent.mkdir(parents=True)
    script.write_text(f'#!/bin/sh\nexport PYTHONPATH\nexec {python} -m eks_access.provider "$@"\n')
    script.chmod(0o755)
    script.parent.with_suffix(".lock").touch()


def test_the_plugin_is_of_this_version_and_its_environment_is_still_there(tmp_path: Path) -> None:
    def check() -> tuple[Status, str]:
        finding = check_plugin("0.2.0", tmp_path, None, None, None)
        assert bool(finding.advice) is (finding.status is not Status.OK)
        return finding.status, finding.summary + finding.advice

    assert check()[0] is Status.PROBLEM
    assert "not installed" in check()[1]
    install(tmp_path, "0.1.0", "/bin/sh")
    status, words = check()
    assert (status, "version 0.1.0 is installed, and this is 0.2.0" in words) == (Status.PROBLEM, True)
    install(tmp_path, "0.2.0", "/bin/sh")
    assert check() == (Status.OK, "version 0.2.0")
    install(tmp_path, "0.10.0", "/bin/sh")
    status, words = check()
    assert status is Status.PROBLEM, "the engine takes the newest, by number"
    assert "resource-eks-access-v0.10.0" in words


def test_a_plugin_whose_python_is_gone_is_a_problem(tmp_path: Path) -> None:
    install(tmp_path, "0.2.0", "/nowhere/bin/python")
    finding = check_plugin("0.2.0", tmp_path, None, None, None)
    assert finding.status is Status.PROBLEM
    assert "/nowhere/bin/python is not there any more" in finding.summary


def test_a_plugin_on_the_path_comes_first_and_counts_as_this_version_beside_this_command(tmp_path: Path) -> None:
    command, plugin = str(tmp_path / "bin" / "eks-access"), str(tmp_path / "bin" / "pulumi-resource-eks-access")
    assert check_plugin("0.2.0", tmp_path, None, plugin, command).status is Status.OK
    other = check_plugin("0.2.0", tmp_path, None, plugin, "/elsewhere/eks-access")
    assert other.status is Status.UNKNOWN
    assert "of another environment" in other.summary


def test_the_folder_that_the_project_names_must_have_the_plugin(tmp_path: Path) -> None:
    assert check_plugin("0.2.0", tmp_path, tmp_path, None, None).status is Status.PROBLEM
    (tmp_path / "pulumi-resource-eks-access").touch()
    assert check_plugin("0.2.0", tmp_path, tmp_path, None, None).status is Status.OK


@pytest.mark.parametrize(
    ("found", "printed", "status", "words"),
    [
        ("/bin/eks-access", "eks-access, version 0.2.0\n", Status.OK, "/bin/eks-access"),
        ("/bin/eks-access", "eks-access, version 0.1.0\n", Status.PROBLEM, "is version 0.1.0, and this is 0.2.0"),
        ("/bin/eks-access", None, Status.PROBLEM, "does not run"),
        (None, None, Status.PROBLEM, "not on the PATH"),
    ],
)
def test_the_command_that_signs_in_is_on_the_path_and_of_this_version(
    found: str | None, printed: str | None, status: Status, words: str
) -> None:
    finding = check_command("0.2.0", found, printed)
    assert (finding.status, words in finding.summary) == (status, True)


def test_the_sdks_are_those_that_this_package_requires() -> None:
    def details(objects: bool = True, **changes: str | None) -> tuple[str, ...]:
        versions = {**INSTALLED, **{name.replace("_", "-"): version for name, version in changes.items()}}
        installed = {name: version for name, version in versions.items() if version is not None}
        finding = check_sdks(REQUIRED, installed, "x", objects=objects)
        assert (finding.status is Status.OK) is (finding.details == ())
        return finding.details

    assert details() == ()
    assert details(pulumi_aws="6.1.0") == ("pulumi-aws is 6.1.0, and pulumi-aws<8,>=7.14 is needed",)
    assert details(pulumi=None) == ("pulumi is not installed, and pulumi<4,>=3.250 is needed",)
    assert details(eks_access=None) == ("eks-access is not installed there",)
    assert details(pulumi_kubernetes=None) != ()
    assert details(objects=False, pulumi_kubernetes=None) == (), "no object needs it"
    assert check_sdks((), INSTALLED, "x", objects=False).status is Status.UNKNOWN


def test_an_environment_without_python_is_a_problem() -> None:
    finding = check_sdks(REQUIRED, None, "venv", objects=False)
    assert (finding.status, "there is no Python in venv" in finding.summary) == (Status.PROBLEM, True)


def test_the_official_plugin_is_needed_for_objects_alone(tmp_path: Path) -> None:
    kinds = frozenset({"Secret"})
    assert check_kubernetes_plugin(frozenset(), "4.24.1", tmp_path).status is Status.NOT_NEEDED
    assert check_kubernetes_plugin(kinds, None, tmp_path).status is Status.UNKNOWN
    missing = check_kubernetes_plugin(kinds, "4.24.1", tmp_path)
    assert "`pulumi plugin install resource kubernetes 4.24.1`" in missing.advice
    (tmp_path / "plugins" / "resource-kubernetes-v4.24.1").mkdir(parents=True)
    there = check_kubernetes_plugin(kinds, "4.24.1", tmp_path)
    assert (there.status, there.advice) == (Status.OK, "")
