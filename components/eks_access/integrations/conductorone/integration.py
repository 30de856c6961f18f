"""ConductorOne (baton-eks): reads who has access to a cluster, and optionally grants and revokes it.

Sources: ConductorOne's "Amazon Elastic Kubernetes Service connector" page; the connector's own code
(github.com/ConductorOne/baton-eks at v0.1.3), which uses 9 of the page's 33 IAM actions.
docs/integrations/conductorone.md lists the errors in the page.
"""

from collections.abc import Mapping
from typing import Any, NotRequired

import pulumi
from typing_extensions import TypedDict

from ...errors import InvalidInputError
from ...model.expectations import aws_baseline, baseline, combine_expectations
from ...model.grantable import validate_grantable
from ...model.identity import Identity, supports_access_entries, supports_aws_auth
from ...model.integration import Field, Handoff, Integration, Place, Profile, Role, role_name, role_options
from ...model.leftovers import LeftoverPattern
from ...model.marks import Marks
from ...model.placeholders import is_known
from ...provision.arguments import IntegrationArgs
from ...provision.integration import IntegrationComponent
from . import connector, expectations, rights
from .modes import (
    KEYLESS,
    Hosting,
    Tier,
    build_trust,
    validate_cluster,
    validate_mode_arguments,
    validate_user_accounts,
)

SOURCES = ("https://www.conductorone.com/docs/baton/eks", "https://github.com/ConductorOne/baton-eks (v0.1.3)")
MARKS = Marks(
    "ConductorOne",
    roles=("ConductorOne*",),
    users=("baton-eks*",),
    bindings=("baton-*",),
    trusted=("ConductorOne*",),
)
LEFTOVERS = (
    LeftoverPattern(
        "binding", "baton-*-binding", "ConductorOne made it when it granted access, and removes it on revocation"
    ),
    LeftoverPattern(
        "empty-entry-of-user",
        "*",
        "ConductorOne makes access entries for IAM users, and on revocation takes only their policies away",
    ),
)
"""The connector names its bindings like this (pkg/connector of baton-eks), which never calls eks:DeleteAccessEntry."""


class ConductorOneConnectorArgs(TypedDict):
    """The self-hosted connector, deployed into the cluster."""

    client_id: pulumi.Input[str]
    """The Client ID that ConductorOne shows in the connector's settings."""
    client_secret: pulumi.Input[str]
    """The Client Secret that comes with it. Kept as a secret however it is given."""
    access_key_id: NotRequired[pulumi.Input[str]]
    """Hosting `self_hosted_keys`: the access key of the IAM user. Kept as a secret however it is given."""
    secret_access_key: NotRequired[pulumi.Input[str]]
    """Hosting `self_hosted_keys`: the access key's secret part. Kept as a secret however it is given."""
    image: NotRequired[str]
    """The connector's image, with a version or a digest; a pinned one by default."""


class ConductorOneArgs(IntegrationArgs):
    """Arguments of the ConductorOne integration. Each cluster needs its own connector, and so its own integration."""

    hosting: NotRequired[Hosting]
    """Where the connector runs and how it assumes the role: `cloud` (default), `self_hosted_keys`, `self_hosted_irsa`
    or `self_hosted_pod_identity`."""
    tier: NotRequired[Tier]
    """`sync` (default): reads who has access. `provision`: grants and revokes it as well."""
    external_id: NotRequired[pulumi.Input[str]]
    """Hosting `cloud`, required: the External ID that ConductorOne shows in the connector's settings. Not a secret, and
    not yours to choose."""
    principal_arn: NotRequired[pulumi.Input[str]]
    """The principal that assumes the role. Hosting `cloud`: ConductorOne's own role, by default its published one.
    Hosting `self_hosted_keys`, required: your IAM user whose access keys the connector has."""
    oidc_issuer: NotRequired[pulumi.Input[str]]
    """Hosting `self_hosted_irsa`, required: the issuer of the cluster's OpenID Connect provider in IAM, without
    https://."""
    namespace: NotRequired[str]
    """Self-hosted: the namespace of the connector, which must exist. By default one with the integration's name is
    created and deleted with the connector."""
    service_account: NotRequired[str]
    """Self-hosted without keys: the connector's service account, by default with the integration's name."""
    deploy_connector: NotRequired[ConductorOneConnectorArgs]
    """Self-hosted: deploys the connector into the cluster. Without it you run it yourself."""
    grantable_cluster_roles: NotRequired[list[str]]
    """Tier `provision`: the ClusterRoles that ConductorOne may grant. None by default: access policies only."""
    grantable_roles: NotRequired[list[str]]
    """Tier `provision`: the names of namespaced Roles that ConductorOne may grant. None by default."""
    allow_admin_roles: NotRequired[bool]
    """Tier `provision`: `cluster-admin`, `admin` and roles of Kubernetes itself may be among the grantable ones."""
    deny_cluster_admin: NotRequired[bool]
    """Tier `provision`, true by default: AmazonEKSClusterAdminPolicy and AmazonEKSAdminPolicy can never be granted,
    nor AmazonEKSEditPolicy in the whole cluster or in kube-system, which amounts to the same."""
    user_accounts: NotRequired[list[str]]
    """Tier `provision`: the accounts whose IAM users access policies may be granted to; by default the cluster's."""


