"""The access manifest: the one value that passes from deploying to proving.

A stack exports it; probe, review and hand-off read it. It holds everything they need and no secret in the clear: an
ExternalId is told as the user gave it, and a value given as a secret stays a secret of the stack. Keys are camelCase
in JSON. The version changes when a reader of the old form would misread the new one.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from .description import ClusterPlace, Integration, Place, Profile
from .expectations import AwsCall, KubernetesCall
from .identity import AuthenticationMode, EntryMethod
from .trust import Change

SCHEMA_VERSION: Literal[1] = 1
OUTPUT = "access"
"""The name of the stack output that holds the manifest."""


class _Part(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True, extra="ignore")


class Cluster(_Part):
    """A cluster and how its API server is reached. Nothing here is secret."""

    name: str
    region: str
    arn: str
    endpoint: str
    certificate_authority: str
    authentication_mode: AuthenticationMode | None
    """Null for a cluster outside of EKS."""
    method: EntryMethod
    """The way in: an access entry, a mapping in aws-auth, or EKS Connector."""


class Role(_Part):
    arn: str
    name: str
    max_session_seconds: int


class Trust(_Part):
    """Who may become the role. Which of the optional fields are there depends on `kind`."""

    kind: Literal["cross-account", "web-identity", "service"]
    refuses: list[Change]
    principals: list[str] = Field(default_factory=list)
    external_id: str | None = None
    organization_id: str | None = None
    provider: str | None = None
    audience: str | None = None
    subject: str | None = None
    authorized_audience: str | None = None
    service: str | None = None


class AccessPolicy(_Part):
    arn: str
    namespaces: list[str]


class Identity(_Part):
    """The username (a template of EKS), groups and access policies in each cluster."""

    username: str
    groups: list[str]
    access_policies: list[AccessPolicy]


class Grant(_Part):
    """RBAC rules given to a group: in `namespaces`, or everywhere where that is null.

    With another `kind`, `group` is the name of a user, or `namespace/name` of a service account.
    """

    name: str
    group: str
    kind: Literal["Group", "User", "ServiceAccount"] = "Group"
    namespaces: list[str] | None
    rules: list[dict[str, list[str]]]


class AwsExpectation(_Part):
    action: str
    allowed: bool
    why: str
    parameters: dict[str, Any]
    region: str | None


class KubernetesExpectation(_Part):
    verb: str
    api_group: str
    resource: str
    subresource: str | None
    namespace: str | None
    name: str | None
    allowed: bool
    why: str
    user: str | None = None
    """The user that the integration acts as in this call, by impersonation."""


class HandoffField(_Part):
    label: str
    value: str


class Handoff(_Part):
    fields: list[HandoffField]
    steps: list[str]


class IntegrationAccess(_Part):
    """One integration: what was granted, what must work and what must be refused."""

    vendor: str
    title: str
    profile: Profile
    role: Role
    trust: Trust
    statements: list[dict[str, Any]]
    identity: Identity
    clusters: dict[str, Cluster]
    """The clusters by the user's own keys for them."""
    grants: list[Grant]
    aws: list[AwsExpectation]
    kubernetes: list[KubernetesExpectation]
    handoff: Handoff
    residual_risks: list[str]


class Manifest(_Part):
    schema_version: Literal[1] = SCHEMA_VERSION
    environment: str
    partition: str
    account: str
    endpoint: Literal["aws", "loopback"]
    """`loopback`: this environment lives on the local machine and no call may leave it."""
    integrations: dict[str, IntegrationAccess]


class ManifestError(ValueError):
    """The value is no access manifest that this version can read."""


def read(value: object) -> Manifest:
    """The manifest in a stack's output.

    Raises:
        ManifestError: it has another version or another form, or values in it are hidden secrets.
    """
    if not isinstance(value, Mapping):
        raise ManifestError(f"the stack's output {OUTPUT!r} is no access manifest: expected an object")
    version = value.get("schemaVersion")
    if version != SCHEMA_VERSION:
        raise ManifestError(
            f"the access manifest has version {version!r} and this eks-access reads version {SCHEMA_VERSION}:"
            " run `pulumi up` with the eks-access that you read it with"
        )
    try:
        return Manifest.model_validate(value)
    except ValidationError as invalid:
        error = invalid.errors(include_url=False, include_input=False)[0]
        path = ".".join(map(str, error["loc"]))
        raise ManifestError(f"the access manifest is not as expected at {path}: {error['msg']}") from None


def integration_access(
    integration: Integration, place: Place, connections: Mapping[str, tuple[str, str]]
) -> dict[str, Any]:
    """The manifest's part about one integration, as JSON; texts may hold placeholders.

    `connections` has each cluster's endpoint and certificate authority by its key.
    """
    role, identity, trust = integration.role, integration.identity, integration.role.trust
    access = IntegrationAccess(
        vendor=integration.vendor,
        title=integration.title,
        profile=integration.profile,
        role=Role(arn=place.role_arn, name=role.name, max_session_seconds=role.max_session_seconds),
        trust=Trust(kind=trust.kind, refuses=list(trust.refuses()), **vars(trust)),
        statements=[statement.json() for statement in role.statements],
        identity=Identity(
            username=identity.username,
            groups=list(identity.groups),
            access_policies=[
                AccessPolicy(arn=policy.arn(place.partition), namespaces=list(policy.namespaces))
                for policy in identity.access_policies
            ],
        ),
        clusters={cluster.key: _cluster(cluster, *connections[cluster.key]) for cluster in place.clusters},
        grants=[
            Grant(
                name=grant.name,
                group=grant.group,
                kind=grant.kind,
                namespaces=None if grant.namespaces is None else list(grant.namespaces),
                rules=[rule.json() for rule in grant.rules],
            )
            for grant in integration.grants
        ],
        aws=[AwsExpectation(**vars(e)) for e in integration.expectations if isinstance(e, AwsCall)],
        kubernetes=[
            KubernetesExpectation(**vars(e)) for e in integration.expectations if isinstance(e, KubernetesCall)
        ],
        handoff=Handoff(
            fields=[HandoffField(label=field.label, value=field.value) for field in integration.handoff.fields],
            steps=list(integration.handoff.steps),
        ),
        residual_risks=list(integration.residual_risks),
    )
    return access.model_dump(mode="json", by_alias=True)


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
