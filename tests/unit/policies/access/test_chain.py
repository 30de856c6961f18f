"""The chain from a principal to a rule is found whole, also where a preview knows little of it."""

import pytest

from eks_access.kubernetes.kubeconfig import find_cluster_name
from eks_access.model.kubernetes_rights import Request
from eks_access_policies.access import (
    Access,
    EffectiveRules,
    Principal,
    Subject,
    any_allows,
    default_roles,
    enumerate_requests,
)
from eks_access_policies.access.chain import may_have_username
from eks_access_policies.access.principals import canonicalize
from eks_access_policies.stack import UNKNOWN, Resource, Stack
from tests.support.policies.resources import (
    KUBECONFIG,
    ResourceSpec,
    association,
    aws_auth,
    binding,
    cluster_role,
    entry,
    mapping,
    role,
    rule,
    stack,
)

READ = rule("get list", "pods")


def effective_rules(*resources: ResourceSpec, preview: bool = False) -> list[EffectiveRules]:
    return list(Access(stack(resources, preview=preview)).effective_rules)


def bound(*rules: object) -> list[ResourceSpec]:
    return [cluster_role("rights", *rules), binding("bind", "rights", "vendor:group")]  # type: ignore[arg-type]


@pytest.mark.parametrize("preview", [False, True])
def test_a_role_gets_rules_by_its_access_entry_and_group(preview: bool) -> None:
    (found,) = effective_rules(role("vendor"), entry("way-in", "vendor", "vendor:group"), *bound(READ), preview=preview)
    named = "vendor" if preview else "arn:aws:iam::111122223333:role/vendor"
    assert found.chain == (
        f"role {named} → access entry in cluster dev-both → group vendor:group → ClusterRoleBinding bind"
        " → ClusterRole rights"
    )


def test_a_role_gets_rules_by_an_aws_auth_mapping() -> None:
    (found,) = effective_rules(role("vendor"), mapping("way-in", "vendor", "vendor:x", "vendor:group"), *bound(READ))
    assert "→ aws-auth mapping in cluster dev-both → group vendor:group →" in found.chain


def test_the_aws_auth_config_map_is_parsed_like_the_authenticator_does() -> None:
    text = '- {rolearn: "arn:aws:iam::111122223333:role/VENDOR", username: x, groups: ["vendor:group"]}\n'
    (found,) = effective_rules(role("vendor"), aws_auth("map", {"mapRoles": text}), *bound(READ))
    (holder,) = found.holders
    assert isinstance(holder, Principal)
    assert holder.name == "vendor", "a role's ARN is compared in lower case"


def test_a_group_without_an_entry_has_effective_rules_itself() -> None:
    (found,) = effective_rules(*bound(READ))
    assert found.entries == ()
    assert found.holders == (Subject("Group", "vendor:group"),)


@pytest.mark.parametrize("preview", [False, True])
def test_an_access_policys_rules_apply_in_its_scope(preview: bool) -> None:
    resources = [
        role("vendor"),
        entry("way-in", "vendor"),
        association("policy", "vendor", "AmazonEKSViewPolicy", "dev-*"),
    ]
    found = effective_rules(*resources, preview=preview)
    assert {each.namespaces for each in found} == {("dev-*",)}
    assert any_allows(found, Request("list", "", "pods", namespace="dev-1"))
    assert not any_allows(found, Request("list", "", "pods", namespace="prod"))
    assert not any_allows(found, Request("list", "", "pods")), "a namespace's scope lists nothing across namespaces"
    assert not any_allows(found, Request("get", "", "secrets", namespace="dev-1"))


def test_an_association_that_takes_its_principal_from_the_entry_belongs_to_the_role() -> None:
    vendor, way_in = role("vendor"), entry("way-in", "vendor")
    policy = ResourceSpec(
        "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
        "policy",
        association("policy", "vendor", "AmazonEKSViewPolicy").properties,
        {},
    )
    before = stack([vendor, way_in], preview=True)
    given = Resource(
        policy.urn,
        policy.type,
        policy.name,
        {**policy.properties, "principalArn": UNKNOWN},
        property_dependencies={"principalArn": (way_in.urn,)},
    )
    access = Access(Stack((*before.resources, given)))
    assert access.associations[0].principal.key == vendor.urn


