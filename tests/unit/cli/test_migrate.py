"""`eks-access migrate`: dry by default, what each option does, and how each case ends."""

import json
from pathlib import Path
from typing import Any

import botocore.session
import pytest
import yaml
from click.testing import CliRunner, Result

from eks_access_cli.flows import migrate
from eks_access_cli.main import main
from tests.support.connector_eks import refusal
from tests.support.migration_aws import AWS_AUTH, Cluster, Eks, Iam, Sts, binding
from tests.support.migration_world import ACCOUNT, OTHER, role

ADMIN = role("teams/Admin")
ROLES = f"- {{rolearn: '{role('Admin')}', username: admin, groups: [system:masters]}}\n"
BLOCKED = f"- {{rolearn: '{role('Reader')}', username: '{{{{SessionName}}}}', groups: [readers]}}\n"
SUPPORT = f"- {{rolearn: '{role('Reader')}', username: 'r', groups: [system:support]}}\n"


class Fake:
    """The services behind the command, which is run in process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.eks, self.iam, self.sts = Eks(), Iam(ADMIN, role("Reader")), Sts()
        self.api = Cluster({"mapRoles": ROLES}, binding("support", "system:support"))
        for name, value in {
            "AWS_ACCESS_KEY_ID": "AKIA",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": "eu-west-1",
        }.items():
            monkeypatch.setenv(name, value)

        def create_client(session: Any, service: str, **_: Any) -> Any:
            return {"eks": self.eks, "iam": self.iam, "sts": self.sts}[service]

        monkeypatch.setattr(botocore.session.Session, "create_client", create_client)
        monkeypatch.setattr(migrate, "KubernetesApi", lambda *_, **__: self.api)
        monkeypatch.setattr(migrate, "READ_BACK_SECONDS", 0.0)
        monkeypatch.setattr("eks_access.migration.writing.UPDATE_INTERVAL", 0.0)

    def roles(self, text: str) -> None:
        self.api.data = {"mapRoles": text}

    def entries(self, *options: str) -> Result:
        return CliRunner().invoke(main, ["migrate", "entries", "--cluster", "prod", *options])

    def mode(self, *options: str) -> Result:
        return CliRunner().invoke(main, ["migrate", "mode", "--cluster", "prod", *options])

    @property
    def writes(self) -> list[str]:
        return [*self.eks.writes, *self.api.writes]


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    return Fake(monkeypatch)


def test_without_write_nothing_is_written(fake: Fake) -> None:
    done = fake.entries()
    assert (done.exit_code, fake.writes) == (0, [])
    assert "entry-and-policy" in done.stdout
    assert f"aws eks delete-access-entry --cluster-name=prod --principal-arn={ADMIN}" in " ".join(done.stdout.split())
    assert "neither the mapping's rights nor the policy's" in " ".join(done.stdout.split())


def test_write_makes_what_the_plan_says_and_can_be_run_again(fake: Fake) -> None:
    fake.roles(ROLES + SUPPORT)
    done = fake.entries("--write")
    assert done.exit_code == 0, done.output
    assert "3 steps done, read back and as planned." in done.stdout
    assert set(fake.eks.entries) == {ADMIN, role("Reader")}
    writes = fake.writes
    again = fake.entries("--write")
    assert (again.exit_code, fake.writes) == (0, writes)
    assert "There was nothing to do." in again.stdout


def test_json_has_the_plan_and_with_write_what_was_done(fake: Fake) -> None:
    plan = json.loads(fake.entries("--json").stdout)
    assert (plan["schemaVersion"], plan["cluster"], plan["authenticationMode"]) == (1, "prod", "API_AND_CONFIG_MAP")
    assert plan["mappings"][0]["outcome"] == "entry-and-policy"
    assert plan["mappings"][0]["entry"]["accessPolicy"] == "AmazonEKSClusterAdminPolicy"
    assert plan["losesAccessInModeApi"] == [role("Admin")]
    assert "written" not in plan
    written = json.loads(fake.entries("--json", "--write").stdout)["written"]
    assert (len(written["done"]), written["problems"]) == (1, [])


def test_a_blocked_mapping_exits_with_1_and_does_not_keep_others_from_their_entries(fake: Fake) -> None:
    fake.roles(BLOCKED + ROLES)
    assert fake.entries().exit_code == 1
    done = fake.entries("--write")
    assert (done.exit_code, set(fake.eks.entries)) == (1, {ADMIN})
    assert "no colon before" in " ".join(done.stdout.split())


def test_what_could_not_be_read_exits_with_3(fake: Fake) -> None:
    fake.iam.denied = {"get_role"}
    done = fake.entries("--write")
    assert (done.exit_code, fake.writes) == (3, [])
    fake.api.forbidden = {AWS_AUTH}
    done = fake.entries()
    assert done.exit_code == 3
    assert "aws-auth of prod cannot be read" in done.stderr


def test_a_role_of_another_account_needs_its_full_arn(fake: Fake) -> None:
    fake.roles(f"- {{rolearn: '{role('x', OTHER)}', username: x}}\n")
    assert fake.entries().exit_code == 3
    done = fake.entries("--principal", role("teams/x", OTHER), "--write")
    assert (done.exit_code, set(fake.eks.entries)) == (0, {role("teams/x", OTHER)})
    assert fake.entries("--principal", "jane").exit_code == 2
    done = fake.entries("--principal", role("y", OTHER))
    assert (done.exit_code, "is of no mapping in aws-auth" in done.stderr) == (2, True)


def test_a_step_that_fails_exits_with_1_and_says_what_is_left(fake: Fake) -> None:
    fake.eks.fails = {"associate_access_policy": [refusal("AccessDeniedException", "not authorized")]}
    done = fake.entries("--write")
    assert (done.exit_code, fake.eks.entries) == (1, {})
    assert "not authorized" in done.stderr
    assert "0 of 1 step done, 1 left: run it again." in done.stderr


def test_with_ask_the_cluster_is_asked_for_every_role_that_can_be_assumed(fake: Fake) -> None:
    fake.roles(ROLES + SUPPORT)
    fake.sts.refused = (role("Reader"),)
    done = fake.entries("--write", "--ask")
    assert done.exit_code == 0, done.output
    assert "The cluster took 1 principal for the same before and after." in done.stdout
    assert f"not asked for {role('Reader')}: " in done.stdout
    written = json.loads(fake.entries("--write", "--ask", "--json").stdout)["written"]
    assert (written["asked"], list(written["notAsked"])) == ([ADMIN], [role("Reader")])


def test_a_principal_that_the_cluster_takes_for_another_afterwards_exits_with_1(fake: Fake) -> None:
    fake.api.usernames = ["admin", "someone else"]
    done = fake.entries("--write", "--ask")
    assert done.exit_code == 1
    assert f"{ADMIN} was user 'admin' before, and is user 'someone else' now" in done.stderr


def test_what_is_not_as_planned_when_read_back_exits_with_1(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fake.eks, "associate_access_policy", lambda **_: None)
    done = fake.entries("--write")
    assert done.exit_code == 1
    assert "not present" in done.stderr


def test_in_mode_config_map_nothing_is_written_and_the_command_for_the_mode_is_named(fake: Fake) -> None:
    fake.eks.mode = "CONFIG_MAP"
    assert fake.entries().exit_code == 0
    done = fake.entries("--write")
    assert (done.exit_code, fake.writes) == (2, [])
    assert "eks-access migrate mode --cluster=prod --to=API_AND_CONFIG_MAP" in done.stderr


def test_a_program_has_the_same_and_no_file_is_overwritten(fake: Fake, tmp_path: Path) -> None:
    fake.roles(ROLES + SUPPORT)
    path = tmp_path / "Pulumi.yaml"
    done = fake.entries("--program", str(path))
    assert (done.exit_code, fake.writes) == (0, [])
    program = yaml.safe_load(path.read_text())
    types = [each["type"] for each in program["resources"].values()]
    assert sorted(types) == [
        "aws:eks:AccessEntry",
        "aws:eks:AccessEntry",
        "aws:eks:AccessPolicyAssociation",
        "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding",
    ]
    reader = next(r for r in program["resources"].values() if r["properties"].get("userName") == "r")
    needed = reader["options"]["dependsOn"][0].strip("${}")
    assert program["resources"][needed]["type"].endswith("ClusterRoleBinding"), "bound before it has the group"
    path.write_text("mine")
    assert fake.entries("--program", str(path)).exit_code == 2
    assert path.read_text() == "mine"


def test_a_name_that_looks_like_an_expression_is_literal_in_the_program(fake: Fake, tmp_path: Path) -> None:
    fake.roles(f"- {{rolearn: '{role('Admin')}', username: '${{x}}', groups: ['${{y}}']}}\n")
    fake.entries("--program", str(tmp_path / "Pulumi.yaml"))
    (entry,) = yaml.safe_load((tmp_path / "Pulumi.yaml").read_text())["resources"].values()
    assert (entry["properties"]["userName"], entry["properties"]["kubernetesGroups"]) == ("$${x}", ["$${y}"])


def test_a_manifest_is_planned_without_any_request(fake: Fake) -> None:
    manifest = yaml.safe_dump({"kind": "ConfigMap", "data": {"mapRoles": ROLES + SUPPORT}})
    command = ["migrate", "entries", "--configmap", "-", "--json"]
    done = CliRunner().invoke(main, [*command, "--principal", ADMIN], input=manifest)
    assert (done.exit_code, fake.iam.calls) == (3, []), "the bindings are not known"
    outcomes = [each["outcome"] for each in json.loads(done.stdout)["mappings"]]
    assert outcomes == ["entry-and-policy", "undetermined"]
    one = yaml.safe_dump({"kind": "ConfigMap", "data": {"mapRoles": ROLES}})
    assert CliRunner().invoke(main, command, input=one).exit_code == 3, "that the role exists is assumed"
    assert CliRunner().invoke(main, [*command, "--principal", ADMIN], input=one).exit_code == 0


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--cluster", "prod", "--configmap", "-"],
        ["--configmap", "-", "--write"],
        ["--configmap", "-", "--program", "x"],
        ["--cluster", "prod", "--mode", "API"],
        ["--cluster", "prod", "--write", "--program", "x"],
        ["--cluster", "prod", "--ask"],
        ["--cluster", "../prod"],
        ["--cluster", "other"],
    ],
)
def test_bad_usage_exits_with_2(fake: Fake, options: list[str]) -> None:
    assert CliRunner().invoke(main, ["migrate", "entries", *options], input="data: {}").exit_code == 2
    assert fake.writes == []


def test_the_mode_is_not_changed_while_a_principal_would_lose_its_access(fake: Fake) -> None:
    done = fake.mode("--to", "API", "--confirm", "prod")
    assert (done.exit_code, fake.writes) == (1, [])
    assert "it has no access entry yet" in done.stderr
    fake.entries("--write")
    done = fake.mode("--to", "API", "--confirm", "prod")
    assert (done.exit_code, fake.eks.mode) == (0, "API")
    assert "never reads aws-auth again" in done.stdout


def test_a_loss_has_to_be_accepted_by_its_arn(fake: Fake) -> None:
    fake.roles(BLOCKED)
    fake.api.data = {**(fake.api.data or {}), "mapAccounts": f"- '{ACCOUNT}'\n"}
    reader, account = role("Reader"), ACCOUNT
    assert fake.mode("--to", "API", "--confirm", "prod", "--accept", reader).exit_code == 1
    assert fake.mode("--to", "API", "--confirm", "prod", "--accept", role("other")).exit_code == 2
    assert fake.writes == []
    done = fake.mode("--to", "API", "--confirm", "prod", "--accept", reader, "--accept", account)
    assert (done.exit_code, fake.eks.mode) == (0, "API")
    assert f"{reader} (mapRoles line 1) loses its access, as accepted." in done.stdout


@pytest.mark.parametrize("confirm", [(), ("--confirm", "other")])
def test_without_the_clusters_name_the_mode_is_not_changed(fake: Fake, confirm: tuple[str, ...]) -> None:
    fake.eks.mode = "CONFIG_MAP"
    done = fake.mode("--to", "API_AND_CONFIG_MAP", *confirm)
    assert (done.exit_code, fake.writes) == (2, [])
    assert "cannot be undone" in done.stdout
    assert fake.mode("--to", "API_AND_CONFIG_MAP", "--confirm", "prod").exit_code == 0
    assert fake.eks.mode == "API_AND_CONFIG_MAP"


def test_a_mode_that_is_no_next_step_is_refused_and_the_present_one_is_none(fake: Fake) -> None:
    assert fake.mode("--to", "API_AND_CONFIG_MAP").exit_code == 0
    fake.eks.mode = "CONFIG_MAP"
    done = fake.mode("--to", "API", "--confirm", "prod")
    assert (done.exit_code, "Change to API_AND_CONFIG_MAP first" in done.stderr) == (2, True)
    fake.eks.mode = "API"
    done = fake.mode("--to", "API_AND_CONFIG_MAP", "--confirm", "prod")
    assert (done.exit_code, "never goes back" in done.stderr) == (2, True)
    assert fake.writes == []


def test_a_change_of_mode_that_fails_exits_with_1(fake: Fake) -> None:
    fake.roles("")
    fake.eks.update_status = ["Failed"]
    done = fake.mode("--to", "API", "--confirm", "prod")
    assert (done.exit_code, "no capacity" in done.stderr) == (1, True)
