"""Finds the clusters of a stack in which anyone may have more access than could be read."""

from collections.abc import Iterator

from ...access import Access
from ...stack import Resource, is_unknown
from ..side import UNKNOWN_CLUSTER


def find_unknown_clusters(access: Access) -> Iterator[str]:
    """Where it is not known who enters, which subjects a binding has, or which service account acts as a role."""
    clusters = (
        *(each.cluster for each in access.aws_auth if each.unread),
        *(each.cluster for each in access.bindings if each.unknown_fields),
        *(each.cluster for each in access.entries if each.principal.is_unknown),
        *(each.cluster for each in access.associations if each.principal.is_unknown),
        *(each.cluster for each in access.workload_roles if _is_account_unknown(each.resource)),
    )
    yield from (cluster or UNKNOWN_CLUSTER for cluster in clusters)


def _is_account_unknown(resource: Resource) -> bool:
    return any(is_unknown(resource.get(name)) for name in ("namespace", "serviceAccount", "metadata", "items"))
