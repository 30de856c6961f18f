"""What EKS refuses about access entries, access policies and authentication modes. Pure: each rule raises a
Refusal.

Messages are the service's own where they are known: AWS's user guide, issues that paste them, and the rules
of badmintoncryer/cdk-preflight. Where no message is known (session principals, root, groups;
`{{SessionName}}` without a colon) the nearest known one is used, with a comment at the rule.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from .arn import Arn
from .errors import in_use, invalid_parameter, invalid_request, not_found

MODES = ("CONFIG_MAP", "API_AND_CONFIG_MAP", "API")
"""In the order in which a cluster may move, one step at a time and never back."""
NODE_TYPES = ("EC2_LINUX", "EC2_WINDOWS", "FARGATE_LINUX", "HYBRID_LINUX", "EC2")
TYPES = ("STANDARD", *NODE_TYPES)
TYPES_WITHOUT_IDENTITY = ("EC2_LINUX", "EC2_WINDOWS")
"""Measured to refuse groups and usernames. The other node types were not measured, so they are not refused
here.
"""
RESERVED_PREFIXES = ("system:", "eks:", "aws:", "amazon:", "iam:")
SERVICE_LINKED_PATH = "role/aws-service-role/"
CLUSTER_NAME = re.compile(r"[0-9A-Za-z][A-Za-z0-9_-]{0,99}")
POLICY_ARN = re.compile(r"arn:[\w-]+:eks::aws:cluster-access-policy/[\w+=,.@-]+")
INVALID_PRINCIPAL = "The specified principalArn is invalid: invalid principal."


def serves_entries(mode: str) -> bool:
    return mode in ("API", "API_AND_CONFIG_MAP")


def check_serves_entries(mode: str) -> None:
    """Reads are refused as well, and as a bad request rather than as not found."""
    if not serves_entries(mode):
        raise invalid_request(
            "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP]"
            " to perform this operation."
        )


def check_cluster_name(name: str) -> None:
    """https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html"""
    if not CLUSTER_NAME.fullmatch(name):
        raise invalid_parameter(
            "The cluster name must match ^[0-9A-Za-z][A-Za-z0-9\\-_]* and have at most 100 characters."
        )


def check_tags(tags: Mapping[str, str]) -> None:
    """https://docs.aws.amazon.com/eks/latest/userguide/eks-using-tags.html"""
    if len(tags) > 50:
        raise invalid_parameter("The number of tags must not exceed 50.")
    for key, value in tags.items():
        if not 1 <= len(key) <= 128:
            raise invalid_parameter(f"The tag key {key!r} must have 1 to 128 characters.")
        if len(value) > 256:
            raise invalid_parameter(f"The value of tag {key!r} must have at most 256 characters.")
        if key.lower().startswith("aws:"):
            raise invalid_parameter(f"The tag key {key!r} must not begin with aws:")


def check_new_entry(entry: Mapping[str, Any], cluster_account: str) -> None:
    """Everything about a CreateAccessEntry request that can be validated without looking anything up."""
    kind = entry.get("type") or "STANDARD"
    if kind not in TYPES:
        raise invalid_parameter(f"The specified type is invalid: {kind}")
    check_principal(entry.get("principalArn", ""), kind, cluster_account)
    check_groups(entry.get("kubernetesGroups") or [], kind)
    check_username(entry.get("username") or "", kind)
    check_tags(entry.get("tags") or {})


def check_principal(principal_arn: str, kind: str, cluster_account: str) -> None:
    arn = Arn.parse(principal_arn)
    if arn and arn.service == "iam" and arn.resource.startswith(SERVICE_LINKED_PATH):
        raise invalid_parameter(
            "The caller is not allowed to modify access entries with a principalArn value of a Service Linked Role"
        )
    # AWS's guide excludes session principals, and only roles and users are IAM principals; its words are
    # not known.
    if arn is None or arn.service != "iam" or arn.kind not in ("role", "user"):
        raise invalid_parameter(INVALID_PRINCIPAL)
    if kind in NODE_TYPES and arn.kind != "role":
        raise invalid_parameter(f"AccessEntry principalArn must be IAM role when using types [{', '.join(NODE_TYPES)}]")
    if kind in NODE_TYPES and arn.account != cluster_account:
        raise invalid_parameter(
            "AccessEntry principalArn must be from the same account as the cluster"
            f" when using types [{', '.join(NODE_TYPES)}]"
        )


