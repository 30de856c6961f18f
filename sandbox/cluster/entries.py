"""Access entries as a cluster sees them: the authenticator's dynamic file and the authorizer's grants.
Pure.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from eks_access.model.access_policies import AssociatedPolicy

from ..aws.arn import Arn

NODE_GROUPS = {
    "EC2_LINUX": ("system:bootstrappers", "system:nodes"),
    "EC2_WINDOWS": ("system:bootstrappers", "system:nodes", "eks:kube-proxy-windows"),
    "FARGATE_LINUX": ("system:bootstrappers", "system:nodes", "system:node-proxier"),
    "HYBRID_LINUX": ("system:bootstrappers", "system:nodes"),
}
"""https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html (what EKS sets for node
types)
"""


@dataclass(frozen=True)
class Entry:
    principal_arn: str
    unique_id: str
    """The role's or user's id (AROA…, AIDA…) when the entry was made: a recreated principal is another
    one.
    """
    username: str
    groups: tuple[str, ...] = ()
    kind: str = "STANDARD"
    grants: tuple[AssociatedPolicy, ...] = ()


def creator_entry(principal_arn: str, unique_id: str) -> Entry:
    """The identity, in a CONFIG_MAP cluster, of the principal that created it, whatever aws-auth contains.

    https://docs.aws.amazon.com/eks/latest/userguide/auth-configmap.html
    """
    return Entry(principal_arn, unique_id, "kubernetes-admin", ("system:masters",))


def dynamic_file(entries: Iterable[Entry]) -> dict[str, Any]:
    """The authenticator's DynamicFile backend (pkg/mapper/dynamicfile), keyed by `userid` when it is
    strict.
    """
    roles, users = [], []
    for entry in entries:
        arn = Arn.parse(entry.principal_arn)
        mapping = {
            "username": entry.username,
            "groups": [*entry.groups, *NODE_GROUPS.get(entry.kind, ())],
            "userid": entry.unique_id,
        }
        if arn is not None and arn.kind == "user":
            users.append({"userarn": entry.principal_arn, **mapping})
        else:
            roles.append({"rolearn": entry.principal_arn, **mapping})
    return {"mapRoles": roles, "mapUsers": users, "mapAccounts": []}


def grants_by_id(entries: Iterable[Entry]) -> dict[str, tuple[AssociatedPolicy, ...]]:
    return {entry.unique_id: entry.grants for entry in entries if entry.grants}
