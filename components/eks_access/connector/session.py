"""AWS clients for registrations: in one region, at one endpoint, and in the expected account only."""

from dataclasses import dataclass
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ..endpoint import LoopbackError, is_loopback
from .registration import RegistrationError


@dataclass(frozen=True)
class Settings:
    """Where to call. Without an endpoint, the AWS SDK's own settings hold (AWS_ENDPOINT_URL among them)."""

    region: str
    endpoint: str | None = None
    profile: str | None = None
    account: str | None = None


class Session:
    """Clients are made when they are first used, and nothing is called before the account was seen."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        try:
            self._session = botocore.session.Session(profile=settings.profile)
            self._loopback = settings.endpoint is not None and is_loopback(settings.endpoint)
            if self._loopback:
                self._session.register("before-send", _refuse_to_leave)
                for elsewhere in ("container-role", "iam-role"):
                    self._session.get_component("credential_provider").remove(elsewhere)
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
        wanted = self._settings.account
        if wanted is None:
            return
        try:
            account = self._client("sts").get_caller_identity()["Account"]
        except ClientError as error:
            raise RegistrationError(f"the AWS credentials are not accepted: {error}") from error
        if account != wanted:
            raise RegistrationError(
                f"the AWS credentials are of account {account}, and the registration belongs to account {wanted}."
                " A registration uses the environment's credentials, or those of the `profile` it is given:"
                " set them to the ones of the AWS provider."
            )


def _refuse_to_leave(**event: Any) -> None:
    url: str = event["request"].url
    if not is_loopback(url):
        raise LoopbackError("a setting of the AWS configuration", f"sends a request to {url.partition('?')[0]}")
