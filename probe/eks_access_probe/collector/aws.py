"""Reads what an integration can see in AWS: each cluster's configuration and access entries, and the IAM roles.

Every integration makes every call; a call that IAM denies is listed as refused. Blocking, for a thread of a pool.
"""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from eks_access.manifest.models import Cluster

from ..checks.aws_errors import call_aws, classify_service_error
from ..identity.assume_role import Actor
from ..identity.aws_clients import Aws
from ..outcome import Answer, Verdict
from .inventory import AccessEntry, AccessPolicy, Configuration, Listing, State

_Item = TypeVar("_Item")
_BEST_TO_WORST = (State.COMPLETE, State.REFUSED, State.INCOMPLETE)
"""The states of a call to AWS. Of several calls, the listing has the worst."""


class AwsReader:
    """Makes the AWS calls of one integration. What AWS answers never raises: the listing has it."""

    def __init__(self, aws: Aws, actor: Actor) -> None:
        self._aws = aws
        self._actor = actor

    def list_roles(self) -> tuple[Listing, list[str]]:
        def call() -> list[str]:
            pages = self._client("iam", self._actor.region).get_paginator("list_roles").paginate()
            return [role["Arn"] for page in pages for role in page["Roles"]]

        return _call("iam:ListRoles", call)

    def describe_cluster(self, cluster: Cluster) -> tuple[Listing, list[Configuration]]:
        def call() -> list[Configuration]:
            answer = self._client("eks", cluster.region).describe_cluster(name=cluster.name)
            return [_configuration(answer["cluster"])]

        return _call("eks:DescribeCluster", call)

    def list_access_entries(self, cluster: Cluster) -> tuple[Listing, list[str]]:
        """The ARNs of the principals that have an access entry."""

        def call() -> list[str]:
            client = self._client("eks", cluster.region)
            pages = client.get_paginator("list_access_entries").paginate(clusterName=cluster.name)
            return [principal for page in pages for principal in page["accessEntries"]]

        return _call("eks:ListAccessEntries", call)

    def describe_access_entry(self, cluster: Cluster, principal: str) -> tuple[Listing, list[AccessEntry]]:
        def call() -> list[AccessEntry]:
            client = self._client("eks", cluster.region)
            answer = client.describe_access_entry(clusterName=cluster.name, principalArn=principal)
            return [_access_entry(answer["accessEntry"])]

        return _call("eks:DescribeAccessEntry", call)

    def list_access_policies(self, cluster: Cluster, principal: str) -> tuple[Listing, list[AccessPolicy]]:
        """The access policies that are associated with a principal's access entry."""

        def call() -> list[AccessPolicy]:
            client = self._client("eks", cluster.region)
            pages = client.get_paginator("list_associated_access_policies").paginate(
                clusterName=cluster.name, principalArn=principal
            )
            return [_access_policy(policy) for page in pages for policy in page["associatedAccessPolicies"]]

        return _call("eks:ListAssociatedAccessPolicies", call)

    def _client(self, service: str, region: str) -> Any:
        return self._aws.client(service, region, self._actor.session().keys)


def merge_listings(listings: Iterable[Listing]) -> list[Listing]:
    """One listing for each kind of call, of the listings of calls made once for each principal."""
    by_kind: dict[str, list[Listing]] = {}
    for listing in listings:
        by_kind.setdefault(listing.kind, []).append(listing)
    return [_merge(same_kind) for same_kind in by_kind.values()]


def _merge(listings: list[Listing]) -> Listing:
    worst = max(listings, key=lambda listing: _BEST_TO_WORST.index(listing.state))
    is_mixed = len({listing.state for listing in listings}) > 1
    return Listing(
        kind=worst.kind,
        resource="",
        namespace=None,
        state=State.INCOMPLETE if is_mixed else worst.state,
        count=sum(listing.count for listing in listings),
        reason=worst.reason,
    )


def _call(kind: str, call: Callable[[], list[_Item]]) -> tuple[Listing, list[_Item]]:
    items: list[_Item] = []

    def ask() -> Answer:
        items.extend(call())
        return Answer(Verdict.ALLOWED, 200)

    answer = call_aws(ask, classify_service_error)
    match answer.verdict:
        case Verdict.ALLOWED if answer.status == 200:
            state = State.COMPLETE
        case Verdict.DENIED:
            state = State.REFUSED
        case _:
            state = State.INCOMPLETE
    reason = "" if state is State.COMPLETE else answer.evidence
    return Listing(kind=kind, resource="", namespace=None, state=state, count=len(items), reason=reason), items


def _configuration(cluster: dict[str, Any]) -> Configuration:
    network = cluster.get("resourcesVpcConfig", {})
    logging = cluster.get("logging", {}).get("clusterLogging", [])
    return Configuration(
        status=cluster.get("status", ""),
        version=cluster.get("version", ""),
        platform_version=cluster.get("platformVersion", ""),
        authentication_mode=cluster.get("accessConfig", {}).get("authenticationMode", ""),
        public_endpoint=bool(network.get("endpointPublicAccess", False)),
        private_endpoint=bool(network.get("endpointPrivateAccess", False)),
        public_access_cidrs=tuple(network.get("publicAccessCidrs", ())),
        vpc_id=network.get("vpcId", ""),
        logging=tuple(name for each in logging if each.get("enabled") for name in each.get("types", ())),
    )


def _access_entry(entry: dict[str, Any]) -> AccessEntry:
    return AccessEntry(
        principal=entry["principalArn"],
        type=entry.get("type", ""),
        username=entry.get("username", ""),
        groups=tuple(entry.get("kubernetesGroups", ())),
    )


def _access_policy(policy: dict[str, Any]) -> AccessPolicy:
    scope = policy.get("accessScope", {})
    namespaces = tuple(scope.get("namespaces", ())) if scope.get("type") == "namespace" else None
    return AccessPolicy(arn=policy["policyArn"], namespaces=namespaces)
