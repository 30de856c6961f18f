"""A sample of the mutation tests: of each vendor, and of each kind of expectation. `make test-mutation` runs all."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from eks_access.manifest.models import KubernetesExpectation
from eks_access_probe.checks.kubernetes import is_requested
from eks_access_probe.identity import identities
from sandbox import Sandbox
from tests.e2e.program import Program
from tests.mutation import in_aws, in_clusters, in_trust
from tests.mutation.bench import Bench, Line, Tally, environment

pytestmark = pytest.mark.e2e

ONE_OF_EACH_VENDOR = (
    ("apono-sso", "both"),
    ("cado", "both"),
    ("conductorone-configmap", "configmap"),
    ("conductorone-provision", "both"),
    ("eks-connector", "onprem"),
    ("opentrace", "api"),
)


@pytest.fixture(scope="module")
def bench(sandbox: Sandbox, deployed: Program) -> Iterator[Bench]:
    with environment(sandbox):
        yield Bench(
            sandbox, deployed.manifest(), identities.load_identities(Path(sandbox.env[identities.IDENTITIES_VARIABLE]))
        )


@pytest.mark.parametrize(("name", "cluster"), ONE_OF_EACH_VENDOR)
def test_each_check_fails_by_its_own_right_alone(bench: Bench, name: str, cluster: str) -> None:
    tally = Tally()
    sample = one_of_each_kind(bench.cluster_lines(name, cluster))
    in_clusters.try_all(bench, tally, name, cluster, sample)
    actions = bench.aws_lines(name)
    allowed, refused = (next(line for line in actions if line.expectation.allowed is what) for what in (True, False))
    in_aws.try_all(bench, tally, name, [allowed, refused])
    assert tally.missed == []
    assert tally.detected == len(sample) + 2 - len(tally.not_grantable)


@pytest.mark.parametrize("name", ["apono-sso", "conductorone-configmap", "opentrace"])
def test_each_check_of_a_denied_request_fails_if_the_trust_policy_allows_it(bench: Bench, name: str) -> None:
    tally = Tally()
    in_trust.try_all(bench, tally, name)
    assert tally.missed == []
    assert all("forged" in reason for reason in tally.not_grantable)


@pytest.mark.parametrize(("name", "cluster"), [("opentrace", "api"), ("conductorone-configmap", "configmap")])
def test_the_identity_check_fails_by_another_username_alone(bench: Bench, name: str, cluster: str) -> None:
    tally = Tally()
    in_trust.try_identity(bench, tally, name, cluster)
    assert tally.missed == []


def one_of_each_kind(lines: Sequence[Line[KubernetesExpectation]]) -> list[Line[KubernetesExpectation]]:
    """The first check of each kind: allowed or denied, by the request or an access review, in a namespace or not."""
    found: dict[tuple[bool, bool, bool], Line[KubernetesExpectation]] = {}
    for line in lines:
        e = line.expectation
        found.setdefault((e.allowed, is_requested(e), e.namespace is None), line)
    return list(found.values())
