"""Access policies allow exactly what AWS's tables list, in their scope."""

import pytest

from eks_access.model.access_policies import AssociatedPolicy, catalogue, find_granting_policy
from eks_access.model.kubernetes_rights import Request
from sandbox.cluster.authorizer import Authorizer

VIEW, EDIT, ADMIN = (AssociatedPolicy(f"AmazonEKS{name}Policy") for name in ("View", "Edit", "Admin"))
ADMIN_VIEW, CLUSTER_ADMIN = (
    AssociatedPolicy("AmazonEKSAdminViewPolicy"),
    AssociatedPolicy("AmazonEKSClusterAdminPolicy"),
)
PODS = Request("list", resource="pods", namespace="web")
SECRETS = Request("get", resource="secrets", namespace="web")
DEPLOY = Request("patch", group="apps", resource="deployments", namespace="web")
EXEC = Request("create", resource="pods", subresource="exec", namespace="web")
BIND = Request("create", group="rbac.authorization.k8s.io", resource="rolebindings", namespace="web")
NODES = Request("list", resource="nodes")
METRICS = Request("get", url="/metrics")


@pytest.mark.parametrize(
    ("grant", "allowed"),
    [
        (VIEW, {PODS}),
        (EDIT, {PODS, SECRETS, DEPLOY, EXEC}),
        (ADMIN, {PODS, SECRETS, DEPLOY, EXEC, BIND}),
        (ADMIN_VIEW, {PODS, SECRETS, NODES}),
        (CLUSTER_ADMIN, {PODS, SECRETS, DEPLOY, EXEC, BIND, NODES, METRICS}),
        (AssociatedPolicy("AmazonEKSComputePolicy"), set()),
    ],
)
def test_each_policy_allows_what_its_table_says(grant: AssociatedPolicy, allowed: set[Request]) -> None:
    asked = {PODS, SECRETS, DEPLOY, EXEC, BIND, NODES, METRICS}
    assert {one for one in asked if find_granting_policy([grant], one)} == allowed


def test_a_namespace_scope_holds_in_matching_namespaces_only() -> None:
    grants = [AssociatedPolicy("AmazonEKSAdminViewPolicy", ("dev-*", "web"))]

    def lists_pods_in(namespace: str) -> bool:
        return find_granting_policy(grants, Request("list", resource="pods", namespace=namespace)) is not None

    assert [name for name in ("web", "dev-a", "dev-", "webs", "prod", "") if lists_pods_in(name)] == [
        "web",
        "dev-a",
        "dev-",
    ]
    assert find_granting_policy(grants, NODES) is None, "nothing outside of namespaces"
    assert find_granting_policy(grants, METRICS) is None


def test_policies_add_up_and_the_answer_names_the_one_that_allows() -> None:
    grants = [VIEW, AssociatedPolicy("AmazonEKSEditPolicy", ("web",))]
    assert find_granting_policy(grants, PODS) == "AmazonEKSViewPolicy"
    assert find_granting_policy(grants, DEPLOY) == "AmazonEKSEditPolicy"
    assert find_granting_policy(grants, BIND) is None


def test_view_is_within_edit_and_edit_within_admin() -> None:
    def granted(name: str) -> set[tuple[str, str, str]]:
        return {
            (group, resource, verb)
            for rule in catalogue()[name]
            for group in rule.groups
            for resource in rule.resources
            for verb in rule.verbs
        }

    view, edit, admin = (granted(grant.policy) for grant in (VIEW, EDIT, ADMIN))
    assert view < edit < admin
    assert {resource for _, resource, _ in admin - edit} == {"localsubjectaccessreviews", "rolebindings", "roles"}


def test_only_the_principal_with_the_association_is_allowed_and_nobody_is_denied() -> None:
    authorizer = Authorizer()
    authorizer.replace("dev-api", {"AROAONE": (VIEW,)})

    def answer(extra: dict[str, list[str]], cluster: str = "dev-api") -> dict[str, object]:
        asked = {"verb": "list", "resource": "pods", "namespace": "web"}
        return authorizer.review(cluster, {"user": "any", "extra": extra, "resourceAttributes": asked})

    allowed = answer({"principalId": ["AROAONE"]})
    assert allowed == {"allowed": True, "reason": "EKS access policy AmazonEKSViewPolicy"}
    for refused in (
        answer({"principalId": ["AROATWO"]}),
        answer({}),
        answer({"principalId": ["AROAONE"]}, cluster="dev-both"),
    ):
        assert refused == {"allowed": False}, "no opinion: RBAC may still allow, and 'denied' would overrule it"
