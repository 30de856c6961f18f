"""Placeholders for the arguments of a custom integration, to explain it without a deployment."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...model.placeholders import placeholder
from .load import load


def sample_arguments(definition: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments given, completed by placeholders for those that are required.

    Raises:
        InvalidInputError: the definition cannot be loaded.
    """
    declared = load(Path(definition)).arguments
    wanted = {
        name: [placeholder(name)] if argument.type == "list" else placeholder(name)
        for name, argument in declared.items()
        if argument.default is None
    }
    return wanted | dict(given)
