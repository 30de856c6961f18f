"""Reports of made-up fleets, as large as wanted: the vendors' descriptions, the probe's questions, made-up answers."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from eks_access.integrations import vendors
from eks_access.manifest.build import build_integration_access
from eks_access.manifest.models import IntegrationAccess, Manifest
from eks_access.model.identity import AuthenticationMode
from eks_access.model.integration import ClusterPlace, Place
from eks_access.provision.arguments import validate_arguments
from eks_access_probe.collector.inventory import (
    ClusterInventory,
    Container,
    Edges,
    IntegrationInventory,
    Inventory,
    Listing,
    Node,
    Relation,
    State,
)
from eks_access_probe.identity.aws_clients import Aws
from eks_access_probe.identity.identities import Identities
from eks_access_probe.outcome import Answer, Outcome, Question, Verdict
from eks_access_probe.report.interface import Proof
from eks_access_probe.run.plan import build_plans

ACCOUNT = "111122223333"
WHEN = datetime(2026, 3, 14, 9, 26, tzinfo=UTC)
SECRET = "a-secret-external-id"
VENDORS: Mapping[str, Mapping[str, Any]] = {
    "opentrace": {"client_id": "1234567890-abc.apps.googleusercontent.com", "subject": "110169484474386276334"},
    "conductorone": {"external_id": SECRET},
    "conductorone-provision": {
        "vendor": "conductorone",
        "external_id": SECRET,
        "tier": "provision",
        "grantable_cluster_roles": ["view", "edit"],
    },
    "cado": {
        "platform_role_arns": ["arn:aws:iam::444455556666:role/CadoPlatform"],
        "namespaces": ["payments", "web"],
    },
    "apono": {"federation": "sso", "permission_sets": ["Developers"]},
}

AWS = Aws(None)
"""Never asked anything."""
Answering = Callable[[Question], Answer]


def as_declared(question: Question) -> Answer:
    """What a deployment without a fault answers."""
    if question.allowed:
        return Answer(Verdict.ALLOWED, 200)
    return Answer(Verdict.DENIED, 403, "Forbidden", f'User "vendor" cannot {question.call} at the cluster scope')


@cache
def manifest(clusters: tuple[str, ...] = ("eu-1", "us-1"), names: tuple[str, ...] = tuple(VENDORS)) -> Manifest:
    return Manifest(
        project="access",
        environment="prod",
        partition="aws",
        account=ACCOUNT,
        endpoint="aws",
        integrations={name: _access(name, dict(VENDORS[name]), clusters) for name in names},
    )


def _access(name: str, given: dict[str, Any], clusters: tuple[str, ...]) -> IntegrationAccess:
    vendor = vendors()[given.pop("vendor", name)]
    if vendor.key == "conductorone":
        clusters = clusters[:1]  # it has a connector for each cluster
    given = validate_arguments(
        {**given, "clusters": {key: {"name": f"prod-{key}"} for key in clusters}}, vendor.arguments
    )
    places = tuple(
        ClusterPlace(
            key,
            f"prod-{key}",
            "eu-west-1",
            f"arn:aws:eks:eu-west-1:{ACCOUNT}:cluster/prod-{key}",
            AuthenticationMode.API_AND_CONFIG_MAP,
        )
        for key in clusters
    )
    place = Place(name, "aws", ACCOUNT, f"arn:aws:iam::{ACCOUNT}:role/eks-access-{name}", places)
    connections = {key: (f"https://{key}.example.com", "") for key in clusters}
    return IntegrationAccess.model_validate(build_integration_access(vendor.describe(given, place), place, connections))


def proof(of: Manifest | None = None, answer: Answering = as_declared, inventory: Inventory | None = None) -> Proof:
    of = of or manifest()
    questions = [check.question for one in build_plans(of, Identities(version=1), AWS) for check in one]
    outcomes = [Outcome(question, answer(question), 1, 0.25) for question in questions]
    return Proof(of, outcomes, WHEN, 12.5, frozenset({SECRET}), inventory)


# What is seen.


def cluster_inventory(
    pods: int, *, namespaces: int = 20, pods_of_each: int = 5, gaps: tuple[Listing, ...] = ()
) -> ClusterInventory:
    """Deployments of some pods each, with their replica sets and services, over namespaces and machines."""
    nodes: list[Node] = []
    edges = Edges()

    def node(**fields: Any) -> int:
        nodes.append(Node(**fields))
        return len(nodes) - 1

    for number in range(namespaces):
        node(kind="Namespace", name=f"team-{number:02}", status="Active")
    machines = [
        node(kind="Node", name=f"ip-10-0-{n // 250}-{n % 250}", status="Ready") for n in range(max(1, pods // 25))
    ]
    made = 0
    while made < pods:
        at = made // pods_of_each
        namespace, app = f"team-{at % namespaces:02}", f"app-{at:04}"
        several = min(pods_of_each, pods - made)
        deployment = node(kind="Deployment", name=app, namespace=namespace, status=f"{several}/{several}")
        replicas = node(kind="ReplicaSet", name=f"{app}-6d4cf56db6", namespace=namespace)
        edges.add(Relation.OWNED_BY, replicas, deployment)
        service = node(kind="Service", name=app, namespace=namespace, detail="ClusterIP 80/TCP")
        if at % 3 == 0:
            ingress = node(kind="Ingress", name=app, namespace=namespace, detail=f"{app}.example.com")
            edges.add(Relation.ROUTES_TO, ingress, service)
        for _ in range(several):
            failing = made % 97 == 13
            pod = node(
                kind="Pod",
                name=f"{app}-6d4cf56db6-{made:05}",
                namespace=namespace,
                status="CrashLoopBackOff" if failing else "Running",
                containers=(
                    Container(
                        name="app", image=f"registry.example.com/{app}:1.{at % 7}", state="running", ready=not failing
                    ),
                    Container(name="proxy", image="envoyproxy/envoy:v1.31", state="running", ready=True),
                ),
            )
            edges.add(Relation.OWNED_BY, pod, replicas)
            edges.add(Relation.RUNS_ON, pod, machines[made % len(machines)])
            edges.add(Relation.SERVED_BY, service, pod)
            made += 1
    counted = {kind: sum(each.kind == kind for each in nodes) for kind in dict.fromkeys(each.kind for each in nodes)}
    listings = [
        Listing(kind=kind, resource=f"{kind.lower()}s", namespace=None, state=State.COMPLETE, count=count)
        for kind, count in counted.items()
    ]
    return ClusterInventory(name="prod", region="eu-west-1", nodes=nodes, edges=edges, listings=[*listings, *gaps])


def inventory(clusters: Mapping[str, Mapping[str, ClusterInventory]]) -> Inventory:
    """By integration and cluster."""
    return Inventory(
        environment="prod",
        account=ACCOUNT,
        started_at=WHEN,
        seconds=3.5,
        integrations={name: IntegrationInventory(clusters=dict(of)) for name, of in clusters.items()},
    )
