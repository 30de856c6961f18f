"""The front: everything that speaks to the sandbox's AWS comes through here, and most of it goes on to
MiniStack.
"""

from sandbox.aws.asgi import App, Receive, Request, Response, Scope, Send, forward, read, reply
from sandbox.aws.connected_clusters import CONTROL_PATH
from sandbox.aws.eks import EksFront
from sandbox.aws.web_identity import ACTION, WebIdentity


class Front:
    """AssumeRoleWithSAML has its place beside the two that are here."""

    def __init__(self, ministack: App, eks: EksFront, web_identity: WebIdentity) -> None:
        self._ministack = ministack
        self._eks = eks
        self._web_identity = web_identity

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        authorization = _header(scope, b"authorization") if scope["type"] == "http" else ""
        if self._eks.serves(authorization):
            await reply(send, await self._eks.handle(await read(scope, receive)))
        elif scope["type"] == "http" and scope["path"] == CONTROL_PATH:
            await reply(send, self._eks.connected.control(await read(scope, receive)))
        elif _may_be_web_identity(scope):
            request = await read(scope, receive)
            await reply(send, await self._form(request))
        else:
            await self._ministack(scope, receive, send)

    async def _form(self, request: Request) -> Response:
        if request.form.get("Action") == ACTION:
            return await self._web_identity.handle(request)
        return await forward(self._ministack, request)


def _may_be_web_identity(scope: Scope) -> bool:
    """An STS call with a form as its body. SDKs send this one unsigned; a signature would not matter."""
    return (
        scope["type"] == "http"
        and scope["method"] == "POST"
        and scope["path"] == "/"
        and _header(scope, b"content-type").startswith("application/x-www-form-urlencoded")
    )


def _header(scope: Scope, name: bytes) -> str:
    return next((v.decode("latin-1") for k, v in scope["headers"] if k.lower() == name), "")
