"""Trust in a service account of a cluster: the integration runs there and needs no keys.

Same interface as the kinds in `trust`: `kind`, `statements()`, `refuses()`.
"""

import re
from dataclasses import dataclass
from typing import Any, ClassVar

from .errors import Refused
from .placeholders import is_known
from .trust import Change

AUDIENCE = "sts.amazonaws.com"
_PROVIDER = re.compile(r"[\w.-]+(?::\d+)?(?:/[\w./-]*\w)?", re.ASCII)


@dataclass(frozen=True)
class Irsa:
    """IAM roles for service accounts: the cluster's OpenID Connect provider vouches for the service account.

    https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html
    """

    kind: ClassVar[str] = "irsa"
    partition: str
    account: str
    provider: str
    """The issuer without its scheme, which is also the last part of the IAM provider's ARN."""
    namespace: str
    service_account: str

    def statements(self) -> list[dict[str, Any]]:
        pinned = {
            f"{self.provider}:aud": AUDIENCE,
            f"{self.provider}:sub": f"system:serviceaccount:{self.namespace}:{self.service_account}",
        }
        arn = f"arn:{self.partition}:iam::{self.account}:oidc-provider/{self.provider}"
        return [
            {
                "Effect": "Allow",
                "Principal": {"Federated": arn},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringEquals": pinned},
            }
        ]

    def refuses(self) -> tuple[Change, ...]:
        return ("audience-wrong", "subject-wrong", "forged")


@dataclass(frozen=True)
class PodIdentity:
    """EKS Pod Identity: EKS itself hands the role to the service account that an association names.

    The session tags that EKS sets pin the role to one service account of one cluster, whatever else is associated.
    https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html
    """

    kind: ClassVar[str] = "pod-identity"
    cluster_arn: str
    namespace: str
    service_account: str

    def statements(self) -> list[dict[str, Any]]:
        pinned = {
            "aws:RequestTag/eks-cluster-arn": self.cluster_arn,
            "aws:RequestTag/kubernetes-namespace": self.namespace,
            "aws:RequestTag/kubernetes-service-account": self.service_account,
        }
        return [
            {
                "Effect": "Allow",
                "Principal": {"Service": "pods.eks.amazonaws.com"},
                "Action": ["sts:AssumeRole", "sts:TagSession"],
                "Condition": {"StringEquals": pinned},
            }
        ]

    def refuses(self) -> tuple[Change, ...]:
        return ("stranger",)


def checked_oidc_provider(property: str, provider: str) -> str:
    """The issuer of a cluster's OpenID Connect provider, without its scheme."""
    if not is_known(provider):
        return provider
    if provider.startswith("https://"):
        raise Refused(property, provider, "has a scheme, which IAM leaves out", "Give what stands after https://.")
    if not _PROVIDER.fullmatch(provider):
        raise Refused(
            property,
            provider,
            "is not the issuer of an OpenID Connect provider, as in oidc.eks.eu-west-1.amazonaws.com/id/0123456789AB",
        )
    return provider
