"""Evaluates the rules about EKS access policies."""

from collections.abc import Iterator

from ...access import Access, PolicyAssociation, format_namespaces
from ...access.model import format_cluster
from ...finding import Finding
from ...rules.eks import ADMIN_POLICY, CLUSTER_ADMIN_POLICY, ENTRY_TYPE, POLICY_SCOPE, UNKNOWN_POLICY
from ..settings import Settings

_OF_NODES = {"EC2": "AmazonEKSAutoNodePolicy"}
"""The policy that EKS takes for entries of a type of nodes, and that such nodes need.
https://docs.aws.amazon.com/eks/latest/userguide/create-node-class.html#auto-node-access-entry"""
_WRITES = frozenset({"create", "update", "patch", "*"})
_ADMIN = {
    "AmazonEKSClusterAdminPolicy": (CLUSTER_ADMIN_POLICY, "can do everything there"),
    "AmazonEKSAdminPolicy": (
        ADMIN_POLICY,
        "can change everything in namespaces, including roles, read Secrets and run commands in pods",
    ),
}


def evaluate_policies(access: Access, settings: Settings) -> Iterator[Finding]:
    of_nodes = {
        (entry.principal.key, entry.cluster): entry for entry in access.entries if entry.type not in ("STANDARD", "")
    }
    for association in access.associations:
        accepted = association.namespaces is not None and all(map(settings.accepts_namespace, association.namespaces))
        entry = of_nodes.get((association.principal.key, association.cluster))
        if entry and association.policy == _OF_NODES.get(entry.type):
            continue
        if not accepted and not settings.accepts(association.principal):
            yield from _check_policy(association)
        if entry:
            message = f"{entry.principal} → {entry} of type {entry.type}: EKS rejects {association} for this type."
            yield Finding(ENTRY_TYPE, message, urn=association.resource.urn)


def _check_policy(association: PolicyAssociation) -> Iterator[Finding]:
    urn, policy = association.resource.urn, association.policy
    chain = f"{association.principal} → {association} in {format_cluster(association.cluster)}"
    where = format_namespaces(association.namespaces)
    if policy in _ADMIN:
        rule, words = _ADMIN[policy]
        yield Finding(rule, f"{chain} {where}: {words}.", urn=urn)
    elif policy and association.rules is None:
        reason = "AWS does not publish its rules" if policy.startswith("Amazon") else "there is no such access policy"
        yield Finding(UNKNOWN_POLICY, f"{chain}: {reason}, so its rights cannot be evaluated.", urn=urn)
    elif any(_WRITES & set(rule.verbs) for rule in association.rules or ()):
        is_cluster_wide = association.namespaces is None or "*" in association.namespaces
        if is_cluster_wide:
            yield Finding(POLICY_SCOPE, f"{chain} {where}: it can write everywhere, including kube-system.", urn=urn)
