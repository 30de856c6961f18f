"""`eks-access adopt`: its usage, the environment's file, and the folder that it writes."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from eks_access.errors import InvalidInputError
from eks_access.integrations import vendors
from eks_access.model.found import FoundAccess, FoundWay
from eks_access.model.identity import EntryMethod
from eks_access.model.integration import Role
from eks_access.model.trust import CrossAccount
from eks_access_cli.flows import adopt_folder
from eks_access_cli.flows.adopt import parse_setting
from eks_access_cli.flows.adopt_candidates import choose_names
from eks_access_cli.flows.adopt_comparison import validate_same_role
from eks_access_cli.flows.adopt_connected import read_connected_clusters
from eks_access_cli.flows.adopt_connection import find_uncertain
from eks_access_cli.flows.adopt_engine import Computed, preview_after_import
from eks_access_cli.flows.adopt_environment import (
    AdoptError,
    Target,
    choose_clusters,
    declare,
    find_declaration,
    open_target,
    write_file,
)
from eks_access_cli.main import main
from eks_access_cli.pulumi_program import PulumiProgramError, PulumiStack
from eks_access_cli.scratch_stack import SERVICE_SECRETS, ScratchStackError, copy_stack, resolve_definitions
from eks_access_inventory.adopt.importing.import_file import ImportPlan
from eks_access_inventory.adopt.importing.plan import build_plan_from_inputs
from eks_access_inventory.reading.model import AccountReading, ClusterReading, Unread

ENVIRONMENT = """\
config:
  eks-access:aws: {account: "111122223333", region: us-east-1}
  eks-access:clusters:
    api: {name: dev-api}   # the first
  eks-access:integrations: {}
