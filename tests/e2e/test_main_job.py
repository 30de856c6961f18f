"""The main job: provision the integrations on three clusters, and prove what they can and cannot do."""

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox import Sandbox
from tests.e2e.program import Program

pytestmark = pytest.mark.e2e

CUSTOMER = "111122223333"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
OURS = {"labelSelector": "app.kubernetes.io/managed-by=eks-access"}


def config_map(sandbox: Sandbox, cluster: str) -> dict[str, str]:
    found: dict[str, Any] = sandbox.clusters[cluster].admin.json(
        "GET", "/api/v1/namespaces/kube-system/configmaps/aws-auth"
    )
    data: dict[str, str] = found["data"]
    return data


def test_every_expectation_of_every_integration_holds(deployed: Program) -> None:
    probed = deployed.probe()
    assert probed.mismatches() == []
    assert probed.exit_code == 0
    checks = probed.report["checks"]
    assert {check["integration"] for check in checks} == set(deployed.manifest()["integrations"])
    for name in deployed.manifest()["integrations"]:
        mine = [check for check in checks if check["integration"] == name]
        assert {check["plane"] for check in mine} == {"trust", "aws", "kubernetes"}, f"{name}: every plane is checked"
        assert {check["expected"] for check in mine} == {"allowed", "denied"}, f"{name}: allowed and denied"


def test_a_second_up_changes_nothing_and_a_refresh_finds_no_drift(deployed: Program) -> None:
    assert "unchanged" in deployed.up("--expect-no-changes")
    deployed.preview("--refresh", "--expect-no-changes")


def test_access_is_by_an_access_entry_where_supported_and_by_aws_auth_elsewhere(
    sandbox: Sandbox, deployed: Program
) -> None:
    role = deployed.manifest()["integrations"]["opentrace"]["role"]["arn"]
    eks = sandbox.boto("eks")
    for cluster in ("dev-api", "dev-both"):
        assert role in eks.list_access_entries(clusterName=cluster)["accessEntries"]
    assert role in config_map(sandbox, "dev-configmap")["mapRoles"]
    assert role not in config_map(sandbox, "dev-both")["mapRoles"], "one entry method, not two"


def test_kubectl_impersonating_the_integration_agrees_with_every_expectation(deployed: Program) -> None:
    """`kubectl auth can-i` for every Kubernetes expectation, with `eks-access token --as` as exec credential."""
    manifest = deployed.manifest()
    integration = manifest["integrations"]["cado"]
    cluster = integration["clusters"]["both"]
    manifest_file = deployed.folder / "manifest.json"
    manifest_file.write_text(json.dumps(manifest))
    arguments = ["token", "--as", "cado", "--manifest", str(manifest_file), "--cluster-name", cluster["name"]]
    kubeconfig = deployed.folder / "kubeconfig-cado"
    kubeconfig.write_text(
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [
                    {
                        "name": "c",
                        "cluster": {
                            "server": cluster["endpoint"],
                            "certificate-authority-data": cluster["certificateAuthority"],
                        },
                    }
                ],
                "users": [
                    {
                        "name": "u",
                        "user": {
                            "exec": {
                                "apiVersion": "client.authentication.k8s.io/v1",
                                "command": "eks-access",
                                "args": arguments,
                                "interactiveMode": "Never",
                            }
                        },
                    }
                ],
                "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
                "current-context": "x",
            }
        )
    )
    who = deployed.sandbox.run(["kubectl", "--kubeconfig", str(kubeconfig), "auth", "whoami", "-o", "json"])
    assert who.returncode == 0, who.stderr
    assert "cado:responders" in json.loads(who.stdout)["status"]["userInfo"]["groups"]
    for expected in integration["kubernetes"]:
        resource = expected["resource"] + (f".{expected['apiGroup']}" if expected["apiGroup"] else "")
        asked = [expected["verb"], f"{resource}/{expected['name']}" if expected["name"] else resource]
        place = ["--namespace", expected["namespace"]] if expected["namespace"] else ["--all-namespaces"]
        part = [f"--subresource={expected['subresource']}"] if expected["subresource"] else []
        answer = deployed.sandbox.run(
            ["kubectl", "--kubeconfig", str(kubeconfig), "auth", "can-i", *asked, *place, *part]
        )
        assert answer.stdout.strip() == ("yes" if expected["allowed"] else "no"), f"{asked}: {answer.stderr}"


def test_destroy_leaves_no_resources_and_an_unchanged_aws_auth(sandbox: Sandbox, tmp_path: Path) -> None:
    clusters = ("dev-api", "dev-both", "dev-configmap")
    iam, eks = sandbox.boto("iam"), sandbox.boto("eks")

    def snapshot() -> dict[str, Any]:
        roles = [role["RoleName"] for role in iam.list_roles()["Roles"]]
        return {
            "roles": sorted(roles),
            "policies": sorted(policy["Arn"] for policy in iam.list_policies(Scope="Local")["Policies"]),
            "entries": {
                cluster: sorted(eks.list_access_entries(clusterName=cluster)["accessEntries"])
                for cluster in clusters
                if sandbox.mode(cluster) != "CONFIG_MAP"
            },
            "rbac": {
                (cluster, kind): sorted(
                    found["metadata"]["name"]
                    for found in sandbox.clusters[cluster].admin.json("GET", f"{RBAC}/{kind}", query=OURS)["items"]
                )
                for cluster in clusters
                for kind in ("clusterroles", "clusterrolebindings", "rolebindings")
            },
            "aws-auth": {cluster: config_map(sandbox, cluster) for cluster in clusters if cluster != "dev-api"},
        }

    before = snapshot()
    config = {
        "eks-access:integrations": {
            "leaving-cado": {
                "vendor": "cado",
                "platform_role_arns": ["arn:aws:iam::444455556666:role/CadoPlatform"],
                "namespaces": ["payments"],
            },
            "leaving-opentrace": {
                "vendor": "opentrace",
                "clusters": ["api", "both"],
                "profile": "vendor",
                "client_id": "1234567890-sandbox.apps.googleusercontent.com",
                "subject": "110169484474386276334",
            },
        }
    }
    program = Program(sandbox, tmp_path, "leaving", config)
    program.up()
    between = snapshot()
    assert "CadoResponse-leaving-cado" in between["roles"]
    assert "CadoResponse-leaving-cado" in between["aws-auth"]["dev-configmap"]["mapRoles"]
    assert between["rbac"] != before["rbac"]
    program.destroy()
    assert snapshot() == before, "comments of others in aws-auth included"
