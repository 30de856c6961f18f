"""A local AWS with real Kubernetes control planes, for development and tests. Never shipped with the package.

`python -m sandbox` is its command line, `sandbox.Sandbox` the same for tests.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .session import Sandbox

__all__ = ["Sandbox"]


def __getattr__(name: str) -> Any:
    # The provider stand-ins live in this package too and must start fast: boto3 is loaded only where it is used.
    if name == "Sandbox":
        from .session import Sandbox

        return Sandbox
    raise AttributeError(name)
