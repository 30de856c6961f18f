"""Answers of STS in its own XML."""

import uuid
from xml.sax.saxutils import escape

from .asgi import Response
from .sessions import Session

NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"


def error(status: int, code: str, message: str) -> Response:
    return _xml(
        status,
        f'<ErrorResponse xmlns="{NAMESPACE}"><Error><Type>Sender</Type><Code>{code}</Code>'
        f"<Message>{escape(message)}</Message></Error><RequestId>{uuid.uuid4()}</RequestId></ErrorResponse>",
    )


def assumed(action: str, session: Session, **more: str) -> Response:
    """The answer of an AssumeRole call; `more` are its elements besides the session."""
    extra = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in more.items())
    return _xml(
        200,
        f'<{action}Response xmlns="{NAMESPACE}"><{action}Result>'
        f"<Credentials><AccessKeyId>{session.access_key_id}</AccessKeyId>"
        f"<SecretAccessKey>{session.secret_access_key}</SecretAccessKey>"
        f"<SessionToken>{session.session_token}</SessionToken>"
        f"<Expiration>{session.expiration:%Y-%m-%dT%H:%M:%SZ}</Expiration></Credentials>"
        f"<AssumedRoleUser><AssumedRoleId>{session.role_session_id}</AssumedRoleId>"
        f"<Arn>{escape(session.arn)}</Arn></AssumedRoleUser>{extra}"
        f"</{action}Result><ResponseMetadata><RequestId>{uuid.uuid4()}</RequestId></ResponseMetadata>"
        f"</{action}Response>",
    )


def _xml(status: int, text: str) -> Response:
    return Response(status, [(b"content-type", b"text/xml")], text.encode())
