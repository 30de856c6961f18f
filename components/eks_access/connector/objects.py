"""The connector's objects in a cluster, as AWS's own manifest has them. Pure.

The manifest's form and not the Helm chart's: the chart passes the activation code as a container's argument, and with
its defaults lets the connector impersonate anybody (an empty list of names means every name).
https://github.com/aws/amazon-eks-connector (manifests/eks-connector.yaml and charts/, version 0.0.11)
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..rbac import ANNOTATIONS, API_GROUP, RbacObject

NAMESPACE = "eks-connector"
NAME = "eks-connector"
SERVICE_ACCOUNT = f"system:serviceaccount:{NAMESPACE}:{NAME}"
"""The connector's user name: https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/"""
CONNECTOR_IMAGE = "public.ecr.aws/eks-connector/eks-connector:0.0.11"
AGENT_IMAGE = "public.ecr.aws/amazon-ssm-agent/amazon-ssm-agent:3.2.2303.0"
NODES: Mapping[str, str] = {"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
"""Where the connector runs: its documentation supports no other. https://docs.aws.amazon.com/eks/latest/userguide/eks-connector.html"""
STATE_SECRETS = 2
"""Pods whose state the connector may keep: the manifest names two Secrets, `eks-connector-state-0` and `-1`."""

_ACTIVATION, _TOKEN, _AGENT = "eks-connector-activation-config", "eks-connector-token", "eks-connector-agent"
_SECRET_ACCESS, _META_ACCESS = "eks-connector-secret-access", "eks-connector-cluster-meta-access"


@dataclass(frozen=True)
class Agent:
    """What the connector in one cluster is told. `activation_code` is base64, as the Secret holds it."""

    region: str
    activation_id: str
    activation_code: str = field(repr=False)
    replicas: int = STATE_SECRETS
    connector_image: str = CONNECTOR_IMAGE
    agent_image: str = AGENT_IMAGE
    node_selector: Mapping[str, str] = field(default_factory=lambda: dict(NODES))


def namespace(labels: Mapping[str, str]) -> RbacObject:
    return _named("Namespace", NAMESPACE, labels, within=None)


def objects(agent: Agent, labels: Mapping[str, str]) -> Iterator[RbacObject]:
    """Everything in the namespace and the connector's own rights, apart from the StatefulSet."""
    account = {"kind": "ServiceAccount", "name": NAME, "namespace": NAMESPACE}
    yield _named("ServiceAccount", NAME, labels, automountServiceAccountToken=False)
    token = _named("Secret", _TOKEN, labels, type="kubernetes.io/service-account-token")
    token.body["metadata"]["annotations"]["kubernetes.io/service-account.name"] = NAME
    yield token
    yield _named("Secret", _ACTIVATION, labels, type="Opaque", data={"code": agent.activation_code})
    yield _named("ConfigMap", _AGENT, labels, data={"amazon-ssm-agent.json": _AGENT_SETTINGS, "seelog.xml": _LOGGING})
    state = [f"eks-connector-state-{index}" for index in range(STATE_SECRETS)]
    rules = [
        {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "update"], "resourceNames": state},
        # A name cannot be pinned for `create`: the request has none yet.
        {"apiGroups": [""], "resources": ["secrets"], "verbs": ["create"]},
    ]
    yield _named("Role", _SECRET_ACCESS, labels, rules=rules)
    yield _named("RoleBinding", _SECRET_ACCESS, labels, roleRef=_role("Role", _SECRET_ACCESS), subjects=[account])
    version = [{"nonResourceURLs": ["/version"], "verbs": ["get"]}]
    yield _named("ClusterRole", _META_ACCESS, labels, within=None, rules=version)
    binding = {"roleRef": _role("ClusterRole", _META_ACCESS), "subjects": [account]}
    yield _named("ClusterRoleBinding", _META_ACCESS, labels, within=None, **binding)


