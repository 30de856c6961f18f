"""An environment as one Pulumi stack: its configuration, schemas, and program.

    environment = stack.load(pulumi.get_project())
    pulumi.export(OUTPUT, stack.provision(environment))

The program is imported on first use, so that the schemas do not need the AWS provider's SDK.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .program import load as load
    from .program import provision as provision


def __getattr__(name: str) -> Any:
    if name in ("load", "provision"):
        from . import program

        return getattr(program, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
