"""ConductorOne's modes and tiers: which arguments belong where, and what each may do."""

import dataclasses
import json
from typing import Any

import pytest

from eks_access.errors import InvalidInputError
from eks_access.integrations.conductorone.integration import describe
from eks_access.model.expectations import AwsCall, KubernetesCall
from eks_access.model.integration import Integration, Profile
from eks_access.model.placeholders import placeholder
from eks_access_policies.iam.glob import matches
from tests.support.places import place

USER = "arn:aws:iam::111122223333:user/baton-eks"
ISSUER = "oidc.eks.us-east-1.amazonaws.com/id/0123456789ABCDEF"
HOSTINGS: dict[str, dict[str, Any]] = {
    "cloud": {"external_id": "c1-x"},
    "self_hosted_keys": {"principal_arn": USER},
    "self_hosted_irsa": {"oidc_issuer": ISSUER},
    "self_hosted_pod_identity": {},
}


def described(hosting: str = "cloud", mode: str = "API_AND_CONFIG_MAP", **args: Any) -> Integration:
    return describe({"hosting": hosting, **HOSTINGS[hosting], **args}, place("c1", mode))


def provision(mode: str = "API_AND_CONFIG_MAP", **args: Any) -> Integration:
    return described(mode=mode, **{"tier": "provision", "grantable_cluster_roles": ["view"], **args})


def trust(integration: Integration) -> dict[str, Any]:
    (statement,) = integration.role.trust_policy()["Statement"]
    return dict(statement)


def test_the_customers_user_is_trusted_without_external_id_because_the_connector_sends_none() -> None:
    statement = trust(described("self_hosted_keys"))
    assert statement["Principal"] == {"AWS": [USER]}
    assert "Condition" not in statement


def test_a_role_is_rejected_with_access_keys_because_only_users_have_them() -> None:
    with pytest.raises(InvalidInputError, match=r"principal_arn .* only IAM users have"):
        described("self_hosted_keys", principal_arn="arn:aws:iam::111122223333:role/baton-eks")
    role = "arn:aws:iam::765656841499:role/AnotherConductorOneService"
    assert trust(described("cloud", principal_arn=role))["Principal"] == {"AWS": [role]}, "in the cloud it is one"


def test_irsa_is_pinned_to_one_service_account_and_the_audience_of_sts() -> None:
    statement = trust(described("self_hosted_irsa"))
    assert statement["Principal"] == {"Federated": f"arn:aws:iam::111122223333:oidc-provider/{ISSUER}"}
    assert statement["Condition"] == {
        "StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com", f"{ISSUER}:sub": "system:serviceaccount:c1:c1"}
    }


