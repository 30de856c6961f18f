"""What goes wrong in a plug-in, as data for the answer to the engine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


class PluginError(Exception):
    """A failure whose message is meant for the user as it is."""


class NotSupportedError(PluginError):
    """Something that the official plug-in can do and the stand-in cannot."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is not supported by the sandbox's stand-in plug-in; the official plug-in supports it")


class OperationCancelledError(PluginError):
    """The user interrupted the operation."""


class IncompleteOperationError(PluginError):
    """The resource exists, but is not as it should be: it is kept in the state together with the reasons."""

    def __init__(self, resource_id: str, state: Mapping[str, Any], reasons: Sequence[str], summary: str = "") -> None:
        self.resource_id = resource_id
        self.state = state
        self.reasons = list(reasons)
        super().__init__(summary or "; ".join(reasons))


@dataclass(frozen=True)
class Failure:
    """An input that is refused: the property and why."""

    property: str
    reason: str
