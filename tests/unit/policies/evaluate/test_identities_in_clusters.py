"""What the rules find of who comes into a cluster: by lists, patches and native types, and where parts are unknown."""

from typing import Any

import pytest

from eks_access_policies.evaluate.evaluator import Evaluator
from eks_access_policies.evaluate.settings import Settings
from eks_access_policies.finding import Finding
from eks_access_policies.stack import UNKNOWN, Resource, Stack
from tests.support.policies.resources import (
    CLUSTER,
    TRUST,
    ResourceSpec,
    association,
    binding,
    entry,
    mapping,
    role,
    stack,
)

CONFIG_MAPS = ("core/v1:ConfigMap", "core/v1:ConfigMapPatch", "core/v1:ConfigMapList", "v1:ConfigMap")
IDENTITY_PROVIDERS = (
    "aws:eks/identityProviderConfig:IdentityProviderConfig",
    "aws-native:eks:IdentityProviderConfig",
)


def evaluate(*made: ResourceSpec, settings: Settings | None = None) -> list[Finding]:
    return Evaluator(settings).stack(stack(made))


def rules(*made: ResourceSpec, settings: Settings | None = None) -> set[str]:
    return {finding.rule.id for finding in evaluate(*made, settings=settings)}


def not_judged(*made: ResourceSpec) -> list[str]:
    return [finding.message for finding in evaluate(*made) if finding.rule.id == "not-judged"]


def aws_auth(data: Any, kind: str = "core/v1:ConfigMap", **metadata: Any) -> ResourceSpec:
    body = {"metadata": {"name": "aws-auth", "namespace": "kube-system", **metadata}, "data": data}
    return ResourceSpec(f"kubernetes:{kind}", "config", {"items": [body]} if "List" in kind else body)


@pytest.mark.parametrize("kind", CONFIG_MAPS)
def test_mapped_accounts_are_found_in_every_writer_of_aws_auth(kind: str) -> None:
    accounts = {"mapAccounts": "- '999900001111'"}
    assert {"eks-map-accounts", "eks-foreign-principal"} <= rules(role("x"), aws_auth(accounts, kind))
    assert not {"eks-map-accounts", "eks-foreign-principal"} & rules(role("x"), aws_auth({"mapRoles": "[]"}, kind))


def test_a_mapped_account_of_ones_own_is_not_foreign() -> None:
    found = rules(role("x"), aws_auth({"mapAccounts": "- '111122223333'"}))
    assert "eks-map-accounts" in found
    assert "eks-foreign-principal" not in found
    allowed = Settings(allowed_accounts=("999900001111",))
    assert "eks-foreign-principal" not in rules(aws_auth({"mapAccounts": "- '999900001111'"}), settings=allowed)


@pytest.mark.parametrize("kind", CONFIG_MAPS)
@pytest.mark.parametrize("data", [UNKNOWN, {"mapUsers": UNKNOWN}, {"mapRoles": "- {"}, {"mapRoles": 5}], ids=str)
def test_what_of_aws_auth_cannot_be_read_is_not_judged(data: Any, kind: str) -> None:
    assert any("so who it lets in was not evaluated" in each for each in not_judged(aws_auth(data, kind)))
    assert not any("lets in" in each for each in not_judged(aws_auth({"mapRoles": "[]"}, kind)))


def test_masters_are_found_in_two_writers_of_aws_auth_and_their_conflict_as_well() -> None:
    row = "- {rolearn: 'arn:aws:iam::111122223333:role/x', username: x, groups: ['%s']}"
    patch = ResourceSpec("kubernetes:core/v1:ConfigMapPatch", "patch", aws_auth({"mapRoles": row % "a"}).properties)
    found = rules(role("x"), aws_auth({"mapRoles": row % "system:masters"}), patch)
    assert {"eks-system-masters", "eks-principal-twice"} <= found


@pytest.mark.parametrize("group", ["eks:readers", "system:kube-scheduler"])
def test_a_reserved_group_of_a_mapping_is_found_though_the_username_is_that_of_a_node(group: str) -> None:
    node = "system:node:{{EC2PrivateDNSName}}"
    assert "eks-reserved-name" in rules(role("x"), mapping("m", "x", node, "system:nodes", group))
    assert "eks-reserved-name" not in rules(role("x"), mapping("m", "x", node, "system:nodes", "system:bootstrappers"))


