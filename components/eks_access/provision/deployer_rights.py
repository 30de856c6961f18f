"""The rights that a deployer needs for an integration, derived from its description: what is created, and where. Pure.

The actions are those that the providers of the resources call: Terraform's for AWS, which the AWS plugin is made of
(https://github.com/hashicorp/terraform-provider-aws, internal/service/iam and internal/service/eks), and our own.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..connector.validation import AGENT_SERVICE
from ..exact.kinds import CLUSTER_ROLE, KINDS
from ..model import arn
from ..model.identity import EntryMethod
from ..model.integration import ClusterPlace, Integration, Place
from ..model.kubernetes_rights import Request
from ..model.objects import KubernetesObject
from ..model.rbac import API_GROUP, Grant, build_objects
from ..model.trust import PodIdentity
from ..model.trust.workload import POD_IDENTITY_SERVICE

UP, CHANGE, REMOVE = "up", "change", "remove"
"""What fails without a right: `pulumi up`, a later one that changes the resource, or its removal."""
_AWS_AUTH = Request("", resource="configmaps", name="aws-auth", namespace="kube-system")
_VERBS = {"get": UP, "create": UP, "update": CHANGE, "delete": REMOVE}
_APPLY_VERBS = {"get": UP, "create": UP, "patch": UP, "delete": REMOVE}
"""Of the official plugin, which applies on the server's side: that creates by `patch`.

https://kubernetes.io/docs/reference/using-api/server-side-apply/#api-implementation"""
_WATCH_VERBS = {"list": UP, "watch": UP}
_AWAITED: Mapping[str, tuple[tuple[str, str], ...]] = {
    "Deployment": (("apps", "replicasets"), ("", "pods"), ("", "persistentvolumeclaims")),
    "DaemonSet": (("", "pods"),),
    "Job": (("", "pods"),),
    "StatefulSet": (("", "pods"),),
}
"""What the official plugin watches beside each object of its own, until it is ready or gone, by API group and plural.

Without these rights it waits until its time-out. https://github.com/pulumi/pulumi-kubernetes (provider/pkg/await)"""


@dataclass(frozen=True)
class AwsRight:
    """One AWS call that the deployer must be allowed to make.

    Attributes:
        action: the IAM action.
        parameters: those of the call that decide about its resource and condition keys; `ResourceArns` names the
            resources of a call whose parameters do not.
        region: where it is made.
        stage: UP, CHANGE or REMOVE.
        purpose: the resource that needs it.
    """

    action: str
    parameters: Mapping[str, Any]
    region: str
    stage: str
    purpose: str


@dataclass(frozen=True)
class KubernetesRight:
    """One request to a cluster that the deployer must be allowed to make."""

    request: Request
    stage: str
    purpose: str


@dataclass(frozen=True)
class ClusterRights:
    """What the deployer needs in one cluster.

    `grants` are the roles that are created there: Kubernetes lets nobody create or bind a role with rights that they do
    not have themselves, unless they may `escalate` and `bind`.
    https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping
    """

    key: str
    requests: tuple[KubernetesRight, ...] = ()
    grants: tuple[Grant, ...] = ()
    official_kinds: frozenset[str] = field(default_factory=frozenset)
    """Kinds that are created by Pulumi's own plugin for Kubernetes."""


def list_aws_rights(integration: Integration, place: Place) -> Iterator[AwsRight]:
    """The AWS calls that deploying, changing and removing the integration makes."""
    region = place.clusters[0].region
    yield from _role_rights(integration, place, region)
    if any(cluster.connected for cluster in place.clusters):
        yield from _registration_rights(place)
        return
    for cluster in place.clusters:
        name = f"cluster {cluster.key}"
        yield AwsRight("eks:DescribeCluster", {"name": cluster.name}, cluster.region, UP, f"reading {name}")
        if cluster.method is EntryMethod.ACCESS_ENTRY:
            yield from _entry_rights(integration, place, cluster)
        trust = integration.role.trust
        if isinstance(trust, PodIdentity) and trust.is_for(cluster.arn):
            yield from _association_rights(place, cluster)


def list_cluster_rights(integration: Integration, place: Place) -> Iterator[ClusterRights]:
    """What deploying, changing and removing the integration needs inside each of its clusters."""
    for cluster in place.clusters:
        objects = [each for each in integration.objects if each.cluster in (None, cluster.key)]
        requests = [
            *(right for grant in integration.grants for right in _grant_rights(place.name, grant)),
            *(_mapping_rights(place.name) if cluster.method is EntryMethod.AWS_AUTH else ()),
            *(right for each in objects for right in _object_rights(place.name, each)),
        ]
        official = frozenset(each.kind for each in objects if each.kind not in _EXACT)
        yield ClusterRights(cluster.key, tuple(dict.fromkeys(requests)), integration.grants, official)


