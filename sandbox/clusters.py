"""Which clusters a sandbox has: names, authentication modes, and whether each has nodes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

MODES = ("API", "API_AND_CONFIG_MAP", "CONFIG_MAP")


class InvalidClustersError(ValueError):
    """The requested clusters cannot be created; the message has which and why."""


@dataclass(frozen=True)
class ClusterSpec:
    name: str
    mode: str
    nodes: bool = True
    """False: no controller manager, scheduler or nodes, for tests with many clusters. Nothing runs in such
    a cluster.
    """
    aws_auth: bool | None = None
    """Whether `kube-system/aws-auth` is there from the start; by default where the mode reads it."""

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise InvalidClustersError(f"cluster {self.name!r}: mode {self.mode!r} is not one of {', '.join(MODES)}")

    @property
    def has_aws_auth(self) -> bool:
        return self.mode != "API" if self.aws_auth is None else self.aws_auth

    def __str__(self) -> str:
        """As `parse` reads it."""
        options = "" if self.nodes else ",nodes=false"
        if self.aws_auth is not None:
            options += f",aws_auth={str(self.aws_auth).lower()}"
        return f"{self.name}={self.mode}{options}"

    @classmethod
    def parse(cls, text: str) -> "ClusterSpec":
        """`NAME=MODE`, or `NAME=MODE,nodes=false`."""
        name, equals, rest = text.partition("=")
        mode, *options = rest.split(",")
        if not equals:
            raise InvalidClustersError(f"{text!r}: expected NAME=MODE, with MODE one of {', '.join(MODES)}")
        flags = dict(option.partition("=")[::2] for option in options)
        return cls.of({"name": name, "mode": mode, **{key: value == "true" for key, value in flags.items()}})

    @classmethod
    def of(cls, value: dict[str, Any]) -> "ClusterSpec":
        unknown = set(value) - {"name", "mode", "nodes", "aws_auth"}
        if unknown or "name" not in value or "mode" not in value:
            raise InvalidClustersError(
                f"cluster {value!r}: needs name and mode, may have nodes and aws_auth"
                + (f"; unknown: {', '.join(sorted(unknown))}" if unknown else "")
            )
        return cls(**value)


DEFAULT = (
    ClusterSpec("dev-api", "API"),
    ClusterSpec("dev-both", "API_AND_CONFIG_MAP"),
    ClusterSpec("dev-configmap", "CONFIG_MAP"),
)


def load(path: Path) -> tuple[ClusterSpec, ...]:
    """A YAML list of mappings with `name`, `mode` and, if wanted, `nodes` and `aws_auth`."""
    value = yaml.safe_load(path.read_text())
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise InvalidClustersError(f"{path}: expected a list of clusters, each with name and mode")
    return validate_specs([ClusterSpec.of(item) for item in value])


def validate_specs(specs: Sequence[ClusterSpec]) -> tuple[ClusterSpec, ...]:
    names = [spec.name for spec in specs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or not specs:
        raise InvalidClustersError(f"clusters named twice: {', '.join(twice)}" if twice else "no cluster is wanted")
    return tuple(specs)
