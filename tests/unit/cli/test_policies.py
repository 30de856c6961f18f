"""`eks-access policies`: inputs, output and exit codes."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from eks_access_cli.main import main
from eks_access_policies.evaluate.evaluator import RULES
from eks_access_policies.review.reading.from_file import LARGEST
from tests.support.checkout import CHECKOUT
from tests.support.policies.resources import ResourceSpec, arn, association, entry, role

NOTHING, MANDATORY, BAD_INPUT = 0, 1, 2


def run(*arguments: str, stdin: str = "") -> Result:
    return CliRunner().invoke(main, ["policies", *arguments], input=stdin)


def export(*resources: ResourceSpec) -> str:
    by_name = {each.name: each for each in resources}

    def state(each: ResourceSpec) -> dict[str, Any]:
        outputs = {**each.properties, **{name: arn(by_name[other]) for name, other in each.links.items()}}
        if each.type == "aws:iam/role:Role":
            outputs["arn"] = arn(each)
        return {"urn": each.urn, "type": each.type, "custom": True, "inputs": dict(each.properties), "outputs": outputs}

    return json.dumps({"version": 3, "deployment": {"resources": [state(each) for each in resources]}})


BAD = export(role("boss"), entry("in", "boss"), association("policy", "boss", "AmazonEKSClusterAdminPolicy"))
GOOD = export(role("reader"), entry("in", "reader"), association("policy", "reader", "AmazonEKSViewPolicy"))


def test_a_mandatory_finding_exits_with_1(tmp_path: Path) -> None:
    file = tmp_path / "export.json"
    file.write_text(BAD)
    done = run(str(file))
    assert done.exit_code == MANDATORY
    assert "critical eks-cluster-admin-policy" in done.output
    assert "role arn:aws:iam::111122223333:role/boss → access policy AmazonEKSClusterAdminPolicy" in " ".join(
        done.output.split()
    )
    assert "do: " in done.output


def test_the_markdown_is_written_beside_the_table(tmp_path: Path) -> None:
    done = run("-", "--markdown", str(tmp_path / "pack.md"), stdin=BAD)
    assert done.exit_code == MANDATORY
    assert "critical eks-cluster-admin-policy" in done.output
    assert "(`eks-cluster-admin-policy`)" in (tmp_path / "pack.md").read_text()
    assert run("-", "--markdown", str(tmp_path / "no" / "pack.md"), stdin=GOOD).exit_code == BAD_INPUT


def test_a_file_that_is_too_large_is_an_error_before_it_is_read(tmp_path: Path) -> None:
    file = tmp_path / "preview.json"
    file.write_text(GOOD)
    assert run(str(file)).exit_code == NOTHING
    os.truncate(file, LARGEST + 1)
    done = run(str(file))
    assert done.exit_code == BAD_INPUT
    assert "is larger than" in done.output


def test_no_mandatory_finding_exits_with_0() -> None:
    done = run("-", stdin=GOOD)
    assert done.exit_code == NOTHING
    assert "cases/test, 3 resources: no findings" in done.output


def test_a_preview_without_unchanged_resources_is_an_error() -> None:
    done = run("-", stdin=json.dumps({"steps": [], "changeSummary": {"same": 3}}))
    assert done.exit_code == BAD_INPUT
    assert "omits 3 unchanged resources" in done.output
    assert "--show-sames" in done.output


def test_json_has_everything_and_its_schema_version() -> None:
    done = run("-", "--json", stdin=BAD)
    report = json.loads(done.output)
    assert report["schemaVersion"] == 1
    assert report["stack"] == "cases/test"
    (finding,) = [each for each in report["findings"] if each["rule"] == "eks-cluster-admin-policy"]
    assert finding["level"] == "mandatory"
    assert finding["urn"].endswith("::policy")
    assert set(finding) >= {"severity", "title", "message", "remediation", "url", "frameworks", "where"}
    assert report["mandatory"] == 1


def configured(tmp_path: Path, value: object, *more: str) -> Result:
    file = tmp_path / "config.json"
    file.write_text(json.dumps(value))
    return run("-", "--config", str(file), *more, stdin=BAD)


def test_what_the_configuration_exempts_and_what_it_does_not_is_reported(tmp_path: Path) -> None:
    value = {"settings": {"allowedPrincipals": ["boss"], "allowedGroups": ["nobody"]}}
    report = json.loads(configured(tmp_path, value, "--json").output)
    (exempted,) = [each for each in report["exempted"] if each["rule"] == "eks-cluster-admin-policy"]
    assert (exempted["setting"], exempted["entry"]) == ("allowedPrincipals", "boss")
    assert exempted["urn"].endswith("::policy")
    assert report["unusedExemptions"] == [{"setting": "allowedGroups", "entry": "nobody"}]
    table = configured(tmp_path, value).output
    assert "exempted by settings: allowedPrincipals boss (1)" in table
    assert "settings that exempt nothing here: allowedGroups nobody" in table
    plain = run("-", stdin=BAD).output
    assert "exempt" not in plain
    comment = configured(tmp_path, value, "--markdown", "-").output
    assert "Exempted by settings: 1 finding by `allowedPrincipals boss`." in comment


def test_the_configuration_of_the_pack_applies(tmp_path: Path) -> None:
    assert configured(tmp_path, {"eks-cluster-admin-policy": "advisory"}).exit_code == NOTHING
    assert configured(tmp_path, {"all": "advisory"}).exit_code == NOTHING
    assert configured(tmp_path, {"settings": {"allowedPrincipals": ["boss"]}}).exit_code == NOTHING
    assert configured(tmp_path, {"settings": {"allowedPrincipals": ["other"]}}).exit_code == MANDATORY
    quiet = configured(tmp_path, {"eks-cluster-admin-policy": "disabled"})
    assert "eks-cluster-admin-policy" not in quiet.output


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"eks-cluster-admin-polcy": "advisory"}, "no such rule; did you mean 'eks-cluster-admin-policy'?"),
        ({"eks-admin-policy": "loud"}, "'loud' is not one of advisory, mandatory, remediate, disabled"),
        ({"eks-admin-policy": {"allow": []}}, "no such setting; the settings are accounts,"),
        ({"eks-admin-policy": {"allowedGroups": "x"}}, "expected a list of strings"),
        ({"all": {"allowedGroups": []}}, "all.allowedGroups: no such setting"),
        ({"settings": {"exemptResources": ["policy"]}}, "settings.exemptResources: 'policy' is not a URN"),
        ([], "must be an object with rule ids as keys"),
    ],
)
def test_an_invalid_configuration_is_an_error_that_says_what_is_allowed(
    tmp_path: Path, value: object, message: str
) -> None:
    done = configured(tmp_path, value)
    assert done.exit_code == BAD_INPUT
    assert message in done.output


@pytest.mark.parametrize(
    ("arguments", "stdin", "message"),
    [
        ([], "", "name a --stack, or give a FILE"),
        (["-"], "{", "the standard input: is not JSON"),
        (["-"], "[" * 100_000, "the standard input: is not JSON"),
        (["-"], "{}", "is neither a preview, nor an exported state"),
        (["no-such-file.json"], "", "no-such-file.json: No such file"),
        (["-", "--rule", "nope"], GOOD, "there is no such rule; --rules lists them"),
        (["-", "--config", "no-such-file.json"], GOOD, "--config no-such-file.json: No such file"),
        (["--stack", "x", "--cwd", "no-such-folder"], "", "--cwd"),
    ],
)
def test_unreadable_input_exits_with_2_and_the_reason(arguments: list[str], stdin: str, message: str) -> None:
    done = run(*arguments, stdin=stdin)
    assert done.exit_code == BAD_INPUT
    assert message in done.output


def test_only_selected_rules_and_severities_are_reported() -> None:
    assert run("-", "--rule", "eks-admin-policy", stdin=BAD).exit_code == NOTHING
    assert run("-", "--severity", "critical", stdin=BAD).exit_code == MANDATORY


def test_the_rules_are_listed() -> None:
    assert len(run("--rules").output.splitlines()) == len(RULES)
    assert [rule["id"] for rule in json.loads(run("--rules", "--json").output)] == [rule.id for rule in RULES]


def test_the_printed_pack_is_one_that_the_engine_can_run() -> None:
    folder = Path(run("--pack").output.strip())
    assert {"PulumiPolicy.yaml", "__main__.py"} <= {path.name for path in folder.iterdir()}
    checkout = CHECKOUT / "policies" / "__main__.py"
    assert (folder / "__main__.py").read_text() == checkout.read_text(), "the same pack, installed and in a checkout"
