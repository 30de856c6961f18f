"""AWS's page of EKS Connector followed by hand: the agent's role, the registration, and what its manifests make.

The objects have the form of AWS's own manifests, which differs from this package's in details that mean the same.
https://github.com/aws/amazon-eks-connector
"""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from eks_access.connector.objects import AGENT_IMAGE, CONNECTOR_IMAGE, NAMESPACE
from eks_access.kubernetes.client import KubernetesApi
from sandbox import Sandbox
from tests.e2e.pages import PAGES, RBAC
from tests.e2e.principals import CUSTOMER, REGION

CORE, GRANTS = f"/api/v1/namespaces/{NAMESPACE}", f"/apis/{RBAC}/v1"
STATEFUL_SET = f"/apis/apps/v1/namespaces/{NAMESPACE}/statefulsets/eks-connector"
ROLE = "AmazonEKSConnectorAgentRole"
VIEWER = f"arn:aws:iam::{CUSTOMER}:role/Platform"
GRANT_FILES = (
    "version.cluster-role",
    "version.cluster-role-binding",
    "state.cluster-role",
    "state.role-binding",
    "impersonate.cluster-role",
    "impersonate.cluster-role-binding",
    "viewer-platform.cluster-role",
    "viewer-platform.cluster-role-binding",
)


@dataclass(frozen=True)
class Connected:
    """A cluster that was connected by hand."""

    sandbox: Sandbox
    cluster: str
    name: str
    role_arn: str
    activation_id: str
    code: str

    @property
    def api(self) -> KubernetesApi:
        return self.sandbox.clusters[self.cluster].admin

    def identify(self) -> dict[str, Any]:
        """What a recreation would change, and what a new registration would."""
        role = self.sandbox.boto("iam").get_role(RoleName=self.role_arn.rpartition("/")[2])["Role"]
        described = self.sandbox.boto("eks").describe_cluster(name=self.name)["cluster"]
        paths = {
            "namespace": CORE,
            "account": f"{CORE}/serviceaccounts/eks-connector",
            "token": f"{CORE}/secrets/eks-connector-token",
            "state": f"{CORE}/secrets/eks-connector-state-0",
            "activation": f"{CORE}/secrets/eks-connector-activation-config",
            "agent": STATEFUL_SET,
            "impersonation": f"{GRANTS}/clusterroles/eks-connector-service",
        }
        return {
            "role": role["RoleId"],
            "arn": described["arn"],
            "status": described["status"],
            "activation": described["connectorConfig"],
            "created": str(described["createdAt"]),
            "code": self.read_code(),
            **{name: self.api.json("GET", path)["metadata"]["uid"] for name, path in paths.items()},
        }

    def read_code(self) -> str:
        secret = self.api.json("GET", f"{CORE}/secrets/eks-connector-activation-config")
        return base64.b64decode(secret["data"]["code"]).decode()

    def can_impersonate(self) -> bool:
        """Whether the connector may pass the viewer's requests on."""
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": {
                "user": f"system:serviceaccount:{NAMESPACE}:eks-connector",
                "resourceAttributes": {"verb": "impersonate", "resource": "users", "name": VIEWER},
            },
        }
        answer = self.api.json("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", body=review)
        return bool(answer["status"]["allowed"])

    def can_list_pods(self) -> bool:
        """Whether the viewer, as the connector impersonates it, may list pods."""
        headers = {"Impersonate-User": VIEWER}
        return self.api.request("GET", "/api/v1/pods?limit=1", headers=headers).status == 200


def follow_connector(sandbox: Sandbox, cluster: str, name: str, *, role: str = ROLE) -> Connected:
    """The role and its inline policy, the registration, the manifests with their placeholders filled, and the agent."""
    iam = sandbox.boto("iam")
    arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=_read("trust.json"))["Role"]["Arn"]
    iam.put_role_policy(RoleName=role, PolicyName="AmazonEKSConnectorAgentPolicy", PolicyDocument=_read("policy.json"))
    config = {"roleArn": arn, "provider": "RANCHER"}
    registered = sandbox.boto("eks").register_cluster(name=name, connectorConfig=config)["cluster"]["connectorConfig"]
    activation, code = registered["activationId"], registered["activationCode"]
    api = sandbox.clusters[cluster].admin
    for body in _list_objects(activation, code):
        _apply(api, body)
    for file in GRANT_FILES:
        _apply(api, _correct(file, yaml.safe_load(_read(f"{file}.yaml").replace("%IAM_ARN%", VIEWER))))
    sandbox.eks_connector(activate={"activationId": activation, "activationCode": code})
    # As the agent does: its key is in a Secret of its own from now on, and the code is used no more.
    _apply(api, _describe("v1", "Secret", "eks-connector-state-0", type="Opaque", data={"PrivateKey": _encode("key")}))
    return Connected(sandbox, cluster, name, arn, activation, code)


def _correct(file: str, body: dict[str, Any]) -> dict[str, Any]:
    metadata = {"namespace": NAMESPACE} if file.startswith("state.") else {}
    return {**body, "metadata": {**metadata, **body["metadata"]}}


