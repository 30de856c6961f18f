"""Exact objects under the real engine and a real API server: whatever others change is shown and repaired."""

import copy
import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from eks_access.exact.kinds import CLUSTER_ROLE, KINDS, NETWORK_POLICY, RBAC_KINDS, SERVICE_ACCOUNT, Kind
from eks_access.kubernetes.client import KubernetesApi
from sandbox import Sandbox

pytestmark = pytest.mark.e2e

CHECKOUT = Path(__file__).parents[2]
CLUSTER = "dev-both"
SECONDS = 300
GROUP = "rbac.authorization.k8s.io"
AGGREGATE = f"{GROUP}/aggregate-to-view"
RULES = [
    {"apiGroups": [""], "resources": ["pods", "services"], "verbs": ["get", "list"]},
    {"apiGroups": ["apps"], "resources": ["deployments"], "resourceNames": ["web", "api"], "verbs": ["get"]},
]
SUBJECTS = [
    {"apiGroup": GROUP, "kind": "Group", "name": "vendor-readers"},
    {"kind": "ServiceAccount", "name": "agent", "namespace": "default"},
]
POLICY = {
    "podSelector": {"matchLabels": {"app": "web"}},
    "policyTypes": ["Ingress"],
    "ingress": [{"from": [{"namespaceSelector": {"matchLabels": {"team": "vendor"}}}], "ports": [{"port": 443}]}],
}
ROLE_ARN = "eks.amazonaws.com/role-arn"
Change = Callable[[dict[str, Any]], object]