def test_pod_identity_is_pinned_to_one_service_account_of_one_cluster() -> None:
    statement = trust(described("self_hosted_pod_identity", namespace="tools", service_account="baton"))
    assert statement["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    assert statement["Action"] == ["sts:AssumeRole", "sts:TagSession"], "Pod Identity tags its sessions"
    assert statement["Condition"]["ArnLike"] == {"aws:SourceArn": ["arn:aws:eks:us-east-1:111122223333:cluster/prod-0"]}
    assert statement["Condition"]["StringEquals"] == {
        "aws:SourceAccount": "111122223333",
        "aws:RequestTag/kubernetes-namespace": "tools",
        "aws:RequestTag/kubernetes-service-account": "baton",
    }


@pytest.mark.parametrize(
    ("hosting", "missing"),
    [("cloud", "external_id"), ("self_hosted_keys", "principal_arn"), ("self_hosted_irsa", "oidc_issuer")],
)
def test_a_missing_argument_of_a_hosting_is_reported(hosting: str, missing: str) -> None:
    with pytest.raises(InvalidInputError, match=f"{missing} is required with hosting {hosting}"):
        describe({"hosting": hosting}, place("c1"))


@pytest.mark.parametrize(
    ("hosting", "argument"),
    [
        ("self_hosted_keys", {"external_id": "c1-x"}),
        ("self_hosted_irsa", {"external_id": "c1-x"}),
        ("self_hosted_irsa", {"principal_arn": USER}),
        ("cloud", {"oidc_issuer": ISSUER}),
        ("cloud", {"namespace": "tools"}),
        ("cloud", {"deploy_connector": {"client_id": "a", "client_secret": "b"}}),
        ("self_hosted_keys", {"service_account": "baton"}),
    ],
)
def test_an_argument_of_another_hosting_is_rejected_with_the_hosting_it_belongs_to(
    hosting: str, argument: dict[str, Any]
) -> None:
    with pytest.raises(
        InvalidInputError, match=f"{next(iter(argument))} is not supported with hosting {hosting}.*belongs to"
    ):
        described(hosting, **argument)


def test_an_external_id_for_a_self_hosted_connector_is_rejected_with_its_consequence() -> None:
    with pytest.raises(InvalidInputError, match="authenticates as ConductorOne's own cloud does, and fails"):
        described("self_hosted_keys", external_id="c1-x")


@pytest.mark.parametrize("provider", [f"https://{ISSUER}", "not an issuer", ""])
def test_an_invalid_issuer_is_rejected(provider: str) -> None:
    with pytest.raises(InvalidInputError, match="oidc_issuer"):
        described("self_hosted_irsa", oidc_issuer=provider)


def test_the_issuer_of_another_cluster_is_rejected_because_its_service_accounts_would_have_the_role() -> None:
    def deployed(own: str) -> Integration:
        where = place("c1", "API")
        (cluster,) = where.clusters
        where = dataclasses.replace(where, clusters=(dataclasses.replace(cluster, oidc_issuer=own),))
        return describe({"hosting": "self_hosted_irsa", "oidc_issuer": ISSUER}, where)

    other = ISSUER.replace("0123", "9876")
    with pytest.raises(InvalidInputError, match=f"is not the issuer of cluster 'c0', which is {other}"):
        deployed(other)
    for own in (ISSUER, "", placeholder("clusters.c0.oidc_issuer")):
        assert trust(deployed(own))["Principal"] == {"Federated": f"arn:aws:iam::111122223333:oidc-provider/{ISSUER}"}


POLICY = "arn:aws:eks::aws:cluster-access-policy/AmazonEKS"
CLUSTER = "arn:aws:eks:us-east-1:111122223333"


def statement(sid: str, **args: Any) -> dict[str, Any]:
    """One statement of tier `provision`."""
    (found,) = (each for each in provision(**args).role.policy()["Statement"] if each["Sid"] == sid)
    return dict(found)


def test_provision_adds_statements_of_three_actions_and_leaves_those_of_sync() -> None:
    before = described().role.policy()["Statement"]
    after = provision().role.policy()["Statement"]
    assert after[: len(before)] == before
    assert [(each["Effect"], each["Action"]) for each in after[len(before) :]] == [
        ("Allow", ["eks:CreateAccessEntry"]),
        ("Allow", ["eks:AssociateAccessPolicy"]),
        ("Allow", ["eks:DisassociateAccessPolicy"]),
        *(("Deny", ["eks:AssociateAccessPolicy"]) for _ in range(3)),
    ]


def test_an_entry_can_be_created_only_as_the_connector_does() -> None:
    create = statement("C1ProvisionEntries")
    assert create["Resource"] == [f"{CLUSTER}:cluster/prod-0"]
    assert create["Condition"] == {
        "StringEquals": {"eks:accessEntryType": "STANDARD"},
        "ArnLike": {"eks:principalArn": ["arn:aws:iam::111122223333:user/*"]},
        "Null": {"eks:kubernetesGroups": "true", "eks:username": "true"},
    }


def test_policies_are_granted_to_and_revoked_from_users_only() -> None:
    users = [f"{CLUSTER}:access-entry/prod-0/user/111122223333/*"]
    assert statement("C1GrantPolicies")["Resource"] == users
    assert statement("C1RevokePolicies")["Resource"] == users


def test_only_the_policies_that_the_connector_knows_can_be_granted() -> None:
    def grantable(**args: Any) -> list[str]:
        policies = statement("C1GrantPolicies", **args)["Condition"]["StringEquals"]["eks:policyArn"]
        return [policy.removeprefix(POLICY) for policy in policies]

    assert grantable() == ["ViewPolicy", "AdminViewPolicy", "EditPolicy"]
    assert grantable(deny_cluster_admin=False)[3:] == ["ClusterAdminPolicy", "AdminPolicy"]


def test_administration_is_denied_and_so_is_editing_in_kube_system() -> None:
    assert statement("C1NeverClusterAdmin")["Condition"] == {
        "StringEquals": {"eks:policyArn": [f"{POLICY}ClusterAdminPolicy", f"{POLICY}AdminPolicy"]}
    }
    edit = [f"{POLICY}EditPolicy"]
    assert statement("C1NeverEditCluster")["Condition"] == {
        "StringEquals": {"eks:policyArn": edit, "eks:accessScope": "cluster"}
    }
    assert statement("C1NeverEditSystem")["Condition"] == {
        "StringEquals": {"eks:policyArn": edit},
        "ForAnyValue:StringLike": {"eks:namespaces": ["kube-system", "*${*}*", "*${?}*"]},
    }


def test_editing_in_a_pattern_of_namespaces_is_denied_since_it_may_include_kube_system() -> None:
    """EKS takes `kube-*` as a namespace, and StringEquals on kube-system would not match it."""
    statements = [each.json() for each in provision().role.statements]
    allowed = expected(provision(), "AssociateAccessPolicy")
    patterns = [ok for given, ok in allowed if given["accessScope"].get("namespaces") == ["default", "kube-*"]]
    assert patterns == [False]
    denials = [each for each in statements if each["Effect"] == "Deny" and each["Sid"].startswith("C1NeverEditSystem")]
    (names,) = {tuple(each["Condition"]["ForAnyValue:StringLike"]["eks:namespaces"]) for each in denials}
    for namespace, is_denied in (("kube-system", True), ("kube-*", True), ("*", True), ("k?be-system", True),
                                 ("default", False), ("kube-public", False)):  # fmt: skip
        assert any(matches(name, namespace) for name in names) is is_denied, namespace


def test_users_of_other_accounts_are_granted_access_only_where_the_accounts_are_named() -> None:
    named = {"user_accounts": ["444455556666", "111122223333"]}
    assert statement("C1ProvisionEntries", **named)["Condition"]["ArnLike"] == {
        "eks:principalArn": ["arn:aws:iam::444455556666:user/*", "arn:aws:iam::111122223333:user/*"]
    }
    assert statement("C1GrantPolicies", **named)["Resource"] == [
        f"{CLUSTER}:access-entry/prod-0/user/{account}/*" for account in named["user_accounts"]
    ]


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        ({"user_accounts": []}, "names no account"),
        ({"user_accounts": ["*"]}, r"user_accounts\[0\] is '\*', which is not an account id"),
        ({"user_accounts": ["111122223333"], "profile": Profile.VENDOR}, "no effect in profile vendor"),
    ],
)
def test_user_accounts_that_confine_nothing_are_rejected(args: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidInputError, match=problem):
        provision(**args)


