"""Each of the package's integrations as a stack that the rules are evaluated on."""

from collections.abc import Iterator, Mapping
from typing import Any

from eks_access.integrations import vendors
from eks_access.model import rbac
from eks_access.model.iam import compact
from eks_access.model.integration import Describe, Integration, Profile
from eks_access_policies.stack import Resource, Stack
from tests.support.places import ACCOUNT, place

CLUSTER = "prod-0"

ARGUMENTS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "opentrace": (
        "opentrace",
        {"client_id": "1234567890-x.apps.googleusercontent.com", "subject": "11016948447438627"},
    ),
    "conductorone": ("conductorone", {"external_id": "c1-external-id"}),
    "conductorone-provision": (
        "conductorone",
        {
            "external_id": "c1-external-id",
            "tier": "provision",
            "grantable_cluster_roles": ["view", "edit"],
        },
    ),
    "cado": ("cado", {"platform_role_arns": ["arn:aws:iam::444455556666:role/CadoPlatform"], "namespaces": ["web"]}),
    "apono": (
        "apono",
        {"federation": "saml", "saml_provider_arn": f"arn:aws:iam::{ACCOUNT}:saml-provider/idp", "role_name": "apono"},
    ),
    "eks-connector": (
        "eks-connector",
        {
            "clusters": {"onprem": {"name": CLUSTER, "provider": "OTHER", "kubeconfig_file": "onprem.yaml"}},
            "viewers": {
                "platform": {"arn": f"arn:aws:iam::{ACCOUNT}:role/Platform"},
                "payments": {"arn": f"arn:aws:iam::{ACCOUNT}:role/Payments", "namespaces": ["payments"]},
            },
        },
    ),
}
"""Each integration with the arguments of a usual deployment."""


def stack_of(name: str, profile: Profile) -> Stack:
    vendor, given = ARGUMENTS[name]
    known = vendors()[vendor]
    arguments = _typed(known.arguments, {**given, "profile": profile})
    described = _describe(known.describe, name, arguments)
    above = _made(f"eks-access:index:{known.component.__name__}", name, dict(arguments))
    resources = [above, *_role(name, described, above)]
    if known.own_clusters:
        # A connected cluster has no access entry: its own service account acts there.
        above = _made("eks-access:index:ConnectedCluster", name, {"cluster": CLUSTER}, above)
        resources.append(above)
    else:
        resources += _access_entry(name, described, above)
    return Stack((*resources, *_rbac(name, described, above)), f"{name}/{profile.value}")


def _typed(kind: type, given: Mapping[str, Any]) -> Mapping[str, Any]:
    from eks_access.provision.arguments import validate_arguments

    whole: Mapping[str, Any] = validate_arguments({"clusters": {}, **given}, kind)
    return whole


def _describe(describe: Describe, name: str, arguments: Mapping[str, Any]) -> Integration:
    return describe(arguments, place(name, "API_AND_CONFIG_MAP"))


def _role(name: str, described: Integration, above: Resource) -> Iterator[Resource]:
    role = {
        "arn": _arn(described),
        "name": described.role.name,
        "assumeRolePolicy": compact(described.role.trust_policy()),
        "maxSessionDuration": described.role.max_session_seconds,
    }
    yield _made("aws:iam/role:Role", name, role, above)
    yield _made("aws:iam/rolePolicy:RolePolicy", name, {"policy": compact(described.role.policy())}, above)


def _access_entry(name: str, described: Integration, above: Resource) -> Iterator[Resource]:
    entered = {"clusterName": CLUSTER, "principalArn": _arn(described)}
    identity = described.identity
    entry = {"userName": identity.username, "kubernetesGroups": list(identity.groups), "type": "STANDARD"}
    yield _made("aws:eks/accessEntry:AccessEntry", name, {**entered, **entry}, above)
    for policy in identity.access_policies:
        scope = {"type": "namespace" if policy.namespaces else "cluster", "namespaces": list(policy.namespaces or ())}
        given = {**entered, "policyArn": policy.arn("aws"), "accessScope": scope}
        yield _made("aws:eks/accessPolicyAssociation:AccessPolicyAssociation", f"{name}-{policy.name}", given, above)


def _rbac(name: str, described: Integration, above: Resource) -> Iterator[Resource]:
    for grant in described.grants:
        for found in rbac.build_objects(grant, labels={}):
            kind = f"kubernetes:rbac.authorization.k8s.io/v1:{found.kind}"
            yield _made(kind, f"{name}-{found.key}", dict(found.body), above)


def _arn(described: Integration) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{described.role.name}"


def _made(kind: str, name: str, properties: dict[str, Any], above: Resource | None = None) -> Resource:
    urn = f"urn:pulumi:test::integrations::{kind}::{name}"
    return Resource(urn, kind, name, properties, above.urn if above else None)
