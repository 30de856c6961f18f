"""Validates the arguments of RegisterCluster before it is called. Pure.

https://docs.aws.amazon.com/eks/latest/APIReference/API_RegisterCluster.html
"""

import re
from collections.abc import Mapping
from enum import StrEnum

from ..errors import InvalidInputError
from ..model.arn import ACCOUNT_ID, parse

DEFAULT_LIMIT = 10
"""Connected clusters in one region: the quota's default, which AWS raises on request.

https://docs.aws.amazon.com/eks/latest/userguide/service-quotas.html"""
SERVICE = "eks-connector.amazonaws.com"
SERVICE_LINKED_ROLE = "AWSServiceRoleForAmazonEKSConnector"
AGENT_SERVICE = "ssm.amazonaws.com"
"""The service that the agent's role trusts: the agent is one of Systems Manager."""

_NAME = re.compile(r"[0-9A-Za-z][A-Za-z0-9\-_]{0,99}")
_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[0-9]+")


class ClusterProvider(StrEnum):
    """Kinds of connected clusters, as the EKS console shows them. The values are those of the EKS API."""

    EKS_ANYWHERE = "EKS_ANYWHERE"
    ANTHOS = "ANTHOS"
    GKE = "GKE"
    AKS = "AKS"
    OPENSHIFT = "OPENSHIFT"
    TANZU = "TANZU"
    RANCHER = "RANCHER"
    EC2 = "EC2"
    OTHER = "OTHER"


def validate_cluster_name(path: str, name: str) -> None:
    """Check the name that the cluster gets in EKS."""
    if not _NAME.fullmatch(name):
        raise InvalidInputError(
            path,
            name,
            "is not a name that EKS accepts: 1 to 100 letters, digits, - and _, beginning with a letter or digit",
            "The dots of a domain name are not allowed: use hyphens." if "." in name else "",
        )


def validate_provider(path: str, provider: str) -> None:
    """Check that it is a `ClusterProvider`."""
    if provider not in list(ClusterProvider):
        raise InvalidInputError(path, provider, f"is not one of {', '.join(ClusterProvider)}")


def validate_region(path: str, region: str) -> None:
    """Check the form of an AWS region's name."""
    if not _REGION.fullmatch(region):
        raise InvalidInputError(path, region, "is not an AWS region")


def validate_agent_role(path: str, role_arn: str) -> None:
    """Check that it is the ARN of an IAM role."""
    arn = parse(role_arn)
    if arn is None or arn.service != "iam" or arn.kind != "role" or not ACCOUNT_ID.fullmatch(arn.account):
        raise InvalidInputError(path, role_arn, "is not the ARN of an IAM role")


def validate_tags(path: str, tags: Mapping[str, str]) -> None:
    """Check the tags' number, lengths and prefixes: https://docs.aws.amazon.com/eks/latest/userguide/eks-using-tags.html"""
    if len(tags) > 50:
        raise InvalidInputError(path, f"{len(tags)} tags", "is over the limit of 50")
    for key, value in tags.items():
        if not 1 <= len(key) <= 128 or len(value) > 256:
            raise InvalidInputError(
                f"{path}.{key}", None, "is too long: a key has 1 to 128 characters, a value up to 256"
            )
        if key.lower().startswith("aws:"):
            raise InvalidInputError(f"{path}.{key}", None, "begins with aws:, which AWS reserves")


def validate_room(registered: int, limit: int, region: str) -> None:
    """Check that the region has room for one more connected cluster.

    Raises:
        InvalidInputError: it has as many as `limit` already.
    """
    if registered >= limit:
        raise InvalidInputError(
            "limit",
            limit,
            f"is the number of connected clusters that region {region} may have, and it has {registered}",
            "Deregister one, or have the quota 'Registered clusters' raised in Service Quotas and give the new limit.",
        )
