"""Just enough ASGI to read a request once, hand it on unchanged, and answer it.

https://asgi.readthedocs.io/en/latest/specs/www.html
"""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, unquote

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Request:
    scope: Scope
    body: bytes

    @property
    def method(self) -> str:
        return str(self.scope["method"])

    @property
    def raw_path(self) -> str:
        """The path as it was sent and signed, still percent-encoded."""
        raw = self.scope.get("raw_path")
        return raw.decode("latin-1") if raw else str(self.scope["path"])

    @cached_property
    def segments(self) -> tuple[str, ...]:
        """Split before decoding: an ARN in the path has encoded slashes."""
        return tuple(unquote(part) for part in self.raw_path.split("/") if part)

    @cached_property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True))

    def query_values(self, name: str) -> list[str]:
        """All values of a parameter that may be given several times."""
        pairs = parse_qsl(self.scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
        return [value for key, value in pairs if key == name]

    @cached_property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    @cached_property
    def json(self) -> dict[str, Any]:
        try:
            parsed = json.loads(self.body) if self.body else {}
        except ValueError:
            return {}
        return parsed if isinstance(parsed, dict) else {}

    def header(self, name: str) -> str:
        wanted = name.lower().encode()
        values = [value.decode("latin-1") for key, value in self.scope["headers"] if key.lower() == wanted]
        return ", ".join(values)


@dataclass(frozen=True)
class Response:
    status: int
    headers: Headers
    body: bytes

    @classmethod
    def of_json(cls, status: int, value: object, *extra: tuple[bytes, bytes]) -> "Response":
        return cls(status, [(b"content-type", b"application/json"), *extra], json.dumps(value).encode())

    @cached_property
    def json(self) -> Any:
        return json.loads(self.body)

    def with_json(self, value: object) -> "Response":
        return replace(self, body=json.dumps(value).encode())


async def read(scope: Scope, receive: Receive) -> Request:
    chunks = []
    more = True
    while more:
        message = await receive()
        chunks.append(message.get("body", b""))
        more = message["type"] == "http.request" and message.get("more_body", False)
    return Request(scope, b"".join(chunks))


async def forward(app: App, request: Request, *, path: str | None = None) -> Response:
    """Hand the request on as it was sent. `path` changes what the application routes by, not what was
    signed.
    """
    scope = {**request.scope, "path": path or request.scope["path"]}
    scope.setdefault("raw_path", request.raw_path.encode("latin-1"))
    sent = False
    status, headers, chunks = 500, [], []

    async def receive() -> Message:
        nonlocal sent
        if sent:
            return {"type": "http.disconnect"}
        sent = True
        return {"type": "http.request", "body": request.body, "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status, headers
        if message["type"] == "http.response.start":
            status, headers = message["status"], list(message.get("headers", []))
        elif message["type"] == "http.response.body":
            chunks.append(message.get("body", b""))

    await app(scope, receive, send)
    return Response(status, headers, b"".join(chunks))


async def reply(send: Send, response: Response) -> None:
    headers = [(name, value) for name, value in response.headers if name.lower() != b"content-length"]
    headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})
