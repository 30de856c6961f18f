"""Evaluates the rules about EKS access policies."""

from collections.abc import Iterator

from ...access import Access, Association, told_namespaces
from ...access.model import told_cluster
from ...located import Located, found
from ...rules.eks import ADMIN_POLICY, CLUSTER_ADMIN_POLICY, ENTRY_TYPE, POLICY_SCOPE, UNKNOWN_POLICY
from ...rules.settings import Settings

_WRITES = frozenset({"create", "update", "patch", "*"})
_ADMIN = {
    "AmazonEKSClusterAdminPolicy": (CLUSTER_ADMIN_POLICY, "can do everything there"),
    "AmazonEKSAdminPolicy": (
        ADMIN_POLICY,
        "can change everything in namespaces, including roles, read Secrets and run commands in pods",
    ),
}


def judge_policies(access: Access, settings: Settings) -> Iterator[Located]:
    for association in access.associations:
        accepted = association.namespaces is not None and all(map(settings.accepts_namespace, association.namespaces))
        if not accepted and not settings.accepts(association.principal):
            yield from _check_policy(association)
        yield from _check_entry_type(association, access)


def _check_policy(association: Association) -> Iterator[Located]:
    urn, policy = association.resource.urn, association.policy
    chain = f"{association.principal} → {association} in {told_cluster(association.cluster)}"
    where = told_namespaces(association.namespaces)
    if policy in _ADMIN:
        rule, words = _ADMIN[policy]
        yield found(rule, urn, f"{chain} {where}: {words}.")
    elif policy and association.rules is None:
        reason = "AWS does not publish its rules" if policy.startswith("Amazon") else "there is no such access policy"
        yield found(UNKNOWN_POLICY, urn, f"{chain}: {reason}, so its rights cannot be evaluated.")
    elif any(_WRITES & set(rule.verbs) for rule in association.rules or ()):
        is_cluster_wide = association.namespaces is None or "*" in association.namespaces
        if is_cluster_wide:
            yield found(POLICY_SCOPE, urn, f"{chain} {where}: it can write everywhere, including kube-system.")


def _check_entry_type(association: Association, access: Access) -> Iterator[Located]:
    for entry in access.entries:
        is_same = entry.principal.key == association.principal.key and entry.cluster == association.cluster
        if is_same and entry.type not in ("STANDARD", ""):
            message = f"{entry.principal} → {entry} of type {entry.type}: EKS rejects {association} for this type."
            yield found(ENTRY_TYPE, association.resource.urn, message)
