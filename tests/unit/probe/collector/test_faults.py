"""Whatever fails between client and server, a list is complete and correct, or reported as incomplete."""

from collections.abc import Callable

import pytest

from eks_access_probe.checks import cluster_session
from eks_access_probe.collector.inventory import WHOLE, ClusterInventory, State
from eks_access_probe.run import retry
from tests.support import faults
from tests.support.api_server import ApiServer, pod
from tests.support.faults import Fault, Faults, FaultyServer, Request
from tests.support.gather import cluster, gather, listing, names
from tests.support.world import World

PODS = "/api/v1/pods"
ALL = [f"pod-{number:02}" for number in range(35)]
Collect = Callable[[Faults], ClusterInventory]
TRANSIENT = {
    "late": faults.late(0.2),
    "reset": faults.reset,
    "reset in the body": faults.reset_in_the_body,
    "truncated": faults.truncated,
    "cut off": faults.cut_off,
    "sign-in page": faults.sign_in_page,
    "empty object": faults.empty_object,
    "empty list": faults.empty_list,
    "429": faults.throttled,
    "500": faults.refusing(500, "InternalError"),
    "503": faults.unavailable,
    "503 with Retry-After": faults.refusing(503, "ServiceUnavailable", Retry_After="1"),
    "504": faults.timed_out,
    "401": faults.unauthorized,
}
LASTING = {name: fault for name, fault in TRANSIENT.items() if name != "late"} | {
    "403": faults.forbidden,
    "404": faults.refusing(404, "NotFound"),
    "410": faults.gone,
    "400": faults.refusing(400, "BadRequest", "continue key is not valid"),
    "redirect": faults.refusing(302, ""),
    "nothing for too long": faults.late(2.0),
}


@pytest.fixture(autouse=True)
def _little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_session, "_TIMEOUT", 1.0)
    monkeypatch.setattr(retry, "REQUEST_BACKOFF", lambda state: 0.01)
    monkeypatch.setattr(retry, "MAX_THROTTLED_ATTEMPTS", 3)
    monkeypatch.setattr(retry, "MAX_REQUEST_ATTEMPTS", 3)


@pytest.fixture(params=["protobuf", "JSON"])
def collected(
    aws: World,
    api: ApiServer,
    behind: Callable[[str, Faults], FaultyServer],
    certificate_authority: str,
    request: pytest.FixtureRequest,
) -> Collect:
    api.has_protobuf = request.param == "protobuf"
    for name in ALL:
        pod(api, name)

    def collect(faults: Faults) -> ClusterInventory:
        return cluster(gather({"api": behind(api.url, faults).url}, certificate_authority))

    return collect


def at(fault: Fault, *numbers: int) -> Faults:
    """Injects the fault into these requests for pods."""
    return lambda request: fault if request.path == PODS and request.number in numbers else None


@pytest.mark.parametrize("number", [0, 1, 3], ids=["first page", "second page", "last page"])
@pytest.mark.parametrize("fault", TRANSIENT.values(), ids=TRANSIENT)
def test_a_list_is_complete_after_a_single_transient_failure(collected: Collect, fault: Fault, number: int) -> None:
    found = collected(at(fault, number))
    assert listing(found, "Pod").state is State.COMPLETE, listing(found, "Pod").reason
    assert names(found, "Pod") == ALL, "each pod once, none left out"
    assert found.is_whole


@pytest.mark.parametrize("fault", LASTING.values(), ids=LASTING)
def test_a_list_with_a_persistent_failure_in_the_middle_is_incomplete(collected: Collect, fault: Fault) -> None:
    found = collected(lambda request: fault if request.path == PODS and not request.is_first_page else None)
    pods = listing(found, "Pod")
    assert pods.state is State.INCOMPLETE, "ten pods of thirty-five are not all"
    assert pods.reason, "with the reason"
    assert names(found, "Pod") == ALL[: pods.count], "the objects that were read are correct, and there once"
    assert pods.count == 10
    assert not found.is_whole


@pytest.mark.parametrize("fault", LASTING.values(), ids=LASTING)
def test_a_persistent_failure_from_the_start_is_not_an_empty_list(collected: Collect, fault: Fault) -> None:
    found = collected(lambda request: fault if request.path == PODS else None)
    pods = listing(found, "Pod")
    expected = State.REFUSED if fault is faults.forbidden else State.INCOMPLETE
    assert pods.state is expected, "only the authorizer's denial is a refusal; all else is inconclusive"
    assert pods.count == 0
    assert pods.reason
    assert found.is_whole is (expected is State.REFUSED)


def test_a_list_is_restarted_after_an_expired_continue_token(collected: Collect) -> None:
    found = collected(at(faults.gone, 2))
    pods = listing(found, "Pod")
    assert pods.state is State.RESTARTED
    assert "410 Expired" in pods.reason
    assert pods.pages == 2 + 4, "two pages before it expired, and the complete list"
    assert names(found, "Pod") == ALL
    assert found.is_whole


def test_a_list_is_restarted_only_once(collected: Collect, api: ApiServer) -> None:
    assert not collected(at(faults.gone, 2, 5)).is_whole
    first_pages = [query for path, query in api.requests if path == PODS and "continue" not in query]
    assert len(first_pages) == 2


def test_a_list_that_changes_while_it_is_read_is_consistent(collected: Collect, api: ApiServer) -> None:
    def change(proxy: faults.Proxy, request: Request, answer: faults.Answer) -> faults.Answer:
        api.version += 1
        pod(api, "pod-created-meanwhile")
        del api.objects["pods"][0]
        return answer

    found = collected(at(change, 1))
    assert names(found, "Pod") == ALL, "as they were when the first page was read"
    again = collected(lambda request: None)
    assert names(again, "Pod") == [*ALL[1:], "pod-created-meanwhile"]


def test_an_expired_token_is_renewed_in_the_middle_of_a_list(
    collected: Collect, api: ApiServer, aws: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "REQUEST_BACKOFF", lambda state: 1.1)  # tokens of the same second are equal
    found = collected(at(faults.unauthorized, 2))
    assert listing(found, "Pod").state in WHOLE
    assert names(found, "Pod") == ALL
    assert len(api.tokens) == 2, "one token until then, and another one after"
    assert aws.calls["AssumeRole"] == 1, "the role's session was still valid"


def test_the_role_is_assumed_again_if_a_renewed_token_is_not_accepted(collected: Collect, aws: World) -> None:
    found = collected(at(faults.unauthorized, 2, 3))
    assert names(found, "Pod") == ALL
    assert aws.calls["AssumeRole"] == 2


def test_a_list_with_overlapping_pages_is_restarted(
    collected: Collect, monkeypatch: pytest.MonkeyPatch, api: ApiServer
) -> None:
    def first_page_again(proxy: faults.Proxy, request: Request, answer: faults.Answer) -> faults.Answer:
        return proxy.server.forward(f"{PODS}?limit=10", {})

    found = collected(at(first_page_again, 1))
    assert listing(found, "Pod").state is State.RESTARTED
    assert "overlap" in listing(found, "Pod").reason
    assert names(found, "Pod") == ALL


def test_a_failure_of_one_list_leaves_the_others_complete(collected: Collect, api: ApiServer) -> None:
    api.add("services", "web", "web", spec={})
    found = collected(lambda request: faults.unavailable if request.path == PODS else None)
    assert listing(found, "Service").state is State.COMPLETE
    assert names(found, "Service") == ["web"]
