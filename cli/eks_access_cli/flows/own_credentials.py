"""The caller's own AWS credentials, or those of a role assumed with them.

kubectl runs `eks-access token` for every command, so this imports little: the AWS client only if a role is assumed.
"""

import os
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import BotoCoreError, ClientError

from eks_access.errors import EksAccessError
from eks_access.redaction import redacted

if TYPE_CHECKING:
    from eks_access.kubernetes.token import Credentials


class CredentialsError(EksAccessError):
    """There are no AWS credentials or no region, or the role cannot be assumed."""


def load_own_credentials(
    region: str | None, profile: str | None, role_arn: str | None, external_id: str | None, session_name: str
) -> "tuple[Credentials, str]":
    """The credentials, and the region.

    Raises:
        CredentialsError
    """
    try:
        session = botocore.session.Session(profile=profile)
        region = region or _find_region(session)
        if not region:
            raise CredentialsError("no region: give --region or set AWS_REGION")
        credentials = session.get_credentials()
        if credentials is None:
            raise CredentialsError("no AWS credentials: set AWS_ACCESS_KEY_ID, or give --profile")
        if role_arn is None:
            return credentials.get_frozen_credentials(), region  # type: ignore[return-value]
        extra = {"ExternalId": external_id} if external_id else {}
        sts: Any = session.create_client("sts", region_name=region)
        keys = sts.assume_role(RoleArn=role_arn, RoleSessionName=session_name, **extra)["Credentials"]
    except (BotoCoreError, ClientError) as error:
        raise CredentialsError(redacted(str(error))) from error
    return ReadOnlyCredentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"]), region  # type: ignore[return-value]


def find_region(profile: str | None) -> str | None:
    """The region of the environment or the profile.

    Raises:
        CredentialsError: there is no such profile.
    """
    try:
        return _find_region(botocore.session.Session(profile=profile))
    except BotoCoreError as error:
        raise CredentialsError(redacted(str(error))) from error


def _find_region(session: botocore.session.Session) -> str | None:
    return os.environ.get("AWS_REGION") or session.get_config_variable("region")
