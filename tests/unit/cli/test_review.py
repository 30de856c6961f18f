"""`eks-access review`: inputs, output and exit codes."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from eks_access_cli.main import main
from tests.support.review_stacks import UNKNOWN, Stack, allow


def run(*arguments: str, input: str | None = None) -> Result:
    return CliRunner().invoke(main, ["review", *arguments], input=input)


@pytest.fixture
def written(tmp_path: Path) -> Any:
    def write(name: str, stack: Stack) -> str:
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(stack.state()))
        return str(path)

    return write


@pytest.fixture
def base(written: Any) -> str:
    return str(written("base", Stack().role("r")))


@pytest.mark.parametrize(
    ("head", "fail_on", "code"),
    [
        (Stack().role("r"), "low", 0),
        (Stack().role("r", None, allow("iam:PassRole")), "never", 0),
        (Stack().role("r", None, allow("iam:PassRole")), "critical", 0),
        (Stack().role("r", None, allow("iam:PassRole")), "high", 1),
        (Stack().role("r", None, allow("eks:ListClusters")), "medium", 0),
        (Stack().role("r", UNKNOWN), "never", 0),
        (Stack().role("r", UNKNOWN), "high", 3),
        (Stack().role("r", UNKNOWN, allow("iam:PassRole")), "high", 1),
    ],
)
def test_the_exit_code_depends_on_the_worst_severity_and_fail_on(
    base: str, written: Any, head: Stack, fail_on: str, code: int
) -> None:
    assert run("--base", base, "--head", written("head", head), "--fail-on", fail_on).exit_code == code


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "give --head FILE, or --stack NAME"),
        (("--base", "-", "--head", "-"), "only one of"),
        (("--stack", "x", "--head", "y"), "either --stack or files"),
        (("--head", "nowhere.json"), "No such file"),
        (("--since", "main", "--head", "x"), "--since goes with --stack"),
    ],
)
def test_bad_usage_and_input_exit_with_2_and_the_reason(arguments: tuple[str, ...], words: str) -> None:
    result = run(*arguments)
    assert (result.exit_code, words in result.output) == (2, True), result.output


def test_every_format_is_written_in_one_run_and_the_table_printed(base: str, written: Any, tmp_path: Path) -> None:
    head = written("head", Stack().role("r", None, allow("iam:PassRole")))
    files = {name: str(tmp_path / name) for name in ("markdown", "sarif", "json")}
    done = run("--base", base, "--head", head, *[part for n, path in files.items() for part in (f"--{n}", path)])
    assert "+ high: can hand any role to a service" in done.output
    assert (tmp_path / "markdown").read_text().startswith("### Access review\n")
    assert json.loads((tmp_path / "sarif").read_text())["version"] == "2.1.0"
    assert json.loads((tmp_path / "json").read_text())["schemaVersion"] == 1


def test_one_format_can_be_written_to_standard_output_alone(base: str) -> None:
    done = run("--base", base, "--head", "-", "--json", "-", input=json.dumps(Stack().role("r").state()))
    assert json.loads(done.stdout)["principals"] == []


def test_an_output_file_that_cannot_be_written_exits_with_2(base: str) -> None:
    done = run("--base", base, "--head", base, "--sarif", "/nowhere/x.sarif")
    assert (done.exit_code, "cannot write" in done.output) == (2, True)
