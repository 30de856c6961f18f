"""Reads what a migration is planned from, with clients that the caller gives: EKS, IAM and the cluster's API."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ..aws_auth.lifecycle import NAME, NAMESPACE
from ..errors import EksAccessError, InvalidInputError
from ..kubernetes.client import Api, ApiError
from ..model.arn import Arn, parse
from ..model.identity import AuthenticationMode, supports_access_entries
from ..redaction import redacted
from .mappings import list_principals
from .objects import RBAC
from .state import Association, Binding, ClusterState, Entry, IamAnswer, Missing, Principal, Unread, principal_key

_PAGE = "500"
_WITH_PATH = ("AWSReservedSSO_", "AWSServiceRoleFor")
"""Names of roles that AWS itself makes, under paths of its own.

https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-service-linked-roles.html
"""
_PATH = f"/api/v1/namespaces/{NAMESPACE}/configmaps/{NAME}"


class ClusterReadError(EksAccessError):
    """The cluster, its access entries or its aws-auth could not be read, so there is no plan."""


@dataclass
class PrincipalFinder:
    """Looks principals of one account up in IAM.

    `known` are the full ARNs that the user gives, for principals that cannot be looked up.
    """

    iam: Any
    account: str
    known: tuple[str, ...] = ()
    _lists: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict, init=False)

    def find(self, arns: tuple[Arn, ...]) -> dict[str, IamAnswer]:
        """IAM's answers for the principals of these ARNs, by their keys."""
        given = _take_given(self.known, arns)
        return {key: given.get(key) or self._look_up(arn) for arn in arns for key in [principal_key(arn)]}

    def _look_up(self, arn: Arn) -> IamAnswer:
        if arn.account != self.account:
            return Unread(f"it is of account {arn.account}, and the credentials are for the cluster's, {self.account}")
        try:
            found = self._get(arn) or self._list(arn.kind).get(arn.name.lower())
        except (ClientError, BotoCoreError) as error:
            return Unread(redacted(str(error)))
        if found is None:
            return Missing()
        return Principal(found["Arn"], found["RoleId" if arn.kind == "role" else "UserId"], found.get("CreateDate"))

    def _get(self, arn: Arn) -> dict[str, Any] | None:
        try:
            if arn.kind == "role":
                role: dict[str, Any] = self.iam.get_role(RoleName=arn.name)["Role"]
                return role
            user: dict[str, Any] = self.iam.get_user(UserName=arn.name)["User"]
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchEntity", "ValidationError"):
                return None
            raise
        return user

    def _list(self, kind: str) -> dict[str, dict[str, Any]]:
        """All roles, or users, by their name in lower case: aws-auth has them in any, and names are unique in any.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-names
        """
        if kind not in self._lists:
            operation, key, name = {
                "role": ("list_roles", "Roles", "RoleName"),
                "user": ("list_users", "Users", "UserName"),
            }[kind]
            pages = self.iam.get_paginator(operation).paginate()
            self._lists[kind] = {each[name].lower(): each for page in pages for each in page[key]}
        return self._lists[kind]


def read_cluster(
    name: str, cluster: Mapping[str, Any], *, eks: Any, iam: Any, api: Api, known: tuple[str, ...] = ()
) -> ClusterState:
    """The state of a cluster; `cluster` is its description by EKS.

    Raises:
        ClusterReadError: its access entries or aws-auth could not be read.
        InvalidInputError: a principal in `known` is of no mapping.
    """
    arn = parse(cluster["arn"])
    if arn is None:
        raise ClusterReadError(f"EKS describes cluster {name!r} with {cluster['arn']!r}, which is not an ARN")
    mode = AuthenticationMode(cluster["accessConfig"]["authenticationMode"])
    try:
        entries = tuple(_list_entries(eks, name)) if supports_access_entries(mode) else ()
    except (ClientError, BotoCoreError) as error:
        raise ClusterReadError(f"the access entries of {name} cannot be read: {redacted(str(error))}") from error
    data = _read_aws_auth(api, name)
    bindings, problem = _read_bindings(api)
    return ClusterState(
        name=name,
        partition=arn.partition,
        account=arn.account,
        mode=mode,
        aws_auth=data,
        entries=entries,
        principals=PrincipalFinder(iam, arn.account, known).find(list_principals(data or {})),
        bindings=bindings,
        bindings_problem=problem,
    )


