"""Every check of every vendor and tier fails if its right is granted, or taken away.

    make test-mutation

It takes about a quarter of an hour. The results are printed, and written to the file of MUTATION_REPORT if set.
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
    """The results of the whole run, printed at its end."""
    total = Tally()
    yield total
    summary = f"{total.detected} mutations detected, {len(total.missed)} missed"
    print(f"\n{summary}; {len(total.several)} made several checks fail; {len(total.not_grantable)} cannot be granted")
    if report := os.environ.get("MUTATION_REPORT"):
        Path(report).write_text(json.dumps(vars(total), indent=1))


@pytest.fixture
def tally(total: Tally) -> Iterator[Tally]:
    mine = Tally()
    yield mine
    total.add(mine)


@pytest.mark.parametrize("name", NAMES)
def test_every_cluster_check_fails_by_its_own_right_alone(bench: Bench, tally: Tally, name: str) -> None:
    in_clusters.try_all(bench, tally, name, next(iter(bench.access(name).clusters)))
    assert tally.missed == []


@pytest.mark.parametrize("name", NAMES)
def test_every_aws_check_fails_by_its_own_action_alone(bench: Bench, tally: Tally, name: str) -> None:
    in_aws.try_all(bench, tally, name)
    assert tally.missed == []


@pytest.mark.parametrize("name", NAMES)
def test_every_trust_check_fails_by_what_allows_its_request_alone(bench: Bench, tally: Tally, name: str) -> None:
    in_trust.try_all(bench, tally, name)
    in_trust.try_identity(bench, tally, name, next(iter(bench.access(name).clusters)))
    assert tally.missed == []
