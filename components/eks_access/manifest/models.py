"""The access manifest: the contract between deploying and proving.

A stack exports it; probe, review and hand-off read it. It contains everything they need, and no secret in plain text:
an ExternalId is as the user gave it, and a value given as a secret stays a secret of the stack. Keys are camelCase in
JSON. The version changes when a reader of the old form would misread the new one.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, ValidationError

from ..base_models import CamelModel
from ..errors import EksAccessError
from ..model.identity import AuthenticationMode, EntryMethod, HasUsername
from ..model.integration import Profile
from ..model.leftovers import LeftoverKind
from ..model.trust import TamperedRequest

SCHEMA_VERSION: Literal[1] = 1
OUTPUT = "access"
"""The name of the stack output that holds the manifest."""
HIDDEN = "[secret]"
"""What Pulumi prints instead of a secret, unless it is run with `--show-secrets`."""


class Cluster(CamelModel):
    """A cluster and how to connect to its API server. Nothing here is secret."""

    name: str
    region: str
    arn: str
    endpoint: str
    certificate_authority: str
    authentication_mode: AuthenticationMode | None = None
    """Null for a cluster outside of EKS."""
    method: EntryMethod
    """How principals get access: an access entry, a mapping in aws-auth, or EKS Connector."""


class Role(CamelModel):
    arn: str
    name: str
    max_session_seconds: int
    existing: bool = False
    """Whether it is an existing role, managed by its owner and used as it is."""
    trust_policy: dict[str, Any] | None = None
    """The trust policy that the owner of an existing role must give it."""


class Trust(CamelModel):
    """Who may assume the role. Which optional fields are set depends on `kind`."""

    kind: Literal["cross-account", "web-identity", "saml", "identity-center", "service", "pod-identity", "irsa"]
    refuses: list[TamperedRequest]
    principals: list[str] = Field(default_factory=list)
    external_id: str | None = None
    organization_id: str | None = None
    provider: str | None = None
    audience: str | None = None
    other_audiences: list[str] = Field(default_factory=list)
    subject: str | None = None
    authorized_audience: str | None = None
    permission_sets: list[str] = Field(default_factory=list)
    service: str | None = None
    cluster_arns: list[str] = Field(default_factory=list)
    issuer: str | None = None
    namespace: str | None = None
    service_account: str | None = None
    partition: str | None = None
    account: str | None = None
    source_account: str | None = None
    source_arns: list[str] = Field(default_factory=list)
    anyone: bool = False


class AccessPolicy(CamelModel):
    arn: str
    namespaces: list[str]


class Identity(CamelModel, HasUsername):
    """The username (an EKS template), groups and access policies in each cluster."""

    username: str
    aws_auth_username: str | None = None
    """The username in clusters entered by aws-auth, if it is another one."""
    groups: list[str]
    access_policies: list[AccessPolicy]


class Grant(CamelModel):
    """RBAC rules granted to a group: in `namespaces`, or in the whole cluster if that is null.

    With another `kind`, `group` is the name of a user, or `namespace/name` of a service account.
    """

    name: str
    group: str
    kind: Literal["Group", "User", "ServiceAccount"] = "Group"
    namespaces: list[str] | None = None
    rules: list[dict[str, list[str]]]
    reasons: list[str] = Field(default_factory=list)
    """The reason for each rule, in their order."""


class ObjectReference(CamelModel):
    """An object in each cluster, without its content."""

    kind: str
    namespace: str | None = None
    name: str


class AwsExpectation(CamelModel):
    action: str
    allowed: bool
    why: str
    parameters: dict[str, Any]
    region: str | None = None


class KubernetesExpectation(CamelModel):
    verb: str
    api_group: str
    resource: str
    subresource: str | None = None
    namespace: str | None = None
    name: str | None = None
    allowed: bool
    why: str
    user: str | None = None
    """The user that the integration impersonates in this call."""


class HandoffField(CamelModel):
    label: str
    value: str
    secret: bool = False


class Handoff(CamelModel):
    fields: list[HandoffField]
    steps: list[str]
    removal: list[str] = Field(default_factory=list)
    """What to do on the vendor's own side when the integration is off-boarded."""


