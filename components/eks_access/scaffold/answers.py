"""The answers about a new environment, and their validation by what would deploy it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from ..errors import InvalidInputError
from ..integrations import Vendor
from ..model.identity import AuthenticationMode
from ..model.partitions import partition_of
from ..stack.configuration import Endpoint
from ..stack.description import Described, describe_declared
from ..stack.environment_file import parse_file_configuration
from .questions import find_clear_secret, list_questions, list_references


@dataclass(frozen=True)
class ClusterAnswer:
    """A cluster, by a short name; `mode` and `version` are None where EKS was not asked."""

    key: str
    name: str
    region: str | None = None
    mode: AuthenticationMode | None = None
    version: str | None = None


@dataclass(frozen=True)
class IntegrationAnswer:
    """An integration with its arguments; `clusters`, if it is not in all of them, is one of these."""

    name: str
    vendor: Vendor
    arguments: Mapping[str, Any] = field(default_factory=dict)

    @property
    def section(self) -> dict[str, Any]:
        """Its part of the configuration."""
        named = {} if self.name == self.vendor.key else {"vendor": self.vendor.key}
        return {**named, **self.arguments}

    @property
    def secrets(self) -> tuple[str, ...]:
        """The names of the secrets that its arguments refer to."""
        return tuple(dict.fromkeys(list_references(self.arguments)))


@dataclass(frozen=True)
class EnvironmentAnswers:
    """Everything that is written."""

    project: str
    environment: str
    account: str
    region: str
    clusters: tuple[ClusterAnswer, ...]
    integrations: tuple[IntegrationAnswer, ...] = ()
    endpoint: Endpoint = Endpoint.AWS

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for each in self.integrations for name in each.secrets))

    @property
    def sections(self) -> dict[str, Any]:
        """The configuration, by section."""
        local = {"endpoint": self.endpoint.value} if self.endpoint is Endpoint.LOOPBACK else {}
        clusters = {
            each.key: {"name": each.name, **({"region": each.region} if each.region not in (None, self.region) else {})}
            for each in self.clusters
        }
        return {
            "aws": {"account": self.account, "region": self.region, **local},
            "clusters": clusters,
            "integrations": {each.name: each.section for each in self.integrations},
        }


def validate_answers(answers: EnvironmentAnswers, text: str) -> tuple[Described, ...]:
    """Validates the text of the environment's file as a deployment would; the description of each integration.

    Raises:
        InvalidInputError: a deployment would refuse it, or a secret is in clear.
    """
    for integration in answers.integrations:
        place = find_clear_secret(list_questions(integration.vendor), integration.arguments)
        if place is not None:
            raise InvalidInputError(
                f"integrations.{integration.name}.{place}",
                None,
                "is a secret, and must not be in the file in clear",
                "Give {secret: NAME}, and set NAME by `pulumi config set --secret NAME`.",
            )
    return tuple(_describe_all(answers, yaml.safe_load(text)["config"]))


def _describe_all(answers: EnvironmentAnswers, config: Mapping[str, Any]) -> Iterator[Described]:
    environment = parse_file_configuration(config, answers.project, secrets_are_set=False)
    modes = {each.key: each.mode for each in answers.clusters if each.mode is not None}
    for declared in environment.integrations:
        try:
            yield describe_declared(
                environment, declared, partition=partition_of(answers.region).id, account=answers.account, modes=modes
            )
        except InvalidInputError as error:
            prefix = f"integrations.{declared.name}."
            path = error.path if error.path.startswith(prefix) else f"{prefix}{error.path}"
            raise InvalidInputError(path, error.value, error.problem, error.advice) from error
