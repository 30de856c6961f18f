"""Cado: acquires forensic artifacts from containers by running commands in them.

Sources: Cado's "How to Import Data from AWS EKS" page; Cado's own deployment templates
(github.com/cado-security/Deployment-Templates), which define the roles that its platform role may assume.
"""

from collections.abc import Mapping
from typing import Any, NotRequired

import pulumi

from ..derivation.cluster_rights import find_scopes
from ..derivation.permissions import find_statements
from ..derivation.trust import ASSUME_ROLE
from ..derivation.values import ArgumentCollector
from ..errors import InvalidInputError
from ..model.expectations import (
    ABSENT,
    OTHER_CLUSTERS,
    AwsCall,
    KubernetesCall,
    aws_baseline,
    baseline,
    combine_expectations,
)
from ..model.found import DerivedArguments, FoundAccess
from ..model.iam import Statement
from ..model.identity import EntryMethod, Identity, validate_namespaces
from ..model.integration import Field, Handoff, Integration, Place, Profile, Role, role_name, role_options
from ..model.kubernetes_rights import Request
from ..model.marks import Marks
from ..model.placeholders import is_known
from ..model.rbac import Grant, Rule
from ..model.trust import CrossAccount, validate_organization_id, validate_principals
from ..provision.arguments import IntegrationArgs
from ..provision.integration import IntegrationComponent

MARKS = Marks("Cado", groups=("cado",), bindings=("cado-eks-cluster-role*",), trusted=("cado*",))
SOURCES = (
    "Cado, How to Import Data from AWS EKS",
    "https://github.com/cado-security/Deployment-Templates (aws_v2/modules/iam)",
    "Cado, Account Check Permissions",
)
ASSUMABLE = "CadoResponse"
"""Cado's platform may assume only roles whose name contains this (aws_v2/modules/iam of its templates)."""
HIDDEN_NAMESPACES = (
    "kube-system", "kube-public", "kube-node-lease", "gke-gmp-system", "aks-command", "gmp-system", "calico-system",
    "tigera-operator",
)  # fmt: skip
"""Namespaces that Cado's own UI hides; running commands there is not needed, and hiding them is no access control."""


class CadoArgs(IntegrationArgs):
    """Arguments of the Cado integration."""

    platform_role_arns: list[pulumi.Input[str]]
    """The roles of your Cado platform, in the account where it runs."""
    namespaces: NotRequired[list[str]]
    """Profile `least`: the namespaces in which Cado may run commands. Without any it can list pods but acquire nothing,
    until they are named for an incident."""
    exec_enabled: NotRequired[bool]
    """Profile `least`, true by default. If false, everything is set up but no command can be run, until an incident."""
    organization_id: NotRequired[pulumi.Input[str]]
    """Your AWS Organization's id: only principals of it may assume the role."""
    account_check: NotRequired[bool]
    """Allows Cado's Account Check to read and simulate this role's own policies. False by default: the check looks for
    EC2 and EBS permissions, which this role does not have, and reports them as missing."""


class Cado(IntegrationComponent):
    """Cado's access to EKS: lists pods, and runs its acquisition in the named namespaces."""

    def __init__(self, name: str, args: CadoArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, args, CadoArgs, describe, opts)


