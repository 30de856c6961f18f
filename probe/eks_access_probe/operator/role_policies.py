"""What the role's policies grant beyond the description: each policy of the role is read and compared.

A statement is accounted for where the description allows each of its actions on each of its resources, under no more
conditions than the statement has.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import unquote

from ..checks.aws_errors import asked
from ..checks.check import Check
from ..checks.undeclared import CALL, SHOWN, TARGET
from ..identity.assume_role import Actor
from ..identity.aws_clients import Aws
from ..outcome import Answer, Plane, Question, Verdict
from . import evaluated
from .aws import refused

Statement = Mapping[str, Any]


@dataclass(frozen=True)
class Policy:
    name: str
    statements: tuple[Statement, ...]


def check(aws: Aws, operator: Actor) -> Check:
    question = Question(
        operator.name,
        Plane.AWS,
        CALL,
        TARGET,
        False,
        "nobody decided on it: somebody else's policy, a wider statement, a guard that is gone",
    )

    def ask() -> Answer:
        found = list(beyond(_policies(aws, operator), operator.access.statements))
        if not found:
            return Answer(Verdict.DENIED, None, "", "the role's policies are those of the description")
        more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        return Answer(Verdict.ALLOWED, None, "", "; ".join(found[:SHOWN]) + more)

    return Check(evaluated(question, "the role's policies as they are"), lambda: asked(ask, refused))


def beyond(policies: Sequence[Policy], declared: Sequence[Statement]) -> Iterator[str]:
    """What the policies grant that the description does not, in words."""
    allowed = [each for each in declared if each["Effect"] == "Allow"]
    for policy in policies:
        for statement in policy.statements:
            if statement.get("Effect") != "Allow" or any(_same(statement, one) for one in declared):
                continue
            if "NotAction" in statement or "NotResource" in statement:
                yield f"policy {policy.name} allows all but what it names"
                continue
            for action in texts(statement.get("Action")):
                resources = [r for r in texts(statement.get("Resource")) if not _granted(action, r, statement, allowed)]
                if resources:
                    yield f"policy {policy.name} allows {action} on {', '.join(resources)}"
    there = [statement for policy in policies for statement in policy.statements]
    for guard in declared:
        if guard["Effect"] == "Deny" and not any(_same(guard, statement) for statement in there):
            yield f"the Deny {guard.get('Sid', 'of the description')} is gone"


def texts(value: object) -> list[str]:
    return [value] if isinstance(value, str) else [str(each) for each in value] if isinstance(value, list) else []


def _granted(action: str, resource: str, statement: Statement, allowed: Sequence[Statement]) -> bool:
    return any(
        any(fnmatchcase(action.lower(), pattern.lower()) for pattern in texts(one["Action"]))
        and any(fnmatchcase(resource, pattern) for pattern in texts(one["Resource"]))
        and _no_more_conditions(one, statement)
        for one in allowed
    )


def _no_more_conditions(declared: Statement, statement: Statement) -> bool:
    conditions, there = declared.get("Condition") or {}, statement.get("Condition") or {}
    return all(_flat(there.get(operator) or {}).items() >= _flat(keys).items() for operator, keys in conditions.items())


def _flat(keys: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {key: tuple(sorted(texts(value))) for key, value in keys.items()}


def _same(one: Statement, other: Statement) -> bool:
    return _normal(one) == _normal(other)


def _normal(statement: Statement) -> dict[str, Any]:
    parts = {key: value for key, value in statement.items() if key not in ("Sid", "Condition")}
    conditions = {operator: _flat(keys) for operator, keys in (statement.get("Condition") or {}).items()}
    return {key: sorted(texts(value)) for key, value in parts.items()} | {"Condition": conditions}


def _policies(aws: Aws, operator: Actor) -> list[Policy]:
    """Inline and attached ones, as they are in force."""
    iam, role = aws.client("iam", operator.region, operator.operator_keys()), operator.access.role.name
    found = []
    for page in iam.get_paginator("list_role_policies").paginate(RoleName=role):
        for name in page["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            found.append(Policy(name, _statements(document)))
    for page in iam.get_paginator("list_attached_role_policies").paginate(RoleName=role):
        for attached in page["AttachedPolicies"]:
            arn = attached["PolicyArn"]
            version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
            document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
            found.append(Policy(attached["PolicyName"], _statements(document)))
    return found


def _statements(document: object) -> tuple[Statement, ...]:
    parsed = json.loads(unquote(document)) if isinstance(document, str) else document
    statements = parsed.get("Statement", []) if isinstance(parsed, Mapping) else []
    return (statements,) if isinstance(statements, Mapping) else tuple(statements)
