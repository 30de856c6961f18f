"""Permissions of the scheduled probe: IAM's simulator for the integrations' roles, access reviews for their users."""

from collections.abc import Sequence
from typing import Any

from ..model.expectations import (
    ABSENT,
    AwsCall,
    Expectation,
    KubernetesCall,
    aws_baseline,
    baseline,
    combine_expectations,
)
from ..model.iam import Statement
from ..model.identity import EntryMethod
from ..model.integration import Place
from ..model.rbac import Grant, Rule

REVIEWS = "authorization.k8s.io"


def probe_statements(place: Place, roles: Sequence[str]) -> tuple[Statement, ...]:
    entries = tuple(
        cluster.arn.replace(":cluster/", ":access-entry/") + "/*"
        for cluster in place.clusters
        if cluster.method is EntryMethod.ACCESS_ENTRY
    )
    policies = tuple(f"arn:{place.partition}:iam::{owner}:policy/*" for owner in (place.account, "aws"))
    return (
        Statement(
            "EvaluateRoles",
            ("iam:SimulatePrincipalPolicy", "iam:GetRole"),
            tuple(roles),
            "what the integrations' roles may do, and whether an access entry is of the role of today",
        ),
        Statement(
            "ReadRolesPolicies",
            ("iam:ListRolePolicies", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies"),
            tuple(roles),
            "what is granted to them beyond the description",
        ),
        Statement(
            "ReadAttachedPolicies", ("iam:GetPolicy", "iam:GetPolicyVersion"), policies, "what attached ones say"
        ),
        *(
            (
                Statement(
                    "ReadEntries",
                    ("eks:DescribeAccessEntry", "eks:ListAssociatedAccessPolicies"),
                    entries,
                    "whom a cluster takes an integration for",
                ),
            )
            if entries
            else ()
        ),
    )


def probe_grants(place: Place, group: str) -> tuple[Grant, ...]:
    review = Rule(
        ("subjectaccessreviews",),
        ("create",),
        api_groups=(REVIEWS,),
        why="what the users and groups of the integrations may do",
    )
    read = Rule(("configmaps",), ("get",), resource_names=("aws-auth",), why="whom aws-auth takes an integration for")
    mapped = any(cluster.method is EntryMethod.AWS_AUTH for cluster in place.clusters)
    return (
        Grant("reviews", f"{place.name}-reviews", group, (review,)),
        *(
            (Grant("aws-auth", f"{place.name}-aws-auth", group, (read,), namespaces=("kube-system",)),)
            if mapped
            else ()
        ),
    )


def probe_expectations(place: Place) -> tuple[Expectation, ...]:
    """The probe is an integration like any other: its permissions are verified in the same way."""
    mapped = any(cluster.method is EntryMethod.AWS_AUTH for cluster in place.clusters)
    aws_auth: dict[str, Any] = {"namespace": "kube-system", "name": "aws-auth"}
    own: tuple[Expectation, ...] = (
        KubernetesCall("create", "subjectaccessreviews", True, "asks about integrations", api_group=REVIEWS),
        KubernetesCall("get", "configmaps", mapped, "whom aws-auth takes an integration for", **aws_auth),
        KubernetesCall("list", "configmaps", False, "no other is read"),
        KubernetesCall("list", "pods", False, "it looks at rights, not at what runs"),
        AwsCall("iam:GetRole", False, "roles that are no integration's", {"RoleName": ABSENT}),
        AwsCall("eks:ListClusters", False, "it is told its clusters"),
        *(
            AwsCall(
                "eks:DescribeAccessEntry",
                True,
                "whom the cluster takes an integration for",
                {"clusterName": cluster.name, "principalArn": place.role_arn},
                cluster.region,
            )
            for cluster in place.clusters
            if cluster.method is EntryMethod.ACCESS_ENTRY
        ),
    )
    return combine_expectations(baseline(), aws_baseline(place.partition), own)