def describe(args: Mapping[str, Any], place: Place) -> Integration:
    profile = args.get("profile", Profile.LEAST)
    vendor = profile is Profile.VENDOR
    namespaces = _validate_namespaces(args.get("namespaces", ()))
    closed = not args.get("exec_enabled", True)
    if vendor and closed:
        raise InvalidInputError(
            "exec_enabled",
            None,
            "cannot be false in profile vendor: the page grants it everywhere",
            "Use profile 'least'.",
        )
    group = "cado" if vendor else f"{place.name}:responders"
    account_check = args.get("account_check", False)
    own_role = role_name(args, f"{ASSUMABLE}-{place.name}")
    return Integration(
        vendor="cado",
        title="Cado",
        profile=profile,
        role=Role(
            name=_validate_role_name(args, own_role),
            description="Cado acquires artifacts from EKS containers",
            trust=CrossAccount(
                validate_principals("platform_role_arns", args["platform_role_arns"]),
                organization_id=args.get("organization_id"),
            ),
            statements=(
                Statement("FindClusters", ("eks:ListClusters",), ("*",), "shows the clusters to choose from"),
                Statement(
                    "ReadClusters",
                    ("eks:DescribeCluster",),
                    ("*",) if vendor else place.cluster_arns,
                    "address and certificate of a cluster",
                ),
                *((_account_check(place, vendor),) if account_check else ()),
            ),
            **role_options(args),
        ),
        identity=Identity(username=f"{place.name}:{{{{SessionName}}}}", groups=(group,)),
        grants=_grants(place.name, group, vendor, () if closed else namespaces),
        expectations=combine_expectations(
            baseline(),
            aws_baseline(place.partition),
            _cluster_calls(vendor, namespaces, closed),
            _aws_calls(place, vendor),
            (
                AwsCall(
                    "iam:ListRolePolicies", account_check, "Account Check reads its own role", {"RoleName": own_role}
                ),
            ),
        ),
        handoff=_handoff(place, group, account_check),
        residual_risks=(
            "Whoever runs commands in a pod also reads the Secrets mounted in it and has its service account's token.",
        ),
        sources=SOURCES,
    )


def derive_arguments(found: FoundAccess) -> DerivedArguments:
    """From the principals that the role trusts, and from where it may run commands."""
    collector = ArgumentCollector(found)
    trust = collector.trust
    collector.require_all(
        "platform_role_arns",
        trust.choose(ASSUME_ROLE, lambda principal: principal.kind == "AWS"),
        advice="Name the roles of your Cado platform, as IAM has them in the account where it runs.",
        validate=lambda value: validate_principals("platform_role_arns", (value,)),
    )
    collector.allow(
        "organization_id",
        trust.take("aws:PrincipalOrgID"),
        validate=lambda value: validate_organization_id("organization_id", value),
    )
    runs = Request("create", "", "pods", "exec")
    scope = collector.restrict(
        "namespaces", find_scopes(found, runs), validate=lambda name: _validate_namespaces((name,))
    )
    if scope is None:
        collector.notes.append(
            "it may run commands in every pod of some cluster, as Cado's page has it: profile least lets it run them"
            " only in the namespaces that `namespaces` names"
        )
    if find_statements(found.role, "iam:SimulatePrincipalPolicy"):
        collector.arguments["account_check"] = True
    if found.role is not None and ASSUMABLE not in found.role.name:
        collector.refuse_role(
            f"the name of role {found.role.name} does not contain {ASSUMABLE!r}, and Cado's platform may assume only"
            " roles whose name does"
        )
    return collector.finish()


def _account_check(place: Place, vendor: bool) -> Statement:
    """The page lists two more actions, which read policies of the account and which the check does not use."""
    used = ("iam:ListRolePolicies", "iam:GetRolePolicy", "iam:SimulatePrincipalPolicy")
    return Statement(
        "RequiredToCheckPolicy",
        (*used, "iam:GetPolicy", "iam:GetPolicyVersion") if vendor else used,
        ("*",) if vendor else (place.role_arn,),
        "Account Check reads and simulates what the role may do",
    )


_LIST = Rule(("pods",), ("get", "list"), why="shows the pods and containers to choose from")
_EXEC = Rule(("pods/exec",), ("create", "get"), why="runs the acquisition (POST for SPDY, GET for WebSocket)")


def _grants(name: str, group: str, vendor: bool, namespaces: tuple[str, ...]) -> tuple[Grant, ...]:
    if vendor:
        return (Grant("page", "cado-eks-cluster-role", group, (_LIST, _EXEC)),)
    return (
        Grant("list", f"{name}-list", group, (_LIST,)),
        Grant("exec", f"{name}-exec", group, (_EXEC,), namespaces=namespaces),
    )


