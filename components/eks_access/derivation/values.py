"""Collects a vendor's arguments: values that were found and are valid, and what is missing of the required ones."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..errors import InvalidInputError
from ..model.existing_role import ARGUMENT
from ..model.found import DerivedArguments, FoundAccess, MissingArgument
from ..model.identity import validate_namespaces
from .cluster_rights import Scope, Where, list_bound_roles, unite_scopes
from .role import derive_role_options, leave_out_role
from .trust import TrustReader

_PLACEHOLDER = re.compile(r"<.*>|YOUR_\w+|[A-Z0-9_]+_FROM_[A-Z0-9_]+")
"""What vendors' pages have in place of a value."""
Validate = Callable[[Any], object]


class ArgumentCollector:
    """The arguments of one integration while they are derived."""

    def __init__(self, found: FoundAccess) -> None:
        self.found = found
        self.trust = TrustReader(found.role.trust if found.role is not None else {})
        self.arguments, self.notes = derive_role_options(found)
        self.missing: list[MissingArgument] = []

    def require(self, name: str, values: Sequence[str], *, advice: str, validate: Validate) -> str | None:
        """Sets a required argument to the one value that was found; otherwise it is missing."""
        fault = self._find_fault(values, validate)
        if fault:
            self.miss(name, fault, advice)
            return None
        self.arguments[name] = values[0]
        return values[0]

    def allow(self, name: str, values: Sequence[str], *, validate: Validate) -> None:
        """Sets an optional argument to the one value that was found, if there is one."""
        if not values:
            return
        if fault := self._find_fault(values, validate):
            self.notes.append(f"{name} is not kept: {fault}")
        else:
            self.arguments[name] = values[0]

    def require_all(self, name: str, values: Sequence[str], *, advice: str, validate: Validate) -> None:
        """Sets a required argument to all values that are valid; the others are notes."""
        kept = self._keep_valid(name, values, validate)
        if kept:
            self.arguments[name] = kept
        else:
            self.miss(name, self._find_fault((), validate) if not values else "none of those found is valid", advice)

    def restrict(self, name: str, scopes: Mapping[Where, Scope], *, validate: Validate = lambda _: None) -> Scope:
        """Sets an argument that restricts the integration to namespaces, if it was restricted so; and where it was."""
        scope, notes = unite_scopes(scopes)
        self.notes += notes
        kept = self._keep_valid(name, scope or (), lambda each: (validate(each), validate_namespaces(name, (each,))))
        if kept:
            self.arguments[name] = kept
        elif scope is not None and any(scopes.values()):
            self.miss(name, "none of the namespaces that it had can be named", "Name those that it needs.")
        return scope

    def miss(self, name: str, why: str, advice: str) -> None:
        self.missing.append(MissingArgument(name, why, advice))

    def refuse_role(self, why: str) -> None:
        """Leaves the role as it is: the integration cannot have it, and gets one of its own."""
        leave_out_role(self.arguments)
        self.notes.append(f"{why}: the integration gets a role of its own, and this one is not taken over")

    def finish(self) -> DerivedArguments:
        """All that was derived, with notes about what is not kept. An existing role keeps its trust policy."""
        if self.found.role is not None and ARGUMENT not in self.arguments:
            self.notes += self.trust.list_notes()
        self.notes += (
            f"{each.binding.kind} {each.binding.name} names {each.role_kind} {each.role_name}, which was not found: it"
            " gives nothing"
            for each in list_bound_roles(self.found)
            if each.is_missing
        )
        return DerivedArguments(self.arguments, tuple(self.missing), tuple(dict.fromkeys(self.notes)))

    def _keep_valid(self, name: str, values: Sequence[str], validate: Validate) -> list[str]:
        kept = []
        for value in dict.fromkeys(values):
            try:
                validate(value)
            except InvalidInputError as error:
                self.notes.append(f"{name} does not get {value}, which {error.problem}")
            else:
                kept.append(value)
        return kept

    def _find_fault(self, values: Sequence[str], validate: Validate) -> str:
        """Why the values are not one that can be an argument. It repeats none: an External ID is not shown."""
        if self.found.role is None:
            return "the role could not be read"
        if not values:
            return "the trust policy has none"
        if len(values) > 1:
            return f"the trust policy has {len(values)}, and the integration takes one"
        if _PLACEHOLDER.fullmatch(values[0]):
            return "the trust policy has the placeholder of the vendor's page"
        try:
            validate(values[0])
        except InvalidInputError as error:
            return f"the one in the trust policy {error.problem}"
        return ""
