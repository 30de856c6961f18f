"""The `pulumi` program: its command lines, and the advice in its errors."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from eks_access.errors import EksAccessError
from eks_access.manifest.source import SourceError
from eks_access_cli import pulumi_program
from eks_access_cli.pulumi_program import PulumiProgramError, PulumiStack

Pulumi = Callable[[str], None]


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pulumi:
    """Puts a command `pulumi` with this script on the PATH."""

    def install(script: str) -> None:
        folder = tmp_path / "bin"
        folder.mkdir()
        (folder / "pulumi").write_text(f"#!/bin/sh\n{script}\n")
        (folder / "pulumi").chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    return install


def test_only_the_manifest_is_read_of_the_stacks_outputs(
    pulumi: Pulumi, manifest_file: Callable[..., str], tmp_path: Path
) -> None:
    pulumi(f'echo "$PWD $*" > {tmp_path}/arguments; cat {manifest_file()}')
    assert PulumiStack("dev", tmp_path).read_manifest().environment == "dev"
    arguments = (tmp_path / "arguments").read_text().strip()
    assert arguments == (
        f"{tmp_path} stack output access --json --show-secrets --stack dev --non-interactive --color=never"
    )


@pytest.mark.parametrize(
    ("script", "error", "message"),
    [
        (
            "echo \"error: stack does not have output property 'access'\" >&2; exit 255",
            PulumiProgramError,
            "`pulumi up --stack=dev`",
        ),
        ("echo \"error: no stack named 'dev' found\" >&2; exit 255", PulumiProgramError, "there is no stack 'dev'"),
        ("echo 'error: passphrase must be set' >&2; exit 255", PulumiProgramError, "passphrase must be set"),
        ("echo hello", SourceError, "is not JSON"),
        ("echo '\"[secret]\"'", SourceError, "secrets are hidden"),
        ("echo '[1]'", SourceError, "is not an access manifest"),
        ("echo '{\"schemaVersion\": 99}'", SourceError, "version 99"),
    ],
)
def test_a_stack_without_a_manifest_is_an_error_with_the_reason(
    script: str, error: type[EksAccessError], message: str, pulumi: Pulumi, tmp_path: Path
) -> None:
    pulumi(script)
    with pytest.raises(error) as raised:
        PulumiStack("dev", tmp_path).read_manifest()
    assert message in str(raised.value)


@pytest.mark.parametrize("output", ["error: the stack is currently locked by 1 lock(s)", "failed to load checkpoint"])
def test_a_locked_stack_is_an_error_with_the_command_that_unlocks_it(
    output: str, pulumi: Pulumi, tmp_path: Path
) -> None:
    pulumi(f"echo '{output}' >&2; exit 255")
    with pytest.raises(PulumiProgramError, match="add --unlock: `eks-access resume --unlock --stack=dev`"):
        PulumiStack("dev", tmp_path).export_state()


def test_the_output_of_a_failure_is_redacted(pulumi: Pulumi, tmp_path: Path) -> None:
    pulumi("echo 'error: Bearer abc.def was refused' >&2; exit 255")
    with pytest.raises(PulumiProgramError, match=r"Bearer \[redacted\] was refused"):
        PulumiStack("dev", tmp_path).refresh()


def test_a_state_that_is_not_json_is_an_error(pulumi: Pulumi, tmp_path: Path) -> None:
    pulumi("echo hello")
    with pytest.raises(PulumiProgramError, match="`pulumi stack export` for stack 'dev' did not print JSON"):
        PulumiStack("dev", tmp_path).export_state()


def test_a_program_that_takes_too_long_is_ended(
    pulumi: Pulumi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulumi_program, "_READ_SECONDS", 0.2)
    pulumi("exec sleep 60")
    with pytest.raises(PulumiProgramError, match=r"`pulumi stack export` took over 0\.2 seconds"):
        PulumiStack("dev", tmp_path).export_state()


def test_an_interrupted_program_ends_by_itself(pulumi: Pulumi, tmp_path: Path) -> None:
    """Killed, the engine would leave the stack locked. Ctrl-C reaches every process of the terminal's group."""
    # A shell runs its trap once the command in the foreground has ended, which may have missed the signal at its start.
    working = "while true; do sleep 0.1; done"
    pulumi(f"trap 'sleep 1; touch {tmp_path}/unlocked; exit 1' INT; touch {tmp_path}/locked; {working}")
    # Whatever a shell runs in the background, as these tests may be, ignores the signal from its start.
    call = f"""import signal; signal.signal(signal.SIGINT, signal.default_int_handler)
from eks_access_cli.pulumi_program import *; PulumiStack('dev', Path({str(tmp_path)!r})).export_state()"""
    with subprocess.Popen([sys.executable, "-c", call], start_new_session=True, stderr=subprocess.PIPE) as process:
        while not (tmp_path / "locked").exists():
            assert process.poll() is None
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert b"KeyboardInterrupt" in errors
    assert (tmp_path / "unlocked").exists()


