import pytest

from eks_access.errors import InvalidInputError
from eks_access.model import iam
from eks_access.model.iam import Statement
from eks_access.model.integration import Role
from eks_access.model.trust import (
    CrossAccount,
    WebIdentity,
    validate_external_id,
    validate_principals,
    validate_trusted_principals,
)

CLUSTER = f"arn:aws:eks:us-east-1:111122223333:cluster/{'c' * 60}"
VENDOR = "arn:aws:iam::765656841499:role/ConductorOneService"


def test_a_cross_account_trust_requires_the_external_id() -> None:
    (statement,) = CrossAccount((VENDOR,), external_id="x1").statements()
    assert statement == {
        "Effect": "Allow",
        "Principal": {"AWS": [VENDOR]},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "x1"}},
    }


def test_a_trust_without_external_id_has_no_empty_condition() -> None:
    (statement,) = CrossAccount((VENDOR,)).statements()
    assert "Condition" not in statement


def test_a_web_identity_is_pinned_by_audience_subject_and_requested_audience() -> None:
    trust = WebIdentity("accounts.google.com", audience="2", subject="2", authorized_audience="3")
    (statement,) = trust.statements()
    assert statement["Principal"] == {"Federated": "accounts.google.com"}, "a built-in provider is not an ARN"
    assert statement["Condition"] == {
        "StringEquals": {
            "accounts.google.com:aud": "2",
            "accounts.google.com:sub": "2",
            "accounts.google.com:oaud": "3",
        }
    }


def test_every_condition_of_a_trust_has_a_tampered_request_that_it_must_refuse() -> None:
    assert CrossAccount((VENDOR,), external_id="x1").refuses() == (
        "external-id-missing",
        "external-id-wrong",
        "stranger",
    )
    assert CrossAccount((VENDOR,)).refuses() == ("stranger",)
    assert WebIdentity("p", audience="a", subject="s").refuses() == ("audience-wrong", "subject-wrong", "forged")
    assert WebIdentity("p", audience="a").refuses() == ("audience-wrong", "forged")


@pytest.mark.parametrize("value", ["", "x", "a b", "x" * 1225, "ä1"])
def test_an_invalid_external_id_is_rejected(value: str) -> None:
    with pytest.raises(InvalidInputError, match="2 to 1224"):
        validate_external_id("external_id", value)


@pytest.mark.parametrize("value", ["xy", "a+=,.@:/-_1", "x" * 1224])
def test_an_external_id_is_accepted(value: str) -> None:
    assert validate_external_id("external_id", value) == value


def test_a_trust_without_principals_or_with_a_whole_account_is_rejected() -> None:
    with pytest.raises(InvalidInputError, match="names no principal"):
        validate_principals("platform_role_arns", [])
    with pytest.raises(InvalidInputError, match=r"platform_role_arns\[0\]"):
        validate_principals("platform_role_arns", ["arn:aws:iam::444455556666:root"])
    assert validate_principals("platform_role_arns", [VENDOR]) == (VENDOR,)


ACCOUNT = "464622532012"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"


@pytest.mark.parametrize("principal", [ACCOUNT, ROOT])
def test_a_whole_account_is_trusted_with_an_external_id_and_not_without(principal: str) -> None:
    assert validate_trusted_principals("principals", [VENDOR, principal]) == (VENDOR, principal)
    trust = CrossAccount((principal,), external_id="a1b2c3")
    assert trust.statements()[0]["Principal"] == {"AWS": [principal]}
    assert trust.accounts == (ACCOUNT,)
    assert CrossAccount((VENDOR,), external_id="a1b2c3").accounts == ()
    with pytest.raises(InvalidInputError, match=r"principals\[0\] .* only together with an ExternalId"):
        CrossAccount((principal,), organization_id="o-a1b2c3d4e5")


@pytest.mark.parametrize(
    "principal", ["*", "46462253201", "arn:aws:iam::46462253201:root", f"{ROOT}/x", "arn:aws:iam::*:root"]
)
def test_what_is_no_account_is_not_trusted_as_one(principal: str) -> None:
    with pytest.raises(InvalidInputError, match=r"principals\[1\]"):
        validate_trusted_principals("principals", [VENDOR, principal])


@pytest.mark.parametrize(
    "value",
    ["o-*", "my org", "o-1", "o-A1B2C3D4E5", "a1b2c3d4e5", f"o-{'a' * 33}", "o-a1b2c3d4e?", "${aws:PrincipalOrgID}"],
)
def test_what_is_no_organizations_id_is_rejected_because_no_principal_has_it(value: str) -> None:
    with pytest.raises(InvalidInputError, match="is not the id of an AWS Organization"):
        CrossAccount((VENDOR,), organization_id=value)
    assert CrossAccount((VENDOR,), organization_id="o-a1b2c3d4e5").statements()


def test_a_principal_of_another_partition_is_rejected_as_iam_does() -> None:
    trust = CrossAccount(("arn:aws-cn:iam::111122223333:role/x",))
    trust.validate_partition("aws-cn")
    with pytest.raises(InvalidInputError, match=r"principals\[0\] .* is in partition aws-cn"):
        trust.validate_partition("aws")


def role(principals: int = 1, statements: int = 1, **options: object) -> Role:
    return Role(
        name="r",
        description="",
        trust=CrossAccount(tuple(f"{VENDOR}{index:04}" for index in range(principals))),
        statements=tuple(Statement(f"S{index}", ("eks:DescribeCluster",), (CLUSTER,)) for index in range(statements)),
        **options,  # type: ignore[arg-type]
    )


def test_a_document_over_its_limit_is_rejected_with_its_largest_statement() -> None:
    with pytest.raises(
        InvalidInputError, match=r"the role's trust policy is '[0-9]+ bytes', which is over IAM's limit of 2048"
    ):
        role(principals=40)
    with pytest.raises(InvalidInputError, match=r"the role's policy .* limit of 10240.*'S10'"):
        role(statements=80)
    assert len(role(principals=20, statements=40).statements) == 40


def test_a_document_is_measured_as_iam_does_without_white_space() -> None:
    policy = iam.build_document([{"Sid": "A", "Effect": "Allow", "Action": ["a:B"], "Resource": ["*"]}])
    size = len(iam.compact(policy))
    assert " " not in iam.compact(policy)
    iam.validate_size("policy", policy, size)
    with pytest.raises(InvalidInputError, match=f"limit of {size - 1}"):
        iam.validate_size("policy", policy, size - 1)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"max_session_seconds": 3599}, "3600 to 43200"),
        ({"max_session_seconds": 43_201}, "3600 to 43200"),
        ({"path": "vendors"}, "begin and end with /"),
    ],
)
def test_role_settings_that_iam_would_reject_are_rejected_first(options: dict[str, object], problem: str) -> None:
    with pytest.raises(InvalidInputError, match=problem):
        role(**options)  # type: ignore[arg-type]


def test_the_limits_themselves_are_accepted() -> None:
    assert role(max_session_seconds=43_200, path="/vendors/eks/").path == "/vendors/eks/"
    assert iam.validate_role_name("role_name", "a" * 64)
    with pytest.raises(InvalidInputError, match="1 to 64"):
        iam.validate_role_name("role_name", "a" * 65)
