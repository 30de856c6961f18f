"""Each way to trust a principal, by itself: its statement, what it must refuse, and what it refuses as input."""

from collections.abc import Callable
from fnmatch import fnmatchcase

import pytest

from eks_access.errors import InvalidInputError
from eks_access.model import iam
from eks_access.model.integration import Role
from eks_access.model.placeholders import placeholder
from eks_access.model.trust import (
    IdentityCenter,
    Irsa,
    PodIdentity,
    Saml,
    Service,
    Trust,
    WebIdentity,
    saml_audiences,
    validate_oidc_provider,
    validate_permission_sets,
    validate_saml_provider,
)

ACCOUNT = "111122223333"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:saml-provider/okta"
CLUSTER = f"arn:aws:eks:us-east-1:{ACCOUNT}:cluster/prod"
ISSUER = "oidc.eks.us-east-1.amazonaws.com/id/0123456789ABCDEF"
RESERVED = f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com"


def test_a_saml_trust_names_the_provider_and_the_sign_in_address() -> None:
    assert Saml(PROVIDER, "https://signin.aws.amazon.com/saml").statements() == [
        {
            "Effect": "Allow",
            "Principal": {"Federated": PROVIDER},
            "Action": "sts:AssumeRoleWithSAML",
            "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}},
        }
    ]


@pytest.mark.parametrize(
    ("region", "audiences"),
    [
        ("us-east-1", ["https://signin.aws.amazon.com/saml"]),
        ("eu-west-1", ["https://signin.aws.amazon.com/saml", "https://eu-west-1.signin.aws.amazon.com/saml"]),
        ("us-gov-west-1", ["https://signin.amazonaws-us-gov.com/saml"]),
        ("cn-north-1", ["https://signin.amazonaws.cn/saml"]),
    ],
)
def test_an_assertion_is_addressed_to_its_partitions_sign_in_and_to_its_regions(
    region: str, audiences: list[str]
) -> None:
    assert list(saml_audiences("r", [region, region], partition_region=region)) == audiences


def test_several_sign_in_addresses_are_one_condition() -> None:
    audience, *others = saml_audiences("r", ["us-east-1", "us-west-2"], partition_region="eu-west-1")
    (statement,) = Saml(PROVIDER, audience, tuple(others)).statements()
    assert statement["Condition"] == {
        "StringEquals": {
            "SAML:aud": ["https://signin.aws.amazon.com/saml", "https://us-west-2.signin.aws.amazon.com/saml"]
        }
    }


@pytest.mark.parametrize(
    "region", ["us-iso-east-1", "us-isob-east-1", "eu-isoe-west-1", "us-isof-south-1", "eusc-de-east-1"]
)
def test_a_partition_whose_sign_in_is_not_published_is_refused(region: str) -> None:
    with pytest.raises(InvalidInputError, match="whose sign-in address AWS does not publish"):
        saml_audiences("r", [], partition_region=region)


@pytest.mark.parametrize("region", ["*", "cn-north-1", "eu-west-1.example.com/#"])
def test_a_sign_in_region_of_another_partition_or_none_is_refused(region: str) -> None:
    with pytest.raises(InvalidInputError, match=r"is not a region of partition aws\b"):
        saml_audiences("sign_in_regions", [region], partition_region="eu-west-1")


@pytest.mark.parametrize(
    ("provider", "problem"),
    [
        ("okta", "is not a SAML provider's ARN"),
        (f"arn:aws:iam::{ACCOUNT}:role/okta", "is not a SAML provider's ARN"),
        (f"arn:aws:iam::{ACCOUNT}:oidc-provider/okta", "is not a SAML provider's ARN"),
        ("arn:aws:iam::444455556666:saml-provider/okta", "only of providers in its own, 111122223333"),
    ],
)
def test_a_saml_provider_that_the_role_cannot_trust_is_rejected(provider: str, problem: str) -> None:
    with pytest.raises(InvalidInputError, match=problem):
        validate_saml_provider("saml_provider_arn", provider, account=ACCOUNT)


def test_a_saml_provider_of_the_account_is_accepted_and_an_unknown_one_is_not_validated() -> None:
    assert validate_saml_provider("saml_provider_arn", PROVIDER, account=ACCOUNT) == PROVIDER
    assert validate_saml_provider("saml_provider_arn", placeholder("arn"), account=ACCOUNT) == placeholder("arn")
    assert validate_saml_provider("saml_provider_arn", PROVIDER, account=placeholder("account")) == PROVIDER


