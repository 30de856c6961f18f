"""Which checks a role gets that an AWS service alone can assume: those of EKS Connector, or an operator's."""

from typing import Any

import pytest

from eks_access.integrations.custom.builder import build_integration
from eks_access.integrations.custom.definition_file import load_definition
from eks_access.integrations.eks_connector import describe
from eks_access.manifest.build import build_integration_access
from eks_access.manifest.models import Manifest
from eks_access.model.integration import Integration, Place
from eks_access_probe.checks.plan import IntegrationPlan
from eks_access_probe.identity.identities import Identities
from eks_access_probe.run.plan import build_plans
from tests.support.checkout import EXAMPLES
from tests.support.places import place

PEOPLE = {"users": ["jane@acme.example"], "groups": ["developers"]}


def plan_of(integration: Integration, where: Place, **changes: Any) -> IntegrationPlan:
    written = build_integration_access(integration, where, {"c0": ("https://c0.example", "Q0E=")})
    written["clusters"]["c0"] |= changes
    manifest = Manifest(
        environment="prod",
        partition="aws",
        account="111122223333",
        endpoint="aws",
        integrations={"it": written},
    )
    aws: Any = None  # nothing is asked yet
    (plan,) = build_plans(manifest, Identities(version=1), aws)
    return plan


@pytest.fixture
def relay() -> IntegrationPlan:
    definition = load_definition(EXAMPLES / "custom/strongdm.yaml")
    where = place("strongdm")
    return plan_of(build_integration(definition, {"arguments": PEOPLE}, where), where)


def test_a_role_of_an_ec2_instance_is_evaluated_by_an_operator_and_not_as_a_connected_cluster(
    relay: IntegrationPlan,
) -> None:
    assert not relay.is_assumed
    assert [check.question.detail for check in relay.tampered] == ["stranger"], "which is really tried"
    calls = {check.question.call for check in relay.aws}
    assert not {call for call in calls if call.startswith("show ")}, "it is no registration of EKS Connector"
    assert relay.clusters["c0"].calls


def test_eks_connectors_registrations_are_checked() -> None:
    where = place("connector")
    connected = {"method": "eks-connector", "authenticationMode": None}
    plan = plan_of(describe({}, where), where, **connected)
    assert plan.is_assumed
    assert any(check.question.call.startswith("show ") for check in plan.aws)
