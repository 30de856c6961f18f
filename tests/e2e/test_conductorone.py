"""ConductorOne's effective rights: it grants only the allowed roles, and its connector runs as a restricted pod."""

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from eks_access.integrations.conductorone.integration import SEED_MAP_USERS
from eks_access.kubernetes.client import KubernetesApi
from sandbox import Sandbox
from tests.e2e.principals import in_cluster
from tests.e2e.program import Program

pytestmark = pytest.mark.e2e

RBAC = "/apis/rbac.authorization.k8s.io/v1"
EXTERNAL_ID = "c1-sandbox-external-id"
POLICY = "arn:aws:eks::aws:cluster-access-policy/"
CONNECTORS = {"conductorone-keys": "dev-configmap", "conductorone-keyless": "dev-api"}


def as_conductorone(sandbox: Sandbox, deployed: Program) -> dict[str, str]:
    """A session of the `provision` tier's role, assumed in the way ConductorOne assumes it."""
    role = deployed.manifest()["integrations"]["conductorone-provision"]["role"]["arn"]
    vendor = sandbox.boto("sts", "conductorone").assume_role(
        RoleArn="arn:aws:iam::765656841499:role/ConductorOneService", RoleSessionName="c1"
    )["Credentials"]
    import boto3

    sts = boto3.client(
        "sts",
        endpoint_url=sandbox.endpoint,
        region_name="us-east-1",
        aws_access_key_id=vendor["AccessKeyId"],
        aws_secret_access_key=vendor["SecretAccessKey"],
        aws_session_token=vendor["SessionToken"],
    )
    keys: dict[str, str] = sts.assume_role(RoleArn=role, RoleSessionName="c1", ExternalId=EXTERNAL_ID)["Credentials"]
    return keys


@pytest.fixture(scope="module")
def keys(sandbox: Sandbox, deployed: Program) -> dict[str, str]:
    assert deployed.probe("--integration", "conductorone-provision").exit_code == 0, "its access has taken effect"
    return as_conductorone(sandbox, deployed)


@pytest.fixture
def connector(sandbox: Sandbox, keys: dict[str, str]) -> Iterator[KubernetesApi]:
    """The API server, called as ConductorOne; the bindings that it creates are removed even if the test fails."""
    yield in_cluster(sandbox, "dev-both", keys)
    admin = sandbox.clusters["dev-both"].admin
    for kind in ("clusterrolebindings", "rolebindings"):
        for found in admin.json("GET", f"{RBAC}/{kind}")["items"]:
            meta = found["metadata"]
            if meta["name"].startswith("baton-"):
                place = f"namespaces/{meta['namespace']}/" if "namespace" in meta else ""
                admin.json("DELETE", f"{RBAC}/{place}{kind}/{meta['name']}")


def binding(role: str, user: str = "somebody", namespace: str | None = None) -> dict[str, Any]:
    """A binding as the connector writes it, names included."""
    metadata = {"name": f"baton-{role}-binding"} | ({"namespace": namespace} if namespace else {})
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding" if namespace else "ClusterRoleBinding",
        "metadata": metadata,
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}],
    }