class Stack:
    """The program of this test in a folder and a stack of its own."""

    def __init__(self, sandbox: Sandbox, folder: Path, objects: dict[str, Any]) -> None:
        self.sandbox = sandbox
        self.folder = folder
        self.api = sandbox.clusters[CLUSTER].admin
        self.objects = objects
        self.config: dict[str, Any] = {"kubeconfig": sandbox.clusters[CLUSTER].kubeconfig.read_text()}
        self.env: dict[str, str] = {}
        options = {"virtualenv": str(Path(sys.executable).parents[1])}
        project = {
            "name": "rbac",
            "main": str(CHECKOUT / "tests/e2e/exact_program"),
            "runtime": {"name": "python", "options": options},
            "plugins": {"providers": [{"name": "eks-access", "path": str(CHECKOUT / "components")}]},
        }
        (folder / "Pulumi.yaml").write_text(yaml.safe_dump(project))
        self.pulumi("stack", "init", folder.name)

    def pulumi(self, *arguments: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
        path = self.folder / f"Pulumi.{self.folder.name}.yaml"
        noted = yaml.safe_load(path.read_text()) if path.exists() else {}
        config = {"rbac:objects": json.dumps(self.objects), **{f"rbac:{key}": self.config[key] for key in self.config}}
        path.write_text(yaml.safe_dump({**noted, "config": config}))
        done = self.sandbox.run(
            ["pulumi", "--non-interactive", "--color=never", *arguments],
            cwd=self.folder,
            timeout=SECONDS,
            env={
                "PYTHONPATH": str(CHECKOUT / "components"),
                "KUBECONFIG": str(self.sandbox.clusters[CLUSTER].kubeconfig),
                **self.env,
            },
        )
        assert done.returncode == 0 or not check, f"pulumi {' '.join(arguments)}:\n{done.stdout}\n{done.stderr}"
        return done

    def up(self, *options: str, check: bool = True) -> str:
        done = self.pulumi("up", "--yes", "--skip-preview", *options, check=check)
        assert (done.returncode == 0) is check, done.stdout
        return done.stdout + done.stderr

    def preview(self, *options: str, check: bool = True) -> str:
        done = self.pulumi("preview", "--diff", *options, check=check)
        assert (done.returncode == 0) is check, done.stdout
        return done.stdout + done.stderr

    def destroy(self, check: bool = True) -> str:
        done = self.pulumi("destroy", "--yes", "--skip-preview", check=check)
        assert (done.returncode == 0) is check, done.stdout
        return done.stdout + done.stderr

    def get(self, kind: Kind, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.api.json("GET", kind.path(name, "default"))
        return found

    def change(self, kind: Kind, name: str, change: Change) -> None:
        """Change an object as another client; a binding to another role is a new object."""
        before = self.get(kind, name)
        after = copy.deepcopy(before)
        change(after)
        assert after != before, "the sabotage changes something"
        if after.get("roleRef") != before.get("roleRef") or "uid" not in after["metadata"]:
            self.api.json("DELETE", kind.path(name, "default"))
            kept = ("name", "namespace", "labels", "annotations")
            after["metadata"] = {key: after["metadata"][key] for key in kept if key in after["metadata"]}
            self.api.json("POST", kind.collection("default"), body=after)
        else:
            self.api.json("PUT", kind.path(name, "default"), body=after)


def declare(kind: Kind, name: str, **changes: Any) -> dict[str, Any]:
    """The entry of an object in the program's configuration."""
    metadata = {"name": name, "labels": {"app": "vendor"}, **({"namespace": "default"} if kind.namespaced else {})}
    parts: dict[str, Any] = {"rules": RULES}
    if kind.is_binding:
        parts = {"role_ref": {"apiGroup": GROUP, "kind": "ClusterRole", "name": "view"}, "subjects": SUBJECTS}
    elif kind is SERVICE_ACCOUNT:
        parts = {"automount_service_account_token": False}
    elif kind is NETWORK_POLICY:
        parts = {"spec": POLICY}
    return {"kind": kind.name, "arguments": {"metadata": metadata, **parts, **changes}}


@dataclass(frozen=True)
class Sabotage:
    """A change by others: to which kinds, and the text by which a preview has to show it."""

    name: str
    change: Change
    shown: str
    kinds: tuple[Kind, ...]


def replace_object(live: dict[str, Any]) -> None:
    """Another object of that name, without marks and with another uid."""
    others: dict[str, Any] = {
        "rules": [{"apiGroups": [""], "resources": ["nodes"], "verbs": ["patch"]}],
        "subjects": [{"apiGroup": GROUP, "kind": "User", "name": "nodes"}],
        "spec": {"podSelector": {"matchLabels": {"app": "nodes"}}, "policyTypes": ["Ingress"]},
        "automountServiceAccountToken": True,
    }
    live.update({part: value for part, value in others.items() if part in live})
    for field in ("uid", "resourceVersion", "annotations", "labels"):
        live["metadata"].pop(field, None)


ROLES, BINDINGS = RBAC_KINDS[:2], RBAC_KINDS[2:]
SABOTAGE = [
    Sabotage("rule", lambda live: live["rules"].append({**RULES[0], "resources": ["secrets"]}), '"secrets"', ROLES),
    Sabotage("removed-rule", lambda live: live["rules"].pop(0), '"services"', ROLES),
    Sabotage("no-rule", lambda live: live.update(rules=None), '"services"', ROLES),
    Sabotage("verb", lambda live: live["rules"][0]["verbs"].insert(0, "delete"), '"delete"', ROLES),
    Sabotage("resource", lambda live: live["rules"][0]["resources"].append("configmaps"), '"configmaps"', ROLES),
    Sabotage("group", lambda live: live["rules"][1]["apiGroups"].append("batch"), '"batch"', ROLES),
    Sabotage("removed-name", lambda live: live["rules"][1]["resourceNames"].remove("web"), '"web"', ROLES),
    Sabotage("removed-names", lambda live: live["rules"][1].pop("resourceNames"), "resourceNames", ROLES),
    Sabotage("label", lambda live: live["metadata"]["labels"].update({AGGREGATE: "true"}), AGGREGATE, (CLUSTER_ROLE,)),
    Sabotage(
        "aggregation",
        lambda live: live.update(aggregationRule={"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]}),
        "clusterRoleSelectors",
        (CLUSTER_ROLE,),
    ),
    Sabotage(
        "subject",
        lambda live: live["subjects"].append({"apiGroup": GROUP, "kind": "Group", "name": "system:authenticated"}),
        '"system:authenticated"',
        BINDINGS,
    ),
    Sabotage("removed-subject", lambda live: live["subjects"].pop(0), '"vendor-readers"', BINDINGS),
    Sabotage("other-subject", lambda live: live["subjects"][0].update(name="joe"), '"joe"', BINDINGS),
    Sabotage("other-role", lambda live: live["roleRef"].update(name="admin"), '"admin"', BINDINGS),
    Sabotage(
        "role-annotation",
        lambda live: live["metadata"].setdefault("annotations", {}).update({ROLE_ARN: "arn:aws:iam::1:role/admin"}),
        ROLE_ARN,
        (SERVICE_ACCOUNT,),
    ),
    Sabotage(
        "token",
        lambda live: live.pop("automountServiceAccountToken"),
        "automountServiceAccountToken",
        (SERVICE_ACCOUNT,),
    ),
    Sabotage(
        "peer",
        lambda live: live["spec"]["ingress"][0]["from"].append({"ipBlock": {"cidr": "0.0.0.0/0"}}),
        '"0.0.0.0/0"',
        (NETWORK_POLICY,),
    ),
    Sabotage("ingress", lambda live: live["spec"]["ingress"].append({}), "[1]", (NETWORK_POLICY,)),
    Sabotage("ports", lambda live: live["spec"]["ingress"][0].pop("ports"), "ports", (NETWORK_POLICY,)),
    Sabotage("replaced", replace_object, "", KINDS),
]
CASES = [(sabotage, kind) for sabotage in SABOTAGE for kind in sabotage.kinds]


def name_of(sabotage: Sabotage, kind: Kind) -> str:
    return f"{kind.name.lower()}-{sabotage.name}"


@dataclass(frozen=True)
class Repaired:
    """What was seen of all sabotage at once: an object for each."""

    shown: dict[str, str]
    """What a preview with a refresh shows of each resource."""
    before: dict[str, dict[str, Any]]
    after: dict[str, dict[str, Any]]
    again: str
    stack: Stack


@pytest.fixture(scope="module")
def repaired(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repaired]:
    objects = {name_of(*case): declare(case[1], f"sabotaged-{name_of(*case)}") for case in CASES}
    stack = Stack(sandbox, tmp_path_factory.mktemp("rbac-sabotage"), objects)

    def read() -> dict[str, dict[str, Any]]:
        return {name_of(*case): stack.get(case[1], f"sabotaged-{name_of(*case)}") for case in CASES}

    stack.up()
    before = read()
    for sabotage, kind in CASES:
        stack.change(kind, f"sabotaged-{name_of(sabotage, kind)}", sabotage.change)
    printed = stack.preview("--refresh")
    shown = {name: "" for name in objects}
    for block in printed.split("[urn=urn:pulumi:")[1:]:
        name = block.partition("]")[0].rpartition("::")[2]
        shown[name] = shown.get(name, "") + block
    stack.up("--refresh")
    yield Repaired(shown, before, read(), stack.up("--refresh", "--expect-no-changes"), stack)
    stack.destroy()
    left = [path for kind in KINDS for path in names(stack.api, kind) if path.startswith("sabotaged-")]
    assert left == [], "destroying leaves nothing"


def names(api: KubernetesApi, kind: Kind) -> list[str]:
    return [each["metadata"]["name"] for each in api.json("GET", kind.collection("default"))["items"]]


@pytest.mark.parametrize(("sabotage", "kind"), CASES, ids=[name_of(*case) for case in CASES])
def test_sabotage_is_shown_by_a_refresh_and_repaired_by_up(repaired: Repaired, sabotage: Sabotage, kind: Kind) -> None:
    name = name_of(sabotage, kind)
    assert repaired.shown[name], "shown"
    assert sabotage.shown in repaired.shown[name], repaired.shown[name]
    for field in (*kind.parts, "labels", "annotations"):
        before, after = (
            each[name].get(field, each[name]["metadata"].get(field)) for each in (repaired.before, repaired.after)
        )
        assert after == before, field


def test_after_the_repair_there_is_nothing_to_do(repaired: Repaired) -> None:
    assert f"{len(CASES) + 1} unchanged" in repaired.again


@pytest.fixture
def stack(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    objects = {kind.name: declare(kind, f"owned-{kind.name.lower()}") for kind in KINDS}
    created = Stack(sandbox, tmp_path_factory.mktemp("rbac-owned"), objects)
    yield created
    created.destroy()
    for kind in KINDS:
        for name in names(created.api, kind):
            if name.startswith("owned-"):
                created.api.json("DELETE", kind.path(name, "default"))


def put_foreign(stack: Stack, kind: Kind) -> dict[str, Any]:
    name = f"owned-{kind.name.lower()}"
    metadata = {"name": name, **({"namespace": "default"} if kind.namespaced else {})}
    parts: dict[str, Any] = {"rules": RULES[:1]}
    if kind.is_binding:
        parts = {"roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": "edit"}, "subjects": SUBJECTS[:1]}
    elif kind is SERVICE_ACCOUNT:
        parts = {"automountServiceAccountToken": True}
    elif kind is NETWORK_POLICY:
        parts = {"spec": {"podSelector": {}, "policyTypes": ["Egress"]}}
    body = {"apiVersion": kind.api_version, "kind": kind.name, "metadata": metadata, **parts}
    created: dict[str, Any] = stack.api.json("POST", kind.collection("default"), body=body)
    return created


def test_objects_of_others_are_refused_and_left_until_adopt_takes_them_over(stack: Stack) -> None:
    foreign = {kind.name: put_foreign(stack, kind) for kind in KINDS}
    assert "exists already" in stack.preview(check=False), "a preview fails, at the first of them"
    refused = stack.up("--continue-on-error", check=False)
    for kind in KINDS:
        assert f"owned-{kind.name.lower()}': an object of this name exists already" in refused, refused
    for kind in KINDS:
        assert stack.get(kind, f"owned-{kind.name.lower()}") == foreign[kind.name]
    stack.destroy()
    for kind in KINDS:
        assert stack.get(kind, f"owned-{kind.name.lower()}") == foreign[kind.name], "and a destroy leaves them too"

    for each in stack.objects.values():
        each["arguments"]["adopt"] = True
    stack.up()
    stack.up("--refresh", "--expect-no-changes")
    role, _, binding, _ = (stack.get(kind, f"owned-{kind.name.lower()}") for kind in RBAC_KINDS)
    assert role["rules"] == RULES
    assert binding["roleRef"]["name"] == "view"
    stack.destroy()
    assert not [name for kind in KINDS for name in names(stack.api, kind) if name.startswith("owned-")]


def test_existing_objects_are_imported_without_a_change_and_then_updated(stack: Stack) -> None:
    for kind in KINDS:
        put_foreign(stack, kind)
    before = {kind.name: stack.get(kind, f"owned-{kind.name.lower()}") for kind in KINDS}
    resources = [
        {
            "type": f"eks-access:index:{kind.name}",
            "name": kind.name,
            "id": f"{'default/' if kind.namespaced else ''}owned-{kind.name.lower()}",
        }
        for kind in KINDS
    ]
    (stack.folder / "import.json").write_text(json.dumps({"resources": resources}))
    options = ("--yes", "--skip-preview", "--protect=false", "--generate-code=false")
    stack.pulumi("import", "--file", "import.json", *options)
    assert {kind.name: stack.get(kind, f"owned-{kind.name.lower()}") for kind in KINDS} == before, "nothing is written"
    stack.up("--refresh")
    for kind in KINDS:
        metadata = stack.get(kind, f"owned-{kind.name.lower()}")["metadata"]
        assert metadata["annotations"]["eks-access/resource"] == kind.name
    stack.up("--refresh", "--expect-no-changes")


def test_a_refusal_of_the_api_server_is_reported_in_its_words(stack: Stack) -> None:
    stack.objects = {"wrong": declare(KINDS[0], "owned-wrong", rules=[{"resources": ["pods"], "verbs": ["get"]}])}
    printed = stack.preview(check=False)
    assert "resource rules must supply at least one api group" in printed
    stack.objects["wrong"] = declare(KINDS[0], "owned-right")
    stack.preview()


def test_a_cluster_that_is_gone_is_forgotten_only_where_the_user_says_so(stack: Stack) -> None:
    stack.up()
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        gone = f"https://127.0.0.1:{closed.getsockname()[1]}"
    exported = json.loads(stack.pulumi("stack", "export", "--show-secrets").stdout)
    server = yaml.safe_load(stack.config["kubeconfig"])["clusters"][0]["cluster"]["server"]
    (stack.folder / "state.json").write_text(json.dumps(exported).replace(server, gone))
    stack.pulumi("stack", "import", "--file", "state.json")
    stack.config["kubeconfig"] = stack.config["kubeconfig"].replace(server, gone)

    for refused in (stack.up("--refresh", check=False), stack.destroy(check=False)):
        assert "no answer from" in refused
        assert "PULUMI_K8S_DELETE_UNREACHABLE=true" in refused
    stack.env["PULUMI_K8S_DELETE_UNREACHABLE"] = "true"
    assert "removed from the state" in stack.destroy()
    for kind in KINDS:
        assert stack.get(kind, f"owned-{kind.name.lower()}"), "what the cluster has is not touched"


def test_one_cluster_is_asked_for_credentials_once(stack: Stack, tmp_path: Path) -> None:
    """The credential command runs once for all resources of a cluster."""
    kubeconfig = yaml.safe_load(stack.config["kubeconfig"])
    log = tmp_path / "runs"
    command = tmp_path / "credential"
    user = kubeconfig["users"][0]["user"]
    version = "client.authentication.k8s.io/v1"
    credential = {"apiVersion": version, "kind": "ExecCredential", "status": {"token": user["token"]}}
    command.write_text(f"#!/bin/sh\necho run >> {log}\ncat <<'END'\n{json.dumps(credential)}\nEND\n")
    command.chmod(0o755)
    kubeconfig["users"][0]["user"] = {
        "exec": {"apiVersion": version, "command": str(command), "interactiveMode": "Never"}
    }
    stack.config["kubeconfig"] = yaml.safe_dump(kubeconfig)
    stack.up()
    assert log.read_text().split() == ["run"]


def test_objects_of_version_0_1_0_are_updated_in_place(stack: Stack) -> None:
    """They were resources of the Kubernetes provider; nobody's rights are interrupted by the change of their types."""
    stack.config["before"] = "true"
    stack.up()
    before = {kind.name: stack.get(kind, f"owned-{kind.name.lower()}")["metadata"] for kind in KINDS}
    del stack.config["before"]

    previewed = stack.preview()
    assert "(replace)" not in previewed, previewed
    assert f"~ {len(KINDS)} to update" in previewed, previewed
    stack.up()
    after = {kind.name: stack.get(kind, f"owned-{kind.name.lower()}")["metadata"] for kind in KINDS}
    assert {name: each["uid"] for name, each in after.items()} == {name: each["uid"] for name, each in before.items()}
    for name, each in after.items():
        assert each["annotations"]["eks-access/resource"] == name
        assert "pulumi.com/patchForce" not in each["annotations"]
    stack.up("--refresh", "--expect-no-changes")
