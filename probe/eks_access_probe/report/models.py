"""The JSON report of the probe, as data. Its schema is docs/schema/report.json.

The version changes when a reader of the old form would misread the new one.
"""

from datetime import datetime
from enum import StrEnum
from typing import Final, Literal

from pydantic import Field

from eks_access import __version__
from eks_access.base_models import CamelModel
from eks_access.manifest.models import Rights

from ..collector.inventory import State
from ..outcome import Plane, Result, Verdict

SCHEMA_VERSION: Final = 1


class ReportModel(CamelModel, extra="forbid"):
    """The base of every part of the report. Unknown keys are errors: a report is read by the version that wrote it."""


# The access of each integration, as declared.


class RiskReport(ReportModel):
    words: str
    grave: bool = Field(description="It reads credentials, runs code, or widens rights.")


class RightReport(ReportModel):
    """A statement, a rule or an access policy, in words."""

    what: str
    where: str
    why: str
    risks: list[RiskReport]


class ClusterReport(ReportModel):
    name: str
    region: str
    arn: str
    authentication_mode: str | None
    """Null for a cluster outside of EKS."""
    method: str = Field(description="`access-entry`, `aws-auth` or `eks-connector`.")
    username: str
    groups: list[str]


class IntegrationReport(ReportModel):
    """The declared access of one integration."""

    name: str
    vendor: str
    title: str
    profile: str
    role_arn: str
    trust_kind: str
    trust: list[str] = Field(description="Which principals may assume the role, in words.")
    clusters: dict[str, ClusterReport] = Field(description="By the keys of the configuration.")
    aws: list[RightReport]
    kubernetes: list[RightReport]
    rights: Rights = Field(description="The same rights as in the access manifest.")
    residual_risks: list[str]
    sources: list[str]


# The checks.


class Evidence(ReportModel):
    """The response of the service that decided. It never contains a credential."""

    status: int | None = Field(description="The HTTP status; null if there was no response.")
    reason: str = Field(description="The error code or reason of the response, such as AccessDenied or Forbidden.")
    message: str = Field(description="The message of the response.")

    @property
    def text(self) -> str:
        """`403 Forbidden: pods is forbidden`."""
        head = " ".join(part for part in (str(self.status or ""), self.reason) if part)
        return ": ".join(part for part in (head, self.message) if part)


class CheckReport(ReportModel):
    """One expectation and its result."""

    integration: str
    cluster: str | None = Field(description="The cluster's key in the configuration; null for AWS calls.")
    plane: Plane
    place: int = Field(description="The index of the check in a run without shards, from 0.")
    call: str
    detail: str = Field(description="Details of the call: its parameters, or how it was checked.")
    why: str = Field(description="Why the integration needs the call, or what it could do with it.")
    expected: Verdict = Field(description="`allowed` or `denied`.")
    exercised: bool = Field(description="False: evaluated from the granted permissions; the call was not made.")
    verdict: Verdict
    result: Result = Field(description="`not-proven`: inconclusive, neither as expected nor a mismatch.")
    evidence: Evidence
    differences: list[str] = Field(description="How an allowed call differs from the declaration.")
    cause: str = Field(
        default="",
        description="The object that is missing, was changed or grants too much: one cause may fail many checks.",
    )
    waits_for: str = Field(description="The failed call because of which this one was skipped; empty if it was made.")
    advice: str
    attempts: int
    seconds: float


class ShardReport(ReportModel):
    index: int
    count: int


class Summary(ReportModel):
    as_expected: int
    mismatches: int
    not_proven: int
    exit_code: int
    read_whole: bool | None = Field(
        default=None,
        description="Whether everything that the integrations may see was read; null without --collect.",
    )


# What the integrations see.


class SeenKind(ReportModel):
    """One kind of object in one cluster."""

    kind: str
    state: State = Field(description="How much of it was read; with `incomplete`, some objects are missing.")
    count: int
    reason: str = Field(description="Why it was not read completely.")
    names: list[str] | None = Field(description="namespace/name, sorted; null for kinds of short-lived objects.")


