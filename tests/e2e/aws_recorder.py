"""A proxy before the sandbox's AWS that records what a client changes, whichever SDK it uses."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

_READS = ("Get", "List", "Simulate")
_NOISE = ("Version", "clientRequestToken")
"""Of a request, and not of what it changes."""


Change = tuple[str, dict[str, Any]]
"""An operation (of IAM an action, of EKS method and path) with its parameters."""


@dataclass
class Recorder:
    """What was changed through the proxy at `endpoint`."""

    endpoint: str
    changes: list[Change] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """The paths of the requests that were denied; of IAM's actions their bodies."""
    requests: list[str] = field(default_factory=list)
    """The method and path of every request."""

    def take(self) -> list[Change]:
        """The changes since the last call, in the order of their operations: clients make many at once."""
        taken, self.changes = self.changes, []
        return sorted(taken, key=lambda change: change[0])


@contextmanager
def record(target: str) -> Iterator[Recorder]:
    """Forwards every request to the target as it was signed, `Host` included."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            recorder.requests.append(f"{self.command} {self.path}")
            connection = HTTPConnection(urlsplit(target).netloc, timeout=60)
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            content = answer.read()
            if answer.status < 400 and (change := parse_change(self.command, self.path, body)):
                recorder.changes.append(change)
            if answer.status == 403:
                recorder.refused.append(body.decode() if urlsplit(self.path).path == "/" else self.path)
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("transfer-encoding", "content-length", "connection", "date", "server"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            connection.close()

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _forward

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    recorder = Recorder(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield recorder
    finally:
        server.shutdown()
        server.server_close()


def parse_change(method: str, path: str, body: bytes) -> Change | None:
    """The operation and its parameters; None if it only reads, or is a sign-in."""
    if urlsplit(path).path == "/":
        form = dict(parse_qsl(body.decode(), keep_blank_values=True))
        action = form.pop("Action", "")
        if not action or action.startswith(_READS):
            return None
        return action, _clean(_parse_members(form))
    if method == "GET":
        return None
    return f"{method} {unquote(path)}", _clean(json.loads(body or b"{}"))


def _parse_members(form: dict[str, str]) -> dict[str, Any]:
    """The parameters of the query protocol, with tags as a mapping."""
    tags = {
        value: form[f"{name.removesuffix('.Key')}.Value"]
        for name, value in form.items()
        if name.startswith("Tags.member.") and name.endswith(".Key")
    }
    rest = {name: value for name, value in form.items() if not name.startswith("Tags.member.")}
    return {**rest, "Tags": tags}


def _clean(parameters: dict[str, Any]) -> dict[str, Any]:
    return {
        name: normalize(value)
        for name, value in parameters.items()
        if name not in _NOISE and value not in (None, "", [], {})
    }


def normalize(value: Any) -> Any:
    """Documents by meaning, lists without an order: those of these resources have none."""
    if isinstance(value, str) and value.startswith("{"):
        try:
            return json.loads(value)
        except ValueError:
            return value  # a template such as {{SessionName}}
    if isinstance(value, list):
        return sorted(map(normalize, value), key=repr)
    if isinstance(value, dict):
        return {name: normalize(each) for name, each in value.items()}
    return value
