"""The chain from a principal to a rule is found whole, also where a preview knows little of it."""

import pytest

from eks_access_policies.access import Access, Asked, EffectiveRule, allows, default_roles, grants
from eks_access_policies.access.chain import may_have_username
from eks_access_policies.access.clusters import find_cluster_name
from eks_access_policies.access.principals import canonicalize
from eks_access_policies.stack import UNKNOWN, Resource, Stack
from tests.support.policies.resources import (
    KUBECONFIG,
    Made,
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


def held(*made: Made, preview: bool = False) -> list[EffectiveRule]:
    return list(Access(stack(made, preview=preview)).effective_rules)


def bound(*rules: object) -> list[Made]:
    return [cluster_role("rights", *rules), binding("bind", "rights", "vendor:group")]  # type: ignore[arg-type]


@pytest.mark.parametrize("preview", [False, True])
def test_a_role_enters_by_its_entry_and_group(preview: bool) -> None:
    (found,) = held(role("vendor"), entry("way-in", "vendor", "vendor:group"), *bound(READ), preview=preview)
    named = "vendor" if preview else "arn:aws:iam::111122223333:role/vendor"
    assert found.chain == (
        f"role {named} → access entry in cluster dev-both → group vendor:group → ClusterRoleBinding bind"
        " → ClusterRole rights"
    )


def test_a_mapping_in_aws_auth_is_a_way_in_as_well() -> None:
    (found,) = held(role("vendor"), mapping("way-in", "vendor", "vendor:x", "vendor:group"), *bound(READ))
    assert "→ aws-auth mapping in cluster dev-both → group vendor:group →" in found.chain


def test_the_whole_config_map_is_read_as_the_authenticator_reads_it() -> None:
    text = '- {rolearn: "arn:aws:iam::111122223333:role/VENDOR", username: x, groups: ["vendor:group"]}\n'
    (found,) = held(role("vendor"), aws_auth("map", {"mapRoles": text}), *bound(READ))
    assert found.principal is not None
    assert found.principal.name == "vendor", "a role's ARN is compared in lower case"


def test_a_group_that_nobody_enters_is_a_holder_itself() -> None:
    (found,) = held(*bound(READ))
    assert found.principal is None
    assert str(found.holder) == "group vendor:group"


@pytest.mark.parametrize("preview", [False, True])
def test_an_access_policy_gives_its_rules_in_its_scope(preview: bool) -> None:
    made = [role("vendor"), entry("way-in", "vendor"), association("policy", "vendor", "AmazonEKSViewPolicy", "dev-*")]
    found = held(*made, preview=preview)
    assert {each.namespaces for each in found} == {("dev-*",)}
    assert allows(found, Asked("list", "", "pods", namespace="dev-1"))
    assert not allows(found, Asked("list", "", "pods", namespace="prod"))
    assert not allows(found, Asked("list", "", "pods")), "a namespace's scope lists nothing across namespaces"
    assert not allows(found, Asked("get", "", "secrets", namespace="dev-1"))


def test_an_association_that_takes_its_principal_from_the_entry_is_the_roles() -> None:
    vendor, way_in = role("vendor"), entry("way-in", "vendor")
    policy = Made(
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


def test_an_aggregated_role_has_the_rules_of_its_parts() -> None:
    labels = {"team": "vendor"}
    part = cluster_role("part", READ, labels=labels)
    other = cluster_role("other", rule("get", "secrets"), labels={"team": "else"})
    whole = cluster_role("whole", aggregationRule={"clusterRoleSelectors": [{"matchLabels": labels}]})
    found = held(part, other, whole, binding("bind", "whole", "vendor:group"))
    assert [each.rule.resources for each in found] == [("pods",)]


def test_a_role_that_every_cluster_has_is_known() -> None:
    found = held(binding("bind", "edit", "vendor:group", namespace="web"))
    assert allows(found, Asked("get", "", "secrets", namespace="web"))
    assert not allows(found, Asked("get", "", "secrets", namespace="other"))
    assert {"cluster-admin", "admin", "edit", "view"} <= default_roles().keys()


def test_a_users_binding_is_the_roles_whose_sessions_have_the_name() -> None:
    subjects = [{"kind": "User", "name": "vendor:ci", "apiGroup": "rbac.authorization.k8s.io"}]
    given = binding("bind", "rights")
    to_user = Made(given.type, given.name, {**given.properties, "subjects": subjects})
    found = held(
        role("vendor"),
        entry("way-in", "vendor", userName="vendor:{{SessionName}}"),
        cluster_role("rights", READ),
        to_user,
    )
    assert found[0].principal is not None, "a session may be named ci"
    assert not may_have_username("vendor:{{SessionName}}", "other:ci")
    assert not may_have_username("", "anyone")


def test_a_binding_in_one_cluster_is_nothing_in_another() -> None:
    resources = list(stack([role("vendor"), entry("way-in", "vendor", "vendor:group", clusterName="other")]).resources)
    resources += [each for each in stack(bound(READ)).resources if each.type.startswith("kubernetes:")]
    access = Access(Stack(tuple(resources)))
    assert [each.principal for each in access.effective_rules] == [None], (
        "the entry is in another cluster than the binding"
    )


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
def test_all_forms_of_a_principals_arn_are_one(arn: str, same: str) -> None:
    assert canonicalize(arn) == canonicalize(same)
    assert canonicalize(arn) != canonicalize("arn:aws:iam::444455556666:role/vendor")


def test_effective_rights_are_told_one_by_one() -> None:
    (found,) = held(*bound(rule("get list", "pods pods/log", "one")))
    told = {(g.verb, g.resource, g.subresource, g.name, g.namespace) for g in grants(found)}
    assert told == {
        ("get", "pods", "", "one", ""),
        ("get", "pods", "log", "one", ""),
        ("list", "pods", "", "one", ""),
        ("list", "pods", "log", "one", ""),
    }
