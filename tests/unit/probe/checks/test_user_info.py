from typing import Any

import pytest

from eks_access.manifest.models import Identity, Role
from eks_access.model.identity import EntryMethod
from eks_access_probe.checks.user_info import find_differences, format_user, render_username
from eks_access_probe.identity.assume_role import RoleSession
from eks_access_probe.identity.aws_clients import Keys
from tests.support.world import GROUPS, ROLE, SESSION, USERNAME

WHO = RoleSession(Keys("ASIA", "s", "t"), SESSION)
IDENTITY = Identity(username="acme:{{SessionName}}", groups=["acme:readers"], access_policies=[])
ROLE_OF_IT = Role(arn=ROLE, name="eks-access-acme", max_session_seconds=3600)


def user(**changes: Any) -> dict[str, Any]:
    extra = {"canonicalArn": ["arn:aws:iam::111122223333:role/eks-access-acme"], "accessKeyId": ["ASIA"]}
    return {"username": USERNAME, "groups": GROUPS, "extra": extra} | changes


def test_the_declared_user_has_no_differences() -> None:
    assert find_differences(user(), IDENTITY, EntryMethod.ACCESS_ENTRY, ROLE_OF_IT, WHO) == [], (
        "the role's path is not part of the comparison"
    )


@pytest.mark.parametrize(
    ("seen", "difference"),
    [
        (user(username="acme:other"), "the username is 'acme:other', not 'acme:eks-access-probe'"),
        (user(groups=["system:authenticated"]), "the group 'acme:readers' is missing"),
        (user(groups=[*GROUPS, "system:masters"]), "the group 'system:masters' was not declared"),
        (
            user(extra={"canonicalArn": ["arn:aws:iam::111122223333:role/other"]}),
            f"the IAM identity is arn:aws:iam::111122223333:role/other, not {ROLE}",
        ),
    ],
)
def test_each_difference_of_the_user_is_described(seen: dict[str, Any], difference: str) -> None:
    assert find_differences(seen, IDENTITY, EntryMethod.ACCESS_ENTRY, ROLE_OF_IT, WHO) == [difference]


@pytest.mark.parametrize(
    ("template", "session", "expected"),
    [
        ("plain", "s", "plain"),
        ("x:{{SessionName}}", "me@example.com", "x:me-example.com"),
        ("x:{{SessionNameRaw}}", "me@example.com", "x:me@example.com"),
        ("{{AccountID}}:{{SessionName}}", "s", "111122223333:s"),
    ],
)
def test_a_username_is_rendered_as_the_authenticator_does(template: str, session: str, expected: str) -> None:
    who = RoleSession(WHO.keys, f"arn:aws:sts::111122223333:assumed-role/eks-access-acme/{session}")
    assert render_username(template, who) == expected


def test_a_formatted_user_has_no_access_key() -> None:
    assert "ASIA" not in format_user(user())
    assert "acme:readers" in format_user(user())


@pytest.mark.parametrize(
    ("method", "name"), [(EntryMethod.ACCESS_ENTRY, "acme:jane-x.io"), (EntryMethod.AWS_AUTH, "jane@x.io")]
)
def test_the_expected_username_is_that_of_the_entry_method(method: EntryMethod, name: str) -> None:
    identity = IDENTITY.model_copy(update={"aws_auth_username": "{{SessionNameRaw}}"})
    who = RoleSession(WHO.keys, "arn:aws:sts::111122223333:assumed-role/eks-access-acme/jane@x.io")
    assert find_differences(user(username=name), identity, method, ROLE_OF_IT, who) == []
    (difference,) = find_differences(user(username="else"), identity, method, ROLE_OF_IT, who)
    assert name in difference
