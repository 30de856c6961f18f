"""The report for programs: versioned JSON, in the manifest's own order."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, TextIO

from pydantic import Field
from pydantic.json_schema import GenerateJsonSchema

from eks_access import __version__
from eks_access.manifest.models import Manifest
from eks_access.model.placeholders import map_texts

from ..collector.inventory import Inventory
from ..outcome import Outcome, Plane, Result, Verdict
from .access import NOT_SHOWN, IntegrationReport, integration_report
from .advice import advice
from .changes import Changes
from .interface import Proof, exit_code
from .part import Part
from .seen import SeenReport, seen

SCHEMA_VERSION: Final = 1
SHORTEST_SECRET = 4
"""Nothing shorter keeps anybody out, and a report without each `1` could not be read."""


class Evidence(Part):
    """What the one who was asked answered. There is never a credential in it."""

    status: int | None = Field(description="The HTTP status; null where nothing answered.")
    reason: str = Field(description="The answer's own code or reason, such as AccessDenied or Forbidden.")
    message: str = Field(description="The answer's own words.")


class CheckReport(Part):
    """One expectation and what became of it."""

    integration: str
    cluster: str | None = Field(description="The user's key for the cluster; null for calls to AWS.")
    plane: Plane
    place: int = Field(description="Where the line stands in a run that is not sharded, from 0.")
    call: str
    detail: str = Field(description="More about the call: parameters, or whether it was tried or asked as a review.")
    why: str = Field(description="Why the integration needs it, or what it could do with it.")
    expected: Verdict = Field(description="`allowed` or `denied`.")
    exercised: bool = Field(description="False: evaluated from what is granted; nobody made the call.")
    verdict: Verdict
    result: Result = Field(description="`not-proven`: the answer shows neither what was expected nor the opposite.")
    evidence: Evidence
    differences: list[str] = Field(description="How an allowed call did not show what was declared.")
    waits_for: str = Field(description="The failed call that left this one unasked; empty where it was asked.")
    advice: str
    attempts: int
    seconds: float


class ShardReport(Part):
    index: int
    count: int


class Summary(Part):
    as_expected: int
    mismatches: int
    not_proven: int
    exit_code: int
    read_whole: bool | None = Field(
        default=None,
        description="Whether all that the integrations may see was read; null where that was not collected.",
    )


class Report(Part):
    """The JSON report of `eks-access probe`. The version changes when a reader of the old form would misread it."""

    schema_version: Literal[1] = SCHEMA_VERSION
    made_by: str = Field(default=f"eks-access {__version__}", description="The program, with its version.")
    project: str
    environment: str
    partition: str
    account: str
    manifest: str = Field(description="A digest of the access manifest.")
    asked_by: Literal["integration", "operator"]
    shard: ShardReport | None = Field(description="Which part of a run this is; null where it is whole.")
    started_at: datetime
    seconds: float
    summary: Summary
    declared: dict[str, list[str]] = Field(
        description="Every integration of the environment with its clusters, probed this time or not."
    )
    integrations: list[IntegrationReport] = Field(description="Those that were probed, on the clusters that were.")
    checks: list[CheckReport]
    seen: list[SeenReport] | None = Field(description="What each integration sees; null where that was not collected.")
    changes: Changes | None = Field(default=None, description="Since the baseline; null where none was given.")


@dataclass(frozen=True)
class Document:
    """The report, and what was collected with it: all that any form of it is made from."""

    report: Report
    inventory: Inventory | None = None


class DocumentFormat(ABC):
    @abstractmethod
    def write(self, document: Document) -> None:
        """Write the report to where this format was told to write."""


def report(proof: Proof) -> Report:
    """The whole report. What the user gave as a secret is taken out of every text of it."""
    made = _report(proof)
    return without(proof.secrets, made) if proof.secrets else made


def without(secrets: Iterable[str], document: Report) -> Report:
    longest_first = sorted((secret for secret in secrets if len(secret) >= SHORTEST_SECRET), key=len, reverse=True)

    def hidden(text: str) -> str:
        for secret in longest_first:
            text = text.replace(secret, NOT_SHOWN)
        return text

    return Report.model_validate(map_texts(document.model_dump(), hidden))


def _report(proof: Proof) -> Report:
    places = range(len(proof.outcomes)) if proof.places is None else proof.places
    return Report(
        project=proof.manifest.project,
        environment=proof.manifest.environment,
        partition=proof.manifest.partition,
        account=proof.manifest.account,
        manifest=digest(proof.manifest),
        asked_by="operator" if proof.by_operator else "integration",
        shard=None if proof.shard is None else ShardReport(index=proof.shard.index, count=proof.shard.count),
        started_at=proof.started_at,
        seconds=round(proof.seconds, 3),
        summary=summary(proof.counts).model_copy(
            update={
                "exit_code": proof.exit_code,
                "read_whole": None if proof.inventory is None else proof.inventory.is_whole,
            }
        ),
        declared={name: list(access.clusters) for name, access in proof.manifest.integrations.items()},
        integrations=[
            integration_report(
                name, access, {o.question.cluster for o in proof.outcomes if o.question.integration == name}
            )
            for name, access in proof.integrations.items()
        ],
        checks=[_check(place, outcome, proof) for place, outcome in zip(places, proof.outcomes, strict=True)],
        seen=None if proof.inventory is None else seen(proof.inventory),
    )


def summary(counts: Mapping[Result, int]) -> Summary:
    return Summary(
        as_expected=counts[Result.AS_EXPECTED],
        mismatches=counts[Result.MISMATCH],
        not_proven=counts[Result.NOT_PROVEN],
        exit_code=exit_code(counts),
    )


def digest(manifest: Manifest) -> str:
    """Two reports of one manifest have the same."""
    return hashlib.sha256(manifest.model_dump_json(by_alias=True).encode()).hexdigest()


def _check(place: int, outcome: Outcome, proof: Proof) -> CheckReport:
    question, answer = outcome.question, outcome.answer
    return CheckReport(
        integration=question.integration,
        cluster=question.cluster,
        plane=question.plane,
        place=place,
        call=question.call,
        detail=question.detail,
        why=question.why,
        expected=question.expected,
        exercised=question.exercised,
        verdict=answer.verdict,
        result=outcome.result,
        evidence=Evidence(status=answer.status, reason=answer.reason, message=answer.message),
        differences=list(answer.differences),
        waits_for=outcome.waits_for,
        advice=advice(outcome, proof.manifest.integrations[question.integration]),
        attempts=outcome.attempts,
        seconds=outcome.seconds,
    )


class JsonReport(DocumentFormat):
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, document: Document) -> None:
        self._stream.write(document.report.model_dump_json(by_alias=True, indent=2) + "\n")


def json_schema() -> dict[str, Any]:
    """The JSON schema of the report."""
    return {"$schema": GenerateJsonSchema.schema_dialect, **Report.model_json_schema(mode="serialization")}
