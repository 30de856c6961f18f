"""User settings of the policy pack: trusted accounts and principals, exemptions. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from fnmatch import fnmatchcase
from typing import Any

from eks_access.model import arn as arns

from ..access import EffectiveRules, Principal, Subject
from ..stack import Resource, Stack
from ..stack.values import texts


def _setting(description: str) -> tuple[str, ...]:
    found: tuple[str, ...] = field(default=(), metadata={"description": description})
    return found


@dataclass(frozen=True)
class Settings:
    """Each setting is a list of strings; names, ARNs and URNs may be patterns with `*` and `?`."""

    accounts: tuple[str, ...] = _setting("Your own AWS accounts, in addition to those found in the stack.")
    allowed_accounts: tuple[str, ...] = _setting(
        "Other accounts that you trust like your own, such as those of the same organization."
    )
    vendor_accounts: tuple[str, ...] = _setting(
        "Accounts of vendors, in addition to the built-in ones: trusted with an ExternalId."
    )
    organizations: tuple[str, ...] = _setting(
        "Ids of your AWS Organizations; if empty, any organization is accepted in a condition."
    )
    allowed_principals: tuple[str, ...] = _setting(
        "ARNs of principals that may be administrators, or be trusted without a finding, or names of such roles of your"
        " own accounts."
    )
    allowed_groups: tuple[str, ...] = _setting(
        "Kubernetes groups and users whose permissions are accepted, such as your platform team's."
    )
    exempt_integrations: tuple[str, ...] = _setting(
        "Integrations of eks-access that are exempt from the rule, by name."
    )
    exempt_resources: tuple[str, ...] = _setting("Resources that are exempt from the rule, by URN or name.")
    namespaces: tuple[str, ...] = _setting("Namespaces in which all permissions are accepted, such as sandboxes.")

    def accepts(self, principal: Principal) -> bool:
        """Whether a principal is accepted by its ARN, or by its name if it is of one's own accounts.

        Everyone chooses the names of the roles in their own account, so a name says nothing about another one's.
        """
        return any(
            fnmatchcase(principal.arn, pattern)
            if pattern.startswith("arn:")
            else self._owns(principal) and fnmatchcase(principal.name, pattern)
            for pattern in self.allowed_principals
        )

    def _owns(self, principal: Principal) -> bool:
        parsed = arns.parse(principal.arn)
        # Without an ARN yet, it is created by this stack, or nothing is known of it.
        return parsed.account in self.accounts if parsed else not principal.is_unknown

    def with_accounts(self, accounts: Iterable[str]) -> "Settings":
        """The settings with the accounts that were found to be one's own."""
        return replace(self, accounts=(*self.accounts, *sorted(accounts)))

    def accepts_subject(self, subject: Subject) -> bool:
        return any(fnmatchcase(subject.name, pattern) for pattern in self.allowed_groups)

    def accepts_rules(self, rules: EffectiveRules) -> bool:
        """Whether rules are accepted, whatever principals have them, because of their subject or their namespaces."""
        if rules.association is not None and self.accepts(rules.association.principal):
            return True
        if rules.subject is not None and self.accepts_subject(rules.subject):
            return True
        return bool(rules.namespaces) and all(map(self.accepts_namespace, rules.namespaces or ()))

    def accepts_namespace(self, namespace: str) -> bool:
        return any(fnmatchcase(namespace, pattern) for pattern in self.namespaces)

    def exempts(self, resource: Resource | None, stack: Stack) -> bool:
        """Whether a resource is exempt, by itself or by the integration that it belongs to."""
        if resource is None:
            return False
        if any(fnmatchcase(name, p) for p in self.exempt_resources for name in (resource.urn, resource.name)):
            return True
        integration = stack.integration(resource) if self.exempt_integrations else None
        return integration is not None and any(fnmatchcase(integration.name, p) for p in self.exempt_integrations)


def to_camel_case(name: str) -> str:
    """Convert a snake_case name to camelCase."""
    first, *rest = name.split("_")
    return first + "".join(map(str.title, rest))


NAMES: Mapping[str, str] = {to_camel_case(each.name): each.name for each in fields(Settings)}
"""Names of the settings: in a configuration file, and of the attribute."""


def parse_settings(given: Mapping[str, Any] | None, base: Settings | None = None) -> Settings:
    """Parse a rule's settings and add them to `base`.

    Values that are not lists of strings are ignored: the engine has validated them against the schema.
    """
    base = base or Settings()
    chosen = {name: texts((given or {}).get(key)) for key, name in NAMES.items() if key in (given or {})}
    return Settings(**{**vars(base), **{n: (*getattr(base, n), *found) for n, found in chosen.items()}})


def settings_schema() -> dict[str, Any]:
    """The JSON schema of the settings, for the policy engine."""
    return {
        to_camel_case(each.name): {
            "type": "array",
            "items": {"type": "string"},
            "default": [],
            "description": each.metadata["description"],
        }
        for each in fields(Settings)
    }
