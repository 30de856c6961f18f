"""The plan: what the engine does with each resource, in words that name every property, and no External ID."""

import json
from dataclasses import replace
from typing import Any

import pytest

from eks_access.model.found import FoundAccess, FoundWay
from eks_access.model.identity import EntryMethod
from eks_access_inventory.adopt.importing.differences import Difference
from eks_access_inventory.adopt.importing.extras import Left
from eks_access_inventory.adopt.importing.import_file import ImportPlan
from eks_access_inventory.adopt.importing.plan import (
    AdoptionPlan,
    Fate,
    build_plan,
    build_plan_from_inputs,
)
from eks_access_inventory.adopt.importing.report import Commands, format_plan
from eks_access_inventory.adopt.importing.steps import parse_steps

ARN = "arn:aws:iam::111122223333:role/C1"
STACK = "urn:pulumi:dev::p::pulumi:pulumi:Stack::p-dev"
COMPONENT = "urn:pulumi:dev::p::eks-access:index:ConductorOne::c1"
ACCESS = "urn:pulumi:dev::p::eks-access:index:ConductorOne$eks-access:index:ClusterAccess::c1-api"
WAY = FoundWay("prod", "us-east-1", EntryMethod.ACCESS_ENTRY, "c1", ("readers",))
FOUND = FoundAccess("conductorone", ARN, None, (WAY,))
COMMANDS = Commands(
    "dev", "adopt-c1/import.json", "adopt-c1/kubeconfig.yaml", "adopt-c1/configuration.yaml", "P.yaml", True
)


def component(urn: str, parent: str) -> dict[str, Any]:
    kind = urn.split("::")[2].rpartition("$")[2]
    state = {"urn": urn, "type": kind, "custom": False, "parent": parent, "inputs": {}}
    return {"op": "same", "urn": urn, "oldState": state, "newState": state}


def step(op: str, kind: str, name: str, *differing: str, **inputs: tuple[Any, Any]) -> dict[str, Any]:
    """A step on a resource in the cluster; `inputs` are the values before and after."""
    urn = f"{ACCESS.rpartition('::')[0]}${kind}::{name}"
    common = {"urn": urn, "type": kind, "custom": True, "parent": ACCESS, "id": f"id-of-{name}"}
    old = {**common, "inputs": {key: values[0] for key, values in inputs.items() if values[0] is not None}}
    new = {**common, "inputs": {key: values[1] for key, values in inputs.items() if values[1] is not None}}
    states = {} if op == "create" else {"oldState": old}
    return {"op": op, "urn": urn, **states, **({} if op == "delete" else {"newState": new}), "diffReasons": differing}


def plan(*steps: dict[str, Any], left: tuple[Left, ...] = (), found: FoundAccess = FOUND) -> AdoptionPlan:
    all_steps = [component(COMPONENT, STACK), component(ACCESS, COMPONENT), *steps]
    imported = ImportPlan({"resources": []}, (), (), left)
    return build_plan(parse_steps({"steps": all_steps}), "c1", "conductorone", imported, found)


def trust(external_id: str, principal: str = "arn:aws:iam::765656841499:root") -> str:
    condition = {"StringEquals": {"sts:ExternalId": external_id}}
    return json.dumps({"Statement": [{"Principal": {"AWS": principal}, "Condition": condition}]})


def test_every_step_has_its_place_and_a_change_its_properties() -> None:
    found = plan(
        step("same", "aws:iam/role:Role", "kept"),
        step("update", "aws:eks/accessEntry:AccessEntry", "changed", "userName", userName=("a", "b"), other=("c", "d")),
        step("create", "eks-access:index:ClusterRole", "new"),
        step("delete", "eks-access:index:ClusterRole", "old"),
    )
    assert {item.name: item.fate for item in found.items} == {
        "kept": Fate.KEPT,
        "changed": Fate.CHANGED,
        "new": Fate.CREATED,
        "old": Fate.REMOVED,
    }
    (changed,) = found.select(Fate.CHANGED)
    assert changed.differences == (Difference("userName", "a", "b"),), "what the provider calls different, and no more"
    assert changed.cluster == "api"
    assert found.is_covered
    assert found.is_known
    text = format_plan(found, COMMANDS)
    assert "- `AccessEntry` `changed` in cluster `api`, `id-of-changed`\n  - `userName`: `a` becomes `b`" in text
    assert text.index("## Created") < text.index("## Removed last")


def test_an_external_id_is_in_no_plan() -> None:
    found = plan(
        step(
            "update",
            "aws:iam/role:Role",
            "role",
            "assumeRolePolicy",
            assumeRolePolicy=(trust("secret-one"), trust("secret-two", "arn:aws:iam::765656841499:role/C1")),
        ),
        step(
            "update",
            "aws:iam/role:Role",
            "same-but-for-it",
            "assumeRolePolicy",
            assumeRolePolicy=(trust("secret-one"), trust("secret-two")),
        ),
    )
    text = format_plan(found, COMMANDS)
    assert "role/C1" in text
    assert "secret" not in text
    assert "`assumeRolePolicy`: `(hidden)` becomes `(hidden)`" in text, "a difference is shown all the same"


def test_a_replacement_is_an_interruption() -> None:
    replaced = step("replace", "aws:eks/accessPolicyAssociation:AccessPolicyAssociation", "view", "accessScope")
    found = plan(replaced)
    assert found.select(Fate.REPLACED)
    assert not found.is_covered
    assert "access interrupted for a moment: accessScope cannot be changed" in found.warnings[0]
    assert plan(step("update", "aws:eks/accessEntry:AccessEntry", "entry", "userName")).is_covered