def check_groups(groups: Sequence[str], kind: str) -> None:
    if groups and kind in TYPES_WITHOUT_IDENTITY:
        raise invalid_parameter(
            "The specified kubernetesGroups is invalid: setting kubernetesGroups is not allowed"
            f' when the type is "{kind}"'
        )
    for group in groups:
        prefix = _reserved_prefix(group)
        if prefix:
            raise invalid_parameter(f"The kubernetes group name {group} is invalid, it cannot start with {prefix}")


def check_username(username: str, kind: str) -> None:
    if username and kind in TYPES_WITHOUT_IDENTITY:
        raise invalid_parameter(
            f'The specified username is invalid: setting username is not allowed when the type is "{kind}"'
        )
    prefix = _reserved_prefix(username)
    if prefix:
        raise invalid_parameter(f"The username must not begin with {prefix}")
    before, placeholder, _ = username.partition("{{SessionName}}")
    if placeholder and ":" not in before:
        # The rule is AWS's (creating-access-entries); the service's words for it are not known.
        raise invalid_parameter(
            "The specified username is invalid: a colon must come before {{SessionName}} in the username."
        )


def check_update(change: Mapping[str, Any], kind: str) -> None:
    check_groups(change.get("kubernetesGroups") or [], kind)
    check_username(change.get("username") or "", kind)


def check_standard(kind: str) -> None:
    """Associating and even listing policies is refused for node types
    (aws-controllers-k8s/community#2144), but for those of EKS Auto Mode.

    https://docs.aws.amazon.com/eks/latest/userguide/create-node-class.html#auto-node-access-entry
    """
    if kind not in ("STANDARD", "EC2"):
        raise invalid_parameter('This operation can only be performed on Access Entries with a type of "STANDARD".')


def check_policy(policy_arn: str, catalogue: Collection[str], partition: str) -> None:
    if not POLICY_ARN.fullmatch(policy_arn):
        raise invalid_parameter("The policyArn parameter format is not valid")
    arn = Arn.parse(policy_arn)
    if arn is None or arn.partition != partition or arn.name not in catalogue:
        raise not_found("The specified policyArn could not be found.")


def check_scope(scope: Mapping[str, Any]) -> None:
    namespaces = scope.get("namespaces") or []
    kind = scope.get("type")
    if kind not in ("cluster", "namespace"):
        raise invalid_parameter(f"The accessScope type {kind!r} is not valid: use cluster or namespace.")
    if kind == "namespace" and not namespaces:
        raise invalid_parameter("At least 1 namespace must be provided if the type is set as namespace")
    if kind == "cluster" and namespaces:
        raise invalid_parameter("accessScope should not include namespaces if the type is not set as namespace")


def check_mode_step(current: str, wanted: str) -> None:
    """One step up, never down; asking for the mode that is there already is an error too
    (aws/aws-cdk#31032).
    """
    if wanted not in MODES or MODES.index(wanted) != MODES.index(current) + 1:
        raise invalid_parameter(f"Unsupported authentication mode update from {current} to {wanted}")


def entry_exists() -> Exception:
    return in_use("The specified access entry resource is already in use on this cluster.")


def entry_missing() -> Exception:
    return not_found(
        "The specified principalArn could not be found."
        " You can view your available access entries with 'list-access-entries'."
    )


def default_username(principal_arn: str, kind: str = "STANDARD") -> str:
    """The username EKS gives an entry that names none: the session of a role, without its path; a user's own
    ARN.

    https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html
    """
    if kind in ("EC2_LINUX", "EC2_WINDOWS"):
        return "system:node:{{EC2PrivateDNSName}}"
    if kind in NODE_TYPES:
        return "system:node:{{SessionName}}"
    arn = Arn.parse(principal_arn)
    if arn is None or arn.kind != "role":
        return principal_arn
    return f"arn:{arn.partition}:sts::{arn.account}:assumed-role/{arn.name}/{{{{SessionName}}}}"


def _reserved_prefix(name: str) -> str | None:
    return next((prefix for prefix in RESERVED_PREFIXES if name.startswith(prefix)), None)