def expected(integration: Integration, action: str) -> list[tuple[dict[str, Any], bool]]:
    calls = (e for e in integration.expectations if isinstance(e, AwsCall) and e.action == f"eks:{action}")
    return [(dict(e.parameters), e.allowed) for e in calls if e.parameters["clusterName"] == "prod-0"]


def test_the_probe_asks_for_entries_that_only_the_connectors_own_request_may_create() -> None:
    calls = expected(provision(), "CreateAccessEntry")
    (allowed,) = (parameters for parameters, is_allowed in calls if is_allowed)
    assert set(allowed) == {"clusterName", "principalArn", "type"}, "as pkg/client/access_entries.go sends it"
    refused = [parameters for parameters, is_allowed in calls if not is_allowed]
    assert [sorted(set(each) - set(allowed)) for each in refused[:2]] == [["kubernetesGroups"], ["username"]]
    assert {each["principalArn"].split(":")[4] for each in refused} == {"111122223333", "000000000000"}
    assert {each["type"] for each in refused} == {"STANDARD", "EC2_LINUX"}
    by_page = expected(provision(profile=Profile.VENDOR), "CreateAccessEntry")
    assert (refused[0], True) in by_page, "the page allows it: the twin that succeeds"


def test_no_call_of_the_probe_names_a_principal_that_can_exist() -> None:
    for integration in (provision(), provision(profile=Profile.VENDOR)):
        for action in ("CreateAccessEntry", "AssociateAccessPolicy", "DisassociateAccessPolicy"):
            for parameters, _ in expected(integration, action):
                name = parameters["principalArn"].rpartition("/")[2]
                assert len(name) > 64, "IAM's names have at most 64 characters"


