"""Every kind of trust that a built-in integration has, from a definition's file."""

from typing import Any

import pytest

from eks_access.errors import InvalidInputError
from eks_access.explain.trust import describe_trust
from eks_access.integrations.custom.builder import build_integration
from eks_access.integrations.custom.definition_file import parse_definition
from eks_access.manifest.build import build_integration_access
from eks_access.manifest.models import Trust as Told
from eks_access.model.integration import Integration
from eks_access.model.trust import CrossAccount, IdentityCenter, Irsa, PodIdentity, Saml, Service, Trust, WebIdentity
from tests.support.custom_definitions import ROLE, small
from tests.support.places import ACCOUNT, place

IDP = f"arn:aws:iam::{ACCOUNT}:saml-provider/okta"
GITLAB = f"arn:aws:iam::{ACCOUNT}:oidc-provider/gitlab.example.com"
ISSUER = "oidc.eks.us-east-1.amazonaws.com/id/1"
WORKLOAD = {"namespace": "agents", "service_account": "acme"}
ORGANIZATION = "o-a1b2c3d4e5"
CLUSTER = f"arn:aws:eks:us-east-1:{ACCOUNT}:cluster/prod-0"

KINDS: dict[str, tuple[dict[str, Any], Trust, str]] = {
    "cross_account": (
        {"principals": ["{arg:role}"], "organization_id": ORGANIZATION},
        CrossAccount((ROLE["role"],), organization_id=ORGANIZATION),
        f"only {ROLE['role']}, from AWS Organization {ORGANIZATION}",
    ),
    "web_identity": (
        {"provider": GITLAB, "audience": "aws", "subject": "project:acme"},
        WebIdentity(GITLAB, "aws", "project:acme"),
        f"only who holds a token of {GITLAB} for the audience 'aws', of the subject 'project:acme'",
    ),
    "saml": (
        {"provider": "arn:{partition}:iam::{account}:saml-provider/okta"},
        Saml(IDP, "https://signin.aws.amazon.com/saml"),
        f"only who holds an assertion of {IDP} for the audience 'https://signin.aws.amazon.com/saml'",
    ),
    "identity_center": (
        {"permission_sets": ["Developers"]},
        IdentityCenter("aws", ACCOUNT, ("Developers",)),
        "only users of IAM Identity Center with permission set Developers, each under their own name only",
    ),
    "service": (
        {"service": "ssm.amazonaws.com", "source_arns": ["{cluster_arns}"]},
        Service("ssm.amazonaws.com", ACCOUNT, (CLUSTER,)),
        f"only the AWS service ssm.amazonaws.com, for account {ACCOUNT} and {CLUSTER}",
    ),
    "pod_identity": (
        WORKLOAD,
        PodIdentity(ACCOUNT, (CLUSTER,), "agents", "acme"),
        f"only pods of the service account agents/acme in {CLUSTER}",
    ),
    "irsa": (
        {"oidc_issuer": ISSUER, **WORKLOAD},
        Irsa("aws", ACCOUNT, ISSUER, "agents", "acme"),
        f"only pods of the service account agents/acme, as the cluster's issuer {ISSUER} says",
    ),
}


def described(trust: dict[str, Any]) -> Integration:
    return build_integration(parse_definition(small(trust=trust), "acme.yaml"), {"arguments": ROLE}, place("acme"))


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_of_trust_can_be_written_with_the_requests_it_must_refuse(kind: str) -> None:
    given, trust, words = KINDS[kind]
    built = described({kind: given})
    assert built.role.trust == trust
    written = build_integration_access(built, place("acme"), {"c0": ("https://c0", "Q0E=")})
    assert written["trust"]["kind"] == kind.replace("_", "-")
    assert written["trust"]["refuses"] == list(trust.refuses())
    assert describe_trust(Told.model_validate(written["trust"]))[0] == words


def test_the_definition_supports_every_kind_of_trust() -> None:
    assert {type(trust) for _, trust, _ in KINDS.values()} == set(Trust.__args__)


@pytest.mark.parametrize(
    ("trust", "problem"),
    [
        (
            {"cross_account": {"principals": ["x"]}},
            r"trust\.cross_account\.principals\[0\] is 'x', which is not an ARN",
        ),
        ({"web_identity": KINDS["web_identity"][0] | {"provider": "x"}}, r"trust\.web_identity\.provider .* neither"),
        ({"saml": {"provider": GITLAB}}, r"trust\.saml\.provider .* is not a SAML provider's ARN"),
        ({"identity_center": {"permission_sets": ["D*"]}}, r"trust\.identity_center\.permission_sets\[0\]"),
        ({"identity_center": {"permission_sets": ["{arg:namespaces}"]}}, "expands to an empty list"),
        ({"service": {"service": "*"}}, r"trust\.service\.service is '\*', which is not a service principal"),
        ({"service": {"service": "a.amazonaws.com", "source_arns": ["{arg:namespaces}"]}}, "expands to an empty list"),
        ({"pod_identity": WORKLOAD | {"namespace": "*"}}, r"trust\.pod_identity\.namespace .* patterns are not"),
        ({"irsa": {"oidc_issuer": f"https://{ISSUER}", **WORKLOAD}}, r"trust\.irsa\.oidc_issuer .* without https://"),
        ({}, "give one of cross_account, web_identity, saml, identity_center, service, pod_identity, irsa"),
        ({kind: KINDS[kind][0] for kind in ("saml", "service")}, "give one of"),
    ],
)
def test_a_trust_that_is_invalid_or_too_wide_is_rejected_with_its_path(trust: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidInputError, match=problem):
        described(trust)


def test_identity_center_without_permission_sets_allows_every_user() -> None:
    assert described({"identity_center": {}}).role.trust == IdentityCenter("aws", ACCOUNT)
