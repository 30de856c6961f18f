"""Apono: people get time-bound rights in clusters on approval. People assume the role, which has no standing
permissions in clusters.

Sources: Apono's "Integrate with EKS" page; AWS's condition keys for SAML-based federation. Corrections to
the page: no access policy is associated (the "cluster scope" it asks for belongs to one, and any would be a standing
permission), the authentication mode stays unchanged, and each cluster has either an access entry or an aws-auth
mapping, since the two give different usernames.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NotRequired

import pulumi

from ...errors import InvalidInputError
from ...model.expectations import (
    ABSENT,
    OTHER_CLUSTERS,
    AwsCall,
    KubernetesCall,
    aws_baseline,
    baseline,
    combine_expectations,
)
from ...model.iam import Statement
from ...model.identity import EntryMethod, Identity
from ...model.integration import Field, Handoff, Integration, Place, Profile, Role, role_name, role_options
from ...model.leftovers import LeftoverPattern
from ...model.marks import Marks
from ...model.rbac import API_GROUP as RBAC
from ...model.trust import IdentityCenter, Saml, saml_audiences, validate_permission_sets, validate_saml_provider
from ...provision.arguments import IntegrationArgs
from ...provision.integration import IntegrationComponent
from .connector_rights import AponoConnectorRights, connector_grant
from .login import login_steps

ROLE_NAME = "apono-k8s-access"
"""The role that Apono's own access details tell people to assume."""
SOURCES = ("Apono: Integrate with EKS",)
MARKS = Marks("Apono", roles=("apono-k8s-access*",), usernames=("apono:{{SessionName*}}",))
LEFTOVERS = (LeftoverPattern("binding-of-user", "apono:*", "Apono made it when access was approved"),)
_IDENTITY = Identity(username="apono:{{SessionName}}", aws_auth_username="{{SessionNameRaw}}")
"""Apono binds exactly these names, so they are those of its page and cannot be chosen."""


class Federation(StrEnum):
    """How people sign in to AWS."""

    SSO = "sso"
    """IAM Identity Center, formerly AWS SSO."""
    SAML = "saml"
    """An identity provider that IAM trusts directly, such as Okta."""


class AponoArgs(IntegrationArgs):
    """Arguments of the Apono integration."""

    federation: Federation
    """How people sign in to AWS: `sso` (IAM Identity Center) or `saml`."""
    permission_sets: NotRequired[list[str]]
    """With `sso`: only people of these permission sets may assume the role; all people when left out."""
    saml_provider_arn: NotRequired[pulumi.Input[str]]
    """With `saml`: the ARN of the identity provider in IAM."""
    sign_in_regions: NotRequired[list[str]]
    """With `saml`: the regions whose sign-in addresses are accepted besides the partition's own; by default those of
    the clusters, and in profile `vendor` none, as on Apono's page."""
    connector_role_name: NotRequired[str]
    """The role of Apono's connector, if it runs outside of the clusters and has one."""
    connector_rights: NotRequired[AponoConnectorRights]
    """Permissions of Apono's connector in the clusters that it runs in; none are created when left out."""


class Apono(IntegrationComponent):
    """People's access to EKS through Apono: they sign in as themselves, without permissions until Apono binds some."""

    def __init__(self, name: str, args: AponoArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, args, AponoArgs, describe, opts)


def describe(args: Mapping[str, Any], place: Place) -> Integration:
    profile = args.get("profile", Profile.LEAST)
    vendor = profile is Profile.VENDOR
    federation = Federation(args["federation"])
    trust = _trust(federation, args, place, vendor)
    rights = args.get("connector_rights")
    role = Role(
        name=role_name(args, ROLE_NAME),
        description="required for k8s access managed by Apono",
        trust=trust,
        statements=(_statement(place, vendor),),
        **role_options(args),
    )
    return Integration(
        vendor="apono",
        title="Apono",
        profile=profile,
        role=role,
        identity=_IDENTITY,
        grants=() if rights is None else (connector_grant(place.name, rights),),
        expectations=combine_expectations(
            baseline(), aws_baseline(place.partition), _CLUSTER_CALLS, _aws_calls(place, vendor)
        ),
        handoff=_handoff(args, place, role, trust),
        residual_risks=_residual_risks(federation, place, trust, rights is not None),
        sources=SOURCES,
        leftovers=LEFTOVERS,
    )


