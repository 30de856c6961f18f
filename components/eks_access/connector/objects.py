"""The Kubernetes objects of EKS Connector, as in AWS's own manifest. Pure.

The manifest's form and not the Helm chart's: the chart passes the activation code as a container's argument, and with
its defaults lets the connector impersonate anybody (an empty list of names means every name).
https://github.com/aws/amazon-eks-connector (manifests/eks-connector.yaml and charts/, version 0.0.11)
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..model.objects import KubernetesObject
from ..model.placeholders import placeholder
from ..model.rbac import Grant, Rule

NAMESPACE = "eks-connector"
NAME = "eks-connector"
CONNECTOR_IMAGE = "public.ecr.aws/eks-connector/eks-connector:0.0.11"
AGENT_IMAGE = "public.ecr.aws/amazon-ssm-agent/amazon-ssm-agent:3.2.2303.0"
NODES: Mapping[str, str] = {"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
"""Nodes that the connector runs on; its documentation supports no others. https://docs.aws.amazon.com/eks/latest/userguide/eks-connector.html"""
STATE_SECRETS = 2
"""Pods whose state the connector can store: the manifest names two Secrets, `eks-connector-state-0` and `-1`."""

_ACTIVATION, _TOKEN, _AGENT = "eks-connector-activation-config", "eks-connector-token", "eks-connector-agent"


ACTIVATION_ID, ACTIVATION_CODE = placeholder("activation.id"), placeholder("activation.code")
"""Placeholders for each cluster's activation in the objects; the code is in base64, as in the Secret."""
REGION = placeholder("activation.region")


def activation_key(cluster: str) -> str:
    """The key of a cluster's activation (`id`, `code` and `expiry`) among the values known after registration."""
    return f"registration.{cluster}"


@dataclass(frozen=True)
class Agent:
    """How the connector runs in a cluster: number of pods, images and nodes."""

    replicas: int = STATE_SECRETS
    connector_image: str = CONNECTOR_IMAGE
    agent_image: str = AGENT_IMAGE
    node_selector: Mapping[str, str] = field(default_factory=lambda: dict(NODES))


def build_grants() -> tuple[Grant, ...]:
    """The connector's own permissions: its two state Secrets, and the cluster's version.

    The manifest has a Role for the first; a ClusterRole that is bound in one namespace is equivalent.
    """
    state = tuple(f"eks-connector-state-{index}" for index in range(STATE_SECRETS))
    account = f"{NAMESPACE}/{NAME}"
    secrets = (
        Rule(("secrets",), ("get", "update"), resource_names=state, why="each pod keeps its agent's key in its own"),
        # `create` cannot be restricted to a name: the request has none yet.
        Rule(("secrets",), ("create",), why="makes them when it first runs"),
    )
    version = Rule((), ("get",), non_resource_urls=("/version",), why="the console shows the cluster's version")
    return (
        Grant("state", "eks-connector-state-access", account, secrets, namespaces=(NAMESPACE,), kind="ServiceAccount"),
        Grant("version", "eks-connector-cluster-meta-access", account, (version,), kind="ServiceAccount"),
    )


def build_objects(agent: Agent) -> tuple[KubernetesObject, ...]:
    """The connector's objects, in the order in which they are created."""
    account = {"kubernetes.io/service-account.name": NAME}
    return (
        KubernetesObject("v1", "Namespace", NAMESPACE),
        _build_object("ServiceAccount", NAME, automountServiceAccountToken=False),
        _build_object("Secret", _TOKEN, account, type="kubernetes.io/service-account-token"),
        _build_object("Secret", _ACTIVATION, type="Opaque", data={"code": ACTIVATION_CODE}),
        _build_object("ConfigMap", _AGENT, data={"amazon-ssm-agent.json": _AGENT_SETTINGS, "seelog.xml": _LOGGING}),
        _build_stateful_set(agent),
    )