def _role_rights(integration: Integration, place: Place, region: str) -> Iterator[AwsRight]:
    role = integration.role
    parsed = arn.parse(place.role_arn)
    named: dict[str, Any] = {"RoleName": place.role_arn if parsed is None else parsed.resource.partition("/")[2]}
    if role.existing_arn is not None:
        yield AwsRight("iam:GetRole", named, region, UP, f"reading the existing role of {place.name}")
        return
    bounded = named | ({"PermissionsBoundary": role.permissions_boundary} if role.permissions_boundary else {})
    for action, stage in (
        ("CreateRole", UP),
        ("GetRole", UP),
        ("PutRolePolicy", UP),
        ("GetRolePolicy", UP),
        ("ListRolePolicies", UP),
        ("ListAttachedRolePolicies", UP),
        ("UpdateRole", CHANGE),
        ("UpdateRoleDescription", CHANGE),
        ("UpdateAssumeRolePolicy", CHANGE),
        *((("PutRolePermissionsBoundary", CHANGE),) if role.permissions_boundary else ()),
        ("ListInstanceProfilesForRole", REMOVE),
        ("DeleteRolePolicy", REMOVE),
        ("DeleteRole", REMOVE),
    ):
        yield AwsRight(f"iam:{action}", bounded, region, stage, f"the role of {place.name}")


def _entry_rights(integration: Integration, place: Place, cluster: ClusterPlace) -> Iterator[AwsRight]:
    entry: dict[str, Any] = {"clusterName": cluster.name, "principalArn": place.role_arn}
    identity = {
        "username": integration.identity.username_by(cluster.method),
        "kubernetesGroups": list(integration.identity.groups),
    }
    purpose, region = f"the access entry of {place.name} in {cluster.key}", cluster.region
    yield AwsRight("eks:CreateAccessEntry", {**entry, **identity, "type": "STANDARD"}, region, UP, purpose)
    yield AwsRight("eks:DescribeAccessEntry", entry, region, UP, purpose)
    yield AwsRight("eks:TagResource", {"ResourceArns": [_entry_arn(place, cluster)]}, region, UP, purpose)
    yield AwsRight("eks:UpdateAccessEntry", {**entry, **identity}, region, CHANGE, purpose)
    yield AwsRight("eks:UntagResource", {"ResourceArns": [_entry_arn(place, cluster)]}, region, CHANGE, purpose)
    yield AwsRight("eks:DeleteAccessEntry", entry, region, REMOVE, purpose)
    for policy in integration.identity.access_policies:
        purpose = f"{policy.name} of {place.name} in {cluster.key}"
        scope = (
            {"type": "namespace", "namespaces": list(policy.namespaces)} if policy.namespaces else {"type": "cluster"}
        )
        associated = {**entry, "policyArn": policy.arn(place.partition)}
        yield AwsRight("eks:AssociateAccessPolicy", {**associated, "accessScope": scope}, region, UP, purpose)
        yield AwsRight("eks:ListAssociatedAccessPolicies", entry, region, UP, purpose)
        yield AwsRight("eks:DisassociateAccessPolicy", associated, region, REMOVE, purpose)


def _entry_arn(place: Place, cluster: ClusterPlace) -> str:
    parsed = arn.parse(place.role_arn)
    name = place.role_arn if parsed is None else f"{parsed.kind}/{parsed.account}/{parsed.name}"
    return f"arn:{place.partition}:eks:{cluster.region}:{place.account}:access-entry/{cluster.name}/{name}/{_ANY_ID}"


_ANY_ID = "00000000-0000-0000-0000-000000000000"
"""In place of EKS's own id, which is not known before."""


def _association_rights(place: Place, cluster: ClusterPlace) -> Iterator[AwsRight]:
    purpose, region = f"the pod identity association of {place.name} in {cluster.key}", cluster.region
    id = f"arn:{place.partition}:eks:{region}:{place.account}:podidentityassociation/{cluster.name}/{_ANY_ID}"
    yield AwsRight("eks:CreatePodIdentityAssociation", {"clusterName": cluster.name}, region, UP, purpose)
    yield AwsRight("iam:PassRole", _passed(place, POD_IDENTITY_SERVICE), region, UP, purpose)
    for action, stage in (
        ("DescribePodIdentityAssociation", UP),
        ("UpdatePodIdentityAssociation", CHANGE),
        ("DeletePodIdentityAssociation", REMOVE),
    ):
        yield AwsRight(f"eks:{action}", {"ResourceArns": [id]}, region, stage, purpose)


