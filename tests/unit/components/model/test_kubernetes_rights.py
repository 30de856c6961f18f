"""One catalogue of rights: the base line, the matrix, `explain`, the review and the pack's rules grade from it."""

import pytest

from eks_access.model.kubernetes_rights import (
    BASELINE,
    KUBERNETES_RIGHTS,
    MATRIX,
    BaselineRequest,
    KubernetesRight,
    PolicyRule,
    Request,
    allows,
    describe_right,
    find_right,
    is_in_scope,
)
from eks_access.model.severity import Severity
from eks_access_policies.review.kubernetes import severity
from eks_access_policies.rules.rbac import PAIRS

NOT_ASKED_ABOUT = {
    "namespace-labels": "every write of a namespace is asked as a create, patch and delete of the matrix",
    "pod-security": "the API groups are those of other distributions and of old versions",
}
"""Rights of high severity that neither the base line nor the matrix asks about in these words, and why."""


def rule_for(request: Request) -> PolicyRule:
    return PolicyRule((request.verb,), (request.group,), (request.full_resource,))


@pytest.mark.parametrize(
    "row", [row for row in BASELINE if row.right], ids=lambda row: f"{row.right}-{row.request.verb}"
)
def test_a_request_of_the_base_line_is_given_by_the_right_it_names(row: BaselineRequest) -> None:
    (right,) = (each for each in KUBERNETES_RIGHTS if each.key == row.right)
    assert right.matched_by(rule_for(row.request)) is not None
    assert right.matched_by(PolicyRule(("none",), (row.request.group,), (row.request.full_resource,))) is None


@pytest.mark.parametrize(
    "right", [each for each in KUBERNETES_RIGHTS if each.severity >= Severity.HIGH], ids=lambda right: right.key
)
def test_a_right_of_high_severity_is_asked_about_by_the_probe_or_there_is_a_reason(right: KubernetesRight) -> None:
    asked = [*(row.request for row in BASELINE), *MATRIX]
    is_asked = any(right.matched_by(rule_for(request)) for request in asked if request.resource != "*")
    assert is_asked or right.key in NOT_ASKED_ABOUT


@pytest.mark.parametrize("right", KUBERNETES_RIGHTS, ids=lambda right: right.key)
def test_what_the_pack_calls_high_is_high_in_the_review_and_severe_in_explain(right: KubernetesRight) -> None:
    for target in right.targets:
        for full in target.resources:
            resource, _, subresource = full.partition("/")
            for verb in right.verbs:
                graded = severity(Request(verb, target.group, resource, subresource), None)
                if PAIRS[right.key].everywhere.severity >= Severity.HIGH:
                    assert graded >= right.severity, f"{verb} {full} is {graded.name} in the review"
                    assert describe_right(full, verb).is_severe


def test_reads_of_workloads_are_no_right_of_the_catalogue() -> None:
    assert find_right("pods", "list") is None
    assert not describe_right("pods", "list").is_severe
    assert severity(Request("list", "", "pods"), None) is Severity.LOW


def test_a_verb_wildcard_is_graded_by_the_most_severe_right_of_the_resource() -> None:
    right = find_right("clusterroles", "*")
    assert right is not None
    assert right.severity is Severity.CRITICAL


@pytest.mark.parametrize(
    ("rule", "request_", "allowed"),
    [
        (PolicyRule(("get",), ("",), ("pods",)), Request("get", "", "pods"), True),
        (PolicyRule(("get",), ("",), ("pods",)), Request("list", "", "pods"), False),
        (PolicyRule(("get",), ("apps",), ("pods",)), Request("get", "", "pods"), False),
        (PolicyRule(("*",), ("*",), ("*",)), Request("delete", "apps", "deployments", "scale"), True),
        (PolicyRule(("get",), ("",), ("*/log",)), Request("get", "", "pods", "log"), True),
        (PolicyRule(("get",), ("",), ("pods",)), Request("get", "", "pods", "log"), False),
        (PolicyRule(("get",), ("",), ("pods/*",)), Request("get", "", "pods", "log"), False),
        (PolicyRule(("get",), ("",), ("secrets",), ("one",)), Request("get", "", "secrets", name="one"), True),
        (PolicyRule(("get",), ("",), ("secrets",), ("one",)), Request("get", "", "secrets", name="other"), False),
        (PolicyRule(("get",), ("",), ("secrets",), ("one",)), Request("get", "", "secrets"), False),
        (PolicyRule(("get",), urls=("/metrics",)), Request("get", url="/metrics"), True),
        (PolicyRule(("get",), urls=("/healthz/*",)), Request("get", url="/healthz/ready"), True),
        (PolicyRule(("get",), urls=("/healthz/*",)), Request("get", url="/metrics"), False),
        (PolicyRule(("get",), ("*",), ("*",)), Request("get", url="/metrics"), False),
    ],
)
def test_a_rule_allows_what_rbac_allows(rule: PolicyRule, request_: Request, allowed: bool) -> None:
    assert allows(rule, request_) is allowed


def test_only_scopes_of_access_policies_are_patterns() -> None:
    request = Request("list", "", "pods", namespace="dev-1")
    assert is_in_scope(("dev-*",), request, patterns=True)
    assert not is_in_scope(("dev-*",), request)
    assert is_in_scope(None, Request("list", "", "nodes"))
    assert not is_in_scope(("dev-1",), Request("list", "", "nodes")), "outside of namespaces a scope gives nothing"


def test_a_review_of_a_path_is_never_taken_for_one_of_a_resource() -> None:
    everything = PolicyRule(("*",), ("*",), ("*",))
    assert not allows(everything, Request.from_review({"nonResourceAttributes": {"verb": "get", "path": ""}}))
    assert allows(everything, Request.from_review({"resourceAttributes": {"verb": "get", "resource": "pods"}}))