def _trust(federation: Federation, args: Mapping[str, Any], place: Place, vendor: bool) -> IdentityCenter | Saml:
    if federation is Federation.SSO:
        _refuse_with(federation, args, "saml_provider_arn")
        _refuse_with(federation, args, "sign_in_regions")
        return IdentityCenter(
            place.partition,
            place.account,
            validate_permission_sets("permission_sets", args.get("permission_sets", ())),
            anyone=vendor,
        )
    _refuse_with(federation, args, "permission_sets")
    if "saml_provider_arn" not in args:
        raise InvalidInputError(
            "saml_provider_arn",
            None,
            "is required with federation 'saml'",
            "It is shown in IAM under Identity providers, as arn:aws:iam::<account>:saml-provider/<name>.",
        )
    regions = args.get("sign_in_regions", () if vendor else place.regions)
    audience, *others = saml_audiences("sign_in_regions", regions, partition_region=place.regions[0])
    provider = validate_saml_provider("saml_provider_arn", args["saml_provider_arn"], account=place.account)
    return Saml(provider, audience, tuple(others))


def _refuse_with(federation: Federation, args: Mapping[str, Any], argument: str) -> None:
    if argument in args:
        other = Federation.SAML if federation is Federation.SSO else Federation.SSO
        raise InvalidInputError(
            argument,
            None,
            f"has no effect with federation '{federation}'",
            f"Leave it out, or set federation to '{other}'.",
        )


def _statement(place: Place, vendor: bool) -> Statement:
    return Statement(
        "ReadClusters",
        ("eks:DescribeCluster",),
        (f"arn:{place.partition}:eks:*:{place.account}:cluster/*",) if vendor else place.cluster_arns,
        "address and certificate of a cluster, for `aws eks update-kubeconfig`",
    )


_BEFORE_APPROVAL = "nothing is granted before Apono's approval"
_CLUSTER_CALLS = (
    KubernetesCall(
        "create",
        "selfsubjectaccessreviews",
        allowed=True,
        why="whoever is signed in may ask what they may do, and nothing else",
        api_group="authorization.k8s.io",
    ),
    *(
        KubernetesCall("list", resource, allowed=False, why=_BEFORE_APPROVAL)
        for resource in ("pods", "namespaces", "configmaps", "services", "serviceaccounts", "events", "nodes")
    ),
    KubernetesCall("list", "deployments", allowed=False, why=_BEFORE_APPROVAL, api_group="apps"),
    KubernetesCall("get", "pods", allowed=False, why=_BEFORE_APPROVAL, subresource="log", namespace="default"),
    KubernetesCall("create", "pods", allowed=False, why=_BEFORE_APPROVAL, subresource="exec", namespace="default"),
    KubernetesCall("create", "rolebindings", allowed=False, why="grants rights to itself", api_group=RBAC),
    *(
        KubernetesCall("list", kind, allowed=False, why=_BEFORE_APPROVAL, api_group=RBAC)
        for kind in ("roles", "rolebindings", "clusterroles", "clusterrolebindings")
    ),
)


def _aws_calls(place: Place, vendor: bool) -> tuple[AwsCall, ...]:
    regions = dict.fromkeys(cluster.region for cluster in place.clusters)
    return (
        *(
            AwsCall("eks:DescribeCluster", True, "address and certificate", {"name": cluster.name}, cluster.region)
            for cluster in place.clusters
        ),
        *(AwsCall("eks:ListClusters", False, "people are told their cluster", region=region) for region in regions),
        *(
            AwsCall(
                "eks:CreateAccessEntry",
                False,
                "lets anyone into a cluster",
                {"clusterName": ABSENT, "principalArn": place.role_arn},
                region,
            )
            for region in regions
        ),
        *(AwsCall("eks:DescribeCluster", vendor, OTHER_CLUSTERS, {"name": ABSENT}, region) for region in regions),
    )


