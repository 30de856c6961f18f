"""Changes of effective rights in clusters, from access policies and RBAC together: gained, lost and widened."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.review_stacks import Rules, Stack, compare, lines, rule

READ = ("get", "list")
GROUP = "cado:responders"


def bound(rules: Rules, *namespaces: str) -> Stack:
    return Stack().role("cado").entry("cado", "dev", GROUP).bound(GROUP, "dev", rules, *namespaces)


def entered(*policies: tuple[str, ...]) -> Stack:
    stack = Stack().role("cado").entry("cado", "dev")
    for policy, *namespaces in policies:
        stack.policy("cado", "dev", policy, *namespaces)
    return stack


def test_adding_secrets_to_cados_rule_is_one_line() -> None:
    before, after = bound([rule(READ, "pods")]), bound([rule(READ, "pods", "secrets")])
    assert lines(compare(before, after)) == [
        "high: can read every Secret: other systems' passwords, keys and tokens (get, list secrets in the whole"
        " cluster; in cluster dev)"
    ]


def test_running_commands_in_the_pods_of_a_namespace_is_reported_with_what_it_gives_access_to() -> None:
    (line,) = lines(compare(bound([]), bound([rule(["create"], "pods/exec")], "payments")))
    assert line == (
        "high: can run commands in every pod of payments, and read the secrets mounted there (create pods/exec in"
        " namespace payments; in cluster dev)"
    )


def test_widening_an_access_scope_from_a_namespace_to_the_cluster_is_one_line() -> None:
    before, after = entered(("AmazonEKSViewPolicy", "payments")), entered(("AmazonEKSViewPolicy",))
    (line,) = lines(compare(before, after))
    assert line.endswith(
        "(AmazonEKSViewPolicy in the whole cluster, instead of only in namespace payments; in cluster dev)"
    )
    (lost,) = lines(compare(after, before))
    assert lost.startswith("lost: ")
    assert lost.endswith("(AmazonEKSViewPolicy in the whole cluster, but still in namespace payments; in cluster dev)")


def test_moving_a_binding_from_a_namespace_to_the_cluster_is_one_line() -> None:
    rules = [rule(READ, "pods", "secrets"), rule(["create"], "pods/exec")]
    (line,) = lines(compare(bound(rules, "web"), bound(rules)))
    assert "in the whole cluster, instead of only in namespace web" in line
    assert line.startswith("high: can read every Secret")
    assert "run commands in every pod" in line
    (lost,) = lines(compare(bound(rules), bound(rules, "web")))
    assert "in the whole cluster, but still in namespace web" in lost


def test_only_the_additional_namespace_is_reported() -> None:
    rules = [rule(READ, "secrets")]
    (line,) = lines(compare(bound(rules, "web"), bound(rules, "web", "payments")))
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
def test_a_right_that_another_rule_granted_before_is_no_gain(
    before: Callable[[], Stack], after: Callable[[], Stack]
) -> None:
    assert [line for line in lines(compare(before(), after())) if not line.startswith("lost")] == []


def test_rights_that_move_from_an_access_policy_to_rbac_are_no_change() -> None:
    from eks_access.model.access_policies import catalogue

    rules: Rules = [
        {"apiGroups": list(each.groups), "resources": list(each.resources), "verbs": list(each.verbs)}
        for each in catalogue()["AmazonEKSViewPolicy"]
    ]
    group = Stack().role("cado").entry("cado", "dev", GROUP).bound(GROUP, "dev", rules)
    assert lines(compare(entered(("AmazonEKSViewPolicy",)), group)) == []


def test_a_right_on_named_objects_is_reported_with_the_names_and_is_less_severe() -> None:
    named = bound([rule(["get"], "secrets", resourceNames=["cado-key"])])
    (line,) = lines(compare(bound([]), named))
    assert line.startswith("medium: can read every Secret named cado-key:")
    assert "only those named cado-key, in the whole cluster" in line
    (all_of_them,) = lines(compare(named, bound([rule(["get"], "secrets")])))
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
    found = lines(compare(bound([]), bound(rules)))
    assert found[0].startswith(f"{severity}: "), found


def test_an_access_entry_without_rights_is_reported() -> None:
    (line,) = lines(compare(Stack().role("cado"), Stack().role("cado").entry("cado", "dev")))
    assert line == "low: can sign in, with the rights of every authenticated user (sign in; in cluster dev)"


def test_an_access_policy_whose_rules_are_not_published_is_reported_as_unknown() -> None:
    found = lines(compare(entered(), entered(("AmazonEKSAutoNodePolicy",))))
    assert any(line.startswith("unknown: ") and "AmazonEKSAutoNodePolicy" in line for line in found)


def test_a_group_without_a_principal_in_the_stack_is_reported_by_itself() -> None:
    (line,) = lines(compare(Stack(), Stack().bound("system:authenticated", "dev", [rule(READ, "secrets")])))
    assert "can read every Secret" in line


@pytest.mark.parametrize(
    ("namespace", "name", "severity"),
    [("kube-system", "aws-auth", "high"), ("kube-system", "other", "medium"), ("web", "aws-auth", "medium")],
)
def test_changing_aws_auth_is_reported_with_its_own_risk(namespace: str, name: str, severity: str) -> None:
    (line,) = lines(compare(bound([]), bound([rule(["update"], "configmaps", resourceNames=[name])], namespace)))
    assert line.startswith(f"{severity}: ")
    assert ("who may do what in the cluster" in line) == (severity == "high")


@pytest.mark.parametrize(
    ("rules", "is_reported"),
    [
        ([rule(["create"], "selfsubjectaccessreviews", group="authorization.k8s.io")], False),
        ([rule(["create"], "subjectaccessreviews", group="authorization.k8s.io")], True),
        ([{"nonResourceURLs": ["/version", "/apis/*"], "verbs": ["get"]}], False),
        ([{"nonResourceURLs": ["/metrics"], "verbs": ["get"]}], True),
        ([rule(["create"], "pods/*")], False),
        ([rule(["*"], "*/*", group="*")], False),
        ([rule(["create"], "deployments", group="apps/v1")], False),
        ([rule(["create"], "*/exec")], True),
    ],
)
def test_what_every_user_may_do_and_what_matches_nothing_is_neither_gained_nor_lost(
    rules: Rules, is_reported: bool
) -> None:
    assert bool(lines(compare(bound([]), bound(rules)))) is is_reported
    assert bool(lines(compare(bound(rules), bound([])))) is is_reported


def test_callers_without_authentication_gain_what_only_users_have() -> None:
    def open_to(group: str) -> Stack:
        return Stack().bound(group, "dev", [rule(["create"], "selfsubjectreviews", group="authentication.k8s.io")])

    (line,) = lines(compare(Stack(), open_to("system:unauthenticated")))
    assert "create selfsubjectreviews" in line
    assert lines(compare(Stack(), open_to("system:authenticated"))) == []


@pytest.mark.parametrize(
    ("rules", "severity"),
    [
        ([rule(["create"], "apiservices", group="apiregistration.k8s.io")], "critical"),
        ([rule(["create"], "validatingadmissionpolicies", group="admissionregistration.k8s.io")], "critical"),
        ([rule(["update"], "certificatesigningrequests/approval", group="certificates.k8s.io")], "critical"),
        ([rule(["escalate"], "clusterroles", group="rbac.authorization.k8s.io", resourceNames=["x"])], "critical"),
        ([rule(["impersonate"], "groups", resourceNames=["system:masters"])], "critical"),
        ([rule(["impersonate"], "groups", resourceNames=["readers"])], "medium"),
        ([rule(["create"], "persistentvolumes")], "high"),
        ([rule(["create"], "replicationcontrollers")], "high"),
        ([rule(["patch"], "nodes")], "high"),
        ([rule(["update"], "nodes/status")], "high"),
        ([rule(["patch"], "namespaces")], "high"),
        ([rule(["*"], "configmaps")], "high"),
        ([{"nonResourceURLs": ["*"], "verbs": ["*"]}], "high"),
        ([rule(["create"], "secrets", group="example.com")], "medium"),
    ],
)
def test_each_right_of_the_pack_has_its_severity_in_the_review(rules: Rules, severity: str) -> None:
    found = lines(compare(bound([]), bound(rules)))
    assert found[0].startswith(f"{severity}: "), found


def test_the_namespace_of_the_system_is_as_grave_as_the_whole_cluster() -> None:
    tokens = [rule(["create"], "serviceaccounts/token")]
    assert lines(compare(bound([]), bound(tokens, "kube-system")))[0].startswith("critical: ")
    assert lines(compare(bound([]), bound(tokens, "web")))[0].startswith("high: ")


def test_what_everything_covers_is_not_repeated() -> None:
    everything = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}
    urls = [{"nonResourceURLs": ["*"], "verbs": ["*"]}, {"nonResourceURLs": ["/metrics"], "verbs": ["get"]}]
    (line,) = lines(compare(bound([]), bound([everything, *urls, rule(READ, "pods")])))
    assert line.startswith("critical: can do everything (")
    assert len(lines(compare(bound([]), bound([*urls, rule(READ, "pods")])))) > 1
    (line,) = lines(compare(bound([everything]), bound([everything, urls[1]])))
    assert line.startswith("low: "), "who had everything already gains the path"


def test_kinds_that_no_catalogue_has_are_named_by_what_is_done_with_them() -> None:
    found = lines(compare(bound([]), bound([rule(["get", "create"], "widgets", group="example.com")])))
    assert any("can read objects of these kinds (get widgets.example.com" in line for line in found)
    assert any("can change objects of these kinds (create widgets.example.com" in line for line in found)


def bound_to(kind: str, name: str, role: str = "r") -> Stack:
    """A role that reads pods, and a binding of it, or of a default role."""
    rbac = "kubernetes:rbac.authorization.k8s.io/v1:"
    stack = Stack()
    stack.add(f"{rbac}ClusterRole", "r", {"metadata": {"name": "r"}, "rules": [rule(["get"], "pods")]})
    body = {"roleRef": {"kind": "ClusterRole", "name": role}, "subjects": [{"kind": kind, "name": name}]}
    stack.add(f"{rbac}ClusterRoleBinding", "b", {"metadata": {"name": "b"}, **body})
    return stack


@pytest.mark.parametrize(
    ("kind", "name", "label"),
    [
        ("Group", "system:unauthenticated", "critical"),
        ("User", "system:anonymous", "critical"),
        ("Group", "system:authenticated", "high"),
        ("Group", "system:serviceaccounts", "high"),
        ("Group", "readers", "low"),
        ("User", "system:authenticated", "low"),
    ],
)
def test_what_everyone_gains_is_as_severe_as_the_pack_has_it(kind: str, name: str, label: str) -> None:
    base = bound_to("Group", "nobody")
    (line,) = [each for each in lines(compare(base, bound_to(kind, name))) if not each.startswith("lost")]
    assert line.startswith(f"{label}: can read pods")


def test_what_kubernetes_gives_to_everyone_is_no_severe_gain() -> None:
    head = bound_to("Group", "system:serviceaccounts", "system:service-account-issuer-discovery")
    found = [line for line in lines(compare(bound_to("Group", "nobody"), head)) if not line.startswith("lost")]
    assert found
    assert all(line.startswith("low") for line in found)


def test_the_username_of_a_service_account_is_that_service_account() -> None:
    def bind(*subjects: dict[str, str]) -> Stack:
        stack = bound_to("Group", "nobody")
        stack.resources[-1]["inputs"]["subjects"] = stack.resources[-1]["outputs"]["subjects"] = list(subjects)
        return stack

    account = {"kind": "ServiceAccount", "name": "web", "namespace": "shop"}
    user = {"kind": "User", "name": "system:serviceaccount:shop:web"}
    assert lines(compare(bind(account), bind(user))) == []
    assert lines(compare(bind(account), bind(account, user))) == []
    for other in ("system:serviceaccount:shop:other", "system:serviceaccounts:shop", "web"):
        assert lines(compare(bind(account), bind({**user, "name": other})))


@pytest.mark.parametrize("namespace", ["web", "kube-system"])
@pytest.mark.parametrize(
    "gained",
    [
        rule(["get"], "nodes/proxy"),
        rule(["create"], "persistentvolumes"),
        rule(["impersonate"], "users", "groups"),
        rule(["update"], "mutatingwebhookconfigurations", group="admissionregistration.k8s.io"),
        rule(["create"], "ec2nodeclasses", group="karpenter.k8s.aws"),
    ],
    ids=str,
)
def test_a_role_binding_gains_nothing_of_kinds_without_a_namespace(gained: Any, namespace: str) -> None:
    assert lines(compare(bound([]), bound([gained], namespace))) == []
    assert lines(compare(bound([]), bound([gained])))


@pytest.mark.parametrize(
    ("gained", "namespace", "label", "sentence"),
    [
        (rule(["patch"], "daemonsets", group="apps", resourceNames=["aws-node"]), "kube-system", "high", "run code"),
        (rule(["patch"], "daemonsets", group="apps", resourceNames=["web"]), "web", "medium", "start pods"),
        (rule(["update"], "configmaps", resourceNames=["coredns"]), "kube-system", "high", "DNS requests"),
        (rule(["delete"], "configmaps", resourceNames=["aws-auth"]), "kube-system", "high", "delete aws-auth"),
        (rule(["impersonate"], "serviceaccounts", resourceNames=["node-controller"]), None, "high", "act as node-cont"),
        (rule(["create"], "applications", group="argoproj.io"), "argocd", "high", "operator apply objects"),
        (rule(["patch"], "applications", group="argoproj.io", resourceNames=["one"]), None, "high", "operator apply"),
        ({"nonResourceURLs": ["/debug/*"], "verbs": ["get"]}, None, "medium", "profiles of the API server's memory"),
        (rule(["get"], "*/log"), None, "medium", "logs"),
        (rule(["get"], "pods/log"), None, "low", "write to their logs"),
    ],
    ids=str,
)
def test_rights_are_graded_by_names_operators_and_paths(
    gained: Any, namespace: str | None, label: str, sentence: str
) -> None:
    (line,) = lines(compare(bound([]), bound([gained], *([namespace] if namespace else []))))
    assert line.startswith(f"{label}: "), line
    assert sentence in line


@pytest.mark.parametrize(("signer", "label"), [("kubelet-serving", "medium"), ("kube-apiserver-client", "critical")])
def test_approvals_are_as_severe_as_the_signers_that_are_named(signer: str, label: str) -> None:
    group = "certificates.k8s.io"
    rules = [
        rule(["update"], "certificatesigningrequests/approval", group=group),
        rule(["approve"], "signers", group=group, resourceNames=[f"kubernetes.io/{signer}"]),
    ]
    found = lines(compare(bound([]), bound(rules)))
    assert {each.partition(":")[0] for each in found} == {label}
