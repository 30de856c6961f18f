"""Finds the identities that a property names: those of the stack, or others, of which only the name is known. Pure."""

from ...stack import Resource, Stack
from ...stack.attachments import IDENTITIES, IdentityKind
from ...stack.values import text
from ..accounts import ProviderAccounts
from .attached_policies import list_elements
from .model import Identity

_NAMES = ("name", "roleName", "userName", "groupName")
_ARNS = ("arn", "permissionSetArn")


class NamedIdentities:
    """The identities of a stack by their names, and those that its resources name beside them."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._accounts = ProviderAccounts(stack.resources)
        self.found = {
            resource.urn: self._place(Identity(resource, kind, find_identity_name(resource)))
            for type, kind in IDENTITIES.items()
            for resource in stack.of_type(type)
        }
        self._by_name: dict[tuple[IdentityKind, str], list[Identity]] = {}
        for identity in self.found.values():
            for name in _find_names(identity):
                self._by_name.setdefault((identity.kind, name.lower()), []).append(identity)

    def find(self, resource: Resource, name: str, kind: IdentityKind) -> list[Identity]:
        """The identities that a property names, or whose outputs it takes the names from."""
        named: dict[int, Identity] = {}
        missing: list[str] = []
        for item in list_elements(resource.get(name)):
            known = text(item) or ""
            known = "" if known in self._stack.secret_texts else known
            here = self._find_named(resource, name, kind, known) if known else []
            named.update((id(each), each) for each in here)
            if not here:
                missing.append(known)
        if missing:
            sources = (self.found.get(each.urn) for each in self._stack.sources(resource, name))
            linked = [each for each in sources if each and each.kind is kind and id(each) not in named]
            named.update((id(each), each) for each in linked)
            if len(linked) < len(missing):
                external = [self._name_external(resource, name, kind, each) for each in missing]
                named.update((id(each), each) for each in external)
        return list(named.values())

    def _find_named(self, resource: Resource, name: str, kind: IdentityKind, known: str) -> list[Identity]:
        """The identities of a name that a property may mean: the one that it takes the name from, or of its provider.

        All of them, if nothing tells which one it is.
        """
        named = self._by_name.get((kind, known.lower()), [])
        provider, account = self._accounts.provider_of(resource), self._accounts.account_of(resource)
        possible = [each for each in named if not account or each.account in ("", account)]
        sources = resource.property_dependencies.get(name, ())
        linked = [each for each in possible if each.resource.urn in sources]
        near = [each for each in possible if each.provider == provider or (account and each.account == account)]
        return linked or near or possible

    def _place(self, identity: Identity) -> Identity:
        """The identity with where it is: what names it is in the same account."""
        identity.provider = self._accounts.provider_of(identity.resource)
        identity.account = self._accounts.account_of(identity.resource)
        return identity

    def _name_external(self, resource: Resource, name: str, kind: IdentityKind, known: str) -> Identity:
        """The identity that is not in the stack, the same one for everything that names it."""
        key = f"{kind}:{known}" if known else f"{resource.urn}#{name}"
        if known and self._accounts.are_several:
            key += f" of {self._accounts.account_of(resource) or self._accounts.provider_of(resource)}"
        if key not in self.found:
            # What the stack does not have of it is not known: who may assume a role, above all.
            self.found[key] = self._place(Identity(resource, kind, known, is_external=True, trust=None))
        return self.found[key]


def find_identity_name(resource: Resource) -> str:
    """The identity's name in AWS; empty while it is not known."""
    return next(filter(None, (text(resource.get(name)) for name in _NAMES)), "")


def _find_names(identity: Identity) -> set[str]:
    """What others may name it by: while its name in AWS is not known, that of its resource, which it derives from."""
    arns = (text(identity.resource.get(name)) for name in _ARNS)
    return {identity.name or identity.resource.name, *filter(None, arns)}