def _cluster_calls(vendor: bool, namespaces: tuple[str, ...], closed: bool) -> tuple[KubernetesCall, ...]:
    acquire = "closed until there is an incident" if closed else "acquires artifacts"
    return (
        KubernetesCall("list", "pods", allowed=True, why="shows what can be acquired"),
        KubernetesCall("get", "pods", allowed=True, why="shows what can be acquired", namespace="default"),
        KubernetesCall("get", "pods", True, "shows what can be acquired", namespace="default", name=ABSENT),
        *(
            KubernetesCall(verb, "pods", not closed, acquire, subresource="exec", namespace=namespace)
            for namespace in namespaces
            for verb in ("create", "get")
        ),
        *(
            KubernetesCall(
                verb,
                "pods",
                vendor,
                "runs commands in a system namespace",
                subresource="exec",
                namespace=hidden,
            )
            for hidden in HIDDEN_NAMESPACES
            for verb in ("create", "get")
        ),
        *(
            KubernetesCall(verb, "pods", vendor, "runs commands in every namespace", subresource="exec")
            for verb in ("create", "get")
        ),
        KubernetesCall("get", "pods", allowed=False, why="reads logs", subresource="log", namespace="default"),
        KubernetesCall("list", "configmaps", allowed=False, why="not needed"),
        KubernetesCall("list", "nodes", allowed=False, why="not needed"),
        KubernetesCall("list", "namespaces", allowed=False, why="not needed"),
        KubernetesCall("watch", "pods", allowed=False, why="not needed"),
        KubernetesCall("delete", "pods", allowed=False, why="changes workloads"),
        KubernetesCall("patch", "pods", allowed=False, why="changes workloads"),
    )


def _aws_calls(place: Place, vendor: bool) -> tuple[AwsCall, ...]:
    regions = dict.fromkeys(cluster.region for cluster in place.clusters)
    return (
        *(AwsCall("eks:ListClusters", True, "shows the clusters", region=region) for region in regions),
        *(
            AwsCall("eks:DescribeCluster", True, "address and certificate", {"name": cluster.name}, cluster.region)
            for cluster in place.clusters
        ),
        *(AwsCall("eks:DescribeCluster", vendor, OTHER_CLUSTERS, {"name": ABSENT}, region) for region in regions),
        AwsCall("ec2:DescribeSnapshots", False, "this role is for EKS only", {"OwnerIds": ["self"], "MaxResults": 5}),
        AwsCall("iam:ListPolicies", False, "Account Check is not used: it asks for rights beyond EKS", {"MaxItems": 1}),
    )


def _handoff(place: Place, group: str, account_check: bool) -> Handoff:
    check = (
        "leave Account Check ticked: it tells of rights on EC2 and EBS that this role does not have"
        if account_check
        else "untick Account Check: it looks for rights on EC2 and EBS that this role does not have"
    )
    mapped = tuple(
        f"{cluster.name} is mapped by aws-auth to the group {group}; no eksctl command is needed."
        for cluster in place.clusters
        if cluster.method is EntryMethod.AWS_AUTH
    )
    return Handoff(
        fields=(Field("IAM Role ARN", place.role_arn), Field("Account Alias", f"eks-{place.account}")),
        steps=(
            f"In Cado open Settings > Cloud, create a role with the values above and {check}.",
            *mapped,
            "Acquire with Import > Cloud: choose this role, then one of its clusters: "
            + ", ".join(f"{cluster.name} ({cluster.region})" for cluster in place.clusters)
            + ".",
        ),
        removal=(
            f"In Cado open Settings > Cloud and delete the role {place.role_arn}.",
            "What Cado has acquired stays in its platform and its bucket: delete it there, unless it is evidence.",
        ),
    )


def _validate_role_name(args: Mapping[str, Any], name: str) -> str:
    if is_known(name) and ASSUMABLE not in name:
        raise InvalidInputError(
            "existing_role_arn" if "existing_role_arn" in args else "role_name",
            name,
            f"does not contain {ASSUMABLE!r}, and Cado's platform may assume only roles whose name does",
            f"Choose a name such as 'Acme{ASSUMABLE}Eks'.",
        )
    return name


def _validate_namespaces(namespaces: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    for index, namespace in enumerate(namespaces):
        if namespace in HIDDEN_NAMESPACES:
            raise InvalidInputError(
                f"namespaces[{index}]",
                namespace,
                "is a system namespace: running commands there takes over the cluster, and Cado hides its pods anyway",
            )
    return validate_namespaces("namespaces", namespaces)
