"""Terraform's AWS provider, which the official plug-in of Pulumi is made of, on the sandbox's AWS, beside the stand-in.

They run where `terraform` and the provider are installed, in a mirror that Terraform's own configuration names
(`TF_CLI_CONFIG_FILE`, or the folders that it looks in by default).
"""

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sandbox import Sandbox
from tests.e2e.aws_recorder import Change, Recorder, normalize, record
from tests.e2e.plugin_stack import Stack

pytestmark = pytest.mark.e2e

PROGRAM = Path(__file__).parent / "terraform_program" / "main.tf"
PROVIDER = 'terraform {\n  required_providers {\n    aws = { source = "hashicorp/aws" }\n  }\n}\n'
NOT_INSTALLED = ("Failed to query available provider packages", "Failed to install provider")
SECONDS = 300
QUIET = {"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", "TF_INPUT": "0"}
NAME = "terraform-twin"
NEW_EACH_TIME = {"createDate", "createdAt", "modifiedAt", "associatedAt"}
"""The moments of a creation."""
OF_OTHER_RESOURCES = {"inlinePolicy", "managedPolicyArns"}
"""What Terraform reads of a role without declaring it, and the stand-in only where it is declared."""
OF_VERSION_6 = {"region", "disableSessionTags", "externalId"}
"""Properties that the provider has since its version 6."""


@dataclass
class Applied:
    """What Terraform's provider did and read."""

    created: list[Change]
    resources: Mapping[str, Mapping[str, Any]]
    """The attributes of every resource, by its name."""
    planned: int
    """The exit code of the plan after the apply: 0 if there is nothing to change, 2 if there is something."""
    deleted: list[Change]


@pytest.fixture(scope="module")
def recorder(sandbox: Sandbox) -> Iterator[Recorder]:
    with record(sandbox.endpoint) as running:
        yield running


@pytest.fixture(scope="module")
def applied(sandbox: Sandbox, recorder: Recorder, tmp_path_factory: pytest.TempPathFactory) -> Applied:
    """Applied, planned again and destroyed, where Terraform and the provider are installed."""
    if shutil.which("terraform") is None:
        pytest.skip("terraform is not installed")
    folder = tmp_path_factory.mktemp("terraform")
    env = {"TF_VAR_name": NAME, "TF_VAR_endpoint": recorder.endpoint, **QUIET}

    def terraform(*arguments: str, ends_with: tuple[int, ...] = (0,)) -> Any:
        done = sandbox.run(["terraform", *arguments], cwd=folder, timeout=SECONDS, env=env)
        assert done.returncode in ends_with, f"terraform {' '.join(arguments)}:\n{done.stdout}\n{done.stderr}"
        return done

    # With nothing but the provider, only its absence can fail.
    (folder / "main.tf").write_text(PROVIDER)
    installed = terraform("init", "-no-color", ends_with=(0, 1))
    if any(reason in installed.stderr for reason in NOT_INSTALLED):
        pytest.skip(f"terraform finds no provider hashicorp/aws: {' '.join(installed.stderr.split())[:400]}")
    assert installed.returncode == 0, installed.stderr
    shutil.copy(PROGRAM, folder)
    terraform("apply", "-auto-approve", "-no-color")
    created = recorder.take()
    root = json.loads(terraform("show", "-json").stdout)["values"]["root_module"]
    planned = terraform("plan", "-detailed-exitcode", "-no-color", ends_with=(0, 2))
    terraform("destroy", "-auto-approve", "-no-color")
    resources = {each["name"]: each["values"] for each in root["resources"]}
    return Applied(created, resources, planned.returncode, recorder.take())


def test_terraforms_provider_finds_nothing_to_change_and_leaves_nothing(sandbox: Sandbox, applied: Applied) -> None:
    role, entry = applied.resources["role"], applied.resources["entry"]
    assert role["arn"].endswith(f":role/vendors/{NAME}")
    assert entry["tags"] == {"eks-access:role-id": role["unique_id"]}
    assert len(applied.created) == len(applied.deleted) == len(applied.resources) == 5
    assert applied.planned == 0
    assert NAME not in [each["RoleName"] for each in sandbox.boto("iam").list_roles()["Roles"]]
    assert role["arn"] not in sandbox.boto("eks").list_access_entries(clusterName="dev-api")["accessEntries"]


def test_the_stand_in_sends_and_reads_what_terraforms_provider_does(
    sandbox: Sandbox, recorder: Recorder, applied: Applied, tmp_path: Path
) -> None:
    stack = Stack(sandbox, tmp_path, "access", name=NAME)
    stack.env["AWS_ENDPOINT_URL"] = recorder.endpoint
    stack.up()
    created = recorder.take()
    read = {name: stack.resource(name)["outputs"] for name in applied.resources}
    stack.destroy()
    assert hide_ids(created) == hide_ids(applied.created)
    assert hide_ids(recorder.take()) == hide_ids(applied.deleted)
    for name, attributes in applied.resources.items():
        expected, found = hide_ids(by_pulumis_names(attributes)), hide_ids(present(read[name]))
        assert found.keys() | OF_VERSION_6 == expected.keys() | OF_VERSION_6, f"{name} has the same properties"
        same = expected.keys() - NEW_EACH_TIME
        assert {key: found[key] for key in same} == {key: expected[key] for key in same}, name


def by_pulumis_names(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Terraform's attributes under Pulumi's names, where a block that occurs once is an object."""
    renamed = {re.sub("_([a-z])", lambda match: match[1].upper(), key): value for key, value in attributes.items()}
    if "accessScope" in renamed:
        (renamed["accessScope"],) = renamed["accessScope"]
    return {key: value for key, value in present(renamed).items() if key not in OF_OTHER_RESOURCES}


def present(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The properties that have a value."""
    own = ("id", "__defaults")
    return {
        key: normalize(value) for key, value in properties.items() if value not in (None, "", [], {}) and key not in own
    }


def hide_ids(value: Any) -> Any:
    """A value without the ids that AWS gives to roles, associations and entries."""
    text = json.dumps(value, sort_keys=True)
    return json.loads(re.sub(r'\bAROA\w+|\ba-[0-9a-z]{6,}|(?<=access-entry/dev-api/)[^"]+', "ID", text))
