"""AssumeRoleWithSAML: the assertion is checked against the provider's metadata in IAM, then the trust is asked."""

import asyncio
import base64
import hashlib
from typing import Any

from botocore.exceptions import ClientError

from . import sessions
from .arn import Arn
from .asgi import Request, Response
from .identity_provider import InvalidTokenError
from .ministack_client import MiniStack
from .saml_assertion import Assertion, verified
from .sts_answers import assumed, error

ACTION = "AssumeRoleWithSAML"


class SamlIdentity:
    def __init__(self, inner: MiniStack) -> None:
        self._inner = inner

    async def handle(self, request: Request) -> Response:
        try:
            return await asyncio.to_thread(self._assume, request.form)
        except (InvalidTokenError, sessions.SessionDurationError) as refused:
            return error(400, refused.code, refused.message)

    def _assume(self, form: dict[str, str]) -> Response:
        role_arn, provider = form.get("RoleArn", ""), form.get("PrincipalArn", "")
        assertion = verified(form.get("SAMLAssertion", ""), self._metadata(provider))
        role = self._inner.role(role_arn)
        if role is None or not _trusted(role, provider, assertion):
            return error(403, "AccessDenied", f"Not authorized to perform sts:{ACTION}")
        seconds = sessions.seconds(role, form.get("DurationSeconds"))
        session = sessions.issue(role, assertion.session_name, seconds, keys=assertion.lasting_keys())
        return assumed(
            ACTION,
            session,
            PackedPolicySize="0",
            Subject=assertion.subject,
            SubjectType=assertion.subject_type,
            Issuer=assertion.issuer,
            Audience=assertion.recipient,
            NameQualifier=_name_qualifier(assertion.issuer, provider),
        )

    def _metadata(self, provider: str) -> str:
        arn = Arn.parse(provider)
        try:
            if arn is None or arn.kind != "saml-provider":
                raise InvalidTokenError("InvalidIdentityToken", "Specified provider doesn't exist")
            found = self._inner.client("iam", arn.account).get_saml_provider(SAMLProviderArn=provider)
        except ClientError as cause:
            raise InvalidTokenError("InvalidIdentityToken", "Specified provider doesn't exist") from cause
        return str(found["SAMLMetadataDocument"])


def _trusted(role: dict[str, Any], provider: str, assertion: Assertion) -> bool:
    """The identity provider must give the user this role, and the role must trust the provider: of its own account."""
    if frozenset((role["Arn"], provider)) not in assertion.roles:
        return False
    if _account(role["Arn"]) != _account(provider):
        return False
    return sessions.trusted(role, f"sts:{ACTION}", provider, assertion.condition_keys())


def _account(text: str) -> str:
    arn = Arn.parse(text)
    return arn.account if arn else ""


def _name_qualifier(issuer: str, provider: str) -> str:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html (NameQualifier)"""
    name = provider.rpartition("/")[2]
    digest = hashlib.sha1(f"{issuer}{_account(provider)}/{name}".encode(), usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()
