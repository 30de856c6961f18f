"""Mutations of a role's policies: one more action on the resource of a call, or one less."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from eks_access.manifest.models import AwsExpectation
from eks_access_probe.operator.simulation_request import (
    ANY_ID,
    AmbiguousRequestError,
    SimulationRequest,
    build_simulation_request,
)
from tests.mutation.bench import Bench, Line, Tally, until

NAME = "mutation"
OWN = "eks-access"
REGION = "us-east-1"


def try_all(bench: Bench, tally: Tally, name: str, wanted: Sequence[Line[AwsExpectation]] | None = None) -> None:
    """Each AWS check of the integration, or the wanted ones, by the mutation that must make it fail."""
    lines = bench.aws_lines(name)
    assert bench.not_holding(lines) == set(), f"{name} passes before"
    role, iam = bench.access(name).role.name, bench.sandbox.boto("iam")
    for line in wanted or lines:
        e = line.expectation
        effect = "Deny" if e.allowed else "Allow"
        expected = {
            other.call
            for other in lines
            if other.expectation.allowed is e.allowed and _about(bench, other.expectation) == _about(bench, e)
        }
        if guard := _guard(bench, name, e):
            expected = {line.call}
        mutated = _with_own(iam, role, guard) if guard else _with_statement(iam, role, effect, e.action, bench, e)
        bench.try_out(tally, name, line, lines, expected, mutated)
    assert until(lambda: bench.not_holding(lines) == set()), f"{name} passes after"


def _about(bench: Bench, e: AwsExpectation) -> tuple[str, tuple[str, ...]]:
    """The action and the resource of the call; `*` if it has several or does not name one."""
    asked = _requested(bench, e)
    return e.action, asked.resources if asked and len(asked.resources) == 1 else ("*",)


def _requested(bench: Bench, e: AwsExpectation) -> SimulationRequest | None:
    manifest = bench.manifest
    try:
        return build_simulation_request(
            e.action,
            e.parameters,
            partition=manifest.partition,
            account=manifest.account,
            region=e.region or REGION,
        )
    except AmbiguousRequestError:
        return None


def _guard(bench: Bench, name: str, e: AwsExpectation) -> dict[str, Any] | None:
    """The role's own policy without the values that deny this call, if a Deny with a condition does."""
    asked, found = _requested(bench, e), False
    if e.allowed or asked is None:
        return None
    statements = json.loads(json.dumps(bench.access(name).statements))
    for statement in statements:
        if statement["Effect"] == "Deny" and e.action in statement["Action"]:
            for keys in statement.get("Condition", {}).values():
                for key, values in keys.items():
                    refused = set(asked.context.get(key, ())) & set(values)
                    found = found or bool(refused)
                    keys[key] = [value for value in values if value not in refused] or ["nothing"]
    return {"Version": "2012-10-17", "Statement": statements} if found else None


@contextmanager
def _with_statement(iam: Any, role: str, effect: str, action: str, bench: Bench, e: AwsExpectation) -> Iterator[None]:
    resources = [arn.replace(ANY_ID, "*") for arn in _about(bench, e)[1]]
    statement = {"Effect": effect, "Action": action, "Resource": resources}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(RoleName=role, PolicyName=NAME, PolicyDocument=document)
    try:
        yield
    finally:
        iam.delete_role_policy(RoleName=role, PolicyName=NAME)


@contextmanager
def _with_own(iam: Any, role: str, document: dict[str, Any]) -> Iterator[None]:
    before = iam.get_role_policy(RoleName=role, PolicyName=OWN)["PolicyDocument"]
    iam.put_role_policy(RoleName=role, PolicyName=OWN, PolicyDocument=json.dumps(document))
    try:
        yield
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=OWN, PolicyDocument=json.dumps(before))
