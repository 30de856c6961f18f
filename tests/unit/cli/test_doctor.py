"""`eks-access doctor`: what it prints, its exit codes, and the programs that it runs."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from eks_access import __version__
from eks_access.kubernetes.client import KubernetesApi, Response
from eks_access_cli.main import main
from tests.support.doctor import ACCOUNT, Answers, refused
from tests.support.vendors import ARGUMENTS
from tests.support.world import World

CONFIG = {
    "shop:aws": {"account": ACCOUNT, "region": "us-east-1", "endpoint": "loopback"},
    "shop:clusters": {"prod": {"name": "prod-0"}},
    "shop:integrations": {"opentrace": ARGUMENTS["opentrace"]},
}


@pytest.fixture
def answers(world: World, certificate_authority: str, monkeypatch: pytest.MonkeyPatch) -> Answers:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIADEPLOYER")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "deployers-own-key")
    answers = Answers(world, certificate_authority)

    def request(api: KubernetesApi, method: str, path: str, **options: Any) -> Response:
        return answers.review(options["body"])

    monkeypatch.setattr(KubernetesApi, "request", request)
    return answers


@pytest.fixture
def bin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
    """Puts a program on the PATH, which has no other but the shell's."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", os.pathsep.join([str(folder), "/usr/bin", "/bin"]))
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "pulumi"))

    def write(name: str, script: str) -> Path:
        path = folder / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    write("pulumi", 'case "$1" in version) echo v3.274.1;; whoami) echo \'{"url": "file://~"}\';; esac')
    write("eks-access", f"echo eks-access, version {__version__}")
    write("pulumi-resource-eks-access", "exit 1")
    write("python3", 'echo \'{"eks-access": "0.1.0", "pulumi": "3.272.0", "pulumi-aws": "7.51.1"}\'')
    return write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    project = tmp_path / "project"
    project.mkdir()
    (project / "Pulumi.yaml").write_text(yaml.safe_dump({"name": "shop", "runtime": "python"}))
    (project / "Pulumi.prod.yaml").write_text(yaml.safe_dump({"config": CONFIG}))
    return project


def run(*options: str) -> Result:
    return CliRunner().invoke(main, ["doctor", *options], catch_exceptions=False)


def doctor(folder: Path, *options: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """The exit code, and the findings by what was examined."""
    done = run("--stack", "prod", "-C", str(folder), "--json", *options)
    report = json.loads(done.output)
    assert report["schemaVersion"] == 1
    return done.exit_code, {each["check"]: each for each in report["findings"]}


def test_nothing_in_the_way_exits_with_0_and_prints_a_line_for_everything(
    answers: Answers, bin: object, folder: Path
) -> None:
    done = run("--stack", "prod", "-C", str(folder))
    assert done.exit_code == 0, done.output
    for word in ("engine", "backend", "plugin", "command", "sdk", "credentials", "clock", "proxy", "kubernetes-rights"):
        assert f"{word} " in done.output
    assert done.output.endswith("Nothing is in the way.\n")


def test_a_problem_exits_with_1_and_has_its_details_and_advice(answers: Answers, bin: object, folder: Path) -> None:
    answers.denied = {"iam:CreateRole"}
    done = run("--stack", "prod", "-C", str(folder))
    assert done.exit_code == 1
    assert "✗ aws-rights" in done.output
    assert (
        "· iam:CreateRole on arn:aws:iam::111122223333:role/eks-access-opentrace: for the role of opentrace"
        in done.output
    )
    assert "→ Have them allowed to" in done.output
    assert done.output.endswith("1 problem.\n")


def test_what_could_not_be_determined_exits_with_3_unless_there_is_a_problem(
    answers: Answers, bin: Callable[[str, str], Path], folder: Path
) -> None:
    answers.world.answers["SimulatePrincipalPolicy"] = refused("iam:SimulatePrincipalPolicy")
    code, findings = doctor(folder)
    assert (code, findings["aws-rights"]["status"]) == (3, "unknown")
    bin("pulumi", "echo v3.100.0")
    assert doctor(folder)[0] == 1


@pytest.mark.parametrize(
    ("program", "script", "check", "words"),
    [
        ("pulumi", "exit 1", "engine", "not on the PATH"),
        ("pulumi", 'test "$1" = version && echo v3.274.1', "backend", "failed"),
        ("eks-access", "exit 1", "command", "does not run"),
        ("eks-access", "echo eks-access, version 0.0.1", "command", "is version 0.0.1"),
        ("python3", "exit 1", "sdk", "there is no Python"),
        ("python3", "echo '{}'", "sdk", "lacks what it imports"),
    ],
)
def test_a_program_that_is_missing_or_another_is_a_problem(
    answers: Answers, bin: Callable[[str, str], Path], folder: Path, program: str, script: str, check: str, words: str
) -> None:
    assert doctor(folder)[1][check]["status"] == "ok"
    bin(program, script)
    code, findings = doctor(folder)
    assert (code, findings[check]["status"], words in findings[check]["summary"]) == (1, "problem", True)


def test_the_plugin_is_needed_on_the_path_or_in_the_engines_folder(
    answers: Answers, bin: Callable[[str, str], Path], folder: Path
) -> None:
    (bin("x", "").parent / "pulumi-resource-eks-access").unlink()
    code, findings = doctor(folder)
    assert (code, findings["plugin"]["status"]) == (1, "problem")
    assert "`eks-access plugin install`" in findings["plugin"]["advice"]
    assert CliRunner().invoke(main, ["plugin", "install"]).exit_code == 0
    assert doctor(folder)[1]["plugin"]["status"] == "ok"


def test_the_programs_environment_is_the_one_that_the_project_names(
    answers: Answers, bin: Callable[[str, str], Path], folder: Path
) -> None:
    runtime = {"name": "python", "options": {"virtualenv": "venv"}}
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump({"name": "shop", "runtime": runtime}))
    assert str(folder / "venv") in doctor(folder)[1]["sdk"]["summary"]
    (folder / "venv" / "bin").mkdir(parents=True)
    bin("python3", 'echo \'{"eks-access": "0.1.0", "pulumi": "3.272.0", "pulumi-aws": "7.51.1"}\'').rename(
        folder / "venv" / "bin" / "python"
    )
    assert doctor(folder)[1]["sdk"]["status"] == "ok"


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"shop:integrations": {"cadoo": {}}}, "problem", "is not a known vendor"),
        ({"shop:clusters": None}, "problem", "clusters must be a mapping"),
    ],
)
def test_an_invalid_configuration_is_a_problem_with_its_path(
    answers: Answers, bin: object, folder: Path, change: dict[str, Any], status: str, words: str
) -> None:
    (folder / "Pulumi.prod.yaml").write_text(yaml.safe_dump({"config": CONFIG | change}))
    code, findings = doctor(folder)
    assert (code, findings["configuration"]["status"]) == (1, status)
    assert words in findings["configuration"]["summary"]
    assert "engine" in findings, "what does not depend on it is examined"


