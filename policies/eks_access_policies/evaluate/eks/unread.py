"""Finds what of aws-auth, of identity providers and of workloads' roles could not be evaluated."""

from collections.abc import Iterator

from ...access import Access
from ...access.clusters import CLUSTER, is_creator_admin
from ...stack import Resource


def find_unread(access: Access) -> Iterator[tuple[Resource, str]]:
    """Pairs of a resource and a sentence about what of it was not evaluated."""
    for aws_auth in access.aws_auth:
        for words in aws_auth.unread:
            resource = aws_auth.resource
            yield resource, f"{resource.name} writes aws-auth: {words}, so who it lets in was not evaluated."
    for provider in access.identity_providers:
        for name in provider.unknown_fields:
            resource = provider.resource
            yield resource, f"{resource.name}: {name} is not known before the deployment and was not evaluated."
    for each in access.workload_roles:
        chain = f"{each.account} → {each.means}"
        if each.role is None:
            yield each.resource, f"{chain}: the role is not known before the deployment and was not evaluated."
        elif each.role.key not in access.stack.by_urn:
            yield each.resource, f"{chain} → {each.role}: the role is not in the stack, and was not evaluated."
    for cluster in access.stack.of_type(*CLUSTER):
        if is_creator_admin(cluster) is None:
            yield cluster, f"whether the creator of {cluster.name} stays its administrator is not known yet."
