"""`eks-access collect`: table, JSON and exit codes."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from eks_access_cli.main import main
from eks_access_probe.collector.fetch import PAGE
from eks_access_probe.collector.inventory import of_json
from eks_access_probe.run import retry
from tests.support import faults, server_fixtures
from tests.support.api_server import ApiServer, pod
from tests.support.faults import Faults, FaultyServer
from tests.support.gather import cluster, manifest_of, names
from tests.support.world import World

_no_network = server_fixtures.loopback_only
api, aws, behind = server_fixtures.api, server_fixtures.aws, server_fixtures.behind

Run = Callable[..., Result]


@pytest.fixture
def run(aws: World, certificate_authority: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(retry, "REQUEST_BACKOFF", lambda state: 0.01)

    def collect(endpoints: dict[str, str], *options: str) -> Result:
        path = tmp_path / "access.json"
        path.write_text(json.dumps(manifest_of(endpoints, certificate_authority)))
        return CliRunner().invoke(main, ["collect", "--manifest", str(path), *options], catch_exceptions=False)

    return collect


def test_a_complete_inventory_exits_with_0_and_prints_counts_by_kind(run: Run, api: ApiServer) -> None:
    for number in range(1200):
        pod(api, f"pod-{number}")
    api.refused = {"nodes"}
    done = run({"api": api.url, "again": api.url})
    assert done.exit_code == 0, done.output
    lines = [line.split() for line in done.output.splitlines()]
    assert ["Pod", "1,200", "1,200"] in lines
    assert ["Node", "refused", "refused"] in lines
    assert "✓ Everything that may be seen was read: 2,400 objects" in done.output


def test_an_incomplete_list_exits_with_3_and_is_reported(
    run: Run, api: ApiServer, behind: Callable[[str, Faults], FaultyServer]
) -> None:
    for number in range(600):
        pod(api, f"pod-{number}")
    broken = behind(
        api.url, lambda request: faults.gone if "pods" in request.path and not request.is_first_page else None
    )
    done = run({"api": broken.url})
    assert done.exit_code == 3
    assert ["Pod", str(PAGE), "of", "more"] in [line.split() for line in done.output.splitlines()]
    assert f"? acme in cluster api: pods: not read whole ({PAGE} found)" in done.output
    assert "410 Expired" in done.output
    assert "✓" not in done.output


def test_a_list_that_was_restarted_is_reported_and_complete(
    run: Run, api: ApiServer, behind: Callable[[str, Faults], FaultyServer]
) -> None:
    for number in range(600):
        pod(api, f"pod-{number}")
    once = behind(api.url, lambda request: faults.gone if "pods" in request.path and request.number == 1 else None)
    done = run({"api": once.url})
    assert done.exit_code == 0
    assert "read twice" in done.output


def test_an_unreachable_cluster_exits_with_3_and_its_lists_are_unasked(run: Run, api: ApiServer) -> None:
    done = run({"api": api.url, "gone": "http://127.0.0.1:9"})
    assert done.exit_code == 3
    assert ["Pod", "0", "unasked"] in [line.split() for line in done.output.splitlines()]
    assert "? acme in cluster gone: could not be asked" in done.output


def test_json_has_objects_and_relations_and_the_table_goes_to_standard_error(run: Run, api: ApiServer) -> None:
    pod(api, "web-1")
    done = run({"api": api.url}, "--json", "-")
    found = of_json(done.stdout.encode())
    assert names(cluster(found), "Pod") == ["web-1"]
    assert "CANARY" not in done.stdout
    assert "Everything that may be seen was read" in done.stderr


def test_many_clusters_share_a_column(run: Run, api: ApiServer) -> None:
    pod(api, "web-1")
    done = run({f"cluster-{number}": api.url for number in range(8)})
    assert ["Pod", "8"] in [line.split() for line in done.output.splitlines()]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--cluster", "other"), "there is no cluster 'other'"),
        (("--integration", "other"), "there is no integration 'other'"),
        (("--json", "/there/is/no/such/folder.json"), "--json: cannot write"),
    ],
)
def test_bad_input_exits_with_2_and_no_call_is_made(
    run: Run, api: ApiServer, options: tuple[str, ...], words: str
) -> None:
    done = run({"api": api.url}, *options)
    assert done.exit_code == 2
    assert words in done.output
    assert not api.requests
