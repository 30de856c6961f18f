"""Hosting and tier of the connector, and which arguments belong to which.

baton-eks chooses its authentication by the variables that are set (pkg/connector, pkg/client at v0.1.3): an External ID
means ConductorOne's own cloud, access keys mean a user of yours that assumes the role, neither means that it uses the
pod's own credentials.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from ...errors import InvalidInputError
from ...model.arn import ACCOUNT_ID, parse
from ...model.identity import supports_access_entries, supports_aws_auth, validate_namespace, validate_service_account
from ...model.integration import ClusterPlace, Place, Profile
from ...model.placeholders import is_known
from ...model.trust import CrossAccount, Irsa, PodIdentity, validate_external_id, validate_principals

CONDUCTORONE_ROLE = "arn:aws:iam::765656841499:role/ConductorOneService"


class Hosting(StrEnum):
    """Where the connector runs and how it assumes the role."""

    CLOUD = "cloud"
    """In ConductorOne's cloud; its own role assumes yours, with the External ID that it gives you."""
    SELF_HOSTED_KEYS = "self_hosted_keys"
    """In your cluster, with the access keys of an IAM user of yours that assumes the role."""
    SELF_HOSTED_IRSA = "self_hosted_irsa"
    """In your cluster, without keys: its service account has the role by the cluster's OpenID Connect provider."""
    SELF_HOSTED_POD_IDENTITY = "self_hosted_pod_identity"
    """In your cluster, without keys: its service account has the role by EKS Pod Identity."""


class Tier(StrEnum):
    """How much the connector may do."""

    SYNC = "sync"
    """Reads who has access."""
    PROVISION = "provision"
    """Grants and revokes access as well: access policies, and the roles that you name."""


KEYLESS = (Hosting.SELF_HOSTED_IRSA, Hosting.SELF_HOSTED_POD_IDENTITY)
_SUPPORTED_HOSTINGS: Mapping[str, tuple[Hosting, ...]] = {
    "external_id": (Hosting.CLOUD,),
    "principal_arn": (Hosting.CLOUD, Hosting.SELF_HOSTED_KEYS),
    "oidc_issuer": (Hosting.SELF_HOSTED_IRSA,),
    "namespace": (Hosting.SELF_HOSTED_KEYS, *KEYLESS),
    "service_account": KEYLESS,
    "deploy_connector": (Hosting.SELF_HOSTED_KEYS, *KEYLESS),
}
_REQUIRED: Mapping[Hosting, Mapping[str, str]] = {
    Hosting.CLOUD: {"external_id": "Copy it from the connector's Settings in ConductorOne."},
    Hosting.SELF_HOSTED_KEYS: {"principal_arn": "Give the ARN of the IAM user whose access keys the connector has."},
    Hosting.SELF_HOSTED_IRSA: {"oidc_issuer": "Give the issuer of the cluster's provider in IAM, without https://."},
    Hosting.SELF_HOSTED_POD_IDENTITY: {},
}
_REJECTION_REASONS = {
    "external_id": "with one, a self-hosted connector authenticates as ConductorOne's own cloud does, and fails",
}
PROVISION_ONLY = (
    "grantable_cluster_roles",
    "grantable_roles",
    "allow_admin_roles",
    "deny_cluster_admin",
    "user_accounts",
)


def validate_mode_arguments(args: Mapping[str, Any], hosting: Hosting, tier: Tier) -> None:
    """Validates that the arguments belong to this hosting and tier, and that none is missing.

    Raises:
        InvalidInputError: with the hosting or tier that the argument belongs to.
    """
    for name, hostings in _SUPPORTED_HOSTINGS.items():
        if name in args and hosting not in hostings:
            reason = f": {_REJECTION_REASONS[name]}" if name in _REJECTION_REASONS else ""
            raise InvalidInputError(
                name,
                None,
                f"is not supported with hosting {hosting}{reason}",
                f"It belongs to hosting {' or '.join(hostings)}.",
            )
    for name, advice in _REQUIRED[hosting].items():
        if name not in args:
            raise InvalidInputError(name, None, f"is required with hosting {hosting}", advice)
    for name in PROVISION_ONLY:
        if name in args and tier is not Tier.PROVISION:
            raise InvalidInputError(name, None, f"has no effect in tier {tier}", "It belongs to tier provision.")