def test_a_grantable_role_can_be_bound_extended_and_unbound(connector: KubernetesApi) -> None:
    path = f"{RBAC}/clusterrolebindings"
    assert connector.request("POST", path, body=binding("view")).status == 201
    bindings = connector.json("GET", path)["items"]
    (mine,) = (found for found in bindings if found["metadata"]["name"] == "baton-view-binding")
    mine["subjects"] += binding("view", "somebody-else")["subjects"]
    mine |= {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding"}
    assert connector.request("PUT", f"{path}/baton-view-binding", body=mine).status == 200
    assert connector.request("DELETE", f"{path}/baton-view-binding").status == 200
    here = f"{RBAC}/namespaces/web/rolebindings"
    assert connector.request("POST", here, body=binding("edit", namespace="web")).status == 201


@pytest.mark.parametrize("role", ["cluster-admin", "admin", "opentrace-read"])
def test_binding_any_other_role_is_denied_as_a_privilege_escalation(connector: KubernetesApi, role: str) -> None:
    answer = connector.request("POST", f"{RBAC}/clusterrolebindings", body=binding(role))
    status = json.loads(answer.body)
    assert (answer.status, status["reason"]) == (403, "Forbidden")
    assert "attempting to grant RBAC permissions not currently held" in status["message"], status["message"]


def test_its_own_role_can_be_bound_as_the_residual_risks_document(connector: KubernetesApi) -> None:
    own = binding("conductorone-provision-provision")
    assert connector.request("POST", f"{RBAC}/clusterrolebindings", body=own).status == 201


def test_it_can_update_aws_auth_and_cannot_read_another_config_map(connector: KubernetesApi) -> None:
    here = "/api/v1/namespaces/kube-system/configmaps"
    found = connector.json("GET", f"{here}/aws-auth")
    # A dry run: aws-auth belongs to the whole sandbox.
    assert connector.request("PUT", f"{here}/aws-auth", query={"dryRun": "All"}, body=found).status == 200
    other = connector.request("GET", f"{here}/extension-apiserver-authentication")
    assert other.status == 403
    assert json.loads(other.body)["reason"] == "Forbidden"


def test_the_hand_offs_patch_adds_map_users_to_aws_auth_and_never_overwrites_it(sandbox: Sandbox) -> None:
    """The hand-off's own command, applied to another ConfigMap of the same form."""
    admin = sandbox.clusters["dev-both"].admin
    here = "/api/v1/namespaces/kube-system/configmaps"
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "aws-auth-copy"}, "data": {"mapRoles": "[]"}}
    admin.json("POST", here, body=body)
    found = re.search(r"--patch '(.*)'$", SEED_MAP_USERS)
    assert found
    patch, kind = json.loads(found[1]), "application/json-patch+json"
    try:
        seeded = admin.json("PATCH", f"{here}/aws-auth-copy", body=patch, content_type=kind)
        assert seeded["data"] == {"mapRoles": "[]", "mapUsers": "[]"}
        again = admin.request("PATCH", f"{here}/aws-auth-copy", body=patch, content_type=kind)
        assert again.status == 422, "mapUsers exists already, and is not changed"
    finally:
        admin.json("DELETE", f"{here}/aws-auth-copy")


@pytest.fixture
def eks(sandbox: Sandbox, keys: dict[str, str]) -> Any:
    """EKS, called as ConductorOne."""
    import boto3

    return boto3.client(
        "eks",
        endpoint_url=sandbox.endpoint,
        region_name="us-east-1",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )


@pytest.fixture
def user(sandbox: Sandbox) -> Iterator[str]:
    """An IAM user that has no access to the cluster yet."""
    iam, deployer = sandbox.boto("iam"), sandbox.boto("eks")
    arn: str = iam.create_user(UserName="granted")["User"]["Arn"]
    yield arn
    if arn in deployer.list_access_entries(clusterName="dev-both")["accessEntries"]:
        deployer.delete_access_entry(clusterName="dev-both", principalArn=arn)
    iam.delete_user(UserName="granted")


def refuse(call: Any, **parameters: Any) -> str:
    """IAM's words about a call that it refuses."""
    with pytest.raises(ClientError) as refused:
        call(**parameters)
    assert refused.value.response["Error"]["Code"].startswith("AccessDenied"), refused.value
    return str(refused.value)


def test_it_can_associate_the_view_policy_and_never_an_administrator_policy(eks: Any, user: str) -> None:
    entry = {"clusterName": "dev-both", "principalArn": user}
    scope = {"type": "cluster"}
    eks.create_access_entry(**entry, type="STANDARD")
    eks.associate_access_policy(**entry, policyArn=f"{POLICY}AmazonEKSViewPolicy", accessScope=scope)
    for name in ("AmazonEKSClusterAdminPolicy", "AmazonEKSAdminPolicy", "AmazonEKSEditPolicy"):
        policy = {"policyArn": f"{POLICY}{name}", "accessScope": scope}
        assert "explicit deny" in refuse(eks.associate_access_policy, **entry, **policy), name
    edit = f"{POLICY}AmazonEKSEditPolicy"
    namespaces = {"type": "namespace", "namespaces": ["web"]}
    eks.associate_access_policy(**entry, policyArn=edit, accessScope=namespaces)
    namespaces["namespaces"] = ["web", "kube-system"]
    assert "explicit deny" in refuse(eks.associate_access_policy, **entry, policyArn=edit, accessScope=namespaces)
    unknown = {"policyArn": f"{POLICY}AmazonEKSSecretReaderPolicy", "accessScope": scope}
    refuse(eks.associate_access_policy, **entry, **unknown)
    eks.disassociate_access_policy(**entry, policyArn=f"{POLICY}AmazonEKSViewPolicy")


