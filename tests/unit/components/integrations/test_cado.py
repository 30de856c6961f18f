import json
from typing import Any

import pytest

from eks_access.errors import InvalidInputError
from eks_access.integrations.cado import HIDDEN_NAMESPACES, describe
from eks_access.model.expectations import AwsCall, KubernetesCall
from eks_access.model.integration import Integration, Profile
from tests.support.places import place

PLATFORM = "arn:aws:iam::444455556666:role/CadoPlatform"


def described(*modes: str, **args: Any) -> Integration:
    return describe({"platform_role_arns": [PLATFORM], **args}, place("cado", *modes))


def test_least_lists_pods_everywhere_and_runs_commands_only_where_named() -> None:
    grants = {grant.key: grant for grant in described(namespaces=["payments"]).grants}
    assert grants["list"].namespaces is None
    assert grants["exec"].namespaces == ("payments",)
    assert [rule.json() for rule in grants["exec"].rules] == [
        {"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["create", "get"]}
    ]


def test_without_namespaces_commands_can_be_run_nowhere() -> None:
    grants = {grant.key: grant for grant in described().grants}
    assert grants["exec"].namespaces == (), "bound in no namespace, and not in every one"


def test_with_exec_disabled_everything_is_set_up_and_no_command_can_be_run() -> None:
    closed, opened = (described(namespaces=["payments"], exec_enabled=enabled) for enabled in (False, True))
    assert opened == described(namespaces=["payments"]), "open when nothing is said"
    for integration, bound, allowed in ((closed, (), False), (opened, ("payments",), True)):
        grants = {grant.key: grant for grant in integration.grants}
        assert grants["exec"].namespaces == bound
        calls = [e for e in integration.expectations if isinstance(e, KubernetesCall)]
        acquires = {e.allowed for e in calls if (e.subresource, e.namespace) == ("exec", "payments")}
        assert acquires == {allowed}, "and the probe shows which it is"
    with pytest.raises(InvalidInputError, match="exec_enabled cannot be false in profile vendor"):
        described(profile=Profile.VENDOR, exec_enabled=False)
    assert described(profile=Profile.VENDOR, exec_enabled=True).grants


@pytest.mark.parametrize("namespace", HIDDEN_NAMESPACES)
def test_a_system_namespace_is_rejected(namespace: str) -> None:
    with pytest.raises(InvalidInputError, match=rf"namespaces\[1\] is '{namespace}', which is a system namespace"):
        described(namespaces=["payments", namespace])


def test_vendor_is_the_pages_cluster_role_bound_everywhere_to_the_pages_group() -> None:
    (grant,) = described(profile=Profile.VENDOR).grants
    assert (grant.name, grant.group, grant.namespaces) == ("cado-eks-cluster-role", "cado", None)
    assert [rule.json() for rule in grant.rules] == [
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]},
        {"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["create", "get"]},
    ]


def test_a_role_name_that_cado_may_not_assume_is_rejected() -> None:
    with pytest.raises(InvalidInputError, match="does not contain 'CadoResponse'"):
        described(role_name="Forensics")
    assert described(role_name="AcmeCadoResponseEks").role.name == "AcmeCadoResponseEks"


def test_no_external_id_is_required_because_cado_sends_none() -> None:
    (statement,) = described().role.trust_policy()["Statement"]
    assert "Condition" not in statement
    (statement,) = described(organization_id="o-a1b2c3d4e5").role.trust_policy()["Statement"]
    assert statement["Condition"] == {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}


@pytest.mark.parametrize(
    ("profile", "actions", "resource"),
    [
        (
            Profile.LEAST,
            {"iam:ListRolePolicies", "iam:GetRolePolicy", "iam:SimulatePrincipalPolicy"},
            "arn:aws:iam::111122223333:role/eks-access-cado",
        ),
        (
            Profile.VENDOR,
            {
                "iam:ListRolePolicies", "iam:GetPolicy", "iam:GetRolePolicy", "iam:GetPolicyVersion",
                "iam:SimulatePrincipalPolicy",
            },
            "*",
        ),
    ],
)  # fmt: skip
def test_the_account_check_reads_its_own_role_and_in_profile_vendor_every_role(
    profile: Profile, actions: set[str], resource: str
) -> None:
    def is_called(integration: Integration) -> bool:
        (call,) = (e for e in integration.expectations if isinstance(e, AwsCall) and e.action == "iam:ListRolePolicies")
        return call.allowed

    (statement,) = (
        s for s in described(profile=profile, account_check=True).role.statements if s.sid == "RequiredToCheckPolicy"
    )
    assert (set(statement.actions), statement.resources) == (actions, (resource,))
    without = described(profile=profile)
    assert "iam:" not in json.dumps(without.role.policy()), "only on request"
    assert (is_called(described(profile=profile, account_check=True)), is_called(without)) == (True, False)


def test_the_hand_off_covers_account_check_and_lists_the_clusters() -> None:
    without, checked = (
        " ".join(described("API", "CONFIG_MAP", account_check=wanted).handoff.steps) for wanted in (False, True)
    )
    assert "untick Account Check" in without
    assert "leave Account Check ticked" in checked
    assert "prod-0 (us-east-1), prod-1 (us-east-1)" in without
    assert "prod-1 is mapped by aws-auth to the group cado:responders; no eksctl command is needed" in without


def test_running_commands_in_system_namespaces_is_expected_to_be_denied_in_least_only() -> None:
    def exec_in(integration: Integration, namespace: str | None) -> bool:
        (call,) = (
            e
            for e in integration.expectations
            if isinstance(e, KubernetesCall) and (e.verb, e.subresource, e.namespace) == ("create", "exec", namespace)
        )
        return call.allowed

    least, vendor = described(namespaces=["payments"]), described(profile=Profile.VENDOR)
    assert exec_in(least, "payments")
    for namespace in ("kube-system", None):
        assert (exec_in(least, namespace), exec_in(vendor, namespace)) == (False, True)