def _apply(api: KubernetesApi, body: Mapping[str, Any]) -> None:
    """As `kubectl apply` makes it, whose note of what it applied is an annotation."""
    plural = f"{body['kind'].lower()}s"
    namespace = body["metadata"].get("namespace")
    group = f"/apis/{body['apiVersion']}" if "/" in body["apiVersion"] else f"/api/{body['apiVersion']}"
    where = f"{group}/namespaces/{namespace}/{plural}" if namespace else f"{group}/{plural}"
    noted = {"kubectl.kubernetes.io/last-applied-configuration": json.dumps(body), **_annotations(body)}
    api.json(
        "POST",
        where,
        body={**body, "metadata": {**body["metadata"], "annotations": noted}},
        query={"fieldManager": "kubectl-client-side-apply"},
    )


def _annotations(body: Mapping[str, Any]) -> Mapping[str, str]:
    found: Mapping[str, str] = body["metadata"].get("annotations") or {}
    return found


def _list_objects(activation: str, code: str) -> Iterator[dict[str, Any]]:
    yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
    data = {"code": _encode(code)}
    yield _describe("v1", "Secret", "eks-connector-activation-config", type="Opaque", data=data)
    yield _describe("v1", "ServiceAccount", "eks-connector", automountServiceAccountToken=False)
    token = _describe("v1", "Secret", "eks-connector-token", type="kubernetes.io/service-account-token")
    token["metadata"]["annotations"] = {"kubernetes.io/service-account.name": "eks-connector"}
    yield token
    settings = {"amazon-ssm-agent.json": '{"Agent": {"ContainerMode": true}}\n', "seelog.xml": "<seelog/>\n"}
    yield _describe("v1", "ConfigMap", "eks-connector-agent", data=settings)
    yield _describe_agent(activation)


def _describe_agent(activation: str) -> dict[str, Any]:
    selector = {"app": "eks-connector"}
    chosen = {"matchExpressions": [{"key": "app", "operator": "In", "values": ["eks-connector"]}]}
    term = {"labelSelector": chosen, "topologyKey": "kubernetes.io/hostname"}
    pod = {
        "serviceAccountName": "eks-connector",
        "affinity": {
            "podAntiAffinity": {
                "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "podAffinityTerm": term}]
            }
        },
        "tolerations": [
            {"effect": "NoSchedule", "key": "node-role.kubernetes.io/master"},
            {"key": "CriticalAddonsOnly", "operator": "Exists"},
        ],
        "initContainers": [_describe_init(activation)],
        "containers": [
            _contain(
                "connector-agent", AGENT_IMAGE, {"eks-connector-shared": "/var/eks/shared", "eks-agent-vault": _VAULT}
            ),
            _contain("connector-proxy", CONNECTOR_IMAGE, _MOUNTS, ["server"]),
        ],
        "volumes": [
            {"name": "eks-connector-shared", "emptyDir": {}},
            {"name": "eks-agent-vault", "emptyDir": {}},
            {"name": "eks-agent-config", "configMap": {"name": "eks-connector-agent"}},
            {"name": "service-account-token", "secret": {"secretName": "eks-connector-token"}},
        ],
    }
    spec = {
        "replicas": 2,
        "selector": {"matchLabels": selector},
        "serviceName": "eks-connector",
        "template": {"metadata": {"labels": selector}, "spec": pod},
    }
    body = _describe("apps/v1", "StatefulSet", "eks-connector", spec=spec)
    body["metadata"]["labels"] = selector
    return body


_TOKEN, _VAULT = "/var/run/secrets/kubernetes.io/serviceaccount", "/var/lib/amazon/ssm/Vault"
_MOUNTS = {"service-account-token": _TOKEN, "eks-agent-vault": _VAULT}


def _describe_init(activation: str) -> dict[str, Any]:
    key = {"name": "eks-connector-activation-config", "key": "code"}
    init = _contain("connector-init", CONNECTOR_IMAGE, _MOUNTS)
    init["env"] = [
        {"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {"name": "EKS_ACTIVATION_CODE", "valueFrom": {"secretKeyRef": key}},
        {"name": "EKS_ACTIVATION_ID", "value": activation},
    ]
    init["args"] = [
        "init",
        "--activation.id=$(EKS_ACTIVATION_ID)",
        "--activation.code=$(EKS_ACTIVATION_CODE)",
        f"--agent.region={REGION}",
    ]
    return init


def _contain(name: str, image: str, mounts: Mapping[str, str], args: Sequence[str] = ()) -> dict[str, Any]:
    return {
        "name": name,
        "image": image,
        **({"args": list(args)} if args else {}),
        "volumeMounts": [{"name": volume, "mountPath": path} for volume, path in mounts.items()],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"add": ["DAC_OVERRIDE"], "drop": ["all"]},
        },
    }


def _describe(api_version: str, kind: str, name: str, **body: Any) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": NAMESPACE}, **body}


def _encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _read(file: str) -> str:
    return (PAGES / "eks-connector" / file).read_text()
