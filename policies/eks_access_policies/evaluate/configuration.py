"""Parses the pack's configuration file, as for `--policy-pack-config`, without the engine. Pure.

    {"settings": {"accounts": ["111122223333"]},
     "rbac-secrets-read": {"enforcementLevel": "advisory", "allowedGroups": ["platform:*"]},
     "eks-creator-admin": "disabled"}

`settings` applies to every rule; `all` sets the enforcement level of all rules.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from eks_access.errors import EksAccessError

from ..finding import Rule
from .evaluator import RULES, Evaluator
from .settings import NAMES, Settings, SettingsError, check_entry, parse_settings

SHARED = "settings"
"""The key of the settings of all rules; in the pack it is a policy without findings."""
_ALL = "all"
_LEVEL = "enforcementLevel"
_LEVELS = ("advisory", "mandatory", "remediate", "disabled")


class ConfigurationError(EksAccessError, ValueError):
    """The configuration is invalid; the message has the path, the problem and the allowed values."""


@dataclass(frozen=True)
class Configuration:
    """The settings and enforcement levels of the rules."""

    shared: Settings = field(default_factory=Settings)
    by_rule: Mapping[str, Settings] = field(default_factory=dict)
    levels: Mapping[str, str] = field(default_factory=dict)

    def evaluator(self) -> Evaluator:
        return Evaluator(self.shared, self.by_rule)

    def level(self, rule: Rule) -> str:
        own = "mandatory" if rule.is_mandatory else "advisory"
        level = self.levels.get(rule.id) or self.levels.get(_ALL) or own
        return "mandatory" if level == "remediate" else level


def parse_configuration(value: object) -> Configuration:
    """Parse the value of a configuration file.

    Raises:
        ConfigurationError: a rule, a setting or a level does not exist.
    """
    if not isinstance(value, Mapping):
        raise ConfigurationError("must be an object with rule ids as keys")
    known = {SHARED, _ALL, *(rule.id for rule in RULES)}
    parts = {name: _parse_section(str(name), section, known) for name, section in value.items()}
    shared = parse_settings(parts.get(SHARED))
    return Configuration(
        shared,
        {name: parse_settings(part, shared) for name, part in parts.items() if name not in (SHARED, _ALL)},
        {name: part[_LEVEL] for name, part in parts.items() if _LEVEL in part},
    )


def _parse_section(name: str, section: object, known: set[str]) -> Mapping[str, Any]:
    if name not in known:
        close = get_close_matches(name, known, 1)
        raise ConfigurationError(f"{name}: no such rule" + (f"; did you mean {close[0]!r}?" if close else ""))
    if isinstance(section, str):
        section = {_LEVEL: section}
    if not isinstance(section, Mapping):
        raise ConfigurationError(f"{name}: expected an object of settings, or one of {', '.join(_LEVELS)}")
    for key, part in section.items():
        if key == _LEVEL:
            if part not in _LEVELS:
                raise ConfigurationError(f"{name}.{key}: {part!r} is not one of {', '.join(_LEVELS)}")
        elif key not in NAMES or name == _ALL:
            raise ConfigurationError(f"{name}.{key}: no such setting; the settings are {', '.join(NAMES)}")
        elif not isinstance(part, list) or not all(isinstance(item, str) for item in part):
            raise ConfigurationError(f"{name}.{key}: expected a list of strings")
        else:
            _check_entries(name, key, part)
    return section


def _check_entries(name: str, setting: str, entries: Iterable[str]) -> None:
    try:
        for entry in entries:
            check_entry(setting, entry)
    except SettingsError as error:
        raise ConfigurationError(f"{name}.{error}") from error
