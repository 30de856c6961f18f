"""The IAM roles, users and groups of a stack, each with all of its policies. Pure.

A policy is the role's own, a resource of its own that names the role, or attached to it by ARN. One whose document is
not in the stack is known by its ARN alone.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..iam import Statement, parse_document
from ..stack import Resource, Stack, Value, is_unknown
from ..stack.documents import ATTACHMENTS, Kind, Placed, document_text, documents
from ..stack.values import holds_unknown, items, text
from .principals import ROLE, USER

GROUP = ("aws:iam/group:Group", "aws-native:iam:Group")
_INLINE = {
    "aws:iam/rolePolicy:RolePolicy": "role",
    "aws:iam/userPolicy:UserPolicy": "user",
    "aws-native:iam:RolePolicy": "roleName",
    "aws-native:iam:UserPolicy": "userName",
    "aws:iam/groupPolicy:GroupPolicy": "group",
    "aws-native:iam:GroupPolicy": "groupName",
}
_MANAGED = ("aws:iam/policy:Policy", "aws-native:iam:ManagedPolicy")
_MANY = "aws:iam/policyAttachment:PolicyAttachment"


@dataclass
class Identity:
    """One role, user or group."""

    resource: Resource
    trust: tuple[Statement, ...] | None = ()
    """The statements of its trust policy; None where that is not known, or secret."""
    policies: list[str] = field(default_factory=list)
    """The documents of its policies, as far as they are known."""
    managed: set[str] = field(default_factory=set)
    """ARNs of policies whose documents are not in the stack."""
    boundary: str | None = None
    unknown: list[tuple[str, str]] = field(default_factory=list)
    """What is not known yet, or is secret: which kind of thing, and the name of the resource that has it."""

    @property
    def statements(self) -> tuple[Statement, ...]:
        return tuple(statement for each in self.policies for statement in parse_document(each).statements)


def identities(stack: Stack) -> dict[str, Identity]:
    """Every role, user and group of the stack, by URN."""
    return _Identities(stack).found


class _Identities:
    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self.found = {resource.urn: self._own(resource) for resource in stack.of_type(*ROLE, *USER, *GROUP)}
        self._by_name: dict[tuple[str, str], list[str]] = defaultdict(list)
        for urn, each in self.found.items():
            kind = _kind(each.resource.type)
            given = (text(each.resource.get(key)) for key in ("name", "roleName", "userName", "groupName"))
            for name in {name for name in given if name} or {each.resource.name}:
                self._by_name[kind, name].append(urn)
        self._policies = {arn: each for each in stack.of_type(*_MANAGED) if (arn := _arn(each))}
        for kind, of in _INLINE.items():
            for resource in stack.of_type(kind):
                for identity in self._owners(resource, of):
                    self._add(identity, resource)
        for kind, of in ATTACHMENTS.items():
            for resource in stack.of_type(kind):
                for identity in self._owners(resource, of):
                    self._add(identity, resource)
                    self._attach(identity, resource, resource.get("policyArn"), "policyArn")
        for resource in stack.of_type(_MANY):
            for of in ("roles", "users", "groups"):
                for identity in self._owners(resource, of):
                    self._attach(identity, resource, resource.get("policyArn"), "policyArn")
        for identity in self.found.values():
            for arn in items(identity.resource.get("managedPolicyArns")):
                self._attach(identity, identity.resource, arn, "managedPolicyArns")

    def _own(self, resource: Resource) -> Identity:
        """What it has in itself."""
        identity = Identity(resource, boundary=text(resource.get("permissionsBoundary")) or None)
        if holds_unknown(resource.get("permissionsBoundary")):
            identity.unknown.append(("permissions boundary", resource.name))
        self._add(identity, resource)
        return identity

    def _add(self, identity: Identity, resource: Resource) -> None:
        """Take the documents of a resource for the identity's."""
        for placed in documents(resource):
            known = placed.is_known and not self._is_secret(placed, resource)
            if not known:
                identity.unknown.append((placed.kind.value, resource.name))
            if placed.kind is Kind.TRUST:
                identity.trust = parse_document(placed.value).statements if known else None
            elif known:
                identity.policies.append(document_text(placed))

    def _is_secret(self, placed: Placed, resource: Resource) -> bool:
        """Whether a part of it must never be told."""
        written = document_text(placed)
        return placed.name.partition("[")[0] in resource.secrets or self._stack.redacted(written) != written

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
        own = self._policies.get(text(arn) or "")
        # An attachment has one policy; a list on the identity itself may have others beside it.
        linked = is_unknown(arn) or resource is not identity.resource
        made = [each for each in self._stack.sources(resource, name) if each.type in _MANAGED] if linked else []
        if own is not None or made:
            for policy in (own,) if own is not None else made:
                self._add(identity, policy)
        elif known := text(arn):
            identity.managed.add(known)
        else:
            identity.unknown.append(("attached policy", resource.name))


def _kind(of: str) -> str:
    """Which kind of identity a type, or the property that names one, is about."""
    named = of.rpartition(":")[2].lower()
    return next((kind for kind in ("user", "group") if named.startswith(kind)), "role")


def _arn(resource: Resource) -> str | None:
    return text(resource.get("arn")) or text(resource.get("policyArn"))
