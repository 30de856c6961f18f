"""One catalogue of rights: the base line, the matrix, `explain`, the review and the pack's rules grade from it."""

from collections.abc import Iterable
from itertools import chain

import pytest

from eks_access.model.kubernetes_rights import (
    BASELINE,
    KUBERNETES_RIGHTS,
    MATRIX,
    READS,
    BaselineRequest,
    KubernetesRight,
    PolicyRule,
    Request,
    RuleLike,
    allows,
    describe_right,
    find_outside_namespaces,
    find_right,
    is_in_scope,
    is_public,
    matches_nothing,
)
from eks_access.model.kubernetes_rights.catalogue import Names, Target
from eks_access.model.kubernetes_rights.custom_resources import Effect
from eks_access.model.kubernetes_rights.effect import EVERY_CALLER, EVERY_USER
from eks_access.model.severity import Severity
from eks_access_policies.access import Access, EffectiveRules, Permission, Rules
from eks_access_policies.access.rbac.default_objects import default_roles
from eks_access_policies.evaluate.rbac.violations import ViolationFinder
from eks_access_policies.review.kubernetes.rules import severity
from eks_access_policies.stack import Stack

NOT_ASKED_ABOUT = {
    "namespace-labels": "every write of a namespace is asked as a create, patch and delete of the matrix",
    "pod-security": "the API groups are those of other distributions and of old versions",
    "trust-bundles": "the kind is served only where its feature is enabled",
    **{f"custom-{effect}": "the kinds are served only where the operator is installed" for effect in Effect},
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


def list_targets(right: KubernetesRight) -> list[Target]:
    """The targets of a right; of custom resources one, since the others differ in nothing but their names."""
    custom = [each for each in right.targets if each.is_custom and "*" not in (each.group, *each.resources)]
    return custom[:1] or list(right.targets)


RIGHTS = [
    (right, verb, target.group, resource)
    for right in KUBERNETES_RIGHTS
    for target in list_targets(right)
    for resource in target.resources
    for verb in right.verbs
]
WHERE = {"cluster": None, "kube-system": ("kube-system",), "namespace": ("web",)}
NOTHING = Access(Stack(()))


def grade_by_pack(rule: Permission, namespaces: tuple[str, ...] | None) -> Severity | None:
    """The highest severity of the findings that the policy pack has about a rule."""
    found = ViolationFinder(NOTHING).find(EffectiveRules(Rules((rule,)), "dev", namespaces))
    return max((each.rule.severity for each in found), default=None)


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize(("right", "verb", "group", "resource"), RIGHTS, ids=lambda each: getattr(each, "key", each))
def test_pack_review_and_explain_grade_a_right_alike(
    right: KubernetesRight, verb: str, group: str, resource: str, where: str
) -> None:
    rule = Permission((verb,), (group,), (resource,))
    places = WHERE[where]
    by_pack, by_review = grade_by_pack(rule, places), grade_by_review(rule, places)
    is_severe = describe_right(resource, verb, group=group, namespaces=places).is_severe
    if places is not None and find_outside_namespaces(rule):
        assert by_pack is Severity.LOW, "it grants nothing there, and that alone is said of it"
        assert not is_severe
    elif where == "namespace":
        assert by_review >= (by_pack or Severity.LOW), "the review never grades below the pack"
        assert not is_severe or by_review >= Severity.HIGH, "what is a danger everywhere stays one in a namespace"
    else:
        assert by_pack is not None, "the catalogue has it"
        assert by_review == max(by_pack, Severity.LOW if verb in READS else Severity.MEDIUM)
        assert resource == "configmaps" or is_severe is (by_pack >= Severity.HIGH), "of those, aws-auth decides"


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize("name", ["one", "aws-auth", "system:masters", "cluster-admin"])
@pytest.mark.parametrize(("right", "verb", "group", "resource"), RIGHTS, ids=lambda each: getattr(each, "key", each))
def test_the_review_never_grades_a_named_right_below_the_pack(
    right: KubernetesRight, verb: str, group: str, resource: str, name: str, where: str
) -> None:
    rule = Permission((verb,), (group,), (resource,), (name,))
    by_pack = grade_by_pack(rule, WHERE[where])
    assert grade_by_review(rule, WHERE[where]) >= (by_pack or Severity.LOW)
    if right.names is Names.IRRELEVANT and where == "cluster" and resource != "signers":
        assert by_pack == right.severity, "it is as dangerous with names"


def grade_by_review(rule: Permission, places: tuple[str, ...] | None) -> Severity:
    resource, _, subresource = rule.resources[0].partition("/")
    grant = Request(rule.verbs[0], rule.groups[0], resource, subresource)
    return severity(grant, places, rule.names)


@pytest.mark.parametrize(
    "rule",
    [
        Permission(("*",), ("*",), ("*",)),
        Permission(("*",), ("",), ("configmaps",)),
        Permission(("*",), ("example.com",), ("widgets",)),
        Permission(("get",), ("apps",), ("*",)),
        Permission(("create",), ("*",), ("*",)),
        Permission(("get",), ("",), ("*/exec",)),
        Permission(("create",), ("",), ("*/proxy",)),
        Permission(("create",), ("",), ("configmaps",)),
        Permission(("patch",), ("*",), ("configmaps",), ("aws-auth",)),
    ],
    ids=str,
)
@pytest.mark.parametrize("where", WHERE)
def test_the_review_never_grades_a_wildcard_below_the_pack(rule: Permission, where: str) -> None:
    by_pack = grade_by_pack(rule, WHERE[where])
    assert by_pack is not None or where == "namespace"
    assert grade_by_review(rule, WHERE[where]) >= (by_pack or Severity.LOW)


def test_a_right_of_the_same_name_in_another_api_group_is_graded_by_neither() -> None:
    other = Permission(("create",), ("example.com",), ("secrets",))
    assert grade_by_pack(other, None) is None
    assert grade_by_review(other, None) is Severity.MEDIUM
    assert grade_by_review(Permission(("create",), ("",), ("secrets",)), None) is Severity.HIGH


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


def test_what_every_user_may_do_is_what_kubernetes_own_roles_give_them() -> None:
    def flatten(rules: Iterable[RuleLike]) -> set[tuple[str, str, str, str]]:
        return {
            (verb, group, resource, url)
            for rule in rules
            for verb in rule.verbs
            for group in rule.groups or [""]
            for resource in rule.resources or [""]
            for url in rule.urls or [""]
        }

    public = default_roles()[None, "system:public-info-viewer"].rules
    users = (default_roles()[None, name].rules for name in ("system:basic-user", "system:discovery"))
    assert flatten(EVERY_CALLER) == flatten(public)
    assert flatten(EVERY_USER) == flatten([*public, *chain.from_iterable(users)])


@pytest.mark.parametrize(
    ("request_", "users", "callers"),
    [
        (Request("create", "authorization.k8s.io", "selfsubjectaccessreviews"), True, False),
        (Request("create", "authentication.k8s.io", "selfsubjectreviews"), True, False),
        (Request("get", url="/apis/apps"), True, False),
        (Request("get", url="/version"), True, True),
        (Request("create", "authorization.k8s.io", "subjectaccessreviews"), False, False),
        (Request("get", url="/metrics"), False, False),
        (Request("post", url="/version"), False, False),
        (Request("list", "", "pods"), False, False),
    ],
    ids=str,
)
def test_public_is_what_every_user_or_every_caller_may_do(request_: Request, users: bool, callers: bool) -> None:
    assert is_public(request_) is users
    assert is_public(request_, authenticated=False) is callers


@pytest.mark.parametrize(
    ("group", "resource", "nothing"),
    [
        ("", "pods/*", True),
        ("*", "*/*", True),
        ("apps/v1", "deployments", True),
        ("", "pods/log", False),
        ("*", "*/log", False),
        ("*", "*", False),
    ],
)
def test_names_that_rbac_takes_literally_match_nothing(group: str, resource: str, nothing: bool) -> None:
    assert matches_nothing(group, resource) is nothing
    assert describe_right(resource, "get", group=group).sentence.startswith("gives nothing") is nothing
    rule = PolicyRule(("get",), (group,), (resource,))
    asked = [Request("get", "", "pods", "log"), Request("get", "apps", "deployments"), Request("get", "", "pods")]
    assert any(allows(rule, each) for each in asked) is not nothing
