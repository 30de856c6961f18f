"""`eks-access offboard` with a fake `pulumi`, AWS and clusters: order, refusals, continuation, exit codes."""

import json
import os
import stat
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from eks_access.kubernetes.client import UnreachableError
from eks_access_cli.main import main
from eks_access_probe.leftovers.cluster_state import Binding, ClusterState, Entry
from eks_access_probe.leftovers.inspector import ClusterInspector
from tests.support.world import (
    EXTERNAL_ID,
    ROLE,
    SECRET_KEY,
    SESSION_TOKEN,
    World,
    access,
    answer,
    json_error,
    xml_error,
)

PREFIX = "urn:pulumi:dev::shop::"
STACK = f"{PREFIX}pulumi:pulumi:Stack::shop-dev"
ACME, OTHER = (f"{PREFIX}eks-access:index:Acme::{name}" for name in ("acme", "other"))
ACME_ROLE = f"{PREFIX}eks-access:index:Acme$aws:iam/role:Role::acme"
CONFIGURATION = """\
config:
  shop:aws: {account: "111122223333", region: us-east-1}
  shop:clusters: {api: {name: dev-api}}
  shop:integrations:
    # both
    acme:
      external_id: {secret: acme-id}
    other: {}
  shop:acme-id: {secure: v1:x}
"""
PULUMI = """\
#!{python}
import json, os, pathlib, sys
here = pathlib.Path({folder!r})
arguments = sys.argv[1:]
with (here / "ran").open("a") as log:
    log.write(" ".join(arguments) + "\\n")
read = lambda name: json.loads((here / name).read_text())
if (here / f"fail-{{arguments[0]}}").exists():
    sys.exit("error: " + (here / f"fail-{{arguments[0]}}").read_text())
targets = [each.partition("=")[2] for each in arguments if each.startswith("--target=")]
if arguments[:2] == ["stack", "output"]:
    text = (here / "access.json").read_text()
    print(text if "--show-secrets" in arguments else text.replace({external_id!r}, "[secret]"))
elif arguments[:2] == ["stack", "export"]:
    print((here / "state.json").read_text())
elif arguments[0] == "destroy":
    state = read("state.json")
    kept = [each for each in state["deployment"]["resources"] if each["urn"] not in targets]
    state["deployment"]["resources"] = kept
    (here / "state.json").write_text(json.dumps(state))
elif arguments[0] == "preview":
    print((here / "preview.json").read_text())
elif arguments[0] == "up":
    access = read("access.json")
    access["integrations"].pop("acme", None)
    (here / "access.json").write_text(json.dumps(access))
"""


@dataclass
class Shop:
    """A project with a stack of two integrations."""

    folder: Path
    world: World
    states: dict[str, ClusterState] = field(default_factory=dict)
    """What a cluster has besides the integration, by name."""

    def write(self, name: str, value: Any) -> None:
        (self.folder / name).write_text(json.dumps(value))

    def read(self, name: str) -> Any:
        return json.loads((self.folder / name).read_text())

    @property
    def configuration(self) -> Path:
        return self.folder / "Pulumi.dev.yaml"

    @property
    def report(self) -> Any:
        return self.read("offboard-acme.json")

    @property
    def ran(self) -> list[str]:
        """The engine's commands that change something."""
        lines = (self.folder / "ran").read_text().splitlines()
        return [line.split()[0] for line in lines if line.split()[0] not in ("stack", "preview")]

    @property
    def is_deployed(self) -> bool:
        return any(each["urn"] == ACME_ROLE for each in self.read("state.json")["deployment"]["resources"])

    def run(self, *options: str, name: str = "acme") -> Result:
        arguments = ["offboard", name, "--stack", "dev", "-C", str(self.folder), "--deadline", "0.2", *options]
        return CliRunner().invoke(main, arguments)

    def remove(self, *options: str) -> Result:
        return self.run("--confirm", "acme", *options)


def resource(urn: str, parent: str | None = STACK, **more: Any) -> dict[str, Any]:
    kind = urn.split("::")[2].rpartition("$")[2]
    return {"urn": urn, "type": kind, "custom": "aws:" in kind, **({"parent": parent} if parent else {}), **more}


