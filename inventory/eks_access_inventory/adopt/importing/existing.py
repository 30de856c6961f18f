"""What was found in place of a resource that the program has, and the id by which the engine imports it. Pure.

One function for each type. A type without one is reported, and never guessed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from eks_access.model.found import FoundAccess, FoundObject, FoundPolicy, FoundRole, FoundWay, Origin
from eks_access.model.identity import EntryMethod

from .steps import Planned

ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
POLICY = "aws:iam/policy:Policy"
ENTRY = "aws:eks/accessEntry:AccessEntry"
ASSOCIATION = "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"
MAPPING = "eks-access:index:AwsAuthMapping"
OBJECT_PREFIX = "eks-access:index:"
RBAC_KINDS = ("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding")


class Answer(StrEnum):
    """Whether a resource that the program has exists already."""

    EXISTS = "exists"
    ABSENT = "absent"
    KEPT_BY_OTHERS = "kept by others"
    """It exists, and cannot be taken over."""
    NOT_LOOKED_FOR = "not looked for"
    IN_PLACE = "in place"
    """It exists, and the deployment takes it over without an import."""


@dataclass(frozen=True)
class Match:
    """What was found in place of a resource.

    Attributes:
        id: what `pulumi import` takes; empty unless it exists.
        why, advice: in words, for what cannot be taken over.
        body: what exists, where that is not imported.
    """

    answer: Answer
    id: str = ""
    why: str = ""
    advice: str = ""
    body: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class ClusterKey:
    """A cluster of the environment: its key, name and region."""

    key: str
    name: str
    region: str


@dataclass(frozen=True)
class Place:
    """Where the integration is: what was found, and the clusters of the environment by their keys.

    Attributes:
        uncertain: clusters, by name and region, in which it is not certain who else uses an object, with the reason.
    """

    found: FoundAccess
    clusters: Mapping[str, ClusterKey] = field(default_factory=dict)
    uncertain: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @property
    def role(self) -> FoundRole | None:
        return self.found.role

    def find_way(self, key: str, method: EntryMethod) -> FoundWay | None:
        return next((way for way in self.found.ways if way.method is method and self.is_in(way, key)), None)

    def find_object(self, key: str, kind: str, name: str, namespace: str | None) -> FoundObject | None:
        for each in self.found.objects:
            if (each.kind, each.name, each.namespace or "") == (kind, name, namespace or "") and self.is_in(each, key):
                return each
        return None

    def explain_uncertain(self, each: FoundObject) -> str:
        """Why others may use an object, although none was found; empty where it is certain that they do not."""
        reason = self.uncertain.get((each.cluster, each.region), "")
        return f"others may use it: {reason}" if reason else ""

    def is_in(self, each: FoundWay | FoundObject, key: str) -> bool:
        cluster = self.clusters.get(key)
        return cluster is not None and (each.cluster, each.region) == (cluster.name, cluster.region)

    def find_key(self, each: FoundWay | FoundObject) -> str:
        """The key of the cluster that something is in; empty where the environment does not have it."""
        return next((key for key in self.clusters if self.is_in(each, key)), "")


ABSENT = Match(Answer.ABSENT)


def find_existing(planned: Planned, place: Place) -> Match:
    """What was found in place of a resource that the program has."""
    find = _FINDERS.get(planned.step.type)
    if find is None:
        why = f"whether it exists was not looked for: resources of type {planned.step.type} are not known here"
        return Match(Answer.NOT_LOOKED_FOR, why=why)
    return find(planned.step.inputs, planned.cluster, place)


def identify_policy(role: FoundRole, policy: FoundPolicy) -> str:
    return f"{role.name}/{policy.arn}" if policy.arn else f"{role.name}:{policy.name}"


def identify_entry(way: FoundWay, principal_arn: str) -> str:
    return f"{way.cluster}:{principal_arn}@{way.region}"


def identify_association(way: FoundWay, principal_arn: str, policy_arn: str) -> str:
    return f"{way.cluster}#{principal_arn}#{policy_arn}@{way.region}"


def identify_mapping(key: str, way: FoundWay, principal_arn: str) -> str:
    return f"{key}//{way.cluster}/{principal_arn}"


def identify_object(key: str, found: FoundObject) -> str:
    return f"{key}//{found.namespace}/{found.name}" if found.namespace else f"{key}//{found.name}"


def explain_owner(origin: Origin) -> tuple[str, str]:
    """Why what another program manages is left, and what to do about it."""
    evidence = f" ({origin.evidence})" if origin.evidence else ""
    why = f"{origin.maker} manages it{evidence}, and would make it again or change it back"
    return why, f"Take it out of {origin.maker}'s own state first, without deleting it."


def _find_role(inputs: Mapping[str, Any], _key: str, place: Place) -> Match:
    role = place.role
    if role is None:
        return ABSENT
    if (name := inputs.get("name")) != role.name:
        why = f"the integration has a role of its own, {name}, and not {role.name}, to which all of this belongs"
        return Match(Answer.KEPT_BY_OTHERS, why=why, advice="See why below, under what is not kept.")
    if role.origin.is_managed:
        why, advice = explain_owner(role.origin)
        other = "Or declare the role as `existing_role_arn`, which leaves it to its owner."
        return Match(Answer.KEPT_BY_OTHERS, why=why, advice=f"{advice} {other}")
    if (path := inputs.get("path", "/")) != role.path:
        why = f"the role's path is {role.path}, and the program's is {path}: no path can be changed"
        return Match(Answer.KEPT_BY_OTHERS, why=why, advice=f"Set `role_path` to {role.path}.")
    return Match(Answer.EXISTS, role.name)


def _find_policy(inputs: Mapping[str, Any], _key: str, place: Place) -> Match:
    role, arn = place.role, inputs.get("policyArn")
    if role is None or inputs.get("role", role.name) != role.name:
        return ABSENT
    for policy in role.policies:
        if (policy.arn == arn) if arn else (not policy.arn and policy.name == inputs.get("name")):
            return _match(identify_policy(role, policy), policy.origin)
    return ABSENT


def _find_entry(inputs: Mapping[str, Any], key: str, place: Place) -> Match:
    way = place.find_way(key, EntryMethod.ACCESS_ENTRY)
    if way is None or inputs.get("clusterName") != way.cluster:
        return ABSENT
    if not way.is_effective:
        why = "the entry lets nobody in: its role was deleted and made again since"
        return Match(Answer.KEPT_BY_OTHERS, why=why, advice="Delete the entry, and run this again.")
    if way.type != "STANDARD":
        why = f"the entry is of type {way.type}, and no entry's type can be changed"
        return Match(Answer.KEPT_BY_OTHERS, why=why, advice="Delete the entry, and run this again.")
    return _match(identify_entry(way, place.found.principal_arn), way.origin)


def _find_association(inputs: Mapping[str, Any], key: str, place: Place) -> Match:
    way, arn = place.find_way(key, EntryMethod.ACCESS_ENTRY), inputs.get("policyArn")
    for policy in way.policies if way is not None else ():
        if way is not None and policy.arn == arn:
            return _match(identify_association(way, place.found.principal_arn, policy.arn), policy.origin)
    return ABSENT


def _find_mapping(inputs: Mapping[str, Any], key: str, place: Place) -> Match:
    way = place.find_way(key, EntryMethod.AWS_AUTH)
    if way is None or inputs.get("clusterName") != way.cluster:
        return ABSENT
    return _match(identify_mapping(key, way, place.found.principal_arn), way.origin)


def _find_object(kind: str) -> Callable[[Mapping[str, Any], str, Place], Match]:
    def find(inputs: Mapping[str, Any], key: str, place: Place) -> Match:
        metadata = inputs.get("metadata") or {}
        found = place.find_object(key, kind, str(metadata.get("name")), metadata.get("namespace"))
        if found is None:
            return ABSENT
        if found.is_shared:
            why = "others use it too, and would get what the program has in its place"
            return Match(Answer.KEPT_BY_OTHERS, why=why, advice="Give the others an object of their own first.")
        if reason := place.explain_uncertain(found):
            return Match(Answer.KEPT_BY_OTHERS, why=reason)
        return _match(identify_object(key, found), found.origin)

    return find


def _match(identifier: str, origin: Origin) -> Match:
    if not origin.is_managed:
        return Match(Answer.EXISTS, identifier)
    why, advice = explain_owner(origin)
    return Match(Answer.KEPT_BY_OTHERS, why=why, advice=advice)


_FINDERS: Mapping[str, Callable[[Mapping[str, Any], str, Place], Match]] = {
    ROLE: _find_role,
    ROLE_POLICY: _find_policy,
    ATTACHMENT: _find_policy,
    ENTRY: _find_entry,
    ASSOCIATION: _find_association,
    MAPPING: _find_mapping,
    **{f"{OBJECT_PREFIX}{kind}": _find_object(kind) for kind in RBAC_KINDS},
}