def _handoff(args: Mapping[str, Any], place: Place, role: Role, trust: IdentityCenter | Saml) -> Handoff:
    connector = args.get("connector_role_name")
    fields = tuple(
        field
        for cluster in place.clusters
        for field in (
            Field("Integration Name", _to_pascal_case(f"{place.name}-{cluster.key}")),
            Field("Server URL", cluster.endpoint),
            Field("Certification Authority", cluster.certificate_authority),
            Field("EKS Cluster Name", cluster.name),
            *((Field("AWS Role Name", connector),) if connector else ()),
            Field("Region", cluster.region),
        )
    )
    return Handoff(
        fields=fields,
        steps=(
            "In Apono open Catalog > Elastic Kubernetes Service (EKS) and make one integration for each cluster, with"
            " the values above. Where Apono's connector runs in the cluster, only Integration Name and EKS Cluster Name"
            " are needed.",
            *(
                ()
                if connector
                else ("Leave AWS Role Name empty: it is the role of a connector outside of the cluster.",)
            ),
            *login_steps(place, role.name, trust),
            f"In the clusters people are named {' and '.join(_usernames(place))}: Apono binds these names.",
        ),
        removal=_removal_steps(place, role, trust),
    )


def _removal_steps(place: Place, role: Role, trust: IdentityCenter | Saml) -> tuple[str, ...]:
    names = ", ".join(_to_pascal_case(f"{place.name}-{cluster.key}") for cluster in place.clusters)
    provider = (
        "Take the role out of the permission that the permission sets give to assume it."
        if isinstance(trust, IdentityCenter)
        else f"In your identity provider take the role {place.role_arn} out of what it asserts."
    )
    return (
        "In Apono end the access that is granted: Apono then removes its own bindings. Bindings that are left are"
        " listed here.",
        f"In Apono open Catalog > Elastic Kubernetes Service (EKS) and delete the integrations {names}.",
        "Where Apono's connector runs in a cluster and no other integration uses it, uninstall its Helm release.",
        provider,
        f"People take the profile {role.name} out of their AWS configuration.",
    )


def _usernames(place: Place) -> list[str]:
    methods = {cluster.method for cluster in place.clusters}
    ways = {EntryMethod.ACCESS_ENTRY: "by an access entry", EntryMethod.AWS_AUTH: "by aws-auth"}
    return [f"{_IDENTITY.username_by(method)} ({way})" for method, way in ways.items() if method in methods]


def _to_pascal_case(name: str) -> str:
    """The name in the form that Apono requires: `apono-sso-api` as `AponoSsoApi`."""
    return "".join(part.capitalize() for part in re.split(r"[^0-9A-Za-z]+", name))


def _residual_risks(
    federation: Federation, place: Place, trust: IdentityCenter | Saml, bounded: bool
) -> tuple[str, ...]:
    methods = {cluster.method for cluster in place.clusters}
    mapped = (
        "aws-auth clusters: people's usernames are their bare session names, so whoever has the name of another"
        " cluster user has that user's bindings too.",
    )
    entered = (
        "Access entry clusters: EKS writes @ as - in usernames, so a-b@x.io and a@b-x.io would be one user there.",
    )
    asserted = (
        "The session's name is what the identity provider puts into RoleSessionName: whoever may change that mapping"
        " decides who is who.",
    )
    prefixes = (
        "A permission set is recognised by the name of its role, so another whose name goes on after an underscore, as"
        " Developers_Eu does after Developers, is let in too.",
    )
    return (
        "What people may do once approved is what Apono's connector may grant: "
        + ("the roles of connector_rights." if bounded else "bound its role in each cluster."),
        *(mapped if EntryMethod.AWS_AUTH in methods else ()),
        *(entered if EntryMethod.ACCESS_ENTRY in methods else ()),
        *(asserted if federation is Federation.SAML else ()),
        *(prefixes if isinstance(trust, IdentityCenter) and trust.permission_sets else ()),
    )
