"""The AWS session of a provider's configuration, and AWS's error messages."""

import json
import os
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from ..errors import NotSupportedError, PluginError
from ..plugin import Operation, Values

JSON_KEYS: Final = frozenset(
    {
        "allowedAccountIds", "assumeRoles", "assumeRoleWithWebIdentity", "defaultTags", "endpoints",
        "forbiddenAccountIds", "ignoreTags", "insecure", "maxRetries", "s3UsePathStyle", "sharedConfigFiles",
        "sharedCredentialsFiles", "skipCredentialsValidation", "skipMetadataApiCheck", "skipRegionValidation",
        "skipRequestingAccountId", "tokenBucketRateLimiterCapacity", "useDualstackEndpoint", "useFipsEndpoint",
        "userAgents",
    }
)  # fmt: skip
"""The configuration values that the engine sends as JSON text."""

_ACCEPTED: Final = frozenset(
    {
        "accessKey", "allowedAccountIds", "assumeRoles", "defaultTags", "ec2MetadataServiceEndpoint",
        "ec2MetadataServiceEndpointMode", "endpoints", "forbiddenAccountIds", "ignoreTags", "maxRetries",
        "pluginDownloadURL", "profile", "region", "retryMode", "s3UsEast1RegionalEndpoint", "s3UsePathStyle",
        "secretKey", "sharedConfigFiles", "sharedCredentialsFiles", "skipCredentialsValidation",
        "skipMetadataApiCheck", "skipRegionValidation", "skipRequestingAccountId", "stsRegion", "token",
        "tokenBucketRateLimiterCapacity", "userAgents", "version",
    }
)  # fmt: skip
"""Used here, or of no meaning to the services of this plug-in. Every other value is refused when it is set."""

_T = TypeVar("_T")


class AccountNotAllowedError(PluginError):
    def __init__(self, account: str) -> None:
        super().__init__(f"AWS account ID not allowed: {account}")


class Aws:
    """Clients by service and region, the account, and the provider's tags."""

    def __init__(self, config: Values) -> None:
        import boto3
        import botocore.session
        from botocore.config import Config

        config = {key: parsed(key, value) for key, value in config.items()}
        for key, value in config.items():
            if key not in _ACCEPTED and value not in (None, False, "", [], {}):
                raise NotSupportedError(f"the provider's configuration value {key!r}")
        core = botocore.session.Session(profile=config.get("profile"))
        for key, variable in (
            ("sharedConfigFiles", "config_file"),
            ("sharedCredentialsFiles", "credentials_file"),
        ):
            if config.get(key):
                core.set_config_variable(variable, config[key][0])
        self._session: Any = boto3.session.Session(
            aws_access_key_id=config.get("accessKey"),
            aws_secret_access_key=config.get("secretKey"),
            aws_session_token=config.get("token"),
            # boto3 itself does not read AWS_REGION, which the other SDKs and the official plug-in do.
            region_name=config.get("region") or os.environ.get("AWS_REGION") or None,
            botocore_session=core,
        )
        if not self._session.region_name:
            raise PluginError(
                "missing region: set the provider's 'region', `pulumi config set aws:region` or AWS_REGION"
            )
        self.region: str = self._session.region_name
        attempts = int(config.get("maxRetries", 3))
        self._options = Config(retries={"mode": "standard", "total_max_attempts": attempts + 1}, connect_timeout=10)
        self._endpoints = {
            service: url for block in config.get("endpoints") or [] for service, url in block.items() if url
        }
        self.default_tags: dict[str, str] = (config.get("defaultTags") or {}).get("tags") or {}
        self._ignored_tags: Values = config.get("ignoreTags") or {}
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()
        for role in config.get("assumeRoles") or []:
            self._assume(role)
        self._check_account(config)

    def client(self, service: str, region: str | None = None) -> Any:
        key = (service, region or self.region)
        with self._lock:
            if key not in self._clients:
                url = self._endpoints.get(service)
                self._clients[key] = self._session.client(
                    service, region_name=key[1], endpoint_url=url, config=self._options
                )
            return self._clients[key]

    @property
    def partition(self) -> str:
        return str(self._session.get_partition_for_region(self.region))

    def ignores_tag(self, key: str) -> bool:
        prefixes = tuple(self._ignored_tags.get("keyPrefixes") or ())
        return key.startswith(("aws:", *prefixes)) or key in (self._ignored_tags.get("keys") or ())

    def caller(self) -> Mapping[str, str]:
        identity: Mapping[str, str] = self.client("sts").get_caller_identity()
        return identity

    def _assume(self, role: Mapping[str, Any]) -> None:
        import boto3

        names = {
            "roleArn": "RoleArn",
            "sessionName": "RoleSessionName",
            "externalId": "ExternalId",
            "policy": "Policy",
        }
        if unknown := set(role) - set(names):
            raise NotSupportedError(f"assumeRoles' {sorted(unknown)[0]!r}")
        arguments = {"RoleSessionName": "pulumi"} | {names[key]: value for key, value in role.items()}
        what = f"Cannot assume IAM Role. IAM Role ({role.get('roleArn')}) cannot be assumed"
        credentials = refusing(what, "STS", lambda: self.client("sts").assume_role(**arguments))["Credentials"]
        self._session = boto3.session.Session(
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
            region_name=self.region,
        )
        self._clients.clear()

    def _check_account(self, config: Values) -> None:
        allowed, forbidden = config.get("allowedAccountIds") or [], config.get("forbiddenAccountIds") or []
        if config.get("skipCredentialsValidation") and not (allowed or forbidden):
            return
        what = (
            "unable to validate AWS credentials.\n"
            "Details: validating provider credentials: retrieving caller identity from STS"
        )
        account = refusing(what, "STS", self.caller)["Account"]
        if (allowed and account not in allowed) or account in forbidden:
            raise AccountNotAllowedError(account)


