"""Names for resources that have none, in the form that the engine expects."""

import hashlib
from typing import Literal

AutonamingMode = Literal["propose", "enforce", "disable"]

DEFAULTS_KEY = "__defaults"
"""Among a resource's inputs: the names of those that the plug-in filled in, as bridged plug-ins keep them."""


DIGITS = 7


class NameRequiredError(ValueError):
    """Automatic naming is switched off and no name was given."""


def autoname(
    name: str,
    seed: bytes,
    *,
    limit: int | None = None,
    proposed: tuple[str, AutonamingMode] | None = None,
) -> str:
    """`<name>-<random digits>`, the same for the same seed, cut to the limit; or by the stack's own rule."""
    if proposed is not None:
        wanted, mode = proposed
        if mode == "disable":
            raise NameRequiredError("automatic naming is switched off for this stack: give the resource a name")
        if mode == "enforce":
            return wanted
    suffix = "-" + hashlib.sha256(seed or name.encode()).hexdigest()[:DIGITS]
    return (name if limit is None else name[: limit - len(suffix)]) + suffix
