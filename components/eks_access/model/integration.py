"""The description of an integration: one value that provisioning, probe, review and hand-off all read.

    who may assume the role (trust) + its permissions in AWS (statements) + its username and groups (identity)
    + its permissions in each cluster (grants) + calls that must be allowed or denied (expectations)
    + what to enter in the vendor's own form (hand-off)

It is plain data, free of Pulumi and of AWS calls. A vendor is one function that returns it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ..errors import InvalidInputError
from . import existing_role, iam
from .arn import validate_partition
from .expectations import Expectation
from .iam import ManagedPolicy, Statement
from .identity import AuthenticationMode, EntryMethod, Identity, entry_method, validate_cluster_name
from .leftovers import LeftoverPattern
from .objects import KubernetesObject
from .placeholders import is_known
from .rbac import Grant
from .trust import CrossAccount, Trust

INTEGRATION_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?")
"""Integration names become parts of role, group and RBAC names, so they are DNS labels, and short."""


class Profile(StrEnum):
    """How much is granted: what the integration actually uses, or all that the vendor's page asks for."""

    LEAST = "least"
    VENDOR = "vendor"


@dataclass(frozen=True)
class ClusterPlace:
    """Where one cluster is. `key` is the user's own short name for it."""

    key: str
    name: str
    region: str
    arn: str
    mode: AuthenticationMode
    endpoint: str = ""
    certificate_authority: str = ""
    """In base64, as EKS gives it."""
    oidc_issuer: str = ""
    """The issuer of its service accounts' tokens, without https://; empty if it was not read from EKS."""
    connected: bool = False
    """Whether it is a cluster outside of EKS, connected by EKS Connector; `mode` then has no meaning."""

    @property
    def method(self) -> EntryMethod:
        return EntryMethod.EKS_CONNECTOR if self.connected else entry_method(self.mode)


@dataclass(frozen=True)
class Place:
    """Where an integration is deployed: partition, account and clusters; `role_arn` is the ARN of its role."""

    name: str
    partition: str
    account: str
    role_arn: str
    clusters: tuple[ClusterPlace, ...]

    def __post_init__(self) -> None:
        if not INTEGRATION_NAME.fullmatch(self.name):
            raise InvalidInputError(
                "name",
                self.name,
                "is not an integration name: 1 to 40 lower-case letters, digits and inner hyphens",
            )
        validate_partition(self.partition)
        if not self.clusters:
            raise InvalidInputError("clusters", None, "names no cluster", "Give at least one.")
        for cluster in self.clusters:
            validate_cluster_name(f"clusters.{cluster.key}.name", cluster.name)

    @property
    def cluster_arns(self) -> tuple[str, ...]:
        return tuple(cluster.arn for cluster in self.clusters)

    @property
    def regions(self) -> tuple[str, ...]:
        """The clusters' regions, each once."""
        return tuple(dict.fromkeys(cluster.region for cluster in self.clusters))


@dataclass(frozen=True)
class Role:
    """The IAM role that the integration acts as."""

    name: str
    description: str
    trust: Trust
    statements: tuple[Statement, ...]
    path: str = "/"
    max_session_seconds: int = 3600
    permissions_boundary: str | None = None
    extra_statements: tuple[Statement, ...] = ()
    """Statements that the user adds to those that the integration needs."""
    managed_policies: tuple[ManagedPolicy, ...] = ()
    """AWS's own policies that the role has besides."""
    existing_arn: str | None = None
    """The ARN of an existing role, which is used as it is; the other fields then describe what it must be."""

    def __post_init__(self) -> None:
        iam.validate_unique_sids("extra_statements", self.all_statements)
        iam.validate_managed_policies("managed_policies", self.managed_policies)
        iam.validate_role_name("role_name", self.name)
        iam.validate_role_path("role_path", self.path)
        iam.validate_session_seconds("max_session_seconds", self.max_session_seconds)
        iam.validate_size("the role's trust policy", self.trust_policy(), iam.TRUST_POLICY_LIMIT)
        iam.validate_size("the role's policy", self.policy(), iam.INLINE_POLICIES_LIMIT)

    @property
    def all_statements(self) -> tuple[Statement, ...]:
        return (*self.statements, *self.extra_statements)

    def trust_policy(self) -> dict[str, Any]:
        return iam.build_document(self.trust.statements())

    def policy(self) -> dict[str, Any]:
        return iam.build_document(statement.json() for statement in self.all_statements)