class SeenReport(ReportModel):
    """What one integration sees in one cluster."""

    integration: str
    cluster: str
    trouble: str = Field(description="Why the API server could not be read; empty if it could.")
    kinds: list[SeenKind]


# What changed since a baseline.


class FlipKind(StrEnum):
    BROKE = "broke"
    """As expected in the baseline, a mismatch now."""
    UNPROVEN = "unproven"
    """Conclusive in the baseline, inconclusive now."""
    MENDED = "mended"
    PROVEN = "proven"
    """Inconclusive in the baseline, as expected now."""
    EXPECTATION = "expectation"
    """The expectation itself changed, from allowed to denied or from denied to allowed."""


class Flip(ReportModel):
    """One expectation with a different result than in the baseline."""

    kind: FlipKind
    integration: str
    cluster: str | None
    plane: Plane
    call: str
    detail: str
    why: str
    expected: Verdict
    before: Result
    after: Result
    verdict_before: Verdict
    verdict_after: Verdict


class RightChange(ReportModel):
    """A declared right that the other report does not have, or not with the same scope."""

    integration: str
    plane: str = Field(description="`aws` or `kubernetes`.")
    what: list[str]
    where: str
    risk: str
    grave: bool


class AccessChange(ReportModel):
    """An integration or a cluster that was added or removed, or another role, trust policy or Kubernetes identity."""

    integration: str
    cluster: str | None
    words: str


class SeenChange(ReportModel):
    """Objects of one kind that an integration sees in only one of the two reports."""

    integration: str
    cluster: str
    kind: str
    count_before: int | None = Field(description="Null if they were not visible.")
    count_after: int | None
    appeared: list[str] = Field(description="namespace/name; empty for kinds of short-lived objects.")
    disappeared: list[str]


class Changes(ReportModel):
    """What changed since the baseline."""

    baseline_started_at: datetime
    access: list[AccessChange]
    gained: list[RightChange]
    lost: list[RightChange]
    flips: list[Flip]
    added: int = Field(description="The number of expectations that the baseline does not have.")
    removed: int = Field(description="The number of expectations that only the baseline has.")
    seen: list[SeenChange]
    not_compared: list[str] = Field(description="What only one of the two runs checked, in words.")

    @property
    def any(self) -> bool:
        """Whether something changed. What was not compared does not count as a change."""
        return bool(
            self.access or self.gained or self.lost or self.flips or self.added or self.removed or self.became_visible
        )

    @property
    def became_visible(self) -> list[SeenChange]:
        """Kinds that are visible in only one of the two reports, and names that appeared or disappeared."""
        return [
            seen
            for seen in self.seen
            if seen.appeared or seen.disappeared or (seen.count_before is None) is not (seen.count_after is None)
        ]


# The report.


class Report(ReportModel):
    """The JSON report of `eks-access probe`. The version changes when a reader of the old form would misread it."""

    schema_version: Literal[1] = SCHEMA_VERSION
    made_by: str = Field(default=f"eks-access {__version__}", description="The program with its version.")
    project: str
    environment: str
    partition: str
    account: str
    manifest: str = Field(description="The SHA-256 digest of the access manifest.")
    asked_by: Literal["integration", "operator"]
    shard: ShardReport | None = Field(description="Which shard of a run this is; null for a complete run.")
    started_at: datetime
    seconds: float
    summary: Summary
    declared: dict[str, list[str]] = Field(
        description="Every integration of the environment with its clusters, whether probed in this run or not."
    )
    integrations: list[IntegrationReport] = Field(description="The integrations and clusters that were probed.")
    checks: list[CheckReport]
    seen: list[SeenReport] | None = Field(description="What each integration sees; null without --collect.")
    changes: Changes | None = Field(default=None, description="Since the baseline; null without --baseline.")
