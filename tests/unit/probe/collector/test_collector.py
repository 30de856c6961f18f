"""Collecting from many clusters: which lists are requested, and that no cluster delays another."""

import gc
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
from eks_access_probe.collector.collector import paused_cyclic_gc
from eks_access_probe.collector.inventory import State
from eks_access_probe.run import retry
from tests.support import faults
from tests.support.api_server import KINDS, ApiServer, pod, serving
from tests.support.faults import Faults, FaultyServer
from tests.support.gather import cluster, gather, listing, names
from tests.support.world import World, answer, json_error, kubernetes_call, xml_error

EVERY_KIND = 12


def test_every_object_that_may_be_listed_is_in_the_graph(
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
    assert len(list(seen.edges.of("served-by"))) == 25, "by selector, because endpoint slices are refused"  # type: ignore[arg-type]
    assert {node.name for node in seen.nodes if not node.listed} == {"node-1"}
    refused = listing(seen, "Node")
    assert refused.state is State.REFUSED
    assert refused.reason.startswith("403 Forbidden: nodes is forbidden"), "the authorizer's message is kept"
    assert found.is_whole, "a refused list is not a gap"
    assert b"CANARY" not in b"".join(found.json_chunks())


def test_pages_are_consistent_and_not_served_from_a_cache(
    aws: World, api: ApiServer, certificate_authority: str
) -> None:
    for number in range(25):
        pod(api, f"pod-{number}")
    gather({"api": api.url}, certificate_authority)
    queries = [query for path, query in api.requests if path == "/api/v1/pods"]
    assert [sorted(query) for query in queries] == [["limit"], ["continue", "limit"], ["continue", "limit"]]


def test_secrets_are_not_listed_even_if_the_integration_may_list_them(
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


def test_a_kind_that_is_refused_cluster_wide_is_listed_in_the_namespaces_with_a_right(
    aws: World, api: ApiServer, certificate_authority: str
) -> None:
    for namespace in ("web", "payments", "secret"):
        pod(api, f"in-{namespace}", namespace)
    api.refused, api.allowed_in = {"pods"}, {"pods": {"web", "payments"}}
    calls = [kubernetes_call("list", "pods", True, namespace=namespace) for namespace in ("web", "payments")]
    found = gather({"api": api.url}, certificate_authority, kubernetes=calls)
    seen = cluster(found)
    assert names(seen, "Pod") == ["in-web", "in-payments"]
    assert listing(seen, "Pod").state is State.REFUSED, "cluster-wide"
    assert listing(seen, "Pod", "web").state is State.COMPLETE
    assert found.is_whole
    assert not [path for path, _ in api.requests if "namespaces/web/services" in path], (
        "there is no right to list those"
    )


@pytest.mark.parametrize("may_list_namespaces", [True, False])
def test_a_namespace_pattern_matches_the_existing_namespaces(
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


def test_clusters_are_read_concurrently(aws: World, certificate_authority: str) -> None:
    with serving_many(25, delay=0.1) as servers:
        endpoints = {f"cluster-{number}": server.url for number, server in enumerate(servers)}
        every = timed(lambda: gather(endpoints, certificate_authority, concurrency=100))
    waited = 25 * 0.1 * (1 + EVERY_KIND)
    assert every < waited / 4, "in sequence, the responses alone would take longer"


def test_an_unreachable_cluster_is_reported_and_delays_no_other(
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
    assert time.monotonic() - started < 15, "a few attempts, for both of its keys together"
    assert "Timeout" in cluster(found, "gone").trouble
    assert cluster(found, "gone-too").trouble == cluster(found, "gone").trouble
    assert not found.is_whole
    for number in range(5):
        assert names(cluster(found, f"cluster-{number}"), "Pod") == [f"pod-{number}"]
        assert done[f"cluster-{number}"] < done["gone"], "it did not wait for the silent one"


def test_an_unauthenticated_caller_is_a_problem_and_not_an_empty_cluster(
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
    assert not cluster(found).listings[2:], "no list was requested; the first two are AWS calls"


def test_a_server_that_is_not_a_kubernetes_api_server_is_reported(
    aws: World,
    api: ApiServer,
    behind: Callable[[str, Faults], FaultyServer],
    certificate_authority: str,
) -> None:
    found = gather({"api": behind(api.url, lambda request: faults.sign_in_page).url}, certificate_authority)
    assert "not one of a Kubernetes API server" in cluster(found).trouble
    assert not found.is_whole


def test_a_role_that_cannot_be_assumed_is_reported(aws: World, api: ApiServer, certificate_authority: str) -> None:
    aws.role_known_after = 10
    found = gather({"api": api.url}, certificate_authority)
    assert found.integrations["acme"].trouble.startswith("403 AccessDenied")
    assert not found.is_whole
    assert not api.requests


def test_access_entries_with_their_policies_are_collected(
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


def test_an_access_entry_that_may_not_be_described_has_its_principal_only(
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


def test_access_entries_are_not_listed_if_the_authentication_mode_has_none(
    aws: World, api: ApiServer, certificate_authority: str
) -> None:
    found = gather({"api": api.url}, certificate_authority, mode="CONFIG_MAP")
    assert "eks:ListAccessEntries" not in [listing.kind for listing in cluster(found).listings]
    assert not aws.calls["ListAccessEntries"]
    assert found.is_whole


def test_an_error_of_aws_is_not_a_refusal(aws: World, api: ApiServer, certificate_authority: str) -> None:
    aws.answers["ListRoles"] = lambda _: xml_error(400, "ValidationError", "no")
    found = gather({"api": api.url}, certificate_authority)
    (roles,) = found.integrations["acme"].listings
    assert roles.state is State.INCOMPLETE
    assert not found.is_whole


@pytest.mark.parametrize("was_enabled", [True, False])
def test_the_cyclic_garbage_collector_is_restored_also_after_an_error(was_enabled: bool) -> None:
    before = gc.isenabled()
    try:
        (gc.enable if was_enabled else gc.disable)()
        with pytest.raises(KeyboardInterrupt):
            _interrupted()
        assert gc.isenabled() is was_enabled
    finally:
        (gc.enable if before else gc.disable)()


def _interrupted() -> None:
    with paused_cyclic_gc():
        assert not gc.isenabled(), "paused while the inventory is collected"
        raise KeyboardInterrupt


# Helpers.


@contextmanager
def serving_many(count: int, delay: float = 0.0) -> Iterator[list[ApiServer]]:
    with ExitStack() as stack:
        servers = [stack.enter_context(serving(ApiServer())) for _ in range(count)]
        for server in servers:
            server.delay = delay
        yield servers


@contextmanager
def silent() -> Iterator[str]:
    """The address of a server that accepts connections and never responds."""
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


def test_a_list_through_eks_connector_is_read_as_the_first_viewer_that_may_list_it(
    aws: World, api: ApiServer, certificate_authority: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only SSM may assume the connector's role, and its service account impersonates its viewers."""
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
        method="eks-connector",
        trust={"kind": "service", "refuses": ["stranger"], "service": "ssm.amazonaws.com"},
        kubernetes=[kubernetes_call("list", "pods", True, user=user) for user in (narrow, wide)],
    )
    seen = cluster(found)
    assert {kind: seen.counts[kind] for kind in ("Pod", "Service", "Node")} == {"Pod": 1, "Service": 1, "Node": 0}
    assert listing(seen, "Node").state is State.REFUSED, "none of them may"
    assert found.is_whole
    assert not aws.calls, "no AWS call is made as a role that the probe cannot assume"
