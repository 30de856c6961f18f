"""AWS clients that can only call the endpoint of the environment.

In an environment with `endpoint: loopback` every client has that endpoint, proxies are not used, and a hook validates
each request just before it is sent: also those of a profile that assumes a role by itself.
"""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import botocore.session
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.loaders import JSONFileLoader, create_loader

from eks_access.endpoint import LoopbackError, is_loopback
from eks_access.errors import EksAccessError

USER_AGENT = "eks-access-probe"
_EXTERNAL_CREDENTIAL_SETTINGS = (
    "credential_process",
    "credential_source",
    "sso_session",
    "sso_start_url",
    "login_session",
)
"""Settings of a profile that fetch credentials without a request that the hook validates."""

_log = logging.getLogger(__name__)


class CredentialsUnavailableError(EksAccessError):
    """A profile or the environment has no credentials, so no request was sent. The message has the reason."""


@dataclass(frozen=True)
class Keys:
    """AWS credentials, as of one moment."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str | None = field(repr=False)


class Aws:
    """Creates clients, one for each service, region and credentials. Thread-safe.

    `endpoint` is None for AWS itself, or the loopback URL that every request must be sent to. `connections` is how many
    a client keeps open: as many as there are calls at once.
    """

    def __init__(self, endpoint: str | None, *, connections: int = 10) -> None:
        self._endpoint = endpoint
        self._connections = connections
        self._loader = create_loader()  # shared: the service models are large, and each loader keeps its own copies
        self._loader.file_loader = _ModelFileLoader()
        self._clients: dict[tuple[str, str, str], Any] = {}
        self._credentials: dict[str, Keys] = {}
        self._clients_lock = threading.Lock()
        self._credentials_lock = threading.Lock()

    def client(self, service: str, region: str, credentials: Keys | None) -> Any:
        """A client that signs with these credentials, or sends unsigned requests if they are None."""
        key = (service, region, credentials.access_key if credentials else "")
        with self._clients_lock:
            if key not in self._clients:
                self._clients[key] = self._create(service, region, credentials)
            return self._clients[key]

    def own_credentials(self, profile: str | None) -> Keys:
        """The operator's own: those of a profile, or without one of the environment.

        Raises:
            CredentialsUnavailableError: there are none.
        """
        return self.environment_credentials() if profile is None else self.profile_credentials(profile)

    def profile_credentials(self, profile: str) -> Keys:
        """The credentials of a profile, assuming the role that it names, if any.

        Raises:
            CredentialsUnavailableError: the profile does not exist, or has none.
        """
        with self._credentials_lock:
            if profile not in self._credentials:
                self._credentials[profile] = self._resolve(profile)
            return self._credentials[profile]

    def environment_credentials(self) -> Keys:
        """The credentials of the environment, as a deployment would use them.

        Raises:
            CredentialsUnavailableError: there are none.
        """
        with self._credentials_lock:
            return self._resolve(None)

    def _create(self, service: str, region: str, credentials: Keys | None) -> Any:
        session = self._session()
        config = None if credentials else Config(signature_version=UNSIGNED)
        keys: dict[str, Any] = (
            {
                "aws_access_key_id": credentials.access_key,
                "aws_secret_access_key": credentials.secret_key,
                "aws_session_token": credentials.token,
            }
            if credentials
            else {}
        )
        return session.create_client(
            service,
            region_name=region,
            endpoint_url=self._endpoint,
            config=config,
            **keys,
        )

    def _resolve(self, profile: str | None) -> Keys:
        source = "the environment" if profile is None else f"the AWS profile {profile!r}"
        none = f"{source} has no credentials for AWS"
        if profile is None:
            none += ": name a profile (AWS_PROFILE), or set the variables that your sign-in gives"
        try:
            session = self._session(profile)
            if self._endpoint:
                _validate_local_profile(profile or session.profile, session.full_config.get("profiles", {}))
            credentials = session.get_credentials()
            if credentials is None:
                raise CredentialsUnavailableError(none)
            frozen = credentials.get_frozen_credentials()
        except (BotoCoreError, ClientError, LoopbackError) as cause:
            raise CredentialsUnavailableError(f"{source} has no credentials: {cause}") from cause
        if not frozen.access_key or not frozen.secret_key:
            raise CredentialsUnavailableError(none)
        return Keys(frozen.access_key, frozen.secret_key, frozen.token)

    def _session(self, profile: str | None = None) -> botocore.session.Session:
        session = botocore.session.Session(profile=profile)
        session.register_component("data_loader", self._loader)
        session.set_default_client_config(
            Config(
                user_agent_extra=USER_AGENT,
                connect_timeout=5,
                read_timeout=15,
                max_pool_connections=self._connections,
                retries={"mode": "standard", "total_max_attempts": 3},
                proxies={} if self._endpoint else None,
            )
        )
        session.register("after-call", _log_response)
        session.register("after-call-error", _log_failure)
        if self._endpoint:
            session.register("before-send", _validate_loopback_request)
        if profile or self._endpoint:
            # The profile's credentials are meant, not those of the machine that this runs on.
            for provider in ("container-role", "iam-role"):
                session.get_component("credential_provider").remove(provider)
        return session


class _ModelFileLoader(JSONFileLoader):
    """Empties the documentation in botocore's models: half of their memory, and no call needs it."""

    def load_file(self, file_path: str) -> Any:
        return _without_documentation(super().load_file(file_path))


def _without_documentation(model: Any) -> Any:
    match model:
        case dict():
            # The key stays: botocore reads it where a service has parameters for its clients.
            return {
                key: "" if key == "documentation" and isinstance(value, str) else _without_documentation(value)
                for key, value in model.items()
            }
        case list():
            return [_without_documentation(value) for value in model]
        case _:
            return model


def _log_response(**event: Any) -> None:
    """Log a call and its response, errors included, at the end of its retries."""
    operation, metadata = event["model"], event["parsed"].get("ResponseMetadata", {})
    _log.debug(
        "%s.%s in %s: status %s, request id %s",
        operation.service_model.service_name,
        operation.name,
        (event.get("context") or {}).get("client_region"),
        metadata.get("HTTPStatusCode"),
        metadata.get("RequestId"),
    )


def _log_failure(**event: Any) -> None:
    """Log a call without a response."""
    name: str = event["event_name"].partition(".")[2]
    region = (event.get("context") or {}).get("client_region")
    _log.debug("%s in %s: %s", name, region, type(event["exception"]).__name__)


def _validate_loopback_request(**event: Any) -> None:
    url: str = event["request"].url
    if not is_loopback(url):
        raise LoopbackError("a setting of the AWS configuration", f"sends a request to {url.partition('?')[0]}")


def _validate_local_profile(profile: str | None, profiles: Mapping[str, Any]) -> None:
    """Refuse a profile whose chain of source profiles fetches credentials without the hook.

    Raises:
        LoopbackError: it does.
    """
    seen: set[str] = set()
    name = profile
    while name and name not in seen:
        seen.add(name)
        settings = profiles.get(name, {})
        for setting in _EXTERNAL_CREDENTIAL_SETTINGS:
            if setting in settings:
                raise LoopbackError(f"the AWS profile {name!r}", f"has {setting}, which may reach another machine")
        name = settings.get("source_profile")
