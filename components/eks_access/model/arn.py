"""Amazon Resource Names: parsing, and the forms that IAM, EKS and aws-auth require."""

import re
from dataclasses import dataclass, replace

from ..errors import InvalidInputError
from .partitions import PARTITIONS
from .placeholders import is_known

ACCOUNT_ID = re.compile(r"[0-9]{12}")
_PRINCIPAL_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-names"""
_PRINCIPAL_PATH = re.compile(r"[!-)+->@-~]*")
"""A path's characters, without the wildcards * and ?: IAM refuses them in the ARN of a principal.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html"""
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


def validate_partition(partition: str) -> str:
    """Validates that it is one of AWS's partitions."""
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
    if arn.region or arn.partition not in PARTITIONS:
        raise InvalidInputError(path, text, f"is not an IAM ARN of a partition of AWS; it must look like {expected}")
    if not _PRINCIPAL_NAME.fullmatch(arn.name) or not _PRINCIPAL_PATH.fullmatch(arn.resource):
        raise InvalidInputError(
            path,
            text,
            f"does not end in the name of one {arn.kind}: 1 to 64 letters, digits and _+=,.@- are allowed, and no"
            " wildcards, which IAM refuses in the ARN of a principal",
        )
    if is_service_linked_role(arn):
        raise InvalidInputError(path, text, "is a service-linked role, which only its own AWS service manages")
    return text
