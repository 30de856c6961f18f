"""AssumeRoleWithWebIdentity with a verified signature, and with `azp` and `oaud` as AWS reads them."""

import asyncio
import re
from typing import Any

from botocore.exceptions import ClientError

from . import sessions
from .arn import Arn
from .asgi import Request, Response
from .identity_provider import (
    GOOGLE,
    IdentityProviders,
    InvalidTokenError,
    audience,
    condition_keys,
    issuer_host,
    verified_claims,
)
from .ministack_client import MiniStack
from .sts_answers import assumed, error

ACTION = "AssumeRoleWithWebIdentity"
SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}")


class WebIdentity:
    def __init__(self, inner: MiniStack, providers: IdentityProviders) -> None:
        self._inner = inner
        self._providers = providers

    async def handle(self, request: Request) -> Response:
        try:
            return await asyncio.to_thread(self._assume, request.form)
        except (InvalidTokenError, sessions.SessionDurationError) as refused:
            return error(400, refused.code, refused.message)

    def _assume(self, form: dict[str, str]) -> Response:
        if not SESSION_NAME.fullmatch(form.get("RoleSessionName", "")):
            return error(400, "ValidationError", "RoleSessionName must have 2 to 64 of the characters \\w+=,.@-")
        claims = verified_claims(form.get("WebIdentityToken", ""), self._providers)
        role = self._inner.role(form.get("RoleArn", ""))
        if role is None or not self._trusted(role, claims):
            # The same message as for a role that does not exist: STS does not reveal which roles do.
            return error(403, "AccessDenied", f"Not authorized to perform sts:{ACTION}")
        seconds = sessions.seconds(role, form.get("DurationSeconds"))
        session = sessions.issue(role, form["RoleSessionName"], seconds)
        return assumed(
            ACTION,
            session,
            SubjectFromWebIdentityToken=str(claims["sub"]),
            Audience=str(claims.get("azp") or audience(claims)),
            Provider=issuer_host(claims["iss"]),
        )

    def _trusted(self, role: dict[str, Any], claims: dict[str, Any]) -> bool:
        provider = self._provider(issuer_host(claims["iss"]), role["Arn"])
        return provider is not None and sessions.trusted(role, f"sts:{ACTION}", provider, condition_keys(claims))

    def _provider(self, host: str, role_arn: str) -> str | None:
        """The federated principal: Google's is built in, any other one must be a provider in the role's
        account.
        """
        arn = Arn.parse(role_arn)
        if host == GOOGLE or arn is None:
            return host
        provider = f"arn:{arn.partition}:iam::{arn.account}:oidc-provider/{host}"
        try:
            iam = self._inner.client("iam", arn.account)
            iam.get_open_id_connect_provider(OpenIDConnectProviderArn=provider)
        except ClientError:
            return None
        return provider