class ConductorOne(IntegrationComponent):
    """ConductorOne's access to one EKS cluster: reads who has access, and in tier `provision` grants it."""

    secret_arguments = tuple(
        f"deploy_connector.{key}" for key in ("client_id", "client_secret", "access_key_id", "secret_access_key")
    )

    def __init__(self, name: str, args: ConductorOneArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, args, ConductorOneArgs, describe, opts)


def describe(args: Mapping[str, Any], place: Place) -> Integration:
    _validate_place(place)
    (cluster,) = place.clusters
    hosting, tier = Hosting(args.get("hosting", Hosting.CLOUD)), Tier(args.get("tier", Tier.SYNC))
    validate_mode_arguments(args, hosting, tier)
    admin_allowed = args.get("allow_admin_roles", False)
    cluster_roles, roles = (
        validate_grantable(argument, args.get(argument, ()), admin_allowed=admin_allowed)
        for argument in ("grantable_cluster_roles", "grantable_roles")
    )
    validate_cluster(cluster, tier, bool(cluster_roles or roles))
    profile = args.get("profile", Profile.LEAST)
    vendor, provisions = profile is Profile.VENDOR, tier is Tier.PROVISION
    # The page's own statements do not deny it.
    deny_admin = args.get("deny_cluster_admin", not vendor)
    readers, provisioners = f"{place.name}:readers", f"{place.name}:provisioners"
    grants = rights.page_grants(readers) if vendor else rights.sync_grants(place.name, readers)
    statements = rights.PAGE_STATEMENTS if vendor else rights.sync_statements(cluster)
    expected = [
        baseline(),
        aws_baseline(place.partition),
        expectations.cluster_calls(vendor),
        expectations.aws_calls(vendor, place, cluster),
    ]
    if provisions:
        accounts = validate_user_accounts(args, place, profile)
        additional = rights.provision_statements(cluster, place, user_accounts=accounts, deny_cluster_admin=deny_admin)
        statements += tuple(each for each in additional if not vendor or each.effect == "Deny")
        grants += rights.provision_grants(place.name, provisioners, cluster_roles, roles)
        expected += [
            expectations.provision_cluster_calls(cluster_roles, roles),
            expectations.provision_aws_calls(
                place, cluster, user_accounts=accounts, deny_cluster_admin=deny_admin, vendor=vendor
            ),
        ]
    return Integration(
        vendor="conductorone",
        title="ConductorOne",
        profile=profile,
        role=Role(
            name=role_name(args, f"eks-access-{place.name}"),
            description="ConductorOne reads who has access to EKS" + (", grants and revokes it" if provisions else ""),
            trust=build_trust(args, place, cluster, hosting),
            statements=statements,
            **role_options(args),
        ),
        identity=Identity(
            username=f"{place.name}:{{{{SessionName}}}}",
            groups=tuple(dict.fromkeys(grant.group for grant in grants)),
        ),
        grants=grants,
        expectations=combine_expectations(*expected),
        handoff=_handoff(args, place, hosting, tier, bool(cluster_roles or roles)),
        residual_risks=_risks(place, tier, bool(cluster_roles or roles), deny_admin, vendor),
        objects=connector.connector_objects(args, place, cluster, hosting, tier),
        sources=SOURCES,
        leftovers=LEFTOVERS if provisions else (),
    )


def _validate_place(place: Place) -> None:
    if is_known(place.partition) and place.partition != "aws":
        raise InvalidInputError(
            "partition", place.partition, "is not supported by baton-eks, which parses only arn:aws ARNs"
        )
    if len(place.clusters) != 1:
        raise InvalidInputError(
            "clusters",
            [cluster.key for cluster in place.clusters],
            "has more than one cluster, and ConductorOne needs a connector, with its own External ID, for each",
            "Declare one ConductorOne integration for each cluster.",
        )


