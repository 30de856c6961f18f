"""The state of a stack whose deployment was interrupted, as `pulumi stack export` prints it."""

from typing import Any

URN = "urn:pulumi:dev::p::t::"


def operation(kind: str, name: str, inputs: dict[str, Any], what: str = "creating") -> dict[str, Any]:
    return {"type": what, "resource": {"urn": URN + name, "type": kind, "custom": True, "inputs": inputs}}


def state(*operations: dict[str, Any]) -> dict[str, Any]:
    return {"version": 3, "deployment": {"resources": [{"urn": URN + "stack"}], "pending_operations": list(operations)}}
