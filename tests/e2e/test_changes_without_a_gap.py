"""What gives a vendor its access changes, as the docs have it, and the vendor is never refused."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import Sandbox
from sandbox.clusters import ClusterSpec
from sandbox.environment import OPENTRACE_AUDIENCE, OPENTRACE_SUBJECT
from tests.e2e.pages import HandMade, Poller, Way, assume_as_opentrace, can_list
from tests.e2e.principals import eventually
from tests.e2e.program import SECONDS, Program

pytestmark = pytest.mark.e2e

MOVING, STAYING = "moving", "staying"
EFFECT_SECONDS = 4
"""How late an entry takes effect: later than the engine needs to delete something after it."""


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    clusters = [ClusterSpec(MOVING, "CONFIG_MAP"), ClusterSpec(STAYING, "API")]
    folder = tmp_path_factory.mktemp("sandbox")
    with Sandbox.start(folder, clusters, workload=False, entry_seconds=EFFECT_SECONDS) as running:
        yield running


def create_program(sandbox: Sandbox, folder: Path, cluster: str, **arguments: str) -> Program:
    """A program with OpenTrace in one cluster, deployed."""
    program = Program(sandbox, folder, cluster, describe(cluster, **arguments))
    program.up()
    return program


def describe(cluster: str, **arguments: str) -> dict[str, Any]:
    opentrace = {"client_id": OPENTRACE_AUDIENCE, "subject": OPENTRACE_SUBJECT, **arguments}
    return {"eks-access:clusters": {cluster: {"name": cluster}}, "eks-access:integrations": {"opentrace": opentrace}}


def act_as_vendor(program: Program, cluster: str) -> HandMade:
    sandbox, arn = program.sandbox, program.manifest()["integrations"]["opentrace"]["role"]["arn"]
    ways, path = (Way(cluster, by_entry=False),), "/api/v1/pods?limit=1"
    vendor = HandMade(sandbox, arn.rpartition("/")[2], arn, ways, lambda: assume_as_opentrace(sandbox, arn), path)
    eventually(lambda: can_list(vendor), "it comes in as it was deployed")
    return vendor


def change(program: Program, vendor: HandMade, deleted: str) -> None:
    """As docs/configuration.md has it: `pulumi up` without what is deleted, a wait, the probe, and `pulumi up`."""
    with Poller(vendor) as poller:
        assert " delete" not in program.up(f"--exclude={deleted}")
        time.sleep(EFFECT_SECONDS)
        between = program.probe("--deadline=10")
        assert between.missing() == [], between.table
        assert " delete" in program.up()
        rounds = poller.rounds
        eventually(lambda: poller.rounds > rounds + 8, "the poller goes on")
    assert poller.refusals == []
    program.up("--expect-no-changes")
    after = program.probe()
    assert after.mismatches() == [], after.table


def test_an_entry_is_in_effect_before_the_mapping_is_deleted(sandbox: Sandbox, tmp_path: Path) -> None:
    program = create_program(sandbox, tmp_path, MOVING)
    try:
        vendor = act_as_vendor(program, MOVING)
        command = ["eks-access", "migrate", "mode", "--to", "API_AND_CONFIG_MAP", "--cluster", MOVING]
        moved = sandbox.run([*command, "--confirm", MOVING], timeout=SECONDS)
        assert moved.returncode == 0, moved.stderr
        change(program, vendor, "**eks-access:index:AwsAuthMapping::*")
        assert vendor.mappings(MOVING) == []
    finally:
        program.destroy()


def test_a_group_is_in_effect_before_the_access_policy_is_deleted(sandbox: Sandbox, tmp_path: Path) -> None:
    program = create_program(sandbox, tmp_path, STAYING, profile="vendor")
    try:
        vendor = act_as_vendor(program, STAYING)
        program.configure(describe(STAYING, profile="least"))
        change(program, vendor, "**aws:eks/accessPolicyAssociation:AccessPolicyAssociation::opentrace-*")
        found = sandbox.boto("eks").list_associated_access_policies(clusterName=STAYING, principalArn=vendor.arn)
        assert found["associatedAccessPolicies"] == []
    finally:
        program.destroy()
