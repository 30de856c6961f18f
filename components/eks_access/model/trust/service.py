"""An AWS service assumes the role on the account's behalf."""

import re
from dataclasses import dataclass
from typing import Any, ClassVar

from ...errors import InvalidInputError
from ..arn import ACCOUNT_ID, parse
from ..placeholders import is_known
from .tampered_request import TamperedRequest

_SERVICE = re.compile(r"([a-z0-9-]+\.)+amazonaws\.com(\.cn)?")


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
