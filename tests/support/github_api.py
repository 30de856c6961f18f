"""A pull request on a server that answers as GitHub's API does, as far as one comment on it needs that."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

BOT = "github-actions[bot]"


class GitHub:
    """The comments of pull request 7 of the repository `o/r`."""

    def __init__(self) -> None:
        self.comments: dict[int, dict[str, Any]] = {}
        self.requests: list[str] = []
        self.head = "0" * 40
        self.url = ""

    def add(self, body: str, login: str = BOT) -> int:
        number = len(self.comments) + 1
        url = f"https://github.test/o/r/pull/7#issuecomment-{number}"
        self.comments[number] = {"id": number, "body": body, "user": {"login": login}, "html_url": url}
        return number

    @property
    def bodies(self) -> list[str]:
        return [each["body"] for each in self.comments.values()]

    def answer(self, method: str, path: str, body: Any, token: str | None) -> tuple[int, Any]:
        self.requests.append(method)
        if token != "Bearer t":
            return 403, {"message": "Resource not accessible by integration"}
        if method == "GET" and path == "/repos/o/r/pulls/7":
            return 200, {"head": {"sha": self.head}}
        if method == "GET":
            page = int(path.rpartition("page=")[2])
            return 200, list(self.comments.values())[(page - 1) * 100 : page * 100]
        if method == "POST":
            assert path == "/repos/o/r/issues/7/comments"
            return 201, self.comments[self.add(body["body"])]
        assert method == "PATCH", "nothing is deleted"
        comment = self.comments[int(path.rpartition("/")[2])]
        comment["body"] = body["body"]
        return 200, comment


@contextmanager
def serving() -> Iterator[GitHub]:
    """The pull request, while a server answers for it."""
    github = GitHub()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            status, value = github.answer(self.command, self.path, body, self.headers.get("Authorization"))
            data = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_DELETE = _answer

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    github.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield github
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
