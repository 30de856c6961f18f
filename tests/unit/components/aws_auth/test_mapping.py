"""Validation of the mappings that are written, and what a refusal contains."""

import pytest

from eks_access.aws_auth.errors import AwsAuthConflictError, Code
from eks_access.aws_auth.mapping import RoleMapping, canonicalize_role

ROLE = "arn:aws:iam::111122223333:role/Reader"


@pytest.mark.parametrize(
    "rolearn",
    [
        ROLE,
        f" {ROLE}\n",
        "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/Reader",
        "arn:aws:sts::111122223333:assumed-role/Reader/session",
    ],
)
def test_a_role_is_written_as_the_authenticator_compares_it(rolearn: str) -> None:
    assert canonicalize_role(rolearn) == ROLE


def test_a_role_of_another_partition_keeps_its_partition() -> None:
    assert canonicalize_role("arn:aws-us-gov:iam::111122223333:role/a/b") == "arn:aws-us-gov:iam::111122223333:role/b"


@pytest.mark.parametrize(
    ("rolearn", "problem"),
    [
        ("", "not a role's ARN"),
        ("Reader", "not a role's ARN"),
        ("arn:aws:iam::1111:role/Reader", "not a role's ARN"),
        ("arn:nowhere:iam::111122223333:role/Reader", "not a role's ARN"),
        ("arn:aws:iam::111122223333:role/Read*", "wildcard"),
        ("arn:aws:iam::111122223333:user/jane", "only IAM roles"),
        ("arn:aws:iam::111122223333:root", "only IAM roles"),
        ("arn:aws:sts::111122223333:federated-user/jane", "only IAM roles"),
        ("arn:aws:iam::111122223333:role/", "role's name"),
        ("arn:aws:iam::111122223333:role/a b", "role's name"),
    ],
)
def test_a_role_that_the_authenticator_would_never_match_is_refused(rolearn: str, problem: str) -> None:
    with pytest.raises(AwsAuthConflictError, match=problem) as refused:
        RoleMapping.of(rolearn, "user")
    assert (refused.value.code, refused.value.field) == (Code.INVALID_MAPPING, "rolearn")


@pytest.mark.parametrize(
    "username", ["vendor", "vendor:{{SessionName}}", "{{SessionNameRaw}}", "a:{{AccountID}}", "y", "08"]
)
def test_a_username_may_use_the_authenticators_templates(username: str) -> None:
    assert RoleMapping.of(ROLE, username).username == username


@pytest.mark.parametrize(
    ("username", "problem"),
    [
        ("", "empty"),
        (" vendor", "space"),
        ("ven\ndor", "control character"),
        ("ven\ud800dor", "half a surrogate pair"),
        ("system:admin", "system:"),
        ("system:node:{{EC2PrivateDNSName}}", "system:"),
        ("node:{{EC2PrivateDNSName}}", "EC2 node"),
        ("vendor:{{Session}}", "does not replace"),
    ],
)
def test_a_username_that_would_be_misread_or_misused_is_refused(username: str, problem: str) -> None:
    with pytest.raises(AwsAuthConflictError, match=problem) as refused:
        RoleMapping.of(ROLE, username)
    assert refused.value.field == "username"


@pytest.mark.parametrize(
    ("groups", "problem"),
    [
        ("readers", "one string"),
        ([""], "empty"),
        (["readers "], "space"),
        (["{{SessionName}}"], "the caller would choose its groups"),
        (["system:nodes"], "EKS manages"),
        (["eks:kube-proxy-windows"], "EKS manages"),
        (["readers", "readers"], "more than once"),
    ],
)
def test_groups_that_the_caller_could_choose_or_that_are_for_nodes_are_refused(groups: list[str], problem: str) -> None:
    with pytest.raises(AwsAuthConflictError, match=problem) as refused:
        RoleMapping.of(ROLE, "vendor", groups)
    assert refused.value.field == "groups"


def test_groups_keep_their_order_and_may_be_none() -> None:
    assert RoleMapping.of(ROLE, "vendor", ["b", "a"]).groups == ("b", "a")
    assert RoleMapping.of(ROLE, "vendor").groups == ()
