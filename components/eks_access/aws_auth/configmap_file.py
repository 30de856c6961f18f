"""An aws-auth ConfigMap in a YAML file, changed without losing comments and order; and files of role mappings."""

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from ..errors import EksAccessError
from .errors import AwsAuthConflictError, Code
from .mapping import RoleMapping
from .merge import plan_remove, plan_set

_FIELDS = ("rolearn", "username", "groups")


class ConfigMapFileError(EksAccessError, ValueError):
    """A file is not a ConfigMap manifest, or not a list of role mappings."""


@dataclass(frozen=True)
class ConfigMapFile:
    """A ConfigMap manifest that keeps its comments and its order when it is printed."""

    tree: Any

    @property
    def data(self) -> dict[str, str]:
        return {str(key): str(value) for key, value in (self.tree.get("data") or {}).items()}

    def print_with(self, data: Mapping[str, str]) -> str:
        """The manifest as YAML, with this data instead of its own."""
        if not self.tree.get("data"):
            self.tree["data"] = {}
        changed = {key: value for key, value in data.items() if self.data.get(key) != value}
        # A literal block is the most readable, and not every text survives in one.
        self.tree["data"].update({key: LiteralScalarString(value) for key, value in changed.items()})
        text = self._dump()
        if dict(_create_yaml().load(text)["data"]) != dict(data):
            self.tree["data"].update({key: DoubleQuotedScalarString(value) for key, value in changed.items()})
            text = self._dump()
        return text

    def _dump(self) -> str:
        out = io.StringIO()
        _create_yaml().dump(self.tree, out)
        return out.getvalue()


def merge_mappings(
    file: ConfigMapFile, mappings: Iterable[RoleMapping], *, remove: bool = False, adopt: bool = False
) -> tuple[dict[str, str], list[str]]:
    """The ConfigMap's data with the mappings set, or removed; and the warnings.

    `adopt` replaces an existing mapping of the same role that has other values.

    Raises:
        AwsAuthConflictError: a mapping cannot be merged safely, or the ConfigMap is immutable.
    """
    data = file.data
    warnings: dict[str, None] = {}
    for mapping in mappings:
        planned = plan_remove(data, mapping) if remove else plan_set(data, mapping, adopt=adopt)
        data = planned.data
        warnings |= dict.fromkeys(planned.warnings)
    if data != file.data and file.tree.get("immutable"):
        raise AwsAuthConflictError(
            Code.IMMUTABLE, "aws-auth is marked immutable, so Kubernetes accepts no change to it."
        )
    return data, list(warnings)


def parse_configmap(text: str, origin: str) -> ConfigMapFile:
    """The ConfigMap in a manifest. `origin` is where the text is from, for messages.

    Raises:
        ConfigMapFileError: it is not the manifest of a ConfigMap.
    """
    tree = _parse_yaml(text, origin)
    if not isinstance(tree, Mapping) or tree.get("kind") not in ("ConfigMap", None):
        raise ConfigMapFileError(f"{origin}: expected the manifest of a ConfigMap (kind: ConfigMap)")
    if tree.get("data") is not None and not isinstance(tree["data"], Mapping):
        raise ConfigMapFileError(f"{origin}: data must be a mapping of names to text")
    for key, value in (tree.get("data") or {}).items():
        if not isinstance(value, str):
            raise ConfigMapFileError(f"{origin}: data.{key} must be text (write `{key}: |` and indent what follows)")
    return ConfigMapFile(tree)


def parse_mappings(text: str, origin: str) -> list[RoleMapping]:
    """The role mappings in a YAML list of `rolearn`, `username` and `groups`.

    Raises:
        ConfigMapFileError: it is not such a list.
        AwsAuthConflictError: a mapping is invalid.
    """
    entries = _parse_yaml(text, origin)
    if not isinstance(entries, Sequence) or isinstance(entries, str):
        raise ConfigMapFileError(f"{origin}: expected a list of mappings with rolearn, username and groups")
    return [_parse_mapping(entry, f"{origin}: item {index}") for index, entry in enumerate(entries)]


def _parse_mapping(entry: object, path: str) -> RoleMapping:
    if not isinstance(entry, Mapping):
        raise ConfigMapFileError(f"{path} is not a mapping with rolearn, username and groups")
    if unknown := sorted(set(map(str, entry)) - set(_FIELDS)):
        raise ConfigMapFileError(f"{path} has {unknown[0]!r}; allowed are {', '.join(_FIELDS)}")
    for name in ("rolearn", "username"):
        if not isinstance(entry.get(name), str):
            raise ConfigMapFileError(f"{path}: {name} must be text (quote it)")
    groups = entry.get("groups") or []
    if isinstance(groups, str) or not isinstance(groups, Sequence):
        raise ConfigMapFileError(f"{path}: groups must be a list")
    return RoleMapping.of(str(entry["rolearn"]), str(entry["username"]), groups)


def _create_yaml() -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 1 << 20
    yaml.indent(mapping=2, sequence=2, offset=0)
    return yaml


def _parse_yaml(text: str, origin: str) -> Any:
    try:
        return _create_yaml().load(text)
    except YAMLError as error:
        raise ConfigMapFileError(f"{origin}: not valid YAML: {' '.join(str(error).split())}") from error
