"""Finds the IAM roles that service accounts of a cluster act as: by EKS Pod Identity, or by their annotation (IRSA)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ...stack import Resource, Stack, Value, is_unknown
from ...stack.values import get, is_sequence, text
from ..clusters import Clusters
from ..model import Principal, Subject
from ..principals import ROLE, Principals
from .aws_auth import contains_unknown_items

POD_IDENTITY_ASSOCIATION = (
    "aws:eks/podIdentityAssociation:PodIdentityAssociation",
    "aws-native:eks:PodIdentityAssociation",
)
SERVICE_ACCOUNT = re.compile(r"kubernetes:(core/)?v1:ServiceAccount(List)?(Patch)?|eks-access:index:ServiceAccount")
ANNOTATION = "eks.amazonaws.com/role-arn"
"""https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html"""


@dataclass(frozen=True, eq=False)
class WorkloadRole:
    """A role that the pods of a service account can act as. `role` is None if it is not known which one."""

    resource: Resource
    cluster: str
    account: Subject
    role: Principal | None
    means: str
    """How: `EKS Pod Identity`, or `its annotation`."""
    policy: Value = None
    """The session policy of an association, which limits what its pods may do with the role."""

    @property
    def has_unknown(self) -> bool:
        """Whether the role is not known before the deployment, or what limits it."""
        return self.role is None or is_unknown(self.policy)


def find_workload_roles(stack: Stack, clusters: Clusters, principals: Principals) -> Iterator[WorkloadRole]:
    for resource in stack.of_type(*POD_IDENTITY_ASSOCIATION):
        yield from _associated_roles(resource, clusters.of(resource), principals)
    for kind in stack.types:
        if SERVICE_ACCOUNT.fullmatch(kind):
            for resource in stack.of_type(kind):
                yield from _annotated_roles(resource, stack, clusters.of(resource), principals)


def _associated_roles(resource: Resource, cluster: str, principals: Principals) -> Iterator[WorkloadRole]:
    """The role of an association, and the role of another account that it assumes in turn."""
    account = _subject(resource, resource.get("namespace"), resource.get("serviceAccount"))
    for name in ("roleArn", "targetRoleArn"):
        if name == "roleArn" or resource.get(name) is not None:
            role = principals.of(resource, name)
            known = None if role.is_unknown else role
            yield WorkloadRole(resource, cluster, account, known, "EKS Pod Identity", resource.get("policy"))


def _annotated_roles(resource: Resource, stack: Stack, cluster: str, principals: Principals) -> Iterator[WorkloadRole]:
    listed = resource.get("items") if "List" in resource.type else [resource.properties]
    if contains_unknown_items(listed):
        account = Subject("ServiceAccount", f"{resource.name} (not all known yet)")
        yield WorkloadRole(resource, cluster, account, None, "its annotation")
    for body in listed if is_sequence(listed) else ():
        arn = get(body, "metadata", "annotations", ANNOTATION) if isinstance(body, Mapping) else None
        if arn is None:
            continue
        account = _subject(resource, get(body, "metadata", "namespace") or "default", get(body, "metadata", "name"))
        yield WorkloadRole(resource, cluster, account, _find_role(arn, resource, stack, principals), "its annotation")


def _subject(resource: Resource, namespace: Value, name: Value) -> Subject:
    return Subject(
        "ServiceAccount",
        text(name) or f"{resource.name} (name not known yet)",
        text(namespace) or "(a namespace not known yet)",
    )


def _find_role(arn: Value, resource: Resource, stack: Stack, principals: Principals) -> Principal | None:
    """The annotation's role: by its ARN, or the only role of the stack that the metadata's values come from."""
    if not is_unknown(arn):
        return principals.by_arn(text(arn) or "") if text(arn) else None
    sources = [each for each in stack.sources(resource, "metadata") if each.type in ROLE]
    return principals.of_source(sources[0]) if len(sources) == 1 else None