def test_a_missing_program_and_a_missing_folder_are_told_apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PulumiProgramError, match="`pulumi` is not on the PATH"):
        PulumiStack("dev", tmp_path).read_manifest()
    with pytest.raises(PulumiProgramError, match="there is no folder"):
        PulumiStack("dev", tmp_path / "nowhere").read_manifest()


def test_the_values_that_are_secrets_of_the_stack_are_returned(
    pulumi: Pulumi, manifest_file: Callable[..., str], tmp_path: Path
) -> None:
    shown = Path(manifest_file())
    value = json.loads(shown.read_text())
    value["integrations"]["acme"]["trust"]["externalId"] = "[secret]"
    hidden = tmp_path / "hidden.json"
    hidden.write_text(json.dumps(value))
    pulumi(f'case "$*" in *--show-secrets*) cat {shown};; *) cat {hidden};; esac')
    manifest, secrets = PulumiStack("dev", tmp_path).read_manifest_and_secrets()
    assert manifest.integrations["acme"].trust.external_id == "acme-external-id"
    assert secrets == {"acme-external-id"}


def test_nothing_is_decrypted_if_there_is_no_secret(
    pulumi: Pulumi, manifest_file: Callable[..., str], tmp_path: Path
) -> None:
    pulumi(f'echo "$*" >> {tmp_path}/arguments; cat {manifest_file()}')
    manifest, secrets = PulumiStack("dev", tmp_path).read_manifest_and_secrets()
    assert (manifest.environment, secrets) == ("dev", frozenset())
    assert "--show-secrets" not in (tmp_path / "arguments").read_text()


def test_an_import_protects_nothing_and_generates_no_code(pulumi: Pulumi, tmp_path: Path) -> None:
    pulumi(f'echo "$KUBECONFIG $*" > {tmp_path}/arguments')
    PulumiStack("dev", tmp_path, {"KUBECONFIG": "clusters.yaml"}).import_resources(tmp_path / "import.json")
    assert (tmp_path / "arguments").read_text().split()[:8] == [
        "clusters.yaml",
        "import",
        "--file",
        f"{tmp_path}/import.json",
        "--yes",
        "--skip-preview",
        "--protect=false",
        "--generate-code=false",
    ]


@pytest.mark.parametrize(
    ("script", "state"),
    [
        ('echo \'{"deployment": {"resources": [{}]}}\'', {"deployment": {"resources": [{}]}}),
        ("echo '{\"deployment\": {}}'", None),
        ("echo \"error: no stack named 'dev' found\" >&2; exit 255", None),
    ],
)
def test_a_stack_without_a_state_has_none(pulumi: Pulumi, tmp_path: Path, script: str, state: object) -> None:
    pulumi(script)
    assert PulumiStack("dev", tmp_path).find_state() == state


def test_a_state_that_cannot_be_read_is_not_taken_for_none(pulumi: Pulumi, tmp_path: Path) -> None:
    pulumi("echo 'error: incorrect passphrase' >&2; exit 255")
    with pytest.raises(PulumiProgramError, match="incorrect passphrase"):
        PulumiStack("dev", tmp_path).find_state()


def test_a_preview_writes_an_import_file_with_the_configuration_of_another_file(pulumi: Pulumi, tmp_path: Path) -> None:
    pulumi(f'echo "$*" > {tmp_path}/arguments; echo "{{}}"')
    stack = PulumiStack("dev", tmp_path)
    stack.preview(import_file=tmp_path / "import.json", config_file=tmp_path / "c.yaml")
    arguments = (tmp_path / "arguments").read_text()
    assert f"--import-file {tmp_path}/import.json --config-file {tmp_path}/c.yaml" in arguments
    stack.preview()
    assert "--import-file" not in (tmp_path / "arguments").read_text()


def test_only_the_targets_are_destroyed_and_only_the_outputs_are_updated(pulumi: Pulumi, tmp_path: Path) -> None:
    pulumi(f'echo "$*" >> {tmp_path}/arguments')
    stack = PulumiStack("dev", tmp_path)
    stack.destroy_targets(["urn:a", "urn:b c"])
    stack.update_outputs("urn:stack")
    end = "--stack dev --non-interactive --color=never"
    assert (tmp_path / "arguments").read_text().splitlines() == [
        f"destroy --yes --skip-preview --target=urn:a --target=urn:b c {end}",
        f"up --yes --skip-preview --suppress-outputs --target=urn:stack {end}",
    ]


def test_a_destroy_without_targets_would_be_one_of_everything_and_is_not_run(pulumi: Pulumi, tmp_path: Path) -> None:
    pulumi(f'echo "$*" >> {tmp_path}/arguments')
    stack = PulumiStack("dev", tmp_path)
    with pytest.raises(PulumiProgramError, match="no target"):
        stack.destroy_targets([])
    with pytest.raises(PulumiProgramError, match="no target"):
        stack.update_outputs("")
    assert not (tmp_path / "arguments").exists()
