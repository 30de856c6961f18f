"""The environment that an integration is adopted into: its file, its clusters, and the integration's part of it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from eks_access.errors import EksAccessError, InvalidInputError
from eks_access.model.found import FoundWay
from eks_access.stack.configuration import Environment
from eks_access.stack.configuration_insertion import InsertionError, format_block, insert_integration
from eks_access.stack.environment_file import (
    Project,
    parse_file_configuration,
    read_environment,
    read_project,
    read_text,
    replace_text,
)
from eks_access_inventory.adopt.importing.existing import ClusterKey

ADOPT = "adopt"
"""`eks_access.provision.arguments.IntegrationOptions.adopt`"""


class AdoptError(EksAccessError):
    """Nothing can be adopted with this input; nothing was written."""


@dataclass(frozen=True)
class Target:
    """The environment's file, as it is."""

    project: Project
    stack: str
    file: Path
    text: str
    environment: Environment

    @property
    def region(self) -> str:
        return self.environment.aws["region"]

    @property
    def own_stack(self) -> str:
        """As marks have it, `<project>/<stack>`."""
        return f"{self.project.name}/{self.stack.rpartition('/')[2]}"

    @property
    def clusters(self) -> dict[str, ClusterKey]:
        """The clusters whose names are texts: others are known only to the engine."""
        declared = self.environment.clusters.items()
        return {
            key: ClusterKey(key, args["name"], args.get("region", self.region))
            for key, args in declared
            if isinstance(args["name"], str)
        }

    @property
    def regions(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys([self.region, *(each.region for each in self.clusters.values())]))

    def find_declared(self, integration: str) -> Mapping[str, Any] | None:
        """What the file has for an integration, as it is written there; None if there is none."""
        config = yaml.safe_load(self.text).get("config") or {}
        declared = (config.get(f"{self.project.name}:integrations") or {}).get(integration)
        return declared if isinstance(declared, Mapping) else None


@dataclass(frozen=True)
class Declaration:
    """The integration's part of the file.

    Attributes:
        text: the file's text with it.
        taking_over: the same, apart from its layout, with `adopt`: so that a preview finds what exists no obstacle.
        block: what has to be added, to be pasted; empty if the file has it already.
        problem: why it cannot be inserted by this program; empty if it can.
        environment: what is then declared, with placeholders for secrets.
        clusters: every cluster of the file that is then there, by its key.
        is_written: whether the file has it.
    """

    text: str
    taking_over: str
    block: str
    problem: str
    environment: Environment
    clusters: Mapping[str, ClusterKey]
    is_written: bool = False


def open_target(cwd: Path, stack: str) -> Target:
    """
    Raises:
        ProjectFileError, NoEnvironmentError, InvalidInputError: there is no valid environment of this name.
    """
    project = read_project(cwd)
    file = project.stack_file(stack)
    environment = read_environment(project, stack)
    return Target(project, stack, file, read_text(file), environment)


def choose_clusters(target: Target, ways: Iterable[FoundWay], wanted: tuple[str, ...]) -> dict[str, ClusterKey]:
    """The clusters to adopt in, by their keys: those with a way in, or of these those that are wanted, by key or name.

    Raises:
        InvalidInputError: one that is wanted is not among them.
    """
    known = target.clusters
    chosen: dict[str, ClusterKey] = {}
    for name, region in dict.fromkeys((way.cluster, way.region) for way in ways):
        same = [key for key, each in known.items() if (each.name, each.region) == (name, region)]
        key = same[0] if same else _choose_key(name, {*target.environment.clusters, *chosen})
        chosen[key] = ClusterKey(key, name, region)
    for each in wanted:
        if each not in chosen and each not in {cluster.name for cluster in chosen.values()}:
            there = ", ".join(chosen) or "none"
            raise InvalidInputError(
                "--cluster", each, "is no cluster that the principal has a way into", f"Known: {there}."
            )
    return {key: each for key, each in chosen.items() if not wanted or {key, each.name} & set(wanted)}


def declare(
    target: Target, integration: str, vendor: str, arguments: Mapping[str, Any], clusters: Mapping[str, ClusterKey]
) -> Declaration:
    """The integration with these arguments in the file.

    Raises:
        InvalidInputError: the arguments are not valid.
    """
    added = {key: each for key, each in clusters.items() if key not in target.environment.clusters}
    new = {key: {"name": each.name, **_region_of(target, each)} for key, each in added.items()}
    block: dict[str, Any] = {} if vendor == integration else {"vendor": vendor}
    if set(clusters) != {*target.environment.clusters, *added}:
        block["clusters"] = list(clusters)
    block |= arguments
    project = target.project.name
    merged = _merge(target, integration, block, new)
    environment = parse_file_configuration(merged["config"], project, secrets_are_set=False)
    shown, problem = format_block(project, integration, block, new), ""
    try:
        text = insert_integration(target.text, project, integration, block, new)
    except InsertionError as error:
        problem = str(error)
        text = _dump(merged)
    taking_over = _dump(_merge(target, integration, {**block, ADOPT: True}, new))
    return Declaration(text, taking_over, shown, problem, environment, {**target.clusters, **added})


def find_declaration(target: Target, integration: str, declared: Mapping[str, Any]) -> Declaration:
    """The integration that the file has already."""
    taking_over = _dump(_merge(target, integration, {**declared, ADOPT: True}, {}))
    return Declaration(target.text, taking_over, "", "", target.environment, target.clusters, is_written=True)


def write_file(target: Target, text: str) -> None:
    """Replaces the file by one with this text, whole or not at all.

    Raises:
        AdoptError: it was changed since it was read.
        ProjectFileError: it cannot be read or written.
    """
    if read_text(target.file) != target.text:
        raise AdoptError(f"{target.file} was changed since it was read, and is left as it is")
    replace_text(target.file, text)


def _dump(content: Mapping[str, Any]) -> str:
    text: str = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
    return text


def _merge(target: Target, name: str, block: Mapping[str, Any], clusters: Mapping[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(target.text)
    prefix, config = target.project.name, dict(content["config"])
    for section, entries in (("clusters", clusters), ("integrations", {name: block})):
        config[f"{prefix}:{section}"] = {**(config.get(f"{prefix}:{section}") or {}), **entries}
    return {**content, "config": config}


def _region_of(target: Target, cluster: ClusterKey) -> dict[str, str]:
    return {} if cluster.region == target.region else {"region": cluster.region}


def _choose_key(name: str, taken: set[str]) -> str:
    base = re.sub(r"[^a-z0-9-]+", "-", name.lower()).strip("-") or "cluster"
    number, key = 1, base
    while key in taken:
        number += 1
        key = f"{base}-{number}"
    return key
