"""The front: everything that speaks to the sandbox's AWS comes through here, and most of it goes on to
MiniStack.
"""

import re

from . import saml, sessions, simulation, web_identity
from .asgi import App, Receive, Request, Response, Scope, Send, forward, read, reply
from .connected_clusters import CONTROL_PATH
from .eks import EksFront
from .pod_identity import PodIdentity
from .saml import SamlIdentity
from .web_identity import WebIdentity

_ACCESS_KEY = re.compile(r"Credential=([^/,]+)/")


class Front:
    """What MiniStack does not have as AWS has it is answered here."""

    def __init__(
        self,
        ministack: App,
        eks: EksFront,
        web_identity: WebIdentity,
        saml_identity: SamlIdentity,
        pod_identity: PodIdentity,
    ) -> None:
        self._ministack = ministack
        self._eks = eks
        self._web_identity = web_identity
        self._saml_identity = saml_identity
        self._pod_identity = pod_identity

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        authorization = _header(scope, b"authorization") if scope["type"] == "http" else ""
        if self._eks.serves(authorization):
            await reply(send, await self._eks.handle(await read(scope, receive)))
        elif self._pod_identity.serves(authorization):
            await reply(send, await self._pod_identity.handle(await read(scope, receive)))
        elif scope["type"] == "http" and scope["path"] == CONTROL_PATH:
            await reply(send, self._eks.connected.control(await read(scope, receive)))
        elif _has_form(scope):
            request = await read(scope, receive)
            await reply(send, await self._form(request))
        else:
            await self._ministack(scope, receive, send)

    async def _form(self, request: Request) -> Response:
        match request.form.get("Action"):
            case web_identity.ACTION:
                return await self._web_identity.handle(request)
            case saml.ACTION:
                return await self._saml_identity.handle(request)
            case simulation.ACTION:
                return await simulation.handle(self._ministack, request)
            case "AssumeRole":
                signed_by = _ACCESS_KEY.search(request.header("authorization"))
                with sessions.calling(signed_by[1] if signed_by else ""):
                    return await forward(self._ministack, request)
            case _:
                return await forward(self._ministack, request)


def _has_form(scope: Scope) -> bool:
    """A call with a form as its body, as STS's are. The two with a token or an assertion are sent unsigned."""
    return (
        scope["type"] == "http"
        and scope["method"] == "POST"
        and scope["path"] == "/"
        and _header(scope, b"content-type").startswith("application/x-www-form-urlencoded")
    )


def _header(scope: Scope, name: bytes) -> str:
    return next((v.decode("latin-1") for k, v in scope["headers"] if k.lower() == name), "")
