"""Many clusters and what they allow: who is asked for what, and who waits for whom."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from eks_access.kubernetes.token import EksToken
from eks_access_probe.checks import cluster_session
from eks_access_probe.checks.service_account_session import ServiceAccountSession
from eks_access_probe.collector.inventory import State
from eks_access_probe.run import retry
from tests.support import faults
from tests.support.api_server import KINDS, ApiServer, pod, serving
from tests.support.faults import Faults, FaultyServer
from tests.support.gather import cluster, gather, listing, names
from tests.support.world import World, answer, json_error, kubernetes_call, xml_error

EVERY_KIND = 12


def test_every_object_that_may_be_seen_is_there_with_its_relations(
    aws: World, api: ApiServer, certificate_authority: str
) -> None:
    api.add("namespaces", "web")
    owner = {"kind": "ReplicaSet", "name": "web-abc", "uid": "uid-replicasets-web-web-abc", "controller": True}
    for number in range(25):
        pod(api, f"pod-{number:02}", metadata={"ownerReferences": [owner], "labels": {"app": "web"}})
    api.add("replicasets", "web-abc", "web")
    api.add("services", "web", "web", spec={"selector": {"app": "web"}})
    api.refused = {"nodes", "endpointslices"}
    found = gather({"api": api.url}, certificate_authority)
    seen = cluster(found)
    assert seen.counts == {"Namespace": 1, "Pod": 25, "ReplicaSet": 1, "Service": 1} | dict.fromkeys(
        ("Node", "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "EndpointSlice", "Ingress"), 0
    )
    assert seen.version == "v1.35.4"
    assert len(list(seen.edges.of("owned-by"))) == 25  # type: ignore[arg-type]
    assert len(list(seen.edges.of("served-by"))) == 25, "by the selector, for endpoint slices are refused"  # type: ignore[arg-type]
    assert {node.name for node in seen.nodes if not node.listed} == {"node-1"}
    refused = listing(seen, "Node")
    assert refused.state is State.REFUSED
    assert refused.reason.startswith("403 Forbidden: nodes is forbidden"), "the authorizer's words are kept"
    assert found.is_whole, "what may not be seen is not missing"
    assert b"CANARY" not in b"".join(found.json())


def test_pages_are_of_one_moment_and_not_of_a_cache(aws: World, api: ApiServer, certificate_authority: str) -> None:
    for number in range(25):
        pod(api, f"pod-{number}")
    gather({"api": api.url}, certificate_authority)
    queries = [query for path, query in api.requests if path == "/api/v1/pods"]
    assert [sorted(query) for query in queries] == [["limit"], ["continue", "limit"], ["continue", "limit"]]


def test_secrets_are_not_asked_for_even_of_an_integration_that_may_list_them(
    aws: World, api: ApiServer, certificate_authority: str
) -> None:
    grants = [
        {
            "name": "acme",
            "group": "acme:readers",
            "namespaces": None,
            "rules": [{"apiGroups": [""], "resources": ["secrets", "configmaps", "pods/log"], "verbs": ["list"]}],
        }
    ]
    api.add("configmaps", "settings", "web", data={"key": "CANARY"})
    found = cluster(gather({"api": api.url}, certificate_authority, grants=grants))
    asked = {path for path, _ in api.requests}
    assert "/api/v1/configmaps" in asked, "its rights name them"
    assert not [path for path in asked if "secrets" in path or "log" in path]
    assert names(found, "ConfigMap") == ["settings"]


def test_where_a_kind_is_refused_it_is_read_in_the_namespaces_of_the_integrations_own(
    aws: World, api: ApiServer, certificate_authority: str
) -> None:
    for namespace in ("web", "payments", "secret"):
        pod(api, f"in-{namespace}", namespace)
    api.refused, api.allowed_in = {"pods"}, {"pods": {"web", "payments"}}
    calls = [kubernetes_call("list", "pods", True, namespace=namespace) for namespace in ("web", "payments")]
    found = gather({"api": api.url}, certificate_authority, kubernetes=calls)
    seen = cluster(found)
    assert names(seen, "Pod") == ["in-web", "in-payments"]
    assert listing(seen, "Pod").state is State.REFUSED, "everywhere"
    assert listing(seen, "Pod", "web").state is State.COMPLETE
    assert found.is_whole
    assert not [path for path, _ in api.requests if "namespaces/web/services" in path], "there is no right to those"


@pytest.mark.parametrize("may_list_namespaces", [True, False])
def test_a_pattern_of_namespaces_means_those_that_are_there(
    aws: World, api: ApiServer, certificate_authority: str, may_list_namespaces: bool
) -> None:
    for name in ("team-a", "team-b", "other"):
        api.add("namespaces", name)
        pod(api, f"in-{name}", name)
    api.refused, api.allowed_in = {"pods", "services"}, {"pods": {"team-a", "team-b"}}
    if not may_list_namespaces:
        api.refused.add("namespaces")
    identity = {
        "username": "acme",
        "groups": [],
        "accessPolicies": [
            {"arn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy", "namespaces": ["team-*"]}
        ],
    }
    found = gather({"api": api.url}, certificate_authority, identity=identity)
    if may_list_namespaces:
        assert names(cluster(found), "Pod") == ["in-team-a", "in-team-b"]
        return
    assert not found.is_whole
    unknown = listing(cluster(found), "Pod", "team-*")
    assert unknown.state is State.INCOMPLETE
    assert "may not be listed" in unknown.reason


def test_the_time_is_that_of_the_slowest_cluster_and_not_the_sum(aws: World, certificate_authority: str) -> None:
    with serving_many(25, delay=0.1) as servers:
        endpoints = {f"cluster-{number}": server.url for number, server in enumerate(servers)}
        every = timed(lambda: gather(endpoints, certificate_authority, concurrency=100))
    waited = 25 * 0.1 * (1 + EVERY_KIND)
    assert every < waited / 4, "the answers alone would take longer one after the other"


def test_a_cluster_that_cannot_be_reached_delays_nobody_and_is_told(
    aws: World, certificate_authority: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_session, "_TIMEOUT", 1.5)
    done: dict[str, float] = {}
    with serving_many(5) as servers, silent() as nobody:
        for number, server in enumerate(servers):
            pod(server, f"pod-{number}")
        started = time.monotonic()
        # Fewer threads than there are clusters that never answer.
        endpoints = {"gone": nobody, "gone-too": nobody} | {f"cluster-{n}": s.url for n, s in enumerate(servers)}
        found = gather(endpoints, certificate_authority, concurrency=1)
        done = {key: each.seconds for key, each in found.integrations["acme"].clusters.items()}
    assert time.monotonic() - started < 15, "it is knocked at a few times, for both of its names together"
    assert "Timeout" in cluster(found, "gone").trouble
    assert cluster(found, "gone-too").trouble == cluster(found, "gone").trouble
    assert not found.is_whole
    for number in range(5):
        assert names(cluster(found, f"cluster-{number}"), "Pod") == [f"pod-{number}"]
        assert done[f"cluster-{number}"] < done["gone"], "it did not wait for the one that never answers"


def test_a_caller_who_is_not_recognised_is_told_so_and_not_that_there_is_nothing(
    aws: World,
    api: ApiServer,
    behind: Callable[[str, Faults], FaultyServer],
    certificate_authority: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(retry, "REQUEST_BACKOFF", lambda state: 0.01)
    found = gather({"api": behind(api.url, lambda request: faults.unauthorized).url}, certificate_authority)
    assert cluster(found).trouble.startswith("401 Unauthorized")
    assert not found.is_whole
    assert not cluster(found).listings[2:], "nothing was listed; the first two are AWS's"


def test_a_server_that_is_none_of_kubernetes_is_told(
    aws: World,
    api: ApiServer,
    behind: Callable[[str, Faults], FaultyServer],
    certificate_authority: str,
) -> None:
    found = gather({"api": behind(api.url, lambda request: faults.sign_in_page).url}, certificate_authority)
    assert "not one of a Kubernetes API server" in cluster(found).trouble
    assert not found.is_whole


def test_an_integration_that_cannot_be_acted_as_is_told(aws: World, api: ApiServer, certificate_authority: str) -> None:
    aws.role_known_after = 10
    found = gather({"api": api.url}, certificate_authority)
    assert found.integrations["acme"].trouble.startswith("403 AccessDenied")
    assert not found.is_whole
    assert not api.requests


def test_access_entries_and_roles_are_kept_where_they_may_be_seen(
    aws: World, api: ApiServer, certificate_authority: str
) -> None:
    principal, policy = (
        "arn:aws:iam::111122223333:role/admin",
        "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
    )
    scope = {"type": "namespace", "namespaces": ["web"]}
    answers(
        aws,
        ListAccessEntries={"accessEntries": [principal]},
        DescribeAccessEntry={"accessEntry": {"principalArn": principal, "kubernetesGroups": ["a"], "type": "STANDARD"}},
        ListAssociatedAccessPolicies={"associatedAccessPolicies": [{"policyArn": policy, "accessScope": scope}]},
    )
    found = cluster(gather({"api": api.url}, certificate_authority))
    (entry,) = found.access_entries
    assert (entry.principal, entry.groups) == (principal, ("a",))
    assert [(each.arn, each.namespaces) for each in entry.policies] == [(policy, ("web",))]
    assert found.configuration is not None
    assert found.configuration.version == "1.35"


def test_an_entry_that_may_not_be_described_is_there_by_its_principal(
    aws: World, api: ApiServer, certificate_authority: str
) -> None:
    answers(
        aws,
        ListAccessEntries={"accessEntries": ["arn:aws:iam::111122223333:role/admin"]},
        ListAssociatedAccessPolicies={"associatedAccessPolicies": []},
    )
    aws.answers["DescribeAccessEntry"] = lambda _: json_error(403, "AccessDeniedException", "no")
    found = gather({"api": api.url}, certificate_authority)
    assert [entry.principal for entry in cluster(found).access_entries] == ["arn:aws:iam::111122223333:role/admin"]
    assert listing(cluster(found), "eks:DescribeAccessEntry").state is State.REFUSED
    assert found.is_whole


def test_access_entries_are_not_asked_for_where_the_mode_has_none(
    aws: World, api: ApiServer, certificate_authority: str
) -> None:
    found = gather({"api": api.url}, certificate_authority, mode="CONFIG_MAP")
    assert "eks:ListAccessEntries" not in [listing.kind for listing in cluster(found).listings]
    assert not aws.calls["ListAccessEntries"]
    assert found.is_whole


def test_aws_that_answers_with_an_error_is_not_a_refusal(
    aws: World, api: ApiServer, certificate_authority: str
) -> None:
    aws.answers["ListRoles"] = lambda _: xml_error(400, "ValidationError", "no")
    found = gather({"api": api.url}, certificate_authority)
    (roles,) = found.integrations["acme"].listings
    assert roles.state is State.INCOMPLETE
    assert not found.is_whole


# How it is set up.


@contextmanager
def serving_many(count: int, delay: float = 0.0) -> Iterator[list[ApiServer]]:
    with ExitStack() as stack:
        servers = [stack.enter_context(serving(ApiServer())) for _ in range(count)]
        for server in servers:
            server.delay = delay
        yield servers


@contextmanager
def silent() -> Iterator[str]:
    """The address of something that takes connections and never answers."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def timed(call: Callable[[], Any]) -> float:
    started = time.monotonic()
    call()
    return time.monotonic() - started


