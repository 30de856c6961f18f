"""The Kubernetes identity of an integration, and the limits of EKS on it.

The limits are those of EKS's CreateAccessEntry and AssociateAccessPolicy, validated before anything is created.
https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from ..errors import InvalidInputError
from .placeholders import is_known

RESERVED_PREFIXES = ("system:", "eks:", "aws:", "amazon:", "iam:")
"""Prefixes that EKS rejects in usernames and groups of access entries."""

CLUSTER_NAME = re.compile(r"[0-9A-Za-z][A-Za-z0-9\-_]{0,99}")
"""https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html (name)"""

ACCESS_POLICIES = frozenset(
    f"AmazonEKS{name}Policy"
    for name in (
        "View", "AdminView", "Edit", "Admin", "ClusterAdmin", "SecretReader", "SecretAdmin", "Event", "ClusterInsights",
        "ACK", "AutoNode", "BlockStorage", "BlockStorageCluster", "Compute", "ComputeCluster", "Hybrid",
        "LoadBalancing", "LoadBalancingCluster", "Networking", "NetworkingCluster",
    )
)  # fmt: skip
"""https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html"""

_SESSION_NAME = re.compile(r"\{\{SessionName(Raw)?\}\}")
_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_SERVICE_ACCOUNT = re.compile(r"[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?")
"""https://kubernetes.io/docs/concepts/overview/working-with-objects/names/"""


class AuthenticationMode(StrEnum):
    """A cluster's authentication mode. It can only be changed forward, and no component of this package changes it."""

    CONFIG_MAP = "CONFIG_MAP"
    API_AND_CONFIG_MAP = "API_AND_CONFIG_MAP"
    API = "API"


class EntryMethod(StrEnum):
    """How an IAM principal gets access to a cluster."""

    ACCESS_ENTRY = "access-entry"
    AWS_AUTH = "aws-auth"
    EKS_CONNECTOR = "eks-connector"
    """For clusters outside of EKS: no principal enters, EKS Connector's own service account acts there."""


def supports_access_entries(mode: AuthenticationMode) -> bool:
    return mode in (AuthenticationMode.API, AuthenticationMode.API_AND_CONFIG_MAP)


def supports_aws_auth(mode: AuthenticationMode) -> bool:
    return mode in (AuthenticationMode.CONFIG_MAP, AuthenticationMode.API_AND_CONFIG_MAP)


def entry_method(mode: AuthenticationMode) -> EntryMethod:
    """The method for a cluster of this mode: an access entry wherever it is supported."""
    return EntryMethod.ACCESS_ENTRY if supports_access_entries(mode) else EntryMethod.AWS_AUTH


@dataclass(frozen=True)
class AccessPolicy:
    """An EKS access policy by its name, for the whole cluster or only for `namespaces`."""

    name: str
    namespaces: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        validate_access_policy("access_policies", self.name)
        if self.namespaces is not None and not self.namespaces:
            raise InvalidInputError(
                f"access_policies.{self.name}.namespaces",
                None,
                "names no namespace, and EKS requires at least one",
                "Leave it out for the whole cluster, or leave the policy out.",
            )

    def arn(self, partition: str) -> str:
        """https://docs.aws.amazon.com/eks/latest/userguide/access-policies.html"""
        return f"arn:{partition}:eks::aws:cluster-access-policy/{self.name}"


class HasUsername:
    """A username, which may be another one for clusters that are entered by aws-auth."""

    username: str
    aws_auth_username: str | None

    def username_by(self, method: EntryMethod) -> str:
        """The username (a template) of sessions that enter a cluster by this method."""
        return self.aws_auth_username or self.username if method is EntryMethod.AWS_AUTH else self.username


@dataclass(frozen=True)
class Identity(HasUsername):
    """The username and groups that the role's sessions have in a cluster, and its access policies."""

    username: str
    groups: tuple[str, ...] = ()
    access_policies: tuple[AccessPolicy, ...] = ()
    aws_auth_username: str | None = None
    """The username for clusters entered by aws-auth, if it is another one: the limits of access entries do not apply
    there, and some vendors name their users differently."""

    def __post_init__(self) -> None:
        validate_username("username", self.username)
        if self.aws_auth_username is not None:
            validate_aws_auth_username("aws_auth_username", self.aws_auth_username)
        for index, group in enumerate(self.groups):
            validate_group(f"groups[{index}]", group)
        _validate_unique("groups", self.groups)
        # EKS would accept duplicates, but keep only the last one's scope.
        _validate_unique("access_policies", tuple(policy.name for policy in self.access_policies))


