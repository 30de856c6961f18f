"""The sandbox's own calls to MiniStack, over its public HTTP API, as the root of an account.

An access key of twelve digits acts as the root of that account in MiniStack, with any secret.
"""

import re
import threading
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from .arn import Arn

REGION = "us-east-1"
EVERYTHING = 1_000_000
"""As maxResults: MiniStack cuts a list off there, without a token for the rest."""


def client(service: str, endpoint: str, key: tuple[str, str]) -> Any:
    """A client of the sandbox's AWS with this access key, whatever the environment variables are."""
    # Any: the type stubs know each service by a literal name only.
    session: Any = boto3.session.Session()
    return session.client(
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=key[0],
        aws_secret_access_key=key[1],
        config=Config(retries={"total_max_attempts": 1}, read_timeout=30, proxies={}),
    )


class MiniStack:
    """Clients are made on first use and shared: botocore clients are safe to use from several threads."""

    def __init__(self, endpoint: str, default_account: str) -> None:
        self._endpoint = endpoint
        self._default_account = default_account
        self._lock = threading.Lock()
        self._clients: dict[tuple[str, str], Any] = {}

    def client(self, service: str, account: str) -> Any:
        with self._lock:
            key = (service, account)
            if key not in self._clients:
                self._clients[key] = client(service, self._endpoint, (account, "root"))
            return self._clients[key]

    def account_of(self, access_key: str) -> str:
        """The account that an access key acts in."""
        if re.fullmatch(r"\d{12}", access_key):
            return access_key
        try:
            answer = self.client("sts", self._default_account).get_access_key_info(AccessKeyId=access_key)
        except ClientError:
            return self._default_account
        return str(answer["Account"])

    def role(self, role_arn: str) -> dict[str, Any] | None:
        """The role of exactly this ARN, path included, in the account that the ARN names."""
        return self._principal(role_arn, "role")

    def unique_id(self, principal_arn: str) -> str | None:
        """The id of the role or user of exactly this ARN; None when there is none."""
        arn = Arn.parse(principal_arn)
        if arn is None or arn.kind not in ("role", "user"):
            return None
        found = self._principal(principal_arn, arn.kind)
        return None if found is None else str(found["RoleId" if arn.kind == "role" else "UserId"])

    def _principal(self, principal_arn: str, kind: str) -> dict[str, Any] | None:
        arn = Arn.parse(principal_arn)
        if arn is None:
            return None
        iam = self.client("iam", arn.account)
        try:
            if kind == "role":
                found: dict[str, Any] = iam.get_role(RoleName=arn.name)["Role"]
            else:
                found = iam.get_user(UserName=arn.name)["User"]
        except ClientError as refused:
            if refused.response["Error"]["Code"] in ("NoSuchEntity", "ValidationError"):
                return None
            raise
        return found if found["Arn"] == principal_arn else None
