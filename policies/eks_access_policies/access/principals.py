"""Resolves an ARN, or a value that is still unknown, to a principal: by URN in the stack, otherwise by ARN."""

from collections.abc import Mapping
from functools import cached_property

from eks_access.model import arn as arns

from ..stack import Resource, Stack, is_unknown
from ..stack.values import text
from .model import Principal

ROLE = ("aws:iam/role:Role", "aws-native:iam:Role")
USER = ("aws:iam/user:User", "aws-native:iam:User")
_MAX_STEPS = 10
"""An ARN may be the output of other resources, such as the access entry that an association names."""


class Principals:
    """The principals that a stack's resources name."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    def of(self, resource: Resource, name: str = "principalArn") -> Principal:
        """The principal that a property of the resource names."""
        value = resource.get(name)
        arn = text(value)
        if arn:
            return self.by_arn(arn)
        source = self._source(resource, name) if is_unknown(value) or value is None else None
        if source is None:
            return Principal(f"{resource.urn}#{name}", "not known yet", is_unknown=True)
        return self.of_source(source)

    def by_arn(self, arn: str) -> Principal:
        key = canonicalize(arn)
        if key in self._by_arn:
            return self.of_source(self._by_arn[key])
        parsed = arns.parse(arn.strip())
        return Principal(key, parsed.name if parsed else arn, arn, _kind(parsed))

    def of_source(self, source: Resource) -> Principal:
        """The principal of a role or user of the stack."""
        name = text(source.get("name")) or text(source.get("roleName")) or source.name
        return Principal(source.urn, name, text(source.get("arn")) or "", "user" if source.type in USER else "role")

    def _source(self, resource: Resource, name: str) -> Resource | None:
        for _ in range(_MAX_STEPS):
            found = list(self._stack.sources(resource, name))
            mine = [each for each in found if each.type in (*ROLE, *USER)]
            if mine:
                return mine[0]
            onward = [each for each in found if "principalArn" in each.properties or "roleArn" in each.properties]
            if not onward:
                return None
            resource = onward[0]
            if text(resource.get("principalArn")):
                return self._by_arn.get(canonicalize(text(resource.get("principalArn")) or ""))
            name = "principalArn" if "principalArn" in resource.properties else "roleArn"
        return None

    @cached_property
    def _by_arn(self) -> Mapping[str, Resource]:
        return {
            canonicalize(arn): resource
            for resource in self._stack.of_type(*ROLE, *USER)
            for arn in [text(resource.get("arn"))]
            if arn
        }


def canonicalize(arn: str) -> str:
    """Normalize an ARN so that all ARNs of one principal are equal: a session as its role, no path, lower case.

    IAM has no two roles whose names differ in case or path only, and aws-auth has roles without their paths.
    """
    parsed = arns.parse(arn.strip())
    if parsed is None:
        return arn.strip().lower()
    if parsed.service == "sts" and parsed.kind == "assumed-role":
        role = parsed.resource.split("/")[1]
        return f"arn:{parsed.partition}:iam::{parsed.account}:role/{role}".lower()
    return str(parsed.without_path()).lower()


def _kind(arn: arns.Arn | None) -> str:
    if arn is None or arn.service not in ("iam", "sts"):
        return "principal"
    return "role" if arn.kind in ("role", "assumed-role") else arn.kind