@dataclass(frozen=True)
class ServiceAccount(Identity):
    """A service account in the cluster, which authenticates without AWS: Kubernetes gives it its name and groups."""

    def __post_init__(self) -> None:
        """Skips the validation: the limits of access entries do not apply to it."""


def service_account(namespace: str, name: str) -> ServiceAccount:
    """https://kubernetes.io/docs/reference/access-authn-authz/authentication/#service-account-tokens"""
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}")
    return ServiceAccount(f"system:serviceaccount:{namespace}:{name}", groups)


def validate_username(path: str, username: str) -> str:
    if not is_known(username):
        return username
    prefix = _reserved_prefix(username)
    if prefix:
        raise InvalidInputError(
            path, username, f"begins with {prefix!r}, which EKS reserves", "Choose another username."
        )
    session = _SESSION_NAME.search(username)
    if session and ":" not in username[: session.start()]:
        raise InvalidInputError(
            path,
            username,
            f"has no colon before {session[0]}, so a caller could choose any username",
            f"Put a prefix of your own before it, as in 'vendor:{session[0]}'.",
        )
    return username


def validate_aws_auth_username(path: str, username: str) -> str:
    """Validates that it is not one of Kubernetes' own. A bare session name is safe: it cannot contain a colon.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html (RoleSessionName)
    """
    if is_known(username) and (not username or username.lower().startswith("system:")):
        raise InvalidInputError(
            path, username, "is empty, or reserved for Kubernetes' own components", "Choose another username."
        )
    return username


def validate_group(path: str, group: str) -> str:
    if not is_known(group):
        return group
    prefix = _reserved_prefix(group)
    if prefix:
        advice = (
            "For administrators associate AmazonEKSClusterAdminPolicy instead."
            if group == "system:masters"
            else "Bind the required permissions to a group of your own."
        )
        raise InvalidInputError(path, group, f"begins with {prefix!r}, which EKS rejects in groups", advice)
    if "{{" in group:
        raise InvalidInputError(
            path,
            group,
            "contains a template: callers choose their session names, and could choose their own groups with it",
        )
    if not group:
        raise InvalidInputError(path, group, "is empty")
    return group


def validate_access_policy(path: str, name: str) -> str:
    if not is_known(name) or name in ACCESS_POLICIES:
        return name
    policy = name.rsplit("/", 1)[-1]
    if ":cluster-access-policy/" in name:
        problem, advice = "is an ARN", f"Give only the name, {policy!r}: the partition is that of the cluster."
    elif name.startswith("arn:"):
        problem = "is not an EKS access policy (an IAM policy grants nothing inside a cluster)"
        advice = f"Choose one of {', '.join(sorted(ACCESS_POLICIES))}."
    else:
        problem = "is not a known access policy"
        advice = f"Known: {', '.join(sorted(ACCESS_POLICIES))}."
    raise InvalidInputError(path, name, problem, advice)


def validate_cluster_name(path: str, name: str) -> str:
    if is_known(name) and not CLUSTER_NAME.fullmatch(name):
        raise InvalidInputError(
            path,
            name,
            "is not a cluster name: 1 to 100 letters, digits, - and _, beginning with a letter or digit",
        )
    return name


def validate_namespaces(path: str, namespaces: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    """Validates unique names of single namespaces: RBAC has no patterns."""
    for index, namespace in enumerate(namespaces):
        validate_namespace(f"{path}[{index}]", namespace)
    if len(set(namespaces)) != len(namespaces):
        raise InvalidInputError(path, list(namespaces), "names a namespace twice")
    return tuple(namespaces)


def _validate_unique(path: str, names: tuple[str, ...]) -> None:
    if len(set(names)) != len(names):
        raise InvalidInputError(path, list(names), "names one of them twice")


def validate_namespace(path: str, namespace: str) -> str:
    if is_known(namespace) and not _NAMESPACE.fullmatch(namespace):
        raise InvalidInputError(path, namespace, "is not the name of a namespace; patterns are not supported")
    return namespace


def validate_service_account(path: str, name: str) -> str:
    if is_known(name) and not _SERVICE_ACCOUNT.fullmatch(name):
        raise InvalidInputError(path, name, "is not the name of a service account; patterns are not supported")
    return name


def _reserved_prefix(name: str) -> str | None:
    return next((prefix for prefix in RESERVED_PREFIXES if name.startswith(prefix)), None)
