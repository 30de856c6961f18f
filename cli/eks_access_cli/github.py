"""GitHub's API, as far as one comment on a pull request needs it.

The comment is found by a hidden marker and by its author: anyone may write the marker into a comment of their own, and
could change that comment afterwards.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import urllib3

from eks_access.errors import EksAccessError

_PAGES = 50
_PAGE_SIZE = 100
_SECONDS = 30.0


class GitHubError(EksAccessError):
    """GitHub did not accept a request, or did not answer."""


@dataclass(frozen=True)
class PullRequest:
    """A pull request. `author` is the login that `token` writes as."""

    api: str
    repository: str
    number: int
    token: str
    author: str

    def upsert_comment(self, marker: str, text: str, *, create: bool = True) -> str:
        """Creates or updates the one comment with this marker; returns what was done.

        Further comments of the author with the marker are deleted. Without `create` only an existing one is updated.

        Raises:
            GitHubError
        """
        own = list(self._own_comments(marker))
        body = f"{marker}\n{text}"
        for duplicate in own[1:]:
            self._request("DELETE", f"issues/comments/{duplicate['id']}")
        if not own:
            if not create:
                return "no change to report"
            self._request("POST", f"issues/{self.number}/comments", {"body": body})
            return "created"
        # GitHub writes line ends its own way.
        if own[0]["body"].replace("\r\n", "\n").strip() == body.strip():
            return "unchanged"
        self._request("PATCH", f"issues/comments/{own[0]['id']}", {"body": body})
        return "updated"

    def _own_comments(self, marker: str) -> Iterator[dict[str, Any]]:
        for page in range(1, _PAGES + 1):
            comments = self._request("GET", f"issues/{self.number}/comments?per_page={_PAGE_SIZE}&page={page}")
            for comment in comments:
                is_marked = str(comment.get("body", "")).startswith(marker)
                if is_marked and (comment.get("user") or {}).get("login") == self.author:
                    yield comment
            if len(comments) < _PAGE_SIZE:
                return

    def _request(self, method: str, path: str, body: object | None = None) -> Any:
        try:
            response = urllib3.request(
                method,
                f"{self.api}/repos/{self.repository}/{path}",
                headers={
                    "Accept": "application/vnd.github+json",
                    "Authorization": f"Bearer {self.token}",
                    "X-GitHub-Api-Version": "2022-11-28",
                },
                body=None if body is None else json.dumps(body).encode(),
                timeout=_SECONDS,
                retries=False,
            )
        except urllib3.exceptions.HTTPError as cause:
            raise GitHubError(f"{method} {path}: {type(cause).__name__}") from cause
        if response.status >= 400:
            raise GitHubError(f"{method} {path}: {response.status} {_message(response.data)}")
        return json.loads(response.data) if response.data else None


def _message(data: bytes) -> str:
    try:
        return str(json.loads(data).get("message", ""))
    except (ValueError, AttributeError):
        return ""
