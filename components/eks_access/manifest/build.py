"""Builds an integration's part of the access manifest from its description."""

from collections.abc import Mapping
from typing import Any

from ..model import existing_role
from ..model import identity as identities
from ..model.expectations import AwsCall, KubernetesCall
from ..model.integration import ClusterPlace, Integration, Place
from ..model.integration import Role as DescribedRole
from .models import (
    AccessPolicy,
    AwsExpectation,
    Cluster,
    Grant,
    Handoff,
    HandoffField,
    Identity,
    IntegrationAccess,
    KubernetesExpectation,
    Leftover,
    ManagedPolicy,
    ObjectReference,
    OtherProfile,
    Role,
    Trust,
)


def build_integration_access(
    integration: Integration,
    place: Place,
    connections: Mapping[str, tuple[str, str]],
    other: Integration | None = None,
) -> dict[str, Any]:
    """The manifest's part about one integration, as JSON; texts may contain placeholders.

    `connections` are the clusters' endpoints and certificate authorities by key; `other` is the same integration in the
    profile that was not chosen.
    """
    role, identity = integration.role, integration.identity
    access = IntegrationAccess(
        vendor=integration.vendor,
        title=integration.title,
        profile=integration.profile,
        role=_role(role, place),
        trust=_trust(role),
        statements=[statement.json() for statement in role.all_statements],
        statement_reasons=[statement.why for statement in role.all_statements],
        managed_policies=_managed_policies(role, place),
        identity=Identity(
            username=identity.username,
            aws_auth_username=identity.aws_auth_username,
            groups=list(identity.groups),
            access_policies=_access_policies(identity, place),
        ),
        clusters={cluster.key: _cluster(cluster, *connections[cluster.key]) for cluster in place.clusters},
        grants=_grants(integration),
        aws=[AwsExpectation(**vars(e)) for e in _aws_calls(integration)],
        kubernetes=[
            KubernetesExpectation(**vars(e)) for e in integration.expectations if isinstance(e, KubernetesCall)
        ],
        handoff=Handoff(
            fields=[HandoffField(**vars(field)) for field in integration.handoff.fields],
            steps=[*_instructions_for_owner(role, place), *integration.handoff.steps],
            removal=list(integration.handoff.removal),
        ),
        residual_risks=list(integration.residual_risks),
        objects=[
            ObjectReference(kind=each.kind, namespace=each.namespace, name=each.name) for each in integration.objects
        ],
        sources=list(integration.sources),
        leftovers=[Leftover(**vars(pattern)) for pattern in integration.leftovers],
        other_profile=None if other is None else build_other_profile(other, place),
    )
    return access.model_dump(mode="json", by_alias=True)


def _role(role: DescribedRole, place: Place) -> Role:
    existing = role.existing_arn is not None
    return Role(
        arn=place.role_arn,
        name=role.name,
        max_session_seconds=role.max_session_seconds,
        existing=existing,
        trust_policy=role.trust_policy() if existing else None,
    )


def _trust(role: DescribedRole) -> Trust:
    trust = role.trust
    return Trust(kind=trust.kind, refuses=list(trust.refuses()), **vars(trust))


def _instructions_for_owner(role: DescribedRole, place: Place) -> tuple[str, ...]:
    if role.existing_arn is None:
        return ()
    managed = [policy.arn for policy in _managed_policies(role, place)]
    return existing_role.instructions_for_owner(place.role_arn, role.trust_policy(), role.policy(), managed)


def _managed_policies(role: DescribedRole, place: Place) -> list[ManagedPolicy]:
    return [ManagedPolicy(arn=policy.arn(place.partition), why=policy.why) for policy in role.managed_policies]


def _aws_calls(integration: Integration) -> list[AwsCall]:
    """The AWS expectations, except denials of actions that the user's own statements grant."""
    granted = {action for statement in integration.role.extra_statements for action in statement.actions}
    calls = (e for e in integration.expectations if isinstance(e, AwsCall))
    return [e for e in calls if e.allowed or e.action not in granted]


def build_other_profile(integration: Integration, place: Place) -> OtherProfile:
    """The manifest's part about the profile that was not chosen, from the integration in that profile."""
    return OtherProfile(
        statements=[statement.json() for statement in integration.role.all_statements],
        managed_policies=_managed_policies(integration.role, place),
        access_policies=_access_policies(integration.identity, place),
        grants=_grants(integration),
        trust=_trust(integration.role),
    )


def _access_policies(identity: identities.Identity, place: Place) -> list[AccessPolicy]:
    return [
        AccessPolicy(arn=policy.arn(place.partition), namespaces=list(policy.namespaces or ()))
        for policy in identity.access_policies
    ]


def _grants(integration: Integration) -> list[Grant]:
    return [
        Grant(
            name=grant.name,
            group=grant.group,
            namespaces=None if grant.namespaces is None else list(grant.namespaces),
            rules=[rule.json() for rule in grant.rules],
            reasons=[rule.why for rule in grant.rules],
            kind=grant.kind,
        )
        for grant in integration.grants
    ]


def _cluster(cluster: ClusterPlace, endpoint: str, certificate_authority: str) -> Cluster:
    return Cluster(
        name=cluster.name,
        region=cluster.region,
        arn=cluster.arn,
        endpoint=endpoint,
        certificate_authority=certificate_authority,
        authentication_mode=None if cluster.connected else cluster.mode,
        method=cluster.method,
    )
