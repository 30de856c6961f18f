"""Reports what of aws-auth, of identity providers and of workloads' roles could not be read."""

from collections.abc import Iterator

from ...access import Access
from ...access.clusters import CLUSTER, is_creator_admin
from ...finding import Finding
from ..not_evaluated import NOT_EVALUATED


def find_unread(access: Access) -> Iterator[Finding]:
    for aws_auth in access.aws_auth:
        for words in aws_auth.unread:
            message = f"{aws_auth.resource.name} writes aws-auth: {words}, so who it lets in was not evaluated."
            yield Finding(NOT_EVALUATED, message, urn=aws_auth.resource.urn)
    for provider in access.identity_providers:
        for name in provider.unknown_fields:
            message = f"{provider.resource.name}: {name} is not known before the deployment and was not evaluated."
            yield Finding(NOT_EVALUATED, message, urn=provider.resource.urn)
    for each in access.workload_roles:
        if each.role is None:
            message = f"{each.account}: the role that it acts as, by {each.means}, is not known before the deployment."
            yield Finding(NOT_EVALUATED, message, urn=each.resource.urn)
    for cluster in access.stack.of_type(*CLUSTER):
        if is_creator_admin(cluster) is None:
            message = (
                f"whether the creator of {cluster.name} stays its administrator is not known before the deployment."
            )
            yield Finding(NOT_EVALUATED, message, urn=cluster.urn)
