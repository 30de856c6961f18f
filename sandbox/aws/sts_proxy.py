"""An HTTPS proxy that is STS for the authenticators: ends TLS for `sts.*` hosts and hands the requests to the
front.

The authenticator verifies a token by calling the STS host inside it. With this as its HTTPS_PROXY, and the
sandbox's CA as its only one, it runs unchanged and can reach nothing else. It requests JSON, which
MiniStack does not speak.
"""

import asyncio
import contextlib
import json
import logging
import re
import ssl
import xml.etree.ElementTree as ET
from typing import Any
from urllib.parse import unquote

import h11

from .asgi import App, Request, Response, forward

log = logging.getLogger(__name__)
STS_HOST = re.compile(r"sts(-fips)?(\.[a-z0-9-]+)?\.amazonaws\.com(\.cn)?")
CONNECT = re.compile(rb"CONNECT ([^:\s]+):443 HTTP/1\.[01]\r\n")
HANDSHAKE_SECONDS = 10
IDLE_SECONDS = 120
MAX_BODY = 1 << 20


class StsProxy:
    def __init__(self, app: App, tls: ssl.SSLContext) -> None:
        self._app = app
        self._tls = tls

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if await self._tunnel(reader, writer):
                await self._serve(reader, writer)
        except (OSError, EOFError, TimeoutError, h11.ProtocolError, ssl.SSLError) as ended:
            log.info("connection ended: %s", repr(ended))
        finally:
            with contextlib.suppress(OSError, ssl.SSLError, TimeoutError):
                writer.close()
                await asyncio.wait_for(writer.wait_closed(), HANDSHAKE_SECONDS)

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), HANDSHAKE_SECONDS)
        asked = CONNECT.match(head)
        host = asked.group(1).decode("latin-1").lower() if asked else ""
        if not STS_HOST.fullmatch(host):
            log.warning("refused: %s", head.split(b"\r\n", 1)[0].decode("latin-1"))
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()
            return False
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await writer.drain()
        await writer.start_tls(self._tls, ssl_handshake_timeout=HANDSHAKE_SECONDS)
        return True

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = h11.Connection(h11.SERVER)
        while True:
            request = await _next_request(connection, reader)
            if request is None:
                return
            response = await self._answer(request)
            headers = [("content-length", str(len(response.body))), *_content_type(response)]
            for event in (
                h11.Response(status_code=response.status, headers=headers),
                h11.Data(data=response.body),
                h11.EndOfMessage(),
            ):
                writer.write(connection.send(event) or b"")
            await writer.drain()
            if connection.our_state is h11.MUST_CLOSE:
                return
            connection.start_next_cycle()

    async def _answer(self, request: Request) -> Response:
        response = await forward(self._app, request)
        log.info("%s -> %s", request.query.get("Action", request.method), response.status)
        if "json" not in request.header("accept"):
            return response
        return as_json(response)


def as_json(response: Response) -> Response:
    """The answer in the JSON form that STS gives when it is asked for it: the same names, without lists."""
    if not response.body.lstrip().startswith(b"<"):
        return response
    root = ET.fromstring(response.body)
    return Response(
        response.status,
        [(b"content-type", b"application/json")],
        json.dumps({_local(root.tag): _tree(root)} if _local(root.tag) != "ErrorResponse" else _tree(root)).encode(),
    )


def _tree(element: ET.Element) -> Any:
    return {_local(child.tag): _tree(child) for child in element} if len(element) else (element.text or "")


def _local(tag: str) -> str:
    return tag.rsplit("}", 1)[-1]


async def _next_request(connection: h11.Connection, reader: asyncio.StreamReader) -> Request | None:
    head: h11.Request | None = None
    body = b""
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await asyncio.wait_for(reader.read(65536), IDLE_SECONDS))
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += bytes(event.data)
            if len(body) > MAX_BODY:
                raise h11.RemoteProtocolError("request body too large")
        elif isinstance(event, h11.EndOfMessage) and head is not None:
            return Request(_scope(head), body)
        else:
            return None


def _scope(head: h11.Request) -> dict[str, Any]:
    raw_path, _, query = bytes(head.target).partition(b"?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": head.method.decode("ascii"),
        "scheme": "https",
        "path": unquote(raw_path.decode("latin-1")),
        "raw_path": raw_path,
        "query_string": query,
        "headers": [(bytes(name), bytes(value)) for name, value in head.headers],
        "client": ("127.0.0.1", 0),
    }


def _content_type(response: Response) -> list[tuple[str, str]]:
    return [("content-type", v.decode("latin-1")) for k, v in response.headers if k.lower() == b"content-type"]