@pytest.fixture
def shop(tmp_path: Path, world: World, certificate_authority: str, monkeypatch: pytest.MonkeyPatch) -> Shop:
    folder = tmp_path / "shop"
    folder.mkdir()
    shop = Shop(folder, world)
    program = tmp_path / "bin" / "pulumi"
    program.parent.mkdir()
    program.write_text(PULUMI.format(python=sys.executable, folder=str(folder), external_id=EXTERNAL_ID))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIADEPLOYER")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "deployer-secret-key")
    monkeypatch.chdir(folder)
    (folder / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    shop.configuration.write_text(CONFIGURATION)
    (folder / "ran").touch()
    other = access(certificate_authority)
    other["role"] = {**other["role"], "arn": f"{ROLE}-other", "name": "eks-access-other"}
    other["identity"] = {**other["identity"], "username": "other:{{SessionName}}", "groups": ["other:readers"]}
    removal = ["In Acme delete the connection."]
    acme = access(certificate_authority, handoff={"fields": [], "steps": [], "removal": removal})
    shop.write(
        "access.json",
        {
            "schemaVersion": 1,
            "project": "shop",
            "environment": "dev",
            "partition": "aws",
            "account": "111122223333",
            "endpoint": "loopback",
            "clusters": {"api": {"name": "dev-api", "region": "us-east-1"}},
            "integrations": {"acme": acme, "other": other},
        },
    )
    resources = [resource(STACK, None), resource(ACME), resource(ACME_ROLE, ACME), resource(OTHER)]
    shop.write("state.json", {"version": 3, "deployment": {"resources": resources}})
    shop.write("preview.json", {"steps": [{"op": "same", "urn": OTHER}, {"op": "same", "urn": STACK}]})
    _fake_aws_and_clusters(shop, monkeypatch)
    return shop


def _fake_aws_and_clusters(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def get_role(_: Any) -> Any:
        if not shop.is_deployed:
            return xml_error(404, "NoSuchEntity", "The role with name eks-access-acme cannot be found.")
        document = "%7B%7D"
        return answer(
            200,
            f"""<GetRoleResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><GetRoleResult><Role>
            <Path>/</Path><RoleName>eks-access-acme</RoleName><RoleId>AROAONE</RoleId><Arn>{ROLE}</Arn>
            <CreateDate>2026-01-01T00:00:00Z</CreateDate><AssumeRolePolicyDocument>{document}</AssumeRolePolicyDocument>
            <MaxSessionDuration>7200</MaxSessionDuration><RoleLastUsed><LastUsedDate>2026-02-03T04:05:06Z</LastUsedDate>
            <Region>us-east-1</Region></RoleLastUsed></Role></GetRoleResult></GetRoleResponse>""".encode(),
        )

    def request(self: Any, method: str, path: str, **options: Any) -> Any:
        if not shop.is_deployed:
            shop.world.unauthenticated_clusters = {"https://127.0.0.1:6443"}
        return shop.world.request(self, method, path, **options)

    def refuse_when_gone(operation: str, refusal: Any) -> None:
        def respond(request: Any) -> Any:
            if not shop.is_deployed:
                return refusal
            del shop.world.answers[operation]
            try:
                return shop.world.aws(request=request, event_name=f"before-send.x.{operation}")
            finally:
                shop.world.answers[operation] = respond

        shop.world.answers[operation] = respond

    def inspect(self: ClusterInspector, name: str, region: str, account: str) -> ClusterState:
        if name not in shop.states and shop.states:
            raise UnreachableError(f"https://{name}", TimeoutError("timed out"))
        state = shop.states.get(name, ClusterState())
        own = (Entry(ROLE, "STANDARD", ("acme:readers",), 0),) if shop.is_deployed else ()
        return ClusterState((*state.entries, *own), state.mappings, state.objects, state.bindings, {ROLE: "AROAONE"})

    denied = xml_error(403, "AccessDenied", f"User: x is not authorized to perform: sts:AssumeRole on resource: {ROLE}")
    refuse_when_gone("AssumeRole", denied)
    refuse_when_gone("ListClusters", json_error(403, "InvalidClientTokenId", "The security token is invalid"))
    shop.world.answers["GetRole"] = get_role
    monkeypatch.setattr("eks_access.kubernetes.client.KubernetesApi.request", request)
    monkeypatch.setattr(ClusterInspector, "inspect", inspect)
    monkeypatch.setattr(ClusterInspector, "list_registrations", lambda self, region: ())


def test_a_plan_says_everything_and_changes_nothing(shop: Shop) -> None:
    done = shop.run("--json", "plan.json", "--markdown", "plan.md")
    assert done.exit_code == 0, done.output
    for words in (
        "a plan; nothing was changed",
        "from Pulumi.dev.yaml, lines 6 to 7, 9, with the secrets that only it refers to: acme-id",
        "2 resources of the stack: 1 Acme, 1 Role",
        "last used 2026-02-03 04:05:06 UTC in us-east-1",
        "lasts 2 hours at most",
        "In Acme delete the connection.",
        "1 integration: other",
        "To carry it out: eks-access offboard --stack=",
        "--confirm=acme",
    ):
        assert words in done.output, words
    plan = shop.read("plan.json")
    assert (plan["status"], plan["proof"], plan["steps"]) == ("planned", [], [])
    assert "# Off-boarding of acme" in (shop.folder / "plan.md").read_text()
    assert shop.ran == []
    assert shop.configuration.read_text() == CONFIGURATION
    assert not (shop.folder / "offboard-acme.json").exists()


def test_it_is_removed_and_proven(shop: Shop) -> None:
    done = shop.remove()
    assert done.exit_code == 0, done.output
    assert shop.ran == ["destroy", "up"]
    lines = (shop.folder / "ran").read_text()
    assert f"destroy --yes --skip-preview --target={ACME} --target={ACME_ROLE} --stack dev" in lines
    assert f"--target={STACK}" in lines
    assert "target-dependents" not in lines
    left = yaml.safe_load(shop.configuration.read_text())["config"]
    assert left["shop:integrations"] == {"other": {}}
    assert "shop:acme-id" not in left
    report = shop.report
    assert report["status"] == "proven"
    assert {line["state"] for line in report["before"]} == {"open"}
    assert {line["state"] for line in report["proof"]} == {"closed"}
    assert {line["key"] for line in report["proof"]} >= {"assume", "session", "cluster:api", "role", "entry:api"}
    assert not any("if it is removed now" in each for each in report["plan"]["sessions"])
    assert not (shop.folder / ".offboard-acme.json.secret").exists()


def test_no_secret_is_in_the_report_or_in_what_is_printed(shop: Shop) -> None:
    changed = shop.read("access.json")
    changed["integrations"]["acme"]["handoff"]["removal"] = [f"Delete {EXTERNAL_ID} there."]
    shop.write("access.json", changed)
    done = shop.remove("--markdown", "report.md")
    texts = [done.output, *((shop.folder / name).read_text() for name in ("offboard-acme.json", "report.md"))]
    for secret in (EXTERNAL_ID, SECRET_KEY, SESSION_TOKEN, "deployer-secret-key", "k8s-aws-v1."):
        assert all(secret not in text for text in texts), secret
    assert shop.report["access"]["trust"]["externalId"] == "[secret]"


def test_a_secret_that_is_the_integrations_own_name_does_not_keep_it_from_being_removed(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = shop.read("access.json")
    changed["integrations"]["acme"]["trust"]["externalId"] = "acme"
    shop.write("access.json", changed)
    shop.world.external_id = "acme"
    done = shop.remove()
    assert done.exit_code == 0, done.output
    assert shop.report["access"]["trust"]["externalId"] == "[secret]"


def test_what_is_kept_for_the_proof_is_for_its_owner_alone_and_has_what_it_needs(shop: Shop) -> None:
    (shop.folder / "fail-destroy").write_text("the stack is currently locked by 1 lock(s)")
    done = shop.remove()
    assert done.exit_code == 1
    assert "eks-access resume --unlock --stack=dev" in done.output
    assert "run the same command again" in done.output
    kept = shop.folder / ".offboard-acme.json.secret"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert json.loads(kept.read_text())["session"]["secretKey"] == SECRET_KEY
    assert shop.report["status"] == "begun"
    assert [each["step"] for each in shop.report["steps"] if each["doneAt"]] == ["sessions", "configuration"]


def test_an_interrupted_run_is_continued_with_the_session_from_before(shop: Shop) -> None:
    failing = shop.folder / "fail-destroy"
    failing.write_text("interrupted")
    assert shop.remove().exit_code == 1
    before = shop.report["before"]
    failing.unlink()
    taken = shop.world.calls["AssumeRole"]
    done = shop.remove()
    assert done.exit_code == 0, done.output
    assert shop.report["before"] == before
    assert shop.report["status"] == "proven"
    assert shop.world.calls["AssumeRole"] > taken, "it was asked again, and refused"


def test_one_whose_manifest_is_not_written_yet_is_continued_too(shop: Shop) -> None:
    shop.write("preview.json", {"steps": [{"op": "update", "urn": OTHER}]})
    first = shop.remove()
    assert first.exit_code == 1
    assert f"1 other change of the stack would be deployed with it (update {OTHER})" in first.output
    assert "`pulumi up --stack=dev`" in first.output
    assert shop.ran == ["destroy"], "what else is pending is not deployed"
    assert {line["state"] for line in shop.report["proof"]} == {"closed"}, "it is proven all the same"
    shop.write("preview.json", {"steps": [{"op": "same", "urn": OTHER}]})
    again = shop.remove()
    assert again.exit_code == 0, again.output
    assert shop.ran == ["destroy", "up"]
    assert again.exit_code == 0
    assert shop.report["status"] == "proven"


@pytest.mark.parametrize("options", [("--confirm", "acm"), ("--confirm", "")])
def test_another_name_confirms_nothing(shop: Shop, options: tuple[str, ...]) -> None:
    done = shop.run(*options)
    assert done.exit_code == 2
    assert "is not the integration's name" in done.output
    assert shop.ran == []


def test_an_integration_that_the_stack_does_not_have_is_an_error(shop: Shop) -> None:
    done = shop.run("--confirm", "acmee", name="acmee")
    assert done.exit_code == 2
    assert "there is no integration 'acmee' in environment 'dev'; it has: acme, other" in done.output


def test_what_depends_on_it_from_outside_stops_before_anything_is_changed_and_is_then_gone_on_with(shop: Shop) -> None:
    state = shop.read("state.json")
    state["deployment"]["resources"][-1]["dependencies"] = [ACME_ROLE]
    shop.write("state.json", state)
    assert "Depends on it from outside" in shop.run().output
    done = shop.remove()
    assert done.exit_code == 1
    assert f"{OTHER} on {ACME_ROLE}" in done.output
    assert "`pulumi up --stack=dev`" in done.output
    assert shop.ran == []
    assert shop.configuration.read_text() == CONFIGURATION
    # By hand, as the message says.
    shop.configuration.write_text("config: {}\n")
    state["deployment"]["resources"] = [resource(STACK, None), resource(OTHER)]
    shop.write("state.json", state)
    again = shop.remove()
    assert again.exit_code == 0, again.output
    assert shop.ran == ["up"], "only the outputs"
    assert shop.report["status"] == "proven"


def test_a_file_that_cannot_be_edited_stops_before_anything_is_changed(shop: Shop) -> None:
    text = CONFIGURATION.replace(
        "    # both\n    acme:\n      external_id: {secret: acme-id}\n    other: {}\n", ""
    ).replace("shop:integrations:", "shop:integrations: {acme: {external_id: {secret: acme-id}}, other: {}}")
    shop.configuration.write_text(text)
    done = shop.remove()
    assert done.exit_code == 2
    assert "delete it from shop:integrations, and shop:acme-id, which only it refers to, by hand" in done.output
    assert (shop.ran, shop.configuration.read_text()) == ([], text)


def test_a_run_that_has_not_destroyed_anything_says_what_will_be_removed(shop: Shop) -> None:
    (shop.folder / "fail-destroy").write_text("interrupted")
    shop.remove()
    shown = shop.run()
    assert "Will be removed" in shown.output
    (shop.folder / "fail-destroy").unlink()
    assert "Will be removed" not in shop.remove().output


def test_resources_that_the_plan_does_not_have_stop_a_continued_run(shop: Shop) -> None:
    (shop.folder / "fail-destroy").write_text("interrupted")
    assert shop.remove().exit_code == 1
    (shop.folder / "fail-destroy").unlink()
    state = shop.read("state.json")
    state["deployment"]["resources"].append(resource(f"{ACME_ROLE}-new", ACME))
    shop.write("state.json", state)
    done = shop.remove()
    assert done.exit_code == 1
    assert f"resources of acme that the plan does not have: {ACME_ROLE}-new" in done.output
    assert shop.ran == ["destroy"], "only the one that was interrupted"


def test_a_program_of_the_users_own_has_to_be_changed_by_hand_first(shop: Shop) -> None:
    shop.configuration.write_text("config: {}\n")
    shop.write("preview.json", {"steps": [{"op": "same", "urn": ACME}, {"op": "same", "urn": ACME_ROLE}]})
    assert "from the program, by hand" in shop.run().output
    done = shop.remove()
    assert done.exit_code == 1
    assert "the stack's program still makes acme: remove its component" in done.output
    assert shop.ran == []
    shop.write("preview.json", {"steps": [{"op": "delete", "urn": ACME}, {"op": "delete", "urn": ACME_ROLE}]})
    again = shop.remove()
    assert "destroy" in shop.ran
    assert shop.report["steps"]
    assert again.exit_code == 1, "this preview still has the deletions: the manifest is not written over them"


def test_without_identities_it_is_removed_and_not_proven(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EKS_ACCESS_IDENTITIES")
    done = shop.remove()
    assert done.exit_code == 3, done.output
    assert "No credentials to act as the integration with" in done.output
    states = {line["key"]: line["state"] for line in shop.report["proof"]}
    assert states["cluster:api"] == states["assume"] == "unknown"
    assert states["role"] == states["entry:api"] == "closed"
    assert shop.report["status"] == "removed"


def test_a_cluster_that_cannot_be_read_makes_it_inconclusive(shop: Shop) -> None:
    shop.states = {"another": ClusterState()}
    planned = shop.run()
    assert planned.exit_code == 3
    assert "no answer from https://dev-api" in planned.output
    done = shop.remove()
    assert done.exit_code == 3
    assert {line["key"] for line in shop.report["proof"] if line["state"] == "unknown"} == {"read:api"}


def test_a_binding_of_its_group_that_is_left_is_a_finding(shop: Shop) -> None:
    binding = Binding("ClusterRoleBinding", "by-hand", None, (), ("acme:readers",))
    shop.states = {"dev-api": ClusterState(bindings=(binding,))}
    done = shop.remove()
    assert done.exit_code == 1
    (line,) = (each for each in shop.report["proof"] if each["state"] == "open")
    assert line["evidence"] == "ClusterRoleBinding by-hand for group acme:readers"
    shop.states = {
        "dev-api": ClusterState(bindings=(Binding("ClusterRoleBinding", "x", None, (), ("other:readers",)),))
    }
    again = shop.remove()
    assert again.exit_code == 0, again.output


def test_a_finished_report_is_shown_again_and_nothing_is_done(shop: Shop) -> None:
    assert shop.remove().exit_code == 0
    ran, report = shop.ran, shop.report
    done = shop.remove()
    assert done.exit_code == 0
    assert "no way in is open" in done.output
    assert (shop.ran, shop.report) == (ran, report)


def test_a_report_of_another_or_an_earlier_off_boarding_is_not_continued(shop: Shop) -> None:
    deployed = shop.read("access.json")
    assert shop.remove().exit_code == 0
    other = shop.run("--report", "offboard-acme.json", name="other")
    assert other.exit_code == 2
    assert "is the report of acme in dev" in other.output
    shop.write("access.json", deployed)
    earlier = shop.remove()
    assert earlier.exit_code == 2
    assert "is of an earlier off-boarding, and the stack has acme again" in earlier.output


@pytest.mark.parametrize("content", ["x", "{}", '{"schemaVersion": 9}', '{"schemaVersion": 1}'])
def test_a_file_that_is_no_report_is_not_overwritten(shop: Shop, content: str) -> None:
    (shop.folder / "offboard-acme.json").write_text(content)
    done = shop.remove()
    assert done.exit_code == 2
    assert "--report" in done.output
    assert (shop.folder / "offboard-acme.json").read_text() == content
    assert shop.ran == []


def test_only_one_output_can_be_the_standard_output(shop: Shop) -> None:
    assert shop.run("--json", "-", "--markdown", "-").exit_code == 2
    done = shop.run("--json", "-")
    assert json.loads(done.stdout)["integration"] == "acme"


def test_the_schema_describes_the_report(shop: Shop) -> None:
    shop.run("--json", "plan.json")
    schema = json.loads(CliRunner().invoke(main, ["schema", "offboard"]).output)
    assert schema["required"]
    assert set(shop.read("plan.json")) <= set(schema["properties"])


def test_names_that_act_on_a_terminal_are_shown_and_do_nothing(shop: Shop) -> None:
    changed = shop.read("access.json")
    changed["integrations"]["acme"]["title"] = "Ac\x1b[2Jme"
    changed["integrations"]["acme"]["handoff"]["removal"] = ["[x](javascript:alert(1)) <b>\x1b[2J | y"]
    shop.write("access.json", changed)
    done = shop.run("--markdown", "plan.md")
    assert "\x1b" not in done.output
    text = (shop.folder / "plan.md").read_text()
    assert "\x1b" not in text
    assert "<b>" not in text
    assert "\\[x\\]" in text
