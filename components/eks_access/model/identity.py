"""Who an integration is inside a cluster, and what EKS refuses to make of it.

The limits are those of EKS's CreateAccessEntry and AssociateAccessPolicy, told before anything is created.
https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from ..errors import InvalidInputError
from .placeholders import is_known

RESERVED_PREFIXES = ("system:", "eks:", "aws:", "amazon:", "iam:")
"""Prefixes that EKS refuses for the username and the groups of an access entry."""

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
    """A cluster's authentication mode. It only ever moves forward, and no component of this package moves it."""

    CONFIG_MAP = "CONFIG_MAP"
    API_AND_CONFIG_MAP = "API_AND_CONFIG_MAP"
    API = "API"


class EntryMethod(StrEnum):
    """How an IAM principal is let into a cluster."""

    ACCESS_ENTRY = "access-entry"
    AWS_AUTH = "aws-auth"
    EKS_CONNECTOR = "eks-connector"
    """Not at all: EKS Connector's own service account acts in the cluster, which is not one of EKS."""


def supports_access_entries(mode: AuthenticationMode) -> bool:
    return mode in (AuthenticationMode.API, AuthenticationMode.API_AND_CONFIG_MAP)


def supports_aws_auth(mode: AuthenticationMode) -> bool:
    return mode in (AuthenticationMode.CONFIG_MAP, AuthenticationMode.API_AND_CONFIG_MAP)


def entry_method(mode: AuthenticationMode) -> EntryMethod:
    """The way in for a cluster of this mode: an access entry wherever the cluster takes one."""
    return EntryMethod.ACCESS_ENTRY if supports_access_entries(mode) else EntryMethod.AWS_AUTH


@dataclass(frozen=True)
class AccessPolicy:
    """An EKS access policy by its name, for the whole cluster or, with `namespaces`, for these only."""

    name: str
    namespaces: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        validate_access_policy("access_policies", self.name)
        if self.namespaces is not None and not self.namespaces:
            raise InvalidInputError(
                f"access_policies.{self.name}.namespaces",
                None,
                "names no namespace, and EKS wants at least one",
                "Leave it out for the whole cluster, or leave the policy out.",
            )

    def arn(self, partition: str) -> str:
        """https://docs.aws.amazon.com/eks/latest/userguide/access-policies.html"""
        return f"arn:{partition}:eks::aws:cluster-access-policy/{self.name}"


@dataclass(frozen=True)
class Identity:
    """The username and groups that the role's sessions have in a cluster, and its access policies."""

    username: str
    groups: tuple[str, ...] = ()
    access_policies: tuple[AccessPolicy, ...] = ()
    aws_auth_username: str | None = None
    """The username where the way in is aws-auth, if it is another one: the rules for access entries do not hold
    there, and some vendors name their users differently."""

    def __post_init__(self) -> None:
        validate_username("username", self.username)
        if self.aws_auth_username is not None:
            validate_aws_auth_username("aws_auth_username", self.aws_auth_username)
        for index, group in enumerate(self.groups):
            validate_group(f"groups[{index}]", group)
        _refuse_twice("groups", self.groups)
        # EKS would not refuse it, but keep only the last one's scope.
        _refuse_twice("access_policies", tuple(policy.name for policy in self.access_policies))

    def username_by(self, method: EntryMethod) -> str:
        """The username (a template) of sessions that come in this way."""
        return self.aws_auth_username or self.username if method is EntryMethod.AWS_AUTH else self.username


@dataclass(frozen=True)
class ServiceAccount(Identity):
    """A service account of the cluster's own, which signs in without AWS: its name and groups are Kubernetes'."""

    def __post_init__(self) -> None:
        """EKS' rules for the names in access entries do not hold for it."""


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
    """Whatever is not Kubernetes' own. A session name by itself passes: it cannot hold the colon of `system:`.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html (RoleSessionName)
    """
    if is_known(username) and (not username or username.lower().startswith("system:")):
        raise InvalidInputError(
            path, username, "is empty or one of Kubernetes' own components", "Choose another username."
        )
    return username


def validate_group(path: str, group: str) -> str:
    if not is_known(group):
        return group
    prefix = _reserved_prefix(group)
    if prefix:
        instead = (
            "For administrators associate AmazonEKSClusterAdminPolicy instead."
            if group == "system:masters"
            else "Bind a group of your own to the rights that are needed."
        )
        raise InvalidInputError(path, group, f"begins with {prefix!r}, which EKS refuses for groups", instead)
    if "{{" in group:
        raise InvalidInputError(
            path,
            group,
            "holds a template: session names are chosen by the caller, who could so choose its own groups",
        )
    if not group:
        raise InvalidInputError(path, group, "is empty")
    return group


def validate_access_policy(path: str, name: str) -> str:
    if not is_known(name) or name in ACCESS_POLICIES:
        return name
    policy = name.rsplit("/", 1)[-1]
    if ":cluster-access-policy/" in name:
        problem, advice = "is an ARN", f"Give the name alone, {policy!r}: the partition is that of the cluster."
    elif name.startswith("arn:"):
        problem = "is not an EKS access policy (an IAM policy grants nothing inside a cluster)"
        advice = f"Choose one of {', '.join(sorted(ACCESS_POLICIES))}."
    else:
        problem = "is not an access policy that this version knows"
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
    """Names of single namespaces, each once, as RBAC needs them (it has no patterns)."""
    for index, namespace in enumerate(namespaces):
        validate_namespace(f"{path}[{index}]", namespace)
    if len(set(namespaces)) != len(namespaces):
        raise InvalidInputError(path, list(namespaces), "names a namespace twice")
    return tuple(namespaces)


def _refuse_twice(path: str, names: tuple[str, ...]) -> None:
    if len(set(names)) != len(names):
        raise InvalidInputError(path, list(names), "names one of them twice")


def validate_namespace(path: str, namespace: str) -> str:
    if is_known(namespace) and not _NAMESPACE.fullmatch(namespace):
        raise InvalidInputError(path, namespace, "is not the name of a namespace, and patterns are not possible")
    return namespace


def validate_service_account(path: str, name: str) -> str:
    if is_known(name) and not _SERVICE_ACCOUNT.fullmatch(name):
        raise InvalidInputError(path, name, "is not the name of a service account, and patterns are not possible")
    return name


def _reserved_prefix(name: str) -> str | None:
    return next((prefix for prefix in RESERVED_PREFIXES if name.startswith(prefix)), None)
