"""Finds the IAM identities that a stack gives rights to, each with all of its policies. Pure.

They are the roles, users, groups and permission sets of the stack, those that its resources only name, and everyone who
has one of its managed policies. A policy is part of the identity's resource, a separate resource that names the
identity, or attached to it by ARN. A user has the policies of its groups, too.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import lru_cache, partial

from ...stack import Resource, Stack
from ...stack.attachments import (
    ATTACHMENTS,
    BOUNDARIES,
    EXCLUSIVE_INLINE_POLICIES,
    INLINE_POLICIES,
    MEMBERSHIPS,
    OWN_ATTACHMENTS,
    IdentityKind,
)
from ...stack.documents import DocumentKind, PlacedDocument, find_documents, is_given, serialize_document
from ...stack.values import text
from .attached_policies import ManagedPolicies, find_policy_name, list_elements
from .model import NOT_KNOWN_YET, Gap, Identity, Malformed, explain_rejection, parse_statements
from .named_identities import NamedIdentities


def find_identities(stack: Stack) -> Mapping[str, Identity]:
    """Every identity: by URN, and by kind and name if it is not in the stack."""
    return _read(stack)[0]


def find_denials(stack: Stack, resource: Resource) -> tuple[str, ...]:
    """The documents with a Deny that everyone has who has the policies of the resource, as far as the stack shows."""
    holders = _read(stack)[1].get(resource.urn, ())
    return tuple(sorted(frozenset.intersection(*(each.denials for each in holders)))) if holders else ()


@lru_cache(maxsize=1)
def _read(stack: Stack) -> tuple[Mapping[str, Identity], Mapping[str, list[Identity]]]:
    """The identities, and who has the policies of each resource. Several rules need those of one stack."""
    reader = _IdentityReader(stack)
    return reader.read(), reader.holders


class _IdentityReader:
    """Follows every resource that gives an identity something: its own first, and memberships of groups last."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._identities = NamedIdentities(stack)
        self._policies = ManagedPolicies(stack)
        self._attached: set[str] = set()
        """URNs of the stack's policies that an identity has, or is limited by."""
        self.holders: dict[str, list[Identity]] = defaultdict(list)
        """Who has the policies of a resource, or those that it attaches, by its URN."""
        self._inline: dict[Identity, set[str]] = defaultdict(set)
        """The names of inline policies that are in the stack."""

    def read(self) -> Mapping[str, Identity]:
        own = list(self._identities.found.values())
        for identity in own:
            self._add_documents(identity, identity.resource)
            self._read_boundary(identity, identity.resource)
            for name in filter(partial(is_given, identity.resource), OWN_ATTACHMENTS.get(identity.resource.type, ())):
                self._attach(identity, identity.resource, name)
        for type, owners in INLINE_POLICIES.items():
            for resource, identity in self._find_owners(type, owners):
                self._add_documents(identity, resource)
                self._attached.add(resource.urn)
                self._inline[identity].add(_find_inline_name(resource))
        for type, attachment in ATTACHMENTS.items():
            for resource, identity in self._find_owners(type, attachment.identities):
                self._attach(identity, resource, attachment.policies)
        for type, owners in BOUNDARIES.items():
            for resource, identity in self._find_owners(type, owners):
                self._read_boundary(identity, resource)
        for type, owners in EXCLUSIVE_INLINE_POLICIES.items():
            for resource, identity in self._find_owners(type, owners):
                self._read_kept_policies(identity, resource)
        self._read_memberships(own)
        found = {key: each for key, each in self._identities.found.items() if not each.is_external or each.has_anything}
        return found | {policy.urn: self._create_holder(policy) for policy in self._policies.resources}

    def _find_owners(self, type: str, owners: Mapping[str, IdentityKind]) -> Iterator[tuple[Resource, Identity]]:
        """Each resource of a type, with each identity that it names."""
        for resource in self._stack.of_type(type):
            for name, kind in owners.items():
                for identity in self._identities.find(resource, name, kind):
                    yield resource, identity

    def _add_documents(self, identity: Identity, resource: Resource) -> None:
        """Add the documents of a resource itself to the identity."""
        if identity.kind is not IdentityKind.POLICY:
            self.holders[resource.urn].append(identity)
        for placed, is_known in self._find_documents(resource):
            if not is_known:
                identity.gaps.append(Gap(placed.kind.value, resource, is_document=True))
            elif reason := explain_rejection(serialize_document(placed)):
                identity.malformed.append(Malformed(placed.kind.value, resource, reason))
            if placed.kind is DocumentKind.TRUST:
                identity.trust = parse_statements([serialize_document(placed)]) if is_known else None
            elif is_known:
                identity.policies.append(serialize_document(placed))

    def _find_documents(self, resource: Resource) -> Iterator[tuple[PlacedDocument, bool]]:
        """The documents of a resource itself, and whether each is known and may be shown: no part of it is a secret."""
        for placed in find_documents(resource):
            if placed.kind is not DocumentKind.ATTACHED:
                written = serialize_document(placed)
                is_secret = placed.name.partition("[")[0] in resource.secrets or self._stack.redact(written) != written
                yield placed, placed.is_known and not is_secret

    def _attach(self, identity: Identity, resource: Resource, name: str) -> None:
        """Add the managed policies that a property names to the identity."""
        self.holders[resource.urn].append(identity)
        for policy in self._policies.resolve(resource, name):
            if policy.own is not None:
                self._attached.add(policy.own.urn)
                self._add_documents(identity, policy.own)
            elif policy.name:
                identity.managed[policy.name] = policy
            else:
                identity.gaps.append(Gap("attached policy", resource))

    def _read_boundary(self, identity: Identity, resource: Resource) -> None:
        for policy in self._policies.resolve(resource, "permissionsBoundary"):
            identity.boundary, identity.boundary_document = policy.name or NOT_KNOWN_YET, policy.document
            if policy.own is not None:
                self._attached.add(policy.own.urn)
                documents = self._find_documents(policy.own)
                identity.boundary_document = next(
                    (serialize_document(each) for each, known in documents if known), None
                )
            elif not policy.name:
                identity.gaps.append(Gap("permissions boundary", resource))

    def _read_kept_policies(self, identity: Identity, resource: Resource) -> None:
        """Inline policies that are kept and are not in the stack: what they allow is not known."""
        kept = [text(each) or "" for each in list_elements(resource.get("policyNames"))]
        missing = [name for name in kept if name not in self._inline[identity]]
        linked = [each for each in self._stack.sources(resource, "policyNames") if not _find_inline_name(each)]
        if len(linked) < len(missing):
            identity.gaps += [Gap("inline policy", resource, name) for name in missing]

    def _read_memberships(self, own: list[Identity]) -> None:
        for identity in own:
            if identity.kind is IdentityKind.USER:
                self._join([identity], identity.resource, "groups")
        for type, (users, groups) in MEMBERSHIPS.items():
            for resource in self._stack.of_type(type):
                self._join(self._identities.find(resource, users, IdentityKind.USER), resource, groups)

    def _join(self, users: list[Identity], resource: Resource, name: str) -> None:
        groups = self._identities.find(resource, name, IdentityKind.GROUP)
        for user in users:
            user.groups += groups
            user.gaps += [Gap("group", resource, group.name) for group in groups if group.is_external]

    def _create_holder(self, policy: Resource) -> Identity:
        """Everyone who has a managed policy of the stack: it may be attached elsewhere."""
        holder = Identity(
            policy, IdentityKind.POLICY, find_policy_name(policy), is_attached=policy.urn in self._attached
        )
        self._add_documents(holder, policy)
        return holder


def _find_inline_name(resource: Resource) -> str:
    return text(resource.get("name")) or text(resource.get("policyName")) or ""
