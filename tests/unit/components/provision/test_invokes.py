"""What is asked of a provider before anything is created."""

import threading
from collections import Counter
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
from pulumi.runtime import MockCallArgs

from eks_access.integrations.cado import Cado
from eks_access.integrations.opentrace import OpenTrace
from tests.support.components import ALL, cado, opentrace
from tests.support.recording_engine import GET_CLUSTER, Engine, run

REGION = "aws:index/getRegion:getRegion"
SHARED = ("aws:index/getPartition:getPartition", "aws:index/getCallerIdentity:getCallerIdentity")


class Meeting(Engine):
    """Answers about clusters only once as many are asked as there are."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._everyone = threading.Barrier(size)

    def call(self, args: MockCallArgs) -> Any:
        if args.token == GET_CLUSTER:
            self._everyone.wait(timeout=5)
        return super().call(args)


def test_all_clusters_are_asked_at_the_same_time() -> None:
    engine = run(lambda: OpenTrace("x", opentrace()).role_arn, engine=Meeting(len(ALL)))
    assert Counter(call.token for call in engine.calls)[GET_CLUSTER] == len(ALL)


def test_a_meeting_of_one_more_than_the_clusters_fails() -> None:
    with pytest.raises(threading.BrokenBarrierError):
        run(lambda: OpenTrace("x", opentrace()).role_arn, engine=Meeting(len(ALL) + 1))


def test_a_cluster_that_is_described_completely_is_not_asked() -> None:
    known = {"authentication_mode": "API", "endpoint": "https://x.example", "certificate_authority": "Q0E="}
    engine = run(lambda: Cado("x", cado(clusters={"api": {"name": "prod-api", **known}})).role_arn)
    assert GET_CLUSTER not in {call.token for call in engine.calls}


def count_calls(*names: str) -> Counter[str]:
    """How often each invoke was made for two integrations with each of these providers."""

    def program() -> None:
        for name in names:
            opts = pulumi.ResourceOptions(providers=[aws.Provider(name, region="us-east-1")])
            Cado(f"cado-{name}", cado(), opts)
            OpenTrace(f"opentrace-{name}", opentrace(), opts)

    return Counter(call.token for call in run(program).calls)


@pytest.mark.parametrize("names", [("one",), ("one", "other")])
def test_the_account_is_asked_once_for_each_provider(names: tuple[str, ...]) -> None:
    made = count_calls(*names)
    assert {token: made[token] for token in SHARED} == dict.fromkeys(SHARED, len(names))
    assert made[REGION] == 2 * len(names), "each integration without it asks for the region of its clusters"
