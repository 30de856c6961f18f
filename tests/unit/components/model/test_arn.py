import pytest

from eks_access.errors import InvalidInputError
from eks_access.model.arn import parse, validate_principal
from eks_access.model.placeholders import placeholder


def test_a_role_arn_loses_its_path_for_aws_auth_and_a_user_arn_keeps_it() -> None:
    role = parse("arn:aws:iam::111122223333:role/vendors/eks/Reader")
    user = parse("arn:aws:iam::111122223333:user/people/jane")
    assert role is not None
    assert user is not None
    assert str(role.without_path()) == "arn:aws:iam::111122223333:role/Reader"
    assert str(user.without_path()) == str(user), "the authenticator keeps a user's path"


@pytest.mark.parametrize("text", ["", "arn:aws:iam", "role/x", "arn:aws:iam::1:"])
def test_a_text_that_is_not_an_arn_is_not_parsed(text: str) -> None:
    assert parse(text) is None


@pytest.mark.parametrize(
    ("arn", "problem"),
    [
        ("arn:aws:sts::111122223333:assumed-role/R/s", "is an STS session.*arn:aws:iam::111122223333:role/R"),
        ("arn:aws:iam::111122223333:role/aws-service-role/eks.amazonaws.com/X", "service-linked role"),
        ("arn:aws:iam::111122223333:root", "not an IAM principal"),
        ("arn:aws:iam::111122223333:group/admins", "not an IAM principal"),
        ("arn:aws:iam::1111:role/R", "not an IAM principal"),
        ("arn:aws:iam::111122223333:oidc-provider/x", "not an IAM principal"),
        ("*", "is not an ARN"),
        ("111122223333", "is not an ARN"),
    ],
)
def test_an_invalid_principal_is_rejected(arn: str, problem: str) -> None:
    with pytest.raises(InvalidInputError, match=problem):
        validate_principal("principal_arn", arn)


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:iam::111122223333:role/a/b/R",
        "arn:aws-us-gov:iam::111122223333:user/jane",
        f"arn:aws:iam::{placeholder('account')}:role/R",
    ],
)
def test_a_role_or_user_is_accepted(arn: str) -> None:
    assert validate_principal("principal_arn", arn) == arn


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:iam::111122223333:role/x-*",
        "arn:aws:iam::111122223333:role/*",
        "arn:aws:iam::111122223333:role/team/x-?",
        "arn:aws:iam::111122223333:role/team-*/x",
        "arn:aws:iam::111122223333:user/x*",
        "arn:aws:iam::111122223333:role/with space",
        f"arn:aws:iam::111122223333:role/{'x' * 65}",
        "arn:aws:iam::111122223333:role/x${aws:username}",
    ],
)
def test_a_principal_is_one_role_or_user_because_iam_refuses_a_pattern(arn: str) -> None:
    with pytest.raises(InvalidInputError, match="does not end in the name of one"):
        validate_principal("principals[0]", arn)


@pytest.mark.parametrize("arn", ["arn:aws:iam:us-east-1:111122223333:role/x", "arn:azure:iam::111122223333:role/x"])
def test_an_arn_that_iam_has_not_is_refused(arn: str) -> None:
    with pytest.raises(InvalidInputError, match="not an IAM ARN of a partition"):
        validate_principal("principals[0]", arn)


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:iam::111122223333:role/a/b/x+=,.@-_1",
        f"arn:aws-iso-b:iam::111122223333:user/{'x' * 64}",
    ],
)
def test_a_principals_name_and_path_are_accepted(arn: str) -> None:
    assert validate_principal("principals[0]", arn) == arn
