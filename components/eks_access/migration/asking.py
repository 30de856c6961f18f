"""Asks the authenticator for principals, before and after a migration: with a session of each role that can be assumed.

It is the cluster's own answer to a token of the principal, and does not depend on how a plan reads aws-auth.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from botocore.exceptions import BotoCoreError, ClientError

from ..errors import EksAccessError
from ..kubernetes.client import Api, ApiError, UnreachableError
from ..model.arn import parse
from ..model.identity import RESERVED_PREFIXES
from ..redaction import redacted
from .plan import MADE, Plan
from .translation import PREFIX

SESSION_NAME = "eks-access-migrate"
_PATH = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
_REVIEW = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}


@dataclass(frozen=True)
class User:
    """What the cluster takes a principal for; of its groups those that entries may have."""

    username: str
    groups: frozenset[str]


@dataclass(frozen=True)
class Refused:
    """The cluster does not authenticate the principal."""


@dataclass(frozen=True)
class NotAsked:
    """No token of the principal could be made, or the cluster did not answer."""

    reason: str


Answer: TypeAlias = User | Refused | NotAsked


@dataclass(frozen=True)
class Asker:
    """Assumes roles with the operator's credentials. `connect` makes a client of the cluster with a role's.

    A session is kept: its access key and name may be parts of the username.
    """

    sts: Any
    connect: Callable[[Mapping[str, str]], Api]
    _apis: dict[str, Api] = field(default_factory=dict, init=False, repr=False)

    def ask(self, arns: Iterable[str]) -> dict[str, Answer]:
        """The cluster's answer for each of these principals."""
        return {arn: self._ask(arn) for arn in dict.fromkeys(arns)}

    def _ask(self, text: str) -> Answer:
        arn = parse(text)
        if arn is None or arn.kind != "role":
            return NotAsked("only a role can be assumed")
        try:
            if text not in self._apis:
                credentials = self.sts.assume_role(RoleArn=text, RoleSessionName=SESSION_NAME)["Credentials"]
                self._apis[text] = self.connect(credentials)
            user = self._apis[text].json("POST", _PATH, body=_REVIEW)["status"]["userInfo"]
        except ApiError as error:
            return Refused() if error.status == 401 else NotAsked(str(error))
        except (ClientError, BotoCoreError, UnreachableError, EksAccessError) as error:
            return NotAsked(redacted(str(error)))
        groups = frozenset(g for g in user.get("groups") or () if not g.startswith((*RESERVED_PREFIXES, PREFIX)))
        return User(user.get("username") or "", groups)


def find_changes(plan: Plan, before: Mapping[str, Answer], after: Mapping[str, Answer]) -> list[str]:
    """Where the cluster takes a principal for something else than before, as sentences."""
    # An entry without a username has one that EKS makes; the plan says so at the mapping.
    unnamed = {each.arn for each in plan.select(*MADE) if each.entry and not each.source.identity.username}
    found = []
    for arn, had in before.items():
        has = after[arn]
        if isinstance(had, NotAsked):
            continue
        if isinstance(has, User) and arn in unnamed:
            has = User(had.username if isinstance(had, User) else has.username, has.groups)
        if had != has:
            found.append(f"{arn} was {_describe(had)} before, and is {_describe(has)} now")
    return found


def _describe(answer: Answer) -> str:
    match answer:
        case User(username, groups):
            return f"user {username!r}" + (f" in groups {', '.join(sorted(groups))}" if groups else "")
        case Refused():
            return "refused"
        case NotAsked(reason):
            return f"not asked ({reason})"