def test_a_stack_without_a_file_and_a_folder_without_a_project_are_problems(
    answers: Answers, bin: object, folder: Path, tmp_path: Path
) -> None:
    done = run("--stack", "stage", "-C", str(folder), "--json")
    (found,) = (each for each in json.loads(done.output)["findings"] if each["check"] == "configuration")
    assert (done.exit_code, found["advice"]) == (1, "`eks-access init` writes one.")
    empty = tmp_path / "empty"
    empty.mkdir()
    code, findings = doctor(empty)
    assert (code, "`eks-access init`" in findings["configuration"]["advice"]) == (1, True)


def test_a_program_of_ones_own_is_unknown_rather_than_in_order(answers: Answers, bin: object, folder: Path) -> None:
    (folder / "Pulumi.prod.yaml").write_text(yaml.safe_dump({"config": {"aws:region": "us-east-1"}}))
    code, findings = doctor(folder)
    assert (code, findings["configuration"]["status"]) == (3, "unknown")


def test_without_a_stack_the_region_is_examined(
    answers: Answers, bin: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = run("-C", str(tmp_path), "--region", "us-east-1")
    assert done.exit_code == 0, done.output
    assert "prod-0: authentication mode API; you are jane there" in done.output
    assert "- aws-rights" in done.output
    without = run("-C", str(tmp_path))
    assert (without.exit_code, "Give --region" in without.output) == (3, True)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    assert run("-C", str(tmp_path)).exit_code == 0


def test_an_environment_of_this_machine_without_its_endpoint_makes_no_call(
    answers: Answers, bin: object, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    code, findings = doctor(folder)
    assert (code, findings["endpoint"]["status"]) == (1, "problem")
    assert not answers.world.calls


def test_an_environment_on_aws_is_not_examined_at_an_endpoint_of_this_machine(
    answers: Answers, bin: object, folder: Path
) -> None:
    on_aws = {**CONFIG, "shop:aws": {"account": ACCOUNT, "region": "us-east-1"}}
    (folder / "Pulumi.prod.yaml").write_text(yaml.safe_dump({"config": on_aws}))
    code, findings = doctor(folder)
    assert (code, "Unset AWS_ENDPOINT_URL" in findings["endpoint"]["advice"]) == (1, True)
    assert not answers.world.calls


def test_names_of_others_cannot_act_on_the_terminal(answers: Answers, bin: object, folder: Path) -> None:
    answers.user = "x\x1b[2J"
    done = run("--stack", "prod", "-C", str(folder))
    assert ("\x1b" in done.output, "you are x␛[2J there" in done.output) == (False, True)


def test_region_goes_without_stack() -> None:
    done = run("--stack", "prod", "--region", "us-east-1")
    assert (done.exit_code, "--region goes without --stack" in done.output) == (2, True)
