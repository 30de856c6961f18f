"""A Pulumi engine that records registrations and invokes, in a preview or an update."""

import asyncio
from collections.abc import Callable
from typing import Any

import pulumi
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.proto import resource_pb2

ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
ACCESS_ENTRY = "aws:eks/accessEntry:AccessEntry"
ASSOCIATION = "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"
MAPPING = "eks-access:index:AwsAuthMapping"
CLUSTER_ROLE = "eks-access:index:ClusterRole"
CLUSTER_ROLE_BINDING = "eks-access:index:ClusterRoleBinding"
ROLE_BINDING = "eks-access:index:RoleBinding"
NAMESPACE = "kubernetes:core/v1:Namespace"
SECRET = "kubernetes:core/v1:Secret"
SERVICE_ACCOUNT = "eks-access:index:ServiceAccount"
NETWORK_POLICY = "eks-access:index:NetworkPolicy"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
PROVIDER = "pulumi:providers:kubernetes"
GET_CLUSTER = "aws:eks/getCluster:getCluster"
GET_ROLE = "aws:iam/getRole:getRole"

ROLES = {name: f"arn:aws:iam::111122223333:role/vendors/{name}" for name in ("shared", "shared-CadoResponse")}
"""Roles in IAM besides those of the program."""
ISSUER = "oidc.example/id/1"
"""The issuer of every cluster's tokens."""
MODES = {"prod-api": "API", "prod-both": "API_AND_CONFIG_MAP", "prod-old": "CONFIG_MAP"}


class Engine(Mocks):
    def __init__(self, *, lacks: str = "") -> None:
        self.resources: list[MockResourceArgs] = []
        self.requests: list[resource_pb2.RegisterResourceRequest] = []
        """The registrations with their options, which `resources` leaves out."""
        self.calls: list[MockCallArgs] = []
        self.lacks = lacks
        """A feature that this engine does not have."""

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        self.resources.append(args)
        outputs = dict(args.inputs)
        if args.typ == ROLE:
            arn = f"arn:aws:iam::111122223333:role{args.inputs['path']}{args.inputs['name']}"
            outputs |= {"arn": arn, "uniqueId": f"AROA-{args.name}"}
        return f"{args.name}-id", outputs

    def call(self, args: MockCallArgs) -> Any:
        self.calls.append(args)
        if args.token == GET_CLUSTER:
            return {
                "accessConfigs": [{"authenticationMode": MODES[args.args["name"]]}],
                "endpoint": f"https://{args.args['name']}.example",
                "certificateAuthorities": [{"data": "Q0E="}],
                "identities": [{"oidcs": [{"issuer": f"https://{ISSUER}"}]}],
            }
        if args.token == GET_ROLE:
            if args.args["name"] not in ROLES:
                return {}, [("name", "couldn't find resource")]
            return {"arn": ROLES[args.args["name"]], "name": args.args["name"], "uniqueId": "AROA-existing"}
        return {"accountId": "111122223333", "partition": "aws", "region": "us-east-1"}

    def of(self, typ: str) -> dict[str, dict[str, Any]]:
        """The inputs of every resource of the type, by its name."""
        return {each.name: each.inputs for each in self.resources if each.typ == typ}

    def options(self, typ: str) -> dict[str, resource_pb2.RegisterResourceRequest]:
        """The registration of every resource of the type, by its name."""
        return {each.name: each for each in self.requests if each.type == typ}


class _Monitor(MockMonitor):
    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._engine = engine

    def RegisterResource(self, request: resource_pb2.RegisterResourceRequest) -> Any:
        self._engine.requests.append(request)
        return super().RegisterResource(request)  # type: ignore[no-untyped-call]

    def SupportsFeature(self, request: resource_pb2.SupportsFeatureRequest) -> Any:
        if request.id == self._engine.lacks:
            return resource_pb2.SupportsFeatureResponse(hasSupport=False)
        return super().SupportsFeature(request)  # type: ignore[no-untyped-call]


def _ensure_loop() -> None:
    """`asyncio.run`, in other tests, leaves its thread without the event loop that Pulumi's runtime needs."""
    try:
        asyncio.get_event_loop_policy().get_event_loop()
    except RuntimeError:
        asyncio.set_event_loop(asyncio.new_event_loop())


def run(program: Callable[[], Any], *, preview: bool = False, engine: Engine | None = None) -> Engine:
    """Run a program to its end, every registration and `apply` included, and return the engine with its records."""
    recording = engine or Engine()
    _ensure_loop()
    pulumi.runtime.set_mocks(recording, project="test", stack="dev", preview=preview, monitor=_Monitor(recording))

    drained: Callable[[], Any] = pulumi.runtime.test(program)  # type: ignore[no-untyped-call]
    drained()
    return recording
