"""Builds the JSON report from a run of the probe."""

import hashlib
from collections.abc import Container, Iterable, Iterator, Mapping

from eks_access.explain.explanation import Right, explain_integration
from eks_access.manifest.models import IntegrationAccess, Manifest
from eks_access.model.placeholders import map_texts

from ..collector.inventory import ClusterInventory, Inventory, State
from ..outcome import Outcome, Result
from .advice import advise
from .causes import find_causes
from .interface import Proof, exit_code
from .models import (
    CheckReport,
    ClusterReport,
    Evidence,
    IntegrationReport,
    Report,
    RightReport,
    RiskReport,
    SeenKind,
    SeenReport,
    ShardReport,
    Summary,
)

REDACTED = "[not shown]"
MIN_SECRET_LENGTH = 4
"""Shorter secrets protect nothing, and a report in which each `1` is redacted could not be read."""
NAMED_KINDS = frozenset({"Namespace", "Deployment", "StatefulSet", "DaemonSet", "CronJob", "Service", "Ingress"})
"""Kinds of which the names are in the report. Those of short-lived objects (pods, replica sets, jobs, nodes, …) would
differ in every run, so only their number is."""
_WORST_FIRST = (State.INCOMPLETE, State.RESTARTED, State.COMPLETE, State.REFUSED, State.ABSENT)


def build_report(proof: Proof) -> Report:
    """The report of a run, with all secrets of the user redacted."""
    report = _build(proof)
    return redact(proof.secrets, report) if proof.secrets else report


def redact(secrets: Iterable[str], report: Report) -> Report:
    """The report with the secrets replaced in every string."""
    longest_first = sorted((secret for secret in secrets if len(secret) >= MIN_SECRET_LENGTH), key=len, reverse=True)

    def redact_text(text: str) -> str:
        for secret in longest_first:
            text = text.replace(secret, REDACTED)
        return text

    return Report.model_validate(map_texts(report.model_dump(), redact_text))


def summarize(counts: Mapping[Result, int]) -> Summary:
    return Summary(
        as_expected=counts[Result.AS_EXPECTED],
        mismatches=counts[Result.MISMATCH],
        not_proven=counts[Result.NOT_PROVEN],
        exit_code=exit_code(counts),
    )


def describe_visible_objects(inventory: Inventory) -> list[SeenReport]:
    """What each integration sees in each cluster: kinds, counts, and the names of long-lived objects."""
    return [
        SeenReport(integration=name, cluster=key, trouble=cluster.trouble, kinds=list(_seen_kinds(cluster)))
        for name, integration in inventory.integrations.items()
        for key, cluster in integration.clusters.items()
    ]


def _build(proof: Proof) -> Report:
    manifest, inventory = proof.manifest, proof.inventory
    places = range(len(proof.outcomes)) if proof.places is None else proof.places
    causes = find_causes(proof.outcomes)
    return Report(
        project=manifest.project,
        environment=manifest.environment,
        partition=manifest.partition,
        account=manifest.account,
        manifest=_digest(manifest),
        asked_by="operator" if proof.by_operator else "integration",
        shard=None if proof.shard is None else ShardReport(index=proof.shard.index, count=proof.shard.count),
        started_at=proof.started_at,
        seconds=round(proof.seconds, 3),
        summary=summarize(proof.counts).model_copy(
            update={"exit_code": proof.exit_code, "read_whole": None if inventory is None else inventory.is_whole}
        ),
        declared={name: list(access.clusters) for name, access in manifest.integrations.items()},
        integrations=[
            _integration(name, access, {o.question.cluster for o in proof.outcomes if o.question.integration == name})
            for name, access in proof.integrations.items()
        ],
        checks=[
            _check(place, outcome, causes.get(outcome, ""), proof)
            for place, outcome in zip(places, proof.outcomes, strict=True)
        ],
        seen=None if inventory is None else describe_visible_objects(inventory),
    )


def _digest(manifest: Manifest) -> str:
    return hashlib.sha256(manifest.model_dump_json(by_alias=True).encode()).hexdigest()


def _integration(name: str, access: IntegrationAccess, clusters: Container[str | None]) -> IntegrationReport:
    """The declared access of one integration to these clusters, without its ExternalId."""
    if access.trust.external_id is not None:
        trust = access.trust.model_copy(update={"external_id": REDACTED})
        access = access.model_copy(update={"trust": trust})
    explanation = explain_integration(name, access)
    return IntegrationReport(
        name=name,
        vendor=access.vendor,
        title=access.title,
        profile=access.profile.value,
        role_arn=access.role.arn,
        trust_kind=access.trust.kind,
        trust=list(explanation.trust),
        clusters={
            key: ClusterReport(
                name=cluster.name,
                region=cluster.region,
                arn=cluster.arn,
                authentication_mode=cluster.authentication_mode,
                method=cluster.method.value,
                username=access.identity.username_by(cluster.method),
                groups=access.identity.groups,
            )
            for key, cluster in access.clusters.items()
            if key in clusters
        },
        aws=_rights(explanation.aws),
        kubernetes=_rights(explanation.kubernetes),
        rights=access.rights,
        residual_risks=list(explanation.residual_risks),
        sources=list(explanation.sources),
    )


def _rights(rights: Iterable[Right]) -> list[RightReport]:
    return [
        RightReport(
            what=right.what,
            where=right.where,
            why=right.why,
            risks=[RiskReport(words=risk.sentence, grave=risk.is_severe) for risk in right.risks],
        )
        for right in rights
    ]


def _check(place: int, outcome: Outcome, cause: str, proof: Proof) -> CheckReport:
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
        cause=cause,
        waits_for=outcome.waits_for,
        advice=advise(outcome, proof.manifest.integrations[question.integration]),
        attempts=outcome.attempts,
        seconds=outcome.seconds,
    )


def _seen_kinds(cluster: ClusterInventory) -> Iterator[SeenKind]:
    """Each kind once, even if it was listed in several namespaces."""
    names: dict[str, list[str]] = {}
    for node in cluster.nodes:
        if node.listed and node.kind in NAMED_KINDS:
            names.setdefault(node.kind, []).append(f"{node.namespace}/{node.name}" if node.namespace else node.name)
    for kind in dict.fromkeys(listing.kind for listing in cluster.listings):
        listings = [listing for listing in cluster.listings if listing.kind == kind]
        state = next(state for state in _WORST_FIRST if any(listing.state is state for listing in listings))
        yield SeenKind(
            kind=kind,
            state=state,
            count=sum(listing.count for listing in listings),
            reason=next((listing.reason for listing in listings if listing.state is state), ""),
            names=sorted(names.get(kind, ())) if kind in NAMED_KINDS else None,
        )
