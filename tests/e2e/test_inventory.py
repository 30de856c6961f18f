"""The inventory of the sandbox's clusters: every integration of the dev stack, and what was made by hand."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sandbox import Sandbox
from tests.e2e.browser import browser
from tests.e2e.principals import CUSTOMER, Role, eventually, who
from tests.e2e.program import SECONDS, Program, dev_config

pytestmark = pytest.mark.e2e

CLUSTER = "dev-both"
AWS_AUTH = "/api/v1/namespaces/kube-system/configmaps/aws-auth"
DATADOG = "464622532012"


@dataclass(frozen=True)
class Taken:
    """One run of the command."""

    exit_code: int
    inventory: dict[str, Any]
    table: str
    folder: Path

    def find(self, arn: str) -> dict[str, Any]:
        (found,) = (each for each in self.inventory["principals"] if each["arn"] == arn)
        return dict(found)

    def way(self, arn: str, cluster: str, method: str) -> dict[str, Any]:
        (found,) = (each for each in self.find(arn)["ways"] if (each["cluster"], each["method"]) == (cluster, method))
        return dict(found)

    def problems(self, arn: str, cluster: str, method: str) -> list[str]:
        return [problem["kind"] for problem in self.way(arn, cluster, method)["problems"]]


def take(sandbox: Sandbox, folder: Path, *options: str) -> Taken:
    """Run the command as a user would, without a stack, with every output."""
    files = {name: folder / f"inventory.{name}" for name in ("json", "html", "md")}
    outputs = ["--json", str(files["json"]), "--html", str(files["html"]), "--markdown", str(files["md"])]
    done = sandbox.run(["eks-access", "inventory", *outputs, *options], cwd=folder, timeout=SECONDS)
    assert files["json"].exists(), done.stderr
    return Taken(done.returncode, json.loads(files["json"].read_text()), done.stdout, folder)


@dataclass(frozen=True)
class ByHand:
    """Roles that were given access by hand, by what is wrong with it."""

    vendor: Role
    gone: str
    again: Role
    again_mapped: Role
    shadowed: Role
    unbound: Role
    administrator: Role
    mapped_gone: str


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox of its own: what other tests leave in clusters and IAM is in an inventory too."""
    with Sandbox.start(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture(scope="module")
def deployed(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Program:
    program = Program(sandbox, tmp_path_factory.mktemp("dev"), "dev", dev_config())
    program.up()
    return program


@pytest.fixture(scope="module")
def by_hand(sandbox: Sandbox, deployed: Program) -> Iterator[ByHand]:
    iam, eks, api = sandbox.boto("iam"), sandbox.boto("eks"), sandbox.clusters[CLUSTER].admin
    before = api.json("GET", AWS_AUTH)
    roles = {name: Role.create(sandbox) for name in ("vendor", "gone", "again", "shadowed", "unbound", "administrator")}
    again_mapped = Role.create(sandbox)
    trust = json.loads(json.dumps(iam.get_role(RoleName=roles["vendor"].name)["Role"]["AssumeRolePolicyDocument"]))
    statement = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{DATADOG}:root"}, "Action": "sts:AssumeRole"}
    statement["Condition"] = {"StringEquals": {"sts:ExternalId": "an-external-id-of-datadog"}}
    trust["Statement"].append(statement)
    iam.update_assume_role_policy(RoleName=roles["vendor"].name, PolicyDocument=json.dumps(trust))
    for role in (*roles.values(), again_mapped):
        groups = ["nobody-bound-this"] if role is roles["unbound"] else ["by-hand"]
        eks.create_access_entry(clusterName=CLUSTER, principalArn=role.arn, kubernetesGroups=groups)
    eks.associate_access_policy(
        clusterName=CLUSTER,
        principalArn=roles["administrator"].arn,
        policyArn="arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
        accessScope={"type": "cluster"},
    )
    roles["gone"].delete()
    # IAM's times are whole seconds: only a role of a later second than its entry's is known to be another one.
    time.sleep(1.1)
    for name in (roles["again"].name, again_mapped.name):
        iam.delete_role(RoleName=name)
        Role.create(sandbox, name)
    mapped_gone = f"arn:aws:iam::{CUSTOMER}:role/never-was"
    lines = [(roles["shadowed"].arn, "system:masters"), (again_mapped.arn, "by-hand"), (mapped_gone, "by-hand")]
    text = "".join(
        f"- {json.dumps({'rolearn': arn, 'username': 'mapped', 'groups': [group]})}\n" for arn, group in lines
    )
    mapped = before["data"].get("mapRoles", "").rstrip("\n")
    data = {**before["data"], "mapRoles": f"{mapped}\n{text}" if mapped else text}
    api.json("PUT", AWS_AUTH, body={**before, "data": data})
    _create_rbac(sandbox)
    yield ByHand(
        roles["vendor"],
        roles["gone"].arn,
        roles["again"],
        again_mapped,
        roles["shadowed"],
        roles["unbound"],
        roles["administrator"],
        mapped_gone,
    )
    patch = [{"op": "replace", "path": "/data", "value": before["data"]}]
    api.json("PATCH", AWS_AUTH, body=patch, content_type="application/json-patch+json")
    for kind in ("clusterrolebindings", "clusterroles"):
        api.json("DELETE", f"/apis/rbac.authorization.k8s.io/v1/{kind}/by-hand")
    for role in (*roles.values(), again_mapped):
        eks.delete_access_entry(clusterName=CLUSTER, principalArn=role.arn)
        if role is not roles["gone"]:
            role.delete()


def _create_rbac(sandbox: Sandbox) -> None:
    api, group = sandbox.clusters[CLUSTER].admin, "rbac.authorization.k8s.io"
    rules = [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list"]}]
    role = {"apiVersion": f"{group}/v1", "kind": "ClusterRole", "metadata": {"name": "by-hand"}, "rules": rules}
    binding = {
        "apiVersion": f"{group}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "by-hand"},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "by-hand"},
        "subjects": [{"apiGroup": group, "kind": "Group", "name": "by-hand"}],
    }
    api.json("POST", f"/apis/{group}/v1/clusterroles", body=role)
    api.json("POST", f"/apis/{group}/v1/clusterrolebindings", body=binding)


@pytest.fixture(scope="module")
def taken(sandbox: Sandbox, by_hand: ByHand, tmp_path_factory: pytest.TempPathFactory) -> Taken:
    return take(sandbox, tmp_path_factory.mktemp("inventory"))


def test_every_integration_of_the_stack_is_there_as_its_manifest_has_it(taken: Taken, deployed: Program) -> None:
    vendors = {"conductorone": "ConductorOne", "cado": "Cado", "apono": "Apono", "opentrace": "OpenTrace"}
    checked = 0
    for name, access in deployed.manifest()["integrations"].items():
        for cluster in access["clusters"].values():
            if cluster["method"] == "eks-connector":
                continue
            way = taken.way(access["role"]["arn"], cluster["name"], cluster["method"])
            identity = access["identity"]
            by_mapping = cluster["method"] == "aws-auth" and identity.get("awsAuthUsername")
            assert way["username"] == (by_mapping or identity["username"]), name
            assert way["groups"] == identity["groups"]
            assert way["effective"]
            owner = taken.find(access["role"]["arn"])["owner"]
            assert (owner["kind"], owner["name"]) == ("vendor", vendors[access["vendor"]])
            assert (way["rights"] == []) is (access["vendor"] == "apono"), "Apono's people have rights once approved"
            checked += 1
    assert checked > 10


def test_every_cluster_was_read_with_its_mode(taken: Taken) -> None:
    assert taken.exit_code == 0
    assert taken.inventory["unread"] == []
    modes = {each["name"]: each["authenticationMode"] for each in taken.inventory["clusters"] if not each["connected"]}
    assert modes == {"dev-api": "API", "dev-both": "API_AND_CONFIG_MAP", "dev-configmap": "CONFIG_MAP"}
    assert [each["name"] for each in taken.inventory["clusters"] if each["connected"]] == ["dev-onprem"]


def test_what_was_made_by_hand_is_there_with_what_is_wrong_with_it(taken: Taken, by_hand: ByHand) -> None:
    def problems(role: Role, method: str = "access-entry") -> list[str]:
        return taken.problems(role.arn, CLUSTER, method)

    assert taken.find(by_hand.vendor.arn)["owner"] == {
        "kind": "vendor",
        "name": "Datadog",
        "evidence": f"its trust policy names account {DATADOG}, which is Datadog's",
        "certain": True,
    }
    assert taken.problems(by_hand.gone, CLUSTER, "access-entry") == ["dead"]
    assert taken.problems(by_hand.mapped_gone, CLUSTER, "aws-auth") == ["dead", "dangerous"]
    assert problems(by_hand.unbound) == ["unbound"]
    assert problems(by_hand.administrator) == ["dangerous"]
    assert problems(by_hand.shadowed, "aws-auth") == ["shadowed"]
    assert "can do everything" in taken.way(by_hand.shadowed.arn, CLUSTER, "aws-auth")["problems"][0]["why"]
    (binding,) = taken.way(by_hand.vendor.arn, CLUSTER, "access-entry")["bindings"]
    assert (binding["name"], binding["role"], binding["subject"]) == ("by-hand", "ClusterRole by-hand", "group by-hand")
    assert "read every Secret" in taken.way(by_hand.vendor.arn, CLUSTER, "access-entry")["rights"][0]["words"]


def test_the_authenticator_agrees_on_who_comes_in_and_by_which_way(taken: Taken, by_hand: ByHand) -> None:
    """A role that was made again is refused, unless aws-auth maps it: a dead entry shadows no mapping."""
    for role in (by_hand.vendor, by_hand.shadowed, by_hand.again, by_hand.again_mapped, by_hand.unbound):
        effective = [way for way in taken.find(role.arn)["ways"] if way["effective"]]
        user = who(role.in_cluster(CLUSTER))
        if not effective:
            assert user is None, role.arn
            continue
        (way,) = effective
        assert user is not None
        assert user["username"] == way["username"].replace("{{SessionName}}", "tester")
        assert set(user["groups"]) == {*way["groups"], "system:authenticated"}
    assert taken.problems(by_hand.again.arn, CLUSTER, "access-entry") == ["dead"]
    assert taken.way(by_hand.again_mapped.arn, CLUSTER, "aws-auth")["effective"]


def test_the_command_changes_nothing(sandbox: Sandbox, by_hand: ByHand, tmp_path: Path) -> None:
    def list_versions() -> list[str]:
        return [
            item["metadata"]["resourceVersion"]
            for path in (AWS_AUTH.rpartition("/")[0], "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings")
            for item in sandbox.clusters[CLUSTER].admin.json("GET", path)["items"]
        ]

    before = list_versions()
    entries = sandbox.boto("eks").list_access_entries(clusterName=CLUSTER)["accessEntries"]
    take(sandbox, tmp_path)
    assert list_versions() == before
    assert sandbox.boto("eks").list_access_entries(clusterName=CLUSTER)["accessEntries"] == entries


def test_exit_codes_for_scripts(sandbox: Sandbox, by_hand: ByHand, tmp_path: Path) -> None:
    assert take(sandbox, tmp_path, "--fail-on", "dead").exit_code == 1
    # What else is in the sandbox's clusters depends on the tests before: an inventory of none of them is certain.
    assert take(sandbox, tmp_path, "--tag", "owner=nobody", "--fail-on", "dead").exit_code == 0
    assert take(sandbox, tmp_path, "dev-api", "no-such-cluster").exit_code == 3


def test_a_reader_without_rights_reads_what_it_may_and_reports_the_rest(
    sandbox: Sandbox, by_hand: ByHand, tmp_path: Path
) -> None:
    """The role may list and describe, and has no access to any cluster."""
    reader = Role.create(sandbox)
    actions = ["eks:List*", "eks:Describe*", "iam:GetRole", "iam:GetUser", "iam:ListRoles"]
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
    iam = sandbox.boto("iam")
    iam.put_role_policy(RoleName=reader.name, PolicyName="read", PolicyDocument=json.dumps(document))
    keys = reader.session()
    env = {
        "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
        "AWS_SESSION_TOKEN": keys["SessionToken"],
    }
    file = tmp_path / "inventory.json"
    command = ["eks-access", "inventory", CLUSTER, "--json", str(file)]
    done = sandbox.run(command, cwd=tmp_path, timeout=SECONDS, env=env)
    iam.delete_role_policy(RoleName=reader.name, PolicyName="read")
    reader.delete()
    assert done.returncode == 3, done.stdout + done.stderr
    inventory = json.loads(file.read_text())
    unread = {each["what"]: each["why"] for each in inventory["unread"]}
    assert {"aws-auth", "ClusterRoles", "ClusterRoleBindings", "Roles", "RoleBindings"} <= unread.keys()
    assert all(unread[what].startswith("401") for what in ("aws-auth", "ClusterRoles"))
    assert {way["method"] for each in inventory["principals"] for way in each["ways"]} == {"access-entry"}
    kinds = {problem["kind"] for each in inventory["principals"] for way in each["ways"] for problem in way["problems"]}
    assert "unknown" in kinds
    assert "unbound" not in kinds, "groups may be bound"


def test_no_secret_of_the_sandbox_is_in_any_output(sandbox: Sandbox, taken: Taken, deployed: Program) -> None:
    canaries = json.loads((sandbox.state.folder / "canaries.json").read_text())
    values = [value for held in canaries.values() for value in ([held] if isinstance(held, str) else held)]
    external_ids = {a["trust"].get("externalId") for a in deployed.manifest()["integrations"].values()} - {None}
    assert len(values) > 5
    assert external_ids
    secrets = [*values, *external_ids, sandbox.env["AWS_SECRET_ACCESS_KEY"], "an-external-id-of-datadog", "k8s-aws-v1."]
    texts = [taken.table, *(file.read_text() for file in taken.folder.iterdir())]
    assert len(texts) == 4
    for text in texts:
        for secret in secrets:
            assert secret not in text


def test_the_page_filters_its_principals_and_requests_nothing(taken: Taken) -> None:
    with browser() as page:
        page.open(taken.folder / "inventory.html")
        total = len(taken.inventory["principals"])
        assert page.run("document.getElementById('found').textContent") == f"{total} principals"
        text = page.run("document.body.textContent")
        for each in taken.inventory["principals"]:
            assert each["arn"].rpartition("/")[2] in text
        cluster = page.run("document.querySelector('button[data-problem=\"dead\"]').dataset.cluster")
        page.run("document.querySelector('button[data-problem=\"dead\"]').click()")
        shown = page.run("document.querySelectorAll('.principal:not([hidden])').length")
        dead = [
            each
            for each in taken.inventory["principals"]
            if any(
                problem["kind"] == "dead"
                for way in each["ways"]
                for problem in way["problems"]
                if way["cluster"] == cluster
            )
        ]
        assert 0 < shown == len(dead) < total
        page.run("document.getElementById('problem').value = ''; document.getElementById('search').value = 'datadog'")
        page.run("document.getElementById('search').dispatchEvent(new Event('input'))")
        page.wait("document.querySelectorAll('.principal:not([hidden])').length === 1")
        assert page.errors == []
        assert [url.partition(":")[0] for url in page.requests] == ["file"]


def test_a_mapping_that_is_added_is_there_the_next_time(sandbox: Sandbox, by_hand: ByHand, tmp_path: Path) -> None:
    api, role = sandbox.clusters["dev-configmap"].admin, Role.create(sandbox)
    before = api.json("GET", AWS_AUTH)
    line = f"- {json.dumps({'rolearn': role.arn, 'username': 'new', 'groups': []})}\n"
    data = {**before["data"], "mapRoles": before["data"]["mapRoles"].rstrip("\n") + "\n" + line}
    api.json("PUT", AWS_AUTH, body={**before, "data": data})
    try:
        eventually(lambda: who(role.in_cluster("dev-configmap")), "the authenticator reads aws-auth again")
        assert take(sandbox, tmp_path).way(role.arn, "dev-configmap", "aws-auth")["username"] == "new"
    finally:
        patch = [{"op": "replace", "path": "/data", "value": before["data"]}]
        api.json("PATCH", AWS_AUTH, body=patch, content_type="application/json-patch+json")
        role.delete()
