"""The interface of a plug-in: plain data in, plain data out, free of gRPC and of marks for secrets."""

# ruff: noqa: ARG002 - an interface's arguments are given, used or not

import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .diff import Change
from .errors import Failure, NotSupportedError, OperationCancelledError
from .naming import AutonamingMode
from .values import Path

Values = dict[str, Any]


@dataclass(frozen=True)
class Operation:
    """One call of the engine about one resource."""

    urn: str
    timeout: float | None = None
    preview: bool = False
    cancelled: threading.Event = field(default_factory=threading.Event)
    seed: bytes = b""
    autonaming: tuple[str, AutonamingMode] | None = None

    @property
    def type(self) -> str:
        return self.urn.split("::")[2].rpartition("$")[2]

    @property
    def name(self) -> str:
        return self.urn.split("::", 3)[3]

    def wait(self, seconds: float) -> None:
        """Sleep, unless the user interrupts.

        Raises:
            OperationCancelledError: the user did.
        """
        if self.cancelled.wait(seconds):
            raise OperationCancelledError(f"{self.name}: interrupted before the operation was complete")


@dataclass(frozen=True)
class Checked:
    inputs: Values
    failures: Sequence[Failure] = ()


@dataclass(frozen=True)
class Difference:
    changes: Sequence[Change] = ()
    delete_before_replace: bool = False
    stables: Sequence[str] = ()


@dataclass(frozen=True)
class Live:
    """A resource as it was found: its id, its state and the inputs that would make it so."""

    id: str
    state: Values
    inputs: Values


class Plugin(ABC):
    """A resource plug-in; `servicer.PluginServicer` speaks to the engine for it."""

    package: str

    @abstractmethod
    def schema(self) -> Values:
        """What hosts of languages without an SDK read: https://www.pulumi.com/docs/iac/extending-pulumi/schema/"""

    @abstractmethod
    def check_config(self, config: Values) -> Checked: ...

    @abstractmethod
    def config_replaces(self, old: Values, new: Values) -> Sequence[str]:
        """The changed configuration values that mean other resources, not another way to the same ones."""

    @abstractmethod
    def configure(self, config: Values) -> None: ...

    @abstractmethod
    def check(self, op: Operation, olds: Values, news: Values) -> Checked: ...

    @abstractmethod
    def diff(self, op: Operation, resource_id: str, old_inputs: Values, state: Values, news: Values) -> Difference: ...

    @abstractmethod
    def create(self, op: Operation, inputs: Values) -> tuple[str, Values]: ...

    @abstractmethod
    def read(self, op: Operation, resource_id: str, inputs: Values, state: Values) -> Live | None: ...

    @abstractmethod
    def update(self, op: Operation, resource_id: str, old_inputs: Values, state: Values, news: Values) -> Values: ...

    @abstractmethod
    def delete(self, op: Operation, resource_id: str, state: Values) -> None: ...

    def invoke(self, token: str, args: Values) -> Values:
        raise NotSupportedError(f"the function {token}")

    def secret_paths(self, op: Operation, value: Mapping[str, Any], known: frozenset[Path]) -> frozenset[Path]:
        """The paths of a value that are secret beside those that the user marked."""
        return frozenset()
