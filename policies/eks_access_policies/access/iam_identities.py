"""Finds the IAM roles, users and groups of a stack, each with all of its policies. Pure.

A policy is part of the role's resource, a separate resource that names the role, or attached to it by ARN. If its
document is not in the stack, only the ARN is known.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..iam import Statement, parse_document
from ..stack import Resource, Stack, Value, is_unknown
from ..stack.documents import ATTACHMENTS, DocumentKind, PlacedDocument, find_documents, serialize_document
from ..stack.values import contains_unknown, items, text
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
_POLICY_ATTACHMENT = "aws:iam/policyAttachment:PolicyAttachment"


@dataclass
class Identity:
    """One role, user or group, with its policies."""

    resource: Resource
    trust: tuple[Statement, ...] | None = ()
    """The statements of its trust policy; None if it is unknown or secret."""
    policies: list[str] = field(default_factory=list)
    """The known documents of its policies."""
    managed: set[str] = field(default_factory=set)
    """ARNs of policies whose documents are not in the stack."""
    boundary: str | None = None
    unknown: list[tuple[str, str]] = field(default_factory=list)
    """What is unknown or secret, as pairs of its kind and the name of the resource that has it."""

    @property
    def statements(self) -> tuple[Statement, ...]:
        return tuple(statement for each in self.policies for statement in parse_document(each).statements)


def find_identities(stack: Stack) -> dict[str, Identity]:
    """Every role, user and group of the stack, by URN."""
    return _Identities(stack).found


class _Identities:
    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self.found = {resource.urn: self._create(resource) for resource in stack.of_type(*ROLE, *USER, *GROUP)}
        self._by_name: dict[tuple[str, str], list[str]] = defaultdict(list)
        for urn, each in self.found.items():
            kind = _kind(each.resource.type)
            names = (text(each.resource.get(key)) for key in ("name", "roleName", "userName", "groupName"))
            for name in {name for name in names if name} or {each.resource.name}:
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
        for resource in stack.of_type(_POLICY_ATTACHMENT):
            for of in ("roles", "users", "groups"):
                for identity in self._owners(resource, of):
                    self._attach(identity, resource, resource.get("policyArn"), "policyArn")
        for identity in self.found.values():
            for arn in items(identity.resource.get("managedPolicyArns")):
                self._attach(identity, identity.resource, arn, "managedPolicyArns")

    def _create(self, resource: Resource) -> Identity:
        """The identity with the policies of its own resource."""
        identity = Identity(resource, boundary=text(resource.get("permissionsBoundary")) or None)
        if contains_unknown(resource.get("permissionsBoundary")):
            identity.unknown.append(("permissions boundary", resource.name))
        self._add(identity, resource)
        return identity

    def _add(self, identity: Identity, resource: Resource) -> None:
        """Add the documents of a resource to the identity."""
        for placed in find_documents(resource):
            known = placed.is_known and not self._is_secret(placed, resource)
            if not known:
                identity.unknown.append((placed.kind.value, resource.name))
            if placed.kind is DocumentKind.TRUST:
                identity.trust = parse_document(placed.value).statements if known else None
            elif known:
                identity.policies.append(serialize_document(placed))

    def _is_secret(self, placed: PlacedDocument, resource: Resource) -> bool:
        """Whether a part of the document is secret and must not be shown."""
        written = serialize_document(placed)
        return placed.name.partition("[")[0] in resource.secrets or self._stack.redact(written) != written

    def _owners(self, resource: Resource, of: str) -> Iterator[Identity]:
        """The identities that a policy's resource names, or whose outputs it takes the name from."""
        urns: dict[str, None] = {}
        value = resource.get(of)
        for name in items(value):
            urns.update(dict.fromkeys(self._by_name.get((_kind(of), text(name) or ""), ())))
        if not urns or contains_unknown(value):
            urns.update(dict.fromkeys(each.urn for each in self._stack.sources(resource, of)))
        yield from (self.found[urn] for urn in urns if urn in self.found)

    def _attach(self, identity: Identity, resource: Resource, arn: Value, name: str) -> None:
        own = self._policies.get(text(arn) or "")
        # An attachment has one policy; a list on the identity itself may have several.
        linked = is_unknown(arn) or resource is not identity.resource
        created = [each for each in self._stack.sources(resource, name) if each.type in _MANAGED] if linked else []
        if own is not None or created:
            for policy in (own,) if own is not None else created:
                self._add(identity, policy)
        elif known := text(arn):
            identity.managed.add(known)
        else:
            identity.unknown.append(("attached policy", resource.name))


def _kind(of: str) -> str:
    """The kind of identity of a resource type, or of a property that names one."""
    named = of.rpartition(":")[2].lower()
    return next((kind for kind in ("user", "group") if named.startswith(kind)), "role")


def _arn(resource: Resource) -> str | None:
    return text(resource.get("arn")) or text(resource.get("policyArn"))