def _passed(place: Place, service: str) -> dict[str, Any]:
    parsed = arn.parse(place.role_arn)
    name = place.role_arn if parsed is None else parsed.resource.partition("/")[2]
    return {"RoleName": name, "PassedToService": service}


def _registration_rights(place: Place) -> Iterator[AwsRight]:
    """https://docs.aws.amazon.com/eks/latest/userguide/eks-connector.html (required IAM roles)"""
    for cluster in place.clusters:
        purpose, region = f"the registration of {cluster.key}, of {place.name}", cluster.region
        named = {"name": cluster.name}
        for action, parameters, stage in (
            ("eks:ListClusters", {}, UP),
            ("eks:RegisterCluster", {}, UP),
            ("ssm:CreateActivation", {}, UP),
            ("iam:PassRole", _passed(place, AGENT_SERVICE), UP),
            ("eks:DescribeCluster", named, UP),
            ("eks:TagResource", {"ResourceArns": [cluster.arn]}, CHANGE),
            ("eks:UntagResource", {"ResourceArns": [cluster.arn]}, CHANGE),
            ("eks:DeregisterCluster", named, REMOVE),
            ("ssm:DeleteActivation", {}, REMOVE),
        ):
            yield AwsRight(action, parameters, region, stage, purpose)


def _grant_rights(name: str, grant: Grant) -> Iterator[KubernetesRight]:
    for each in build_objects(grant, labels={}):
        kind = _EXACT[each.kind]
        place = Request("", kind.group, kind.plural, name=each.name, namespace=each.namespace or "")
        yield from _rights(place, _VERBS, f"{each.kind} {each.name} of {name}")


def _mapping_rights(name: str) -> Iterator[KubernetesRight]:
    # The mapping is taken out again by an update: the ConfigMap is shared, and never deleted.
    yield from _rights(_AWS_AUTH, dict.fromkeys(("get", "create", "update"), UP), f"the mapping of {name} in aws-auth")


def _object_rights(name: str, each: KubernetesObject) -> Iterator[KubernetesRight]:
    kind, purpose, namespace = _EXACT.get(each.kind), f"{each.kind} {each.name} of {name}", each.namespace or ""
    if kind is not None:
        place = Request("", kind.group, kind.plural, name=each.name, namespace=namespace)
        yield from _rights(place, _VERBS, purpose)
        return
    group, plural = each.api_version.rpartition("/")[0], f"{each.kind.lower()}s"
    yield from _rights(Request("", group, plural, name=each.name, namespace=namespace), _APPLY_VERBS, purpose)
    for watched_group, watched in ((group, plural), *_AWAITED.get(each.kind, ())):
        yield from _rights(Request("", watched_group, watched, namespace=namespace), _WATCH_VERBS, purpose)


def _rights(place: Request, verbs: Mapping[str, str], purpose: str) -> Iterator[KubernetesRight]:
    for verb, stage in verbs.items():
        # A request to create has no name that an authorizer would see.
        name = "" if verb == "create" else place.name
        yield KubernetesRight(
            Request(verb, place.group, place.resource, name=name, namespace=place.namespace), stage, purpose
        )


def escalation_request(verb: str, role: str) -> Request:
    """The request that lets a user create (`escalate`) or bind (`bind`) a ClusterRole with rights beyond their own.

    The first has no name, as a request to create has none; the second has the role's.
    https://github.com/kubernetes/kubernetes/blob/master/pkg/registry/rbac/escalation_check.go
    """
    return Request(verb, API_GROUP, CLUSTER_ROLE.plural, name=role if verb == "bind" else "")


def granted_requests(grant: Grant) -> Iterator[Request]:
    """Every right that a grant's role gives, one by one: what its creator must have in the whole cluster."""
    for rule in grant.rules:
        for verb in rule.verbs:
            for url in rule.non_resource_urls:
                yield Request(verb, url=url)
            if rule.non_resource_urls:
                continue
            for group in rule.api_groups:
                for resource in rule.resources:
                    plural, _, subresource = resource.partition("/")
                    for name in rule.resource_names or ("",):
                        yield Request(verb, group, plural, subresource, name)


_EXACT = {kind.name: kind for kind in KINDS}
