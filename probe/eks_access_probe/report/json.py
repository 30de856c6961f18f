"""The report for programs: versioned JSON, in the manifest's own order."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal, TextIO

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from eks_access.manifest import Manifest

from ..explain import advice
from ..outcome import Outcome, Plane, Result, Verdict
from .interface import Proof, ReportFormat, exit_code

SCHEMA_VERSION: Final = 1


class _Part(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True, extra="forbid")


class Evidence(_Part):
    """What the one who was asked answered. There is never a credential in it."""

    status: int | None = Field(description="The HTTP status; null where nothing answered.")
    reason: str = Field(description="The answer's own code or reason, such as AccessDenied or Forbidden.")
    message: str = Field(description="The answer's own words.")


class CheckReport(_Part):
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


class ShardReport(_Part):
    index: int
    count: int


class Summary(_Part):
    as_expected: int
    mismatches: int
    not_proven: int
    exit_code: int


class Report(_Part):
    """The JSON report of `eks-access probe`. The version changes when a reader of the old form would misread it."""

    schema_version: Literal[1] = SCHEMA_VERSION
    project: str
    environment: str
    account: str
    manifest: str = Field(description="A digest of the access manifest.")
    asked_by: Literal["integration", "operator"]
    shard: ShardReport | None = Field(description="Which part of a run this is; null where it is whole.")
    started_at: datetime
    seconds: float
    summary: Summary
    checks: list[CheckReport]


def report(proof: Proof) -> Report:
    places = range(len(proof.outcomes)) if proof.places is None else proof.places
    return Report(
        project=proof.manifest.project,
        environment=proof.manifest.environment,
        account=proof.manifest.account,
        manifest=digest(proof.manifest),
        asked_by="operator" if proof.by_operator else "integration",
        shard=None if proof.shard is None else ShardReport(index=proof.shard.index, count=proof.shard.count),
        started_at=proof.started_at,
        seconds=round(proof.seconds, 3),
        summary=summary(proof.counts),
        checks=[_check(place, outcome, proof) for place, outcome in zip(places, proof.outcomes, strict=True)],
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


class JsonReport(ReportFormat):
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, proof: Proof) -> None:
        self._stream.write(report(proof).model_dump_json(by_alias=True, indent=2) + "\n")
