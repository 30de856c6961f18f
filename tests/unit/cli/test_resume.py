import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from click.testing import CliRunner

from eks_access_cli.commands import resume
from eks_access_cli.commands.resume import PendingCreate, pending_creates, with_creates_taken_in

URN = "urn:pulumi:dev::p::t::"
ROLE = "arn:aws:iam::111122223333:role/r"


def operation(kind: str, name: str, inputs: dict[str, Any], what: str = "creating") -> dict[str, Any]:
    return {"type": what, "resource": {"urn": URN + name, "type": kind, "custom": True, "inputs": inputs}}


def state(*operations: dict[str, Any]) -> dict[str, Any]:
    return {"version": 3, "deployment": {"resources": [{"urn": URN + "stack"}], "pending_operations": list(operations)}}


@pytest.mark.parametrize(
    ("kind", "inputs", "id"),
    [
        ("aws:iam/role:Role", {"name": "r"}, "r"),
        ("aws:iam/rolePolicy:RolePolicy", {"role": "r", "name": "p"}, "r:p"),
        ("aws:eks/accessEntry:AccessEntry", {"clusterName": "c", "principalArn": ROLE}, f"c:{ROLE}"),
        (
            "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
            {"clusterName": "c", "principalArn": ROLE, "policyArn": "arn:p"},
            f"c#{ROLE}#arn:p",
        ),
        ("eks-access:index:AwsAuthMapping", {"clusterName": "c", "roleArn": ROLE}, f"c/{ROLE}"),
        ("eks-access:index:ConnectorRegistration", {"region": "us-east-1", "name": "c"}, "us-east-1/c"),
        ("kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", {"metadata": {"name": "x"}}, "x"),
        (
            "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding",
            {"metadata": {"name": "x", "namespace": "web"}},
            "web/x",
        ),
        ("aws:s3/bucket:Bucket", {"bucket": "b"}, None),
    ],
)
def test_the_id_of_a_resource_follows_from_its_inputs(kind: str, inputs: dict[str, Any], id: str | None) -> None:
    assert pending_creates(state(operation(kind, "x", inputs))) == [PendingCreate(URN + "x", kind, id)]


def test_only_creations_are_looked_up_because_a_refresh_settles_the_rest() -> None:
    deleting = operation("aws:iam/role:Role", "x", {"name": "r"}, "deleting")
    assert pending_creates(state(deleting)) == []
    assert with_creates_taken_in(state(deleting)) == state(deleting)


def test_a_begun_creation_counts_as_done_until_a_refresh_has_looked() -> None:
    taken = with_creates_taken_in(state(operation("aws:iam/role:Role", "x", {"name": "r"})))["deployment"]
    assert taken["pending_operations"] == []
    assert [(each["urn"], each.get("id")) for each in taken["resources"]] == [(URN + "stack", None), (URN + "x", "r")]


@pytest.mark.parametrize("kind", ["pulumi:providers:aws", "eks-access:index:Cado", "eks-access:index:ClusterAccess"])
def test_what_exists_only_in_the_state_is_dropped(kind: str) -> None:
    taken = with_creates_taken_in(state(operation(kind, "x", {})))["deployment"]
    assert taken["pending_operations"] == []
    assert [each["urn"] for each in taken["resources"]] == [URN + "stack"]


def test_a_resource_whose_id_cannot_be_told_stops_before_anything_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def pulumi(_: object, *arguments: str, stdin: str = "") -> str:
        asked.append(arguments[0])
        return json.dumps(state(operation("aws:s3/bucket:Bucket", "x", {})))

    monkeypatch.setattr(resume, "_pulumi", pulumi)
    result = CliRunner().invoke(resume.resume, ["--stack", "dev"])
    assert result.exit_code == 1
    assert "cannot tell the id" in result.output
    assert asked == ["stack"], "only the export"


@pytest.mark.parametrize("torn", [b"", b'{"user.content_type": "appl'])
def test_a_checkpoint_whose_attributes_were_torn_is_made_readable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, torn: bytes
) -> None:
    folder = tmp_path / "my state" / ".pulumi" / "stacks" / "p"
    folder.mkdir(parents=True)
    checkpoint, attributes, other = (folder / name for name in ("dev.json", "dev.json.attrs", "prod.json.attrs"))
    checkpoint.write_text("{}")
    attributes.write_bytes(torn)
    other.write_text("{}")
    backend = f"file://{quote(str(tmp_path / 'my state'))}"

    def pulumi(_: object, *arguments: str, stdin: str = "") -> str:
        if arguments[0] == "whoami":
            return json.dumps({"url": backend})
        if arguments[0] == "stack":
            assert not attributes.exists(), "before the checkpoint is read"
        return json.dumps(state())

    monkeypatch.setattr(resume, "_pulumi", pulumi)
    result = CliRunner().invoke(resume.resume, ["--stack", "organization/p/dev", "--unlock"])
    assert result.exit_code == 0, result.output
    assert checkpoint.exists()
    assert other.exists(), "of another stack, and whole"
