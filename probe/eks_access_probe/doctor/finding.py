"""What the examination found, and what to do about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How one thing is."""

    OK = "ok"
    PROBLEM = "problem"
    UNKNOWN = "unknown"
    """It could not be determined; the finding has the reason."""
    NOT_NEEDED = "not-needed"
    """It does not apply here; the finding has the reason."""


class Check(StrEnum):
    """What was examined."""

    ENGINE = "engine"
    BACKEND = "backend"
    PLUGIN = "plugin"
    COMMAND = "command"
    SDK = "sdk"
    KUBERNETES_PLUGIN = "kubernetes-plugin"
    CONFIGURATION = "configuration"
    ENDPOINT = "endpoint"
    CREDENTIALS = "credentials"
    ACCOUNT = "account"
    CLOCK = "clock"
    PROXY = "proxy"
    CLUSTER = "cluster"
    INTEGRATION = "integration"
    AWS_RIGHTS = "aws-rights"
    KUBERNETES_RIGHTS = "kubernetes-rights"


@dataclass(frozen=True)
class Finding:
    """One thing that was examined.

    Attributes:
        check: what was examined.
        status: how it is.
        summary: what was found, in one sentence.
        subject: which one: a cluster's or an integration's name; empty where there is only one.
        details: what the summary counts, one by one.
        advice: what to do; empty where nothing is.
    """

    check: Check
    status: Status
    summary: str
    subject: str = ""
    details: tuple[str, ...] = ()
    advice: str = ""


def worst(findings: Iterable[Finding]) -> Status:
    """PROBLEM if there is one, else UNKNOWN if there is, else OK."""
    seen = {finding.status for finding in findings}
    return next((status for status in (Status.PROBLEM, Status.UNKNOWN) if status in seen), Status.OK)
