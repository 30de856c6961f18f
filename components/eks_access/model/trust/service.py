"""An AWS service assumes the role on the account's behalf."""

import re
from dataclasses import dataclass
from typing import Any, ClassVar

from ...errors import InvalidInputError
from ..arn import ACCOUNT_ID, parse
from ..partitions import SERVICE_DOMAINS
from ..placeholders import is_known
from .tampered_request import TamperedRequest

_SERVICE = re.compile(rf"([a-z0-9-]+\.)+({'|'.join(map(re.escape, SERVICE_DOMAINS))})")


_WITHOUT_SOURCE = ("ec2",)
"""Services that send no `aws:SourceAccount` and no `aws:SourceArn`: no request would meet a condition on these.

An instance profile's role is passed within its own account, which is what keeps other customers out:
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2_instance-profiles.html
"""


@dataclass(frozen=True)
class Service:
    """A service principal; `source_account` and `source_arns` restrict the resources for which it may act.

    Without either the service could act for another customer's resource, as a confused deputy:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """

    kind: ClassVar[str] = "service"
    service: str
    source_account: str | None = None
    source_arns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if is_known(self.service) and not _SERVICE.fullmatch(self.service):
            raise InvalidInputError(
                "service", self.service, "is not a service principal; it must look like eks.amazonaws.com"
            )
        validate_sources(self.source_account, self.source_arns)
        if self.service.partition(".")[0] in _WITHOUT_SOURCE and (self.source_account or self.source_arns):
            raise InvalidInputError(
                "source_account" if self.source_account else "source_arns",
                self.source_account or list(self.source_arns),
                f"is never sent by {self.service}, so that it could not assume the role",
                "Give `source_account: null` and no source_arns.",
            )

    def statements(self) -> list[dict[str, Any]]:
        statement = {"Effect": "Allow", "Principal": {"Service": self.service}, "Action": "sts:AssumeRole"}
        conditions = source_conditions(self.source_account, self.source_arns)
        return [statement | ({"Condition": conditions} if conditions else {})]

    def refuses(self) -> tuple[TamperedRequest, ...]:
        return ("stranger",)


def source_conditions(account: str | None, arns: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    by_account: dict[str, dict[str, Any]] = {"StringEquals": {"aws:SourceAccount": account}} if account else {}
    by_arn: dict[str, dict[str, Any]] = {"ArnLike": {"aws:SourceArn": list(arns)}} if arns else {}
    return by_account | by_arn


def validate_sources(account: str | None, arns: tuple[str, ...]) -> None:
    """Validates the sources of requests: no request would match a condition with an invalid one."""
    if account is not None and is_known(account) and not ACCOUNT_ID.fullmatch(account):
        raise InvalidInputError("source_account", account, "is not an account id of 12 digits")
    for index, text in enumerate(arns):
        if is_known(text) and parse(text) is None:
            raise InvalidInputError(
                f"source_arns[{index}]", text, "is not an ARN", "A single * would allow every resource."
            )
