"""The self-hosted connector in the cluster: its objects, environment variables and restrictions.

Variable names are those of baton-eks's own configuration (pkg/config at v0.1.3). The page's `BATON_EKS_ASSUME_ROLE_ARN`
is not among them, and without `BATON_ROLE_ARN` the connector exits at once.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from ...errors import InvalidInputError
from ...model.integration import ClusterPlace, Place
from ...model.objects import KubernetesObject
from ...model.pods import CONTAINER_SECURITY, POD_SECURITY, RESTRICTED, network_policy, validate_image
from .modes import Hosting, Tier, workload

IMAGE = "ghcr.io/conductorone/baton-eks:0.1.3"
"""Release v0.1.3; ConductorOne's images are tagged with the version alone."""
HEALTH_PORT = 8081
FOLDER = "/tmp"
_SECRETS = {
    "client_id": "BATON_CLIENT_ID",
    "client_secret": "BATON_CLIENT_SECRET",
    "access_key_id": "BATON_EKS_ACCESS_KEY",
    "secret_access_key": "BATON_EKS_SECRET_ACCESS_KEY",
}
_KEYS = ("access_key_id", "secret_access_key")


def connector_objects(
    args: Mapping[str, Any], place: Place, cluster: ClusterPlace, hosting: Hosting, tier: Tier
) -> tuple[KubernetesObject, ...]:
    """All objects of the connector; none if it is not deployed."""
    connector = args.get("deploy_connector")
    if connector is None:
        return ()
    _validate(connector, hosting)
    return tuple(_objects(args, connector, place, cluster, hosting, tier))


def _objects(
    args: Mapping[str, Any],
    connector: Mapping[str, Any],
    place: Place,
    cluster: ClusterPlace,
    hosting: Hosting,
    tier: Tier,
) -> Iterator[KubernetesObject]:
    namespace, service_account = workload(args, place)
    name, labels = place.name, {"app.kubernetes.io/name": "baton-eks", "app.kubernetes.io/instance": place.name}
    if "namespace" not in args:
        yield KubernetesObject("v1", "Namespace", namespace, labels=RESTRICTED)
    by_irsa = hosting is Hosting.SELF_HOSTED_IRSA
    yield KubernetesObject(
        "v1",
        "ServiceAccount",
        service_account,
        namespace,
        # The connector authenticates to the API server as the role, never as its service account.
        {"automountServiceAccountToken": False},
        labels,
        {"eks.amazonaws.com/role-arn": place.role_arn} if by_irsa else {},
    )
    secrets = {variable: connector[argument] for argument, variable in _SECRETS.items() if argument in connector}
    yield KubernetesObject("v1", "Secret", name, namespace, {"type": "Opaque", "stringData": secrets}, labels)
    network = network_policy(labels, pod_identity=hosting is Hosting.SELF_HOSTED_POD_IDENTITY)
    yield KubernetesObject("networking.k8s.io/v1", "NetworkPolicy", name, namespace, network, labels)
    pod = _pod(name, service_account, connector.get("image", IMAGE), _variables(place, cluster, hosting, tier))
    deployment = {
        "replicas": 1,
        # Two pods at once would both act as the same connector.
        "strategy": {"type": "Recreate"},
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": pod},
    }
    yield KubernetesObject("apps/v1", "Deployment", name, namespace, {"spec": deployment}, labels)


def _variables(place: Place, cluster: ClusterPlace, hosting: Hosting, tier: Tier) -> dict[str, str]:
    """The settings that are not secret, readable for a review. Kubernetes accepts only strings."""
    return {
        "BATON_HOST_ID": place.name,
        "BATON_EKS_REGION": cluster.region,
        "BATON_EKS_CLUSTER_NAME": cluster.name,
        "BATON_ROLE_ARN": place.role_arn,
        **({"BATON_PROVISIONING": "true"} if tier is Tier.PROVISION else {}),
        **({} if hosting is Hosting.SELF_HOSTED_KEYS else {"AWS_REGION": cluster.region}),
        "BATON_FILE": f"{FOLDER}/sync.c1z",
        "BATON_HEALTH_CHECK": "true",
        "BATON_HEALTH_CHECK_PORT": str(HEALTH_PORT),
        # The default is 127.0.0.1, which the kubelet cannot reach.
        "BATON_HEALTH_CHECK_BIND_ADDRESS": "0.0.0.0",
    }


def _pod(name: str, service_account: str, image: str, variables: Mapping[str, str]) -> dict[str, Any]:
    """Conforms to the Pod Security Standard `restricted`.

    https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
    """

    def probe(path: str, **timing: int) -> dict[str, Any]:
        return {"httpGet": {"path": path, "port": "health"}, **timing}

    container = {
        "name": "baton-eks",
        "image": image,
        "env": [{"name": key, "value": value} for key, value in variables.items()],
        "envFrom": [{"secretRef": {"name": name}}],
        "ports": [{"name": "health", "containerPort": HEALTH_PORT}],
        "livenessProbe": probe("/live", periodSeconds=20, failureThreshold=6),
        "readinessProbe": probe("/ready", periodSeconds=10),
        "resources": {
            "requests": {"cpu": "50m", "memory": "128Mi"},
            "limits": {"memory": "512Mi"},
        },
        "securityContext": dict(CONTAINER_SECURITY),
        "volumeMounts": [{"name": "work", "mountPath": FOLDER}],
    }
    return {
        "serviceAccountName": service_account,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": dict(POD_SECURITY),
        "containers": [container],
        "volumes": [{"name": "work", "emptyDir": {"sizeLimit": "1Gi"}}],
    }


def _validate(connector: Mapping[str, Any], hosting: Hosting) -> None:
    for key in _SECRETS:
        # A secret's value is not repeated.
        if key in connector and not connector[key]:
            raise InvalidInputError(f"deploy_connector.{key}", None, "is empty")
        if key in connector and any(character.isspace() for character in connector[key]):
            raise InvalidInputError(
                f"deploy_connector.{key}", None, "contains white space, perhaps a line break that was copied with it"
            )
    for key in _KEYS:
        if hosting is Hosting.SELF_HOSTED_KEYS and key not in connector:
            raise InvalidInputError(
                f"deploy_connector.{key}",
                None,
                f"is required with hosting {hosting}: baton-eks needs both parts of the access key or neither",
            )
        if hosting is not Hosting.SELF_HOSTED_KEYS and key in connector:
            raise InvalidInputError(
                f"deploy_connector.{key}",
                None,
                f"is not supported with hosting {hosting}: with a key the connector would not use its own role",
                "Leave it out, or use hosting self_hosted_keys.",
            )
    validate_image("deploy_connector.image", connector.get("image", IMAGE), IMAGE)