def role_name(args: Mapping[str, Any], default: str) -> str:
    """The role's name: that of an existing role, the one given, or the vendor's default."""
    existing = existing_role.validate_existing_role(args)
    name: str = args.get("role_name", default)
    return name if existing is None else existing_role.name_from_arn(existing)


def role_options(args: Mapping[str, Any]) -> dict[str, Any]:
    """The role's options that every integration has as arguments, as far as they were given."""
    existing = existing_role.validate_existing_role(args)
    if existing is not None:
        return {"existing_arn": existing}
    extra = {"extra_statements": iam.validate_extra_statements("extra_statements", args.get("extra_statements", ()))}
    return extra | {
        option: args[argument]
        for argument, option in (
            ("role_path", "path"),
            ("max_session_seconds", "max_session_seconds"),
            ("permissions_boundary", "permissions_boundary"),
        )
        if argument in args
    }


@dataclass(frozen=True)
class Field:
    """One value of the vendor's form, under the form's own label."""

    label: str
    value: str
    secret: bool = False
    """Whether it is hidden by default. A value that the user gave as a secret is always hidden by default."""


@dataclass(frozen=True)
class Handoff:
    """What to enter in the vendor's form, in its order, and the remaining manual steps."""

    fields: tuple[Field, ...]
    steps: tuple[str, ...] = ()
    removal: tuple[str, ...] = ()
    """What to do on the vendor's own side when the integration is off-boarded."""


@dataclass(frozen=True)
class Integration:
    vendor: str
    title: str
    profile: Profile
    role: Role
    identity: Identity
    grants: tuple[Grant, ...]
    expectations: tuple[Expectation, ...]
    handoff: Handoff
    residual_risks: tuple[str, ...] = ()
    objects: tuple[KubernetesObject, ...] = ()
    """Objects that the integration needs in each cluster besides its RBAC."""
    sources: tuple[str, ...] = ()
    """The documents that say what the vendor needs: its page, its code."""
    leftovers: tuple[LeftoverPattern, ...] = ()
    """Resources that the vendor itself creates in clusters, and that off-boarding leaves behind."""

    def validate_place(self, place: Place) -> None:
        """Validates that the place can have this identity and this role.

        Raises:
            InvalidInputError: the identity has access policies and a cluster does not support access entries, or the
                existing role is in another account or partition, or the trust names a principal of another partition.
        """
        if isinstance(self.role.trust, CrossAccount) and is_known(place.partition):
            self.role.trust.validate_partition(place.partition)
        if self.role.existing_arn is not None:
            existing_role.validate_location(self.role.existing_arn, partition=place.partition, account=place.account)
        for cluster in place.clusters:
            if self.identity.access_policies and cluster.method is EntryMethod.AWS_AUTH:
                names = ", ".join(policy.name for policy in self.identity.access_policies)
                raise InvalidInputError(
                    f"clusters.{cluster.key}",
                    cluster.name if is_known(cluster.name) else None,
                    f"has authentication mode {cluster.mode}, which has no access policies, and profile"
                    f" {self.profile} of {self.title} needs {names}",
                    "Use profile 'least' there (it needs none), or move the cluster to API_AND_CONFIG_MAP first.",
                )


Describe = Callable[[Mapping[str, Any], Place], Integration]
"""The function that each vendor provides: its validated arguments and the place in, the integration out."""


def describe_other_profile(describe: Describe, args: Mapping[str, Any], place: Place) -> Integration | None:
    """The same integration in the profile that was not chosen, for comparison; None if it cannot have that profile."""
    chosen = args.get("profile", Profile.LEAST)
    other = Profile.LEAST if chosen is Profile.VENDOR else Profile.VENDOR
    try:
        return describe({**args, "profile": other}, place)
    except InvalidInputError:
        return None
