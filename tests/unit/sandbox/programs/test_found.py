"""Which of the machine's own programs are used, and the reasons why others are not."""

from pathlib import Path

import pytest

from sandbox.programs.catalogue import PROGRAMS
from sandbox.programs.found import look_for, version_in, why_unfit
from tests.support.machine import Machine

BY_NAME = {program.name: program for program in PROGRAMS}


@pytest.mark.parametrize(
    ("printed", "version"),
    [
        ("v3.274.1\n", "3.274.1"),
        ("Kubernetes v1.35.4\n", "1.35.4"),
        ("etcd Version: 3.6.5\nGit SHA: abc\nGo Version: go1.26.8\n", "3.6.5"),
        ("Client Version: v1.32.4-dispatcher\nKustomize Version: v5.5.0\n", "1.32.4"),
        ("kwok version v0.7.0 go1.26.8 (linux/amd64)\n", "0.7.0"),
        ('{"Version":"v0.6.13","Commit":"1.2"}\n', "0.6.13"),
        ("Client Version: v1.34.1-eks-1234567\n", "1.34.1"),
    ],
)
def test_the_version_is_read_from_what_each_program_really_prints(printed: str, version: str) -> None:
    assert str(version_in(printed)) == version


def test_a_program_that_prints_no_version_has_none() -> None:
    assert version_in('{"Version":"unversioned"}') is None


@pytest.mark.parametrize(
    ("name", "printed", "fits"),
    [
        ("kube-apiserver", "Kubernetes v1.35.0", True),
        ("kube-apiserver", "Kubernetes v1.36.0", False),
        ("kube-apiserver", "Kubernetes v1.34.9", False),
        ("kubectl", "Client Version: v1.34.0", True),
        ("kubectl", "Client Version: v1.36.2", True),
        ("kubectl", "Client Version: v1.32.4-dispatcher", False),
        ("etcd", "etcd Version: 3.6.0", True),
        ("etcd", "etcd Version: 3.5.21", False),
        ("kwok", "kwok version v0.7.0", True),
        ("kwok", "kwok version v0.8.0", False),
        ("aws-iam-authenticator", '{"Version":"0.7.2"}', True),
        ("aws-iam-authenticator", '{"Version":"0.5.9"}', False),
    ],
)
def test_a_version_fits_when_it_is_in_the_range(name: str, printed: str, fits: bool, tmp_path: Path) -> None:
    reason = why_unfit(BY_NAME[name], tmp_path / name, printed)
    assert (reason is None) is fits, f"{printed}: {reason}"


def test_an_unfit_version_is_named_with_what_would_fit(machine: Machine) -> None:
    kubectl = machine.program("kubectl", "Client Version: v1.32.4")
    found, unfit = look_for(PROGRAMS, machine.environ, ignore=machine.cache)
    assert "kubectl" not in found
    expected = f"{kubectl} is not used: it is version 1.32.4, the sandbox takes >=1.34,<1.37"
    assert [str(one) for one in unfit] == [expected]


def test_a_program_that_fails_is_passed_over(machine: Machine) -> None:
    machine.program("kwok", "kwok version v0.7.0").write_text("#!/bin/sh\necho v0.7.0\nexit 1\n")
    found, unfit = look_for(PROGRAMS, machine.environ, ignore=machine.cache)
    assert not found
    assert [one.reason for one in unfit] == ["it prints no version (`kwok --version`)"]


def test_a_fitting_one_further_down_the_path_is_taken(machine: Machine) -> None:
    machine.program("kubectl", "Client Version: v1.32.4")
    second = machine.program("kubectl", "Client Version: v1.35.1", folder=machine.root / "second")
    path = f"{machine.environ['PATH']}:{second.parent}"
    found, unfit = look_for(PROGRAMS, {**machine.environ, "PATH": path}, ignore=machine.cache)
    assert found["kubectl"].path == second
    assert len(unfit) == 1, "the first one is named, although another was used"


def test_envtest_binaries_come_before_the_path(machine: Machine) -> None:
    machine.program("kube-apiserver", "Kubernetes v1.35.4")
    assets = machine.root / "envtest"
    mine = machine.program("kube-apiserver", "Kubernetes v1.35.0", folder=assets)
    environ = {**machine.environ, "KUBEBUILDER_ASSETS": str(assets)}
    found, _ = look_for(PROGRAMS, environ, ignore=machine.cache)
    assert (found["kube-apiserver"].path, found["kube-apiserver"].place) == (mine, "KUBEBUILDER_ASSETS")


def test_only_what_envtest_ships_is_looked_for_in_its_folder(machine: Machine) -> None:
    assets = machine.root / "envtest"
    machine.program("kube-scheduler", "Kubernetes v1.35.4", folder=assets)
    found, _ = look_for(PROGRAMS, {**machine.environ, "KUBEBUILDER_ASSETS": str(assets)}, ignore=machine.cache)
    assert not found


def test_pulumi_is_taken_together_with_the_language_host_beside_it(machine: Machine) -> None:
    machine.program("pulumi", "v3.274.1")
    for name in BY_NAME["pulumi"].beside:
        machine.program(name, "")
    found, _ = look_for(PROGRAMS, machine.environ, ignore=machine.cache)
    assert found["pulumi-language-python"].path == machine.path / "pulumi-language-python"


def test_an_engine_that_does_not_know_replacement_triggers_is_not_taken(tmp_path: Path) -> None:
    pulumi = BY_NAME["pulumi"]
    for name in pulumi.beside:
        (tmp_path / name).touch()
    assert why_unfit(pulumi, tmp_path / "pulumi", "v3.207.0") == "it is version 3.207.0, the sandbox takes >=3.208,<4"
    assert why_unfit(pulumi, tmp_path / "pulumi", "v3.208.0") is None


def test_a_pulumi_without_its_language_host_is_not_taken(machine: Machine) -> None:
    machine.program("pulumi", "v3.274.1")
    found, unfit = look_for(PROGRAMS, machine.environ, ignore=machine.cache)
    assert not found
    assert "pulumi-language-python, " in unfit[0].reason
    assert unfit[0].reason.endswith("not beside it")


def test_what_the_cache_put_on_the_path_is_not_mistaken_for_the_machines_own(machine: Machine) -> None:
    cached = machine.program("kwok", "kwok version v0.7.0", folder=machine.cache / "bin" / "abc")
    environ = {**machine.environ, "PATH": f"{cached.parent}:{machine.environ['PATH']}"}
    assert look_for(PROGRAMS, environ, ignore=machine.cache) == ({}, [])
    assert "kwok" in look_for(PROGRAMS, environ, ignore=machine.root / "elsewhere")[0], "it would fit otherwise"
