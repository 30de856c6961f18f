from typing import Any

import pytest

from eks_access.errors import InvalidInputError
from eks_access.integrations.conductorone.integration import describe
from eks_access.model.expectations import AwsCall
from eks_access.model.integration import Integration, Profile
from tests.support.places import place

DANGEROUS = {
    "iam:AttachRolePolicy", "iam:PassRole", "iam:TagRole", "iam:TagOpenIDConnectProvider",
    "eks:AssociateIdentityProviderConfig", "eks:CreateAccessEntry", "eks:AssociateAccessPolicy",
}  # fmt: skip


def described(mode: str = "API", **args: Any) -> Integration:
    return describe({"external_id": "c1-x", **args}, place("conductorone", mode))


def actions(integration: Integration) -> list[str]:
    return [action for statement in integration.role.statements for action in statement.actions]


def test_least_allows_only_the_calls_that_the_connector_makes() -> None:
    assert set(actions(described())) == {
        "eks:DescribeCluster", "eks:ListAccessEntries", "eks:DescribeAccessEntry",
        "eks:ListAssociatedAccessPolicies", "iam:ListRoles", "iam:GetRole",
    }  # fmt: skip


def test_entry_actions_are_scoped_to_entries_because_a_cluster_arn_would_grant_nothing() -> None:
    (statement,) = (s for s in described().role.statements if "eks:DescribeAccessEntry" in s.actions)
    assert statement.resources == ("arn:aws:eks:us-east-1:111122223333:access-entry/prod-0/*",)


def test_vendor_has_the_pages_actions_once_each_and_least_none_of_the_dangerous_ones() -> None:
    vendor = described(profile=Profile.VENDOR)
    for statement in vendor.role.statements:
        assert len(set(statement.actions)) == len(statement.actions), "the page repeats two"
    assert set(actions(vendor)) >= DANGEROUS
    assert not set(actions(described())) & DANGEROUS
    assert len(set(actions(vendor))) == 33, "the page's distinct actions"


def test_the_vendors_binding_names_the_role_that_exists() -> None:
    (grant,) = described(profile=Profile.VENDOR).grants
    assert grant.name == "read-only-access-cluster-role", "the page's binding names another, which grants nothing"
    assert all("extensions" not in rule.api_groups for rule in grant.rules), "an API group that is gone"


def test_aws_auth_is_readable_by_its_name_only() -> None:
    (grant,) = (grant for grant in described().grants if grant.key == "aws-auth")
    assert grant.namespaces == ("kube-system",)
    assert [(rule.verbs, rule.resource_names) for rule in grant.rules] == [(("get",), ("aws-auth",))]


def test_the_trust_names_conductorones_own_role_and_external_id() -> None:
    (statement,) = described().role.trust_policy()["Statement"]
    assert statement["Principal"] == {"AWS": ["arn:aws:iam::765656841499:role/ConductorOneService"]}
    assert statement["Condition"] == {"StringEquals": {"sts:ExternalId": "c1-x"}}


def test_calls_on_entries_are_expected_only_where_there_are_entries() -> None:
    def called(mode: str) -> set[str]:
        return {e.action for e in described(mode).expectations if isinstance(e, AwsCall) and e.allowed}

    assert "eks:ListAccessEntries" in called("API_AND_CONFIG_MAP")
    assert "eks:ListAccessEntries" not in called("CONFIG_MAP"), "EKS refuses the call there, whoever asks"


def test_several_clusters_are_rejected_because_each_has_its_own_connector() -> None:
    with pytest.raises(InvalidInputError, match="a connector, with its own External ID, for each"):
        describe({"external_id": "c1-x"}, place("conductorone", "API", "API"))


def test_another_partition_is_rejected_because_the_connector_parses_only_aws() -> None:
    with pytest.raises(InvalidInputError, match="only arn:aws"):
        describe({"external_id": "c1-x"}, place("conductorone", partition="aws-us-gov"))