def allow_missing_code(body: Mapping[str, Any], refer: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    """A StatefulSet's body with `refer` applied to the reference to the activation code."""

    def replace(tree: Any) -> Any:
        if isinstance(tree, Mapping):
            return {key: refer(dict(value)) if key == "secretKeyRef" else replace(value) for key, value in tree.items()}
        return [replace(each) for each in tree] if isinstance(tree, list | tuple) else tree

    replaced: dict[str, Any] = replace(body)
    return replaced


def find_activation_id(stateful_set: Mapping[str, Any]) -> str:
    """The activation that a connector's pods have; empty where they have none in the form of the manifest."""
    template = (stateful_set.get("spec") or {}).get("template") or {}
    for container in (template.get("spec") or {}).get("initContainers") or ():
        for each in container.get("env") or ():
            if each.get("name") == "EKS_ACTIVATION_ID":
                return str(each.get("value") or "")
    return ""


def _build_object(kind: str, name: str, annotations: Mapping[str, str] | None = None, **body: Any) -> KubernetesObject:
    return KubernetesObject("v1", kind, name, NAMESPACE, body, annotations=annotations or {})


def _build_stateful_set(agent: Agent) -> KubernetesObject:
    """Its pods contain the activation's id, so a new activation restarts them and they register again."""
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
        "initContainers": [_build_init_container(agent)],
        "containers": [_build_agent_container(agent), _build_proxy_container(agent)],
        "volumes": [
            {"name": "eks-connector-shared", "emptyDir": {}},
            {"name": "eks-agent-vault", "emptyDir": {}},
            {"name": "eks-agent-config", "configMap": {"name": _AGENT}},
            {"name": "service-account-token", "secret": {"secretName": _TOKEN}},
        ],
    }
    spec = {
        "replicas": agent.replicas,
        "serviceName": NAME,
        "selector": {"matchLabels": selector},
        "template": {"metadata": {"labels": selector}, "spec": pod},
    }
    return KubernetesObject("apps/v1", "StatefulSet", NAME, NAMESPACE, {"spec": spec}, labels=selector)


_ACCOUNT_TOKEN = {"name": "service-account-token", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}
_VAULT = {"name": "eks-agent-vault", "mountPath": "/var/lib/amazon/ssm/Vault"}
_SHARED = {"name": "eks-connector-shared", "mountPath": "/var/eks/shared"}
_POD_NAME = {"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}
_CONFINED = {"allowPrivilegeEscalation": False, "capabilities": {"add": ["DAC_OVERRIDE"], "drop": ["ALL"]}}


def _build_init_container(agent: Agent) -> dict[str, Any]:
    code = {"secretKeyRef": {"name": _ACTIVATION, "key": "code"}}
    return _container(
        "connector-init",
        agent.connector_image,
        [_ACCOUNT_TOKEN, _VAULT],
        env=[
            _POD_NAME,
            {"name": "EKS_ACTIVATION_CODE", "valueFrom": code},
            {"name": "EKS_ACTIVATION_ID", "value": ACTIVATION_ID},
        ],
        # Kubernetes substitutes the variables, so the code is in the Secret only, and not in the pod's specification.
        args=[
            "init",
            "--activation.id=$(EKS_ACTIVATION_ID)",
            "--activation.code=$(EKS_ACTIVATION_CODE)",
            f"--agent.region={REGION}",
        ],
    )


def _build_agent_container(agent: Agent) -> dict[str, Any]:
    settings = [
        {"name": "eks-agent-config", "mountPath": f"/etc/amazon/ssm/{file}", "subPath": file}
        for file in ("amazon-ssm-agent.json", "seelog.xml")
    ]
    env = [{"name": "AWS_EC2_METADATA_DISABLED", "value": "true"}]
    return _container("connector-agent", agent.agent_image, [_SHARED, _VAULT, *settings], env=env)


def _build_proxy_container(agent: Agent) -> dict[str, Any]:
    mounts = [_ACCOUNT_TOKEN, _SHARED, _VAULT]
    return _container("connector-proxy", agent.connector_image, mounts, env=[_POD_NAME], args=["server"])


def _container(name: str, image: str, mounts: list[dict[str, str]], **more: Any) -> dict[str, Any]:
    common = {"name": name, "image": image, "imagePullPolicy": "IfNotPresent"}
    return {**common, **more, "volumeMounts": mounts, "securityContext": _CONFINED}


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