def test_a_binding_that_loses_the_group_in_use_before_the_entry_has_another_is_an_interruption() -> None:
    def bind(before: str, after: str) -> AdoptionPlan:
        subjects = [{"kind": "Group", "name": before}], [{"kind": "Group", "name": after}]
        return plan(step("update", "eks-access:index:ClusterRoleBinding", "binding", "subjects", subjects=subjects))

    assert "no longer binds readers" in bind("readers", "c1:readers").warnings[0]
    assert bind("nobody-uses-this", "c1:readers").is_covered


def test_a_binding_to_another_role_is_an_interruption() -> None:
    roles = {"kind": "ClusterRole", "name": "old"}, {"kind": "ClusterRole", "name": "new"}
    found = plan(step("update", "eks-access:index:ClusterRoleBinding", "binding", "roleRef", roleRef=roles))
    assert "binds another role, and is made again" in found.warnings[0]
    labels: tuple[Any, Any] = {"labels": {}}, {"labels": {"a": "b"}}
    assert plan(
        step("update", "eks-access:index:ClusterRoleBinding", "binding", "metadata", metadata=labels)
    ).is_covered


def test_what_else_the_stack_would_change_is_listed() -> None:
    other = step("update", "aws:iam/role:Role", "someone-elses")
    for state in ("oldState", "newState"):
        other[state] = {**other[state], "parent": STACK}
    other["urn"] = "urn:pulumi:dev::p::aws:iam/role:Role::someone-elses"
    found = plan(other)
    assert found.items == ()
    assert found.others == ("update someone-elses (aws:iam/role:Role)",)


def test_what_cannot_be_taken_over_and_what_could_not_be_read_decide() -> None:
    assert not plan(left=(Left("entry", "why", is_blocking=True),)).is_covered
    assert plan(left=(Left("entry", "why"),)).is_covered
    unread = FoundAccess("conductorone", ARN, None, unread=("aws-auth of prod: 403",))
    assert not plan(found=unread).is_known


def test_a_plan_without_the_engines_differences_says_so() -> None:
    found = build_plan_from_inputs("c1", "conductorone", ImportPlan({"resources": []}, (), (), ()), FOUND, "no secrets")
    assert not found.is_known
    assert "were not computed by the engine**: no secrets" in format_plan(found, COMMANDS)


def test_the_commands_are_quoted_and_name_the_files() -> None:
    commands = Commands("my env", "a b/import.json", "a b/kubeconfig.yaml", "c.yaml", "P.yaml", config_is_written=False)
    text = format_plan(plan(), commands)
    assert "KUBECONFIG='a b/kubeconfig.yaml' pulumi import --yes --file='a b/import.json' --protect=false" in text
    assert "pulumi up --stack='my env'" in text
    assert "`c.yaml` into `P.yaml`" in text


def test_the_way_back_is_saved_before_the_import() -> None:
    text = format_plan(plan(), COMMANDS)
    commands = list_commands(text)
    assert commands[0].startswith("pulumi stack export --file=before.json --stack=dev")
    assert "pulumi import" in commands[1]
    assert "`pulumi stack import --file=before.json --stack=dev`" in text.splitlines()[-1]


UPDATED = step("update", "aws:iam/role:Role", "role", "assumeRolePolicy")


def list_commands(text: str) -> list[str]:
    lines = text.splitlines()
    return lines[lines.index("```sh") + 1 : lines.index("```")]


@pytest.mark.parametrize("imports", [True, False], ids=["first run", "after the import"])
def test_what_is_removed_waits_for_the_probe(imports: bool) -> None:
    commands = COMMANDS if imports else replace(COMMANDS, import_file="")
    removing = plan(step("delete", "aws:iam/rolePolicy:RolePolicy", "c1-by-hand-inline"), UPDATED)
    ups = [each.partition("   #")[0] for each in list_commands(format_plan(removing, commands))][-5:]
    first, probe = "pulumi up --exclude='**::c1*-by-hand-*' --stack=dev", "eks-access probe --stack=dev"
    assert ups == [first, "sleep 60", probe, "pulumi up --stack=dev", probe]
    assert "in no order that AWS promises" in format_plan(removing, commands)
    changing = format_plan(plan(UPDATED), commands)
    assert not [each for each in list_commands(changing) if "--exclude" in each], "one `up` is enough"
    assert "in no order" not in changing


def test_after_everything_there_is_no_command() -> None:
    done = format_plan(plan(step("same", "aws:iam/role:Role", "kept")), replace(COMMANDS, import_file=""))
    assert "There is nothing to import." in done
    assert "```" not in done


def test_where_nothing_can_be_taken_over_nothing_is_to_be_deployed() -> None:
    commands = Commands("dev", "", "", "c.yaml", "P.yaml", config_is_written=False)
    blocked = format_plan(plan(left=(Left("role", "why", is_blocking=True),)), commands)
    assert "run this again." in blocked
    assert "First put what is in" not in blocked
    assert "First put what is in" in format_plan(plan(), commands)


def test_hostile_names_stay_in_their_backticks() -> None:
    text = format_plan(plan(step("delete", "eks-access:index:ClusterRole", "a`\n# b\x1b[2J")), COMMANDS)
    assert "\x1b" not in text
    assert "\n# b" not in text


def test_the_commands_begin_in_the_projects_folder_and_with_the_probe() -> None:
    commands = replace(COMMANDS, folder="/srv/my project", manifest="adopt-ot/manifest.json")
    shown = list_commands(format_plan(plan(), commands))
    assert shown[0] == "cd -- '/srv/my project'"
    assert shown[1].startswith("eks-access probe --manifest=adopt-ot/manifest.json ")
