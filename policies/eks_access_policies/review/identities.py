"""The IAM roles and users of a stack, each with all of its policies. Pure.

A policy is the role's own, a resource of its own that names the role, or attached to it by ARN. One whose document is
not in the stack is known by its ARN alone.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..access.principals import ROLE, USER
from ..documents import Kind, documents
from ..iam import Statement, parse
from ..stack import Resource, Stack, Value, is_unknown
from ..stack.values import holds_unknown, items, text
from .words import code

_INLINE = {
    "aws:iam/rolePolicy:RolePolicy": "role",
    "aws:iam/userPolicy:UserPolicy": "user",
    "aws-native:iam:RolePolicy": "roleName",
    "aws-native:iam:UserPolicy": "userName",
}
_ATTACHED = {
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": "role",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment": "user",
}
_MANAGED = ("aws:iam/policy:Policy", "aws-native:iam:ManagedPolicy")
_MANY = "aws:iam/policyAttachment:PolicyAttachment"


@dataclass
class Identity:
    """One role or user. `unknown` are parts that are not known yet, or hidden, in words."""

    resource: Resource
    trust: tuple[Statement, ...] | None = ()
    statements: list[Statement] = field(default_factory=list)
    managed: set[str] = field(default_factory=set)
    boundary: str | None = None
    unknown: list[str] = field(default_factory=list)


def identities(stack: Stack) -> dict[str, Identity]:
    """Every role and user of the stack, by URN."""
    return _Identities(stack).found


class _Identities:
    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self.found = {resource.urn: self._own(resource) for resource in stack.of_type(*ROLE, *USER)}
        self._by_name: dict[tuple[str, str], list[str]] = defaultdict(list)
        for urn, each in self.found.items():
            kind = "user" if each.resource.type in USER else "role"
            for name in {text(each.resource.get(key)) for key in ("name", "roleName", "userName")} - {None}:
                self._by_name[kind, str(name)].append(urn)
        self._policies = {arn: each for each in stack.of_type(*_MANAGED) if (arn := _arn(each))}
        for kind, of in _INLINE.items():
            for resource in stack.of_type(kind):
                for identity in self._owners(resource, of):
                    self._add(identity, resource)
        for kind, of in _ATTACHED.items():
            for resource in stack.of_type(kind):
                for identity in self._owners(resource, of):
                    self._attach(identity, resource, resource.get("policyArn"), "policyArn")
        for resource in stack.of_type(_MANY):
            for of in ("roles", "users"):
                for identity in self._owners(resource, of):
                    self._attach(identity, resource, resource.get("policyArn"), "policyArn")
        for identity in self.found.values():
            for arn in items(identity.resource.get("managedPolicyArns")):
                self._attach(identity, identity.resource, arn, "managedPolicyArns")

    def _own(self, resource: Resource) -> Identity:
        """What the role or user has in itself."""
        identity = Identity(resource, boundary=text(resource.get("permissionsBoundary")) or None)
        if holds_unknown(resource.get("permissionsBoundary")):
            identity.unknown.append("its permissions boundary is hidden or not known before the deployment")
        self._add(identity, resource)
        return identity

    def _add(self, identity: Identity, resource: Resource) -> None:
        """Take the documents of a resource for the identity's."""
        for placed in documents(resource):
            what = "its trust policy" if placed.kind is Kind.TRUST else f"the {placed.kind.value} {code(resource.name)}"
            if not placed.is_known:
                identity.unknown.append(f"{what} is hidden or not known before the deployment")
            found = parse(placed.value).statements if placed.is_known else None
            if placed.kind is Kind.TRUST:
                identity.trust = found
            else:
                identity.statements += found or ()
            if found == () and placed.value:
                identity.unknown.append(f"{what} is no policy document that can be read")

    def _owners(self, resource: Resource, of: str) -> Iterator[Identity]:
        """The roles or users that a policy's resource names, or takes the name of."""
        urns: dict[str, None] = {}
        value = resource.get(of)
        for name in items(value):
            urns.update(dict.fromkeys(self._by_name.get((_kind(of), text(name) or ""), ())))
        if not urns or holds_unknown(value):
            urns.update(dict.fromkeys(each.urn for each in self._stack.sources(resource, of)))
        yield from (self.found[urn] for urn in urns if urn in self.found)

    def _attach(self, identity: Identity, resource: Resource, arn: Value, name: str) -> None:
        policy = self._policies.get(text(arn) or "")
        if policy is None and is_unknown(arn):
            policy = next((each for each in self._stack.sources(resource, name) if each.type in _MANAGED), None)
        if policy is not None:
            self._add(identity, policy)
        elif known := text(arn):
            identity.managed.add(known)
        else:
            identity.unknown.append(
                f"the policy that {code(resource.name)} attaches to it is not known before the deployment"
            )


def _kind(of: str) -> str:
    return "user" if of.startswith("user") else "role"


def _arn(resource: Resource) -> str | None:
    return text(resource.get("arn")) or text(resource.get("policyArn"))