def test_without_deny_cluster_admin_associating_it_is_expected_to_be_allowed() -> None:
    def associated(**args: Any) -> dict[tuple[str, str, bool], bool]:
        return {
            (
                str(each["policyArn"]).removeprefix(POLICY),
                ",".join(each["accessScope"].get("namespaces", ["everywhere"])),
                ":role/" in each["principalArn"],
            ): is_allowed
            for each, is_allowed in expected(provision(**args), "AssociateAccessPolicy")
        }

    guarded = {
        ("ViewPolicy", "everywhere", False): True,
        ("AdminViewPolicy", "everywhere", False): True,
        ("EditPolicy", "default", False): True,
        ("EditPolicy", "everywhere", False): False,
        ("EditPolicy", "default,kube-system", False): False,
        ("EditPolicy", "default,kube-*", False): False,
        ("ClusterAdminPolicy", "everywhere", False): False,
        ("AdminPolicy", "everywhere", False): False,
        ("SecretReaderPolicy", "everywhere", False): False,
        ("ViewPolicy", "everywhere", True): False,
    }
    assert associated() == guarded
    never = {key for key in guarded if key[0] == "SecretReaderPolicy" or key[2]}
    assert associated(deny_cluster_admin=False) == {key: key not in never for key in guarded}
    assert "Deny" not in json.dumps(provision(deny_cluster_admin=False).role.policy())
    assert "administrator of the cluster" in " ".join(provision(deny_cluster_admin=False).residual_risks)


def test_only_the_named_roles_can_be_granted() -> None:
    grants = {grant.key: grant for grant in provision(grantable_roles=["deployer"]).grants}
    bind = [(rule.resources, rule.resource_names) for rule in grants["provision"].rules if "bind" in rule.verbs]
    assert bind == [(("clusterroles",), ("view",)), (("roles",), ("deployer",))]
    assert grants["users"].namespaces == ("kube-system",)
    assert [(rule.verbs, rule.resource_names) for rule in grants["users"].rules] == [(("get", "update"), ("aws-auth",))]


def test_no_rule_binds_every_role_if_none_is_named() -> None:
    integration = provision("API", grantable_cluster_roles=[])
    rules = [rule for grant in integration.grants for rule in grant.rules]
    assert not [rule for rule in rules if {"bind", "create", "update", "delete"} & set(rule.verbs)]
    for rule in (rule for grant in provision().grants for rule in grant.rules if "bind" in rule.verbs):
        assert rule.json()["resourceNames"], "an empty list would mean every role"


@pytest.mark.parametrize("name", ["cluster-admin", "admin", "system:node", "*", ""])
def test_an_administrator_role_and_a_pattern_are_rejected(name: str) -> None:
    with pytest.raises(InvalidInputError, match=r"grantable_cluster_roles\[1\]"):
        provision(grantable_cluster_roles=["view", name])


def test_an_administrator_role_is_accepted_with_allow_admin_roles() -> None:
    integration = provision(grantable_cluster_roles=["cluster-admin"], allow_admin_roles=True)
    bound = {e.name: e.allowed for e in integration.expectations if isinstance(e, KubernetesCall) and e.verb == "bind"}
    assert bound["cluster-admin"] is True
    assert bound["admin"] is False, "the other one was not requested"


def test_a_duplicate_role_is_rejected() -> None:
    with pytest.raises(InvalidInputError, match="names a role twice"):
        provision(grantable_cluster_roles=["view", "view"])


@pytest.mark.parametrize("mode", ["CONFIG_MAP", "API_AND_CONFIG_MAP", "API"])
def test_no_grant_is_for_system_masters(mode: str) -> None:
    integration = provision(mode, grantable_cluster_roles=[] if mode == "API" else ["view"])
    assert all(not group.startswith("system:") for group in integration.identity.groups)