@pytest.mark.parametrize("kind", IDENTITY_PROVIDERS)
@pytest.mark.parametrize(("prefix", "is_found"), [("system:", True), ("sys", True), ("-", True), ("idp:", False)])
def test_a_prefix_that_lets_an_issuer_name_components_is_found(kind: str, prefix: str, is_found: bool) -> None:
    oidc = {"issuerUrl": "https://idp.test", "groupsClaim": "g", "usernamePrefix": "idp:", "groupsPrefix": prefix}
    found = rules(ResourceSpec(kind, "idp", {"clusterName": "c", "oidc": oidc}))
    assert ("eks-identity-provider-prefix" in found) is is_found


def test_an_unknown_part_of_an_identity_provider_is_not_judged() -> None:
    oidc = {"issuerUrl": "https://idp.test", "usernamePrefix": UNKNOWN}
    assert "not-judged" in rules(ResourceSpec(IDENTITY_PROVIDERS[0], "idp", {"clusterName": "c", "oidc": oidc}))
    assert "not-judged" in rules(ResourceSpec(IDENTITY_PROVIDERS[0], "idp", {"clusterName": "c", "oidc": UNKNOWN}))


@pytest.mark.parametrize(
    "kind", ["aws:eks/podIdentityAssociation:PodIdentityAssociation", "aws-native:eks:PodIdentityAssociation"]
)
def test_a_role_of_every_pod_of_a_namespace_is_found(kind: str) -> None:
    def pods(account: str) -> ResourceSpec:
        given = {"clusterName": "c", "namespace": "shop", "serviceAccount": account}
        return ResourceSpec(kind, "pods", given, {"roleArn": "x"})

    assert "eks-pod-identity-default" in rules(role("x"), pods("default"))
    assert "eks-pod-identity-default" not in rules(role("x"), pods("web"))


def test_an_unknown_role_of_a_service_account_is_not_judged() -> None:
    def account(arn: Any) -> ResourceSpec:
        metadata = {"name": "web", "annotations": {"eks.amazonaws.com/role-arn": arn}}
        return ResourceSpec("kubernetes:core/v1:ServiceAccount", "web", {"metadata": metadata})

    assert not_judged(role("x"), account(UNKNOWN))
    assert not_judged(role("x"), account("arn:aws:iam::111122223333:role/elsewhere"))
    assert not not_judged(role("x"), account("arn:aws:iam::111122223333:role/x"))


def test_an_unknown_type_or_principal_of_an_entry_is_not_judged() -> None:
    assert "not-judged" in rules(role("x"), entry("e", "x", "g", type=UNKNOWN))
    assert "not-judged" not in rules(role("x"), entry("e", "x", "g"))
    given = {"clusterName": "c", "principalArn": UNKNOWN}
    assert "not-judged" in rules(ResourceSpec("aws:eks/accessEntry:AccessEntry", "e", given))


def test_unknown_policies_of_a_native_entry_are_not_judged() -> None:
    given = {"clusterName": "c", "principalArn": "arn:aws:iam::111122223333:role/x"}
    native = "aws-native:eks:AccessEntry"
    unknown = not_judged(ResourceSpec(native, "e", {**given, "accessPolicies": UNKNOWN}))
    assert any("its access policy is not known" in each for each in unknown)
    known = not_judged(ResourceSpec(native, "e", {**given, "accessPolicies": []}))
    assert not any("access policy" in each for each in known)


def test_an_access_scope_with_an_unknown_namespace_counts_as_the_whole_cluster() -> None:
    made = association("a", "x", "AmazonEKSAdminPolicy", "shop")
    scope = {"type": "namespace", "namespaces": ["shop", UNKNOWN]}
    unknown = ResourceSpec(made.type, made.name, {**made.properties, "accessScope": scope}, made.links)
    allowed = Settings(namespaces=("shop",))
    assert "eks-admin-policy" in rules(role("x"), entry("e", "x"), unknown, settings=allowed)
    assert "eks-admin-policy" not in rules(role("x"), entry("e", "x"), made, settings=allowed)


def test_a_mapping_that_an_access_entry_overrides_gives_the_principal_no_rights() -> None:
    both = [role("x"), entry("e", "x", "g"), mapping("m", "x", "x", "admins"), binding("b", "cluster-admin", "admins")]
    (found,) = [each.message for each in evaluate(*both) if each.rule.id == "rbac-cluster-admin"]
    assert not found.startswith("role ")
    (found,) = [each.message for each in evaluate(*both[:1], *both[2:]) if each.rule.id == "rbac-cluster-admin"]
    assert found.startswith("role ")


