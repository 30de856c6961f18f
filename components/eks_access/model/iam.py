"""IAM policy documents as data: statements, valid names, and size limits."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import InvalidInputError
from .placeholders import is_known

TRUST_POLICY_LIMIT = 2048
"""Characters of a role's trust policy, the default of the quota "Role trust policy length".

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""
INLINE_POLICIES_LIMIT = 10_240
"""Characters of all inline policies of one role together; same page."""
ATTACHED_POLICIES_LIMIT = 10
"""Managed policies of one role, the default of the quota "Managed policies per role"; same page."""
SESSION_SECONDS = range(3600, 43_200 + 1)
"""MaxSessionDuration of a role. https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html"""

_SID = re.compile(r"[A-Za-z0-9]+")
_ACTION = re.compile(r"[a-z0-9-]+:[A-Za-z0-9]+")
_MANAGED_POLICY = re.compile(r"([\w+=,.@-]+/)*[\w+=,.@-]{1,128}", re.ASCII)
_ROLE_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
_ROLE_PATH = re.compile(r"/|/[\x21-\x7e]{1,510}/")

_OPERATOR = re.compile(
    r"(ForAllValues:|ForAnyValue:)?"
    r"(String(Not)?Equals(IgnoreCase)?|String(Not)?Like|Numeric(Not)?Equals|(Numeric|Date)(LessThan|GreaterThan)(Equals)?"
    r"|Date(Not)?Equals|Bool|BinaryEquals|(Not)?IpAddress|Arn(Not)?(Equals|Like))(IfExists)?|Null",
    re.IGNORECASE,
)
_LITERAL = re.compile(r"(.*:)?String(Not)?Equals(IgnoreCase)?(IfExists)?", re.IGNORECASE)
"""Operators that take `*` and `?` literally. ArnEquals takes them as ArnLike does.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html"""

Conditions = Mapping[str, Mapping[str, str | list[str]]]


@dataclass(frozen=True)
class Statement:
    """One statement of an identity policy. `why` is for reviewers: what the integration needs it for."""

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    why: str = ""
    effect: str = "Allow"
    conditions: Conditions = field(default_factory=dict)

    def json(self) -> dict[str, Any]:
        statement: dict[str, Any] = {
            "Sid": self.sid,
            "Effect": self.effect,
            "Action": list(self.actions),
            "Resource": list(self.resources),
        }
        return statement | ({"Condition": dict(self.conditions)} if self.conditions else {})


@dataclass(frozen=True)
class ManagedPolicy:
    """A policy that AWS manages, by its name and path: `SecurityAudit`, `service-role/AWSConfigRole`.

    AWS extends it as its services grow, so it grants more than was reviewed.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html#aws-managed-policies
    """

    name: str
    why: str = ""

    def arn(self, partition: str) -> str:
        return f"arn:{partition}:iam::aws:policy/{self.name}"


def validate_managed_policies(path: str, policies: Sequence[ManagedPolicy]) -> None:
    """Validates names, and that there are not too many for one role.

    Raises:
        InvalidInputError: one is no name of a policy of AWS, or twice, or they are more than IAM attaches.
    """
    for index, policy in enumerate(policies):
        if not _MANAGED_POLICY.fullmatch(policy.name):
            raise InvalidInputError(
                f"{path}[{index}].name",
                policy.name,
                "is not the name of a policy that AWS manages",
                "Give what follows `:policy/` in its ARN, as in SecurityAudit; statements of your own belong in"
                " `statements`.",
            )
    names = [policy.name for policy in policies]
    if len(set(names)) != len(names):
        raise InvalidInputError(path, names, "names a policy twice")
    if len(policies) > ATTACHED_POLICIES_LIMIT:
        raise InvalidInputError(
            path, len(policies), f"is more than the {ATTACHED_POLICIES_LIMIT} policies that IAM attaches to a role"
        )


