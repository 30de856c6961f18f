"""Entries that never match, or not as they look: in either section, by the rules of the authenticator's own code."""

import json

import pytest

from eks_access.aws_auth.hazards import find_hazards
from tests.support.aws_auth_cases import NODE

ACCOUNT = "arn:aws:iam::111122223333"
SESSIONS = "arn:aws:sts::111122223333"
FIELDS = {"mapRoles": "rolearn", "mapUsers": "userarn"}
BOTH = pytest.mark.parametrize("section", FIELDS)


def codes(section: str, arn: str = f"{ACCOUNT}:role/x", *, username: str = "x", **fields: str) -> list[str]:
    lines = [f"- {FIELDS[section]}: {json.dumps(arn)}", f"  username: {json.dumps(username)}"]
    text = "\n".join([*lines, *(f"  {key}: {value}" for key, value in fields.items())]) + "\n"
    return [hazard.code for hazard in find_hazards({section: text})]


@BOTH
@pytest.mark.parametrize(
    ("arn", "code"),
    [
        (f"{SESSIONS}:assumed-role/x/session", "session-arn"),
        (f"{ACCOUNT}:role/team/x", "arn-path"),
        (f"{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123456789abcdef", "arn-path"),
        (f"{ACCOUNT}:role/x*", "wildcard"),
        (f"{ACCOUNT}:user/*", "wildcard"),
        (f"{ACCOUNT}:role/tea?", "wildcard"),
        ("arn:aws:iam::*:role/x", "wildcard"),
        (f"{ACCOUNT}:role/x ", "arn-space"),
        (f" {ACCOUNT}:user/x", "arn-space"),
        (f"{ACCOUNT}:role/x y", "arn-space"),
        (f"{ACCOUNT}:role/x\t", "arn-space"),
        (f"{ACCOUNT}:instance-profile/x", "instance-profile"),
        (f"{ACCOUNT}:group/admins", "iam-group"),
        (f"{ACCOUNT}:group/team/admins", "iam-group"),
        (f"{ACCOUNT}:policy/x", "wrong-kind"),
        (f"{ACCOUNT}:saml-provider/x", "wrong-kind"),
        (f"{ACCOUNT}:role", "wrong-kind"),
        (f"{ACCOUNT}:role/", "wrong-kind"),
        (f"{SESSIONS}:role/x", "wrong-kind"),
        (f"{ACCOUNT}:federated-user/bob", "wrong-kind"),
        (f"{ACCOUNT}:role/x/y;z", "arn-path"),
        (f"{ACCOUNT}:role/x;y", "wrong-name"),
        (f"{ACCOUNT}:user/team/x\u200b", "wrong-name"),
        ("x", "not-an-arn"),
        ("arn:aws:eks:us-east-1:111122223333:cluster/x", "not-an-arn"),
        ("arn:aws:iam:us-east-1:111122223333:role/x", "not-an-arn"),
        ("arn:amazon:iam::111122223333:role/x", "not-an-arn"),
        ("arn:aws:iam:::role/x", "not-an-arn"),
        ("arn:aws:iam::11112222333:role/x", "not-an-arn"),
        ("arn:aws:iam::1111222233334:user/x", "not-an-arn"),
        ("arn:aws:iam::<account>:role/x", "placeholder"),
        (f"{ACCOUNT}:role/[your-role]", "placeholder"),
        ("arn:aws:iam::${AWS::AccountId}:role/x", "placeholder"),
        ("arn:aws:iam::{{account}}:role/x", "placeholder"),
    ],
)
def test_an_arn_that_no_caller_has_is_reported_in_either_section(section: str, arn: str, code: str) -> None:
    assert codes(section, arn) == [code]


@BOTH
@pytest.mark.parametrize(
    "arn",
    [
        f"{ACCOUNT}:role/x",
        f"{ACCOUNT}:role/AWSReservedSSO_Admin_0123456789abcdef",
        f"{ACCOUNT}:user/x",
        f"{ACCOUNT}:user/team/x",
        f"{SESSIONS}:federated-user/bob",
        "arn:aws-cn:iam::111122223333:role/x",
        "arn:aws-eusc:iam::111122223333:role/x",
        "ARN:AWS:IAM::111122223333:ROLE/X",
    ],
)
def test_an_arn_that_a_caller_has_is_not_reported_in_either_section(section: str, arn: str) -> None:
    assert codes(section, arn) == []


@BOTH
def test_the_root_user_is_not_the_whole_account(section: str) -> None:
    (hazard,) = find_hazards({section: f"- {FIELDS[section]}: {ACCOUNT}:root\n  username: x\n"})
    assert hazard.code == "root-user"
    assert "the root user alone" in hazard.message