def test_an_oidc_provider_of_the_account_is_named_by_its_arn_and_its_keys_by_its_url() -> None:
    provider = f"arn:aws:iam::{ACCOUNT}:oidc-provider/gitlab.example.com/group"
    (statement,) = WebIdentity(provider, "aws", "project:1").statements()
    assert statement["Principal"] == {"Federated": provider}
    assert statement["Condition"] == {
        "StringEquals": {"gitlab.example.com/group:aud": "aws", "gitlab.example.com/group:sub": "project:1"}
    }
    assert validate_oidc_provider("p", provider, account=ACCOUNT) == provider
    assert validate_oidc_provider("p", "accounts.google.com", account=ACCOUNT) == "accounts.google.com"
    assert validate_oidc_provider("p", placeholder("p"), account=ACCOUNT) == placeholder("p")


@pytest.mark.parametrize(
    ("provider", "problem"),
    [
        ("gitlab.example.com", "is neither built into IAM"),
        (PROVIDER, "is neither built into IAM"),
        ("arn:aws:iam::444455556666:oidc-provider/x.example", "only of providers in its own, 111122223333"),
        (f"arn:aws:iam::{ACCOUNT}:oidc-provider/accounts.google.com", "Name it as accounts.google.com"),
    ],
)
def test_an_oidc_provider_that_the_role_cannot_trust_is_rejected(provider: str, problem: str) -> None:
    with pytest.raises(InvalidInputError, match=problem):
        validate_oidc_provider("p", provider, account=ACCOUNT)


