"""What a user of the pack may decide: whose access is as it should be, and whom and what no rule is about. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from typing import Any

from ..access import EffectiveRule, Principal, Subject
from ..stack import Resource, Stack
from ..stack.values import texts


def _texts(description: str) -> tuple[str, ...]:
    found: tuple[str, ...] = field(default=(), metadata={"description": description})
    return found


@dataclass(frozen=True)
class Settings:
    """Each is a list of texts; names, ARNs and URNs may have `*` and `?` as in file names."""

    accounts: tuple[str, ...] = _texts("Your own AWS accounts, besides those that the stack itself shows.")
    allowed_accounts: tuple[str, ...] = _texts(
        "Accounts of others that you trust as your own, such as those of the same organization."
    )
    vendor_accounts: tuple[str, ...] = _texts(
        "Accounts of vendors, besides those that the pack knows: trusted with an ExternalId."
    )
    organizations: tuple[str, ...] = _texts(
        "Your AWS Organizations, by id; without any, every id will do in a condition."
    )
    allowed_principals: tuple[str, ...] = _texts(
        "ARNs, or role names, of principals who may be administrators, or be trusted as they are."
    )
    allowed_groups: tuple[str, ...] = _texts(
        "Kubernetes groups and users whose rights are as they should be, such as your platform team's."
    )
    exempt_integrations: tuple[str, ...] = _texts("Integrations of eks-access that the rule is not about, by name.")
    exempt_resources: tuple[str, ...] = _texts("Resources that the rule is not about, by URN or name.")
    namespaces: tuple[str, ...] = _texts("Namespaces in which every right is as it should be, such as sandboxes.")

    def accepts(self, principal: Principal) -> bool:
        return any(
            fnmatchcase(name, pattern)
            for pattern in self.allowed_principals
            for name in (principal.arn, principal.name)
            if name
        )

    def accepts_subject(self, subject: Subject) -> bool:
        return any(fnmatchcase(subject.name, pattern) for pattern in self.allowed_groups)

    def accepts_rule(self, held: EffectiveRule) -> bool:
        """Whether a right is as it should be: by whose it is, or by where it holds."""
        if held.principal is not None and self.accepts(held.principal):
            return True
        if held.subject is not None and self.accepts_subject(held.subject):
            return True
        return bool(held.namespaces) and all(map(self.accepts_namespace, held.namespaces or ()))

    def accepts_namespace(self, namespace: str) -> bool:
        return any(fnmatchcase(namespace, pattern) for pattern in self.namespaces)

    def exempts(self, resource: Resource | None, stack: Stack) -> bool:
        """Whether no rule is about a resource: by its own name, or by the integration that it belongs to."""
        if resource is None:
            return False
        if any(fnmatchcase(name, p) for p in self.exempt_resources for name in (resource.urn, resource.name)):
            return True
        integration = stack.integration(resource) if self.exempt_integrations else None
        return integration is not None and any(fnmatchcase(integration.name, p) for p in self.exempt_integrations)


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.title, rest))


NAMES: Mapping[str, str] = {camel(each.name): each.name for each in fields(Settings)}
"""The settings' names in a configuration file, and here."""


def parse_settings(given: Mapping[str, Any] | None, base: Settings | None = None) -> Settings:
    """The settings in a rule's configuration, on top of those for all rules. What is not a list of texts is left out:
    the engine has checked it against the schema before.
    """
    base = base or Settings()
    chosen = {name: texts((given or {}).get(key)) for key, name in NAMES.items() if key in (given or {})}
    return Settings(**{**vars(base), **{n: (*getattr(base, n), *found) for n, found in chosen.items()}})


def settings_schema() -> dict[str, Any]:
    """The JSON schema of the settings, for the engine."""
    return {
        camel(each.name): {
            "type": "array",
            "items": {"type": "string"},
            "default": [],
            "description": each.metadata["description"],
        }
        for each in fields(Settings)
    }
