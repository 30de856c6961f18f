"""What the components require of the Pulumi engine that deploys them."""

import pulumi
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.settings import get_monitor

_REPLACEMENT_TRIGGER = "replacementTrigger"
FIRST_VERSION = "3.208"
"""https://github.com/pulumi/pulumi/pull/20936"""


def require_replacement_trigger() -> None:
    """Ends the program unless the engine has the resource option `replacement_trigger`.

    An older engine ignores it, and an access entry would keep the id of a role that no longer exists. The engine is
    asked by the call that every version of it answers; the SDK's own list of features is another one in each version.

    Raises:
        pulumi.RunError: the engine is too old.
    """
    monitor = get_monitor()
    asked = resource_pb2.SupportsFeatureRequest(id=_REPLACEMENT_TRIGGER)
    if monitor is None or not monitor.SupportsFeature(asked).hasSupport:
        raise pulumi.RunError(
            "this Pulumi engine has no replacement triggers, without which the access entry of a recreated role would"
            f" admit nobody: use Pulumi {FIRST_VERSION} or later (`pulumi version` prints which one is used)"
        )