def refusing(what: str, service: str, call: Callable[[], _T]) -> _T:
    """Run a call; report an error of AWS as the official plug-in does, with AWS's own message.

    Raises:
        PluginError: `what: operation error SERVICE: OPERATION, …, CODE: MESSAGE`.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return call()
    except ClientError as error:
        raise PluginError(f"{what}: {_words(service, error)}") from error
    except BotoCoreError as error:
        raise PluginError(f"{what}: {error}") from error


def absent_as_none(call: Callable[[], _T], *codes: str) -> _T | None:
    """Run a call that may find nothing: None where AWS answers with one of these codes."""
    from botocore.exceptions import ClientError

    try:
        return call()
    except ClientError as error:
        if error.response["Error"]["Code"] in codes:
            return None
        raise


def until_consistent(
    op: Operation, call: Callable[[], _T], *, code: str, text: str, limit: float = 120.0, pause: float = 2.0
) -> _T:
    """Run a call; repeat it, for a limited time, only while AWS gives this one answer of a change not yet spread."""
    from botocore.exceptions import ClientError

    waited, limit = 0.0, min(limit, op.timeout or limit)
    while True:
        try:
            return call()
        except ClientError as error:
            problem = error.response["Error"]
            if problem["Code"] != code or text not in problem["Message"] or waited >= limit:
                raise
        op.wait(pause)
        waited += pause


def _words(service: str, error: Any) -> str:
    problem, meta = error.response["Error"], error.response.get("ResponseMetadata", {})
    return (
        f"operation error {service}: {error.operation_name}, https response error StatusCode: "
        f"{meta.get('HTTPStatusCode')}, RequestID: {meta.get('RequestId', '')}, {problem['Code']}: {problem['Message']}"
    )


def parsed(key: str, value: Any) -> Any:
    """A configuration value, read from JSON where the engine sends it so."""
    if key not in JSON_KEYS or not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError as cause:
        raise PluginError(f"the provider's configuration value {key!r} must be JSON: {cause}") from cause
