"""What gives the principal access by hand and the program does not have: removed last, or left with the reason. Pure.

It is imported under the integration's component. The program does not have it, so the next `pulumi up` deletes it:
after all creations and updates, as the engine deletes everything.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from eks_access.model.found import FoundObject, FoundPolicy, FoundRole, FoundWay, Origin
from eks_access.model.identity import EntryMethod

from .existing import (
    ASSOCIATION,
    ATTACHMENT,
    MAPPING,
    OBJECT_PREFIX,
    POLICY,
    RBAC_KINDS,
    ROLE_POLICY,
    Place,
    explain_owner,
    identify_association,
    identify_mapping,
    identify_object,
    identify_policy,
)

_BUILT_IN_PREFIXES = ("system:", "eks:")
_BUILT_IN = ("cluster-admin", "admin", "edit", "view")
_BOOTSTRAPPING = "kubernetes.io/bootstrapping"
"""The label of what the API server makes by itself.
https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings"""


Taken = frozenset[tuple[str, str]]
"""The types and ids of what the program has."""


@dataclass(frozen=True)
class Extra:
    """Something to import so that it is removed.

    Attributes:
        cluster: the key of its cluster; empty for IAM.
        words: what it is, for people.
        under: the id of the extra that it must be removed before.
    """

    type: str
    id: str
    cluster: str
    name: str
    words: str
    under: str = ""


@dataclass(frozen=True)
class Left:
    """Something that stays as it is, why, and what to do about it. It blocks where the program cannot have its own."""

    words: str
    why: str
    advice: str = ""
    is_blocking: bool = False


def find_extras(place: Place, taken: Taken, keys: frozenset[str], *, has_role: bool) -> Iterator[Extra | Left]:
    """What was found and the program does not have.

    Args:
        taken: what the program has.
        keys: the keys of the clusters that it is declared in.
        has_role: whether the program has the role; else the role, with its policies, is its owner's.
    """
    if place.role is not None and not has_role:
        why, _ = (
            explain_owner(place.role.origin) if place.role.origin.is_managed else ("it is declared as existing", "")
        )
        yield Left(f"role {place.role.name}", f"{why}: the integration uses it, with its policies, as its owner has it")
    elif place.role is not None and not place.role.origin.is_managed:
        for policy in place.role.policies:
            yield from _find_policy(place, place.role, policy, taken)
    for way in place.found.ways:
        yield from _find_way(place, way, taken, keys)
    for each in place.found.objects:
        yield from _find_object(place, each, taken, keys)


def _find_policy(place: Place, role: FoundRole, policy: FoundPolicy, taken: Taken) -> Iterator[Extra | Left]:
    identifier = identify_policy(role, policy)
    if (ATTACHMENT if policy.arn else ROLE_POLICY, identifier) in taken:
        return
    if not policy.arn:
        words = f"inline policy {policy.name} of role {role.name}"
        if policy.origin.is_managed:
            yield _leave(words, policy.origin)
            return
        yield Extra(ROLE_POLICY, identifier, "", policy.name, words)
        return
    words = f"policy {policy.name} attached to {role.name}"
    if policy.origin.is_managed:
        # Whether that is the policy or its attachment: neither is taken from its owner.
        yield _leave(words, policy.origin)
        return
    attachment = partial(Extra, ATTACHMENT, identifier, "", policy.name, words)
    if reason := _explain_kept(place, policy):
        yield attachment()
        yield reason
        return
    yield Extra(POLICY, policy.arn, "", policy.name, f"policy {policy.name}, which nothing else has attached")
    # A policy can be deleted only once it is attached to nothing.
    yield attachment(under=policy.arn)


def _explain_kept(place: Place, policy: FoundPolicy) -> Left | None:
    """Why a policy is not deleted once it is detached; None if it is."""
    words = f"policy {policy.name}"
    account = place.found.principal_arn.split(":")[4]
    if policy.arn.split(":")[4] != account:
        return Left(words, "it is AWS's own, and is only detached")
    if policy.attachments != 1:
        return Left(words, "other principals have it attached too, and it is only detached")
    return None


def _find_way(place: Place, way: FoundWay, taken: Taken, keys: frozenset[str]) -> Iterator[Extra | Left]:
    key, principal = place.find_key(way), place.found.principal_arn
    words = f"{'access entry' if way.method is EntryMethod.ACCESS_ENTRY else 'mapping in aws-auth'} in {way.cluster}"
    if key not in keys:
        yield Left(words, "the integration is not declared in this cluster", "Run this again with its --cluster KEY.")
        return
    if way.method is EntryMethod.AWS_AUTH:
        identifier = identify_mapping(key, way, principal)
        if (MAPPING, identifier) in taken:
            return
        if way.origin.is_managed:
            yield _leave(words, way.origin)
            return
        yield Extra(MAPPING, identifier, key, "mapping", f"{words}, in place of which there is an access entry")
        return
    for policy in way.policies:
        identifier = identify_association(way, principal, policy.arn)
        name = policy.arn.rpartition("/")[2]
        if (ASSOCIATION, identifier) in taken:
            continue
        if policy.origin.is_managed or way.origin.is_managed:
            yield _leave(
                f"access policy {name} of the {words}", policy.origin if policy.origin.is_managed else way.origin
            )
        else:
            yield Extra(ASSOCIATION, identifier, key, name, f"access policy {name} of the {words}")


def _find_object(place: Place, each: FoundObject, taken: Taken, keys: frozenset[str]) -> Iterator[Extra | Left]:
    key = place.find_key(each)
    where = f"{each.namespace}/{each.name}" if each.namespace else each.name
    words = f"{each.kind} {where} in {each.cluster}"
    if key not in keys:
        yield Left(words, "the integration is not declared in this cluster")
    elif (f"{OBJECT_PREFIX}{each.kind}", identify_object(key, each)) in taken:
        return
    elif _is_built_in(each):
        yield Left(words, "it is Kubernetes' own")
    elif each.is_shared:
        yield Left(words, "others use it too")
    elif reason := place.explain_uncertain(each):
        yield Left(words, reason, "Delete it yourself once you know that it is not needed.")
    elif each.origin.is_managed:
        yield _leave(words, each.origin)
    elif each.kind not in RBAC_KINDS:
        yield Left(words, f"a {each.kind} is not known here", "Look at it, and delete it yourself if it is not needed.")
    else:
        yield Extra(f"{OBJECT_PREFIX}{each.kind}", identify_object(key, each), key, f"{each.kind}-{where}", words)


def _is_built_in(each: FoundObject) -> bool:
    labels = (each.body.get("metadata") or {}).get("labels") or {}
    is_named_so = each.name.startswith(_BUILT_IN_PREFIXES) or (each.kind == "ClusterRole" and each.name in _BUILT_IN)
    return is_named_so or _BOOTSTRAPPING in labels


def _leave(words: str, origin: Origin) -> Left:
    return Left(words, *explain_owner(origin))
