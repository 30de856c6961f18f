"""What was looked up for resources that the inventory does not read: objects by name, and connected clusters. Pure.

Objects of the official Kubernetes provider are not imported: it would take everything that the API server added for
its own input, and replace the object for each difference. It creates by server-side apply, which takes an object that
exists over in place, with its uid.
https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/managing-resources-with-server-side-apply/
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from eks_access.connector.objects import find_activation_id
from eks_access.connector.registration import Registration, RegistrationRequest, explain_obstacle
from eks_access.model.found import FoundObject, Maker, Origin
from eks_access.model.rbac import STACK

from .existing import OBJECT_PREFIX, Answer, Match, Place, explain_owner, identify_object
from .steps import Planned, Step, select_below

REGISTRATION = f"{OBJECT_PREFIX}ConnectorRegistration"
_OFFICIAL = "kubernetes:"
_EXACT = {"ServiceAccount": "v1", "NetworkPolicy": "networking.k8s.io/v1"}
"""Kinds besides roles and bindings that are resources of this package, with their API version."""
Unreadable = str
"""Why something could not be read."""


@dataclass(frozen=True)
class ObjectKey:
    """An object that the program has, by the key of its cluster."""

    cluster: str
    api_version: str
    kind: str
    namespace: str
    name: str

    @property
    def path(self) -> str:
        """Its path at the API server."""
        root = f"/apis/{self.api_version}" if "/" in self.api_version else f"/api/{self.api_version}"
        where = f"{root}/namespaces/{self.namespace}" if self.namespace else root
        return f"{where}/{_pluralize(self.kind)}/{self.name}"


@dataclass(frozen=True)
class Lookups:
    """What was found by name.

    Attributes:
        objects: an object, None where there is none, or why it could not be read.
        registrations: the same for connected clusters, by their keys.
    """

    objects: Mapping[ObjectKey, FoundObject | Unreadable | None] = field(default_factory=dict)
    registrations: Mapping[str, Registration | Unreadable | None] = field(default_factory=dict)

    def find(self, planned: Planned, place: Place) -> Match | None:
        """What was found in place of a resource; None if it is of no type that is looked up."""
        if planned.step.type == REGISTRATION:
            return self._find_registration(planned, place)
        key = identify_planned(planned)
        if key is None:
            return None
        found = self.objects.get(key, "it was not looked for")
        if found is None:
            return Match(Answer.ABSENT)
        if isinstance(found, Unreadable):
            return Match(Answer.NOT_LOOKED_FOR, why=f"whether it exists could not be read: {found}")
        if found.origin.is_managed and not _is_own(found, planned):
            why, advice = explain_owner(found.origin)
            return Match(
                Answer.KEPT_BY_OTHERS, why=why, advice=f"{advice} Before that, `pulumi up` would overwrite it."
            )
        if planned.step.type.startswith(_OFFICIAL):
            return Match(Answer.IN_PLACE, body=found.body)
        return Match(Answer.EXISTS, identify_object(key.cluster, found))

    def _find_registration(self, planned: Planned, place: Place) -> Match:
        found = self.registrations.get(planned.cluster, "it was not looked for")
        if found is None:
            return Match(Answer.ABSENT)
        if isinstance(found, Unreadable):
            return Match(Answer.NOT_LOOKED_FOR, why=f"whether it is registered could not be read: {found}")
        inputs = planned.step.inputs
        role = place.role.arn if place.role is not None else ""
        request = RegistrationRequest(
            name=found.name,
            role_arn=role,
            provider=str(inputs.get("clusterProvider")),
            region=str(inputs.get("region")),
            tags=inputs.get("tags") or {},
        )
        problem, advice = explain_obstacle(found, request)
        if problem:
            return Match(Answer.KEPT_BY_OTHERS, why=f"{found.name} {problem}", advice=advice)
        other = self._find_other_activation(planned.cluster, found)
        if other:
            why = f"its connector was registered with the activation {other}, and EKS has {found.activation_id} for it"
            return Match(
                Answer.KEPT_BY_OTHERS, why=why, advice="Deregister the cluster, and let it be registered again."
            )
        return Match(Answer.EXISTS, f"{request.region}/{found.name}")

    def _find_other_activation(self, cluster: str, registration: Registration) -> str:
        """The activation of the connector in the cluster, where that is another than the registration's."""
        for key, found in self.objects.items():
            if key.cluster == cluster and key.kind == "StatefulSet" and isinstance(found, FoundObject):
                known = find_activation_id(found.body)
                return known if known != registration.activation_id else ""
        return ""


def identify_planned(planned: Planned) -> ObjectKey | None:
    """The object that a resource is, if it is of a kind that is looked up."""
    step = planned.step
    metadata = step.inputs.get("metadata") or {}
    where = str(metadata.get("namespace") or ""), str(metadata.get("name") or "")
    if step.type.startswith(_OFFICIAL):
        version, kind = str(step.inputs.get("apiVersion") or ""), str(step.inputs.get("kind") or "")
        return ObjectKey(planned.cluster, version, kind, *where) if version and kind and where[1] else None
    kind = step.type.removeprefix(OBJECT_PREFIX)
    return ObjectKey(planned.cluster, _EXACT[kind], kind, *where) if kind in _EXACT else None


def list_wanted(steps: Iterable[Step], integration: str) -> Iterator[ObjectKey]:
    """The objects of an integration that have to be looked up, because the stack does not have them yet."""
    for planned in select_below(tuple(steps), integration):
        key = identify_planned(planned) if planned.step.op == "create" else None
        if key is not None and planned.cluster:
            yield key


def find_origin(body: Mapping[str, Any], by_labels: Origin) -> Origin:
    """The origin of an object: that which its labels show, or the stack of this package in its annotations."""
    stack = ((body.get("metadata") or {}).get("annotations") or {}).get(STACK)
    if not by_labels.is_managed and stack:
        return Origin(Maker.EKS_ACCESS, f"annotation {STACK}: {stack}", is_managed=True)
    return by_labels


def _is_own(found: FoundObject, planned: Planned) -> bool:
    """Whether the stack itself wrote it, in a deployment that was interrupted."""
    wanted, there = (
        ((body.get("metadata") or {}).get("annotations") or {}).get(STACK) for body in (planned.step.inputs, found.body)
    )
    return wanted is not None and wanted == there


def _pluralize(kind: str) -> str:
    """The plural of a kind, as the API server has it in paths."""
    lower = kind.lower()
    if lower.endswith("y"):
        return f"{lower[:-1]}ies"
    return f"{lower}es" if lower.endswith("s") else f"{lower}s"
