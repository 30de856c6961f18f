"""Each vendor's page followed by hand, and then taken over: nothing is recreated, and the vendor is never refused."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox import Sandbox
from sandbox.environment import OPENTRACE_SUBJECT
from tests.e2e.adoption import compare_with_plan, read_steps, run_ups
from tests.e2e.pages import (
    EXTERNAL_ID,
    VIEW_POLICY,
    HandMade,
    Poller,
    Way,
    can_list,
    exists,
    follow_apono,
    follow_apono_saml,
    follow_cado,
    follow_conductorone,
    follow_conductorone_keys,
    follow_opentrace,
)
from tests.e2e.principals import eventually
from tests.e2e.program import SECONDS, Probed, Program, dev_config

pytestmark = pytest.mark.e2e

Follow = Callable[[Sandbox, str, Sequence[Way]], HandMade]


@dataclass(frozen=True)
class Case:
    """A vendor's page, followed in some clusters.

    Attributes:
        settings: what the page does not show, and the user gives.
        integration: the integration's name, if it is not the vendor's.
    """

    vendor: str
    follow: Follow
    ways: tuple[Way, ...]
    settings: tuple[str, ...] = ()
    integration: str = ""

    @property
    def name(self) -> str:
        """The integration's name, by which the probe finds its credentials."""
        return self.integration or self.vendor


def by_entry(*clusters: str, **more: Any) -> tuple[Way, ...]:
    return tuple(Way(cluster, by_entry=True, **more) for cluster in clusters)


def by_mapping(*clusters: str, **more: Any) -> tuple[Way, ...]:
    return tuple(Way(cluster, by_entry=False, **more) for cluster in clusters)