def stateful_set(agent: Agent, labels: Mapping[str, str]) -> RbacObject:
    """Its pods name the activation: a new activation restarts them, and they register themselves anew."""
    selector = {"app": NAME}
    anti_affinity = {
        "weight": 100,
        "podAffinityTerm": {"labelSelector": {"matchLabels": selector}, "topologyKey": "kubernetes.io/hostname"},
    }
    pod = {
        "serviceAccountName": NAME,
        "nodeSelector": dict(agent.node_selector),
        "affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [anti_affinity]}},
        "tolerations": [
            {"key": "node-role.kubernetes.io/master", "effect": "NoSchedule"},
            {"key": "CriticalAddonsOnly", "operator": "Exists"},
        ],
        "initContainers": [_init(agent)],
        "containers": [_agent(agent), _proxy(agent)],
        "volumes": [
            {"name": "eks-connector-shared", "emptyDir": {}},
            {"name": "eks-agent-vault", "emptyDir": {}},
            {"name": "eks-agent-config", "configMap": {"name": _AGENT}},
            {"name": "service-account-token", "secret": {"secretName": _TOKEN}},
        ],
    }
    return _named(
        "StatefulSet",
        NAME,
        {**labels, **selector},
        spec={
            "replicas": agent.replicas,
            "serviceName": NAME,
            "selector": {"matchLabels": selector},
            "template": {"metadata": {"labels": {**labels, **selector}}, "spec": pod},
        },
    )


_ACCOUNT_TOKEN = {"name": "service-account-token", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}
_VAULT = {"name": "eks-agent-vault", "mountPath": "/var/lib/amazon/ssm/Vault"}
_SHARED = {"name": "eks-connector-shared", "mountPath": "/var/eks/shared"}
_POD_NAME = {"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}
_CONFINED = {"allowPrivilegeEscalation": False, "capabilities": {"add": ["DAC_OVERRIDE"], "drop": ["ALL"]}}


def _init(agent: Agent) -> dict[str, Any]:
    code = {"secretKeyRef": {"name": _ACTIVATION, "key": "code"}}
    return _container(
        "connector-init",
        agent.connector_image,
        [_ACCOUNT_TOKEN, _VAULT],
        env=[
            _POD_NAME,
            {"name": "EKS_ACTIVATION_CODE", "valueFrom": code},
            {"name": "EKS_ACTIVATION_ID", "value": agent.activation_id},
        ],
        # Kubernetes puts the variables in: the code is in the Secret only, and not in the pod's specification.
        args=[
            "init",
            "--activation.id=$(EKS_ACTIVATION_ID)",
            "--activation.code=$(EKS_ACTIVATION_CODE)",
            f"--agent.region={agent.region}",
        ],
    )


def _agent(agent: Agent) -> dict[str, Any]:
    settings = [
        {"name": "eks-agent-config", "mountPath": f"/etc/amazon/ssm/{file}", "subPath": file}
        for file in ("amazon-ssm-agent.json", "seelog.xml")
    ]
    env = [{"name": "AWS_EC2_METADATA_DISABLED", "value": "true"}]
    return _container("connector-agent", agent.agent_image, [_SHARED, _VAULT, *settings], env=env)


def _proxy(agent: Agent) -> dict[str, Any]:
    mounts = [_ACCOUNT_TOKEN, _SHARED, _VAULT]
    return _container("connector-proxy", agent.connector_image, mounts, env=[_POD_NAME], args=["server"])


def _container(name: str, image: str, mounts: list[dict[str, str]], **more: Any) -> dict[str, Any]:
    common = {"name": name, "image": image, "imagePullPolicy": "IfNotPresent"}
    return {**common, **more, "volumeMounts": mounts, "securityContext": _CONFINED}


def _named(
    kind: str, name: str, labels: Mapping[str, str], *, within: str | None = NAMESPACE, **body: Any
) -> RbacObject:
    place = {} if within is None else {"namespace": within}
    metadata = {"name": name, **place, "labels": dict(labels), "annotations": dict(ANNOTATIONS)}
    return RbacObject(f"{kind}-{name}".lower(), kind, name, within, {"metadata": metadata, **body})


def _role(kind: str, name: str) -> dict[str, str]:
    return {"apiGroup": API_GROUP, "kind": kind, "name": name}


_AGENT_SETTINGS = json.dumps(
    {
        "Profile": {"KeyAutoRotateDays": 7},
        "Agent": {"ContainerMode": True},
        "Identity": {"ConsumptionOrder": ["OnPrem"]},
    },
    indent=2,
)
_LOGGING = """\
<seelog type="adaptive" mininterval="2000000" maxinterval="100000000" critmsgcount="500" minlevel="info">
  <outputs formatid="plain"><console formatid="plain"/></outputs>
  <formats><format id="plain" format="%Date %Time %LEVEL %Msg%n"/></formats>
</seelog>
"""
