"""A workload in one of the account's own clusters, such as a vendor's collector: EKS Pod Identity and IRSA."""

import re
from dataclasses import dataclass
from typing import Any, ClassVar

from ...errors import InvalidInputError
from ..identity import validate_namespace, validate_service_account
from ..placeholders import is_known
from .service import source_conditions, validate_sources
from .tampered_request import TamperedRequest

POD_IDENTITY_SERVICE = "pods.eks.amazonaws.com"
IRSA_AUDIENCE = "sts.amazonaws.com"

_ISSUER = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]+)?(/[\w./~-]+)?", re.ASCII)


@dataclass(frozen=True)
class PodIdentity:
    """EKS Pod Identity: the association in EKS decides which service account gets the role.

    The principal is one service for all clusters of the account, so conditions restrict the cluster, namespace and
    service account. Otherwise any principal that may create associations could give the role to any pod.
    https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html
    """

    kind: ClassVar[str] = "pod-identity"
    account: str | None = None
    cluster_arns: tuple[str, ...] = ()
    namespace: str | None = None
    service_account: str | None = None

    def __post_init__(self) -> None:
        validate_sources(self.account, self.cluster_arns)
        if self.namespace is not None:
            validate_namespace("namespace", self.namespace)
        if self.service_account is not None:
            validate_service_account("service_account", self.service_account)

    def statements(self) -> list[dict[str, Any]]:
        conditions = source_conditions(self.account, self.cluster_arns)
        # EKS sends these as session tags with each request.
        tags = {
            "aws:RequestTag/kubernetes-namespace": self.namespace,
            "aws:RequestTag/kubernetes-service-account": self.service_account,
        }
        equal = {**conditions.get("StringEquals", {}), **{key: value for key, value in tags.items() if value}}
        conditions |= {"StringEquals": equal} if equal else {}
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": POD_IDENTITY_SERVICE},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
        }
        return [statement | ({"Condition": conditions} if conditions else {})]

    def is_for(self, cluster_arn: str) -> bool:
        """Whether a pod of this cluster may get the role."""
        return not self.cluster_arns or cluster_arn in self.cluster_arns

    def refuses(self) -> tuple[TamperedRequest, ...]:
        return ("stranger", *(("subject-wrong",) if self.service_account else ()))


@dataclass(frozen=True)
class Irsa:
    """IAM roles for service accounts: the cluster's OpenID Connect provider issues tokens for one service account.

    Both audience and subject are required: with the subject alone, a token that the service account got for another
    audience would be accepted.
    https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html
    """

    kind: ClassVar[str] = "irsa"
    partition: str
    account: str
    issuer: str
    """The cluster's OpenID Connect issuer, without https://."""
    namespace: str
    service_account: str

    def __post_init__(self) -> None:
        if is_known(self.issuer) and not _ISSUER.fullmatch(self.issuer):
            raise InvalidInputError(
                "oidc_issuer",
                self.issuer,
                "is not an issuer; it must look like oidc.eks.<region>.amazonaws.com/id/<id>",
                "Give it without https://, as in the provider's ARN and its condition keys.",
            )
        validate_namespace("namespace", self.namespace)
        validate_service_account("service_account", self.service_account)

    @property
    def provider(self) -> str:
        """The ARN of the cluster's OpenID Connect provider in IAM."""
        return f"arn:{self.partition}:iam::{self.account}:oidc-provider/{self.issuer}"

    @property
    def subject(self) -> str:
        return f"system:serviceaccount:{self.namespace}:{self.service_account}"

    def statements(self) -> list[dict[str, Any]]:
        pinned = {f"{self.issuer}:aud": IRSA_AUDIENCE, f"{self.issuer}:sub": self.subject}
        return [
            {
                "Effect": "Allow",
                "Principal": {"Federated": self.provider},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringEquals": pinned},
            }
        ]

    def refuses(self) -> tuple[TamperedRequest, ...]:
        return ("audience-wrong", "subject-wrong", "forged")
