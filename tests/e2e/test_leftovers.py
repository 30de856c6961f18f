"""Orphaned resources are listed with their cause until they are removed; resources in use are not listed."""

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sandbox import Sandbox
from tests.e2e.principals import CUSTOMER, REGION, Role
from tests.e2e.program import SECONDS, Program

pytestmark = pytest.mark.e2e

CLUSTER = "dev-both"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
AWS_AUTH = "/api/v1/namespaces/kube-system/configmaps/aws-auth"
CADO = {
    "vendor": "cado",
    "clusters": ["both"],
    "platform_role_arns": ["arn:aws:iam::444455556666:role/CadoPlatform"],
    "namespaces": ["payments"],
}


@dataclass(frozen=True)
class SearchResult:
    exit_code: int
    found: list[dict[str, str]]
    not_looked_at: list[dict[str, str]]

    @property
    def names(self) -> set[str]:
        return {each["name"] for each in self.found}


def find_leftovers(program: Program, *options: str, env: dict[str, str] | None = None) -> SearchResult:
    command = ["eks-access", "leftovers", "--json", *(options or ("--stack", program.stack))]
    done = program.sandbox.run(command, cwd=program.folder, timeout=SECONDS, env=env or {})
    assert done.stdout, done.stderr
    report = json.loads(done.stdout)
    return SearchResult(done.returncode, report["leftovers"], report["notLookedAt"])


@pytest.fixture(scope="module")
def program(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A stack of one integration in one cluster."""
    config = {
        "eks-access:clusters": {"both": {"name": CLUSTER, "region": REGION}},
        "eks-access:integrations": {"left-cado": CADO},
    }
    program = Program(sandbox, tmp_path_factory.mktemp("leftovers"), "leftovers", config)
    program.up()
    yield program
    program.destroy()


@pytest.fixture
def dead_entry(sandbox: Sandbox) -> Iterator[str]:
    """An access entry whose role was deleted."""
    role, eks = Role.create(sandbox), sandbox.boto("eks")
    eks.create_access_entry(clusterName=CLUSTER, principalArn=role.arn, kubernetesGroups=["somebody"])
    role.delete()
    yield role.arn
    if role.arn in eks.list_access_entries(clusterName=CLUSTER)["accessEntries"]:
        eks.delete_access_entry(clusterName=CLUSTER, principalArn=role.arn)


def map_role(sandbox: Sandbox, arn: str) -> dict[str, Any]:
    """Add a mapping as another writer would, and return the ConfigMap as it was before."""
    api = sandbox.clusters[CLUSTER].admin
    before: dict[str, Any] = api.json("GET", AWS_AUTH)
    mapped = before["data"].get("mapRoles", "").rstrip("\n")
    line = f"- {{rolearn: '{arn}', username: somebody, groups: []}}\n"
    data = {**before["data"], "mapRoles": f"{mapped}\n{line}" if mapped else line}
    api.json("PUT", AWS_AUTH, body={**before, "data": data})
    return before


def restore(sandbox: Sandbox, before: dict[str, Any]) -> None:
    patch = [{"op": "replace", "path": "/data", "value": before["data"]}]
    sandbox.clusters[CLUSTER].admin.json("PATCH", AWS_AUTH, body=patch, content_type="application/json-patch+json")


def bind(sandbox: Sandbox, name: str) -> None:
    body = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "jane"}],
    }
    sandbox.clusters[CLUSTER].admin.json("POST", f"{RBAC}/clusterrolebindings", body=body)


def test_each_leftover_is_listed_until_it_is_removed(sandbox: Sandbox, program: Program, dead_entry: str) -> None:
    before = find_leftovers(program).names
    assert before == {dead_entry}, "only what the fixture created; nothing that is in use"

    bind(sandbox, "baton-x-binding")
    gone, there = f"arn:aws:iam::{CUSTOMER}:role/never-was", Role.create(sandbox)
    config_map = map_role(sandbox, gone)
    map_role(sandbox, there.arn)
    result = find_leftovers(program)
    assert result.exit_code == 1
    assert result.names == {dead_entry, "baton-x-binding", gone}, "and not the mapping of a role that exists"
    by_name = {each["name"]: each for each in result.found}
    assert by_name["baton-x-binding"]["belongsTo"] == "conductorone"
    assert by_name[gone]["kind"] == "aws-auth mapping"
    assert "no longer exists" in by_name[dead_entry]["why"]

    kubectl, *arguments = shlex.split(by_name["baton-x-binding"]["remove"])
    removed = sandbox.run([kubectl, "--kubeconfig", str(sandbox.clusters[CLUSTER].kubeconfig), *arguments])
    assert removed.returncode == 0, f"the suggested command removes it: {removed.stderr}"
    assert find_leftovers(program).names == {dead_entry, gone}
    restore(sandbox, config_map)
    there.delete()
    assert find_leftovers(program).names == {dead_entry}
    sandbox.boto("eks").delete_access_entry(clusterName=CLUSTER, principalArn=dead_entry)
    clean = find_leftovers(program)
    assert (clean.exit_code, clean.found) == (0, [])


def test_leftovers_of_an_off_boarded_integration_are_listed(sandbox: Sandbox, program: Program, tmp_path: Path) -> None:
    saved = tmp_path / "access.json"
    saved.write_text(json.dumps(program.manifest()))
    assert find_leftovers(program).found == [], "while it is deployed, it is no leftover"
    gone = find_leftovers(program, "--manifest", str(saved), "--gone", "left-cado")
    kinds = sorted(each["kind"] for each in gone.found)
    assert kinds == ["ClusterRole", "ClusterRole", "ClusterRoleBinding", "RoleBinding", "access entry"]
    assert {each["belongsTo"] for each in gone.found} == {"left-cado", "eks-access"}


def test_a_cluster_that_no_integration_uses_any_more_is_still_searched(sandbox: Sandbox, program: Program) -> None:
    program.configure({
        "eks-access:clusters": {"both": {"name": CLUSTER}},
        "eks-access:integrations": {},
    })  # fmt: skip
    program.up()
    bind(sandbox, "baton-y-binding")
    try:
        assert find_leftovers(program).names == {"baton-y-binding"}
    finally:
        sandbox.clusters[CLUSTER].admin.json("DELETE", f"{RBAC}/clusterrolebindings/baton-y-binding")
    assert find_leftovers(program).exit_code == 0


def test_an_endpoint_that_is_not_a_loopback_address_is_rejected(program: Program) -> None:
    command = ["eks-access", "leftovers", "--stack", program.stack]
    env = {"AWS_ENDPOINT_URL": "https://eks.us-east-1.amazonaws.com"}
    done = program.sandbox.run(command, cwd=program.folder, timeout=SECONDS, env=env)
    assert done.returncode == 2
    assert "not a loopback address" in done.stderr


def test_a_cluster_that_cannot_be_searched_is_reported(program: Program, tmp_path: Path) -> None:
    manifest = program.manifest()
    manifest["clusters"]["absent"] = {"name": "no-such-cluster", "region": REGION}
    saved = tmp_path / "access.json"
    saved.write_text(json.dumps(manifest))
    result = find_leftovers(program, "--manifest", str(saved))
    assert result.exit_code == 3
    assert [each["where"] for each in result.not_looked_at] == ["absent"]