def validate_extra_statements(path: str, items: Iterable[Mapping[str, Any]]) -> tuple[Statement, ...]:
    """Validates the user's own statements, which must name single actions.

    Raises:
        InvalidInputError: a statement has no action, no resource or an invalid name, or an action is a pattern.
    """
    statements = []
    for index, each in enumerate(items):
        item = f"{path}[{index}]"
        if not _SID.fullmatch(each["sid"]):
            raise InvalidInputError(
                f"{item}.sid", each["sid"], "is not a valid statement id: only letters and digits are allowed"
            )
        for part in ("actions", "resources"):
            if not each[part]:
                raise InvalidInputError(f"{item}.{part}", None, "is empty")
        for position, action in enumerate(each["actions"]):
            if not _ACTION.fullmatch(action):
                raise InvalidInputError(
                    f"{item}.actions[{position}]",
                    action,
                    "is not one action, such as eks:ListClusters; a wildcard would grant actions never reviewed",
                )
        statements.append(Statement(each["sid"], tuple(each["actions"]), tuple(each["resources"]), each["why"]))
    return tuple(statements)


def find_condition_fault(conditions: Conditions) -> str | None:
    """What is wrong with the first condition that IAM would refuse, or that no request could meet; None if none is."""
    for operator, keys in conditions.items():
        if not _OPERATOR.fullmatch(operator):
            return f"{operator!r} is not an operator of IAM's conditions, such as StringEquals or ArnLike"
        for key, values in keys.items():
            if ":" not in key:
                return f"{key!r} is not a condition key, such as aws:SourceAccount"
            for value in [values] if isinstance(values, str) else values:
                if _LITERAL.fullmatch(operator) and re.search(r"(?<!\$\{)[*?]", value):
                    like = re.sub("Equals", "Like", re.sub("(?i)IgnoreCase", "", operator), flags=re.IGNORECASE)
                    return f"{value!r} has a wildcard, which {operator} takes literally: {key} needs {like}"
    return None


def validate_unique_sids(path: str, statements: Iterable[Statement]) -> None:
    """Validates that statement ids are unique, which IAM requires within a policy."""
    seen: set[str] = set()
    for statement in statements:
        if statement.sid in seen:
            raise InvalidInputError(
                path, statement.sid, "is the id of another statement of this policy", "Choose another."
            )
        seen.add(statement.sid)


def build_document(statements: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """A policy document with these statements."""
    return {"Version": "2012-10-17", "Statement": [dict(statement) for statement in statements]}


def compact(policy: Mapping[str, Any]) -> str:
    """The document as IAM stores and measures it: without white space."""
    return json.dumps(policy, separators=(",", ":"), ensure_ascii=False)


def compact_text(text: str) -> str:
    """The text as it is inside of a document in that form."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def validate_size(what: str, policy: Mapping[str, Any], limit: int) -> None:
    """Validates a document's size in bytes as IAM counts it, without white space.

    Raises:
        InvalidInputError: it is larger than `limit`; the message names the largest statement.
    """
    size = len(compact(policy).encode())
    if size <= limit:
        return
    largest = max(policy["Statement"], key=lambda statement: len(compact(statement)))
    raise InvalidInputError(
        what,
        f"{size} bytes",
        f"is over IAM's limit of {limit}",
        f"The largest statement is {largest.get('Sid') or compact(largest)[:80]!r} with"
        f" {len(compact(largest).encode())} bytes: name fewer principals or resources, or split the integration.",
    )


def validate_role_name(path: str, name: str) -> str:
    """Validates a role name: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html"""
    if is_known(name) and not _ROLE_NAME.fullmatch(name):
        raise InvalidInputError(path, name, "is not a role name: 1 to 64 letters, digits and _+=,.@- are allowed")
    return name


def validate_role_path(path: str, role_path: str) -> str:
    if is_known(role_path) and not _ROLE_PATH.fullmatch(role_path):
        raise InvalidInputError(
            path, role_path, "is not a role path: it must be / or begin and end with /, as in /vendors/"
        )
    if role_path.startswith("/aws-service-role/"):
        raise InvalidInputError(path, role_path, "is the path of service-linked roles, which only AWS services manage")
    return role_path


def validate_session_seconds(path: str, seconds: int) -> int:
    if seconds not in SESSION_SECONDS:
        raise InvalidInputError(
            path,
            seconds,
            f"is outside IAM's range of {SESSION_SECONDS.start} to {SESSION_SECONDS.stop - 1} seconds",
        )
    return seconds