def validate_cluster(cluster: ClusterPlace, tier: Tier, grants_roles: bool) -> None:
    """Validates that baton-eks can provision on a cluster of this authentication mode.

    Raises:
        InvalidInputError: it would have permissions that it cannot use, or nothing to provision at all.
    """
    if tier is Tier.SYNC:
        return
    path = "grantable_cluster_roles"
    if grants_roles and not supports_aws_auth(cluster.mode):
        raise InvalidInputError(
            path,
            None,
            f"has no use on cluster {cluster.key!r} of authentication mode {cluster.mode}: baton-eks needs aws-auth to"
            " grant roles, and this mode has none",
            "Leave it out: ConductorOne can still grant access policies there.",
        )
    if not grants_roles and not supports_access_entries(cluster.mode):
        raise InvalidInputError(
            path,
            None,
            f"is required on cluster {cluster.key!r} of authentication mode {cluster.mode}, which has no access"
            " policies: without it there is nothing for ConductorOne to grant",
            "Name the ClusterRoles that it may grant, or use tier sync.",
        )


def validate_user_accounts(args: Mapping[str, Any], place: Place, profile: Profile) -> tuple[str, ...]:
    """The accounts whose IAM users may be granted access policies: the cluster's own when left out.

    Raises:
        InvalidInputError: there are none, or one is no account id, or the profile does not confine it.
    """
    if "user_accounts" not in args:
        return (place.account,)
    if profile is Profile.VENDOR:
        raise InvalidInputError(
            "user_accounts", None, "has no effect in profile vendor: the page lets it grant to any principal"
        )
    accounts = tuple(dict.fromkeys(args["user_accounts"]))
    if not accounts:
        raise InvalidInputError("user_accounts", None, "names no account", "Leave it out for the cluster's own.")
    for index, account in enumerate(accounts):
        if is_known(account) and not ACCOUNT_ID.fullmatch(account):
            raise InvalidInputError(f"user_accounts[{index}]", account, "is not an account id of 12 digits")
    return accounts


def build_trust(
    args: Mapping[str, Any], place: Place, cluster: ClusterPlace, hosting: Hosting
) -> CrossAccount | Irsa | PodIdentity:
    """The trust policy for this hosting."""
    namespace, service_account = workload(args, place)
    match hosting:
        case Hosting.SELF_HOSTED_IRSA:
            issuer = _validate_issuer(args["oidc_issuer"], cluster)
            return Irsa(place.partition, place.account, issuer, namespace, service_account)
        case Hosting.SELF_HOSTED_POD_IDENTITY:
            return PodIdentity(place.account, (cluster.arn,), namespace, service_account)
        case Hosting.SELF_HOSTED_KEYS:
            return CrossAccount(validate_principals("principal_arn", (_validate_user(args["principal_arn"]),)))
        case Hosting.CLOUD:
            return CrossAccount(
                validate_principals("principal_arn", (args.get("principal_arn", CONDUCTORONE_ROLE),)),
                external_id=validate_external_id("external_id", args["external_id"]),
            )


def _validate_issuer(issuer: str, cluster: ClusterPlace) -> str:
    """With another cluster's issuer, a service account of the same name there would have the role."""
    own = cluster.oidc_issuer.removeprefix("https://")
    if own and is_known(own) and is_known(issuer) and issuer != own:
        raise InvalidInputError(
            "oidc_issuer",
            issuer,
            f"is not the issuer of cluster {cluster.key!r}, which is {own}: the connector's tokens would not be"
            " accepted, and those of a cluster with this issuer would",
        )
    return issuer


def _validate_user(principal_arn: str) -> str:
    arn = parse(principal_arn)
    if arn is not None and arn.kind == "role":
        raise InvalidInputError(
            "principal_arn",
            principal_arn,
            f"is a role, but hosting {Hosting.SELF_HOSTED_KEYS} uses access keys, which only IAM users have",
            "Name the user whose keys they are, or use a hosting without keys.",
        )
    return principal_arn


def workload(args: Mapping[str, Any], place: Place) -> tuple[str, str]:
    """The namespace and the service account of a self-hosted connector."""
    namespace = validate_namespace("namespace", args.get("namespace", place.name))
    return namespace, validate_service_account("service_account", args.get("service_account", place.name))
