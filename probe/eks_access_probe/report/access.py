"""What each integration was given, in the report: who may act, where, as whom, with which rights, at what risk.

The words are those of `eks-access explain`, so that both tell the same.
"""

from collections.abc import Container, Iterable

from pydantic import Field

from eks_access.explain.explanation import Right, explain_integration
from eks_access.manifest.models import IntegrationAccess, Rights

from .part import Part

NOT_SHOWN = "[not shown]"


class RiskReport(Part):
    words: str
    grave: bool = Field(description="It reads credentials, runs code, or widens rights.")


class RightReport(Part):
    """A statement, a rule or an access policy, in words."""

    what: str
    where: str
    why: str
    risks: list[RiskReport]


class ClusterReport(Part):
    name: str
    region: str
    arn: str
    authentication_mode: str | None
    """Null for a cluster outside of EKS."""
    method: str = Field(description="`access-entry` or `aws-auth`.")
    username: str
    groups: list[str]


class IntegrationReport(Part):
    """One integration as it was declared."""

    name: str
    vendor: str
    title: str
    profile: str
    role_arn: str
    trust_kind: str
    trust: list[str] = Field(description="Who may become the role, in words.")
    clusters: dict[str, ClusterReport] = Field(description="By the user's own keys for them.")
    aws: list[RightReport]
    kubernetes: list[RightReport]
    rights: Rights = Field(description="The same rights as they are in the access manifest.")
    residual_risks: list[str]
    sources: list[str]


def integration_report(name: str, access: IntegrationAccess, clusters: Container[str | None]) -> IntegrationReport:
    """The report's part about one integration on these clusters. An ExternalId is never in it."""
    if access.trust.external_id is not None:
        trust = access.trust.model_copy(update={"external_id": NOT_SHOWN})
        access = access.model_copy(update={"trust": trust})
    told = explain_integration(name, access)
    return IntegrationReport(
        name=name,
        vendor=access.vendor,
        title=access.title,
        profile=access.profile.value,
        role_arn=access.role.arn,
        trust_kind=access.trust.kind,
        trust=list(told.trust),
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
        aws=_rights(told.aws),
        kubernetes=_rights(told.kubernetes),
        rights=access.rights,
        residual_risks=list(told.residual_risks),
        sources=list(told.sources),
    )


def merged(parts: Iterable[IntegrationReport], order: Iterable[str]) -> list[IntegrationReport]:
    """The parts of several shards, each integration once with the clusters of all."""
    by_name: dict[str, IntegrationReport] = {}
    for part in parts:
        known = by_name.get(part.name, part)
        by_name[part.name] = part.model_copy(update={"clusters": {**known.clusters, **part.clusters}})
    return [by_name[name] for name in order if name in by_name]


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
