"""Checks that fail for one cause are one finding, which names the object."""

import io
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from rich.console import Console

from eks_access.manifest.models import IntegrationAccess, Manifest
from eks_access_probe.checks.cluster_session import ClusterSession
from eks_access_probe.checks.kubernetes import build_question
from eks_access_probe.identity.assume_role import Actor
from eks_access_probe.identity.aws_clients import Aws
from eks_access_probe.identity.identities import Identities
from eks_access_probe.outcome import Answer, GrantSource, Outcome, Plane, Question, Verdict
from eks_access_probe.report.causes import find_causes, group_by_cause
from eks_access_probe.report.interface import Proof
from eks_access_probe.report.table import TableReport
from tests.support.world import access, aws_call, kubernetes_call

READ = GrantSource("ClusterRoleBinding acme-read", "ClusterRole acme-read")
WRITE = GrantSource("RoleBinding acme-write in web", "ClusterRole acme-write")
DENIED, ALLOWED = Answer(Verdict.DENIED, 403, "Forbidden", "pods is forbidden"), Answer(Verdict.ALLOWED, 200)
MISSING = Answer(
    Verdict.DENIED, 403, "Forbidden", 'forbidden: RBAC: clusterrole.rbac.authorization.k8s.io "acme-read" not found'
)


def outcome(
    call: str,
    answer: Answer,
    *,
    allowed: bool = True,
    by: GrantSource | None = READ,
    cluster: str | None = "api",
    plane: Plane = Plane.KUBERNETES,
) -> Outcome:
    question = Question("acme", plane, call, "", allowed, "needed", cluster, granted_by=by if allowed else None)
    return Outcome(question, answer, 3, 9.0)


def found(*outcomes: Outcome) -> list[tuple[str, list[str]]]:
    return [(each.cause, [o.question.verb for o in each.outcomes]) for each in group_by_cause(outcomes)]


def test_all_calls_that_a_missing_binding_gives_are_one_finding() -> None:
    eleven = [outcome(f"list {number}", DENIED) for number in range(11)]
    ((cause, calls),) = found(*eleven, outcome("write", ALLOWED, by=WRITE))
    assert cause == "ClusterRoleBinding acme-read does not give any of the 11 calls that it should: missing, or changed"
    assert len(calls) == 11


def test_a_missing_role_is_named_by_the_response() -> None:
    assert found(outcome("list", MISSING), outcome("watch", MISSING)) == [
        ("ClusterRole acme-read is missing", ["list", "watch"])
    ]


def test_a_rule_that_is_gone_from_a_role_is_another_cause_than_the_binding() -> None:
    assert found(outcome("list", DENIED), outcome("get", ALLOWED)) == [
        ("ClusterRole acme-read was changed: it gives other calls, but not this", ["list"])
    ]


def test_different_bindings_are_different_findings() -> None:
    causes = [
        cause.partition(" does")[0] for cause, _ in found(outcome("list", DENIED), outcome("x", DENIED, by=WRITE))
    ]
    assert causes == [READ.binding, WRITE.binding]


def test_one_cause_in_several_clusters_is_one_finding() -> None:
    ((_, calls),) = found(outcome("list", DENIED), outcome("list", DENIED, cluster="both"))
    assert calls == ["list", "list"]


def test_what_a_binding_of_others_allows_is_grouped_by_it() -> None:
    def allowed(binding: str) -> Answer:
        return Answer(
            Verdict.ALLOWED, 201, "x", f'RBAC: allowed by ClusterRoleBinding "{binding}" of ClusterRole "a" to'
        )

    assert found(
        outcome("exec", allowed("wide"), allowed=False),
        outcome("attach", allowed("wide"), allowed=False),
        outcome("proxy", allowed("other"), allowed=False),
        outcome("list secrets", ALLOWED, allowed=False),
        outcome("watch secrets", ALLOWED, allowed=False),
    ) == [
        ("ClusterRoleBinding wide of ClusterRole a allows it", ["exec", "attach"]),
        ("ClusterRoleBinding other of ClusterRole a allows it", ["proxy"]),
        ("", ["list secrets", "watch secrets"]),
    ]


def test_requests_to_assume_a_role_are_findings_of_their_own() -> None:
    trust = [outcome(call, ALLOWED, allowed=False, cluster=None, plane=Plane.TRUST) for call in ("a", "b")]
    assert len(found(*trust)) == 2