def test_it_cannot_let_anyone_in_past_its_deny_of_cluster_admin(sandbox: Sandbox, eks: Any, user: str) -> None:
    """By a group that somebody bound, by a name that is bound, by a role, or as a node."""
    entry = {"clusterName": "dev-both", "principalArn": user, "type": "STANDARD"}
    role = sandbox.boto("iam").get_role(RoleName="data-platform-deployer")["Role"]["Arn"]
    for more in (
        {"kubernetesGroups": ["conductorone-provision:provisioners"]},
        {"username": "admin@acme.example"},
        {"principalArn": role},
        {"principalArn": role, "type": "EC2_LINUX"},
    ):
        refuse(eks.create_access_entry, **{**entry, **more})
    assert eks.create_access_entry(**entry)["accessEntry"]["kubernetesGroups"] == [], "its own request goes through"


def test_it_cannot_take_the_access_of_a_role_away(sandbox: Sandbox, deployed: Program, eks: Any) -> None:
    opentrace = deployed.manifest()["integrations"]["opentrace"]["role"]["arn"]
    entry = {"clusterName": "dev-both", "principalArn": opentrace, "policyArn": f"{POLICY}AmazonEKSViewPolicy"}
    refuse(eks.disassociate_access_policy, **entry)
    refuse(eks.associate_access_policy, **entry, accessScope={"type": "cluster"})


@pytest.mark.parametrize("name", sorted(CONNECTORS))
def test_the_connector_is_available_in_a_namespace_that_enforces_restricted_pods(
    sandbox: Sandbox, deployed: Program, name: str
) -> None:
    admin = sandbox.clusters[CONNECTORS[name]].admin
    labels = admin.json("GET", f"/api/v1/namespaces/{name}")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    live = admin.json("GET", f"/apis/apps/v1/namespaces/{name}/deployments/{name}")
    conditions = {each["type"]: each["status"] for each in live["status"]["conditions"]}
    assert conditions["Available"] == "True"
    privileged = {**live["spec"]["template"]["spec"], "hostNetwork": True}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "twin"}, "spec": privileged}
    refused = admin.request("POST", f"/api/v1/namespaces/{name}/pods", query={"dryRun": "All"}, body=pod)
    assert refused.status == 403, "the namespace rejects a pod that is not restricted"
    assert 'violates PodSecurity "restricted' in json.loads(refused.body)["message"]


def test_the_connectors_secret_has_the_expected_keys_and_its_values_are_nowhere_else(
    sandbox: Sandbox, deployed: Program
) -> None:
    names = ("client-id", "client-secret", "access-key-id", "secret-access-key")
    stack = ("--stack", deployed.stack)
    secrets = [deployed.pulumi("config", "get", f"c1-{name}", *stack).stdout.strip() for name in names]
    assert all(secrets)
    path = "/api/v1/namespaces/conductorone-keys/secrets/conductorone-keys"
    data = sandbox.clusters["dev-configmap"].admin.json("GET", path)["data"]
    assert {key: base64.b64decode(value).decode() for key, value in data.items()} == dict(
        zip(
            ("BATON_CLIENT_ID", "BATON_CLIENT_SECRET", "BATON_EKS_ACCESS_KEY", "BATON_EKS_SECRET_ACCESS_KEY"),
            secrets,
            strict=True,
        )
    )
    printed = deployed.up()
    probed = deployed.probe("--integration", "conductorone-keys", "--verbose")
    texts = {
        "what up prints": printed,
        "a preview": deployed.preview("--refresh").stdout,
        "the state": deployed.pulumi("stack", "export", *stack).stdout,
        "the manifest, with secrets shown": json.dumps(deployed.manifest()),
        "the probe's table": probed.table,
        "the probe's report": json.dumps(probed.report),
    }
    files = [
        file
        for folder in (deployed.folder, sandbox.state.pulumi_backend, sandbox.state.logs)
        for file in Path(folder).rglob("*")
        if file.is_file()
    ]
    for secret in secrets:
        for form in (secret, base64.b64encode(secret.encode()).decode()):
            for where, text in texts.items():
                assert form not in text, where
            for file in files:
                assert form.encode() not in file.read_bytes(), file.name


def test_the_manifest_lists_the_objects_created_in_the_cluster(deployed: Program) -> None:
    objects = deployed.manifest()["integrations"]["conductorone-keyless"]["objects"]
    assert {each["kind"] for each in objects} == {
        "Namespace",
        "ServiceAccount",
        "Secret",
        "NetworkPolicy",
        "Deployment",
    }
    assert all(set(each) == {"kind", "namespace", "name"} for each in objects), "without their contents"
