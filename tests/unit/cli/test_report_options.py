"""The report options of `eks-access probe`, against a fake AWS and cluster: files, baseline, exit codes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from eks_access_cli.commands.probe import command as probe
from tests.support.world import World

ManifestFile = Callable[..., str]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(probe, [*arguments, "--deadline", "0"], catch_exceptions=False)


@pytest.fixture
def baseline(world: World, manifest_file: ManifestFile, tmp_path: Path) -> Path:
    """The report of a run in which everything was as declared."""
    file = tmp_path / "baseline.json"
    assert run("--manifest", manifest_file(), "--json", str(file)).exit_code == 0
    return file


def edited(file: Path, **fields: Any) -> str:
    file.write_text(json.dumps(json.loads(file.read_text()) | fields))
    return str(file)


def test_every_report_format_is_written_in_one_run(world: World, manifest_file: ManifestFile, tmp_path: Path) -> None:
    files = {form: tmp_path / f"report.{form}" for form in ("json", "junit", "html")}
    options = [part for form, file in files.items() for part in (f"--{form}", str(file))]
    result = run("--manifest", manifest_file(), *options)
    assert result.exit_code == 0
    assert "expectations hold" in result.stdout, "in addition to the table"
    checks = json.loads(files["json"].read_text())["checks"]
    assert ElementTree.parse(files["junit"]).getroot().get("tests") == str(len(checks))
    assert files["html"].read_text().startswith("<!doctype html>")


def test_a_run_like_the_baseline_says_that_nothing_changed(
    world: World, manifest_file: ManifestFile, baseline: Path
) -> None:
    result = run("--manifest", manifest_file(), "--baseline", str(baseline), "--fail-on-change")
    assert result.exit_code == 0
    assert "Nothing changed since the baseline" in result.stdout


def test_a_flip_to_a_mismatch_fails_and_is_in_every_report(
    world: World, manifest_file: ManifestFile, baseline: Path, tmp_path: Path
) -> None:
    world.forbidden = set()
    report, page = tmp_path / "now.json", tmp_path / "now.html"
    options = ["--baseline", str(baseline), "--json", str(report), "--html", str(page)]
    result = run("--manifest", manifest_file(), *options)
    assert result.exit_code == 1, "with or without --fail-on-change"
    printed = " ".join(result.stdout.split())
    assert "! acme in cluster api: list secrets does not hold any more (denied before, allowed now)" in printed
    (flip,) = json.loads(report.read_text())["changes"]["flips"]
    assert (flip["kind"], flip["before"], flip["after"]) == ("broke", "as-expected", "mismatch")
    assert "does not hold any more" in page.read_text()


def test_a_change_without_a_mismatch_fails_only_with_fail_on_change(
    world: World, manifest_file: ManifestFile, baseline: Path, tmp_path: Path
) -> None:
    rule = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["list"]}
    wider = manifest_file(
        grants=[{"name": "acme", "group": "acme:readers", "namespaces": None, "rules": [rule], "reasons": []}]
    )
    report = tmp_path / "now.json"
    plain = run("--manifest", wider, "--baseline", str(baseline))
    assert plain.exit_code == 0
    assert "+ acme may now: list secrets everywhere can read every Secret" in " ".join(plain.stdout.split())
    failing = run("--manifest", wider, "--baseline", str(baseline), "--fail-on-change", "--json", str(report))
    assert failing.exit_code == 4
    assert json.loads(report.read_text())["summary"]["exitCode"] == 4, "the report has the exit code"


def test_an_inconclusive_check_outweighs_a_change(
    world: World, manifest_file: ManifestFile, baseline: Path, tmp_path: Path
) -> None:
    (tmp_path / "identities.yaml").write_text("version: 1\n")
    result = run("--manifest", manifest_file(), "--baseline", str(baseline), "--fail-on-change")
    assert result.exit_code == 3


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"schemaVersion": 99}, "has schemaVersion 99, and this eks-access reads 1"),
        ({"environment": "prod"}, "the baseline is of stack prod in account"),
        ({"account": "999999999999"}, "in account 999999999999"),
        ({"askedBy": "operator"}, "evaluated by an operator"),
        ({"checks": [{"integration": "acme"}]}, "is no whole report of `eks-access probe --json FILE`; at checks.0"),
    ],
)
def test_an_incomparable_baseline_is_an_error_before_any_call(
    fields: dict[str, Any], message: str, world: World, manifest_file: ManifestFile, baseline: Path
) -> None:
    world.calls.clear()
    result = run("--manifest", manifest_file(), "--baseline", edited(baseline, **fields))
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())
    assert not world.calls


@pytest.mark.parametrize(
    ("text", "message"), [("", "is not JSON"), ("[]", "has no schemaVersion"), (None, "No such file")]
)
def test_a_baseline_that_is_no_report_is_an_error(
    text: str | None, message: str, world: World, manifest_file: ManifestFile, tmp_path: Path
) -> None:
    file = tmp_path / "odd.json"
    if text is not None:
        file.write_text(text)
    result = run("--manifest", manifest_file(), "--baseline", str(file))
    assert result.exit_code == 2
    assert message in result.stderr
    assert not world.calls


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--fail-on-change"], "needs a --baseline FILE"),
        (["--junit", "/no/such/folder/x.xml"], "--junit: cannot write"),
        (["--html", "/no/such/folder/x.html"], "--html: cannot write"),
        (["--as-operator", "--collect"], "--collect cannot be combined with --as-operator"),
    ],
)
def test_contradicting_options_are_an_error_before_any_call(
    options: list[str], message: str, world: World, manifest_file: ManifestFile
) -> None:
    result = run("--manifest", manifest_file(), *options)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not world.calls
