"""Whatever goes wrong on the way: the list is complete and right, or it is told that it is not."""

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
    """The fault at these requests for pods."""
    return lambda request: fault if request.path == PODS and request.number in numbers else None


@pytest.mark.parametrize("number", [0, 1, 3], ids=["first page", "second page", "last page"])
@pytest.mark.parametrize("fault", TRANSIENT.values(), ids=TRANSIENT)
def test_what_goes_wrong_once_leaves_the_list_complete(collected: Collect, fault: Fault, number: int) -> None:
    found = collected(at(fault, number))
    assert listing(found, "Pod").state is State.COMPLETE, listing(found, "Pod").reason
    assert names(found, "Pod") == ALL, "each pod once, none left out"
    assert found.is_whole


@pytest.mark.parametrize("fault", LASTING.values(), ids=LASTING)
def test_what_goes_on_going_wrong_in_the_middle_is_never_shown_as_complete(collected: Collect, fault: Fault) -> None:
    found = collected(lambda request: fault if request.path == PODS and not request.is_first_page else None)
    pods = listing(found, "Pod")
    assert pods.state is State.INCOMPLETE, "ten pods of thirty-five are not all that there are"
    assert pods.reason, "it is told why"
    assert names(found, "Pod") == ALL[: pods.count], "what is there is true, and there once"
    assert pods.count == 10
    assert not found.is_whole


@pytest.mark.parametrize("fault", LASTING.values(), ids=LASTING)
def test_what_goes_wrong_from_the_start_is_never_shown_as_an_empty_list(collected: Collect, fault: Fault) -> None:
    found = collected(lambda request: fault if request.path == PODS else None)
    pods = listing(found, "Pod")
    expected = State.REFUSED if fault is faults.forbidden else State.INCOMPLETE
    assert pods.state is expected, "only the authorizer's own refusal is one; all else is not known"
    assert pods.count == 0
    assert pods.reason
    assert found.is_whole is (expected is State.REFUSED)


def test_an_expired_continue_token_has_the_list_read_again_from_the_start(collected: Collect) -> None:
    found = collected(at(faults.gone, 2))
    pods = listing(found, "Pod")
    assert pods.state is State.RESTARTED
    assert "410 Expired" in pods.reason
    assert pods.pages == 2 + 4, "two pages before it expired, and the whole list"
    assert names(found, "Pod") == ALL
    assert found.is_whole


def test_a_list_is_restarted_once_and_no_more(collected: Collect, api: ApiServer) -> None:
    assert not collected(at(faults.gone, 2, 5)).is_whole
    first_pages = [query for path, query in api.requests if path == PODS and "continue" not in query]
    assert len(first_pages) == 2


def test_a_list_that_changes_is_still_of_one_moment(collected: Collect, api: ApiServer) -> None:
    def change(proxy: faults.Proxy, request: Request, answer: faults.Answer) -> faults.Answer:
        api.version += 1
        pod(api, "pod-made-meanwhile")
        del api.objects["pods"][0]
        return answer

    found = collected(at(change, 1))
    assert names(found, "Pod") == ALL, "as they were when the first page was read"
    again = collected(lambda request: None)
    assert names(again, "Pod") == [*ALL[1:], "pod-made-meanwhile"]


def test_a_token_that_is_not_accepted_any_more_is_renewed_in_the_middle_of_the_list(
    collected: Collect, api: ApiServer, aws: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "REQUEST_BACKOFF", lambda state: 1.1)  # a token tells the second that it was made in
    found = collected(at(faults.unauthorized, 2))
    assert listing(found, "Pod").state in WHOLE
    assert names(found, "Pod") == ALL
    assert len(api.tokens) == 2, "one token until then, and another one since"
    assert aws.calls["AssumeRole"] == 1, "the role's session was not to blame"


def test_a_session_that_is_not_accepted_any_more_is_assumed_anew(collected: Collect, aws: World) -> None:
    found = collected(at(faults.unauthorized, 2, 3))
    assert names(found, "Pod") == ALL
    assert aws.calls["AssumeRole"] == 2


def test_pages_that_overlap_are_not_taken_for_one_list(
    collected: Collect, monkeypatch: pytest.MonkeyPatch, api: ApiServer
) -> None:
    def first_page_again(proxy: faults.Proxy, request: Request, answer: faults.Answer) -> faults.Answer:
        return proxy.server.forward(f"{PODS}?limit=10", {})

    found = collected(at(first_page_again, 1))
    assert listing(found, "Pod").state is State.RESTARTED
    assert "overlap" in listing(found, "Pod").reason
    assert names(found, "Pod") == ALL


def test_a_fault_in_one_list_leaves_the_others_whole(collected: Collect, api: ApiServer) -> None:
    api.add("services", "web", "web", spec={})
    found = collected(lambda request: faults.unavailable if request.path == PODS else None)
    assert listing(found, "Service").state is State.COMPLETE
    assert names(found, "Service") == ["web"]
