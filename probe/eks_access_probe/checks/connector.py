"""EKS Connector: an integration that no outsider can become.

Its role trusts an AWS service only, so what the role may do is evaluated for the operator, as `operator` does. In the
cluster its service account is what acts; the operator asks the cluster for a token of it that soon ends.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from eks_access.manifest.models import Cluster

from ..identity.assume_role import Actor
from ..identity.aws_clients import Aws
from ..outcome import Answer, Plane, Question, Verdict
from .aws_errors import asked, classify
from .check import Check

WARN_BEFORE = timedelta(hours=24)
"""An unused activation that ends sooner is told."""


def trusted(aws: Aws, actor: Actor) -> Check:
    """The trust policy as IAM has it: it names the service, and nobody else."""
    service = actor.access.trust.service or ""
    question = Question(actor.name, Plane.TRUST, "assume the role", f"as {service}", True, "the agent's service alone")

    def call() -> Answer:
        role = aws.client("iam", actor.region, actor.operator_keys()).get_role(RoleName=actor.access.role.name)["Role"]
        wanted = [("Allow", {"Service": [service]}, ["sts:AssumeRole"])]
        found = [_in_short(statement) for statement in role["AssumeRolePolicyDocument"]["Statement"]]
        differences = () if found == wanted else (f"the trust policy is not for {service} alone",)
        return Answer(Verdict.ALLOWED, 200, "", "read from the role's trust policy", differences)

    return Check(question, lambda: asked(call, classify))


def registrations(aws: Aws, actor: Actor) -> list[Check]:
    """Each cluster is registered, and connected or still able to be; and the list of clusters has it."""
    return [
        check
        for cluster in actor.access.clusters.values()
        for check in (_described(aws, actor, cluster), _listed(aws, actor, cluster))
    ]


def _described(aws: Aws, actor: Actor, cluster: Cluster) -> Check:
    def call() -> Answer:
        eks = aws.client("eks", cluster.region, actor.operator_keys())
        try:
            found = eks.describe_cluster(name=cluster.name)["cluster"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            return Answer(Verdict.ALLOWED, 404, "ResourceNotFoundException", "", ("it is not registered",))
        return state_of(found, datetime.now(UTC))

    return Check(_as_operator(actor, "eks:DescribeCluster", cluster), lambda: asked(call, _by_operator))


def state_of(cluster: Mapping[str, Any], now: datetime) -> Answer:
    """What a registration's status and the end of its activation mean."""
    status, ends = cluster["status"], (cluster.get("connectorConfig") or {}).get("activationExpiry")

    def answer(words: str, *differences: str) -> Answer:
        return Answer(Verdict.ALLOWED, 200, status, words, differences)

    if not cluster.get("connectorConfig"):
        return answer("", "it is an EKS cluster, and not one that EKS Connector connects")
    if status == "ACTIVE":
        return answer("connected")
    if status == "FAILED" or (ends is not None and ends <= now):
        return answer("", "its activation ended unused: `pulumi up --refresh` registers it anew")
    if ends is not None and ends - now < WARN_BEFORE:
        hours = (ends - now) / timedelta(hours=1)
        return answer(f"warning: not connected yet, and its activation ends in {hours:.0f} hours")
    return answer("registered; not connected yet")


def _listed(aws: Aws, actor: Actor, cluster: Cluster) -> Check:
    def call() -> Answer:
        eks = aws.client("eks", cluster.region, actor.operator_keys())
        pages = eks.get_paginator("list_clusters").paginate(include=["all"])
        there = any(cluster.name in page["clusters"] for page in pages)
        return Answer(Verdict.ALLOWED, 200, "", "", () if there else ("the list of clusters lacks it",))

    return Check(_as_operator(actor, "eks:ListClusters", cluster), lambda: asked(call, _by_operator))


def _as_operator(actor: Actor, action: str, cluster: Cluster) -> Question:
    detail = f"in {cluster.region}, asked by the operator"
    target = f"{cluster.name} in the answer of {action}"
    return Question(actor.name, Plane.AWS, "show", target, True, "the cluster is registered", detail=detail)


def _by_operator(error: ClientError) -> Answer:
    """An error about the operator's own call says nothing about the integration."""
    answer = classify(error)
    if answer.verdict in (Verdict.ALLOWED, Verdict.DENIED):
        return Answer(Verdict.COULD_NOT_ASK, answer.status, answer.reason, answer.message)
    return answer


def _in_short(statement: Mapping[str, Any]) -> tuple[str, dict[str, list[str]], list[str]]:
    principal = {kind: _list(value) for kind, value in dict(statement["Principal"]).items()}
    return statement["Effect"], principal, _list(statement["Action"])


def _list(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