def answers(aws: World, **bodies: Any) -> None:
    for operation, body in bodies.items():
        encoded = json.dumps(body).encode()
        aws.answers[operation] = lambda _, encoded=encoded: answer(200, encoded, "application/json")  # type: ignore[misc]


def test_what_passes_requests_on_reads_as_each_whose_they_are_until_one_may(
    aws: World, api: ApiServer, certificate_authority: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """EKS Connector: nobody becomes its role, and its service account reads in its viewers' names."""
    monkeypatch.setattr(
        ServiceAccountSession, "_create_token", lambda _: EksToken("t", datetime.max.replace(tzinfo=UTC))
    )
    narrow, wide = "arn:aws:iam::111122223333:role/Narrow", "arn:aws:iam::111122223333:role/Wide"
    api.refused_to = {"": set(KINDS), narrow: {"pods", "nodes", "ingresses"}, wide: {"nodes", "services"}}
    pod(api, "web")
    api.add("services", "web", "web", spec={})
    found = gather(
        {"api": api.url},
        certificate_authority,
        trust={"kind": "service", "refuses": ["stranger"], "service": "ssm.amazonaws.com"},
        kubernetes=[kubernetes_call("list", "pods", True, user=user) for user in (narrow, wide)],
    )
    seen = cluster(found)
    assert {kind: seen.counts[kind] for kind in ("Pod", "Service", "Node")} == {"Pod": 1, "Service": 1, "Node": 0}
    assert listing(seen, "Node").state is State.REFUSED, "nobody may"
    assert found.is_whole
    assert not aws.calls, "AWS is asked nothing in the name of a role that nobody can be"
