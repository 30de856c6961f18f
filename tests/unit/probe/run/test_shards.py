"""Each check is in exactly one shard, and the merged reports are that of one run; anything else is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from eks_access_cli.commands.merge import command as merge
from eks_access_cli.commands.probe import command as probe
from eks_access_probe.run import shards
from eks_access_probe.run.shards import Shard, ShardError
from tests.support.world import World

FLEET = ("api", "both", "configmap", "eu", "us")
TAKES_TIME = ("attempts", "seconds")


@pytest.mark.parametrize(
    ("text", "shard"), [("0/1", Shard(0, 1)), ("3/4", Shard(3, 4)), ("999/1000", Shard(999, 1000))]
)
def test_a_shard_is_counted_from_zero(text: str, shard: Shard) -> None:
    assert shards.parse_shard(text) == shard


@pytest.mark.parametrize("text", ["4/4", "1/0", "-1/4", "1", "a/b", "01/4", "0/1001", "", "0/4/1"])
def test_an_invalid_shard_is_refused(text: str) -> None:
    with pytest.raises(ShardError, match="give I/N"):
        shards.parse_shard(text)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(probe, [*arguments, "--deadline", "0"], catch_exceptions=False)


@pytest.fixture
def whole(world: World, manifest_file: Callable[..., str], tmp_path: Path) -> dict[str, Any]:
    """The report of a run that is not sharded, with something to find in it."""
    world.forbidden |= {"pods"}
    run("--manifest", manifest_file(FLEET), "--json", str(tmp_path / "whole.json"))
    report: dict[str, Any] = json.loads((tmp_path / "whole.json").read_text())
    return report


@pytest.fixture
def parts(whole: dict[str, Any], manifest_file: Callable[..., str], tmp_path: Path) -> list[Path]:
    """The reports of three shards of it."""
    found = []
    for index in range(3):
        found.append(tmp_path / f"shard-{index}.json")
        run("--manifest", manifest_file(FLEET), "--shard", f"{index}/3", "--json", str(found[-1]))
    return found


def merged(*paths: Path) -> Result:
    return CliRunner().invoke(merge, [str(path) for path in paths])


def without_times(report: dict[str, Any]) -> dict[str, Any]:
    """The report without the fields that depend on time."""
    checks = [{key: value for key, value in check.items() if key not in TAKES_TIME} for check in report["checks"]]
    return {key: value for key, value in report.items() if key not in ("seconds", "startedAt")} | {"checks": checks}


def test_the_merged_reports_of_all_shards_are_that_of_an_unsharded_run(
    whole: dict[str, Any], parts: list[Path]
) -> None:
    result = merged(*reversed(parts))
    assert without_times(json.loads(result.stdout)) == without_times(whole)
    assert result.exit_code == whole["summary"]["exitCode"] == 1, "with the same exit code"


def test_each_cluster_and_the_account_checks_are_in_one_shard(parts: list[Path]) -> None:
    reports = [json.loads(path.read_text()) for path in parts]
    clusters = [{check["cluster"] for check in report["checks"]} - {None} for report in reports]
    assert [len(each) for each in clusters] == [2, 2, 1], "five clusters, distributed as evenly as possible"
    assert set.union(*clusters) == set(FLEET)
    assert [any(check["cluster"] is None for check in report["checks"]) for report in reports].count(True) == 1


def test_a_missing_shard_is_refused(parts: list[Path]) -> None:
    result = merged(parts[0], parts[2])
    assert result.exit_code == 2
    assert "missing: the reports of shards 1" in result.stderr
    assert result.stdout == "", "no incomplete report is written"


def test_a_duplicate_shard_is_refused(parts: list[Path]) -> None:
    result = merged(*parts, parts[1])
    assert (result.exit_code, "shard 1 is there twice" in result.stderr) == (2, True)


def test_a_report_of_another_stack_is_refused(parts: list[Path]) -> None:
    other = json.loads(parts[1].read_text()) | {"environment": "prod"}
    parts[1].write_text(json.dumps(other))
    result = merged(*parts)
    assert result.exit_code == 2
    assert "environment is 'prod', not 'dev'" in result.stderr


def test_a_report_of_another_manifest_is_refused(parts: list[Path]) -> None:
    other = json.loads(parts[2].read_text()) | {"manifest": "0" * 64}
    parts[2].write_text(json.dumps(other))
    assert "not of one run" in merged(*parts).stderr


def test_shards_of_different_selections_are_refused(parts: list[Path], manifest_file: Callable[..., str]) -> None:
    run("--manifest", manifest_file(FLEET), "--cluster", "api", "--shard", "0/3", "--json", str(parts[0]))
    result = merged(*parts)
    assert result.exit_code == 2
    assert "do not make up one run" in result.stderr


def test_an_unsharded_report_and_another_file_are_refused(whole: dict[str, Any], tmp_path: Path) -> None:
    assert "is not of a shard" in merged(tmp_path / "whole.json").stderr
    (tmp_path / "other.json").write_text("{}")
    assert "not a report" in merged(tmp_path / "other.json").stderr


def test_an_invalid_shard_makes_no_calls(world: World, manifest_file: Callable[..., str]) -> None:
    result = run("--manifest", manifest_file(), "--shard", "2/2")
    assert (result.exit_code, world.calls) == (2, {})
    assert "'2/2' is not a shard" in result.stderr
