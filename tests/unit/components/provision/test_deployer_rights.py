"""The rights that a deployer needs, against the descriptions that they are derived from."""

from typing import Any

import pytest

from eks_access.integrations import vendors
from eks_access.integrations.cado import describe as cado
from eks_access.integrations.conductorone.integration import describe as conductorone
from eks_access.integrations.opentrace import describe as opentrace
from eks_access.model.integration import Place, Profile
from eks_access.model.kubernetes_rights import Request
from eks_access.provision.deployer_rights import (
    CHANGE,
    REMOVE,
    UP,
    escalation_request,
    granted_requests,
    list_aws_rights,
    list_cluster_rights,
)
from eks_access_probe.operator.simulation_request import build_simulation_request
from tests.support.places import ACCOUNT, place
from tests.support.vendors import ARGUMENTS


def aws(integration: Any, where: Place, stage: str | None = None) -> set[str]:
    return {each.action for each in list_aws_rights(integration, where) if stage in (None, each.stage)}


@pytest.mark.parametrize("vendor", sorted(ARGUMENTS))
def test_the_resource_of_every_action_follows_from_its_parameters(vendor: str) -> None:
    where = place("acme")
    integration = vendors()[vendor].describe(ARGUMENTS[vendor], where)
    rights = list(list_aws_rights(integration, where))
    assert rights
    for right in rights:
        request = build_simulation_request(
            right.action, right.parameters, partition="aws", account=ACCOUNT, region=right.region
        )
        assert request.resources, right


def test_an_access_entry_needs_eks_and_a_mapping_needs_the_configmap() -> None:
    entered, mapped = place("opentrace", "API"), place("opentrace", "CONFIG_MAP")
    integration = opentrace(ARGUMENTS["opentrace"], entered)
    assert {"eks:CreateAccessEntry", "eks:TagResource"} <= aws(integration, entered, UP)
    assert "eks:DeleteAccessEntry" in aws(integration, entered, REMOVE)
    assert {action for action in aws(integration, mapped) if action.startswith("eks:")} == {"eks:DescribeCluster"}
    aws_auth = Request("update", resource="configmaps", name="aws-auth", namespace="kube-system")
    (there,) = list_cluster_rights(integration, mapped)
    assert aws_auth in {each.request for each in there.requests}
    (there,) = list_cluster_rights(integration, entered)
    assert aws_auth not in {each.request for each in there.requests}


def test_what_decides_about_an_entry_is_among_the_condition_keys() -> None:
    where = place("opentrace")
    integration = opentrace({**ARGUMENTS["opentrace"], "profile": Profile.VENDOR}, where)
    by_action = {each.action: each for each in list_aws_rights(integration, where)}

    def context(action: str) -> Any:
        right = by_action[action]
        return build_simulation_request(
            action, right.parameters, partition="aws", account=ACCOUNT, region="us-east-1"
        ).context

    assert context("eks:CreateAccessEntry")["eks:principalArn"] == (where.role_arn,)
    assert context("eks:CreateAccessEntry")["eks:accessEntryType"] == ("STANDARD",)
    assert context("eks:AssociateAccessPolicy")["eks:accessScope"] == ("cluster",)
    assert context("eks:AssociateAccessPolicy")["eks:policyArn"][0].endswith("/AmazonEKSViewPolicy")


def test_access_policies_are_associated_only_where_the_integration_has_some() -> None:
    where = place("opentrace")
    assert "eks:AssociateAccessPolicy" not in aws(opentrace(ARGUMENTS["opentrace"], where), where)
    page = opentrace({**ARGUMENTS["opentrace"], "profile": Profile.VENDOR}, where)
    assert {"eks:AssociateAccessPolicy", "eks:ListAssociatedAccessPolicies"} <= aws(page, where, UP)