def assume_principals(data: Mapping[str, str], known: Iterable[str]) -> dict[str, IamAnswer]:
    """Answers for a plan that asks nobody: what the user gives, and every other principal as aws-auth has it."""
    arns = list_principals(data)
    return {**{principal_key(arn): _assume(arn) for arn in arns}, **_take_given(known, arns)}


def _take_given(known: Iterable[str], arns: Iterable[Arn]) -> dict[str, Principal]:
    """The principals that the user gives, by their keys.

    Raises:
        InvalidInputError: one is of no mapping.
    """
    keys = set(map(principal_key, arns))
    given = {principal_key(arn): Principal(text) for text in known if (arn := parse(text))}
    for key, principal in given.items():
        if key not in keys:
            raise InvalidInputError("--principal", principal.arn, "is of no mapping in aws-auth")
    return given


def _assume(arn: Arn) -> IamAnswer:
    if arn.kind == "role" and arn.name.startswith(_WITH_PATH):
        return Unread("roles of this name have a path, which aws-auth leaves out")
    return Principal(str(arn), is_assumed=True)


def _list_entries(eks: Any, cluster: str) -> Iterator[Entry]:
    for page in eks.get_paginator("list_access_entries").paginate(clusterName=cluster):
        for principal in page["accessEntries"]:
            key = {"clusterName": cluster, "principalArn": principal}
            try:
                entry = eks.describe_access_entry(**key)["accessEntry"]
                # EKS refuses this call for the entries of nodes.
                policies = tuple(_list_policies(eks, key)) if entry["type"] == "STANDARD" else ()
            except ClientError as error:
                if error.response["Error"]["Code"] == "ResourceNotFoundException":
                    continue  # deleted in the meantime
                raise
            created: datetime | None = entry.get("createdAt")
            yield Entry(
                principal,
                entry["type"],
                entry.get("username") or "",
                tuple(entry.get("kubernetesGroups") or ()),
                policies,
                entry.get("tags") or {},
                created,
            )


def _list_policies(eks: Any, key: Mapping[str, str]) -> Iterator[Association]:
    for page in eks.get_paginator("list_associated_access_policies").paginate(**key):
        for each in page["associatedAccessPolicies"]:
            scope = each["accessScope"]
            namespaces = tuple(scope.get("namespaces") or ()) if scope["type"] == "namespace" else None
            yield Association(each["policyArn"], namespaces)


def _read_aws_auth(api: Api, name: str) -> Mapping[str, str] | None:
    try:
        found: Mapping[str, str] = api.json("GET", _PATH).get("data") or {}
    except ApiError as error:
        if error.status == 404:
            return None
        raise ClusterReadError(f"aws-auth of {name} cannot be read: {error}") from error
    return found


def _read_bindings(api: Api) -> tuple[tuple[Binding, ...] | None, str]:
    try:
        found = [each for kind in ("clusterrolebindings", "rolebindings") for each in _list_bindings(api, kind)]
    except ApiError as error:
        return None, str(error)
    return tuple(found), ""


def _list_bindings(api: Api, plural: str) -> Iterator[Binding]:
    query = {"limit": _PAGE}
    while True:
        page = api.json("GET", f"{RBAC}/{plural}", query=query)
        yield from map(parse_binding, page["items"] or ())
        if not (token := page["metadata"].get("continue")):
            return
        query = {"limit": _PAGE, "continue": token}


def parse_binding(item: Mapping[str, Any]) -> Binding:
    """A binding as the API server has it."""
    subjects = item.get("subjects") or ()
    groups = tuple(each["name"] for each in subjects if each["kind"] == "Group")
    return Binding(
        item["metadata"]["name"],
        item["metadata"].get("namespace"),
        item["roleRef"]["kind"],
        item["roleRef"]["name"],
        groups,
        len(groups) != len(subjects),
    )
