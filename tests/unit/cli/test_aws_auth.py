"""`eks-access aws-auth`: merged manifests, hazards, and conflicts with exit code 2."""

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from eks_access.aws_auth.reader import read
from eks_access_cli.commands.aws_auth import command as aws_auth

MANIFEST = """\
# who may enter the cluster
apiVersion: v1
kind: ConfigMap
metadata: {name: aws-auth, namespace: kube-system} # keep
data:
  mapRoles: |
    # nodes: do not touch
    - groups: [system:bootstrappers, system:nodes]
      rolearn: arn:aws:iam::111122223333:role/node   # nodes
      username: system:node:{{EC2PrivateDNSName}}
  mapAccounts: "[]"
"""
MAPPING = """\
- rolearn: arn:aws:iam::999988887777:role/vendors/Reader
  username: vendor:{{SessionName}}
  groups: [vendor-readers]
"""


def run(folder: Path, *options: str, manifest: str = MANIFEST, mapping: str = MAPPING) -> Result:
    (folder / "configmap.yaml").write_text(manifest)
    (folder / "mapping.yaml").write_text(mapping)
    arguments = ["--configmap", str(folder / "configmap.yaml"), "--mapping", str(folder / "mapping.yaml"), *options]
    return CliRunner().invoke(aws_auth, ["plan", *arguments])


def test_plan_adds_the_mapping_and_leaves_the_rest_of_the_manifest_as_it_is(tmp_path: Path) -> None:
    result = run(tmp_path)
    assert result.exit_code == 0, result.output
    added = '    - rolearn: "arn:aws:iam::999988887777:role/Reader"\n'
    assert added in result.stdout
    assert [line for line in MANIFEST.splitlines() if line not in result.stdout.splitlines()] == []
    data = yaml.safe_load(result.stdout)["data"]
    assert read(data).roles["arn:aws:iam::999988887777:role/reader"].groups == ("vendor-readers",)


def test_removing_a_mapping_restores_the_manifest(tmp_path: Path) -> None:
    merged = run(tmp_path).stdout
    assert run(tmp_path, "--remove", manifest=merged).stdout == MANIFEST


def test_a_dash_reads_standard_input(tmp_path: Path) -> None:
    (tmp_path / "mapping.yaml").write_text(MAPPING)
    options = ["plan", "--configmap", "-", "--mapping", str(tmp_path / "mapping.yaml")]
    result = CliRunner().invoke(aws_auth, options, input=MANIFEST)
    assert result.exit_code == 0
    assert "vendor-readers" in result.stdout


def test_a_manifest_without_data_gets_data(tmp_path: Path) -> None:
    result = run(tmp_path, manifest="kind: ConfigMap\nmetadata:\n  name: aws-auth\n")
    assert list(yaml.safe_load(result.stdout)["data"]) == ["mapRoles"]


def test_a_text_that_does_not_fit_a_literal_block_is_printed_unchanged(tmp_path: Path) -> None:
    text = "- rolearn: a\r\n  username: b\t\r\n"
    result = run(tmp_path, manifest=yaml.safe_dump({"kind": "ConfigMap", "data": {"mapRoles": text}}))
    assert yaml.safe_load(result.stdout)["data"]["mapRoles"].startswith(text)


@pytest.mark.parametrize(
    ("manifest", "mapping", "reason"),
    [
        (MANIFEST.replace("    - groups", "    []\n    - groups"), MAPPING, "trailing-content"),
        (MANIFEST + "immutable: true\n", MAPPING, "immutable"),
        (MANIFEST, MAPPING.replace("[vendor-readers]", "['{{SessionName}}']"), "invalid-mapping"),
        (MANIFEST, MAPPING.replace("999988887777:role/vendors/Reader", "111122223333:role/node"), "protected"),
    ],
)
def test_a_conflict_exits_with_2_and_prints_no_manifest(
    tmp_path: Path, manifest: str, mapping: str, reason: str
) -> None:
    result = run(tmp_path, manifest=manifest, mapping=mapping)
    assert result.exit_code == 2
    assert f"refused ({reason})" in result.stderr
    assert result.stdout == ""


def test_adopt_replaces_a_conflicting_mapping(tmp_path: Path) -> None:
    theirs = MAPPING.replace("vendor:{{SessionName}}", "them")
    merged = run(tmp_path, mapping=theirs).stdout
    assert "refused (conflict)" in run(tmp_path, manifest=merged).stderr
    adopted = run(tmp_path, "--adopt", manifest=merged)
    assert adopted.exit_code == 0
    assert "taken over" in adopted.stderr, "a warning goes to standard error"
    assert "them" not in adopted.stdout


@pytest.mark.parametrize(
    ("mapping", "problem"),
    [
        ("rolearn: x\n", "expected a list"),
        ("- x\n", "item 0 is not a mapping"),
        ("- rolearn: x\n  user: y\n", "'user'"),
        ("- rolearn: x\n  username: 12\n", "username must be text"),
        ("- rolearn: x\n  username: y\n  groups: z\n", "groups must be a list"),
        ("- [\n", "not valid YAML"),
    ],
)
def test_an_invalid_mapping_file_exits_with_2(tmp_path: Path, mapping: str, problem: str) -> None:
    result = run(tmp_path, mapping=mapping)
    assert result.exit_code == 2
    assert problem in result.stderr


def test_lint_lists_hazards_and_prints_nothing_for_an_ordinary_manifest(tmp_path: Path) -> None:
    file = tmp_path / "configmap.yaml"
    file.write_text(MANIFEST)
    assert CliRunner().invoke(aws_auth, ["lint", "--configmap", str(file)]).exit_code == 0
    file.write_text(MANIFEST.replace("role/node ", "role/team/node "))
    result = CliRunner().invoke(aws_auth, ["lint", "--configmap", str(file)])
    assert result.exit_code == 1
    assert "arn-path: mapRoles line 2" in result.stdout


@pytest.mark.parametrize("arguments", [["lint"], ["plan", "--mapping", "-"]])
def test_a_file_that_is_no_text_is_bad_input(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "configmap.yaml").write_bytes(b"\xff\xfe")
    result = CliRunner().invoke(aws_auth, [*arguments, "--configmap", str(tmp_path / "configmap.yaml")], input=MAPPING)
    assert result.exit_code == 2
    assert f"Error: --configmap: {tmp_path / 'configmap.yaml'} is not UTF-8 text" in result.output