def test_an_existing_role_is_only_read_and_a_boundary_is_given_with_the_role() -> None:
    where = place("cado")
    existing = {**ARGUMENTS["cado"], "existing_role_arn": f"arn:aws:iam::{ACCOUNT}:role/a/CadoResponse"}
    rights = [right for right in list_aws_rights(cado(existing, where), where) if right.action.startswith("iam:")]
    assert [right.action for right in rights] == ["iam:GetRole"]
    boundary = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
    bounded = cado({**ARGUMENTS["cado"], "permissions_boundary": boundary}, where)
    (create,) = (right for right in list_aws_rights(bounded, where) if right.action == "iam:CreateRole")
    request = build_simulation_request(
        create.action, create.parameters, partition="aws", account=ACCOUNT, region="us-east-1"
    )
    assert request.context["iam:PermissionsBoundary"] == (boundary,)
    assert request.resources == (where.role_arn,)
    assert "iam:PutRolePermissionsBoundary" in aws(bounded, where, CHANGE)
    assert "iam:PutRolePermissionsBoundary" not in aws(cado(ARGUMENTS["cado"], where), where)


def test_a_workload_with_pod_identity_needs_an_association_and_may_be_passed_its_role() -> None:
    where = place("c1")
    hosted = {"hosting": "self_hosted_pod_identity", "deploy_connector": {"client_id": "a", "client_secret": "b"}}
    integration = conductorone(hosted, where)
    assert {"eks:CreatePodIdentityAssociation", "iam:PassRole"} <= aws(integration, where, UP)
    (passed,) = (right for right in list_aws_rights(integration, where) if right.action == "iam:PassRole")
    assert passed.parameters["PassedToService"] == "pods.eks.amazonaws.com"


def test_the_official_plugin_is_needed_for_objects_and_not_for_rbac() -> None:
    where = place("c1")
    (there,) = list_cluster_rights(conductorone({"external_id": "c1-x"}, where), where)
    assert there.official_kinds == frozenset()
    hosted = {
        "hosting": "self_hosted_irsa",
        "oidc_issuer": "oidc.example.com",
        "deploy_connector": {"client_id": "a", "client_secret": "b"},
    }
    (there,) = list_cluster_rights(conductorone(hosted, where), where)
    assert {"Secret", "Deployment"} <= there.official_kinds
    assert "ServiceAccount" not in there.official_kinds, "this package's own plugin creates it"
    verbs = {(right.request.verb, right.request.resource) for right in there.requests}
    assert {("patch", "deployments"), ("update", "serviceaccounts")} <= verbs
    assert {("watch", "deployments"), ("watch", "replicasets"), ("list", "pods"), ("watch", "secrets")} <= verbs
    assert ("watch", "serviceaccounts") not in verbs, "only the official plugin waits for objects"


def test_each_object_of_a_grant_is_asked_for_where_it_is() -> None:
    where = place("cado")
    (there,) = list_cluster_rights(cado(ARGUMENTS["cado"], where), where)
    asked = {right.request: right for right in there.requests}
    group = "rbac.authorization.k8s.io"
    assert asked[Request("create", group, "clusterroles")].stage == UP
    assert asked[Request("delete", group, "rolebindings", name="cado-exec", namespace="payments")].stage == REMOVE
    assert asked[Request("update", group, "clusterrolebindings", name="cado-list")].stage == CHANGE


def test_every_right_of_a_role_is_one_that_its_creator_must_have() -> None:
    where = place("cado")
    (there,) = list_cluster_rights(cado(ARGUMENTS["cado"], where), where)
    granted = {request for grant in there.grants for request in granted_requests(grant)}
    assert granted == {
        Request("get", resource="pods"),
        Request("list", resource="pods"),
        Request("get", resource="pods", subresource="exec"),
        Request("create", resource="pods", subresource="exec"),
    }


def test_to_escalate_is_asked_without_a_name_and_to_bind_with_the_roles() -> None:
    assert (escalation_request("escalate", "x").name, escalation_request("bind", "x").name) == ("", "x")
