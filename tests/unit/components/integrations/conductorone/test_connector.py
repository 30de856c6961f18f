"""The self-hosted connector's objects: right variables, confined, and with no secret where one can be read."""

import json
from typing import Any

import pytest

from eks_access.errors import InvalidInputError
from eks_access.integrations.conductorone.connector import IMAGE
from eks_access.integrations.conductorone.integration import describe
from eks_access.manifest.build import build_integration_access
from eks_access.model.objects import KubernetesObject
from tests.support.places import place

CLIENT = {"client_id": "the-client-id", "client_secret": "the-client-secret"}
KEYS = {"access_key_id": "the-key-id", "secret_access_key": "the-secret-key"}
MODES: dict[str, dict[str, Any]] = {
    "self_hosted_keys": {"principal_arn": "arn:aws:iam::111122223333:user/baton"},
    "self_hosted_irsa": {"oidc_issuer": "oidc.example/id/1"},
    "self_hosted_pod_identity": {},
}


def arguments(hosting: str, connector: dict[str, Any], **args: Any) -> dict[str, Any]:
    return {"hosting": hosting, **MODES[hosting], "deploy_connector": connector, **args}


def objects(hosting: str = "self_hosted_keys", **args: Any) -> dict[str, KubernetesObject]:
    connector = args.pop("connector", CLIENT | (KEYS if hosting == "self_hosted_keys" else {}))
    found = describe(arguments(hosting, connector, **args), place("c1", "API")).objects
    return {each.kind: each for each in found}


def variables(hosting: str = "self_hosted_keys", **args: Any) -> dict[str, str]:
    container = pod(hosting, **args)["containers"][0]
    return {each["name"]: each["value"] for each in container["env"]}


def pod(hosting: str = "self_hosted_keys", **args: Any) -> dict[str, Any]:
    found: dict[str, Any] = objects(hosting, **args)["Deployment"].body["spec"]["template"]["spec"]
    return found


def test_the_secret_has_the_names_that_the_connector_reads() -> None:
    assert objects()["Secret"].body["stringData"] == {
        "BATON_CLIENT_ID": "the-client-id",
        "BATON_CLIENT_SECRET": "the-client-secret",
        "BATON_EKS_ACCESS_KEY": "the-key-id",
        "BATON_EKS_SECRET_ACCESS_KEY": "the-secret-key",
    }


def test_the_role_arn_is_in_the_variable_that_is_read_and_not_in_the_pages() -> None:
    given = variables()
    assert given["BATON_ROLE_ARN"] == "arn:aws:iam::111122223333:role/eks-access-c1"
    assert "BATON_EKS_ASSUME_ROLE_ARN" not in given
    assert (given["BATON_EKS_REGION"], given["BATON_EKS_CLUSTER_NAME"]) == ("us-east-1", "prod-0")
    assert "BATON_EXTERNAL_ID" not in given, "it would take the way of ConductorOne's own cloud"


def test_every_variable_and_label_is_a_string_because_kubernetes_rejects_anything_else() -> None:
    given = variables(tier="provision", grantable_cluster_roles=[])
    assert given["BATON_PROVISIONING"] == "true"
    assert "BATON_PROVISIONING" not in variables()
    assert all(isinstance(value, str) for value in given.values())
    for each in objects().values():
        assert all(isinstance(value, str) for value in {**each.labels, **each.annotations}.values())


def test_without_keys_the_connector_has_its_region_and_its_service_accounts_role() -> None:
    for hosting in ("self_hosted_irsa", "self_hosted_pod_identity"):
        assert variables(hosting)["AWS_REGION"] == "us-east-1"
        assert set(objects(hosting)["Secret"].body["stringData"]) == {"BATON_CLIENT_ID", "BATON_CLIENT_SECRET"}
    role = "arn:aws:iam::111122223333:role/eks-access-c1"
    assert objects("self_hosted_irsa")["ServiceAccount"].annotations == {"eks.amazonaws.com/role-arn": role}
    assert objects("self_hosted_pod_identity")["ServiceAccount"].annotations == {}, "an association says it"


