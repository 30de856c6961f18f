"""The pack's configuration file, as `--policy-pack-config` takes it, read without the engine. Pure.

    {"settings": {"accounts": ["111122223333"]},
     "rbac-secrets-read": {"enforcementLevel": "advisory", "allowedGroups": ["platform:*"]},
     "eks-creator-admin": "disabled"}

What is under `settings` is for every rule; `all` sets the level of all.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from eks_access.errors import EksAccessError

from ..finding import Rule
from .evaluator import RULES, Evaluator
from .settings import NAMES, Settings, parse_settings

SHARED = "settings"
"""The name under which the settings of all rules stand; in the pack it is a policy that finds nothing."""
_ALL = "all"
_LEVEL = "enforcementLevel"
_LEVELS = ("advisory", "mandatory", "remediate", "disabled")


class ConfigurationError(EksAccessError, ValueError):
    """The configuration is not one; the message says where and what is allowed."""


@dataclass(frozen=True)
class Configuration:
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
    """The configuration in a file's value.

    Raises:
        ConfigurationError: it names a rule, a setting or a level that there is not.
    """
    if not isinstance(value, Mapping):
        raise ConfigurationError("is no object of rules by their ids")
    known = {SHARED, _ALL, *(rule.id for rule in RULES)}
    parts = {name: _part(str(name), given, known) for name, given in value.items()}
    shared = parse_settings(parts.get(SHARED))
    return Configuration(
        shared,
        {name: parse_settings(part, shared) for name, part in parts.items() if name not in (SHARED, _ALL)},
        {name: part[_LEVEL] for name, part in parts.items() if _LEVEL in part},
    )


def _part(name: str, given: object, known: set[str]) -> Mapping[str, Any]:
    if name not in known:
        close = get_close_matches(name, known, 1)
        raise ConfigurationError(f"{name}: there is no such rule" + (f"; {close[0]} is meant?" if close else ""))
    if isinstance(given, str):
        given = {_LEVEL: given}
    if not isinstance(given, Mapping):
        raise ConfigurationError(f"{name}: expected an object of settings, or one of {', '.join(_LEVELS)}")
    for key, part in given.items():
        if key == _LEVEL:
            if part not in _LEVELS:
                raise ConfigurationError(f"{name}.{key}: {part!r} is not one of {', '.join(_LEVELS)}")
        elif key not in NAMES or name == _ALL:
            raise ConfigurationError(f"{name}.{key}: there is no such setting; there are {', '.join(NAMES)}")
        elif not isinstance(part, list) or not all(isinstance(item, str) for item in part):
            raise ConfigurationError(f"{name}.{key}: expected a list of texts")
    return given
