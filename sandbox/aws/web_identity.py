"""AssumeRoleWithWebIdentity with a verified signature, and with `azp` and `oaud` as AWS reads them."""

import asyncio
import re
import uuid
from typing import Any
from xml.sax.saxutils import escape

from botocore.exceptions import ClientError

from sandbox.aws import sessions
from sandbox.aws.arn import Arn
from sandbox.aws.asgi import Request, Response
from sandbox.aws.identity_provider import (
    GOOGLE,
    IdentityProviders,
    InvalidToken,
    condition_keys,
    issuer_host,
    verified_claims,
)
from sandbox.aws.inner import Inner

ACTION = "AssumeRoleWithWebIdentity"
NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"
SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}")


class WebIdentity:
    def __init__(self, inner: Inner, providers: IdentityProviders) -> None:
        self._inner = inner
        self._providers = providers

    async def handle(self, request: Request) -> Response:
        return await asyncio.to_thread(self._assume, request.form)

    def _assume(self, form: dict[str, str]) -> Response:
        if not SESSION_NAME.fullmatch(form.get("RoleSessionName", "")):
            return error(400, "ValidationError", "RoleSessionName must have 2 to 64 of the characters \\w+=,.@-")
        try:
            claims = verified_claims(form.get("WebIdentityToken", ""), self._providers)
        except InvalidToken as refused:
            return error(400, refused.code, refused.message)
        role = self._inner.role(form.get("RoleArn", ""))
        if role is None or not self._trusted(role, claims):
            # The same words for a role that is not there: STS does not say which roles exist.
            return error(403, "AccessDenied", f"Not authorized to perform sts:{ACTION}")
        seconds = int(form.get("DurationSeconds") or 3600)
        if not 900 <= seconds <= role.get("MaxSessionDuration", 3600):
            return error(
                400,
                "ValidationError",
                "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
            )
        session = sessions.issue(role, form["RoleSessionName"], seconds)
        return _answer(session, claims)

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


def error(status: int, code: str, message: str) -> Response:
    return _xml(
        status,
        f'<ErrorResponse xmlns="{NAMESPACE}"><Error><Type>Sender</Type><Code>{code}</Code>'
        f"<Message>{escape(message)}</Message></Error><RequestId>{uuid.uuid4()}</RequestId></ErrorResponse>",
    )


def _answer(session: sessions.Session, claims: dict[str, Any]) -> Response:
    audience = claims.get("azp") or claims["aud"]
    return _xml(
        200,
        f'<{ACTION}Response xmlns="{NAMESPACE}"><{ACTION}Result>'
        f"<Credentials><AccessKeyId>{session.access_key_id}</AccessKeyId>"
        f"<SecretAccessKey>{session.secret_access_key}</SecretAccessKey>"
        f"<SessionToken>{session.session_token}</SessionToken>"
        f"<Expiration>{session.expiration:%Y-%m-%dT%H:%M:%SZ}</Expiration></Credentials>"
        f"<AssumedRoleUser><AssumedRoleId>{session.role_session_id}</AssumedRoleId>"
        f"<Arn>{escape(session.arn)}</Arn></AssumedRoleUser>"
        f"<SubjectFromWebIdentityToken>{escape(str(claims['sub']))}</SubjectFromWebIdentityToken>"
        f"<Audience>{escape(str(audience))}</Audience><Provider>{escape(issuer_host(claims['iss']))}</Provider>"
        f"</{ACTION}Result><ResponseMetadata><RequestId>{uuid.uuid4()}</RequestId></ResponseMetadata>"
        f"</{ACTION}Response>",
    )


def _xml(status: int, text: str) -> Response:
    return Response(status, [(b"content-type", b"text/xml")], text.encode())
