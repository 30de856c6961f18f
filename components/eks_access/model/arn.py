"""Amazon Resource Names: parsing, the forms that IAM, EKS and aws-auth require, and partitions."""

import re
from dataclasses import dataclass, replace

from ..errors import InvalidInputError
from .placeholders import is_known

PARTITIONS = ("aws", "aws-cn", "aws-us-gov")
"""The partitions that this package can provision."""

ACCOUNT_ID = re.compile(r"[0-9]{12}")
_ARN = re.compile(r"arn:(?P<partition>[^:]+):(?P<service>[^:]+):(?P<region>[^:]*):(?P<account>[^:]*):(?P<resource>.+)")


@dataclass(frozen=True)
class Arn:
    partition: str
    service: str
    region: str
    account: str
    resource: str

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"

    @property
    def kind(self) -> str:
        """The resource's kind: `role`, `user`, `assumed-role`, `cluster`, …"""
        return self.resource.split("/", 1)[0]

    @property
    def name(self) -> str:
        """The last part of the resource's path: a role's or user's name."""
        return self.resource.rsplit("/", 1)[-1]

    def without_path(self) -> "Arn":
        """The form that aws-auth requires: STS never reports a role's path, so an ARN with one never matches.

        https://docs.aws.amazon.com/eks/latest/userguide/auth-configmap.html
        """
        return replace(self, resource=f"{self.kind}/{self.name}") if self.kind == "role" else self


def parse(text: str) -> Arn | None:
    """The ARN, or None when the text is not one."""
    match = _ARN.fullmatch(text)
    return Arn(**match.groupdict()) if match else None


def is_service_linked_role(arn: Arn) -> bool:
    return arn.service == "iam" and arn.resource.startswith("role/aws-service-role/")


def partition_of(region: str) -> str:
    """The partition of a region, by the region's name."""
    return next((f"aws-{prefix}" for prefix in ("us-gov", "cn") if region.startswith(f"{prefix}-")), "aws")


def validate_partition(partition: str) -> str:
    """Validates that this package can provision in a partition."""
    if is_known(partition) and partition not in PARTITIONS:
        raise InvalidInputError("partition", partition, f"is not one of {', '.join(PARTITIONS)}")
    return partition


def validate_principal(path: str, text: str, *, kinds: tuple[str, ...] = ("role", "user")) -> str:
    """Validates an IAM principal's ARN for a trust policy or an access entry.

    Raises:
        InvalidInputError: it is not an ARN, not one of IAM, or of a kind that is not allowed there.
    """
    if not is_known(text):
        return text
    arn = parse(text)
    expected = " or ".join(f"arn:<partition>:iam::<account>:{kind}/<name>" for kind in kinds)
    if arn is None:
        raise InvalidInputError(path, text, f"is not an ARN; it must look like {expected}")
    if arn.service == "sts":
        role = (
            f"arn:{arn.partition}:iam::{arn.account}:role/{arn.resource.split('/')[1]}" if "/" in arn.resource else ""
        )
        raise InvalidInputError(
            path,
            text,
            "is an STS session, which is only temporary",
            f"Name the IAM role behind it{f': {role}' if role else ''} (with its path, if it has one).",
        )
    if arn.service != "iam" or arn.kind not in kinds or not arn.name or not ACCOUNT_ID.fullmatch(arn.account):
        raise InvalidInputError(
            path, text, f"is not an IAM principal that is allowed here; it must look like {expected}"
        )
    if is_service_linked_role(arn):
        raise InvalidInputError(path, text, "is a service-linked role, which only its own AWS service manages")
    return text
