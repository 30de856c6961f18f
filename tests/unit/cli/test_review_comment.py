"""`eks-access review-comment`: one comment, found by its marker and author, and updated only if its text differs."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from click.testing import CliRunner, Result

from eks_access_cli.main import main
from eks_access_policies.review.comment import LIMIT, MARKER, combine_reviews
from eks_access_policies.review.sentences import NO_CHANGE
from tests.support import server_fixtures

_no_network = server_fixtures.loopback_only

BOT = "github-actions[bot]"
CHANGED = "### Access review: dev\n\n**1 principal gains access.**\n"
SAME = f"### Access review: prod\n\n**{NO_CHANGE}**\n"


class GitHub:
    """The comments of one pull request, behind the part of GitHub's API that is used."""

    def __init__(self) -> None:
        self.comments: dict[int, dict[str, Any]] = {}
        self.requests: list[str] = []
        self.is_forbidden = False

    def add(self, body: str, login: str = BOT) -> int:
        number = len(self.comments) + 1
        self.comments[number] = {"id": number, "body": body, "user": {"login": login}}
        return number

    def answer(self, method: str, path: str, body: Any, token: str | None) -> tuple[int, Any]:
        self.requests.append(method)
        if self.is_forbidden or token != "Bearer t":
            return 403, {"message": "Resource not accessible by integration"}
        if method == "GET":
            page = int(path.rpartition("page=")[2])
            return 200, list(self.comments.values())[(page - 1) * 100 : page * 100]
        if method == "POST":
            assert path == "/repos/o/r/issues/7/comments"
            return 201, self.comments[self.add(body["body"])]
        number = int(path.rpartition("/")[2])
        if method == "PATCH":
            self.comments[number]["body"] = body["body"]
            return 200, self.comments[number]
        del self.comments[number]
        return 204, None


@pytest.fixture
def github() -> Iterator[GitHub]:
    world = GitHub()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            status, value = world.answer(self.command, self.path, body, self.headers.get("Authorization"))
            data = b"" if value is None else json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_DELETE = _answer

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    world.url = f"http://127.0.0.1:{server.server_port}"  # type: ignore[attr-defined]
    Thread(target=server.serve_forever, daemon=True).start()
    yield world
    server.shutdown()
    server.server_close()


@pytest.fixture
def comment(github: GitHub, tmp_path: Path) -> Any:
    def run(*texts: str, token: str = "t") -> Result:
        files = []
        for number, text in enumerate(texts):
            files.append(str(tmp_path / f"{number}.md"))
            Path(files[-1]).write_text(text)
        env = {"GITHUB_TOKEN": token, "GITHUB_REPOSITORY": "o/r", "GITHUB_API_URL": github.url}  # type: ignore[attr-defined]
        return CliRunner().invoke(main, ["review-comment", "--pull-request", "7", *files], env=env)

    return run


def test_the_first_review_creates_a_comment_and_the_next_updates_it(github: GitHub, comment: Any) -> None:
    github.add("a human's words", "jane")
    assert comment(CHANGED).output == "the comment on #7: created\n"
    assert comment(CHANGED + "more\n").output == "the comment on #7: updated\n"
    assert comment(SAME).output == "the comment on #7: updated\n"
    assert [each["body"] for each in github.comments.values()] == ["a human's words", f"{MARKER}\n{SAME}"]


def test_the_same_review_again_changes_nothing(github: GitHub, comment: Any) -> None:
    comment(CHANGED)
    github.comments[1]["body"] = github.comments[1]["body"].replace("\n", "\r\n")
    assert comment(CHANGED).output == "the comment on #7: unchanged\n"
    assert github.requests[-1] == "GET"


def test_reviews_without_changes_create_no_comment(github: GitHub, comment: Any) -> None:
    assert comment(SAME, SAME).output == "the comment on #7: no change to report\n"
    assert github.comments == {}


def test_a_comment_of_another_author_with_the_marker_is_left_alone(github: GitHub, comment: Any) -> None:
    github.add(f"{MARKER}\nNo change of access, trust me.", "mallory")
    github.add(f"quoted: {MARKER}")
    comment(CHANGED)
    assert [each["body"][:5] for each in github.comments.values()] == ["<!-- ", "quote", "<!-- "]
    assert github.comments[1]["user"]["login"] == "mallory"
    assert "trust me" in github.comments[1]["body"]


def test_duplicates_are_deleted_and_a_comment_on_a_later_page_is_found(github: GitHub, comment: Any) -> None:
    for _ in range(230):
        github.add("noise", "jane")
    github.add(f"{MARKER}\nold")
    github.add(f"{MARKER}\nold too")
    assert comment(CHANGED).output == "the comment on #7: updated\n"
    ours = [each for each in github.comments.values() if each["body"].startswith(MARKER)]
    assert [each["body"] for each in ours] == [f"{MARKER}\n{CHANGED}"]


def test_an_error_of_github_is_printed_without_the_token(github: GitHub, comment: Any) -> None:
    done = comment(CHANGED, token="hunter2")
    assert done.exit_code == 1
    assert "403 Resource not accessible by integration" in done.output
    assert "hunter2" not in done.output
    assert comment(CHANGED, token="").exit_code == 2


@pytest.mark.parametrize("count", [1, 3, 30])
def test_many_reviews_fit_in_one_comment_with_every_details_closed(count: int) -> None:
    long = CHANGED + "<details><summary>x</summary>\n\n" + "- a line\n" * 9000 + "\n</details>\n"
    text = combine_reviews([long] * count)
    assert len(f"{MARKER}\n{text}") <= LIMIT
    assert text.count("<details>") == text.count("</details>")
    assert text.count("### Access review: dev") == count


def test_environments_that_change_come_first() -> None:
    assert combine_reviews([SAME, CHANGED]).index("dev") < combine_reviews([SAME, CHANGED]).index("prod")
