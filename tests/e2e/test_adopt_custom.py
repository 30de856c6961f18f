"""An integration of a custom definition, given access by hand and declared in the file, is taken over."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from sandbox.aws.accounts import CONDUCTORONE
from tests.e2e.adoption import compare_with_plan, read_steps, run_ups
from tests.e2e.pages import EXTERNAL_ID, Poller, Way, can_list, exists, follow_definition
from tests.e2e.principals import eventually
from tests.e2e.program import CHECKOUT, SECONDS, Program

pytestmark = pytest.mark.e2e

NAME, CLUSTER = "cloudquery", "dev-api"
GROUPS = (f"{NAME}:readers", "cloudquery-more")


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox.start(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


def test_what_exists_of_a_declared_definition_is_taken_over_and_what_it_does_not_have_is_removed_last(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    way = Way(CLUSTER, by_entry=True, username="cloudquery:{{SessionName}}", groups=GROUPS)
    made = follow_definition(sandbox, "CloudQuery", (way,))
    eventually(lambda: can_list(made), "it comes in as it was made")
    program = Program(sandbox, tmp_path, "custom", {"eks-access:integrations": {}})
    command = ["eks-access", "adopt", "--stack", "custom", "--role", made.arn, NAME]
    undeclared = sandbox.run([*command, "--vendor", "custom"], cwd=tmp_path, timeout=SECONDS)
    assert undeclared.returncode == 2, undeclared.stdout + undeclared.stderr
    assert "declare the integration in the environment's file" in undeclared.stderr
    program.configure({"eks-access:integrations": {NAME: declare(tmp_path)}})
    before = made.identify()
    try:
        with Poller(made) as poller:
            planned = sandbox.run(command, cwd=tmp_path, timeout=SECONDS)
            assert planned.returncode == 0, planned.stdout + planned.stderr
            assert EXTERNAL_ID not in planned.stdout
            folder = tmp_path / f"adopt-{NAME}"
            imported = json.loads((folder / "import.json").read_text())["resources"]
            assert {each["id"] for each in imported if each["type"] == "aws:iam/role:Role"} == {made.name}
            options = ("--yes", "--protect=false", "--generate-code=false", "--stack", "custom")
            env = {"KUBECONFIG": str(folder / "kubeconfig.yaml")}
            program.pulumi("import", "--file", str(folder / "import.json"), *options, env=env)
            steps = read_steps(program)
            assert not {"replace", "create-replacement", "delete-replaced"} & set(steps.values()), steps
            plan = (folder / "plan.md").read_text()
            compare_with_plan(plan, steps)
            program.set_identities({NAME: {"profile": "conductorone"}})
            run_ups(program, plan)
            eventually(lambda: poller.rounds > 3, "the poller goes on")
        assert poller.refusals == []
        assert made.identify() == before, "neither the role nor its entry is made again"
        assert exists(sandbox, CLUSTER, "clusterroles", "cloudquery-sync"), "under the definition's name"
        assert not exists(sandbox, CLUSTER, "clusterroles", "cloudquery-more"), "not of the definition"
        assert not exists(sandbox, CLUSTER, "clusterrolebindings", "cloudquery-more")
        program.up("--expect-no-changes")
    finally:
        program.destroy()
    assert made.arn not in sandbox.boto("eks").list_access_entries(clusterName=CLUSTER)["accessEntries"]


def declare(folder: Path) -> dict[str, object]:
    (folder / "cloudquery.yaml").write_text((CHECKOUT / "examples/custom/cloudquery.yaml").read_text())
    principal = f"arn:aws:iam::{CONDUCTORONE}:role/ConductorOneService"
    return {
        "vendor": "custom",
        "definition": str(folder / "cloudquery.yaml"),
        "role_name": "CloudQuery",
        "clusters": ["api"],
        "arguments": {"principal_arn": principal, "external_id": EXTERNAL_ID},
    }
