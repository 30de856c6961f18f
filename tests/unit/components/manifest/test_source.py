import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from eks_access.manifest.source import SourceError, of_file, of_stack, with_secrets


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts a command `pulumi` with this script on the PATH."""

    def put(script: str) -> None:
        folder = tmp_path / "bin"
        folder.mkdir()
        (folder / "pulumi").write_text(f"#!/bin/sh\n{script}\n")
        (folder / "pulumi").chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    return put


def test_only_the_manifest_is_read_from_the_stack(
    pulumi: Callable[[str], None], manifest_file: Callable[..., str], tmp_path: Path
) -> None:
    pulumi(f'echo "$PWD $*" > {tmp_path}/asked; cat {manifest_file()}')
    assert of_stack("dev", tmp_path).environment == "dev"
    asked = (tmp_path / "asked").read_text().strip()
    assert asked == f"{tmp_path} stack output access --stack dev --json --show-secrets --non-interactive"


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo \"error: stack does not have output property 'access'\" >&2; exit 255", "`pulumi up --stack dev`"),
        ("echo \"error: no stack named 'dev' found\" >&2; exit 255", "there is no stack 'dev'"),
        ("echo 'error: passphrase must be set' >&2; exit 255", "passphrase must be set"),
        ("echo hello", "is not JSON"),
        ("echo '\"[secret]\"'", "secrets are hidden"),
        ("echo '[1]'", "is not an access manifest"),
        ("echo '{\"schemaVersion\": 99}'", "version 99"),
    ],
)  # fmt: skip
def test_a_stack_without_a_manifest_is_reported(
    script: str, message: str, pulumi: Callable[[str], None], tmp_path: Path
) -> None:
    pulumi(script)
    with pytest.raises(SourceError) as refused:
        of_stack("dev", tmp_path)
    assert message in str(refused.value)


def test_a_missing_pulumi_and_a_missing_folder_are_distinguished(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SourceError, match="`pulumi` is not on the PATH"):
        of_stack("dev", tmp_path)
    with pytest.raises(SourceError, match="there is no folder"):
        of_stack("dev", tmp_path / "nowhere")


def test_a_file_with_all_outputs_of_a_stack_is_fine(manifest_file: Callable[..., str], tmp_path: Path) -> None:
    path = tmp_path / "outputs.json"
    path.write_text(json.dumps({"access": json.loads(Path(manifest_file()).read_text()), "other": 1}))
    assert of_file(str(path)).environment == "dev"
    with pytest.raises(SourceError, match="No such file"):
        of_file(str(tmp_path / "nowhere.json"))


def test_which_values_are_secrets_of_the_stack_is_known(
    pulumi: Callable[[str], None], manifest_file: Callable[..., str], tmp_path: Path
) -> None:
    shown = Path(manifest_file())
    value = json.loads(shown.read_text())
    value["integrations"]["acme"]["trust"]["externalId"] = "[secret]"
    hidden = tmp_path / "hidden.json"
    hidden.write_text(json.dumps(value))
    pulumi(f'case "$*" in *--show-secrets*) cat {shown};; *) cat {hidden};; esac')
    manifest, secrets = with_secrets("dev", tmp_path)
    assert manifest.integrations["acme"].trust.external_id == "acme-external-id"
    assert secrets == {"acme-external-id"}


def test_nothing_is_decrypted_if_there_is_no_secret(
    pulumi: Callable[[str], None], manifest_file: Callable[..., str], tmp_path: Path
) -> None:
    pulumi(f'echo "$*" >> {tmp_path}/asked; cat {manifest_file()}')
    manifest, secrets = with_secrets("dev", tmp_path)
    assert (manifest.environment, secrets) == ("dev", frozenset())
    assert "--show-secrets" not in (tmp_path / "asked").read_text()
