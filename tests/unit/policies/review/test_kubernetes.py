"""Effective verbs, from access policies and RBAC together: gained, lost, and moved to a wider place."""

from collections.abc import Callable

import pytest

from tests.support.review_stacks import Rules, Stack, difference, lines, rule

READ = ("get", "list")
GROUP = "cado:responders"


def bound(rules: Rules, *namespaces: str) -> Stack:
    return Stack().role("cado").entry("cado", "dev", GROUP).bound(GROUP, "dev", rules, *namespaces)


def entered(*policies: tuple[str, ...]) -> Stack:
    stack = Stack().role("cado").entry("cado", "dev")
    for policy, *namespaces in policies:
        stack.policy("cado", "dev", policy, *namespaces)
    return stack


def test_secrets_added_to_cados_rule_are_one_line() -> None:
    before, after = bound([rule(READ, "pods")]), bound([rule(READ, "pods", "secrets")])
    assert lines(difference(before, after)) == [
        "high: can read every Secret: other systems' passwords, keys and tokens (get, list secrets in the whole"
        " cluster; in cluster dev)"
    ]


def test_commands_in_the_pods_of_a_namespace_are_told_with_what_they_reach() -> None:
    (line,) = lines(difference(bound([]), bound([rule(["create"], "pods/exec")], "payments")))
    assert line == (
        "high: can run commands in every pod of payments, and read the secrets mounted there (create pods/exec in"
        " namespace payments; in cluster dev)"
    )


def test_an_access_scope_widened_from_a_namespace_to_the_cluster_is_one_line() -> None:
    before, after = entered(("AmazonEKSViewPolicy", "payments")), entered(("AmazonEKSViewPolicy",))
    (line,) = lines(difference(before, after))
    assert line.endswith(
        "(AmazonEKSViewPolicy in the whole cluster, instead of only in namespace payments; in cluster dev)"
    )
    (lost,) = lines(difference(after, before))
    assert lost.startswith("lost: ")


def test_a_binding_moved_from_a_namespace_to_the_cluster_is_one_line() -> None:
    rules = [rule(READ, "pods", "secrets"), rule(["create"], "pods/exec")]
    (line,) = lines(difference(bound(rules, "web"), bound(rules)))
    assert "in the whole cluster, instead of only in namespace web" in line
    assert line.startswith("high: can read every Secret")
    assert "run commands in every pod" in line


def test_a_further_namespace_is_told_alone() -> None:
    rules = [rule(READ, "secrets")]
    (line,) = lines(difference(bound(rules, "web"), bound(rules, "web", "payments")))
    assert "in namespace payments" in line
    assert "web" not in line


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (lambda: entered(("AmazonEKSEditPolicy",)), lambda: entered(("AmazonEKSViewPolicy", "x"))),
        (lambda: entered(("AmazonEKSClusterAdminPolicy",)), lambda: entered(("AmazonEKSEditPolicy", "x"))),
        (lambda: entered(("AmazonEKSViewPolicy", "dev-*")), lambda: entered(("AmazonEKSViewPolicy", "dev-a"))),
        (lambda: bound([rule(["*"], "*", group="*")]), lambda: bound([rule(["create"], "pods/exec")])),
        (lambda: bound([rule(["create"], "*/exec")]), lambda: bound([rule(["create"], "pods/exec")])),
        (lambda: bound([rule(READ, "pods")]), lambda: bound([rule(["get"], "pods"), rule(["list"], "pods")])),
        (lambda: bound([rule(READ, "pods")]), lambda: bound([rule(READ, "pods")], "web")),
        (lambda: bound([rule(READ, "configmaps")]), lambda: bound([rule(READ, "configmaps", resourceNames=["a"])])),
    ],
)  # fmt: skip
def test_what_is_held_already_in_another_way_is_no_gain(
    before: Callable[[], Stack], after: Callable[[], Stack]
) -> None:
    assert [line for line in lines(difference(before(), after())) if not line.startswith("lost")] == []


def test_rights_that_move_from_an_access_policy_to_rbac_are_no_change() -> None:
    from eks_access.model.access_policies import catalogue

    rules: Rules = [
        {"apiGroups": list(each.groups), "resources": list(each.resources), "verbs": list(each.verbs)}
        for each in catalogue()["AmazonEKSViewPolicy"]
    ]
    group = Stack().role("cado").entry("cado", "dev", GROUP).bound(GROUP, "dev", rules)
    assert lines(difference(entered(("AmazonEKSViewPolicy",)), group)) == []


def test_names_are_told_and_make_it_less_grave() -> None:
    named = bound([rule(["get"], "secrets", resourceNames=["cado-key"])])
    (line,) = lines(difference(bound([]), named))
    assert line.startswith("medium: can read every Secret named cado-key:")
    assert "only those named cado-key, in the whole cluster" in line
    (all_of_them,) = lines(difference(named, bound([rule(["get"], "secrets")])))
    assert all_of_them.startswith("high: ")


@pytest.mark.parametrize(
    ("rules", "severity"),
    [
        ([rule(["*"], "*", group="*")], "critical"),
        ([rule(["escalate"], "clusterroles", group="rbac.authorization.k8s.io")], "critical"),
        ([rule(["impersonate"], "groups")], "critical"),
        ([rule(["get"], "nodes/proxy")], "critical"),
        ([rule(["create"], "pods/exec")], "high"),
        ([rule(["create"], "pods")], "high"),
        ([rule(["update"], "services")], "medium"),
        ([rule(["list"], "nodes")], "low"),
    ],
)
def test_each_right_has_its_severity(rules: Rules, severity: str) -> None:
    found = lines(difference(bound([]), bound(rules)))
    assert found[0].startswith(f"{severity}: "), found


def test_being_let_in_with_no_rights_is_told() -> None:
    (line,) = lines(difference(Stack().role("cado"), Stack().role("cado").entry("cado", "dev")))
    assert line == "low: is let in, as every user of the cluster is (sign in; in cluster dev)"


def test_a_policy_whose_rules_are_not_published_is_said_to_be_unknown() -> None:
    found = lines(difference(entered(), entered(("AmazonEKSAutoNodePolicy",))))
    assert any(line.startswith("unknown: ") and "AmazonEKSAutoNodePolicy" in line for line in found)


def test_a_group_that_nobody_in_the_stack_enters_as_is_a_holder_of_its_own() -> None:
    (line,) = lines(difference(Stack(), Stack().bound("system:authenticated", "dev", [rule(READ, "secrets")])))
    assert "can read every Secret" in line


@pytest.mark.parametrize(
    ("namespace", "name", "severity"),
    [("kube-system", "aws-auth", "high"), ("kube-system", "other", "medium"), ("web", "aws-auth", "medium")],
)
def test_changing_aws_auth_is_told_as_what_it_is(namespace: str, name: str, severity: str) -> None:
    (line,) = lines(difference(bound([]), bound([rule(["update"], "configmaps", resourceNames=[name])], namespace)))
    assert line.startswith(f"{severity}: ")
    assert ("who may do what in the cluster" in line) == (severity == "high")