def test_what_is_as_expected_or_waits_for_another_has_no_cause() -> None:
    skipped = Outcome(outcome("x", DENIED).question, Answer(Verdict.DENIED), 0, 0.0, waits_for="sign in")
    outcomes = [outcome("list", ALLOWED), outcome("exec", DENIED, allowed=False), skipped]
    assert (find_causes(outcomes), found(*outcomes)) == ({}, [])


# The sources of what must be allowed.

GRANTS = [
    {
        "name": "acme-read",
        "group": "acme:readers",
        "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}],
    },
    {
        "name": "acme-web",
        "group": "acme:readers",
        "namespaces": ["web"],
        "rules": [{"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get"], "resourceNames": ["a"]}],
    },
    {"name": "other", "group": "others", "rules": [{"apiGroups": [""], "resources": ["nodes"], "verbs": ["list"]}]},
]
POLICY = {"arn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy", "namespaces": []}


@pytest.mark.parametrize(
    ("call", "binding"),
    [
        (("list", "pods", {}), "ClusterRoleBinding acme-read"),
        (("get", "deployments", {"apiGroup": "apps", "namespace": "web", "name": "a"}), "RoleBinding acme-web in web"),
        (("get", "deployments", {"apiGroup": "apps", "namespace": "web", "name": "b"}), None),
        (("list", "nodes", {}), None),
        (("list", "services", {}), "the association of AmazonEKSViewPolicy with the access entry"),
    ],
)
def test_a_call_that_must_be_allowed_names_what_gives_it(
    certificate_authority: str, call: tuple[str, str, dict[str, Any]], binding: str | None
) -> None:
    verb, resource, place = call
    identity = {
        "username": "acme",
        "groups": ["acme:readers"],
        "accessPolicies": [POLICY] if resource == "services" else [],
    }
    kubernetes = [kubernetes_call(verb, resource, True, **place), kubernetes_call(verb, resource, False, **place)]
    declared = IntegrationAccess.model_validate(
        access(certificate_authority, grants=GRANTS, identity=identity, kubernetes=kubernetes)
    )
    session = ClusterSession(Actor(Aws(None), "acme", declared, Identities(version=1)), "api", declared.clusters["api"])
    allowed, refused = (build_question(session, e).granted_by for e in declared.kubernetes)
    assert (allowed.binding if allowed else None) == binding
    assert refused is None


# In the table.


@pytest.fixture
def show(certificate_authority: str) -> Callable[..., str]:
    def show(*outcomes: Outcome) -> str:
        declared = access(certificate_authority, clusters=("api", "both"), aws=[aws_call("eks:ListClusters", True)])
        manifest = Manifest.model_validate(
            {
                "environment": "dev",
                "partition": "aws",
                "account": "111122223333",
                "endpoint": "loopback",
                "integrations": {"acme": declared},
            }
        )
        out = io.StringIO()
        TableReport(Console(file=out, width=200)).write(Proof(manifest, outcomes, datetime.now(UTC), 10.0))
        return out.getvalue()

    return show


def test_a_finding_of_many_calls_has_its_cause_and_its_advice_once(show: Callable[..., str]) -> None:
    table = show(*(outcome(f"list {number}", DENIED) for number in range(11)))
    assert table.count("what to do") == 1
    assert table.count("does not give any of the 11 calls") == 1
    assert "✗ acme in cluster api: 11 calls" in table
    assert all(f"list {number}" in table for number in range(11))


def test_a_call_that_fails_in_some_of_the_clusters_says_in_which(show: Callable[..., str]) -> None:
    both = [outcome(call, MISSING, cluster=cluster) for call in ("list", "get") for cluster in ("api", "both")]
    table = show(*both, outcome("watch", MISSING, cluster="both"))
    assert "✗ acme in clusters api, both: 3 calls" in table
    assert "watch in both only" in table
    assert "list in" not in table


def test_a_single_call_is_shown_with_its_reason(show: Callable[..., str]) -> None:
    table = show(outcome("list", DENIED), outcome("get", ALLOWED))
    assert "✗ acme in cluster api: list" in table
    assert "allowed: needed" in table
    assert "ClusterRole acme-read was changed" in table
