"""Every expectation of every vendor and tier turns when what it is about is granted, or taken away.

    make test-mutation

It takes about a quarter of an hour. What it found is printed, and written to MUTATION_REPORT where that names a file.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from eks_access_probe.identity import identities
from eks_access_probe.identity.identities import Identity
from sandbox import Sandbox
from tests.e2e.program import Program
from tests.mutation import in_aws, in_clusters, in_trust
from tests.mutation.bench import Bench, Tally, environment, with_identities
from tests.mutation.fleet import config

pytestmark = pytest.mark.mutation

NAMES = sorted(config()["eks-access:integrations"])


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with Sandbox.start(tmp_path_factory.mktemp("sandbox")) as sandbox, environment(sandbox):
        program = Program(sandbox, tmp_path_factory.mktemp("fleet"), "fleet", config())
        program.up()
        known = identities.load_identities(Path(sandbox.env[identities.IDENTITIES_VARIABLE]))
        cloudquery = {"cloudquery": Identity(profile="conductorone")}
        yield Bench(sandbox, program.manifest(), with_identities(known, cloudquery))


@pytest.fixture(scope="module")
def total() -> Iterator[Tally]:
    """All of the run, told at its end."""
    total = Tally()
    yield total
    told = f"{total.detected} mutations detected, {len(total.missed)} missed"
    print(f"\n{told}; {len(total.several)} turned more lines than one; {len(total.not_grantable)} cannot be granted")
    if report := os.environ.get("MUTATION_REPORT"):
        Path(report).write_text(json.dumps(vars(total), indent=1))


@pytest.fixture
def tally(total: Tally) -> Iterator[Tally]:
    mine = Tally()
    yield mine
    total.add(mine)


@pytest.mark.parametrize("name", NAMES)
def test_every_line_about_a_cluster_turns_by_its_own_right_and_by_no_other(
    bench: Bench, tally: Tally, name: str
) -> None:
    in_clusters.try_all(bench, tally, name, next(iter(bench.access(name).clusters)))
    assert tally.missed == []


@pytest.mark.parametrize("name", NAMES)
def test_every_line_about_aws_turns_by_its_own_action_and_by_no_other(bench: Bench, tally: Tally, name: str) -> None:
    in_aws.try_all(bench, tally, name)
    assert tally.missed == []


@pytest.mark.parametrize("name", NAMES)
def test_every_line_about_the_trust_turns_by_what_lets_that_request_in(bench: Bench, tally: Tally, name: str) -> None:
    in_trust.try_all(bench, tally, name)
    in_trust.try_identity(bench, tally, name, next(iter(bench.access(name).clusters)))
    assert tally.missed == []
