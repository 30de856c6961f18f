"""AWS clients for registrations: for one region, one endpoint, and the expected account only."""

import logging
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ..endpoint import LoopbackError, is_loopback
from .registration import RegistrationError

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Settings:
    """Which AWS to call.

    Attributes:
        region: the AWS region.
        endpoint: the URL of every service; without it, the AWS SDK's own settings apply (AWS_ENDPOINT_URL among them).
        profile: the AWS profile; without it, the environment's credentials are used.
        account: the account that the credentials have to be of; any account if None.
    """

    region: str
    endpoint: str | None = None
    profile: str | None = None
    account: str | None = None


class Session:
    """AWS clients, created when they are first used. The account is checked before anything else is called."""

    def __init__(self, settings: Settings) -> None:
        """Create the session and check the account.

        Raises:
            RegistrationError: there is no such profile, or the credentials are of another account.
        """
        # The plugin starts for every stack, and few have registrations: the AWS SDK takes as long as the rest of it.
        import botocore.session

        self._settings = settings
        try:
            self._session = botocore.session.Session(profile=settings.profile)
            self._loopback = settings.endpoint is not None and is_loopback(settings.endpoint)
            if self._loopback:
                self._session.register("before-send", _refuse_remote_request)
                # These call endpoints on other machines for credentials.
                for remote in ("container-role", "iam-role"):
                    self._session.get_component("credential_provider").remove(remote)
            self._check_account()
        except (BotoCoreError, LoopbackError) as error:
            raise RegistrationError(f"no AWS client for region {settings.region}: {error}") from error

    @property
    def eks(self) -> Any:
        return self._client("eks")

    @property
    def iam(self) -> Any:
        return self._client("iam")

    def _client(self, service: str) -> Any:
        from botocore.config import Config

        return self._session.create_client(
            service,
            region_name=self._settings.region,
            endpoint_url=self._settings.endpoint,
            config=Config(
                user_agent_extra="eks-access",
                connect_timeout=5,
                read_timeout=60,
                retries={"mode": "standard", "total_max_attempts": 4},
                proxies={} if self._loopback else None,
            ),
        )

    def _check_account(self) -> None:
        expected = self._settings.account
        if expected is None:
            return
        try:
            account = self._client("sts").get_caller_identity()["Account"]
        except ClientError as error:
            raise RegistrationError(f"the AWS credentials are not accepted: {error}") from error
        log.debug("the credentials are of account %s", account)
        if account != expected:
            raise RegistrationError(
                f"the AWS credentials are of account {account}, and the registration belongs to account {expected}."
                " A registration uses the environment's credentials, or those of its `profile`:"
                " set them to the ones of the AWS provider."
            )


def _refuse_remote_request(**event: Any) -> None:
    """Refuse a request that a redirect or a setting sends to another machine than this one."""
    url: str = event["request"].url
    if not is_loopback(url):
        raise LoopbackError("a setting of the AWS configuration", f"sends a request to {url.partition('?')[0]}")
