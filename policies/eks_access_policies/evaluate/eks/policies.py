"""The rules about EKS access policies."""

from collections.abc import Iterator

from ...access import Access, PolicyAssociation, format_namespaces
from ...access.model import format_cluster
from ...finding import Finding
from ...rules.eks import ADMIN_POLICY, CLUSTER_ADMIN_POLICY, ENTRY_TYPE, POLICY_SCOPE, UNKNOWN_POLICY
from ..settings import Settings

_WRITES = frozenset({"create", "update", "patch", "*"})
_ADMIN = {
    "AmazonEKSClusterAdminPolicy": (CLUSTER_ADMIN_POLICY, "does everything there, past every other rule"),
    "AmazonEKSAdminPolicy": (
        ADMIN_POLICY,
        "changes everything in namespaces, roles included, reads Secrets and runs commands in pods",
    ),
}


def evaluate_policies(access: Access, settings: Settings) -> Iterator[Finding]:
    for association in access.associations:
        accepted = association.namespaces is not None and all(map(settings.accepts_namespace, association.namespaces))
        if not accepted and not settings.accepts(association.principal):
            yield from _association(association)
        yield from _type(association, access)


def _association(association: PolicyAssociation) -> Iterator[Finding]:
    urn, policy = association.resource.urn, association.policy
    given = f"{association.principal} → {association} in {format_cluster(association.cluster)}"
    where = format_namespaces(association.namespaces)
    if policy in _ADMIN:
        rule, words = _ADMIN[policy]
        yield Finding(rule, f"{given} {where}: {words}.", urn=urn)
    elif policy and association.rules is None:
        why = (
            "AWS publishes no rules of it" if policy.startswith("Amazon") else "no access policy of that name is known"
        )
        yield Finding(UNKNOWN_POLICY, f"{given}: {why}, so what it gives cannot be judged.", urn=urn)
    elif any(_WRITES & set(rule.verbs) for rule in association.rules or ()):
        wide = association.namespaces is None or "*" in association.namespaces
        if wide:
            yield Finding(POLICY_SCOPE, f"{given} {where}: it writes, kube-system included.", urn=urn)


def _type(association: PolicyAssociation, access: Access) -> Iterator[Finding]:
    for entry in access.entries:
        mine = entry.principal.key == association.principal.key and entry.cluster == association.cluster
        if mine and entry.type not in ("STANDARD", ""):
            message = f"{entry.principal} → {entry} of type {entry.type}: EKS refuses {association} on it."
            yield Finding(ENTRY_TYPE, message, urn=association.resource.urn)
