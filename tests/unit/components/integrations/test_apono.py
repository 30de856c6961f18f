from dataclasses import replace
from typing import Any

import pytest

from eks_access.errors import InvalidInputError
from eks_access.integrations.apono.integration import describe
from eks_access.model.expectations import AwsCall, KubernetesCall
from eks_access.model.identity import EntryMethod
from eks_access.model.integration import Integration, Place, Profile
from tests.support.places import ACCOUNT, place

PROVIDER = f"arn:aws:iam::{ACCOUNT}:saml-provider/okta"
SSO: dict[str, Any] = {"federation": "sso"}
SAML: dict[str, Any] = {"federation": "saml", "saml_provider_arn": PROVIDER}


def at(*modes: str) -> Place:
    found = place("apono-people", *modes)
    clusters = (replace(cluster, endpoint="https://k8s", certificate_authority="Q0E=") for cluster in found.clusters)
    return replace(found, clusters=tuple(clusters))


def described(args: dict[str, Any], *modes: str, **more: Any) -> Integration:
    return describe({**args, **more}, at(*modes))


@pytest.mark.parametrize("args", [SSO, SAML], ids=["sso", "saml"])
@pytest.mark.parametrize("profile", list(Profile))
def test_there_is_no_standing_permission_in_a_cluster(args: dict[str, Any], profile: Profile) -> None:
    integration = described(args, "API", "CONFIG_MAP", profile=profile)
    assert integration.identity.groups == ()
    assert integration.identity.access_policies == (), "the page's cluster scope belongs to a policy it does not name"
    assert integration.grants == ()
    allowed = [e for e in integration.expectations if isinstance(e, KubernetesCall) and e.allowed]
    assert [e.resource for e in allowed] == ["selfsubjectaccessreviews"], "what every signed-in user may do"


def test_the_username_is_the_pages_for_each_entry_method() -> None:
    identity = described(SSO).identity
    assert identity.username_by(EntryMethod.ACCESS_ENTRY) == "apono:{{SessionName}}"
    assert identity.username_by(EntryMethod.AWS_AUTH) == "{{SessionNameRaw}}"


def test_the_role_is_the_one_that_aponos_access_details_name() -> None:
    assert described(SSO).role.name == "apono-k8s-access"
    assert described(SSO).role.description == "required for k8s access managed by Apono"
    assert described(SSO, role_name="mine").role.name == "mine"


def test_vendor_is_the_page_and_least_names_the_account_and_the_clusters() -> None:
    vendor, least = described(SSO, profile=Profile.VENDOR), described(SSO)
    (statement,) = vendor.role.trust_policy()["Statement"]
    reserved = f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com"
    assert statement == {
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": "sts:AssumeRole",
        "Condition": {
            "StringEqualsIgnoreCase": {"sts:RoleSessionName": "${SAML:sub}"},
            "ArnLike": {"aws:PrincipalArn": [f"{reserved}/AWSReservedSSO_*", f"{reserved}/*/AWSReservedSSO_*"]},
        },
    }
    (narrower,) = least.role.trust_policy()["Statement"]
    assert narrower == statement | {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
    for integration, resource in (
        (vendor, "*:111122223333:cluster/*"),
        (least, "us-east-1:111122223333:cluster/prod-0"),
    ):
        (read,) = integration.role.statements
        assert (read.actions, read.resources) == (("eks:DescribeCluster",), (f"arn:aws:eks:{resource}",))


def test_saml_is_the_pages_document() -> None:
    (statement,) = described(SAML).role.trust_policy()["Statement"]
    assert statement == {
        "Effect": "Allow",
        "Principal": {"Federated": PROVIDER},
        "Action": "sts:AssumeRoleWithSAML",
        "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}},
    }


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        ({"federation": "saml"}, "saml_provider_arn is required with federation 'saml'"),
        (SSO | {"saml_provider_arn": PROVIDER}, "has no effect with federation 'sso'.*set federation to 'saml'"),
        (SAML | {"permission_sets": ["Dev"]}, "has no effect with federation 'saml'"),
        (SSO | {"permission_sets": ["Dev*"]}, r"permission_sets\[0\]"),
        (SAML | {"saml_provider_arn": PROVIDER.replace(ACCOUNT, "444455556666")}, "only of providers in its own"),
    ],
)
def test_an_argument_of_another_federation_is_rejected(args: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidInputError, match=problem):
        described(args)


