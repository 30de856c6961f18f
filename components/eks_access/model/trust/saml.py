"""A user with an assertion of one of the account's SAML identity providers assumes the role."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from ...errors import InvalidInputError
from ..arn import parse
from ..partitions import PARTITIONS, partition_of
from ..placeholders import is_known
from .tampered_request import TamperedRequest

SIGN_IN = {each.id: f"https://{each.sign_in}/saml" for each in PARTITIONS.values() if each.sign_in}
"""Each partition's sign-in address, to which assertions are addressed.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html
"""
_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[0-9]+")


@dataclass(frozen=True)
class Saml:
    """An assertion of a SAML provider is exchanged for the role; the session's name is in the assertion.

    The session's name needs no condition, since the user cannot choose it: the attribute mapping of the identity
    provider does.
    `SAML:aud` is the assertion's Recipient, not its Audience.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-saml
    """

    kind: ClassVar[str] = "saml"
    provider: str
    """The ARN of the SAML provider in IAM."""
    audience: str
    other_audiences: tuple[str, ...] = ()
    """The sign-in addresses of further regions, for when that of the first is not available.

    https://aws.amazon.com/blogs/security/how-to-use-regional-saml-endpoints-for-failover/
    """

    def statements(self) -> list[dict[str, Any]]:
        audiences = [self.audience, *self.other_audiences] if self.other_audiences else self.audience
        return [
            {
                "Effect": "Allow",
                "Principal": {"Federated": self.provider},
                "Action": "sts:AssumeRoleWithSAML",
                "Condition": {"StringEquals": {"SAML:aud": audiences}},
            }
        ]

    def refuses(self) -> tuple[TamperedRequest, ...]:
        return ("audience-wrong", "forged")


def saml_audiences(path: str, regions: Iterable[str], *, partition_region: str) -> tuple[str, ...]:
    """The values of `SAML:aud`: of the partition of `partition_region`, and of these regions of it.

    Raises:
        InvalidInputError: AWS publishes no sign-in address for the partition, or a region is not one of it.
    """
    partition = partition_of(partition_region)
    if partition.sign_in is None:
        raise InvalidInputError(
            path,
            partition_region,
            f"is in partition {partition.id}, whose sign-in address AWS does not publish: what SAML assertions are"
            " addressed to there is not known",
        )
    hosts = [partition.sign_in]
    for region in regions:
        if is_known(region) and (not _REGION.fullmatch(region) or partition_of(region) is not partition):
            raise InvalidInputError(path, region, f"is not a region of partition {partition.id}")
        if partition.home not in (None, region):
            hosts.append(f"{region}.{partition.sign_in}")
    return tuple(dict.fromkeys(f"https://{host}/saml" for host in hosts))


def validate_saml_provider(path: str, provider: str, *, account: str) -> str:
    """Validates the ARN of a SAML provider in this account; STS accepts assertions of no other account's.

    Raises:
        InvalidInputError: it is not such an ARN, or one in another account.
    """
    if not is_known(provider):
        return provider
    arn = parse(provider)
    if arn is None or arn.service != "iam" or arn.kind != "saml-provider" or not _NAME.fullmatch(arn.resource):
        raise InvalidInputError(
            path,
            provider,
            "is not a SAML provider's ARN; it must look like arn:<partition>:iam::<account>:saml-provider/<name>",
        )
    if is_known(account) and arn.account != account:
        raise InvalidInputError(
            path,
            provider,
            f"is in account {arn.account}, and a role accepts assertions only of providers in its own, {account}",
            "Create the provider there too (IAM > Identity providers), from the same metadata.",
        )
    return provider


_NAME = re.compile(r"saml-provider/[\w._-]{1,128}", re.ASCII)
"""https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateSAMLProvider.html (Name)"""
