"""User settings of the policy pack: trusted accounts and principals, exemptions. Pure.

A name alone proves nothing: any stack can have a role, or a component, of a name that is accepted. Names of principals
count in one's own accounts only, ARNs have their account, and what is exempt is named with its type.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from fnmatch import fnmatchcase
from typing import Any

from eks_access.errors import EksAccessError
from eks_access.model import arn as arns
from eks_access.model.kubernetes_rights import CustomResource, CustomResourceError, parse_custom_resource

from ..access import EffectiveRules, Principal, Subject
from ..stack import Resource, Stack
from ..stack.model import VENDOR_TYPES
from ..stack.values import texts

_URN = "urn:"
_ARN = "arn:"


class SettingsError(EksAccessError, ValueError):
    """An entry of a setting accepts nothing, or more than it says; the message has the setting and what to write."""


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
        "Integrations of this package's vendors that are exempt from the rule, by name or URN."
    )
    exempt_resources: tuple[str, ...] = _setting("Resources that are exempt from the rule, by URN.")
    namespaces: tuple[str, ...] = _setting("Namespaces in which all permissions are accepted, such as sandboxes.")
    custom_resources: tuple[str, ...] = _setting(
        "Custom resources by which an operator acts with rights of its own, in addition to the built-in ones:"
        " `<effect>: <resource>.<group>`, and as the effect `code`, `manifests`, `cloud`, `secrets`, `access` or"
        " `policy`."
    )

    @property
    def parsed_custom_resources(self) -> tuple[CustomResource, ...]:
        return tuple(map(parse_custom_resource, dict.fromkeys(self.custom_resources)))

    def accepts(self, principal: Principal) -> bool:
        """Whether a principal is accepted by its ARN, or by its name if it is of one's own accounts.

        Everyone chooses the names of the roles in their own account, so a name says nothing about another one's.
        """
        return any(
            fnmatchcase(principal.arn, pattern)
            if pattern.startswith(_ARN)
            else self._owns(principal) and fnmatchcase(principal.name, pattern)
            for pattern in self.allowed_principals
        )

    def _owns(self, principal: Principal) -> bool:
        parsed = arns.parse(principal.arn)
        # Without an ARN yet, it is created by this stack, or nothing is known of it.
        return parsed.account in self.accounts if parsed else not (principal.arn or principal.is_unknown)

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
        if any(fnmatchcase(resource.urn, pattern) for pattern in self.exempt_resources):
            return True
        owners = (resource, *stack.ancestors(resource)) if self.exempt_integrations else ()
        return any(
            fnmatchcase(owner.urn if pattern.startswith(_URN) else owner.name, pattern)
            for owner in owners
            if owner.type in VENDOR_TYPES
            for pattern in self.exempt_integrations
        )


def to_camel_case(name: str) -> str:
    """Convert a snake_case name to camelCase."""
    first, *rest = name.split("_")
    return first + "".join(map(str.title, rest))


NAMES: Mapping[str, str] = {to_camel_case(each.name): each.name for each in fields(Settings)}
"""Names of the settings: in a configuration file, and of the attribute."""


def parse_settings(given: Mapping[str, Any] | None, base: Settings | None = None) -> Settings:
    """Parse a rule's settings and add them to `base`.

    Values that are not lists of strings are ignored: the engine has validated them against the schema.

    Raises:
        SettingsError: an entry is invalid.
    """
    base = base or Settings()
    chosen = {name: texts((given or {}).get(key)) for key, name in NAMES.items() if key in (given or {})}
    for key, name in NAMES.items():
        for entry in chosen.get(name, ()):
            check_entry(key, entry)
    return Settings(**{**vars(base), **{n: (*getattr(base, n), *found) for n, found in chosen.items()}})


def check_entry(setting: str, entry: str) -> None:
    """Check an entry of a setting, which may be a pattern.

    Raises:
        SettingsError: it names a resource without its type, a principal without its account, or no custom resource.
    """
    if setting == "customResources":
        try:
            parse_custom_resource(entry)
        except CustomResourceError as error:
            raise SettingsError(f"{setting}: {error}") from error
    if setting == "exemptResources" and not entry.startswith(_URN):
        raise SettingsError(
            f"{setting}: {entry!r} is not a URN, and any resource can have that name: write the URN, or a pattern of it"
            f" with the type ('urn:pulumi:*::<type>::{entry}'); `pulumi stack --show-urns` prints it"
        )
    if setting == "allowedPrincipals" and ":" in entry:
        parsed = arns.parse(entry)
        if parsed is None or not arns.ACCOUNT_ID.fullmatch(parsed.account):
            raise SettingsError(
                f"{setting}: {entry!r} has no account, and any account can have a principal of that name: write the"
                " account's twelve digits, or the name alone for a principal of your own accounts"
            )


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
