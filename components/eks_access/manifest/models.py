"""The access manifest: the one value that passes from deploying to proving.

A stack exports it; probe, review and hand-off read it. It holds everything they need and no secret in the clear: an
ExternalId is told as the user gave it, and a value given as a secret stays a secret of the stack. Keys are camelCase
in JSON. The version changes when a reader of the old form would misread the new one.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from ..errors import EksAccessError
from ..model.identity import AuthenticationMode, EntryMethod
from ..model.integration import Profile
from ..model.leftovers import Made
from ..model.trust import TamperedRequest

SCHEMA_VERSION: Literal[1] = 1
OUTPUT = "access"
"""The name of the stack output that holds the manifest."""
HIDDEN = "[secret]"
"""What Pulumi prints in the place of a secret, where it is not told to show secrets."""


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
    existing: bool = False
    """Whether somebody else owns it: then it is used as it is."""
    trust_policy: dict[str, Any] | None = None
    """What an existing role's owner must have it trust."""


class Trust(_Part):
    """Who may become the role. Which of the optional fields are there depends on `kind`."""

    kind: Literal["cross-account", "web-identity", "saml", "identity-center", "service", "pod-identity", "irsa"]
    refuses: list[TamperedRequest]
    principals: list[str] = Field(default_factory=list)
    external_id: str | None = None
    organization_id: str | None = None
    provider: str | None = None
    audience: str | None = None
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


class AccessPolicy(_Part):
    arn: str
    namespaces: list[str]


class Identity(_Part):
    """The username (a template of EKS), groups and access policies in each cluster."""

    username: str
    aws_auth_username: str | None = None
    """The username where the way in is aws-auth, if it is another one there."""
    groups: list[str]
    access_policies: list[AccessPolicy]

    def username_by(self, method: EntryMethod) -> str:
        return self.aws_auth_username or self.username if method is EntryMethod.AWS_AUTH else self.username


class Grant(_Part):
    """RBAC rules given to a group: in `namespaces`, or everywhere where that is null.

    With another `kind`, `group` is the name of a user, or `namespace/name` of a service account.
    """

    name: str
    group: str
    kind: Literal["Group", "User", "ServiceAccount"] = "Group"
    namespaces: list[str] | None
    rules: list[dict[str, list[str]]]
    reasons: list[str] = Field(default_factory=list)
    """Why each of the rules is there, in their order."""


class ObjectReference(_Part):
    """An object in each cluster, without what is in it."""

    kind: str
    namespace: str | None
    name: str


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
    secret: bool = False


class Handoff(_Part):
    fields: list[HandoffField]
    steps: list[str]


class Leftover(_Part):
    """What the vendor itself makes: see `vendor_made`."""

    made: Made
    pattern: str
    why: str


class Rights(_Part):
    """What an integration may do, in AWS and in each cluster."""

    statements: list[dict[str, Any]]
    access_policies: list[AccessPolicy]
    grants: list[Grant]


class OtherProfile(Rights):
    """What an integration would be given in the profile that was not chosen, and to whom."""

    trust: Trust | None = None
    """Null in manifests of before there was this field."""


class IntegrationAccess(_Part):
    """One integration: what was granted, what must work and what must be refused."""

    vendor: str
    title: str
    profile: Profile
    role: Role
    trust: Trust
    statements: list[dict[str, Any]]
    statement_reasons: list[str] = Field(default_factory=list)
    """Why each of the statements is there, in their order."""
    identity: Identity
    clusters: dict[str, Cluster]
    """The clusters by the user's own keys for them."""
    grants: list[Grant]
    aws: list[AwsExpectation]
    kubernetes: list[KubernetesExpectation]
    handoff: Handoff
    residual_risks: list[str]
    objects: list[ObjectReference] = Field(default_factory=list)
    sources: list[str] = Field(default_factory=list)
    leftovers: list[Leftover] = Field(default_factory=list)
    other_profile: OtherProfile | None = None
    """Null where the other profile cannot be had here."""

    @property
    def rights(self) -> Rights:
        return Rights(statements=self.statements, access_policies=self.identity.access_policies, grants=self.grants)


class DeclaredCluster(_Part):
    name: str
    region: str


class Manifest(_Part):
    schema_version: Literal[1] = SCHEMA_VERSION
    project: str = ""
    environment: str
    partition: str
    account: str
    endpoint: Literal["aws", "loopback"]
    """`loopback`: this environment lives on the local machine and no call may leave it."""
    clusters: dict[str, DeclaredCluster] = Field(default_factory=dict)
    """Every cluster of the environment, with those that no integration has (any more)."""
    integrations: dict[str, IntegrationAccess]


class ManifestError(EksAccessError, ValueError):
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
        raise ManifestError(f"the access manifest is not valid {format_first_error(invalid)}") from None


def format_first_error(invalid: ValidationError) -> str:
    """Where the first error is, and what is wrong. Without the value, which may be a secret."""
    error = invalid.errors(include_url=False, include_input=False)[0]
    return f"at {'.'.join(map(str, error['loc']))}: {error['msg']}"
