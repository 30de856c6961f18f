"""The examples: each is a definition that says what it may do and must not, in both of its profiles."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from eks_access.explain.explanation import Explanation, explain_integration
from eks_access.integrations.custom.builder import build_integration
from eks_access.integrations.custom.definition_file import load_definition
from eks_access.manifest.build import build_integration_access
from eks_access.manifest.models import IntegrationAccess
from eks_access.model.expectations import AwsCall, KubernetesCall
from eks_access.model.integration import Integration, Place, Profile
from tests.support.checkout import EXAMPLES
from tests.support.custom_definitions import ARGUMENTS
from tests.support.places import place

ACCOUNT = "111122223333"
PEOPLE = {"users": ["jane@acme.example", "sam@acme.example"], "groups": ["developers"]}
GIVEN: dict[str, dict[str, Any]] = {
    "cast-ai": {
        "principal_arn": "arn:aws:iam::809060229965:user/cast-crossrole-0f8fad5b",
        "external_id": "0f8fad5b-d9cb-469f-a165-70867728950e",
        "vpc_arn": f"arn:aws:ec2:us-east-1:{ACCOUNT}:vpc/vpc-0123456789abcdef0",
        "node_role_arn": f"arn:aws:iam::{ACCOUNT}:role/CastNodes",
    },
    "cloudquery": ARGUMENTS,
    "collector": {},
    "datadog": {"external_id": "0a1b2c3d4e5f60718293a4b5c6d7e8f9"},
    "strongdm": PEOPLE,
    "teleport": {"principal_arn": f"arn:aws:iam::{ACCOUNT}:role/Teleport", "external_id": "teleport-prod", **PEOPLE},
}
AWS_ALONE = ("cast-ai", "datadog")
"""Vendors whose role calls AWS and no cluster."""
PAGES = sorted(set(GIVEN) - {"collector"})


def where(name: str) -> Place:
    """Two clusters, in regions of their own."""
    found = place(name, "API", "API_AND_CONFIG_MAP")
    other = dataclasses.replace(found.clusters[1], region="eu-west-1")
    return dataclasses.replace(found, clusters=(found.clusters[0], other))


def described(name: str, profile: Profile = Profile.LEAST) -> Integration:
    path = EXAMPLES / f"custom/{name}.yaml"
    return build_integration(load_definition(path), {"arguments": GIVEN[name], "profile": profile}, where(name))


def explained(name: str, profile: Profile = Profile.LEAST) -> Explanation:
    connections = {key: (f"https://{key}", "Q0E=") for key in ("c0", "c1")}
    other = None if name == "collector" else described(name, Profile.VENDOR)
    written = build_integration_access(described(name, profile), where(name), connections, other)
    return explain_integration(name, IntegrationAccess.model_validate(written))


def test_every_example_is_tested() -> None:
    assert {Path(each).stem for each in (EXAMPLES / "custom").glob("*.yaml")} == set(GIVEN)


@pytest.mark.parametrize("name", sorted(GIVEN))
def test_an_example_has_calls_that_must_be_allowed_and_calls_that_must_be_denied(name: str) -> None:
    def answers(plane: type) -> set[bool]:
        return {call.allowed for call in described(name).expectations if isinstance(call, plane)}

    assert answers(AwsCall) == {True, False}
    assert answers(KubernetesCall) == ({False} if name in AWS_ALONE else {True, False})


@pytest.mark.parametrize("name", PAGES)
def test_the_page_gives_more_than_least(name: str) -> None:
    difference = explained(name).difference
    assert difference is not None
    assert any(gain.risk.is_severe for gain in difference.gained)


def test_datadogs_account_is_trusted_with_an_external_id_and_what_that_means_is_said() -> None:
    integration = described("datadog")
    (statement,) = integration.role.trust_policy()["Statement"]
    assert statement["Principal"] == {"AWS": ["arn:aws:iam::464622532012:root"]}
    assert statement["Condition"] == {"StringEquals": {"sts:ExternalId": GIVEN["datadog"]["external_id"]}}
    assert "Account 464622532012 is trusted as a whole" in " ".join(integration.residual_risks)
    assert (
        explained("datadog")
        .trust[0]
        .startswith("only principals of account 464622532012 that its administrators allow, with the External ID")
    )
    assert not any("trusted as a whole" in risk for risk in described("teleport").residual_risks)


def test_statements_are_there_for_each_cluster_or_region() -> None:
    by_sid = {each["Sid"]: each for each in described("cast-ai").role.policy()["Statement"]}
    assert by_sid["StopNodesC1"]["Resource"] == [f"arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/*"]
    assert by_sid["StopNodesC1"]["Condition"] == {
        "StringEquals": {"ec2:ResourceTag/kubernetes.io/cluster/prod-1": ["owned", "shared"]}
    }
    assert by_sid["StartInNetworkUsEast1"]["Resource"] == [f"arn:aws:ec2:us-east-1:{ACCOUNT}:subnet/*"]
    assert {"ReadClusterC0", "ReadClusterC1", "StartInNetworkEuWest1"} <= set(by_sid)


def test_a_policy_that_aws_manages_is_attached_and_shown_as_one_that_may_grow() -> None:
    page = described("datadog", Profile.VENDOR)
    assert [policy.arn("aws-cn") for policy in page.role.managed_policies] == [
        "arn:aws-cn:iam::aws:policy/SecurityAudit"
    ]
    assert not described("datadog").role.managed_policies
    difference = explained("datadog").difference
    assert difference is not None
    assert "can do all that AWS's policy SecurityAudit allows, and what AWS adds to it" in {
        gain.risk.sentence for gain in difference.gained
    }


def test_ec2_assumes_strongdms_role_without_a_source() -> None:
    (statement,) = described("strongdm").role.trust_policy()["Statement"]
    assert statement == {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}


@pytest.mark.parametrize("name", ["strongdm", "teleport"])
def test_a_relay_impersonates_the_named_users_and_groups_alone(name: str) -> None:
    rules = [rule.json() for grant in described(name).grants for rule in grant.rules]
    assert [rule["resourceNames"] for rule in rules if "impersonate" in rule["verbs"]] == [
        PEOPLE["users"],
        PEOPLE["groups"],
    ]
    (health,) = (rule for rule in rules if "nonResourceURLs" in rule)
    assert "/readyz" in health["nonResourceURLs"]
    calls = [each for each in described(name).expectations if isinstance(each, KubernetesCall)]
    assert [(each.verb, each.allowed) for each in calls if each.resource == "/readyz"] == [("get", True)]
    named = {each.name for each in calls if each.verb == "impersonate" and each.allowed}
    assert named in ({*PEOPLE["users"]}, {*PEOPLE["groups"]}), "a call for each name of the list"
