"""A custom integration from its YAML file: deployed, proven, handed over, explained and destroyed."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from sandbox import Sandbox
from tests.e2e.program import CHECKOUT, SECONDS, Program

pytestmark = pytest.mark.e2e

PRINCIPAL = "arn:aws:iam::765656841499:role/ConductorOneService"
"""A role of another account stands in for CloudQuery's: the sandbox can act as it."""
ARGUMENTS = {"principal_arn": PRINCIPAL, "external_id": "0f8fad5b-d9cb-469f-a165-70867728950e"}


@pytest.fixture(scope="module")
def program(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    folder = tmp_path_factory.mktemp("custom")
    example = CHECKOUT / "examples/custom/cloudquery.yaml"
    (folder / "cloudquery.yaml").write_text(example.read_text())
    program = Program(sandbox, folder, "custom", {"eks-access:integrations": integrations(folder)})
    identities = folder / "identities.yaml"
    acting = {"cloudquery": {"profile": "conductorone"}}
    identities.write_text(yaml.safe_dump({"version": 1, "integrations": acting, "stranger": {"profile": "stranger"}}))
    program.env["EKS_ACCESS_IDENTITIES"] = str(identities)
    program.up()
    yield program
    program.destroy()


def integrations(folder: Path) -> dict[str, object]:
    """The least profile everywhere; the page's, which needs access entries, where they are."""
    declared = {"vendor": "custom", "definition": str(folder / "cloudquery.yaml"), "arguments": ARGUMENTS}
    return {"cloudquery": declared, "cloudquery-page": {**declared, "profile": "vendor", "clusters": ["api", "both"]}}


def test_every_expectation_of_the_file_holds_in_both_profiles(program: Program) -> None:
    probed = program.probe()
    assert probed.mismatches() == []
    assert probed.exit_code == 0
    for name in ("cloudquery", "cloudquery-page"):
        mine = [check for check in probed.report["checks"] if check["integration"] == name]
        assert {check["plane"] for check in mine} == {"trust", "aws", "kubernetes"}
        assert {check["expected"] for check in mine} == {"allowed", "denied"}


def test_a_second_up_changes_nothing(program: Program) -> None:
    assert "unchanged" in program.up("--expect-no-changes")


def test_it_is_handed_over_and_explained_as_a_built_in_one(program: Program) -> None:
    def run(*command: str) -> str:
        done = program.sandbox.run(
            ["eks-access", *command, "--stack", "custom"], cwd=program.folder, timeout=SECONDS, env=program.env
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    told = json.loads(run("handoff", "cloudquery", "--format", "json"))["integrations"]["cloudquery"]
    values = {field["label"]: field["value"] for field in told["fields"]}
    assert values["Role ARN"].endswith(":role/eks-access-cloudquery")
    assert values["External ID"] == ARGUMENTS["external_id"]
    explained = run("explain", "cloudquery")
    assert f"only {PRINCIPAL}, with the External ID" in explained
    assert "AmazonEKSAdminViewPolicy everywhere: ! can read everything, Secrets included" in explained


def test_a_fault_in_the_file_ends_the_deployment_with_its_line_before_anything_is_made(program: Program) -> None:
    path = program.folder / "cloudquery.yaml"
    sound = path.read_text()
    path.write_text(sound.replace("    groups: ['{name}:readers']", "    group: ['{name}:readers']"))
    try:
        done = program.preview(check=False)
    finally:
        path.write_text(sound)
    assert done.returncode != 0
    line = sound[: sound.index("    groups:")].count("\n") + 1
    assert f"cloudquery.yaml:{line}: profiles.least.group is not a known property" in done.stdout + done.stderr
