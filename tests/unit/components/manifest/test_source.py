import json
from collections.abc import Callable
from pathlib import Path

import pytest

from eks_access.manifest.source import SourceError, find_secrets, has_hidden_secrets, load_manifest, parse_manifest


def test_a_file_with_all_outputs_of_a_stack_is_accepted(manifest_file: Callable[..., str], tmp_path: Path) -> None:
    path = tmp_path / "outputs.json"
    path.write_text(json.dumps({"access": json.loads(Path(manifest_file()).read_text()), "other": 1}))
    assert load_manifest(str(path)).environment == "dev"
    with pytest.raises(SourceError, match="No such file"):
        load_manifest(str(tmp_path / "nowhere.json"))


def test_hidden_secrets_are_an_error_only_where_they_are_needed(manifest_file: Callable[..., str]) -> None:
    value = json.loads(Path(manifest_file()).read_text())
    value["integrations"]["acme"]["trust"]["externalId"] = "[secret]"
    text = json.dumps(value).encode()
    assert has_hidden_secrets(text)
    assert parse_manifest(text, "it", secrets=False).integrations["acme"].trust.external_id == "[secret]"
    with pytest.raises(SourceError, match="it: secrets are hidden in it"):
        parse_manifest(text, "it")


def test_secrets_are_the_values_that_are_hidden_without_show_secrets() -> None:
    hidden = {"a": "[secret]", "b": ["x", {"c": "[secret]"}], "d": "[secret]"}
    shown = {"a": "one", "b": ["x", {"c": "two"}], "d": 3}
    assert set(find_secrets(hidden, shown)) == {"one", "two"}