def own_and_foreign(pattern: str) -> set[str]:
    """The principals that are found to be administrators, though the pattern allows some."""
    arns = {"own": "arn:aws:iam::111122223333:role/boss", "foreign": "arn:aws:iam::999900001111:role/boss"}
    resources = [
        Resource(f"urn:pulumi:d::p::{kind}::{name}", kind, name, {"clusterName": "c", "principalArn": arn, **more})
        for name, arn in arns.items()
        for kind, more in (
            ("aws:eks/accessEntry:AccessEntry", {"userName": name}),
            (
                "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
                {"policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"},
            ),
        )
    ]
    resources.append(Resource("urn:r", "aws:iam/role:Role", "r", {"arn": "arn:aws:iam::111122223333:role/r"}))
    found = Evaluator(Settings(allowed_principals=(pattern,))).stack(Stack(tuple(resources)))
    return {each.urn.rpartition("::")[2] for each in found if each.rule.id == "eks-cluster-admin-policy"}


def test_the_name_of_an_allowed_principal_is_that_of_ones_own_accounts_only() -> None:
    assert own_and_foreign("boss") == {"foreign"}
    assert own_and_foreign("*boss") == {"foreign"}, "a pattern of names does not match the end of an ARN"
    assert own_and_foreign("arn:aws:iam::*:role/boss") == set()
    assert own_and_foreign("arn:aws:iam::999900001111:role/boss") == {"own"}
    assert own_and_foreign("other") == {"own", "foreign"}


@pytest.mark.parametrize("kind", IDENTITY_PROVIDERS)
def test_an_identity_provider_that_is_not_known_yet_lacks_nothing(kind: str) -> None:
    def rules_of(oidc: Any) -> set[str]:
        return rules(ResourceSpec(kind, "sso", {"clusterName": "dev", "oidc": oidc}))

    assert rules_of(UNKNOWN) == {"not-judged"}
    known = {"issuerUrl": "https://i.example", "clientId": "c", "usernameClaim": "email"}
    assert "eks-identity-provider-prefix" in rules_of(known)


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("core/v1:ConfigMapList", {"items": UNKNOWN}),
        ("core/v1:ConfigMapList", {"items": [UNKNOWN]}),
        ("core/v1:ConfigMap", {"metadata": {"name": UNKNOWN, "namespace": "kube-system"}, "data": {"mapRoles": "[]"}}),
        ("core/v1:ConfigMap", {"metadata": {"name": "aws-auth", "namespace": UNKNOWN}, "data": {"mapRoles": "[]"}}),
    ],
)
def test_what_may_be_aws_auth_is_not_said_to_own_it(kind: str, properties: dict[str, Any]) -> None:
    assert rules(ResourceSpec(f"kubernetes:{kind}", "config", properties)) == {"not-judged"}
    assert "eks-aws-auth-ownership" in rules(aws_auth({"mapRoles": "[]"}, kind))


RBAC = "kubernetes:rbac.authorization.k8s.io/v1:"
READER = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}


def cluster_role(given: Any) -> ResourceSpec:
    return ResourceSpec(f"{RBAC}ClusterRole", "r", {"metadata": {"name": "r"}, "rules": given})


def bind(subjects: Any) -> ResourceSpec:
    body = {"metadata": {"name": "b"}, "roleRef": {"kind": "ClusterRole", "name": "r"}, "subjects": subjects}
    return ResourceSpec(f"{RBAC}ClusterRoleBinding", "b", body)


GROUP = {"kind": "Group", "name": "g"}


def test_a_wildcard_in_api_groups_that_are_not_known_yet_is_no_violation() -> None:
    wide = {"resources": ["*"], "verbs": ["*"]}
    assert "rbac-wildcard" not in rules(cluster_role([{**wide, "apiGroups": UNKNOWN}]), bind([GROUP]))
    assert "rbac-wildcard" in rules(cluster_role([{**wide, "apiGroups": ["apps"]}]), bind([GROUP]))


@pytest.mark.parametrize("subjects", [[{"kind": UNKNOWN, "name": "g"}], [{"name": "g"}], 5, ["g"], [[GROUP]]], ids=str)
def test_a_subject_of_no_known_kind_or_shape_is_not_judged(subjects: Any) -> None:
    wide = cluster_role([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}])
    assert {finding.rule.id for finding in evaluate(wide, bind(subjects))} >= {"not-judged"}
    assert not any(finding.message.startswith(" ") for finding in evaluate(wide, bind(subjects)))
    assert "not-judged" not in rules(wide, bind([GROUP]))


