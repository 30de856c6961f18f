import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from eks_access.manifest.models import HIDDEN
from eks_access_cli.main import main
from tests.support.manifests import access, manifest


@pytest.fixture
def handoff(tmp_path: Path) -> Callable[..., Result]:
    def run(value: dict[str, Any], *arguments: str) -> Result:
        path = tmp_path / "access.json"
        path.write_text(json.dumps(value))
        return CliRunner().invoke(main, ["handoff", "--manifest", str(path), *arguments])

    return run


def test_the_values_are_under_the_forms_labels_in_its_order_with_the_steps(
    handoff: Callable[..., Result],
) -> None:
    output = handoff(manifest(c1=access("conductorone")), "c1").output
    labels = ["Region", "Cluster name", "Assume role ARN", "External ID"]
    places = [output.index(label) for label in labels]
    assert places == sorted(places)
    assert "arn:aws:iam::111122223333:role/eks-access-conductorone" in output
    assert "Shared identity source" in output, "a step that only a person can do"
    assert "\x1b[" not in output, "no colours where it is piped"


def test_all_integrations_are_shown_if_none_is_named(handoff: Callable[..., Result]) -> None:
    output = handoff(manifest(c1=access("conductorone"), forensics=access("cado"))).output
    assert "ConductorOne  c1" in output
    assert "Cado  forensics" in output


def test_a_long_value_is_on_one_line_so_that_it_can_be_copied(handoff: Callable[..., Result]) -> None:
    long = access("cado")
    long["handoff"]["fields"][0]["value"] = "arn:" + "x" * 300
    assert "arn:" + "x" * 300 in handoff(manifest(cado=long)).output


@pytest.mark.parametrize("form", ["text", "markdown", "json"])
def test_values_that_pulumi_hides_are_hidden_and_the_rest_is_shown(handoff: Callable[..., Result], form: str) -> None:
    hidden = access("conductorone")
    hidden["handoff"]["fields"][3]["value"] = HIDDEN
    result = handoff(manifest(c1=hidden), "--format", form)
    assert result.exit_code == 0
    assert HIDDEN not in result.output
    assert "hidden" in result.output
    assert "us-east-1" in result.output


def test_a_value_that_is_secret_by_nature_is_hidden_even_in_a_file_that_shows_it(
    handoff: Callable[..., Result],
) -> None:
    shown = access("conductorone")
    shown["handoff"]["fields"].append({"label": "Access key secret", "value": "hunter2", "secret": True})
    for form in ("text", "markdown", "json"):
        assert "hunter2" not in handoff(manifest(c1=shown), "--format", form).output
        assert "hunter2" in handoff(manifest(c1=shown), "--format", form, "--show-secrets").output


def test_secrets_cannot_be_shown_from_a_file_that_hides_them(handoff: Callable[..., Result]) -> None:
    hidden = access("conductorone")
    hidden["handoff"]["fields"][3]["value"] = HIDDEN
    refused = handoff(manifest(c1=hidden), "--show-secrets")
    assert refused.exit_code == 2
    assert "write it with `pulumi stack output access --json --show-secrets`" in refused.output


def test_json_has_labels_values_and_steps_in_order(handoff: Callable[..., Result]) -> None:
    printed = json.loads(handoff(manifest(c1=access("conductorone")), "--format", "json").output)
    shown = printed["integrations"]["c1"]
    assert [field["label"] for field in shown["fields"]] == [
        "Region",
        "Cluster name",
        "Assume role ARN",
        "External ID",
    ]
    assert shown["fields"][3] == {"label": "External ID", "value": "c1-x", "hidden": False}
    assert len(shown["steps"]) == 3


def test_markdown_survives_values_that_would_break_a_table(handoff: Callable[..., Result]) -> None:
    odd = access("cado")
    odd["handoff"]["fields"] = [{"label": "a|b", "value": "one|two\nthree `four`"}]
    output = handoff(manifest(cado=odd), "--format", "markdown").output
    (row,) = [line for line in output.splitlines() if line.startswith("| a")]
    assert row == "| a\\|b | `` one\\|two ``<br>`` three `four` `` |"
    assert "- [ ] In Cado open Settings" in output


def test_an_unknown_integration_is_rejected_with_the_known_ones(handoff: Callable[..., Result]) -> None:
    refused = handoff(manifest(c1=access("conductorone"), cado=access("cado")), "cadoo")
    assert refused.exit_code == 2
    assert "there is no integration 'cadoo' in environment 'prod'; it has: c1, cado" in refused.output


def test_without_a_manifest_the_message_explains_how_to_give_one() -> None:
    refused = CliRunner().invoke(main, ["handoff"])
    assert refused.exit_code == 2
    assert "give either --stack NAME or --manifest FILE" in refused.output


def test_the_lines_to_copy_in_a_step_are_unchanged(handoff: Callable[..., Result]) -> None:
    long = "x" * 200
    steps = access("cado")
    steps["handoff"]["steps"] = [f"Run this:\n[profile a]\nkey = {long}"]
    assert f"  1. Run this:\n     [profile a]\n     key = {long}\n" in handoff(manifest(cado=steps)).output
    written = handoff(manifest(cado=steps), "--format", "markdown").output
    assert f"- [ ] Run this:\n  ```\n  [profile a]\n  key = {long}\n  ```\n" in written


def test_the_values_of_each_cluster_are_separate(handoff: Callable[..., Result]) -> None:
    two = access("opentrace")
    labels = ("IAM Role ARN", "Cluster name", "Region", "Cluster name", "Region")
    two["handoff"]["fields"] = [{"label": label, "value": str(n)} for n, label in enumerate(labels)]
    lines = [line.strip() for line in handoff(manifest(ot=two)).output.splitlines()]
    assert lines[1:8] == [
        "IAM Role ARN  0", "Cluster name  1", "Region        2", "", "Cluster name  3", "Region        4", "",
    ]  # fmt: skip
