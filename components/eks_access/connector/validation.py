"""What RegisterCluster accepts, told before it is called. Pure.

https://docs.aws.amazon.com/eks/latest/APIReference/API_RegisterCluster.html
"""

import re
from collections.abc import Mapping
from enum import StrEnum

from ..errors import InvalidInputError
from ..model.arn import ACCOUNT_ID, parse

DEFAULT_LIMIT = 10
"""Registered clusters in one region: the quota's default, which AWS raises on request.

https://docs.aws.amazon.com/eks/latest/userguide/service-quotas.html"""
SERVICE = "eks-connector.amazonaws.com"
SERVICE_LINKED_ROLE = "AWSServiceRoleForAmazonEKSConnector"
AGENT_SERVICE = "ssm.amazonaws.com"
"""The service that the agent's role trusts: the agent is a Systems Manager one."""

_NAME = re.compile(r"[0-9A-Za-z][A-Za-z0-9\-_]{0,99}")
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]+")


class ClusterProvider(StrEnum):
    """What kind of cluster is connected; the EKS console shows it. The values are EKS's own."""

    EKS_ANYWHERE = "EKS_ANYWHERE"
    ANTHOS = "ANTHOS"
    GKE = "GKE"
    AKS = "AKS"
    OPENSHIFT = "OPENSHIFT"
    TANZU = "TANZU"
    RANCHER = "RANCHER"
    EC2 = "EC2"
    OTHER = "OTHER"


def check_name(property: str, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise InvalidInputError(
            property,
            name,
            "is not a name that EKS takes: 1 to 100 letters, digits, - and _, beginning with a letter or digit",
            "The dots of a domain name are not allowed: use hyphens." if "." in name else "",
        )


def check_provider(property: str, provider: str) -> None:
    if provider not in list(ClusterProvider):
        raise InvalidInputError(property, provider, f"is not one of {', '.join(ClusterProvider)}")


def check_region(property: str, region: str) -> None:
    if not _REGION.fullmatch(region):
        raise InvalidInputError(property, region, "is not an AWS region")


def check_agent_role(property: str, role_arn: str) -> None:
    arn = parse(role_arn)
    if arn is None or arn.service != "iam" or arn.kind != "role" or not ACCOUNT_ID.fullmatch(arn.account):
        raise InvalidInputError(property, role_arn, "is not the ARN of an IAM role")


def check_tags(property: str, tags: Mapping[str, str]) -> None:
    """https://docs.aws.amazon.com/eks/latest/userguide/eks-using-tags.html"""
    if len(tags) > 50:
        raise InvalidInputError(property, f"{len(tags)} tags", "is over the limit of 50")
    for key, value in tags.items():
        if not 1 <= len(key) <= 128 or len(value) > 256:
            raise InvalidInputError(
                f"{property}.{key}", None, "is too long: a key has 1 to 128 characters, a value up to 256"
            )
        if key.lower().startswith("aws:"):
            raise InvalidInputError(f"{property}.{key}", None, "begins with aws:, which AWS reserves")


def check_room(registered: int, limit: int, region: str) -> None:
    """Refuse one more registration where the region is full.

    Raises:
        InvalidInputError: `registered` clusters are the limit already.
    """
    if registered >= limit:
        raise InvalidInputError(
            "limit",
            limit,
            f"is the number of connected clusters that region {region} may have, and it has {registered}",
            "Deregister one, or have the quota 'Registered clusters' raised in Service Quotas and give the new limit.",
        )