def test_the_kubelet_can_probe_its_health() -> None:
    given, container = variables(), pod()["containers"][0]
    assert given["BATON_HEALTH_CHECK_BIND_ADDRESS"] == "0.0.0.0", "the default answers only inside the pod"
    assert {given["BATON_HEALTH_CHECK_PORT"]} == {str(port["containerPort"]) for port in container["ports"]}
    assert container["livenessProbe"]["httpGet"]["path"] == "/live"
    assert container["readinessProbe"]["httpGet"]["path"] == "/ready"


def test_the_pod_is_restricted_and_has_no_service_account_token() -> None:
    spec = pod()
    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] > 0, "the kubelet can verify only a number"
    (container,) = spec["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    (mount,) = container["volumeMounts"]
    assert variables()["BATON_FILE"].startswith(mount["mountPath"] + "/"), "it can write its file all the same"


def test_the_pod_has_no_ingress_and_egress_for_https_and_dns_only() -> None:
    def ports(hosting: str) -> set[int]:
        spec = objects(hosting)["NetworkPolicy"].body["spec"]
        assert spec["policyTypes"] == ["Ingress", "Egress"]
        assert "ingress" not in spec
        return {port["port"] for rule in spec["egress"] for port in rule["ports"]}

    assert ports("self_hosted_keys") == ports("self_hosted_irsa") == {443, 53}
    assert ports("self_hosted_pod_identity") == {443, 53, 80}, "the agent that hands out the role"


def test_a_namespace_is_created_unless_an_existing_one_is_given() -> None:
    namespace = objects()["Namespace"]
    assert namespace.name == "c1"
    assert namespace.labels["pod-security.kubernetes.io/enforce"] == "restricted"
    named = objects(namespace="tools")
    assert "Namespace" not in named
    assert {each.namespace for each in named.values()} == {"tools"}


def test_the_image_is_pinned_and_one_without_a_version_is_rejected() -> None:
    assert pod()["containers"][0]["image"] == IMAGE == "ghcr.io/conductorone/baton-eks:0.1.3"
    digest = "registry.example:5000/baton-eks@sha256:" + "0" * 64
    for image in ("registry.example:5000/mirror/baton-eks:0.1.3", digest):
        assert pod(connector=CLIENT | KEYS | {"image": image})["containers"][0]["image"] == image
    for image in ("ghcr.io/conductorone/baton-eks:latest", "ghcr.io/conductorone/baton-eks", "a b"):
        with pytest.raises(InvalidInputError, match=r"deploy_connector\.image"):
            objects(connector=CLIENT | KEYS | {"image": image})


def test_both_parts_of_the_access_key_are_required_with_keys_and_rejected_otherwise() -> None:
    with pytest.raises(InvalidInputError, match=r"secret_access_key is required.*both parts"):
        objects(connector=CLIENT | {"access_key_id": "x"})
    with pytest.raises(InvalidInputError, match="access_key_id is not supported with hosting self_hosted_irsa"):
        objects("self_hosted_irsa", connector=CLIENT | KEYS)


@pytest.mark.parametrize("value", ["", "hunter2\n", " hunter2"])
def test_a_malformed_secret_is_rejected_without_repeating_it(value: str) -> None:
    with pytest.raises(InvalidInputError, match=r"deploy_connector\.client_secret") as refused:
        objects(connector=CLIENT | KEYS | {"client_secret": value})
    assert "hunter2" not in str(refused.value)


def test_the_manifest_lists_the_objects_without_their_content() -> None:
    where = place("c1", "API")
    integration = describe(arguments("self_hosted_keys", CLIENT | KEYS), where)
    manifest = build_integration_access(integration, where, {"c0": ("https://c0", "Q0E=")})
    assert {"kind": "Secret", "namespace": "c1", "name": "c1"} in manifest["objects"]
    for secret in (*CLIENT.values(), *KEYS.values()):
        assert secret not in json.dumps(manifest)


def test_the_connector_is_deployed_only_on_request() -> None:
    assert describe({"hosting": "self_hosted_irsa", **MODES["self_hosted_irsa"]}, place("c1")).objects == ()
