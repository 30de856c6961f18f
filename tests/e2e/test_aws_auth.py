"""The aws-auth mapping under the real engine and a real API server, with other writers of the same ConfigMap."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from eks_access.aws_auth import lifecycle
from eks_access.aws_auth.mapping import RoleMapping
from eks_access.aws_auth.reader import Identity, read
from eks_access.kubernetes.client import KubernetesApi
from sandbox import Sandbox

pytestmark = pytest.mark.e2e

CHECKOUT = Path(__file__).parents[2]
CLUSTER = "dev-configmap"
CONFIG_MAPS = "/api/v1/namespaces/kube-system/configmaps"
OURS = RoleMapping.of("arn:aws:iam::999988887777:role/vendors/Reader", "vendor:{{SessionName}}", ["vendor-readers"])
THEIRS = """\
# nodes: do not touch
- groups: [system:bootstrappers, system:nodes]
  rolearn: arn:aws:iam::111122223333:role/node   # the node role
  username: system:node:{{EC2PrivateDNSName}}
"""
SECONDS = 300


class Stack:
    """The program of this test in a folder and a stack of its own."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.folder = folder
        self.config: dict[str, Any] = {
            "kubeconfig": sandbox.clusters[CLUSTER].kubeconfig.read_text(),
            "cluster": CLUSTER,
            "role": "arn:aws:iam::999988887777:role/vendors/Reader",
            "username": OURS.username,
            "groups": json.dumps(OURS.groups),
        }
        options = {"virtualenv": str(Path(sys.executable).parents[1])}
        project = {
            "name": "aws-auth",
            "main": str(CHECKOUT / "tests/e2e/aws_auth_program"),
            "runtime": {"name": "python", "options": options},
            "plugins": {"providers": [{"name": "eks-access", "path": str(CHECKOUT / "components")}]},
        }
        (folder / "Pulumi.yaml").write_text(yaml.safe_dump(project))
        self.pulumi("stack", "init", folder.name)

    def pulumi(self, *arguments: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
        path = self.folder / f"Pulumi.{self.folder.name}.yaml"
        noted = yaml.safe_load(path.read_text()) if path.exists() else {}
        config = {f"aws-auth:{key}": value for key, value in self.config.items()}
        path.write_text(yaml.safe_dump({**noted, "config": config}))
        done = self.sandbox.run(
            ["pulumi", "--non-interactive", "--color=never", *arguments],
            cwd=self.folder,
            timeout=SECONDS,
            env={
                "PYTHONPATH": str(CHECKOUT / "components"),
                "KUBECONFIG": str(self.sandbox.clusters[CLUSTER].kubeconfig),
            },
        )
        assert done.returncode == 0 or not check, f"pulumi {' '.join(arguments)}:\n{done.stdout}\n{done.stderr}"
        return done

    def up(self, *options: str) -> str:
        return self.pulumi("up", "--yes", "--skip-preview", *options).stdout

    def preview(self, *options: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
        return self.pulumi("preview", "--diff", *options, check=check)

    def destroy(self) -> str:
        return self.pulumi("destroy", "--yes", "--skip-preview").stdout

    def state(self) -> str:
        return self.pulumi("stack", "export").stdout


@pytest.fixture
def api(sandbox: Sandbox) -> Iterator[KubernetesApi]:
    """The cluster's API, with other writers' entries in aws-auth; its original content is restored."""
    api = sandbox.clusters[CLUSTER].admin
    found = api.request("GET", f"{CONFIG_MAPS}/aws-auth")
    before = json.loads(found.body)["data"] if found.status == 200 else None
    write(api, {"mapRoles": THEIRS, "mapAccounts": "- 012345670123\n"})
    yield api
    if before is None:
        api.json("DELETE", f"{CONFIG_MAPS}/aws-auth")
    else:
        write(api, before)


@pytest.fixture
def stack(sandbox: Sandbox, api: KubernetesApi, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    return Stack(sandbox, tmp_path_factory.mktemp("mapping"))


def write(api: KubernetesApi, data: dict[str, str]) -> None:
    """Replace the whole ConfigMap, as another writer may."""
    manifest = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "aws-auth", "namespace": "kube-system"},
        "data": data,
    }
    if api.request("POST", CONFIG_MAPS, body=manifest).status == 409:
        api.json("PUT", f"{CONFIG_MAPS}/aws-auth", body=manifest)


def data(api: KubernetesApi) -> dict[str, str]:
    found: dict[str, str] = api.json("GET", f"{CONFIG_MAPS}/aws-auth")["data"]
    return found


def ours(api: KubernetesApi) -> Identity | None:
    return read(data(api)).roles.get(OURS.key)


def test_creating_and_deleting_the_mapping_preserves_every_byte_of_other_entries(
    stack: Stack, api: KubernetesApi
) -> None:
    before = data(api)
    assert "AwsAuthMapping: (create)" in stack.preview().stdout
    assert ours(api) is None, "a preview writes nothing"
    stack.up()
    assert ours(api) == OURS.identity
    assert THEIRS in data(api)["mapRoles"]
    assert "unchanged" in stack.up("--expect-no-changes")
    assert "unchanged" in stack.preview("--refresh", "--expect-no-changes").stdout
    stack.destroy()
    assert data(api) == before, "comments included"


def test_credentials_in_a_kubeconfig_are_encrypted_in_the_state(stack: Stack) -> None:
    kubeconfig = yaml.safe_load(stack.config["kubeconfig"])
    user = kubeconfig["users"][0]["user"]
    credential = user.get("token") or user["client-key-data"]
    stack.up()
    assert credential not in stack.state()
    assert OURS.username in stack.state(), "other values stay readable"
    stack.destroy()


def test_drift_of_the_mapping_is_shown_by_a_refresh_and_repaired_by_up(stack: Stack, api: KubernetesApi) -> None:
    stack.up()
    write(api, {"mapRoles": data(api)["mapRoles"].replace("vendor-readers", "admins")})
    shown = stack.preview("--refresh").stdout
    assert '"admins" => "vendor-readers"' in shown, shown
    stack.up("--refresh")
    assert ours(api) == OURS.identity

    write(api, {"mapRoles": THEIRS})
    assert "1 to create" in stack.preview("--refresh").stdout
    stack.up("--refresh")
    assert ours(api) == OURS.identity
    assert THEIRS in data(api)["mapRoles"]
    stack.destroy()


def test_preview_fails_on_an_existing_mapping_and_describes_it_unless_adopt_is_set(
    stack: Stack, api: KubernetesApi
) -> None:
    write(api, {"mapRoles": THEIRS + f"- rolearn: {OURS.rolearn}\n  username: them\n"})
    failed = stack.preview(check=False)
    assert failed.returncode != 0
    assert "is already mapped, as user 'them' with groups none (line 5)" in failed.stdout + failed.stderr
    assert "Traceback" not in failed.stdout + failed.stderr
    stack.config["adopt"] = "true"
    stack.up()
    assert ours(api) == OURS.identity
    stack.destroy()
    assert data(api)["mapRoles"] == THEIRS


def test_a_malformed_config_map_fails_with_its_line_and_is_not_changed(stack: Stack, api: KubernetesApi) -> None:
    broken = "[]\n" + THEIRS
    write(api, {"mapRoles": broken})
    failed = stack.pulumi("up", "--yes", "--skip-preview", check=False)
    assert failed.returncode != 0
    assert "no entry is mapped now (line 3)" in failed.stdout + failed.stderr
    assert data(api)["mapRoles"] == broken
    write(api, {"mapRoles": THEIRS})
    stack.up()
    assert ours(api) == OURS.identity, "the same program succeeds after the line is fixed"
    stack.destroy()


def test_an_existing_mapping_is_imported_and_destroy_keeps_it_if_others_changed_it(
    stack: Stack, api: KubernetesApi
) -> None:
    lifecycle.ensure(api, OURS)
    stack.config["import"] = f"{CLUSTER}/{OURS.rolearn}"
    assert "1 imported" in stack.up()
    del stack.config["import"]
    stack.up("--expect-no-changes")
    write(api, {"mapRoles": data(api)["mapRoles"].replace("vendor-readers", "admins")})
    output = stack.destroy()
    assert "keeps access: someone else mapped it" in output
    assert (ours(api) or OURS.identity).groups == ("admins",)


def test_destroy_of_one_stack_keeps_the_same_mapping_of_another(
    sandbox: Sandbox, stack: Stack, api: KubernetesApi, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """As in a migration: for a while both stacks have the mapping."""
    stack.up()
    other = Stack(sandbox, tmp_path_factory.mktemp("another"))
    assert "was mapped like this before" in other.up()
    other.up("--refresh", "--expect-no-changes")
    output = other.destroy()
    assert "keeps access" in output
    assert ours(api) == OURS.identity, "it is the first stack's"
    stack.up("--refresh", "--expect-no-changes")

    other.config["adopt"] = "true"
    other.up()
    other.destroy()
    assert ours(api) is None, "adopted, it is the other's to remove"
    stack.up("--refresh")
    assert ours(api) == OURS.identity
    stack.destroy()
    assert data(api)["mapRoles"] == THEIRS


def test_a_refresh_while_the_section_cannot_be_read_keeps_the_mapping(stack: Stack, api: KubernetesApi) -> None:
    stack.up()
    text = data(api)["mapRoles"]
    write(api, {"mapRoles": f"%FOO 1\n---\n{text}"})
    output = stack.pulumi("refresh", "--yes", "--skip-preview").stdout
    assert "kept in the state as it was" in output
    assert OURS.username in stack.state()
    write(api, {"mapRoles": text})
    stack.up("--refresh", "--expect-no-changes")
    stack.destroy()
    assert data(api)["mapRoles"] == THEIRS


def test_an_unknown_directive_maps_nobody_and_is_refused(stack: Stack, api: KubernetesApi) -> None:
    write(api, {"mapRoles": f"%FOO 1\n---\n{THEIRS}"})
    failed = stack.pulumi("up", "--yes", "--skip-preview", check=False)
    assert failed.returncode != 0
    assert "mapRoles cannot be read" in failed.stdout + failed.stderr
    write(api, {"mapRoles": f"%YAML 1.1\n---\n{THEIRS}"})
    stack.up()
    assert ours(api) == OURS.identity
    stack.destroy()


def test_ten_concurrent_writers_and_the_stack_never_lose_an_entry_to_each_other(
    stack: Stack, api: KubernetesApi
) -> None:
    before = data(api)
    failures: list[BaseException] = []
    rounds = [0] * 10
    stop = threading.Event()

    def entry(number: int) -> RoleMapping:
        return RoleMapping.of(f"arn:aws:iam::111122223333:role/writer-{number}", f"writer-{number}", ["writers"])

    def keep_writing(number: int) -> None:
        own = KubernetesApi.from_kubeconfig(stack.config["kubeconfig"])
        try:
            while not stop.is_set():
                lifecycle.ensure(own, entry(number))
                if read(data(own)).roles.get(entry(number).key) != entry(number).identity:
                    raise AssertionError(f"writer {number} lost its entry")
                lifecycle.remove(own, entry(number))
                rounds[number] += 1
            lifecycle.ensure(own, entry(number))
        except BaseException as failure:
            failures.append(failure)

    writers = [threading.Thread(target=keep_writing, args=(number,)) for number in range(10)]
    for writer in writers:
        writer.start()
    try:
        for _ in range(2):
            stack.up()
            assert ours(api) == OURS.identity
            stack.destroy()
            assert ours(api) is None
        stack.up()
    finally:
        stop.set()
        for writer in writers:
            writer.join(120)
    assert failures == []
    assert all(rounds), f"every writer added and removed its entry: {rounds}"
    roles = read(data(api)).roles
    assert roles[OURS.key] == OURS.identity
    for number in range(10):
        assert roles[entry(number).key] == entry(number).identity
        lifecycle.remove(api, entry(number))
    stack.destroy()
    assert data(api) == before, "comments and all other bytes are unchanged"
