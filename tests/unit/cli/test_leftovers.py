import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from eks_access.kubernetes.client import UnreachableError
from eks_access_cli.main import main
from eks_access_probe.leftovers.cluster_state import Binding, ClusterState, Registration
from eks_access_probe.leftovers.inspector import ClusterInspector
from tests.support.manifests import access, manifest

BATON = ClusterState(bindings=(Binding("ClusterRoleBinding", "baton-view-binding", None, ()),))


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs the command on two clusters with the given contents; one without contents is unreachable."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")

    connected: dict[str, tuple[Registration, ...]] = {}

    def leftovers(seen: dict[str, ClusterState], *options: str, **changes: Any) -> Result:
        connected.update(changes.pop("connected", {}))

        def inspect(self: ClusterInspector, name: str, region: str, account: str) -> ClusterState:
            if name not in seen:
                raise UnreachableError("https://there", TimeoutError("timed out"))
            return seen[name]

        monkeypatch.setattr(ClusterInspector, "inspect", inspect)
        monkeypatch.setattr(ClusterInspector, "list_registrations", lambda self, region: connected.get(region, ()))
        clusters = {"one": {"name": "prod-0", "region": "us-east-1"}, "two": {"name": "prod-1", "region": "eu-west-1"}}
        path = tmp_path / "access.json"
        path.write_text(json.dumps({**manifest(cado=access("cado")), "clusters": clusters, **changes}))
        return CliRunner().invoke(main, ["leftovers", "--manifest", str(path), *options])

    return leftovers


def test_no_leftovers_exits_with_0_and_counts_every_cluster(run: Any) -> None:
    done = run({"prod-0": ClusterState(), "prod-1": ClusterState()})
    assert done.exit_code == 0
    assert "Nothing is left over, in 2 clusters." in done.output, "each once, whatever its keys"


def test_a_leftover_exits_with_1_and_is_printed_with_the_command_that_removes_it(run: Any) -> None:
    done = run({"prod-0": ClusterState(), "prod-1": BATON})
    assert done.exit_code == 1
    assert "kubectl delete clusterrolebinding -- baton-view-binding" in done.output
    assert "1 thing is left over" in done.output


def test_an_unreadable_cluster_exits_with_3_unless_there_are_leftovers(run: Any) -> None:
    done = run({"prod-0": ClusterState()})
    assert done.exit_code == 3
    assert "two could not be read: no answer from https://there" in done.output
    assert run({"prod-0": BATON}).exit_code == 1


def test_json_has_the_findings_and_the_unreadable_clusters(run: Any) -> None:
    report = json.loads(run({"prod-1": BATON}, "--json").output)
    assert [(each["where"], each["belongsTo"]) for each in report["leftovers"]] == [("two", "conductorone")]
    assert {each["where"] for each in report["notLookedAt"]} == {"one"}


def test_a_loopback_environment_without_its_endpoint_is_an_error_before_any_call(run: Any) -> None:
    done = run({"prod-0": ClusterState(), "prod-1": ClusterState()}, endpoint="loopback")
    assert done.exit_code == 2
    assert "AWS_ENDPOINT_URL is not set" in done.output


def test_gone_must_name_an_integration_of_the_manifest(run: Any) -> None:
    done = run({"prod-0": ClusterState()}, "--gone", "cadoo")
    assert done.exit_code == 2
    assert "no integration 'cadoo' in environment 'prod'; it has: cado" in done.output


def test_an_orphaned_registration_of_this_stack_is_reported(run: Any) -> None:
    there = (Registration("old", "eu-west-1", {"eks-access/stack": "shop/prod"}), Registration("other", "eu-west-1"))
    connected = {"eu-west-1": there}
    done = run(
        {"prod-0": ClusterState(), "prod-1": ClusterState()}, connected=connected, project="shop", environment="prod"
    )
    assert done.exit_code == 1
    assert "aws eks deregister-cluster --region=eu-west-1 --name=old" in done.output
    assert "--name other" not in done.output, "another stack's"