class Leftover(CamelModel):
    """Resources that the vendor itself creates: see `model.leftovers`."""

    made: LeftoverKind
    pattern: str
    why: str


class ManagedPolicy(CamelModel):
    """A policy that AWS manages, and that the role has attached."""

    arn: str
    why: str


class Rights(CamelModel):
    """Permissions of an integration in AWS and in each cluster."""

    statements: list[dict[str, Any]]
    managed_policies: list[ManagedPolicy] = Field(default_factory=list)
    access_policies: list[AccessPolicy]
    grants: list[Grant]


class OtherProfile(Rights):
    """Permissions and trust of an integration in the profile that was not chosen."""

    trust: Trust | None = None
    """Null in manifests written by versions before this field existed."""


class IntegrationAccess(CamelModel):
    """One integration: its permissions, and the calls that must be allowed or denied."""

    vendor: str
    title: str
    profile: Profile
    role: Role
    trust: Trust
    statements: list[dict[str, Any]]
    statement_reasons: list[str] = Field(default_factory=list)
    """The reason for each statement, in their order."""
    managed_policies: list[ManagedPolicy] = Field(default_factory=list)
    """AWS's own policies that the role has besides."""
    identity: Identity
    clusters: dict[str, Cluster]
    """The clusters by the user's own keys."""
    grants: list[Grant]
    aws: list[AwsExpectation]
    kubernetes: list[KubernetesExpectation]
    handoff: Handoff
    residual_risks: list[str]
    objects: list[ObjectReference] = Field(default_factory=list)
    sources: list[str] = Field(default_factory=list)
    leftovers: list[Leftover] = Field(default_factory=list)
    other_profile: OtherProfile | None = None
    """Null if the integration cannot have the other profile here."""

    @property
    def is_connected(self) -> bool:
        """Whether its clusters are outside of EKS, and it acts in them as EKS Connector's service account."""
        return any(cluster.method is EntryMethod.EKS_CONNECTOR for cluster in self.clusters.values())

    @property
    def rights(self) -> Rights:
        return Rights(
            statements=self.statements,
            managed_policies=self.managed_policies,
            access_policies=self.identity.access_policies,
            grants=self.grants,
        )


class DeclaredCluster(CamelModel):
    name: str
    region: str


class Manifest(CamelModel):
    schema_version: Literal[1] = SCHEMA_VERSION
    project: str = ""
    environment: str
    partition: str
    account: str
    endpoint: Literal["aws", "loopback"]
    """`loopback`: an environment on the local machine, which no call may leave."""
    clusters: dict[str, DeclaredCluster] = Field(default_factory=dict)
    """Every cluster of the environment, including those without an integration."""
    integrations: dict[str, IntegrationAccess]


class ManifestError(EksAccessError, ValueError):
    """The value is not an access manifest that this version can read."""


def read(value: object) -> Manifest:
    """Parses the value of a stack's output.

    Raises:
        ManifestError: it has another schema version, or does not fit the schema.
    """
    if not isinstance(value, Mapping):
        raise ManifestError(f"the stack's output {OUTPUT!r} is not an access manifest: expected an object")
    version = value.get("schemaVersion")
    if version != SCHEMA_VERSION:
        raise ManifestError(
            f"the access manifest has version {version!r} and this eks-access reads version {SCHEMA_VERSION}:"
            " run `pulumi up` with this version of eks-access"
        )
    try:
        return Manifest.model_validate(value)
    except ValidationError as invalid:
        raise ManifestError(f"the access manifest is not valid {format_first_error(invalid)}") from None


def format_first_error(invalid: ValidationError) -> str:
    """Where the first error is, and what is wrong. Without the value, which may be a secret."""
    error = invalid.errors(include_url=False, include_input=False)[0]
    return f"at {'.'.join(map(str, error['loc']))}: {error['msg']}"
