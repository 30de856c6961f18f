"""An integration's way in changes with its cluster's mode, and the vendor is never refused."""

import time
from pathlib import Path

import pytest

from sandbox import Sandbox
from sandbox.clusters import ClusterSpec
from sandbox.environment import OPENTRACE_AUDIENCE, OPENTRACE_SUBJECT
from tests.e2e.pages import HandMade, Poller, Way, can_list
from tests.e2e.principals import eventually
from tests.e2e.program import SECONDS, Program

pytestmark = pytest.mark.e2e

CLUSTER = "moving"
ENTRY_SECONDS = 4
"""How late an entry takes effect: later than the engine needs to delete the mapping after it."""


def test_an_integration_has_its_entry_in_effect_before_its_mapping_is_removed(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """As docs/migrate.md has it: `pulumi up` without the removal, a wait, the probe, and `pulumi up`."""
    folder, clusters = tmp_path_factory.mktemp("sandbox"), [ClusterSpec(CLUSTER, "CONFIG_MAP")]
    with Sandbox.start(folder, clusters, workload=False, entry_seconds=ENTRY_SECONDS) as sandbox:
        change_the_mode(sandbox, tmp_path)


def change_the_mode(sandbox: Sandbox, folder: Path) -> None:
    opentrace = {"client_id": OPENTRACE_AUDIENCE, "subject": OPENTRACE_SUBJECT}
    config = {
        "eks-access:clusters": {"moved": {"name": CLUSTER}},
        "eks-access:integrations": {"opentrace": opentrace},
    }
    program = Program(sandbox, folder, "moved", config)
    try:
        program.up()
        arn = program.manifest()["integrations"]["opentrace"]["role"]["arn"]

        def assume() -> dict[str, str]:
            token = sandbox.mint_token(audience=OPENTRACE_AUDIENCE, subject=OPENTRACE_SUBJECT)
            session = {"RoleArn": arn, "RoleSessionName": "ot", "WebIdentityToken": token}
            return dict(sandbox.boto("sts").assume_role_with_web_identity(**session)["Credentials"])

        way = Way(CLUSTER, by_entry=False)
        vendor = HandMade(sandbox, arn.rpartition("/")[2], arn, (way,), assume, "/api/v1/pods?limit=1")
        eventually(lambda: can_list(vendor), "it comes in by its mapping")
        command = ["eks-access", "migrate", "mode", "--to", "API_AND_CONFIG_MAP", "--cluster", CLUSTER]
        moved = sandbox.run([*command, "--confirm", CLUSTER], timeout=SECONDS)
        assert moved.returncode == 0, moved.stderr
        with Poller(vendor) as poller:
            program.up("--exclude=**eks-access:index:AwsAuthMapping::*")
            assert len(vendor.mappings(CLUSTER)) == 1
            assert arn in sandbox.boto("eks").list_access_entries(clusterName=CLUSTER)["accessEntries"]
            time.sleep(ENTRY_SECONDS)
            between = program.probe()
            assert between.mismatches() == [], between.table
            program.up()
            assert vendor.mappings(CLUSTER) == []
            rounds = poller.rounds
            eventually(lambda: poller.rounds > rounds + 8, "the poller goes on")
        assert poller.refusals == []
        program.up("--expect-no-changes")
        assert program.probe().mismatches() == []
    finally:
        program.destroy()
