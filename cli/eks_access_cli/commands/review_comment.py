"""`eks-access review-comment`: one comment on a pull request, kept up to date.

The comment is found by a hidden marker, and by its author: anybody may write the marker into a comment of their own,
and one that is theirs could be changed by them afterwards.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import urllib3

from eks_access.errors import EksAccessError
from eks_access_policies.review.sentences import NO_CHANGE

from ..options import BadInputError

MARKER = "<!-- eks-access-review -->"
LIMIT = 65_536
"""Characters of a comment that GitHub takes. https://github.com/orgs/community/discussions/27190"""
_PAGES = 50
_CUT = "\n\n…and more: the whole review is in the workflow's files.\n"


class CommentError(EksAccessError):
    """GitHub refused; the message says what."""


@dataclass(frozen=True)
class PullRequest:
    """A pull request, by GitHub's API."""

    api: str
    repository: str
    number: int
    token: str
    author: str
    """Whose comments are ours."""

    def upsert(self, text: str, *, is_new_wanted: bool = True) -> str:
        """Make our comment say this, and only one be there. Returns what was done."""
        ours = list(self._ours())
        body = f"{MARKER}\n{text}"
        for other in ours[1:]:
            self._request("DELETE", f"issues/comments/{other['id']}")
        if not ours:
            if not is_new_wanted:
                return "nothing to say"
            self._request("POST", f"issues/{self.number}/comments", {"body": body})
            return "created"
        # GitHub writes line ends its own way.
        if ours[0]["body"].replace("\r\n", "\n").strip() == body.strip():
            return "unchanged"
        self._request("PATCH", f"issues/comments/{ours[0]['id']}", {"body": body})
        return "updated"

    def _ours(self) -> Iterator[dict[str, Any]]:
        for page in range(1, _PAGES + 1):
            found = self._request("GET", f"issues/{self.number}/comments?per_page=100&page={page}")
            for comment in found:
                is_marked = str(comment.get("body", "")).startswith(MARKER)
                if is_marked and (comment.get("user") or {}).get("login") == self.author:
                    yield comment
            if len(found) < 100:
                return

    def _request(self, method: str, path: str, body: object | None = None) -> Any:
        try:
            answer = urllib3.request(
                method,
                f"{self.api}/repos/{self.repository}/{path}",
                headers={
                    "Accept": "application/vnd.github+json",
                    "Authorization": f"Bearer {self.token}",
                    "X-GitHub-Api-Version": "2022-11-28",
                },
                body=None if body is None else json.dumps(body).encode(),
                timeout=30.0,
                retries=False,
            )
        except urllib3.exceptions.HTTPError as cause:
            raise CommentError(f"{method} {path}: {type(cause).__name__}") from cause
        if answer.status >= 400:
            raise CommentError(f"{method} {path}: {answer.status} {_message(answer.data)}")
        return json.loads(answer.data) if answer.data else None


def combined(texts: list[str], limit: int = LIMIT - len(MARKER) - 1) -> str:
    """All reviews in one comment, those with changes first; each gets an equal part of what there is room for."""
    ordered = sorted((text.strip() for text in texts), key=is_empty)
    shown: list[str] = []
    for number, text in enumerate(ordered):
        room = (limit - sum(len(each) + 2 for each in shown)) // (len(ordered) - number) - 2
        shown.append(text if len(text) <= room else _cut(text, room))
    return "\n\n".join(shown) + "\n"


def is_empty(text: str) -> bool:
    """Whether a review has nothing to tell."""
    return f"**{NO_CHANGE}**" in text


def _cut(text: str, room: int) -> str:
    """Whole lines only, and no fold left open."""
    closing = "\n</details>"
    kept = text[: max(room - len(_CUT) - len(closing), 0)].rpartition("\n")[0]
    opened = kept.count("<details>") > kept.count("</details>")
    return kept + (closing if opened else "") + _CUT.rstrip()


def _message(data: bytes) -> str:
    try:
        return str(json.loads(data).get("message", ""))
    except (ValueError, AttributeError):
        return ""


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.argument("files", nargs=-1, required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--repository", envvar="GITHUB_REPOSITORY", required=True, metavar="OWNER/NAME")
@click.option("--pull-request", "number", type=int, required=True, metavar="NUMBER")
@click.option("--api", envvar="GITHUB_API_URL", default="https://api.github.com", show_default=True, metavar="URL")
@click.option("--author", default="github-actions[bot]", show_default=True, help="The login that the token writes as.")
def review_comment(*, files: tuple[Path, ...], repository: str, number: int, api: str, author: str) -> None:
    """Put reviews, as Markdown, into one comment on a pull request, and keep it up to date.

    The token is taken from GITHUB_TOKEN. Where no review has anything to tell and there is no comment yet, none is
    made.
    """
    token = os.environ.get("GITHUB_TOKEN", "")
    if not token:
        raise BadInputError("GITHUB_TOKEN is not set")
    try:
        texts = [file.read_text() for file in files]
    except OSError as cause:
        raise BadInputError(f"{cause.filename}: {cause.strerror}") from cause
    on = PullRequest(api.rstrip("/"), repository, number, token, author)
    try:
        done = on.upsert(combined(texts), is_new_wanted=not all(map(is_empty, texts)))
    except CommentError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"the comment on #{number}: {done}")
