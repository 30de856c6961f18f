import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from click.testing import CliRunner

from eks_access_cli import pulumi_program
from eks_access_cli.main import main
from tests.support.interrupted_stack import operation, state


def test_a_resource_with_an_unknown_id_ends_the_command_before_any_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    commands: list[str] = []

    def pulumi(arguments: list[str], project: Path, **_: Any) -> str:
        commands.append(arguments[0])
        return json.dumps(state(operation("aws:s3/bucket:Bucket", "x", {})))

    monkeypatch.setattr(pulumi_program, "_checked_output", pulumi)
    result = CliRunner().invoke(main, ["resume", "--stack", "dev"])
    assert result.exit_code == 1
    assert "the id of urn:pulumi:dev::p::t::x is unknown" in result.output
    assert commands == ["stack"], "only the export"


@pytest.mark.parametrize("torn", [b"", b'{"user.content_type": "appl'])
def test_a_checkpoint_with_torn_attributes_is_made_readable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, torn: bytes
) -> None:
    folder = tmp_path / "my state" / ".pulumi" / "stacks" / "p"
    folder.mkdir(parents=True)
    checkpoint, attributes, other = (folder / name for name in ("dev.json", "dev.json.attrs", "prod.json.attrs"))
    checkpoint.write_text("{}")
    attributes.write_bytes(torn)
    other.write_text("{}")
    backend = f"file://{quote(str(tmp_path / 'my state'))}"

    def pulumi(arguments: list[str], project: Path, **_: Any) -> str:
        if arguments[0] == "whoami":
            return json.dumps({"url": backend})
        if arguments[0] == "stack":
            assert not attributes.exists(), "before the checkpoint is read"
        return json.dumps(state())

    monkeypatch.setattr(pulumi_program, "_checked_output", pulumi)
    result = CliRunner().invoke(main, ["resume", "--stack", "organization/p/dev", "--unlock"])
    assert result.exit_code == 0, result.output
    assert "it is not locked now" in result.output
    assert checkpoint.exists()
    assert other.exists(), "of another stack, and whole"
