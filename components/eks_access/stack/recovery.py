"""Recovers the state of a stack after an interrupted deployment. Pure.

The engine records each operation before it starts and after it ends. What was started and not ended is *pending*: the
resource may exist or not. On the next `pulumi up` an AWS role or access entry that does exist is refused as a
duplicate, and after a `destroy` it would be orphaned. Each of this package's resources has an id that follows from its
inputs, so pending resources can be looked up, and adopted into the state where they exist, without asking the user.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..exact.kinds import KINDS, Kind

Inputs = Mapping[str, Any]


def _identify(kind: Kind, inputs: Inputs) -> str:
    return kind.identify(inputs["metadata"])


_IDS: Mapping[str, Callable[[Inputs], str]] = {
    "aws:iam/role:Role": lambda of: of["name"],
    "aws:iam/rolePolicy:RolePolicy": lambda of: f"{of['role']}:{of['name']}",
    "aws:eks/accessEntry:AccessEntry": lambda of: f"{of['clusterName']}:{of['principalArn']}",
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": lambda of: (
        f"{of['clusterName']}#{of['principalArn']}#{of['policyArn']}"
    ),
    "eks-access:index:AwsAuthMapping": lambda of: f"{of['clusterName']}/{of['roleArn']}",
    "eks-access:index:ConnectorRegistration": lambda of: f"{of['region']}/{of['name']}",
    **{kind.token: partial(_identify, kind) for kind in KINDS},
}
"""How the id of a resource follows from its inputs; the providers' documented import ids."""

_STATE_ONLY = ("pulumi:providers:", "eks-access:index:")
"""Types that exist only in the state (those of `_IDS` excepted): if pending, nothing of them remains elsewhere."""


@dataclass(frozen=True)
class PendingCreate:
    """A resource whose creation was started and not recorded as ended.

    `id` is the id that it has if it exists, None if that does not follow from its inputs.
    """

    urn: str
    type: str
    id: str | None

    @property
    def is_state_only(self) -> bool:
        """Whether such a resource exists nowhere but in the state."""
        return self.type not in _IDS and self.type.startswith(_STATE_ONLY)


def find_pending_creates(state: Mapping[str, Any]) -> list[PendingCreate]:
    """The pending creations in the state that `pulumi stack export` prints."""
    operations = (state.get("deployment") or {}).get("pending_operations") or []
    return [_pending_create(operation["resource"]) for operation in operations if operation["type"] == "creating"]


def _pending_create(resource: Mapping[str, Any]) -> PendingCreate:
    id = _derive_id(resource["type"], resource.get("inputs") or {})
    return PendingCreate(resource["urn"], resource["type"], id)


def _derive_id(type: str, inputs: Inputs) -> str | None:
    if type.startswith("kubernetes:"):
        metadata = inputs.get("metadata") or {}
        name, namespace = metadata.get("name"), metadata.get("namespace")
        return f"{namespace}/{name}" if name and namespace else name
    try:
        return _IDS[type](inputs)
    except KeyError:
        return None


def adopt_pending_creates(state: Mapping[str, Any]) -> dict[str, Any]:
    """The state with pending creations counted as done, so that a refresh keeps those that exist and drops the rest.

    (`pulumi refresh --import-pending-creates` is meant for this, but only clears them: engine 3.190.)
    """
    deployment = state["deployment"]
    ids = {create.urn: create.id for create in find_pending_creates(state) if not create.is_state_only}
    creating = [operation for operation in deployment["pending_operations"] if operation["type"] == "creating"]
    others = [operation for operation in deployment["pending_operations"] if operation["type"] != "creating"]
    adopted = [
        {**operation["resource"], "id": ids[operation["resource"]["urn"]], "outputs": operation["resource"]["inputs"]}
        for operation in creating
        if operation["resource"]["urn"] in ids
    ]
    resources = [*deployment.get("resources", []), *adopted]
    return {**state, "deployment": {**deployment, "resources": resources, "pending_operations": others}}
