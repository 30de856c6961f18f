"""Whom a cluster takes the role for, as its access entry or its aws-auth has it; and what it may do there.

An entry is of one role, by its unique id: for a role that was made anew it lets nobody in.
https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from eks_access.aws_auth import reader
from eks_access.aws_auth.mapping import canonical_role
from eks_access.errors import EksAccessError
from eks_access.manifest.models import AccessPolicy, IntegrationAccess
from eks_access.model import access_policies
from eks_access.model.arn import parse
from eks_access.model.identity import EntryMethod
from eks_access.model.tags import ROLE_ID_TAG

from ..checks.cluster_session import ClusterSession, within
from ..checks.declared_rights import associated
from ..checks.kubernetes_answers import read
from ..checks.user_info import EVERYONE, username
from ..identity.assume_role import SESSION_NAME, RoleSession
from ..identity.aws_clients import Aws, Keys
from ..outcome import Answer, Verdict

OUTSIDE = (
    "the cluster is outside of EKS, which signs nobody in there; `eks-access probe` with an identity that names the"
    " operator's kubeconfig asks it"
)
AWS_AUTH = "/api/v1/namespaces/kube-system/configmaps/aws-auth"


@dataclass(frozen=True)
class Mapped:
    """As a cluster would see the role's session."""

    template: str
    """The username, a template of EKS."""
    groups: tuple[str, ...]
    policies: tuple[AccessPolicy, ...]
    role_arn: str

    @property
    def username(self) -> str:
        arn = parse(self.role_arn)
        account, name = (arn.account, arn.name) if arn else ("", "")
        session = f"arn:aws:sts::{account}:assumed-role/{name}/{SESSION_NAME}"
        return username(self.template, RoleSession(Keys("", "", None), session))

    @property
    def all_groups(self) -> list[str]:
        return [*self.groups, EVERYONE]

    @property
    def grants(self) -> tuple[access_policies.AssociatedPolicy, ...]:
        return tuple(map(associated, self.policies))

    @property
    def unknown_policies(self) -> list[str]:
        """Access policies whose rules AWS does not publish."""
        return [grant.policy for grant in self.grants if not access_policies.catalogue().get(grant.policy)]


class NotMappedError(EksAccessError):
    """The cluster lets the role in by nothing, or by what does not hold any more; the message says which."""


class ReadError(EksAccessError):
    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        super().__init__(answer.message)


def mapped(aws: Aws, session: ClusterSession) -> Mapped:
    """
    Raises:
        NotMappedError: nobody would be let in.
        ReadError: the operator was not shown aws-auth.
        ClientError, BotoCoreError, UnreachableError: nor the rest, or there was no answer.
    """
    match session.cluster.method:
        case EntryMethod.AWS_AUTH:
            return _by_aws_auth(session)
        case EntryMethod.ACCESS_ENTRY:
            return _by_entry(aws, session)
        case EntryMethod.EKS_CONNECTOR:
            raise ReadError(Answer(Verdict.COULD_NOT_ASK, None, "", OUTSIDE))


def differences(found: Mapped, access: IntegrationAccess, method: EntryMethod) -> Iterator[str]:
    """How this differs from what was declared."""
    declared = access.identity
    if found.template != declared.username_by(method):
        yield f"the username is {found.template!r}, not {declared.username_by(method)!r}"
    for group in sorted(set(declared.groups) - set(found.groups)):
        yield f"the group {group!r} is missing"
    for group in sorted(set(found.groups) - set(declared.groups)):
        yield f"the group {group!r} was not declared"
    if method is EntryMethod.AWS_AUTH:
        return
    expected, seen = _named(declared.access_policies), _named(found.policies)
    for policy in sorted(expected - seen):
        yield f"the access policy {_told(policy)} is missing"
    for policy in sorted(seen - expected):
        yield f"the access policy {_told(policy)} was not declared"


def _by_entry(aws: Aws, session: ClusterSession) -> Mapped:
    role, cluster, keys = session.actor.access.role, session.cluster, session.actor.session().keys
    eks = aws.client("eks", cluster.region, keys)
    of_entry = {"clusterName": cluster.name, "principalArn": role.arn}
    try:
        entry = eks.describe_access_entry(**of_entry)["accessEntry"]
    except eks.exceptions.ResourceNotFoundException as missing:
        raise NotMappedError(f"the role has no access entry in {cluster.name}: {missing}") from missing
    _check_is_of_the_role(aws, session, entry)
    policies = tuple(
        AccessPolicy(arn=each["policyArn"], namespaces=list(each["accessScope"].get("namespaces") or ()))
        for page in eks.get_paginator("list_associated_access_policies").paginate(**of_entry)
        for each in page["associatedAccessPolicies"]
    )
    return Mapped(entry["username"], tuple(entry["kubernetesGroups"]), policies, role.arn)


def _check_is_of_the_role(aws: Aws, session: ClusterSession, entry: dict[str, Any]) -> None:
    """An entry that this package made says which role it was made for."""
    role, keys = session.actor.access.role, session.actor.session().keys
    made_for = entry.get("tags", {}).get(ROLE_ID_TAG)
    if made_for is None:
        return
    iam = aws.client("iam", session.cluster.region, keys)
    try:
        now = iam.get_role(RoleName=role.name)["Role"]["RoleId"]
    except iam.exceptions.NoSuchEntityException as gone:
        raise NotMappedError(f"there is no role {role.name}") from gone
    if now != made_for:
        raise NotMappedError(f"the access entry is of another role: {role.name} was made anew since, and is not let in")


def _by_aws_auth(session: ClusterSession) -> Mapped:
    response = session.request("GET", AWS_AUTH)
    if response.status == 404:
        raise NotMappedError("there is no aws-auth")
    if response.status >= 400:
        raise ReadError(read(response))
    role_arn = session.actor.access.role.arn
    identity = reader.read(within(response).get("data") or {}).roles.get(canonical_role(role_arn).lower())
    if identity is None:
        raise NotMappedError("aws-auth does not map the role")
    return Mapped(identity.username, identity.groups, (), role_arn)


def could_not_ask(answer: Answer) -> Answer:
    """A refusal of the operator says nothing about the integration."""
    if answer.verdict in (Verdict.UNREACHABLE, Verdict.THROTTLED, Verdict.COULD_NOT_ASK):
        return answer
    words = f"the operator's own request failed: {answer.message}"
    return Answer(Verdict.COULD_NOT_ASK, answer.status, answer.reason, words)


def _named(policies: tuple[AccessPolicy, ...] | list[AccessPolicy]) -> set[tuple[str, tuple[str, ...]]]:
    return {(policy.arn, tuple(sorted(policy.namespaces))) for policy in policies}


def _told(policy: tuple[str, tuple[str, ...]]) -> str:
    arn, namespaces = policy
    return arn.rpartition("/")[2] + (f" in {', '.join(namespaces)}" if namespaces else "")
