"""AWS clients that can only call where the environment lives.

In an environment with `endpoint: loopback` the endpoint is given to every client, proxies are not used, and a hook
looks at each request just before it is sent: also those of a profile that assumes a role on its own.
"""

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
_OUTSIDE = ("credential_process", "credential_source", "sso_session", "sso_start_url", "login_session")
"""Settings of a profile that fetch credentials in ways of their own, past the hook."""


class CredentialsUnavailableError(EksAccessError):
    """A profile gives no credentials; the message says why. Nothing was asked with it."""


@dataclass(frozen=True)
class Keys:
    """Credentials as they are at one moment."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str | None = field(repr=False)


class Aws:
    """Makes clients, one for each service, region and caller. Safe to use from several threads.

    `endpoint` is None for AWS itself, or the loopback URL that every call must go to.
    """

    def __init__(self, endpoint: str | None) -> None:
        self._endpoint = endpoint
        self._loader = create_loader()  # shared: the service models are large, and each loader keeps its own copies
        self._loader.file_loader = _ModelFileLoader()
        self._clients: dict[tuple[str, str, str], Any] = {}
        self._credentials: dict[str, Keys] = {}
        self._clients_lock = threading.Lock()
        self._credentials_lock = threading.Lock()

    def client(self, service: str, region: str, credentials: Keys | None) -> Any:
        """A client that signs with these credentials, or not at all where they are None."""
        key = (service, region, credentials.access_key if credentials else "")
        with self._clients_lock:
            if key not in self._clients:
                self._clients[key] = self._create(service, region, credentials)
            return self._clients[key]

    def profile_credentials(self, profile: str) -> Keys:
        """The credentials of a profile, assuming the role that it names, if any.

        Raises:
            CredentialsUnavailableError: there is no such profile, or it gives none.
        """
        with self._credentials_lock:
            if profile not in self._credentials:
                self._credentials[profile] = self._resolve(profile)
            return self._credentials[profile]

    def own_credentials(self) -> Keys:
        """The credentials of the environment: those that a deployment would use.

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
        what = "the environment" if profile is None else f"the AWS profile {profile!r}"
        try:
            session = self._session(profile)
            if self._endpoint:
                _check_stays_local(profile or session.profile, session.full_config.get("profiles", {}))
            credentials = session.get_credentials()
            if credentials is None:
                raise CredentialsUnavailableError(f"{what} gives no credentials")
            frozen = credentials.get_frozen_credentials()
        except (BotoCoreError, ClientError, LoopbackError) as cause:
            raise CredentialsUnavailableError(f"{what} gives no credentials: {cause}") from cause
        if not frozen.access_key or not frozen.secret_key:
            raise CredentialsUnavailableError(f"{what} gives no credentials")
        return Keys(frozen.access_key, frozen.secret_key, frozen.token)

    def _session(self, profile: str | None = None) -> botocore.session.Session:
        session = botocore.session.Session(profile=profile)
        session.register_component("data_loader", self._loader)
        session.set_default_client_config(
            Config(
                user_agent_extra=USER_AGENT,
                connect_timeout=5,
                read_timeout=15,
                retries={"mode": "standard", "total_max_attempts": 3},
                proxies={} if self._endpoint else None,
            )
        )
        if self._endpoint:
            session.register("before-send", _refuse_to_leave)
        if profile or self._endpoint:
            # The profile is meant, and not whatever this machine happens to be.
            for elsewhere in ("container-role", "iam-role"):
                session.get_component("credential_provider").remove(elsewhere)
        return session


class _ModelFileLoader(JSONFileLoader):
    """Drops the documentation from botocore's models: half of their memory, and no call needs it."""

    def load_file(self, file_path: str) -> Any:
        return _without_documentation(super().load_file(file_path))


def _without_documentation(model: Any) -> Any:
    match model:
        case dict():
            return {
                key: _without_documentation(value)
                for key, value in model.items()
                if not (key == "documentation" and isinstance(value, str))
            }
        case list():
            return [_without_documentation(value) for value in model]
        case _:
            return model


def _refuse_to_leave(**event: Any) -> None:
    url: str = event["request"].url
    if not is_loopback(url):
        raise LoopbackError("a setting of the AWS configuration", f"sends a request to {url.partition('?')[0]}")


def _check_stays_local(profile: str | None, profiles: Mapping[str, Any]) -> None:
    """Refuse a profile whose chain of source profiles fetches credentials past the hook."""
    seen: set[str] = set()
    name = profile
    while name and name not in seen:
        seen.add(name)
        settings = profiles.get(name, {})
        for setting in _OUTSIDE:
            if setting in settings:
                raise LoopbackError(f"the AWS profile {name!r}", f"has {setting}, which may reach another machine")
        name = settings.get("source_profile")