def _handoff(args: Mapping[str, Any], place: Place, hosting: Hosting, tier: Tier, grants_roles: bool) -> Handoff:
    (cluster,) = place.clusters
    fields = [
        Field("Region", cluster.region),
        Field("Cluster name", cluster.name),
        Field("Assume role ARN", place.role_arn),
    ]
    steps = []
    if hosting is Hosting.CLOUD:
        fields.append(Field("External ID", args["external_id"]))
        steps.append("In ConductorOne open the EKS connector's Settings, choose Edit and enter the values above.")
    elif "deploy_connector" in args:
        steps.append(
            "The connector runs in the cluster with the values above. After Rotate in the Baton connector's Settings,"
            " give the new Client ID and Client Secret here and deploy again."
        )
    else:
        steps += [
            "In ConductorOne add the connector Baton, open its Settings, choose Edit and Rotate, and copy the Client ID"
            " and the Client Secret.",
            "Run baton-eks with BATON_CLIENT_ID and BATON_CLIENT_SECRET, and the values above as BATON_EKS_REGION,"
            " BATON_EKS_CLUSTER_NAME and BATON_ROLE_ARN (BATON_EKS_ASSUME_ROLE_ARN on the page is not read);"
            " set no BATON_EXTERNAL_ID.",
        ]
    if hosting is Hosting.SELF_HOSTED_KEYS and "deploy_connector" not in args:
        steps.append("Give it the IAM user's access key as BATON_EKS_ACCESS_KEY and BATON_EKS_SECRET_ACCESS_KEY.")
    if hosting in KEYLESS and "deploy_connector" not in args:
        steps.append("Give it no access key, and AWS_REGION: it then uses its service account's role as it is.")
    if hosting is Hosting.SELF_HOSTED_POD_IDENTITY:
        steps.append("The cluster needs the add-on eks-pod-identity-agent.")
    steps.append("Under Shared identity source choose your AWS v2 connector.")
    if tier is Tier.PROVISION:
        steps += _provision_steps(place, hosting, args, grants_roles)
    steps.append(
        "ConductorOne shows Connected as soon as the connector starts, whether or not it may read anything:"
        " trust the probe instead."
    )
    return Handoff(tuple(fields), tuple(steps), _removal_steps(args, place, hosting, tier))


def _removal_steps(args: Mapping[str, Any], place: Place, hosting: Hosting, tier: Tier) -> tuple[str, ...]:
    (cluster,) = place.clusters
    steps = []
    if tier is Tier.PROVISION:
        steps.append(
            f"In ConductorOne revoke what was granted in {cluster.name} first: it then removes its own bindings and"
            " policies. What was granted to people and is not revoked stays, and `eks-access inventory` lists it."
        )
    if hosting is Hosting.CLOUD:
        steps.append(f"In ConductorOne delete the EKS connector of {cluster.name}, and with it its External ID.")
    else:
        steps.append(
            f"In ConductorOne delete the connector Baton of {cluster.name}, and with it its Client ID and Secret."
        )
        if "deploy_connector" not in args:
            steps.append("Stop baton-eks where it runs, and delete its Client Secret there.")
    if hosting is Hosting.SELF_HOSTED_KEYS:
        steps.append(
            f"Delete the access key of {args['principal_arn']} that the connector used, and the user if nothing else"
            " uses it."
        )
    return tuple(steps)


def _provision_steps(place: Place, hosting: Hosting, args: Mapping[str, Any], grants_roles: bool) -> list[str]:
    (cluster,) = place.clusters
    steps = []
    if hosting is not Hosting.CLOUD and "deploy_connector" not in args:
        steps.append("Set BATON_PROVISIONING to the text true.")
    if supports_access_entries(cluster.mode):
        steps.append("Access policies can be granted to IAM users only. Revoking one leaves the user's empty entry.")
    if grants_roles:
        steps.append(
            "To grant roles baton-eks needs a mapUsers in aws-auth, be it empty. The first command prints the one"
            " that is there; where it prints nothing, the second adds one, and changes nothing else:"
            f"\n{MAP_USERS_ABSENT}\n{SEED_MAP_USERS}"
        )
    elif supports_aws_auth(cluster.mode):
        steps.append("Roles cannot be granted: grantable_cluster_roles names none.")
    else:
        steps.append(
            "Only access policies can be granted: to grant roles baton-eks needs aws-auth, which mode API lacks."
        )
    return steps


MAP_USERS_ABSENT = "kubectl --namespace kube-system get configmap aws-auth --output jsonpath='{.data.mapUsers}'"
SEED_MAP_USERS = (
    "kubectl --namespace kube-system patch configmap aws-auth --type json --patch"
    ' \'[{"op": "test", "path": "/data/mapUsers", "value": null},'
    ' {"op": "add", "path": "/data/mapUsers", "value": "[]"}]\''
)
"""The first operation fails if there is a mapUsers, and with it the whole patch."""


def _risks(place: Place, tier: Tier, grants_roles: bool, deny_admin: bool, vendor: bool) -> tuple[str, ...]:
    (cluster,) = place.clusters
    risks = ["Listing ConfigMaps returns their values too: RBAC cannot give names only."]
    if tier is Tier.PROVISION and supports_access_entries(cluster.mode):
        risks.append(
            "It may let any IAM principal in, with any group and username that EKS accepts, and take any principal's"
            " access policies away."
            if vendor
            else "It may let any IAM user of the named accounts in, and take access policies away from them. Users may"
            " be granted AmazonEKSAdminViewPolicy, which reads all Secrets, and AmazonEKSEditPolicy in namespaces,"
            " which runs commands as every service account there: where a namespace's service accounts administer the"
            " cluster, so do its editors. An access entry takes the place of the user's mapping in aws-auth."
        )
        if not deny_admin:
            risks.append("It may make any of these principals an administrator of the cluster.")
    if grants_roles:
        risks += [
            "It may delete any binding, and pass its own rights on to others: RBAC confines only what is bound anew.",
            "Whoever may write aws-auth can map any principal to any group, system:masters included: baton-eks cannot"
            " grant roles without it, and RBAC cannot confine what is written.",
        ]
    return tuple(risks)
