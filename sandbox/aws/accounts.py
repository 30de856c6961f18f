"""The accounts of the sandbox's AWS, their users and roles, and the AWS profiles that clients use them by.

MiniStack makes an account when it is first spoken to. Each vendor is a user of its own account that
assumes the vendor's role there, so that a cross-account trust is exercised by the principal that it
names.
"""

import configparser
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..clusters import ClusterSpec
from . import people
from .identity_provider import SERVICE_ACCOUNTS
from .ministack_client import REGION, MiniStack
from .saml_provider import SamlProviders

CUSTOMER, CONDUCTORONE, CADO, STRANGER = "111122223333", "765656841499", "444455556666", "999900001111"
KUBERNETES_VERSION = "1.35"
CLUSTER_ROLE = "eks-cluster"
MAPPED_ROLES, MAPPED_USER = ("eks-node-general", "data-platform-deployer"), "break-glass"
"""Whom the clusters' own aws-auth maps (cluster/aws-auth.yaml)."""
SETTING_OF = {"region": REGION, "output": "json"}


@dataclass(frozen=True)
class User:
    """A user with an access key; `assumes` is the role that its profile assumes."""

    profile: str
    account: str
    name: str
    actions: tuple[str, ...]
    assumes: str | None = None


DEPLOYER = User("deployer", CUSTOMER, "deployer", ("*",))
USERS = (
    DEPLOYER,
    User("conductorone", CONDUCTORONE, "connector", ("sts:AssumeRole",), assumes="ConductorOneService"),
    User("baton-eks", CUSTOMER, "baton-eks", ("sts:AssumeRole",)),
    User("node", CUSTOMER, "node", ("eks-auth:AssumeRoleForPodIdentity",)),
    User("cado", CADO, "platform", ("sts:AssumeRole",), assumes="CadoPlatform"),
    User("stranger", STRANGER, "somebody", ("sts:AssumeRole",)),
)
SIGN_INS = people.sign_ins(CUSTOMER)


def seed(inner: MiniStack, providers: SamlProviders) -> dict[str, tuple[str, str]]:
    """Make the users and roles; gives each profile's access key."""
    people.enroll(inner, providers, SIGN_INS)
    customer = inner.client("iam", CUSTOMER)
    customer.create_role(
        RoleName=CLUSTER_ROLE,
        AssumeRolePolicyDocument=_trust({"Service": "eks.amazonaws.com"}),
    )
    customer.create_open_id_connect_provider(Url=f"https://{SERVICE_ACCOUNTS}", ClientIDList=["sts.amazonaws.com"])
    for name in MAPPED_ROLES:
        customer.create_role(RoleName=name, AssumeRolePolicyDocument=_trust({"Service": "ec2.amazonaws.com"}))
    customer.create_user(UserName=MAPPED_USER)
    return {user.profile: _create(inner.client("iam", user.account), user) for user in USERS}


def create_clusters(eks: Any, specs: tuple[ClusterSpec, ...]) -> None:
    """As the deployer, the principal that creates each cluster."""
    for spec in specs:
        eks.create_cluster(
            name=spec.name,
            version=KUBERNETES_VERSION,
            roleArn=f"arn:aws:iam::{CUSTOMER}:role/{CLUSTER_ROLE}",
            resourcesVpcConfig={"subnetIds": ["subnet-0a1b2c3d", "subnet-0b2c3d4e"]},
            accessConfig={"authenticationMode": spec.mode, "bootstrapClusterCreatorAdminPermissions": True},
        )


def sign_in(endpoint: str, providers: SamlProviders) -> dict[str, dict[str, str]]:
    """Sessions of the people, by their profile, as the credentials file has them."""
    return {person.profile: people.signed_in(endpoint, providers, person) for person in SIGN_INS}


def write_profiles(
    folder: Path, keys: dict[str, tuple[str, str]], sessions: dict[str, dict[str, str]]
) -> tuple[Path, Path]:
    """AWS config and credentials files. Endpoints are not in them: they come from AWS_ENDPOINT_URL."""
    config, credentials = configparser.RawConfigParser(), configparser.RawConfigParser()
    for user in USERS:
        source = user.profile if user.assumes is None else f"{user.profile}-user"
        key_id, secret = keys[user.profile]
        credentials[source] = {"aws_access_key_id": key_id, "aws_secret_access_key": secret}
        config[f"profile {source}"] = SETTING_OF
        if user.assumes is not None:
            config[f"profile {user.profile}"] = {
                **SETTING_OF,
                "role_arn": f"arn:aws:iam::{user.account}:role/{user.assumes}",
                "source_profile": source,
                "role_session_name": user.profile,
            }
    for profile, session in sessions.items():
        credentials[profile] = session
        config[f"profile {profile}"] = SETTING_OF
    paths = folder / "config", folder / "credentials"
    for path, content in zip(paths, (config, credentials), strict=True):
        # Renewed while clients read it.
        draft = path.with_suffix(".new")
        draft.touch(mode=0o600)
        with draft.open("w") as file:
            content.write(file)
        draft.replace(path)
    return paths


def _create(iam: Any, user: User) -> tuple[str, str]:
    made = iam.create_user(UserName=user.name)["User"]
    statement = {"Effect": "Allow", "Action": list(user.actions), "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName=user.name, PolicyName="sandbox", PolicyDocument=policy)
    if user.assumes is not None:
        iam.create_role(RoleName=user.assumes, AssumeRolePolicyDocument=_trust({"AWS": made["Arn"]}))
        iam.put_role_policy(RoleName=user.assumes, PolicyName="sandbox", PolicyDocument=policy)
    key = iam.create_access_key(UserName=user.name)["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"]


def _trust(principal: dict[str, str]) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