encryptionsalt: v1:abc
"""
ARGUMENTS = {"client_id": "1234567890-x.apps.googleusercontent.com", "subject": "110169484474386276334"}
VENDOR = vendors()["opentrace"]
FOUND = FoundAccess("opentrace", "arn:aws:iam::111122223333:role/OpenTrace", None)


@pytest.fixture
def target(tmp_path: Path) -> Target:
    (tmp_path / "Pulumi.yaml").write_text("name: eks-access\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text(ENVIRONMENT)
    return open_target(tmp_path, "dev")


def way(cluster: str, region: str = "us-east-1") -> FoundWay:
    return FoundWay(cluster, region, EntryMethod.ACCESS_ENTRY, "x")


def computed(kubeconfig: str = "kubeconfig") -> Computed:
    imported = ImportPlan({"resources": []}, (), (), ())
    return Computed(imported, kubeconfig, build_plan_from_inputs("ot", "opentrace", imported, FOUND, "why"))


# The environment's file


def test_clusters_that_the_file_lacks_get_keys_of_their_own(target: Target) -> None:
    ways = [way("dev-api"), way("Prod_1"), way("api", "eu-west-1")]
    chosen = choose_clusters(target, ways, ())
    assert {key: (each.name, each.region) for key, each in chosen.items()} == {
        "api": ("dev-api", "us-east-1"),
        "prod-1": ("Prod_1", "us-east-1"),
        "api-2": ("api", "eu-west-1"),
    }
    assert list(choose_clusters(target, ways, ("Prod_1",))) == ["prod-1"], "by name as well as by key"
    with pytest.raises(InvalidInputError, match="no cluster that the principal has a way into"):
        choose_clusters(target, ways, ("other",))


def test_an_integration_is_declared_with_its_clusters_and_the_comments_stay(target: Target) -> None:
    chosen = choose_clusters(target, [way("dev-api"), way("west", "eu-west-1")], ())
    declaration = declare(target, "ot", "opentrace", ARGUMENTS, chosen)
    assert declaration.problem == ""
    assert "# the first" in declaration.text
    config = yaml.safe_load(declaration.text)["config"]
    assert config["eks-access:integrations"]["ot"] == {"vendor": "opentrace", **ARGUMENTS}
    assert config["eks-access:clusters"]["west"] == {"name": "west", "region": "eu-west-1"}
    only = declare(target, "ot", "opentrace", ARGUMENTS, choose_clusters(target, [way("west")], ()))
    assert yaml.safe_load(only.text)["config"]["eks-access:integrations"]["ot"]["clusters"] == ["west"]


def test_arguments_that_are_not_valid_are_refused(target: Target) -> None:
    chosen = choose_clusters(target, [way("dev-api")], ())
    with pytest.raises(InvalidInputError, match="nonsense"):
        declare(target, "ot", "opentrace", {**ARGUMENTS, "nonsense": 1}, chosen)


def test_a_preview_of_what_exists_takes_it_over_and_the_file_does_not(target: Target) -> None:
    declaration = declare(target, "ot", "opentrace", ARGUMENTS, choose_clusters(target, [way("dev-api")], ()))
    assert yaml.safe_load(declaration.taking_over)["config"]["eks-access:integrations"]["ot"]["adopt"] is True
    assert "adopt" not in declaration.text
    write_file(target, declaration.text)
    again = open_target(target.project.folder, "dev")
    declared = again.find_declared("ot")
    assert declared is not None
    assert find_declaration(again, "ot", declared).is_written


def test_a_layout_that_is_not_understood_leaves_a_block_to_paste(target: Target) -> None:
    text = ENVIRONMENT.replace("integrations: {}", "integrations: {cado: {vendor: cado, platform_role_arns: [X]}}")
    text = text.replace("[X]", "['arn:aws:iam::444455556666:role/C']")
    target.file.write_text(text)
    declaration = declare(
        open_target(target.project.folder, "dev"),
        "ot",
        "opentrace",
        ARGUMENTS,
        choose_clusters(target, [way("dev-api")], ()),
    )
    assert "not a mapping with a line for each entry" in declaration.problem
    assert (
        yaml.safe_load(declaration.block)["config"]["eks-access:integrations"]["ot"]["subject"] == ARGUMENTS["subject"]
    )
    assert set(yaml.safe_load(declaration.text)["config"]["eks-access:integrations"]) == {"cado", "ot"}


def test_a_file_that_was_changed_meanwhile_is_left_as_it_is(target: Target) -> None:
    target.file.chmod(0o640)
    target.file.write_text("changed: true\n")
    with pytest.raises(AdoptError, match="was changed since it was read"):
        write_file(target, "new: true\n")
    assert target.file.read_text() == "changed: true\n"
    target.file.write_text(ENVIRONMENT)
    write_file(target, "new: true\n")
    assert target.file.read_text() == "new: true\n"
    assert target.file.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_line_ends_of_the_file_stay(target: Target, end: str) -> None:
    before = ENVIRONMENT.replace("\n", end).encode()
    target.file.write_bytes(before)
    opened = open_target(target.project.folder, "dev")
    declaration = declare(opened, "ot", "opentrace", ARGUMENTS, choose_clusters(opened, [way("dev-api")], ()))
    assert declaration.problem == ""
    write_file(opened, declaration.text)
    written = target.file.read_bytes()
    assert written.count(b"\n") == written.count(end.encode()) > before.count(b"\n")
    assert before.splitlines(keepends=True)[3] in written


def test_a_link_to_the_file_stays_one(target: Target, tmp_path: Path) -> None:
    real = tmp_path / "environments.yaml"
    target.file.rename(real)
    target.file.symlink_to(real.name)
    write_file(open_target(tmp_path, "dev"), "new: true\n")
    assert target.file.is_symlink()
    assert real.read_text() == "new: true\n"


def test_an_integration_with_another_role_is_not_adopted() -> None:
    """What the other role has would be removed with it."""
    trust = CrossAccount(("arn:aws:iam::444455556666:role/x",))
    for role in (Role("OpenTrace", "", trust, ()), Role("x", "", trust, (), existing_arn=FOUND.principal_arn)):
        validate_same_role(role, "ot", FOUND.principal_arn)
        with pytest.raises(AdoptError, match=r"has the role 'OpenTrace', and --role is .*role/Cado: adopt that one"):
            validate_same_role(role, "ot", "arn:aws:iam::111122223333:role/Cado")


# The folder


def test_a_folder_of_others_is_refused_and_ones_own_is_written_again(tmp_path: Path) -> None:
    folder = tmp_path / "adopt-ot"
    adopt_folder.validate_folder(folder)
    adopt_folder.write_folder(folder, computed(), "first", "config:")
    adopt_folder.validate_folder(folder)
    adopt_folder.write_folder(folder, computed(kubeconfig=""), "second", "")
    assert sorted(each.name for each in folder.iterdir()) == ["import.json", "plan.md"], "nothing is left of the first"
    assert folder.joinpath("plan.md").read_text().endswith("second")
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(AdoptError, match="was not written by this command"):
        adopt_folder.validate_folder(folder)


@pytest.mark.parametrize("name", ["plan.md", "import.json"])
def test_a_file_of_the_same_name_that_others_wrote_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(AdoptError):
        adopt_folder.validate_folder(tmp_path)
    assert (tmp_path / name).read_text() == "mine"


def test_files_are_named_from_the_projects_folder(tmp_path: Path) -> None:
    assert adopt_folder.name_file(tmp_path / "a", "plan.md", tmp_path) == "a/plan.md"
    assert adopt_folder.name_file(tmp_path, "plan.md", tmp_path / "project") == str(tmp_path / "plan.md")


# The copy of the stack


def test_a_stack_whose_secrets_are_the_services_is_not_copied(
    target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "pulumi").write_text('#!/bin/sh\necho \'{"deployment": {"resources": [{}]}}\'\n')
    (folder / "pulumi").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    text = ENVIRONMENT.replace("encryptionsalt: v1:abc\n", "")
    with pytest.raises(ScratchStackError, match=SERVICE_SECRETS), copy_stack(target.project, "dev", text, {}):
        pass
    with copy_stack(target.project, "dev", ENVIRONMENT, {"A": "b"}) as copy:
        assert copy.variables["A"] == "b"
        assert copy.variables["PULUMI_BACKEND_URL"].startswith("file:///")
        project: dict[str, Any] = yaml.safe_load((copy.project / "Pulumi.yaml").read_text())
        assert project["main"] == str(target.project.folder), "the program runs where it is"
    assert not copy.project.exists()


def test_definitions_are_named_in_full_in_the_copy(target: Target) -> None:
    declared = {"a": {"vendor": "custom", "definition": "vendors/a.yaml"}, "b": {"vendor": "cado"}}
    text = yaml.safe_dump({"config": {"eks-access:integrations": declared}, "encryptionsalt": "v1:abc"})
    resolved = yaml.safe_load(resolve_definitions(text, target.project))
    full = str(target.project.folder.resolve() / "vendors/a.yaml")
    assert resolved["config"]["eks-access:integrations"]["a"]["definition"] == full
    assert resolved["config"]["eks-access:integrations"]["b"] == {"vendor": "cado"}
    assert resolved["encryptionsalt"] == "v1:abc"


# Clusters outside of EKS


def test_the_clusters_of_an_integration_are_read_with_their_kubeconfigs(target: Target, tmp_path: Path) -> None:
    (tmp_path / "kubeconfig.yaml").write_text("kind: Config")
    lab = {"name": "lab", "provider": "OTHER", "kubeconfig_file": str(tmp_path / "kubeconfig.yaml")}
    other = {"name": "other", "provider": "OTHER", "region": "eu-west-1", "kubeconfig": "kind: Config"}
    found = read_connected_clusters(target, {"clusters": {"lab": lab, "other": other}})
    assert found.kubeconfigs == {"lab": "kind: Config", "other": "kind: Config"}
    assert [(each.name, each.region) for each in found.clusters.values()] == [
        ("lab", "us-east-1"),
        ("other", "eu-west-1"),
    ]
    assert read_connected_clusters(target, {}).clusters == {}


@pytest.mark.parametrize(
    ("cluster", "why"),
    [
        ({"provider": "OTHER"}, "has no name"),
        ({"name": "lab"}, "needs `kubeconfig_file`"),
        ({"name": "lab", "kubeconfig": {"secure": "v1:x"}}, "is a secret, which is not read here"),
        ({"name": "lab", "kubeconfig_file": "/nowhere/kubeconfig.yaml"}, "cannot be read"),
    ],
)
def test_a_cluster_that_cannot_be_reached_is_refused(target: Target, cluster: dict[str, Any], why: str) -> None:
    with pytest.raises((AdoptError, InvalidInputError), match=why):
        read_connected_clusters(target, {"clusters": {"lab": cluster}})


def test_an_object_of_another_stack_in_the_way_is_answered_with_what_to_do(target: Target, tmp_path: Path) -> None:
    class Refusing(PulumiStack):
        def preview(self, *_: Any, **__: Any) -> dict[str, Any]:
            raise PulumiProgramError(
                f"`pulumi preview` failed in {self.project}: ClusterRole opentrace-read: it exists"
            )

    copy = Refusing("dev", tmp_path / "copy")
    with pytest.raises(AdoptError, match=r"under another name than 'ot'.*ClusterRole opentrace-read") as refused:
        preview_after_import(copy, target.project, "ot")
    assert str(copy.project) not in str(refused.value)


# What can be adopted


def test_the_names_that_are_proposed_are_free() -> None:
    found = {"arn:1": "cado", "arn:2": "apono", "arn:3": "cado"}
    assert choose_names(found, ["apono"]) == {"arn:1": "cado", "arn:2": "apono-2", "arn:3": "cado-2"}


# What is given, and what is certain


def test_settings_are_yaml_and_anything_else_is_refused_without_its_value() -> None:
    assert parse_setting("namespaces=[a, b]", VENDOR) == ("namespaces", ["a", "b"])
    assert parse_setting('subject="110169484474386276334"', VENDOR) == ("subject", "110169484474386276334")
    assert parse_setting("max_session_seconds=3600", VENDOR) == ("max_session_seconds", 3600)
    for wrong in ("a-bare-canary", "=x", "key=[unclosed-canary"):
        with pytest.raises(InvalidInputError) as refused:
            parse_setting(wrong, VENDOR)
        assert "canary" not in str(refused.value)


def test_a_text_of_digits_needs_no_quotes() -> None:
    assert parse_setting("subject=110169484474386276334", VENDOR) == ("subject", "110169484474386276334")
    assert parse_setting("client_id={secret: x}", VENDOR) == ("client_id", {"secret": "x"})


def test_clusters_that_were_not_read_completely_or_have_other_users_are_uncertain() -> None:
    clusters = [
        ClusterReading("whole", "us-east-1"),
        ClusterReading("partly", "us-east-1", unread=(Unread("aws-auth", "403"),)),
        ClusterReading("others", "us-east-1", identity_providers=({"issuerUrl": "https://issuer"},)),
    ]
    reading = AccountReading("111122223333", "aws", datetime.now(UTC), 0, ("us-east-1",), clusters)
    assert {name for (name, _), _ in find_uncertain(reading)} == {"partly", "others"}


# Usage


@pytest.mark.parametrize("given", [["ot"], ["--role", "arn:aws:iam::111122223333:role/x"]])
def test_an_integration_and_its_role_are_given_together(given: list[str]) -> None:
    done = CliRunner().invoke(main, ["adopt", "--stack", "dev", *given])
    assert done.exit_code == 2
    assert "together" in done.output
