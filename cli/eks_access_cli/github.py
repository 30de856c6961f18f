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
from eks_access_policies.review.pull_request.comment import Comment

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

    def is_outdated(self, head: str) -> bool:
        """Whether the pull request has another head commit by now.

        Raises:
            GitHubError
        """
        current = self._request("GET", f"pulls/{self.number}")
        return bool((current.get("head") or {}).get("sha") != head)

    def upsert_comment(self, comment: Comment, *, create: bool = True) -> str:
        """Creates or updates the one comment with this marker; returns what was done.

        A comment that a later run wrote stays. Without `create` only an existing one is updated. Nothing is deleted: of
        several comments with the marker, as two runs at once may create them, the oldest is kept up to date, and the
        others refer to it.

        Raises:
            GitHubError
        """
        own = list(self._own_comments(comment.marker))
        if any(comment.is_superseded_by(each["body"]) for each in own):
            return "a later run wrote it"
        if not own:
            if not create:
                return "no change to report"
            self._request("POST", f"issues/{self.number}/comments", {"body": comment.body})
            return "created"
        first, *duplicates = own
        for duplicate in duplicates:
            self._update(duplicate, comment.refer_to(first.get("html_url", "")))
        return "updated" if self._update(first, comment.body) else "unchanged"

    def _update(self, existing: dict[str, Any], body: str) -> bool:
        """Replaces a comment's text if it differs; returns whether it did."""
        # GitHub writes line ends its own way.
        if existing["body"].replace("\r\n", "\n").strip() == body.strip():
            return False
        self._request("PATCH", f"issues/comments/{existing['id']}", {"body": body})
        return True

    def _own_comments(self, marker: str) -> Iterator[dict[str, Any]]:
        for page in range(1, _PAGES + 1):
            comments = self._request("GET", f"issues/{self.number}/comments?per_page={_PAGE_SIZE}&page={page}")
            for comment in comments:
                is_marked = str(comment.get("body") or "").partition("\n")[0].rstrip() == marker
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
