"""Each refusal of the EKS API with its exception type, status and message, beside the twin that is
accepted.
"""

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.aws import eks_rules as rules
from sandbox.aws.errors import EksError

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/team/vendor"
USER = f"arn:aws:iam::{ACCOUNT}:user/alice"
FOREIGN_ROLE = "arn:aws:iam::444455556666:role/vendor"
NODE_TYPES = "[EC2_LINUX, EC2_WINDOWS, FARGATE_LINUX, HYBRID_LINUX, EC2]"
POLICY = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
CATALOGUE = ("AmazonEKSViewPolicy",)


def entry(**values: Any) -> Callable[[], None]:
    return lambda: rules.check_new_entry({"principalArn": ROLE, **values}, ACCOUNT)


def policy(arn: str) -> Callable[[], None]:
    return lambda: rules.check_policy(arn, CATALOGUE, "aws")


def scope(kind: str, *namespaces: str) -> Callable[[], None]:
    return lambda: rules.check_scope({"type": kind, "namespaces": list(namespaces)})


REFUSED = {
    "a cluster that reads aws-auth only": (
        lambda: rules.check_serves_entries("CONFIG_MAP"),
        "InvalidRequestException",
        "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation.",
        lambda: rules.check_serves_entries("API_AND_CONFIG_MAP"),
    ),
    "a service-linked role": (
        entry(
            principalArn=f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS"
        ),
        "InvalidParameterException",
        "The caller is not allowed to modify access entries with a principalArn value of a Service Linked Role",
        entry(principalArn=f"arn:aws:iam::{ACCOUNT}:role/service-role/vendor"),
    ),
    "a session": (
        entry(principalArn=f"arn:aws:sts::{ACCOUNT}:assumed-role/vendor/session"),
        "InvalidParameterException",
        rules.INVALID_PRINCIPAL,
        entry(principalArn=ROLE),
    ),
    "the root of an account": (
        entry(principalArn=f"arn:aws:iam::{ACCOUNT}:root"),
        "InvalidParameterException",
        rules.INVALID_PRINCIPAL,
        entry(principalArn=USER),
    ),
    "a group": (
        entry(principalArn=f"arn:aws:iam::{ACCOUNT}:group/admins"),
        "InvalidParameterException",
        rules.INVALID_PRINCIPAL,
        entry(principalArn=USER),
    ),
    "a user as a node": (
        entry(principalArn=USER, type="EC2_LINUX"),
        "InvalidParameterException",
        f"AccessEntry principalArn must be IAM role when using types {NODE_TYPES}",
        entry(principalArn=USER, type="STANDARD"),
    ),
    "a foreign role as a node": (
        entry(principalArn=FOREIGN_ROLE, type="FARGATE_LINUX"),
        "InvalidParameterException",
        f"AccessEntry principalArn must be from the same account as the cluster when using types {NODE_TYPES}",
        entry(principalArn=FOREIGN_ROLE),
    ),
    "groups for a node": (
        entry(type="EC2_LINUX", kubernetesGroups=["nodes"]),
        "InvalidParameterException",
        "The specified kubernetesGroups is invalid: setting kubernetesGroups is not allowed"
        ' when the type is "EC2_LINUX"',
        entry(type="EC2_LINUX"),
    ),
    "a username for a node": (
        entry(type="EC2_WINDOWS", username="node"),
        "InvalidParameterException",
        'The specified username is invalid: setting username is not allowed when the type is "EC2_WINDOWS"',
        entry(type="EC2_WINDOWS"),
    ),
    "an unknown type": (
        entry(type="standard"),
        "InvalidParameterException",
        "The specified type is invalid: standard",
        entry(type="STANDARD"),
    ),
    "a username without a colon before the session name": (
        entry(username="john{{SessionName}}"),
        "InvalidParameterException",
        "The specified username is invalid: a colon must come before {{SessionName}} in the username.",
        entry(username="jo:hn{{SessionName}}"),
    ),
    "a tag that AWS keeps for itself": (
        entry(tags={"aws:owner": "me"}),
        "InvalidParameterException",
        "The tag key 'aws:owner' must not begin with aws:",
        entry(tags={"owner": "me"}),
    ),
    "too many tags": (
        entry(tags={f"key-{number}": "" for number in range(51)}),
        "InvalidParameterException",
        "The number of tags must not exceed 50.",
        entry(tags={f"key-{number}": "" for number in range(50)}),
    ),
    "policies for a node": (
        lambda: rules.check_standard("EC2_LINUX"),
        "InvalidParameterException",
        'This operation can only be performed on Access Entries with a type of "STANDARD".',
        lambda: rules.check_standard("STANDARD"),
    ),
    "policies for a node outside of Auto Mode": (
        lambda: rules.check_standard("HYBRID_LINUX"),
        "InvalidParameterException",
        'This operation can only be performed on Access Entries with a type of "STANDARD".',
        lambda: rules.check_standard("EC2"),
    ),
    "an IAM policy": (
        policy("arn:aws:iam::aws:policy/ReadOnlyAccess"),
        "InvalidParameterException",
        "The policyArn parameter format is not valid",
        policy(POLICY),
    ),
    "a policy that EKS does not know": (
        policy(POLICY.replace("View", "Viewer")),
        "ResourceNotFoundException",
        "The specified policyArn could not be found.",
        policy(POLICY),
    ),
    "a policy of another partition": (
        policy(POLICY.replace("arn:aws:", "arn:aws-cn:")),
        "ResourceNotFoundException",
        "The specified policyArn could not be found.",
        policy(POLICY),
    ),
    "a namespace scope without namespaces": (
        scope("namespace"),
        "InvalidParameterException",
        "At least 1 namespace must be provided if the type is set as namespace",
        scope("namespace", "dev-*"),
    ),
    "a cluster scope with namespaces": (
        scope("cluster", "web"),
        "InvalidParameterException",
        "accessScope should not include namespaces if the type is not set as namespace",
        scope("cluster"),
    ),
    "a cluster name with a dot": (
        lambda: rules.check_cluster_name("dev.api"),
        "InvalidParameterException",
        "The cluster name must match ^[0-9A-Za-z][A-Za-z0-9\\-_]* and have at most 100 characters.",
        lambda: rules.check_cluster_name("dev-api_2"),
    ),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_it_is_refused_in_the_services_words_and_its_twin_is_accepted(
    case: tuple[Callable[[], None], str, str, Callable[[], None]],
) -> None:
    refused, code, message, accepted = case
    with pytest.raises(EksError) as raised:
        refused()
    assert (raised.value.code, raised.value.message) == (code, message)
    assert raised.value.status == (404 if code == "ResourceNotFoundException" else 400)
    accepted()


@pytest.mark.parametrize("prefix", ["system:", "eks:", "aws:", "amazon:", "iam:"])
def test_reserved_prefixes_are_refused_for_groups_and_usernames(prefix: str) -> None:
    with pytest.raises(
        EksError, match=f"The kubernetes group name {prefix}x is invalid, it cannot start with {prefix}"
    ):
        entry(kubernetesGroups=[f"{prefix}x"])()
    with pytest.raises(EksError, match=f"The username must not begin with {prefix}"):
        rules.check_update({"username": f"{prefix}x"}, "STANDARD")
    entry(kubernetesGroups=[f"x{prefix}"], username="sts:x")()


@pytest.mark.parametrize(
    ("current", "wanted", "allowed"),
    [
        ("CONFIG_MAP", "API_AND_CONFIG_MAP", True),
        ("API_AND_CONFIG_MAP", "API", True),
        ("CONFIG_MAP", "API", False),
        ("API", "API_AND_CONFIG_MAP", False),
        ("API", "API", False),
        ("API", "OTHER", False),
    ],
)
def test_modes_go_up_one_step_at_a_time(current: str, wanted: str, allowed: bool) -> None:
    if allowed:
        rules.check_mode_step(current, wanted)
        return
    with pytest.raises(EksError) as raised:
        rules.check_mode_step(current, wanted)
    assert raised.value.message == f"Unsupported authentication mode update from {current} to {wanted}"


def test_the_default_username_is_the_session_without_the_path_or_the_users_own_arn() -> None:
    assert rules.default_username(ROLE) == f"arn:aws:sts::{ACCOUNT}:assumed-role/vendor/{{{{SessionName}}}}"
    assert rules.default_username(USER) == USER
    assert rules.default_username(ROLE, "EC2_LINUX") == "system:node:{{EC2PrivateDNSName}}"
    assert rules.default_username(ROLE, "FARGATE_LINUX") == "system:node:{{SessionName}}"


def test_a_refusal_is_answered_as_restjson_has_it() -> None:
    with pytest.raises(EksError) as raised:
        entry(username="eks:me")()
    response = raised.value.response()
    assert (b"x-amzn-errortype", b"InvalidParameterException") in response.headers
    assert response.json == {"message": "The username must not begin with eks:"}
