"""An environment as one Pulumi stack: its configuration, schemas, and program.

    environment = stack.load(pulumi.get_project())
    pulumi.export(OUTPUT, stack.provision(environment))

The program is imported on first use, so that the schemas do not need the AWS provider's SDK.
"""

import gc
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .program import load as load
    from .program import provision as provision


COLLECT_AFTER = 1_000_000
"""The number of new objects after which the garbage collector runs. What the SDKs' modules and a stack's Outputs hold
stays in use until the program ends: the collector, with its own setting of 700, takes a third of the time to find that
out, and frees nothing worth mentioning."""


def __getattr__(name: str) -> Any:
    if name in ("load", "provision"):
        gc.set_threshold(COLLECT_AFTER)
        from . import program

        return getattr(program, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