ENTRY, MAPPING = ("dev-api", "dev-both"), ("dev-configmap", "dev-both")
SUBJECT = f'subject="{OPENTRACE_SUBJECT}"'
CASES = {
    "opentrace-entry": Case("opentrace", follow_opentrace, by_entry(*ENTRY, policies=(VIEW_POLICY,)), (SUBJECT,)),
    "opentrace-entry-vendor": Case(
        "opentrace", follow_opentrace, by_entry(*ENTRY, policies=(VIEW_POLICY,)), (SUBJECT, "profile=vendor")
    ),
    "opentrace-mapping": Case(
        "opentrace", follow_opentrace, by_mapping(*MAPPING, groups=("opentrace-viewers",)), (SUBJECT,)
    ),
    "cado-entry": Case("cado", follow_cado, by_entry(*ENTRY, groups=("cado",))),
    "cado-mapping": Case("cado", follow_cado, by_mapping(*MAPPING, groups=("cado",))),
    "cado-entry-vendor": Case("cado", follow_cado, by_entry("dev-api", groups=("cado",)), ("profile=vendor",)),
    "cado-mapping-vendor": Case("cado", follow_cado, by_mapping(*MAPPING, groups=("cado",)), ("profile=vendor",)),
    "conductorone-mapping-vendor": Case(
        "conductorone",
        follow_conductorone,
        by_mapping("dev-configmap", username="c1", groups=("readers",)),
        ("profile=vendor",),
    ),
    "conductorone-entry": Case("conductorone", follow_conductorone, by_entry("dev-api", groups=("readers",))),
    "conductorone-mapping": Case(
        "conductorone", follow_conductorone, by_mapping("dev-configmap", username="c1", groups=("readers",))
    ),
    "apono-entry": Case("apono", follow_apono, by_entry(*ENTRY, username="apono:{{SessionName}}"), (), "apono-sso"),
    "apono-saml-entry": Case(
        "apono", follow_apono_saml, by_entry("dev-api", username="apono:{{SessionName}}"), (), "apono-saml"
    ),
    "conductorone-keys-entry": Case(
        "conductorone", follow_conductorone_keys, by_entry("dev-api", groups=("readers",)), (), "conductorone-keys"
    ),
    "apono-mapping": Case("apono", follow_apono, by_mapping(*MAPPING, username="{{SessionNameRaw}}"), (), "apono-sso"),
}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox of its own: what other tests leave in clusters and IAM would be found too."""
    with Sandbox.start(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


def create_environment(
    sandbox: Sandbox, folder: Path, name: str, integrations: Mapping[str, Any] | None = None
) -> Program:
    """The clusters of the sandbox, without integrations but these."""
    config = {key: value for key, value in dev_config().items() if not isinstance(value, dict) or "secure" not in value}
    return Program(sandbox, folder, name, {**config, "eks-access:integrations": dict(integrations or {})})


def adopt(program: Program, made: HandMade, case: Case, *options: str) -> Any:
    settings = [option for each in case.settings for option in ("--set", each)]
    command = ["eks-access", "adopt", "--stack", program.stack, "--vendor", case.vendor, "--role", made.arn]
    return program.sandbox.run([*command, *settings, *options, "--", case.name], cwd=program.folder, timeout=SECONDS)


@pytest.fixture(params=sorted(CASES))
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[str(request.param)]


def test_a_page_followed_by_hand_is_taken_over_without_recreation_or_interruption(
    sandbox: Sandbox, case: Case, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    name = request.node.callspec.id
    # Cado's platform assumes only roles that are called so.
    made = case.follow(sandbox, f"CadoResponse-{name}", case.ways)
    eventually(lambda: can_list(made), "the vendor comes in as its page has it")
    before, uids = made.identify(), made.uids()
    program = create_environment(sandbox, tmp_path, name)
    try:
        with Poller(made) as poller:
            planned = adopt(program, made, case, "--write")
            assert planned.returncode == 0, planned.stdout + planned.stderr
            assert made.identify() == before, "planning changes nothing"
            folder = tmp_path / f"adopt-{case.name}"
            plan = (folder / "plan.md").read_text()
            shown = [planned.stdout, planned.stderr, plan, (folder / "import.json").read_text()]
            assert not [text for text in shown if EXTERNAL_ID in text]
            file = folder / "kubeconfig.yaml"
            env = {"KUBECONFIG": str(file)} if file.exists() else {}
            options = ("--yes", "--protect=false", "--generate-code=false", "--stack", name)
            program.pulumi("import", "--file", str(folder / "import.json"), *options, env=env)
            assert made.identify() == before, "an import writes the state alone"
            steps = read_steps(program)
            assert not {"replace", "create-replacement", "delete-replaced"} & set(steps.values()), steps
            compare_with_plan(plan, steps)
            run_ups(program, plan)
            eventually(lambda: poller.rounds > 3, "the poller goes on")
        assert poller.refusals == []
        assert made.identify()["role"] == before["role"]
        assert made.identify()["entries"] == before["entries"], "no entry was made again"
        assert made.uids().items() <= uids.items(), "no object was made again"
        program.up("--expect-no-changes")
        assert_hand_made_is_gone(made, steps)
        probed = program.probe()
        assert probed.mismatches() == [], probed.table
    finally:
        program.destroy()
    assert_nothing_left(made)
    with Poller(made) as poller:
        eventually(lambda: poller.refusals, "without access it would have been refused")


@pytest.mark.parametrize("name", ["opentrace-entry", "cado-mapping"])
def test_the_probe_runs_before_between_and_after(sandbox: Sandbox, tmp_path: Path, name: str) -> None:
    """What the page gives too much is a mismatch until `up`; what the vendor needs is there all the time."""
    case = CASES[name]
    made = case.follow(sandbox, f"CadoResponse-probed-{name}", case.ways)
    eventually(lambda: can_list(made), "the vendor comes in as its page has it")
    program = create_environment(sandbox, tmp_path, f"probed-{name}")
    folder = tmp_path / f"adopt-{case.name}"
    try:
        assert adopt(program, made, case, "--write").returncode == 0
        before = probe_with(program, folder / "manifest.json")
        too_much = [line for line in before.mismatches() if line["expected"] == "denied"]
        assert too_much, before.table
        options = ("--yes", "--protect=false", "--generate-code=false", "--stack", program.stack)
        file = folder / "kubeconfig.yaml"
        env = {"KUBECONFIG": str(file)} if file.exists() else {}
        program.pulumi("import", "--file", str(folder / "import.json"), *options, env=env)
        between = probe_with(program, folder / "manifest.json")
        assert identify(between.mismatches()) == identify(before.mismatches())
        program.up()
        after = program.probe()
        assert after.mismatches() == [], after.table
        assert identify(after.report["checks"]) == identify(before.report["checks"])
    finally:
        program.destroy()
    assert_nothing_left(made)


def identify(checks: Sequence[Mapping[str, Any]]) -> set[tuple[Any, ...]]:
    return {tuple(each[key] for key in ("cluster", "plane", "call", "expected")) for each in checks}


def probe_with(program: Program, manifest: Path) -> Probed:
    """Run the probe with a manifest file, as the plan has it."""
    report = program.folder / "probe-with-manifest.json"
    command = ["eks-access", "probe", f"--manifest={manifest}", "--json", str(report), "--deadline=20"]
    done = program.sandbox.run(command, cwd=program.folder, timeout=SECONDS)
    assert report.exists(), done.stdout + done.stderr
    return Probed(done.returncode, json.loads(report.read_text()), done.stdout)


def test_a_vendor_is_adopted_beside_another_and_an_interrupted_adoption_goes_on(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    """The stack has a provider and another integration already, which stay as they are."""
    cado = {"platform_role_arns": ["arn:aws:iam::444455556666:role/CadoPlatform"], "clusters": ["configmap"]}
    program = create_environment(sandbox, tmp_path, "beside", {"cado": cado})
    made = follow_opentrace(sandbox, "by-hand-beside", by_entry("dev-api", policies=(VIEW_POLICY,)))
    case = Case("opentrace", follow_opentrace, made.ways, (SUBJECT,))
    try:
        program.up()
        listed = sandbox.run(["eks-access", "adopt", "--stack", "beside"], cwd=tmp_path, timeout=SECONDS)
        assert made.arn in listed.stdout, listed.stdout + listed.stderr
        assert "eks-access-cado" not in listed.stdout, "what the stack has is no candidate"
        settings = tmp_path / "Pulumi.beside.yaml"
        text = settings.read_text()
        dry = adopt(program, made, case)
        assert dry.returncode == 0, dry.stdout + dry.stderr
        assert settings.read_text() == text, "without --write the file stays as it is"
        assert "does besides, in this stack" not in dry.stdout
        assert adopt(program, made, case, "--write").returncode == 0
        assert yaml.safe_load(settings.read_text())["config"]["eks-access:integrations"]["cado"] == cado
        folder = tmp_path / "adopt-opentrace"
        file, options = (
            folder / "import.json",
            ("--yes", "--protect=false", "--generate-code=false", "--stack", "beside"),
        )
        content = json.loads(file.read_text())
        half = [spec for spec in content["resources"] if not spec.get("id") or spec["type"] == "aws:iam/role:Role"]
        (tmp_path / "half.json").write_text(json.dumps({**content, "resources": half}))
        program.pulumi("import", "--file", str(tmp_path / "half.json"), *options)

        def adopt_again() -> str:
            command = ["eks-access", "adopt", "--stack", "beside", "--role", made.arn, "opentrace"]
            done = sandbox.run(command, cwd=tmp_path, timeout=SECONDS)
            assert done.returncode == 0, done.stdout + done.stderr
            return str(done.stdout)

        adopt_again()
        rest = [spec["type"] for spec in json.loads(file.read_text())["resources"] if spec.get("id")]
        assert "aws:iam/role:Role" not in rest, "what is in the stack is not imported again"
        assert "aws:eks/accessEntry:AccessEntry" in rest
        program.pulumi("import", "--file", str(file), *options)
        before, steps = made.identify(), read_steps(program)
        again = adopt_again()
        assert "There is nothing to import." in again
        assert "pulumi up --exclude='**::opentrace*-by-hand-*' --stack=beside" in again
        others = {urn for urn in steps if "::cado" in urn}
        assert {steps[urn] for urn in others} == {"same"}
        compare_with_plan((folder / "plan.md").read_text(), {urn: op for urn, op in steps.items() if urn not in others})
        program.up()
        assert made.identify() == before
    finally:
        program.destroy()
    assert_nothing_left(made)


def test_what_terraform_manages_is_left_and_what_is_missing_is_named(sandbox: Sandbox, tmp_path: Path) -> None:
    program = create_environment(sandbox, tmp_path, "left")
    made = follow_opentrace(sandbox, "by-hand-left", by_entry("dev-api", policies=(VIEW_POLICY,)))
    missing = adopt(program, made, Case("opentrace", follow_opentrace, made.ways))
    assert missing.returncode == 1
    assert "subject" in missing.stderr
    assert not (tmp_path / "adopt-opentrace").exists(), "nothing is written"
    state = tmp_path / "terraform.tfstate"
    case = Case("opentrace", follow_opentrace, made.ways, (SUBJECT,))
    entry = {"cluster_name": "dev-api", "principal_arn": made.arn}
    managed = {"aws_iam_role": {"name": made.name, "arn": made.arn}, "aws_eks_access_entry": entry}
    # A role of Terraform's is used as it is; an entry of Terraform's is in the way.
    for kinds, code in ((["aws_iam_role"], 0), ([*managed], 1)):
        resources = [
            {"mode": "managed", "type": kind, "name": "opentrace", "instances": [{"attributes": managed[kind]}]}
            for kind in kinds
        ]
        state.write_text(json.dumps({"version": 4, "resources": resources}))
        left = adopt(program, made, case, "--terraform-state", str(state))
        assert left.returncode == code, left.stdout + left.stderr
        assert ("## Cannot be taken over" in left.stdout) is (code == 1)
        assert f"Terraform manages it ({kinds[-1]}.opentrace" in left.stdout
        specs = json.loads((tmp_path / "adopt-opentrace/import.json").read_text())["resources"]
        imported = {spec["type"] for spec in specs if spec.get("id")}
        assert not [kind for kind in imported if kind.startswith("aws:iam/")], "the role and its policies are left"
        assert ("aws:eks/accessEntry:AccessEntry" in imported) is (code == 0)
    alone = adopt(program, made, case)
    assert alone.returncode == 0
    assert "- `Role` `opentrace`, `by-hand-left`" in alone.stdout, "without the state it is taken over"


def assert_hand_made_is_gone(made: HandMade, steps: dict[str, str]) -> None:
    """What the program does not have is gone, and only that."""
    kept = {urn.rpartition("::")[2] for urn, op in steps.items() if op != "delete"}
    assert kept
    if made.policy_arn:
        found = made.sandbox.boto("iam").list_policies(Scope="Local")["Policies"]
        assert made.policy_arn not in [each["Arn"] for each in found]
    for way in made.ways:
        if not way.by_entry and made.sandbox.mode(way.cluster) != "CONFIG_MAP":
            assert made.mappings(way.cluster) == [], "an entry is in its place"


def assert_nothing_left(made: HandMade) -> None:
    iam, eks = made.sandbox.boto("iam"), made.sandbox.boto("eks")
    assert made.name not in [
        role["RoleName"] for page in iam.get_paginator("list_roles").paginate() for role in page["Roles"]
    ]
    for cluster in made.clusters:
        if made.sandbox.mode(cluster) != "CONFIG_MAP":
            assert made.arn not in eks.list_access_entries(clusterName=cluster)["accessEntries"]
        if made.sandbox.mode(cluster) != "API":
            assert made.mappings(cluster) == []
    for cluster, plural, name in made.objects:
        assert not exists(made.sandbox, cluster, plural, name), name