def test_roles_cannot_be_granted_in_mode_api_as_the_hand_off_explains() -> None:
    with pytest.raises(InvalidInputError, match="authentication mode API: baton-eks needs aws-auth"):
        provision("API")
    steps = " ".join(provision("API", grantable_cluster_roles=[]).handoff.steps)
    assert "Only access policies can be granted" in steps
    assert "mapUsers" not in steps


def test_without_access_policies_there_must_be_roles_to_grant() -> None:
    with pytest.raises(InvalidInputError, match="there is nothing for ConductorOne to grant"):
        provision("CONFIG_MAP", grantable_cluster_roles=[])
    policy = provision("CONFIG_MAP").role.policy()
    assert "CreateAccessEntry" not in json.dumps(policy), "EKS has no entries there"


def test_if_roles_can_be_granted_the_hand_off_has_the_map_users_that_the_connector_needs() -> None:
    (step,) = (step for step in provision().handoff.steps if "mapUsers" in step)
    assert '"op": "test"' in step, "it must not overwrite one that is there"


def test_arguments_of_tier_provision_are_rejected_in_tier_sync() -> None:
    for argument in ({"grantable_cluster_roles": ["view"]}, {"deny_cluster_admin": False}, {"allow_admin_roles": True}):
        with pytest.raises(InvalidInputError, match=f"{next(iter(argument))} has no effect in tier sync"):
            described(**argument)


def test_each_tier_expects_what_it_grants() -> None:
    def allowed(integration: Integration, verb: str, resource: str, name: str | None = None) -> bool:
        (call,) = (
            e
            for e in integration.expectations
            if isinstance(e, KubernetesCall) and (e.verb, e.resource, e.name) == (verb, resource, name)
        )
        return call.allowed

    sync, tier = described(), provision()
    for verb in ("create", "update", "delete"):
        assert allowed(tier, verb, "clusterrolebindings")
    assert not allowed(sync, "create", "clusterrolebindings")
    assert (allowed(sync, "update", "configmaps", "aws-auth"), allowed(tier, "update", "configmaps", "aws-auth")) == (
        False,
        True,
    )
    assert allowed(tier, "bind", "clusterroles", "view")
    for integration in (sync, tier):
        assert not allowed(integration, "bind", "clusterroles", "cluster-admin")


def test_profile_vendor_denies_cluster_admin_only_on_request_and_has_the_same_cluster_roles() -> None:
    page = provision(profile=Profile.VENDOR)
    assert page.role.statements == described(profile=Profile.VENDOR).role.statements
    assert {grant.key for grant in page.grants} == {"page", "provision", "users"}
    requested = provision(profile=Profile.VENDOR, deny_cluster_admin=True)
    assert [each.effect for each in requested.role.statements[-3:]] == ["Deny"] * 3


def test_the_residual_risks_of_writing_aws_auth_are_listed() -> None:
    assert "system:masters" in " ".join(provision().residual_risks)
    assert "system:masters" not in " ".join(described().residual_risks)


def test_the_hand_off_of_a_self_hosted_connector_names_the_variables_that_are_read() -> None:
    handoff = described("self_hosted_keys").handoff
    assert [field.label for field in handoff.fields] == ["Region", "Cluster name", "Assume role ARN"]
    steps = " ".join(handoff.steps)
    assert "BATON_ROLE_ARN" in steps
    assert "BATON_EKS_ACCESS_KEY" in steps
    assert "AWS_REGION" in " ".join(described("self_hosted_irsa").handoff.steps)


@pytest.mark.parametrize(
    ("hosting", "words"),
    [
        ("cloud", "delete the EKS connector of prod-0, and with it its External ID"),
        ("self_hosted_keys", f"Delete the access key of {USER}"),
        ("self_hosted_irsa", "delete the connector Baton of prod-0"),
        ("self_hosted_pod_identity", "Stop baton-eks where it runs"),
    ],
)
def test_each_hosting_has_its_own_steps_after_off_boarding(hosting: str, words: str) -> None:
    assert any(words in step for step in described(hosting).handoff.removal)


def test_only_the_tier_that_grants_leaves_something_and_is_to_revoke_it_first() -> None:
    assert described().leftovers == ()
    assert provision().leftovers
    assert "revoke what was granted" in provision().handoff.removal[0]
    assert not any("revoke" in step for step in described().handoff.removal)
