"""Invariants of every vendor."""

import pytest

import eks_access
from eks_access.integrations import Vendor, vendors
from eks_access.manifest.build import build_integration_access
from eks_access.manifest.models import IntegrationAccess
from eks_access.model.expectations import AwsCall, KubernetesCall
from eks_access.model.integration import Integration, Profile
from tests.support.places import place
from tests.support.vendors import ARGUMENTS


def described(vendor: Vendor, profile: Profile) -> Integration:
    return vendor.describe({**ARGUMENTS[vendor.key], "profile": profile}, place(vendor.key))


@pytest.fixture(params=sorted(ARGUMENTS))
def vendor(request: pytest.FixtureRequest) -> Vendor:
    return vendors()[request.param]


@pytest.fixture(params=list(Profile))
def integration(request: pytest.FixtureRequest, vendor: Vendor) -> Integration:
    return described(vendor, request.param)


def test_every_vendor_of_the_package_is_tested_here() -> None:
    assert set(vendors()) == set(ARGUMENTS)


def test_a_vendor_is_importable_from_the_package_by_its_class(vendor: Vendor) -> None:
    assert getattr(eks_access, vendor.component.__name__) is vendor.component


def test_an_integration_has_calls_that_must_be_allowed_and_calls_that_must_be_denied(integration: Integration) -> None:
    for plane in (AwsCall, KubernetesCall):
        calls = [e for e in integration.expectations if isinstance(e, plane)]
        assert {call.allowed for call in calls} == {True, False}, f"{plane.__name__}: both kinds"
    assert integration.role.trust.refuses()


def test_every_statement_and_rule_has_a_reason(integration: Integration) -> None:
    assert all(statement.why for statement in integration.role.statements)
    assert all(rule.why for grant in integration.grants for rule in grant.rules)


def test_least_has_no_wildcard(vendor: Vendor) -> None:
    least = described(vendor, Profile.LEAST)
    for statement in least.role.statements:
        assert not any("*" in action for action in statement.actions)
    for grant in least.grants:
        for rule in grant.rules:
            assert "*" not in (*rule.api_groups, *rule.resources, *rule.verbs)
            if "secrets" in rule.resources:
                assert grant.namespaces, "in its own namespace only"
                assert rule.resource_names or rule.verbs == ("create",), "and only its own"


def test_every_grant_is_reached_by_a_group_of_the_identity(integration: Integration) -> None:
    groups = {grant.group for grant in integration.grants if grant.kind == "Group"}
    assert groups <= set(integration.identity.groups)


def test_the_manifest_round_trips(integration: Integration) -> None:
    written = build_integration_access(integration, place(integration.vendor), {"c0": ("https://c0", "Q0E=")})
    assert IntegrationAccess.model_validate(written).model_dump(mode="json", by_alias=True) == written
    assert written["vendor"] == integration.vendor
    assert len(written["statementReasons"]) == len(written["statements"])


def test_the_hand_off_has_what_is_to_be_done_at_the_vendor_after_off_boarding(integration: Integration) -> None:
    if integration.vendor == "cloudquery":
        assert integration.handoff.removal == (), "a definition of one's own may have none"
        return
    assert integration.handoff.removal
    written = build_integration_access(integration, place(integration.vendor), {"c0": ("https://c0", "Q0E=")})
    assert written["handoff"]["removal"] == list(integration.handoff.removal)


def test_the_role_options_of_every_integration_reach_the_role(vendor: Vendor) -> None:
    options = {"role_path": "/vendors/", "max_session_seconds": 7200, "permissions_boundary": "arn:aws:iam::1:policy/b"}
    role = vendor.describe({**ARGUMENTS[vendor.key], **options}, place(vendor.key)).role
    assert (role.path, role.max_session_seconds, role.permissions_boundary) == tuple(options.values())
