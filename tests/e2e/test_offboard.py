"""Each integration of the dev stack is off-boarded: the others stay, nothing is left, and every way in is refused."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
import yaml

from sandbox import Sandbox
from tests.e2e.principals import eventually, in_cluster, who
from tests.e2e.program import CHECKOUT, SECONDS, Program, dev_config
from tests.e2e.snapshot import Snapshot, take_snapshot

pytestmark = pytest.mark.e2e

NAMES = list(dev_config()["eks-access:integrations"])
KILLED_WHILE_DESTROYING, KILLED_BETWEEN_STEPS = "conductorone-keys", "apono-saml"
PROVISION = "conductorone-provision"
LAST = "eks-connector"
ORDINARY = [
    name for name in NAMES if name not in (KILLED_WHILE_DESTROYING, KILLED_BETWEEN_STEPS, PROVISION, "cado", LAST)
]
RBAC = "/apis/rbac.authorization.k8s.io/v1"


@dataclass(frozen=True)
class Offboarded:
    """One run of the command."""

    exit_code: int
    report: dict[str, Any]
    stdout: str
    stderr: str

    @property
    def states(self) -> dict[str, str]:
        return {line["key"]: line["state"] for line in self.report["proof"]}

    def evidence(self, key: str) -> str:
        (found,) = (line["evidence"] for line in self.report["proof"] if line["key"] == key)
        return str(found)


def command(program: Program, name: str, *options: str) -> list[str]:
    return ["eks-access", "offboard", name, "--stack", program.stack, *options]


def offboard(program: Program, name: str, *options: str) -> Offboarded:
    done = program.sandbox.run(
        command(program, name, "--confirm", name, *options), cwd=program.folder, timeout=2 * SECONDS, env=program.env
    )
    file = program.folder / f"offboard-{name}.json"
    assert file.exists(), done.stdout + done.stderr
    return Offboarded(done.returncode, json.loads(file.read_text()), done.stdout, done.stderr)


def plan(program: Program, name: str, *options: str) -> "tuple[int, dict[str, Any]]":
    file = program.folder / "plan.json"
    done = program.sandbox.run(
        command(program, name, "--json", str(file), *options), cwd=program.folder, timeout=SECONDS, env=program.env
    )
    assert file.exists(), done.stdout + done.stderr
    return done.returncode, json.loads(file.read_text())


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox of its own: its integrations go."""
    with Sandbox.start(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture(scope="module")
def deployed(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Program:
    """The stack with the file of the checkout, comments included."""
    program = Program(sandbox, tmp_path_factory.mktemp("dev"), "dev", dev_config())
    (program.folder / "Pulumi.dev.yaml").write_text((CHECKOUT / "Pulumi.dev.yaml").read_text())
    program.up()
    return program


@contextmanager
def running(program: Program, *arguments: str) -> "Iterator[subprocess.Popen[str]]":
    """The command with all that it starts in a process group of its own, which is killed at the end."""
    with subprocess.Popen(
        command(program, *arguments),
        cwd=program.folder,
        env={**program.sandbox.env, **program.env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        yield process
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def wait_for(process: "subprocess.Popen[str]", words: str) -> None:
    assert process.stderr is not None
    seen = []
    for line in process.stderr:
        seen.append(line)
        if words in line:
            return
    pytest.fail(f"it ended before it printed {words!r}: {''.join(seen)}")


def read_urns(program: Program) -> set[str]:
    """From the backend's own file, while the engine has it locked."""
    (file,) = program.sandbox.state.pulumi_backend.glob(f".pulumi/stacks/*/{program.stack}.json")
    with suppress(ValueError):
        deployment = json.loads(file.read_text())["checkpoint"]["latest"]
        return {each["urn"] for each in deployment["resources"]}
    return set()


def assert_others_are_untouched(before: Snapshot, after: Snapshot, done: Offboarded) -> None:
    name, role = done.report["integration"], done.report["plan"]["role"]["arn"]
    urns = {each["urn"] for each in done.report["plan"]["resources"]}
    assert after.state == {urn: value for urn, value in before.state.items() if urn not in urns}
    others = {key: part for key, part in before.integrations.items() if key != name}
    assert after.integrations == others
    assert done.report["plan"]["untouched"] == sorted(others)
    assert after.roles == {arn: value for arn, value in before.roles.items() if arn != role}
    assert after.entries == {key: value for key, value in before.entries.items() if key[1] != role}
    gone = before.objects_of(name)
    assert after.objects == {key: value for key, value in before.objects.items() if key not in gone}
    assert after.mappings == {key: value for key, value in before.mappings.items() if key[1] != role}


def assert_nothing_is_left(after: Snapshot, done: Offboarded) -> None:
    name, role = done.report["integration"], done.report["plan"]["role"]["arn"]
    assert role not in after.roles
    assert all(principal != role for _, principal in after.entries)
    assert all(arn != role for _, arn in after.mappings)
    assert after.objects_of(name) == set()
    assert name not in after.integrations


def assert_every_way_in_was_open_and_is_refused(done: Offboarded) -> None:
    before = {line["key"]: line["state"] for line in done.report["before"]}
    assert set(before.values()) == {"open"}, "or its refusal would show nothing"
    assert len(before) == len(done.report["plan"]["clusters"]) + (0 if done.report["vendor"] == "eks-connector" else 2)
    for key in before:
        assert done.states[key] == "closed", done.evidence(key)
        if key.startswith("cluster:"):
            assert done.evidence(key).startswith("401")
        if key == "assume":
            assert "AccessDenied" in done.evidence(key)
    assert done.states["role"] == "closed"


def assert_no_secret_is_in(text: str, program: Program, before: Snapshot) -> None:
    canaries = json.loads((program.sandbox.state.folder / "canaries.json").read_text())
    values = [value for held in canaries.values() for value in ([held] if isinstance(held, str) else held)]
    external_ids = {part["trust"].get("externalId") for part in before.integrations.values()} - {None}
    for secret in [*values, *external_ids, program.sandbox.env["AWS_SECRET_ACCESS_KEY"], "k8s-aws-v1."]:
        assert secret not in text


def check(program: Program, before: Snapshot, done: Offboarded) -> None:
    """Everything that an off-boarding has to show."""
    name = done.report["integration"]
    assert done.exit_code == 0, done.stdout + done.stderr
    assert done.report["status"] == "proven"
    assert_every_way_in_was_open_and_is_refused(done)
    after = take_snapshot(program)
    assert_others_are_untouched(before, after, done)
    assert_nothing_is_left(after, done)
    assert not (program.folder / f".offboard-{name}.json.secret").exists()
    assert_no_secret_is_in(
        (program.folder / f"offboard-{name}.json").read_text() + done.stdout + done.stderr, program, before
    )


def test_a_plan_lists_what_goes_and_what_stays_and_changes_nothing(deployed: Program) -> None:
    before, file = take_snapshot(deployed), deployed.folder / "Pulumi.dev.yaml"
    text = file.read_text()
    code, planned = plan(deployed, "cado")
    assert code == 0
    assert planned["status"] == "planned"
    assert planned["plan"]["untouched"] == sorted(set(NAMES) - {"cado"})
    urns = [each["urn"] for each in planned["plan"]["resources"]]
    assert urns == [urn for urn in before.state if "::cado" in urn]
    assert {each["key"]: each["method"] for each in planned["plan"]["clusters"]} == {
        "api": "access-entry",
        "both": "access-entry",
        "configmap": "aws-auth",
    }
    assert any("Settings > Cloud" in step for step in planned["plan"]["vendorSteps"])
    assert planned["plan"]["unread"] == []
    assert file.read_text() == text
    assert take_snapshot(deployed) == before
    assert not (deployed.folder / "offboard-cado.json").exists()


def test_nothing_is_done_where_it_is_not_confirmed(deployed: Program) -> None:
    for name, options, words in (
        ("cado", ("--confirm", "opentrace"), "is not the integration's name"),
        ("cadoo", ("--confirm", "cadoo"), "there is no integration 'cadoo'"),
    ):
        done = deployed.sandbox.run(command(deployed, name, *options), cwd=deployed.folder, timeout=SECONDS)
        assert done.returncode == 2
        assert words in done.stderr
    assert "cado" in deployed.manifest()["integrations"]


def test_cado_is_off_boarded_and_a_session_from_before_is_refused(deployed: Program, sandbox: Sandbox) -> None:
    before = take_snapshot(deployed)
    text = (deployed.folder / "Pulumi.dev.yaml").read_text()
    role = before.integrations["cado"]["role"]["arn"]
    session = _as_the_platform(sandbox).assume_role(RoleArn=role, RoleSessionName="analyst")["Credentials"]
    for cluster in ("dev-api", "dev-both", "dev-configmap"):
        user = who(in_cluster(sandbox, cluster, session))
        assert user is not None
        assert user["username"] == "cado:analyst"
    markdown = deployed.folder / "report.md"
    done = offboard(deployed, "cado", "--markdown", str(markdown))
    check(deployed, before, done)
    for cluster in ("dev-api", "dev-both", "dev-configmap"):
        assert who(in_cluster(sandbox, cluster, session)) is None, "its keys are valid for an hour"
    left = (deployed.folder / "Pulumi.dev.yaml").read_text()
    assert yaml.safe_load(left)["config"]["eks-access:integrations"].keys() == set(NAMES) - {"cado"}
    assert [line for line in text.splitlines() if line not in left.splitlines()] == [
        "    cado:",
        "      platform_role_arns: ['arn:aws:iam::444455556666:role/CadoPlatform']",
        "      namespaces: [payments, web]",
    ]
    assert "cado (Cado) in dev is off-boarded" in markdown.read_text()
    preview = deployed.preview("--expect-no-changes")
    assert preview.returncode == 0


def _as_the_platform(sandbox: Sandbox) -> Any:
    """STS, called with a session of Cado's own platform."""
    sts = sandbox.boto("sts", "cado")
    platform = "arn:aws:iam::444455556666:role/CadoPlatform"
    keys = sts.assume_role(RoleArn=platform, RoleSessionName="platform")["Credentials"]
    return boto3.client(
        "sts",
        endpoint_url=sandbox.endpoint,
        region_name="us-east-1",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )


def test_a_finished_off_boarding_is_not_begun_again(deployed: Program) -> None:
    report = (deployed.folder / "offboard-cado.json").read_text()
    done = offboard(deployed, "cado")
    assert done.exit_code == 0
    assert "is off-boarded: no way in is open" in done.stdout
    assert (deployed.folder / "offboard-cado.json").read_text() == report


def bind(sandbox: Sandbox, name: str) -> None:
    """As ConductorOne does when it grants a role."""
    group = "rbac.authorization.k8s.io"
    body = {
        "apiVersion": f"{group}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "view"},
        "subjects": [{"apiGroup": group, "kind": "User", "name": "jane"}],
    }
    sandbox.clusters["dev-both"].admin.json("POST", f"{RBAC}/clusterrolebindings", body=body)


def has_binding(sandbox: Sandbox, name: str) -> bool:
    return sandbox.clusters["dev-both"].admin.request("GET", f"{RBAC}/clusterrolebindings/{name}").status == 200


def test_what_the_vendor_made_is_listed_and_removed_only_with_its_option(deployed: Program, sandbox: Sandbox) -> None:
    before = take_snapshot(deployed)
    bind(sandbox, "baton-view-binding")
    bind(sandbox, "by-hand")
    _, planned = plan(deployed, PROVISION)
    (made,) = planned["plan"]["vendorObjects"]
    assert (made["kind"], made["name"], made["mayBeOf"]) == ("ClusterRoleBinding", "baton-view-binding", [])
    left = offboard(deployed, PROVISION, "--deadline", "30")
    assert left.exit_code == 1
    assert left.report["status"] == "removed"
    (key,) = (key for key, state in left.states.items() if state == "open")
    assert "baton-view-binding" in key
    assert "kubectl delete clusterrolebinding -- baton-view-binding" in left.stdout
    assert has_binding(sandbox, "baton-view-binding")
    done = offboard(deployed, PROVISION, "--remove-vendor-objects")
    assert not has_binding(sandbox, "baton-view-binding")
    assert has_binding(sandbox, "by-hand"), "a binding of someone else's"
    sandbox.clusters["dev-both"].admin.json("DELETE", f"{RBAC}/clusterrolebindings/by-hand")
    check(deployed, before, done)


@pytest.mark.parametrize("name", ORDINARY)
def test_an_integration_is_off_boarded_and_the_others_stay(deployed: Program, name: str) -> None:
    before = take_snapshot(deployed)
    check(deployed, before, offboard(deployed, name))


def test_one_that_is_killed_while_it_destroys_is_run_again_and_converges(deployed: Program) -> None:
    name, before = KILLED_WHILE_DESTROYING, take_snapshot(deployed)
    _, planned = plan(deployed, name)
    own = {each["urn"] for each in planned["plan"]["resources"]}
    with running(deployed, name, "--confirm", name) as process:
        wait_for(process, "destroying")
        wait_until(lambda: 0 < len(own & read_urns(deployed)) < len(own), "some of its resources are gone")
        os.killpg(process.pid, signal.SIGKILL)
    left = own & read_urns(deployed)
    assert left, "it was killed before it was done"
    report = json.loads((deployed.folder / f"offboard-{name}.json").read_text())
    assert report["status"] == "begun"
    assert (deployed.folder / f".offboard-{name}.json.secret").stat().st_mode & 0o777 == 0o600
    locked = offboard(deployed, name)
    # 2 where the kill tore the checkpoint's attributes as well, and the stack cannot even be read.
    assert locked.exit_code in (1, 2)
    assert "eks-access resume --unlock" in locked.stderr
    resumed = deployed.sandbox.run(
        ["eks-access", "resume", "--unlock", "--stack", deployed.stack], cwd=deployed.folder, timeout=SECONDS
    )
    assert resumed.returncode == 0, resumed.stderr
    check(deployed, before, offboard(deployed, name))


def wait_until(condition: Callable[[], bool], reason: str, seconds: float = 60.0) -> None:
    """As `eventually`, but without a pause that it could be over in."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, reason
        time.sleep(0.005)


def test_one_that_is_killed_between_two_steps_is_run_again_and_converges(deployed: Program) -> None:
    name, before = KILLED_BETWEEN_STEPS, take_snapshot(deployed)
    with running(deployed, name, "--confirm", name) as process:
        wait_for(process, "taken out of Pulumi.dev.yaml")
        os.killpg(process.pid, signal.SIGKILL)
    assert (
        name
        not in yaml.safe_load((deployed.folder / "Pulumi.dev.yaml").read_text())["config"]["eks-access:integrations"]
    )
    assert take_snapshot(deployed).integrations.keys() == before.integrations.keys(), "it is still deployed"
    done = offboard(deployed, name)
    check(deployed, before, done)


def test_the_last_one_leaves_a_stack_without_integrations(deployed: Program) -> None:
    before = take_snapshot(deployed)
    assert list(before.integrations) == [LAST]
    check(deployed, before, offboard(deployed, LAST))
    assert yaml.safe_load((deployed.folder / "Pulumi.dev.yaml").read_text())["config"]["eks-access:integrations"] == {}
    deployed.preview("--expect-no-changes")


def test_no_trace_of_the_eleven_is_left(deployed: Program, sandbox: Sandbox) -> None:
    after = take_snapshot(deployed)
    assert after.integrations == {}
    assert after.objects == {}
    done = sandbox.run(["eks-access", "leftovers", "--stack", "dev"], cwd=deployed.folder, timeout=SECONDS)
    assert done.returncode == 0, done.stdout
    eventually(lambda: not [urn for urn in read_urns(deployed) if "eks-access:index" in urn], "nothing is in the state")
