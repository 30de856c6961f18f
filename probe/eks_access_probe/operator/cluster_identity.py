"""The Kubernetes identity of a role in a cluster, from its access entry or from aws-auth.

An access entry is bound to the unique id of its role: a role that was created again is not mapped by it.
https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from eks_access.aws_auth import reader
from eks_access.aws_auth.mapping import canonicalize_role
from eks_access.errors import EksAccessError
from eks_access.manifest.models import AccessPolicy, IntegrationAccess
from eks_access.model import access_policies
from eks_access.model.arn import parse
from eks_access.model.identity import EntryMethod
from eks_access.model.tags import ROLE_ID_TAG

from ..checks.cluster_session import ClusterSession, extract
from ..checks.declared_rights import to_associated_policy
from ..checks.kubernetes_answers import classify_response
from ..checks.user_info import AUTHENTICATED_GROUP, render_username
from ..identity.assume_role import SESSION_NAME, RoleSession
from ..identity.aws_clients import Aws, Keys
from ..outcome import Answer, Verdict

OUTSIDE = (
    "the cluster is outside of EKS and authenticates no IAM role: run `eks-access probe` with an identity that names"
    " the operator's kubeconfig"
)
AWS_AUTH = "/api/v1/namespaces/kube-system/configmaps/aws-auth"


@dataclass(frozen=True)
class ClusterIdentity:
    """Username, groups and access policies that the cluster maps the role to."""

    template: str
    """The username as a template, with the placeholders of EKS."""
    groups: tuple[str, ...]
    policies: tuple[AccessPolicy, ...]
    role_arn: str

    @property
    def username(self) -> str:
        arn = parse(self.role_arn)
        account, name = (arn.account, arn.name) if arn else ("", "")
        session = f"arn:aws:sts::{account}:assumed-role/{name}/{SESSION_NAME}"
        return render_username(self.template, RoleSession(Keys("", "", None), session))

    @property
    def all_groups(self) -> list[str]:
        return [*self.groups, AUTHENTICATED_GROUP]

    @property
    def grants(self) -> tuple[access_policies.AssociatedPolicy, ...]:
        return tuple(map(to_associated_policy, self.policies))

    @property
    def unknown_policies(self) -> list[str]:
        """Access policies without published rules."""
        return [grant.policy for grant in self.grants if not access_policies.catalogue().get(grant.policy)]


class NotMappedError(EksAccessError):
    """The cluster does not map the role, or by an entry that is not valid any more."""


class ReadError(EksAccessError):
    """The operator could not read the mapping; `answer` is that of the cluster."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        super().__init__(answer.message)


def load_cluster_identity(aws: Aws, session: ClusterSession) -> ClusterIdentity:
    """What the cluster maps the role to at present.

    Raises:
        NotMappedError: the cluster does not map the role.
        ReadError: the operator may not read aws-auth, or the cluster is outside of EKS.
        ClientError, BotoCoreError, UnreachableError: a request of the operator failed.
    """
    match session.cluster.method:
        case EntryMethod.AWS_AUTH:
            return _load_from_aws_auth(session)
        case EntryMethod.ACCESS_ENTRY:
            return _load_from_access_entry(aws, session)
        case EntryMethod.EKS_CONNECTOR:
            raise ReadError(Answer(Verdict.COULD_NOT_ASK, None, "", OUTSIDE))


def find_differences(found: ClusterIdentity, access: IntegrationAccess, method: EntryMethod) -> Iterator[str]:
    """How the identity differs from the declared one."""
    declared = access.identity
    if found.template != declared.username_by(method):
        yield f"the username is {found.template!r}, not {declared.username_by(method)!r}"
    for group in sorted(set(declared.groups) - set(found.groups)):
        yield f"the group {group!r} is missing"
    for group in sorted(set(found.groups) - set(declared.groups)):
        yield f"the group {group!r} was not declared"
    if method is EntryMethod.AWS_AUTH:
        return
    expected, seen = _as_set(declared.access_policies), _as_set(found.policies)
    for policy in sorted(expected - seen):
        yield f"the access policy {_format_policy(policy)} is missing"
    for policy in sorted(seen - expected):
        yield f"the access policy {_format_policy(policy)} was not declared"


def _load_from_access_entry(aws: Aws, session: ClusterSession) -> ClusterIdentity:
    role, cluster, keys = session.actor.access.role, session.cluster, session.actor.session().keys
    eks = aws.client("eks", cluster.region, keys)
    entry_key = {"clusterName": cluster.name, "principalArn": role.arn}
    try:
        entry = eks.describe_access_entry(**entry_key)["accessEntry"]
    except eks.exceptions.ResourceNotFoundException as missing:
        raise NotMappedError(f"the role has no access entry in {cluster.name}: {missing}") from missing
    _validate_role_id(aws, session, entry)
    policies = tuple(
        AccessPolicy(arn=each["policyArn"], namespaces=list(each["accessScope"].get("namespaces") or ()))
        for page in eks.get_paginator("list_associated_access_policies").paginate(**entry_key)
        for each in page["associatedAccessPolicies"]
    )
    return ClusterIdentity(entry["username"], tuple(entry["kubernetesGroups"]), policies, role.arn)


def _validate_role_id(aws: Aws, session: ClusterSession, entry: dict[str, Any]) -> None:
    """Compare the role with the role id in the tags of an entry that this package created."""
    role, keys = session.actor.access.role, session.actor.session().keys
    role_id = entry.get("tags", {}).get(ROLE_ID_TAG)
    if role_id is None:
        return
    iam = aws.client("iam", session.cluster.region, keys)
    try:
        current_id = iam.get_role(RoleName=role.name)["Role"]["RoleId"]
    except iam.exceptions.NoSuchEntityException as error:
        raise NotMappedError(f"there is no role {role.name}") from error
    if current_id != role_id:
        raise NotMappedError(
            f"the access entry is of another role: {role.name} was deleted and created again since, and is not mapped"
        )


def _load_from_aws_auth(session: ClusterSession) -> ClusterIdentity:
    response = session.request("GET", AWS_AUTH)
    if response.status == 404:
        raise NotMappedError("the cluster has no aws-auth ConfigMap")
    if response.status >= 400:
        raise ReadError(classify_response(response))
    role_arn = session.actor.access.role.arn
    identity = reader.read(extract(response).get("data") or {}).roles.get(canonicalize_role(role_arn).lower())
    if identity is None:
        raise NotMappedError("aws-auth does not map the role")
    return ClusterIdentity(identity.username, identity.groups, (), role_arn)


def _as_set(policies: tuple[AccessPolicy, ...] | list[AccessPolicy]) -> set[tuple[str, tuple[str, ...]]]:
    return {(policy.arn, tuple(sorted(policy.namespaces))) for policy in policies}


def _format_policy(policy: tuple[str, tuple[str, ...]]) -> str:
    arn, namespaces = policy
    return arn.rpartition("/")[2] + (f" in {', '.join(namespaces)}" if namespaces else "")
