"""Who a principal is: by its account, its page, its bindings' labels, its trust policy or its name."""

from typing import Any

import pytest

from eks_access.integrations import vendors
from eks_access_inventory.evaluate.owners import Trace, identify_owner
from eks_access_inventory.reading.model import PrincipalReading, PrincipalState
from tests.support.account import ACCOUNT, OWN_TRUST, VENDORS, role_arn, trust_of

ROLE = role_arn("some-role")


def identify(arn: str = ROLE, trust: Any = OWN_TRUST, **more: Any) -> tuple[str, str, bool]:
    trace = more.pop("trace", Trace())
    reading = PrincipalReading(more.pop("state", PrincipalState.EXISTS), arn, trust=trust, **more)
    owner = identify_owner(arn, reading, trace, ACCOUNT, VENDORS)
    return str(owner.kind), owner.name, owner.certain


@pytest.mark.parametrize(
    ("arn", "trust", "trace", "expected"),
    [
        (
            ROLE,
            trust_of({"AWS": "arn:aws:iam::765656841499:role/ConductorOneService"}),
            Trace(),
            ("vendor", "ConductorOne", True),
        ),
        (ROLE, trust_of({"AWS": "464622532012"}), Trace(), ("vendor", "Datadog", True)),
        (role_arn("x", account="464622532012"), None, Trace(), ("vendor", "Datadog", True)),
        (role_arn("DatadogIntegrationRole"), OWN_TRUST, Trace(), ("vendor", "Datadog", False)),
        (role_arn("apono-k8s-access"), OWN_TRUST, Trace(), ("vendor", "Apono", False)),
        (ROLE, OWN_TRUST, Trace(usernames=frozenset({"apono:{{SessionName}}"})), ("vendor", "Apono", False)),
        (ROLE, OWN_TRUST, Trace(groups=frozenset({"cado"})), ("vendor", "Cado", False)),
        (ROLE, OWN_TRUST, Trace(bindings=frozenset({"cado-eks-cluster-role-binding"})), ("vendor", "Cado", False)),
        (ROLE, trust_of({"AWS": "arn:aws:iam::999988887777:role/CadoPlatform"}), Trace(), ("vendor", "Cado", False)),
        (ROLE, trust_of({"Federated": "accounts.google.com"}), Trace(), ("vendor", "OpenTrace", False)),
        (f"arn:aws:iam::{ACCOUNT}:user/baton-eks", None, Trace(), ("vendor", "ConductorOne", False)),
        (role_arn("AmazonEKSConnectorAgentRole"), OWN_TRUST, Trace(), ("vendor", "EKS Connector", False)),
        (
            ROLE,
            OWN_TRUST,
            Trace(
                labels=[{"app.kubernetes.io/managed-by": "eks-access", "app.kubernetes.io/part-of": "eks-connector"}]
            ),
            ("vendor", "EKS Connector", False),
        ),
        (
            role_arn("AWSReservedSSO_Platform_0123456789abcdef", path="/aws-reserved/sso.amazonaws.com/"),
            OWN_TRUST,
            Trace(),
            ("people", "", True),
        ),
        (ROLE, trust_of({"Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/okta"}), Trace(), ("people", "", True)),
        (ROLE, trust_of({"Service": "ec2.amazonaws.com"}), Trace(is_node=True), ("nodes", "", True)),
        (ROLE, trust_of({"Service": "ec2.amazonaws.com"}), Trace(), ("workload", "EC2 instances", True)),
        (
            ROLE,
            trust_of({"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"}),
            Trace(),
            ("workload", "GitHub Actions", True),
        ),
        (ROLE, OWN_TRUST, Trace(), ("unknown", "", False)),
        (role_arn("x", account="999988887777"), None, Trace(), ("unknown", "", False)),
    ],
)
def test_a_principal_is_recognised(arn: str, trust: Any, trace: Trace, expected: tuple[str, str, bool]) -> None:
    assert identify(arn, trust, trace=trace) == expected


def test_a_denied_account_is_no_vendor() -> None:
    trust = trust_of({"AWS": "464622532012"})
    trust["Statement"][0]["Effect"] = "Deny"
    assert identify(trust=trust) == ("unknown", "", False)


def test_a_user_that_signed_in_to_the_console_is_a_person() -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:user/jane"
    assert identify(arn, None, has_password_use=True) == ("people", "", True)
    assert identify(arn, None) == ("unknown", "", False)


def test_every_vendor_of_this_package_has_its_page() -> None:
    assert VENDORS.keys() == vendors().keys() - {"custom"}


def test_a_trust_policy_that_is_no_document_says_nothing() -> None:
    documents: list[Any] = ["{", [], 7, {"Statement": "x"}]
    for trust in documents:
        assert identify(trust=trust)[0] == "unknown"
