"""One check for undeclared permissions of the role: reads each of its policies and compares it with the description.

A statement is declared if the description allows each of its actions on each of its resources, under no more conditions
than the statement has.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import unquote

from ..checks.aws_errors import call_aws
from ..checks.check import Check
from ..checks.undeclared import CALL, LABEL, MAX_SHOWN, TARGET
from ..identity.assume_role import Actor
from ..identity.aws_clients import Aws
from ..outcome import Answer, Plane, Question, Verdict
from .evaluation import classify_operator_error, mark_evaluated

Statement = Mapping[str, Any]


@dataclass(frozen=True)
class Policy:
    """An inline or attached policy of the role."""

    name: str
    statements: tuple[Statement, ...]


def build_check(aws: Aws, operator: Actor) -> Check:
    """The role's policies must not grant more than the description."""
    question = Question(
        operator.name,
        Plane.AWS,
        CALL,
        TARGET,
        False,
        "the description does not grant it: another policy, a wider statement or a missing Deny does",
        label=LABEL,
    )

    def ask() -> Answer:
        found = list(find_undeclared(load_policies(aws, operator), operator.access.statements))
        if not found:
            return Answer(Verdict.DENIED, None, "", "the role's policies are those of the description")
        more = f"; and {len(found) - MAX_SHOWN} more" if len(found) > MAX_SHOWN else ""
        return Answer(Verdict.ALLOWED, None, "", "; ".join(found[:MAX_SHOWN]) + more)

    return Check(
        mark_evaluated(question, "the role's policies as they are"), lambda: call_aws(ask, classify_operator_error)
    )


def find_undeclared(policies: Sequence[Policy], declared: Sequence[Statement]) -> Iterator[str]:
    """Describes each permission that the policies grant and the description does not, and each missing Deny."""
    allowed = [each for each in declared if each["Effect"] == "Allow"]
    for policy in policies:
        for statement in policy.statements:
            if statement.get("Effect") != "Allow" or any(_are_equal(statement, one) for one in declared):
                continue
            if "NotAction" in statement or "NotResource" in statement:
                yield f"policy {policy.name} allows everything except what it lists"
                continue
            for action in as_strings(statement.get("Action")):
                resources = [
                    r for r in as_strings(statement.get("Resource")) if not _is_declared(action, r, statement, allowed)
                ]
                if resources:
                    yield f"policy {policy.name} allows {action} on {', '.join(resources)}"
    attached = [statement for policy in policies for statement in policy.statements]
    for deny in declared:
        if deny["Effect"] == "Deny" and not any(_are_equal(deny, statement) for statement in attached):
            yield f"the Deny {deny.get('Sid', 'of the description')} is missing"


def as_strings(value: object) -> list[str]:
    """The value of a policy element, which is a string or a list of strings."""
    return [value] if isinstance(value, str) else [str(each) for each in value] if isinstance(value, list) else []


def _is_declared(action: str, resource: str, statement: Statement, allowed: Sequence[Statement]) -> bool:
    return any(
        any(fnmatchcase(action.lower(), pattern.lower()) for pattern in as_strings(one["Action"]))
        and any(fnmatchcase(resource, pattern) for pattern in as_strings(one["Resource"]))
        and _has_no_more_conditions(one, statement)
        for one in allowed
    )


def _has_no_more_conditions(declared: Statement, statement: Statement) -> bool:
    conditions, actual = declared.get("Condition") or {}, statement.get("Condition") or {}
    return all(
        _normalize_keys(actual.get(operator) or {}).items() >= _normalize_keys(keys).items()
        for operator, keys in conditions.items()
    )


def _normalize_keys(keys: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {key: tuple(sorted(as_strings(value))) for key, value in keys.items()}


def _are_equal(one: Statement, other: Statement) -> bool:
    return _normalize(one) == _normalize(other)


def _normalize(statement: Statement) -> dict[str, Any]:
    parts = {key: value for key, value in statement.items() if key not in ("Sid", "Condition")}
    conditions = {operator: _normalize_keys(keys) for operator, keys in (statement.get("Condition") or {}).items()}
    return {key: sorted(as_strings(value)) for key, value in parts.items()} | {"Condition": conditions}


def load_policies(aws: Aws, operator: Actor) -> list[Policy]:
    """The role's inline and attached policies, in their versions in force; without AWS's own that are declared."""
    iam, role = aws.client("iam", operator.region, operator.operator_keys()), operator.access.role.name
    declared = {policy.arn for policy in operator.access.managed_policies}
    found = []
    for page in iam.get_paginator("list_role_policies").paginate(RoleName=role):
        for name in page["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            found.append(Policy(name, _parse_statements(document)))
    for page in iam.get_paginator("list_attached_role_policies").paginate(RoleName=role):
        for attached in page["AttachedPolicies"]:
            arn = attached["PolicyArn"]
            if arn in declared:
                continue
            version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
            document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
            found.append(Policy(attached["PolicyName"], _parse_statements(document)))
    return found


def _parse_statements(document: object) -> tuple[Statement, ...]:
    parsed = json.loads(unquote(document)) if isinstance(document, str) else document
    statements = parsed.get("Statement", []) if isinstance(parsed, Mapping) else []
    return (statements,) if isinstance(statements, Mapping) else tuple(statements)
