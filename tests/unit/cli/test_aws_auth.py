"""`eks-access aws-auth`: manifests in, manifests out, refusals with exit code 2."""

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from eks_access.aws_auth.reader import read
from eks_access_cli.commands.aws_auth import command as aws_auth

MANIFEST = """\
# the cluster's door
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
    given = ["--configmap", str(folder / "configmap.yaml"), "--mapping", str(folder / "mapping.yaml"), *options]
    return CliRunner().invoke(aws_auth, ["plan", *given])


def test_the_manifest_is_printed_with_the_mapping_and_is_otherwise_the_same(tmp_path: Path) -> None:
    result = run(tmp_path)
    assert result.exit_code == 0, result.output
    added = '    - rolearn: "arn:aws:iam::999988887777:role/Reader"\n'
    assert added in result.stdout
    assert [line for line in MANIFEST.splitlines() if line not in result.stdout.splitlines()] == []
    data = yaml.safe_load(result.stdout)["data"]
    assert read(data).roles["arn:aws:iam::999988887777:role/reader"].groups == ("vendor-readers",)


def test_removing_gives_the_manifest_back_as_it_was(tmp_path: Path) -> None:
    merged = run(tmp_path).stdout
    assert run(tmp_path, "--remove", manifest=merged).stdout == MANIFEST


def test_stdin_is_read_where_a_dash_is_given(tmp_path: Path) -> None:
    (tmp_path / "mapping.yaml").write_text(MAPPING)
    options = ["plan", "--configmap", "-", "--mapping", str(tmp_path / "mapping.yaml")]
    result = CliRunner().invoke(aws_auth, options, input=MANIFEST)
    assert result.exit_code == 0
    assert "vendor-readers" in result.stdout


def test_a_manifest_without_data_gets_it(tmp_path: Path) -> None:
    result = run(tmp_path, manifest="kind: ConfigMap\nmetadata:\n  name: aws-auth\n")
    assert list(yaml.safe_load(result.stdout)["data"]) == ["mapRoles"]


def test_a_text_that_no_literal_block_can_hold_is_printed_as_it_is(tmp_path: Path) -> None:
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
def test_a_refusal_ends_with_code_2_and_prints_no_manifest(
    tmp_path: Path, manifest: str, mapping: str, reason: str
) -> None:
    result = run(tmp_path, manifest=manifest, mapping=mapping)
    assert result.exit_code == 2
    assert f"refused ({reason})" in result.stderr
    assert result.stdout == ""


def test_adopting_replaces_what_would_be_refused(tmp_path: Path) -> None:
    theirs = MAPPING.replace("vendor:{{SessionName}}", "them")
    merged = run(tmp_path, mapping=theirs).stdout
    assert "refused (conflict)" in run(tmp_path, manifest=merged).stderr
    adopted = run(tmp_path, "--adopt", manifest=merged)
    assert adopted.exit_code == 0
    assert "taken over" in adopted.stderr, "a warning goes to the other stream"
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
def test_a_mapping_file_that_is_not_one_is_a_usage_error(tmp_path: Path, mapping: str, problem: str) -> None:
    result = run(tmp_path, mapping=mapping)
    assert result.exit_code == 2
    assert problem in result.stderr


def test_lint_lists_hazards_and_is_silent_about_an_ordinary_manifest(tmp_path: Path) -> None:
    file = tmp_path / "configmap.yaml"
    file.write_text(MANIFEST)
    assert CliRunner().invoke(aws_auth, ["lint", "--configmap", str(file)]).exit_code == 0
    file.write_text(MANIFEST.replace("role/node ", "role/team/node "))
    result = CliRunner().invoke(aws_auth, ["lint", "--configmap", str(file)])
    assert result.exit_code == 1
    assert "arn-path: mapRoles line 2" in result.stdout