def test_identity_center_binds_the_session_name_to_the_user_and_the_principal_to_reserved_roles() -> None:
    (statement,) = IdentityCenter("aws", ACCOUNT, anyone=True).statements()
    assert statement["Principal"] == {"AWS": "*"}, "as Apono's page has it"
    assert statement["Condition"] == {
        "StringEqualsIgnoreCase": {"sts:RoleSessionName": "${SAML:sub}"},
        "ArnLike": {"aws:PrincipalArn": [f"{RESERVED}/AWSReservedSSO_*", f"{RESERVED}/*/AWSReservedSSO_*"]},
    }
    (narrower,) = IdentityCenter("aws", ACCOUNT).statements()
    assert narrower["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    assert narrower["Condition"] == statement["Condition"], "both conditions apply whichever principal is named"


def test_named_permission_sets_are_the_only_ones_in_both_forms_of_the_path() -> None:
    assert IdentityCenter("aws-us-gov", ACCOUNT, ("Dev", "Ops")).roles() == tuple(
        f"arn:aws-us-gov:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/{path}AWSReservedSSO_{name}_{'?' * 16}"
        for name in ("Dev", "Ops")
        for path in ("", "*/")
    )


def test_a_permission_set_whose_name_begins_alike_is_another_one() -> None:
    (pattern, _) = IdentityCenter("aws", ACCOUNT, ("Developers",)).roles()

    def is_taken(name: str) -> bool:
        return fnmatchcase(f"{RESERVED}/AWSReservedSSO_{name}", pattern)

    assert is_taken("Developers_0123456789abcdef")
    assert not is_taken("Developers_Eu_0123456789abcdef")


@pytest.mark.parametrize(
    ("names", "problem"),
    [
        (["Dev*"], r"permission_sets\[0\] is 'Dev\*'"),
        ([""], "1 to 32"),
        (["x" * 33], "1 to 32"),
        (["AWSReservedSSO_Dev_0123456789abcdef"], "the name of a role created by Identity Center"),
        (["Dev", "Dev"], "twice"),
    ],
)
def test_an_invalid_permission_set_is_rejected(names: list[str], problem: str) -> None:
    with pytest.raises(InvalidInputError, match=problem):
        validate_permission_sets("permission_sets", names)
    assert validate_permission_sets("permission_sets", ["Dev", "x" * 32]) == ("Dev", "x" * 32)


def test_a_service_acts_only_for_the_account_and_resources_named() -> None:
    (plain,) = Service("ssm.amazonaws.com").statements()
    assert plain == {"Effect": "Allow", "Principal": {"Service": "ssm.amazonaws.com"}, "Action": "sts:AssumeRole"}
    (bound,) = Service("ssm.amazonaws.com", ACCOUNT, (CLUSTER,)).statements()
    assert bound["Condition"] == {
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
        "ArnLike": {"aws:SourceArn": [CLUSTER]},
    }


def test_ec2_sends_no_source_and_is_trusted_without_one() -> None:
    (statement,) = Service("ec2.amazonaws.com").statements()
    assert "Condition" not in statement
    for sources in ((ACCOUNT, ()), (None, (f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/*",))):
        with pytest.raises(InvalidInputError, match=r"never sent by ec2\.amazonaws\.com"):
            Service("ec2.amazonaws.com", *sources)


@pytest.mark.parametrize("domain", ["amazonaws.com.cn", "amazonaws.eu", "c2s.ic.gov", "csp.hci.ic.gov"])
def test_a_service_has_a_name_in_the_domain_of_its_partition(domain: str) -> None:
    assert Service(f"states.{domain}").statements()
    with pytest.raises(InvalidInputError, match="is not a service principal"):
        Service(f"states.{domain}.example")


def test_pod_identity_may_tag_its_session_and_is_bound_by_its_tags() -> None:
    (plain,) = PodIdentity().statements()
    assert plain == {
        "Effect": "Allow",
        "Principal": {"Service": "pods.eks.amazonaws.com"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
    }
    (bound,) = PodIdentity(ACCOUNT, (CLUSTER,), "agents", "collector").statements()
    assert bound["Condition"] == {
        "StringEquals": {
            "aws:SourceAccount": ACCOUNT,
            "aws:RequestTag/kubernetes-namespace": "agents",
            "aws:RequestTag/kubernetes-service-account": "collector",
        },
        "ArnLike": {"aws:SourceArn": [CLUSTER]},
    }


def test_irsa_requires_the_audience_as_well_as_the_service_account() -> None:
    trust = Irsa("aws", ACCOUNT, ISSUER, "agents", "collector")
    (statement,) = trust.statements()
    assert statement["Principal"] == {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"}
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert statement["Condition"] == {
        "StringEquals": {
            f"{ISSUER}:aud": "sts.amazonaws.com",
            f"{ISSUER}:sub": "system:serviceaccount:agents:collector",
        }
    }


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: Service("ssm"), "is not a service principal"),
        (lambda: Service("*"), "is not a service principal"),
        (lambda: Service("ssm.amazonaws.com", "1111"), "12 digits"),
        (lambda: Service("ssm.amazonaws.com", ACCOUNT, ("*",)), r"source_arns\[0\] is '\*', which is not an ARN"),
        (lambda: PodIdentity(cluster_arns=("prod",)), "is not an ARN"),
        (lambda: PodIdentity(namespace="agents-*"), "patterns are not supported"),
        (lambda: Irsa("aws", ACCOUNT, f"https://{ISSUER}", "a", "b"), "without https://"),
        (lambda: Irsa("aws", ACCOUNT, ISSUER, "*", "b"), "namespace is '\\*'"),
        (lambda: Irsa("aws", ACCOUNT, ISSUER, "a", "*"), "service_account is '\\*'"),
    ],
)
def test_a_trust_that_no_principal_or_every_principal_matches_is_rejected(
    make: Callable[[], Trust], problem: str
) -> None:
    with pytest.raises(InvalidInputError, match=problem):
        make()


@pytest.mark.parametrize(
    ("trust", "refuses"),
    [
        (Saml(PROVIDER, "a"), ("audience-wrong", "forged")),
        (IdentityCenter("aws", ACCOUNT), ("another-session-name", "non-sso-principal", "stranger")),
        (Service("ssm.amazonaws.com"), ("stranger",)),
        (PodIdentity(), ("stranger",)),
        (PodIdentity(service_account="collector"), ("stranger", "subject-wrong")),
        (Irsa("aws", ACCOUNT, ISSUER, "a", "b"), ("audience-wrong", "subject-wrong", "forged")),
    ],
)
def test_each_kind_of_trust_names_the_tampered_requests_that_must_fail(trust: Trust, refuses: tuple[str, ...]) -> None:
    assert trust.refuses() == refuses


def test_values_that_are_not_known_yet_are_used_without_validation() -> None:
    unknown = placeholder("x")
    (statement,) = Irsa(unknown, unknown, unknown, unknown, unknown).statements()
    assert f"{unknown}:aud" in statement["Condition"]["StringEquals"]
    assert Service(unknown, unknown, (unknown,)).statements()
    assert PodIdentity(unknown, (unknown,), unknown, unknown).statements()


def role(trust: Trust) -> Role:
    return Role(name="r", description="", trust=trust, statements=())


def test_too_many_permission_sets_are_rejected_before_iam_does_and_fewer_are_not() -> None:
    def named(count: int) -> IdentityCenter:
        return IdentityCenter("aws", ACCOUNT, tuple(f"Set{index:02}" for index in range(count)))

    with pytest.raises(InvalidInputError, match=r"the role's trust policy .* over IAM's limit of 2048"):
        role(named(12))
    assert len(iam.compact(role(named(7)).trust_policy())) <= iam.TRUST_POLICY_LIMIT