@BOTH
@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("group", "groups"),
        ("Group", "groups"),
        ("usergroups", "groups"),
        ("kubernetesGroups", "groups"),
        ("user_name", "username"),
        ("user-name", "username"),
        ("user", "username"),
        ("name", "username"),
    ],
)
def test_a_key_that_is_taken_for_a_field_is_reported(section: str, key: str, meant: str) -> None:
    text = f"- {FIELDS[section]}: {ACCOUNT}:role/x\n  username: x\n  {key}: [a]\n"
    (hazard,) = find_hazards({section: text})
    assert hazard.code == "unknown-key"
    assert f"{key!r} is ignored; it should be {meant}" in hazard.message


@BOTH
@pytest.mark.parametrize("key", ["arn", "role", "{}arn", "{}_arn", "{}-arn"])
def test_a_misspelt_arn_is_reported_with_its_entry(section: str, key: str) -> None:
    kind = FIELDS[section].removesuffix("arn")
    written = f"{kind}arns" if key == "{}arn" else key.format(kind)
    found = find_hazards({section: f"- {written}: {ACCOUNT}:role/x\n  username: x\n"})
    assert [hazard.code for hazard in found] == ["unknown-key", "ignored"]
    assert f"it should be {FIELDS[section]}" in found[0].message


@BOTH
def test_keys_that_resemble_no_field_are_notes(section: str) -> None:
    assert codes(section, team="sre", ticket="OPS-1") == []
    assert codes(section, GROUPS="[a]") == [], "letter case does not matter"


@pytest.mark.parametrize(
    ("key", "advice"),
    [
        ("mapGroups", "IAM groups cannot be mapped"),
        ("mapgroups", "IAM groups cannot be mapped"),
        ("map_roles", "spelled mapRoles"),
        ("mapRole", "spelled mapRoles"),
        ("MapUsers", "spelled mapUsers"),
        ("mapAccount", "spelled mapAccounts"),
        ("roles", "spelled mapRoles"),
        ("mapPermissions", "reads only mapRoles, mapUsers, mapAccounts"),
    ],
)
def test_a_section_that_there_is_not_is_reported(key: str, advice: str) -> None:
    (hazard,) = find_hazards({key: "[]", "mapRoles": NODE})
    assert (hazard.code, hazard.section) == ("wrong-key", key)
    assert advice in hazard.message


def test_other_keys_of_the_config_map_are_not_reported() -> None:
    assert find_hazards({"mapRoles": NODE, "README": "ours", "owner": "sre"}) == []


@pytest.mark.parametrize(
    "username",
    [
        "system:node:<EC2PrivateDNSName>",
        "system:node:{EC2PrivateDNSName}",
        "system:node:{{ EC2PrivateDNSName }}",
        "system:node:{{EC2PrivateDnsName}}",
        "system:node:[EC2PrivateDNSName]",
        "system:node:${EC2PrivateDNSName}",
        "system:node:{{{EC2PrivateDNSName}}}",
        "ops:{{SessionNam}}",
    ],
)
def test_brackets_of_a_placeholder_in_a_username_are_reported(username: str) -> None:
    assert codes("mapRoles", username=username, groups="['system:nodes']") == ["placeholder"]


@pytest.mark.parametrize("username", ["system:node:{{EC2PrivateDNSName}}", "{{AccountID}}:{{SessionNameRaw}}"])
def test_templates_that_the_authenticator_replaces_are_not_reported(username: str) -> None:
    assert codes("mapRoles", username=username, groups="['system:nodes']") == []


@BOTH
@pytest.mark.parametrize(
    ("group", "code"),
    [
        ("<your-group>", "placeholder"),
        ("{group}", "placeholder"),
        ("system:masters ", "name-space"),
        ("{{SessionName}}", "templated-group"),
    ],
)
def test_a_group_that_nothing_is_bound_to_is_reported(section: str, group: str, code: str) -> None:
    assert codes(section, groups=f"[{group!r}]") == [code]


@BOTH
def test_space_around_a_username_is_reported(section: str) -> None:
    assert codes(section, username="x ") == ["name-space"]


@BOTH
@pytest.mark.parametrize("template", ["{{SessionName}}", "{{SessionNameRaw}}", "{{EC2PrivateDNSName}}"])
def test_a_user_has_no_session_to_be_named_after(section: str, template: str) -> None:
    assert codes(section, f"{ACCOUNT}:user/x", username=f"x:{template}") == ["no-session"]
    assert codes(section, f"{ACCOUNT}:role/x", username=f"x:{template}") == []


def test_a_user_entry_that_a_role_entry_hides_is_reported() -> None:
    roles = f"- rolearn: {ACCOUNT}:role/x\n  username: a\n"
    users = f"- userarn: {ACCOUNT}:role/X\n  username: b\n- userarn: {ACCOUNT}:user/x\n  username: c\n"
    (hazard,) = find_hazards({"mapRoles": roles, "mapUsers": users})
    assert (hazard.code, hazard.section, hazard.line) == ("shadowed", "mapUsers", 1)


def test_an_account_that_is_no_account_is_reported() -> None:
    found = find_hazards({"mapAccounts": "- 012345678901\n- 1234\n- <account>\n"})
    assert [hazard.code for hazard in found] == ["bad-account", "bad-account"]
    assert "'1234'" in found[0].message
