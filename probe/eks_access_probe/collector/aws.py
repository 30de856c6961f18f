"""What an integration sees in AWS: each cluster's configuration and access entries, and the IAM roles.

Everybody is asked for everything; whoever may not see it is refused, which is told. Blocking, for a thread of a pool.
"""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from eks_access.manifest.models import Cluster

from ..checks.aws_errors import call_aws, classify_service_error
from ..identity.assume_role import Actor
from ..identity.aws_clients import Aws
from ..outcome import Answer, Verdict
from .inventory import AccessEntry, AccessPolicy, Configuration, Listing, State

_Kept = TypeVar("_Kept")
_TOLD_FIRST = (State.COMPLETE, State.REFUSED, State.INCOMPLETE)
"""What becomes of a call to AWS; of several, the last of these is told."""


class Account:
    """The calls of one integration. Nothing is raised for what AWS answers: that is told in the listing."""

    def __init__(self, aws: Aws, actor: Actor) -> None:
        self._aws = aws
        self._actor = actor

    def roles(self) -> tuple[Listing, list[str]]:
        def call() -> list[str]:
            pages = self._client("iam", self._actor.region).get_paginator("list_roles").paginate()
            return [role["Arn"] for page in pages for role in page["Roles"]]

        return _listed("iam:ListRoles", call)

    def configuration(self, cluster: Cluster) -> tuple[Listing, list[Configuration]]:
        def call() -> list[Configuration]:
            answer = self._client("eks", cluster.region).describe_cluster(name=cluster.name)
            return [_configuration(answer["cluster"])]

        return _listed("eks:DescribeCluster", call)

    def principals(self, cluster: Cluster) -> tuple[Listing, list[str]]:
        def call() -> list[str]:
            client = self._client("eks", cluster.region)
            pages = client.get_paginator("list_access_entries").paginate(clusterName=cluster.name)
            return [principal for page in pages for principal in page["accessEntries"]]

        return _listed("eks:ListAccessEntries", call)

    def entry(self, cluster: Cluster, principal: str) -> tuple[Listing, list[AccessEntry]]:
        def call() -> list[AccessEntry]:
            client = self._client("eks", cluster.region)
            answer = client.describe_access_entry(clusterName=cluster.name, principalArn=principal)
            return [_entry(answer["accessEntry"])]

        return _listed("eks:DescribeAccessEntry", call)

    def policies(self, cluster: Cluster, principal: str) -> tuple[Listing, list[AccessPolicy]]:
        def call() -> list[AccessPolicy]:
            client = self._client("eks", cluster.region)
            pages = client.get_paginator("list_associated_access_policies").paginate(
                clusterName=cluster.name, principalArn=principal
            )
            return [_policy(policy) for page in pages for policy in page["associatedAccessPolicies"]]

        return _listed("eks:ListAssociatedAccessPolicies", call)

    def _client(self, service: str, region: str) -> Any:
        return self._aws.client(service, region, self._actor.session().keys)


def together(listings: Iterable[Listing]) -> list[Listing]:
    """The listings of calls that are made once for each thing, one for each kind of call."""
    by_kind: dict[str, list[Listing]] = {}
    for listing in listings:
        by_kind.setdefault(listing.kind, []).append(listing)
    return [_one(same) for same in by_kind.values()]


def _one(same: list[Listing]) -> Listing:
    worst = max(same, key=lambda listing: _TOLD_FIRST.index(listing.state))
    mixed = len({listing.state for listing in same}) > 1
    return Listing(
        kind=worst.kind,
        resource="",
        namespace=None,
        state=State.INCOMPLETE if mixed else worst.state,
        count=sum(listing.count for listing in same),
        reason=worst.reason,
    )


def _listed(kind: str, call: Callable[[], list[_Kept]]) -> tuple[Listing, list[_Kept]]:
    kept: list[_Kept] = []

    def ask() -> Answer:
        kept.extend(call())
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
    return Listing(kind=kind, resource="", namespace=None, state=state, count=len(kept), reason=reason), kept


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


def _entry(entry: dict[str, Any]) -> AccessEntry:
    return AccessEntry(
        principal=entry["principalArn"],
        type=entry.get("type", ""),
        username=entry.get("username", ""),
        groups=tuple(entry.get("kubernetesGroups", ())),
    )


def _policy(policy: dict[str, Any]) -> AccessPolicy:
    scope = policy.get("accessScope", {})
    namespaces = tuple(scope.get("namespaces", ())) if scope.get("type") == "namespace" else None
    return AccessPolicy(arn=policy["policyArn"], namespaces=namespaces)
