"""A complete vendor, as a contributor would add it."""

from collections.abc import Mapping
from typing import Any, NotRequired

import pulumi

from eks_access.model.expectations import AwsCall, KubernetesCall, baseline, combine_expectations
from eks_access.model.iam import Statement
from eks_access.model.identity import Identity
from eks_access.model.integration import Field, Handoff, Integration, Place, Profile, Role, role_name, role_options
from eks_access.model.leftovers import LeftoverPattern
from eks_access.model.rbac import Grant, Rule
from eks_access.model.trust import CrossAccount, validate_external_id, validate_principals
from eks_access.provision.arguments import IntegrationArgs
from eks_access.provision.integration import IntegrationComponent

LEFTOVERS = (LeftoverPattern("binding", "acme-*", "Acme made it"),)


class AcmeArgs(IntegrationArgs):
    """Arguments of the Acme integration."""

    principal_arn: pulumi.Input[str]
    """Acme's role."""
    external_id: NotRequired[pulumi.Input[str]]
    """From Acme's settings."""


class Acme(IntegrationComponent):
    """Acme's access to EKS: lists pods."""

    def __init__(self, name: str, args: AcmeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, args, AcmeArgs, describe, opts)


def describe(args: Mapping[str, Any], place: Place) -> Integration:
    group = f"{place.name}:readers"
    external_id = args.get("external_id")
    return Integration(
        vendor="acme",
        title="Acme",
        profile=args.get("profile", Profile.LEAST),
        role=Role(
            name=role_name(args, f"eks-access-{place.name}"),
            description="Acme lists pods",
            trust=CrossAccount(
                validate_principals("principal_arn", (args["principal_arn"],)),
                external_id=None if external_id is None else validate_external_id("external_id", external_id),
            ),
            statements=(Statement("Read", ("eks:DescribeCluster",), place.cluster_arns, "address of a cluster"),),
            **role_options(args),
        ),
        identity=Identity(username=f"{place.name}:{{{{SessionName}}}}", groups=(group,)),
        grants=(Grant("read", f"{place.name}-read", group, (Rule(("pods",), ("list",), why="inventory"),)),),
        expectations=combine_expectations(
            baseline(),
            (
                KubernetesCall("list", "pods", True, "inventory"),
                AwsCall("iam:ListRoles", False, "not needed", {"MaxItems": 1}),
            ),
        ),
        handoff=Handoff(fields=(Field("Role", place.role_arn),), steps=("Enter it at Acme.",)),
    )
