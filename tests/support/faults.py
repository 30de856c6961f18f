"""A proxy between a client and an API server that injects faults into the requests that a test selects."""

import http.client
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

SECONDS = 60
HEADERS = ("Content-Type", "Content-Encoding")
"""The response headers that are forwarded."""
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Request:
    """One request to the proxy."""

    path: str
    query: dict[str, str]
    authorization: str
    number: int
    """The number of earlier requests for the same path."""

    @property
    def is_first_page(self) -> bool:
        return "continue" not in self.query


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


Fault = Callable[["Proxy", Request, Answer], Answer | None]
"""Changes the server's response. None: the fault handled the connection, and nothing is sent."""
Faults = Callable[[Request], Fault | None]


class Proxy(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # An answer is written in several pieces: without it each would wait for the other side's acknowledgement.
    disable_nagle_algorithm = True
    server: "FaultyServer"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        request = Request(parts.path, query, self.headers.get("Authorization", ""), self.server.count(parts.path))
        fault = self.server.faults(request)
        theirs = self.server.forward(self.path, dict(self.headers))
        ours = theirs if fault is None else fault(self, request, theirs)
        if ours is not None:
            self.send(ours, len(ours.body))

    def send(self, answer: Answer, length: int) -> None:
        """Send the response with this `Content-Length`."""
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(answer.body)

    def reset(self) -> None:
        """End the connection as a crashed peer does, with RST in place of FIN."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self) -> None:
        self.wfile.flush()
        self.close_connection = True
        self.connection.close()

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""


class FaultyServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, upstream: str, ca: ssl.SSLContext | None, faults: Faults, tls: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), Proxy)
        self.faults = faults
        self._upstream = urlsplit(upstream)
        self._ca = ca
        self._counts: dict[str, int] = {}
        self._lock = threading.Lock()
        self._scheme = "https" if tls else "http"
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True)

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self.server_address[1]}"

    def count(self, path: str) -> int:
        with self._lock:
            self._counts[path] = self._counts.get(path, -1) + 1
            return self._counts[path]

    def forward(self, path: str, headers: dict[str, str]) -> Answer:
        host, port = self._upstream.hostname or "", self._upstream.port
        connection = (
            http.client.HTTPSConnection(host, port, timeout=SECONDS, context=self._ca)
            if self._upstream.scheme == "https"
            else http.client.HTTPConnection(host, port, timeout=SECONDS)
        )
        try:
            connection.request("GET", path, headers={k: v for k, v in headers.items() if k.lower() != "host"})
            answer = connection.getresponse()
            kept = {name: answer.headers[name] for name in HEADERS if name in answer.headers}
            return Answer(answer.status, kept, answer.read())
        finally:
            connection.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that disconnects is expected."""


@contextmanager
def proxy(
    upstream: str, faults: Faults, *, ca: ssl.SSLContext | None = None, tls: ssl.SSLContext | None = None
) -> Iterator[FaultyServer]:
    """A proxy to the server at `upstream`, over TLS where `tls` is given."""
    server = FaultyServer(upstream, ca, faults, tls)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(SECONDS)


# Faults.


def late(seconds: float) -> Fault:
    def fault(proxy: Proxy, request: Request, answer: Answer) -> Answer:
        threading.Event().wait(seconds)
        return answer

    return fault


def reset(proxy: Proxy, request: Request, answer: Answer) -> None:
    """The connection is reset before the response."""
    proxy.reset()


def reset_in_the_body(proxy: Proxy, request: Request, answer: Answer) -> None:
    half = answer.body[: len(answer.body) // 2]
    proxy.send(Answer(answer.status, answer.headers, half), len(answer.body))
    proxy.reset()


def truncated(proxy: Proxy, request: Request, answer: Answer) -> None:
    """The connection is closed normally, after half of the announced length."""
    half = answer.body[: len(answer.body) // 2]
    proxy.send(Answer(answer.status, answer.headers, half), len(answer.body))
    proxy.close()


def cut_off(proxy: Proxy, request: Request, answer: Answer) -> Answer:
    """Half of the body with a matching length: only the content shows that it is cut off."""
    return Answer(answer.status, answer.headers, answer.body[: len(answer.body) // 2])


def sign_in_page(proxy: Proxy, request: Request, answer: Answer) -> Answer:
    return Answer(200, {"Content-Type": "text/html"}, b"<html>Sign in</html>")


def empty_object(proxy: Proxy, request: Request, answer: Answer) -> Answer:
    return Answer(200, JSON, b"{}")


def empty_list(proxy: Proxy, request: Request, answer: Answer) -> Answer:
    """An empty list without a resource version, from a server that only looks like an API server."""
    return Answer(200, JSON, b'{"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": []}')


def refusing(status: int, reason: str, message: str = "", **headers: str) -> Fault:
    body = {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "reason": reason,
        "message": message,
        "code": status,
    }
    sent = {**JSON, **{name.replace("_", "-"): value for name, value in headers.items()}}

    def fault(proxy: Proxy, request: Request, answer: Answer) -> Answer:
        return Answer(status, sent, json.dumps(body).encode())

    return fault


throttled = refusing(429, "TooManyRequests", "too many requests", Retry_After="1")
unavailable = refusing(503, "ServiceUnavailable", "apiserver is shutting down")
timed_out = refusing(504, "Timeout", "etcdserver: request timed out")
gone = refusing(410, "Expired", "The provided continue parameter is too old")
unauthorized = refusing(401, "Unauthorized", "Unauthorized")
forbidden = refusing(403, "Forbidden", "pods is forbidden")