def test_the_form_is_filled_for_each_cluster_in_its_own_order() -> None:
    fields = [(field.label, field.value) for field in described(SSO, "API", "CONFIG_MAP").handoff.fields]
    assert fields[:5] == [
        ("Integration Name", "AponoPeopleC0"),
        ("Server URL", "https://k8s"),
        ("Certification Authority", "Q0E="),
        ("EKS Cluster Name", "prod-0"),
        ("Region", "us-east-1"),
    ]
    assert fields[5] == ("Integration Name", "AponoPeopleC1")
    with_role = described(SSO, connector_role_name="apono-connector").handoff.fields
    assert [field.label for field in with_role] == [
        "Integration Name", "Server URL", "Certification Authority", "EKS Cluster Name", "AWS Role Name", "Region",
    ]  # fmt: skip


def test_the_hand_off_has_the_command_of_the_federation() -> None:
    sso, saml = ("\n".join(described(args).handoff.steps) for args in (SSO, SAML))
    assert "aws sts assume-role --role-arn=" in sso
    assert "role_session_name = <EMAIL>" in sso
    assert "duration_seconds = 3600" in sso, "a chained session lasts an hour at most"
    assert "aws sts assume-role-with-saml --role-arn=" in saml
    assert f"--principal-arn={PROVIDER}" in saml
    assert "aws sts assume-role --role-arn=" not in saml, "STS refuses the page's command with a SAML trust"
    for steps in (sso, saml):
        assert "[profile apono-k8s-access]" in steps
        assert "aws eks update-kubeconfig --profile=apono-k8s-access --region=us-east-1 --name=prod-0" in steps
        assert "at most 64 characters" in steps


def test_residual_risks_are_listed_where_they_apply() -> None:
    def risks(args: dict[str, Any], mode: str) -> str:
        return " ".join(described(args, mode).residual_risks)

    assert "bare session names" in risks(SSO, "CONFIG_MAP")
    assert "bare session names" not in risks(SSO, "API")
    assert "writes @ as -" in risks(SSO, "API")
    assert "RoleSessionName" in risks(SAML, "API")
    assert "Developers_Eu" in risks(SSO | {"permission_sets": ["Developers"]}, "API")


def test_the_aws_calls_that_must_fail_are_named() -> None:
    refused = {e.action for e in described(SSO).expectations if isinstance(e, AwsCall) and not e.allowed}
    assert refused >= {"eks:ListClusters", "eks:CreateAccessEntry", "iam:ListRoles", "iam:AttachRolePolicy"}
    allowed = {e.action for e in described(SSO).expectations if isinstance(e, AwsCall) and e.allowed}
    assert allowed == {"eks:DescribeCluster"}


RIGHTS = {"namespace": "apono", "service_account": "apono-connector", "grantable_cluster_roles": ["view", "edit"]}


def test_the_connector_gets_permissions_only_on_request_and_only_to_bind_the_named_roles() -> None:
    (grant,) = described(SSO, connector_rights=RIGHTS).grants
    assert (grant.group, grant.kind) == ("apono/apono-connector", "ServiceAccount"), "and no person who signs in"
    bind = [rule.json() for rule in grant.rules if "bind" in rule.verbs]
    assert [(rule["resources"], rule["resourceNames"]) for rule in bind] == [(["clusterroles"], ["view", "edit"])]
    assert not any("secrets" in rule.resources or "escalate" in rule.verbs for rule in grant.rules)
    assert described(SSO, connector_rights=RIGHTS).identity.groups == (), "people's rights stay none"
    assert "connector_rights" in described(SSO, connector_rights=RIGHTS).residual_risks[0]


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"grantable_cluster_roles": []}, "connector_rights names no role that people may get"),
        ({"grantable_cluster_roles": ["cluster-admin"]}, r"connector_rights\.grantable_cluster_roles\[0\]"),
        ({"grantable_roles": ["*"]}, r"connector_rights\.grantable_roles\[0\]"),
        ({"service_account": "Apono"}, r"connector_rights\.service_account"),
    ],
)
def test_connector_rights_for_all_roles_or_no_role_are_rejected(changed: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidInputError, match=problem):
        described(SSO, connector_rights=RIGHTS | changed)


def test_an_administrator_role_is_grantable_by_the_connector_with_allow_admin_roles() -> None:
    allowed = RIGHTS | {"grantable_cluster_roles": ["cluster-admin"], "allow_admin_roles": True}
    assert described(SSO, connector_rights=allowed).grants


def test_the_hand_off_has_the_username_of_each_entry_method() -> None:
    steps = " ".join(described(SSO, "API", "CONFIG_MAP").handoff.steps)
    assert "people are named apono:{{SessionName}} (by an access entry) and {{SessionNameRaw}} (by aws-auth)" in steps
    assert "aws-auth" not in " ".join(described(SSO, "API").handoff.steps)