@pytest.mark.parametrize(
    "given",
    ["x", 5, ["x"], [[READER]], [{**READER, "verbs": [["get"]]}], [{**READER, "resources": {"a": "pods"}}]],
    ids=str,
)
def test_rules_of_another_shape_are_not_judged(given: Any) -> None:
    assert not_judged(cluster_role(given), bind([GROUP]))
    assert not not_judged(cluster_role([READER]), bind([GROUP]))


def test_groups_of_another_shape_are_not_judged() -> None:
    def entered(groups: Any) -> list[str]:
        return not_judged(ResourceSpec("aws:eks/accessEntry:AccessEntry", "e", {**ENTRY, "kubernetesGroups": groups}))

    assert entered([[["x"]]])
    assert not entered(["x"])


ENTRY = {"clusterName": "dev", "principalArn": "arn:aws:iam::111122223333:role/x"}


NODE_NAME = "system:node:{{EC2PrivateDNSName}}"
NODE = "eks-node-identity"
VENDORS_TRUST = TRUST.replace("111122223333:role/platform", "765656841499:role/vendor")
TOKENS_TRUST = TRUST.replace(
    '{"AWS": "arn:aws:iam::111122223333:role/platform"}',
    '{"Federated": "arn:aws:iam::111122223333:oidc-provider/gitlab.com"}',
)


def user_mapping(username: str, *groups: str) -> ResourceSpec:
    written = ", ".join(f"'{each}'" for each in groups)
    row = f"- {{userarn: 'arn:aws:iam::111122223333:user/x', username: '{username}', groups: [{written}]}}"
    return aws_auth({"mapUsers": row})


def node_entry(type: str) -> ResourceSpec:
    given = {"clusterName": CLUSTER, "type": type}
    return ResourceSpec("aws:eks/accessEntry:AccessEntry", "e", given, {"principalArn": "x"})


def test_a_role_in_the_groups_of_nodes_is_a_node_by_its_username() -> None:
    assert NODE not in rules(role("x"), mapping("m", "x", NODE_NAME, "system:nodes", "system:bootstrappers"))
    assert NODE in rules(role("x"), mapping("m", "x", "builder", "system:nodes"))


def test_a_user_is_no_node_whatever_its_username() -> None:
    found = rules(user_mapping(NODE_NAME, "system:nodes"))
    assert {NODE, "eks-reserved-name"} <= found


def test_a_nodes_username_without_a_group_of_nodes_is_reserved() -> None:
    assert "eks-reserved-name" in rules(role("x"), mapping("m", "x", NODE_NAME, "vendor:readers"))
    assert "eks-reserved-name" in rules(role("x"), mapping("m", "x", "system:node:{{SessionName}}"))


@pytest.mark.parametrize("trust", [VENDORS_TRUST, TOKENS_TRUST])
@pytest.mark.parametrize("type", ["EC2_LINUX", "EC2", ""])
def test_a_role_that_only_others_can_assume_is_no_node(trust: str, type: str) -> None:
    def made(**properties: str) -> list[ResourceSpec]:
        node = ResourceSpec(
            "aws:eks/accessEntry:AccessEntry", "e", {"clusterName": "c", "type": type}, {"principalArn": "x"}
        )
        return [role("x", **properties), node if type else mapping("m", "x", NODE_NAME, "system:nodes")]

    assert NODE in rules(*made(assumeRolePolicy=trust))
    assert NODE not in rules(*made())
    of_nodes = TRUST.replace('{"AWS": "arn:aws:iam::111122223333:role/platform"}', '{"Service": "ec2.amazonaws.com"}')
    assert NODE not in rules(*made(assumeRolePolicy=of_nodes))


def test_the_nodes_of_auto_mode_have_their_policy() -> None:
    def made(type: str, policy: str) -> list[ResourceSpec]:
        node = ResourceSpec(
            "aws:eks/accessEntry:AccessEntry", "e", {"clusterName": CLUSTER, "type": type}, {"principalArn": "x"}
        )
        return [role("x"), node, association("p", "x", policy)]

    assert not {"eks-entry-type", "eks-unknown-access-policy"} & rules(*made("EC2", "AmazonEKSAutoNodePolicy"))
    assert "eks-entry-type" in rules(*made("EC2_LINUX", "AmazonEKSAutoNodePolicy"))
    assert "eks-entry-type" in rules(*made("EC2_LINUX", "AmazonEKSViewPolicy"))
