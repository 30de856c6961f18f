"""`eks-access aws-auth`: plan a merge, or look for hazards, in a ConfigMap manifest; no cluster is needed."""

import io
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

import click
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from eks_access.aws_auth.errors import AwsAuthConflictError, Code
from eks_access.aws_auth.hazards import find_hazards
from eks_access.aws_auth.mapping import RoleMapping
from eks_access.aws_auth.merge import plan_remove, plan_set

_FIELDS = ("rolearn", "username", "groups")
REFUSED = 2
"""Exit code of a refusal."""


@dataclass(frozen=True)
class Manifest:
    """A ConfigMap manifest that keeps its comments and its order when it is printed."""

    tree: Any

    @property
    def data(self) -> dict[str, str]:
        return {str(key): str(value) for key, value in (self.tree.get("data") or {}).items()}

    def printed(self, data: Mapping[str, str]) -> str:
        if not self.tree.get("data"):
            self.tree["data"] = {}
        changed = {key: value for key, value in data.items() if self.data.get(key) != value}
        # A literal block is the most readable, and not every text survives in one.
        self.tree["data"].update({key: LiteralScalarString(value) for key, value in changed.items()})
        text = self._dumped()
        if dict(_yaml().load(text)["data"]) != dict(data):
            self.tree["data"].update({key: DoubleQuotedScalarString(value) for key, value in changed.items()})
            text = self._dumped()
        return text

    def _dumped(self) -> str:
        out = io.StringIO()
        _yaml().dump(self.tree, out)
        return out.getvalue()


@click.group("aws-auth")
def aws_auth() -> None:
    """Plan changes to an aws-auth ConfigMap, and find what is wrong in one."""


@aws_auth.command()
@click.option(
    "--configmap", required=True, type=click.File(encoding="utf-8"), help="Manifest of aws-auth; - for stdin."
)
@click.option(
    "--mapping",
    required=True,
    type=click.File(encoding="utf-8"),
    help="YAML list of rolearn, username, groups; - for stdin.",
)
@click.option("--remove", is_flag=True, help="Take the mappings out instead of putting them in.")
@click.option("--adopt", is_flag=True, help="Replace a mapping of the same role that is there with other values.")
def plan(configmap: TextIO, mapping: TextIO, remove: bool, adopt: bool) -> None:
    """Print the manifest with the mappings merged in; exit code 2 and the reason when that cannot be done safely."""
    manifest = _manifest(configmap)
    data = manifest.data
    warnings: dict[str, None] = {}
    try:
        for wanted in _mappings(mapping):
            planned = plan_remove(data, wanted) if remove else plan_set(data, wanted, adopt=adopt)
            data = planned.data
            warnings |= dict.fromkeys(planned.warnings)
        if data != manifest.data and manifest.tree.get("immutable"):
            raise AwsAuthConflictError(
                Code.IMMUTABLE, "aws-auth is marked immutable, so Kubernetes accepts no change to it."
            )
    except AwsAuthConflictError as refusal:
        click.echo(f"refused ({refusal.code}): {refusal}", err=True)
        sys.exit(REFUSED)
    for warning in warnings:
        click.echo(f"warning: {warning}", err=True)
    click.echo(manifest.printed(data), nl=False)


@aws_auth.command()
@click.option(
    "--configmap", required=True, type=click.File(encoding="utf-8"), help="Manifest of aws-auth; - for stdin."
)
def lint(configmap: TextIO) -> None:
    """List what the authenticator reads otherwise than it looks; exit code 1 when there is any."""
    found = find_hazards(_manifest(configmap).data)
    for hazard in found:
        click.echo(f"{hazard.code}: {hazard}")
    sys.exit(1 if found else 0)


def _yaml() -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 1 << 20
    yaml.indent(mapping=2, sequence=2, offset=0)
    return yaml


def _manifest(file: TextIO) -> Manifest:
    tree = _loaded(file, "--configmap")
    if not isinstance(tree, Mapping) or tree.get("kind") not in ("ConfigMap", None):
        raise click.UsageError("--configmap: expected the manifest of a ConfigMap (kind: ConfigMap)")
    if tree.get("data") is not None and not isinstance(tree["data"], Mapping):
        raise click.UsageError("--configmap: data must be a mapping of names to text")
    for key, value in (tree.get("data") or {}).items():
        if not isinstance(value, str):
            raise click.UsageError(f"--configmap: data.{key} must be text (write `{key}: |` and indent what follows)")
    return Manifest(tree)


def _mappings(file: TextIO) -> Sequence[RoleMapping]:
    entries = _loaded(file, "--mapping")
    if not isinstance(entries, Sequence) or isinstance(entries, str):
        raise click.UsageError("--mapping: expected a list of mappings with rolearn, username and groups")
    return [_mapping(index, entry) for index, entry in enumerate(entries)]


def _mapping(index: int, entry: object) -> RoleMapping:
    if not isinstance(entry, Mapping):
        raise click.UsageError(f"--mapping: item {index} is not a mapping with rolearn, username and groups")
    if unknown := sorted(set(map(str, entry)) - set(_FIELDS)):
        raise click.UsageError(f"--mapping: item {index} has {unknown[0]!r}; allowed are {', '.join(_FIELDS)}")
    for name in ("rolearn", "username"):
        if not isinstance(entry.get(name), str):
            raise click.UsageError(f"--mapping: item {index}: {name} must be text (quote it)")
    groups = entry.get("groups") or []
    if isinstance(groups, str) or not isinstance(groups, Sequence):
        raise click.UsageError(f"--mapping: item {index}: groups must be a list")
    return RoleMapping.of(str(entry["rolearn"]), str(entry["username"]), groups)


def _loaded(file: TextIO, option: str) -> Any:
    try:
        return _yaml().load(file.read())
    except YAMLError as error:
        raise click.UsageError(f"{option}: not valid YAML: {' '.join(str(error).split())}") from error
