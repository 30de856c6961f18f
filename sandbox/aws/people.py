"""People who sign in with SAML, as IAM Identity Center has them do: providers and roles in IAM, and their sessions.

Identity Center itself is not there. What a role's trust sees of it is: a role under the reserved path, that trusts
Identity Center's own SAML provider in the account, and sessions that keep the user's name as `SAML:sub`.
https://docs.aws.amazon.com/singlesignon/latest/userguide/identity-center-prerequisites.html#prereq-iam-roles
"""

import json
from dataclasses import dataclass
from typing import Any

import boto3
from botocore import UNSIGNED
from botocore.config import Config

from .ministack_client import REGION, MiniStack
from .saml_provider import SIGN_IN, SamlProviders

SESSION_SECONDS = 43_200
"""As long as a permission set's session can be."""
CORPORATE = "sandbox-idp"
"""The identity provider of the customer's company, which roles may trust directly."""
IDENTITY_CENTER = "AWSSSO_sandbox_DO_NOT_DELETE"
DEVELOPER, ADMINISTRATOR = "jane@example.com", "root@example.com"


@dataclass(frozen=True)
class SignIn:
    """A person's session, by the AWS profile that has it."""

    profile: str
    account: str
    provider: str
    role: str
    name: str
    path: str = "/"

    @property
    def role_arn(self) -> str:
        return f"arn:aws:iam::{self.account}:role{self.path}{self.role}"

    @property
    def provider_arn(self) -> str:
        return f"arn:aws:iam::{self.account}:saml-provider/{self.provider}"


def sign_ins(customer: str) -> tuple[SignIn, ...]:
    return (
        SignIn(
            "jane-sso",
            customer,
            IDENTITY_CENTER,
            "AWSReservedSSO_Developers_0123456789abcdef",
            DEVELOPER,
            "/aws-reserved/sso.amazonaws.com/",
        ),
        # Has the same name and the same account, but from another identity provider than Identity Center.
        SignIn("jane-elsewhere", customer, CORPORATE, "Contractors", DEVELOPER),
    )


def enroll(inner: MiniStack, providers: SamlProviders, people: tuple[SignIn, ...]) -> None:
    """Make the people's SAML providers and their roles, which may assume others."""
    for person in people:
        iam = inner.client("iam", person.account)
        iam.create_saml_provider(Name=person.provider, SAMLMetadataDocument=providers.metadata(person.provider))
        trust = {
            "Effect": "Allow",
            "Principal": {"Federated": person.provider_arn},
            "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession"],
            "Condition": {"StringEquals": {"SAML:aud": SIGN_IN}},
        }
        iam.create_role(
            RoleName=person.role,
            Path=person.path,
            AssumeRolePolicyDocument=_document(trust),
            MaxSessionDuration=SESSION_SECONDS,
        )
        may = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
        iam.put_role_policy(RoleName=person.role, PolicyName="sandbox", PolicyDocument=_document(may))


def signed_in(endpoint: str, providers: SamlProviders, person: SignIn) -> dict[str, str]:
    """A fresh session of this person, as a credentials file has it."""
    assertion = providers.mint(
        person.provider, role_arn=person.role_arn, provider_arn=person.provider_arn, session_name=person.name
    )
    session: Any = boto3.session.Session()
    sts = session.client(
        "sts",
        endpoint_url=endpoint,
        region_name=REGION,
        config=Config(signature_version=UNSIGNED, proxies={}),
    )
    answer = sts.assume_role_with_saml(
        RoleArn=person.role_arn,
        PrincipalArn=person.provider_arn,
        SAMLAssertion=assertion,
        DurationSeconds=SESSION_SECONDS,
    )
    keys = answer["Credentials"]
    return {
        "aws_access_key_id": keys["AccessKeyId"],
        "aws_secret_access_key": keys["SecretAccessKey"],
        "aws_session_token": keys["SessionToken"],
    }


def _document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