def test_an_aggregated_role_has_the_rules_of_the_selected_roles() -> None:
    labels = {"team": "vendor"}
    part = cluster_role("part", READ, labels=labels)
    other = cluster_role("other", rule("get", "secrets"), labels={"team": "else"})
    whole = cluster_role("whole", aggregationRule={"clusterRoleSelectors": [{"matchLabels": labels}]})
    found = effective_rules(part, other, whole, binding("bind", "whole", "vendor:group"))
    assert [rule.resources for each in found for rule in each.rules] == [("pods",)]


def test_a_role_that_every_cluster_has_is_known() -> None:
    found = effective_rules(binding("bind", "edit", "vendor:group", namespace="web"))
    assert any_allows(found, Request("get", "", "secrets", namespace="web"))
    assert not any_allows(found, Request("get", "", "secrets", namespace="other"))
    assert {"cluster-admin", "admin", "edit", "view"} <= {name for _, name in default_roles()}


def test_a_binding_of_a_user_applies_to_roles_whose_sessions_can_have_that_username() -> None:
    subjects = [{"kind": "User", "name": "vendor:ci", "apiGroup": "rbac.authorization.k8s.io"}]
    given = binding("bind", "rights")
    to_user = ResourceSpec(given.type, given.name, {**given.properties, "subjects": subjects})
    found = effective_rules(
        role("vendor"),
        entry("way-in", "vendor", userName="vendor:{{SessionName}}"),
        cluster_role("rights", READ),
        to_user,
    )
    assert found[0].entries, "a session may be named ci"
    assert not may_have_username("vendor:{{SessionName}}", "other:ci")
    assert not may_have_username("", "anyone")


def test_a_binding_has_no_effect_in_another_cluster() -> None:
    resources = list(stack([role("vendor"), entry("way-in", "vendor", "vendor:group", clusterName="other")]).resources)
    resources += [each for each in stack(bound(READ)).resources if each.type.startswith("kubernetes:")]
    access = Access(Stack(tuple(resources)))
    assert [each.entries for each in access.effective_rules] == [()], "the entry is in another cluster than the binding"


@pytest.mark.parametrize(
    ("config", "name"),
    [
        (KUBECONFIG, "dev-both"),
        ("current-context: arn:aws:eks:eu-west-1:111122223333:cluster/prod", "prod"),
        ("current-context: me@prod.eu-west-1.eksctl.io", "prod"),
        ("users: [{user: {exec: {args: [eks, get-token, --cluster-name, prod]}}}]", "prod"),
        ("current-context: kind-local", ""),
        ("{", ""),
        ("[" * 10_000, ""),
        ("", ""),
    ],
)
def test_a_kubeconfig_says_which_cluster_it_is_for(config: str, name: str) -> None:
    assert find_cluster_name(config) == name


@pytest.mark.parametrize(
    ("arn", "same"),
    [
        ("arn:aws:iam::111122223333:role/team/Vendor", "arn:aws:iam::111122223333:role/vendor"),
        ("arn:aws:sts::111122223333:assumed-role/Vendor/session", "arn:aws:iam::111122223333:role/vendor"),
        (" arn:aws:iam::111122223333:role/vendor ", "arn:aws:iam::111122223333:role/vendor"),
    ],
)
def test_all_forms_of_a_principals_arn_are_equal_when_canonicalized(arn: str, same: str) -> None:
    assert canonicalize(arn) == canonicalize(same)
    assert canonicalize(arn) != canonicalize("arn:aws:iam::444455556666:role/vendor")


def test_effective_rights_are_enumerated_one_by_one() -> None:
    (found,) = effective_rules(*bound(rule("get list", "pods pods/log", "one")))
    enumerated = {
        (g.verb, g.resource, g.subresource, g.name, g.namespace)
        for g in enumerate_requests(found.rules.permissions[0], None)
    }
    assert enumerated == {
        ("get", "pods", "", "one", ""),
        ("get", "pods", "log", "one", ""),
        ("list", "pods", "", "one", ""),
        ("list", "pods", "log", "one", ""),
    }
