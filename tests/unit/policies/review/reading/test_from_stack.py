"""A side has the same access from every format: trust from a manifest, unchanged resources from a preview."""

import json
from typing import Any

import pytest

from eks_access.integrations import vendors
from eks_access.manifest.models import HIDDEN, Trust
from eks_access.model.integration import Profile
from eks_access_policies.review.report import JsonFormat, MarkdownFormat, SarifFormat
from eks_access_policies.stack import UNKNOWN, parse_preview
from eks_access_policies.stack.declared_trust import build_trust_policy
from tests.support.places import place
from tests.support.review_stacks import Stack, allow, compare_values, lines, trust
from tests.support.vendors import ARGUMENTS


@pytest.mark.parametrize("profile", Profile)
@pytest.mark.parametrize("vendor", sorted(ARGUMENTS))
def test_the_manifest_gives_every_vendor_the_trust_policy_that_is_deployed(vendor: str, profile: Profile) -> None:
    given = {**ARGUMENTS[vendor], "profile": profile}
    role = vendors()[vendor].describe(given, place(vendor)).role
    declared = Trust(kind=role.trust.kind, refuses=[], **vars(role.trust))
    exported = Trust.model_validate(declared.model_dump(mode="json", by_alias=True))
    assert build_trust_policy(exported) == role.trust_policy()


@pytest.mark.parametrize(
    "changed", [{"externalId": HIDDEN}, {"principals": [HIDDEN]}, {"organizationId": None, "without": "externalId"}]
)
def test_the_trust_of_an_older_manifest_or_with_a_hidden_part_is_unknown(changed: dict[str, Any]) -> None:
    value: dict[str, Any] = {"kind": "cross-account", "refuses": [], "principals": ["arn:a"], "externalId": "x"}
    value |= {"organizationId": None} | changed
    value.pop(value.pop("without", "nothing"), None)
    assert build_trust_policy(Trust.model_validate(value)) is UNKNOWN


def step_without_outputs(op: str, inputs: dict[str, Any]) -> dict[str, Any]:
    """A step as the engine writes it: the new state of an existing resource has no outputs."""
    old = Stack().role("r", None).resources[0]
    new = {key: value for key, value in old.items() if key != "outputs"} | {"inputs": inputs}
    return {"op": op, "urn": old["urn"], "oldState": old | {"id": "r"}, "newState": new}


def test_an_unchanged_resource_of_a_preview_keeps_its_outputs() -> None:
    (role,) = parse_preview({"steps": [step_without_outputs("same", {"name": "r"})]}).resources
    assert role.get("arn") == "arn:aws:iam::111122223333:role/r"
    assert role.id == "r"


def test_an_updated_resource_keeps_its_arn_and_no_property_that_the_update_removes() -> None:
    step = step_without_outputs("update", {"name": "r"})
    step["oldState"]["outputs"]["permissionsBoundary"] = "arn:aws:iam::111122223333:policy/b"
    (role,) = parse_preview({"steps": [step]}).resources
    assert role.get("arn") == "arn:aws:iam::111122223333:role/r"
    assert role.get("permissionsBoundary") is None


def test_a_replaced_resource_has_an_unknown_arn() -> None:
    (role,) = parse_preview({"steps": [step_without_outputs("create-replacement", {"name": "r"})]}).resources
    assert role.get("arn") is None


def test_a_deployed_stack_and_a_preview_that_changes_one_policy_differ_only_in_that_policy() -> None:
    base = Stack().role("r", None, allow("eks:ListClusters")).entry("r", "dev")
    steps = [
        {
            "op": "same",
            "urn": each["urn"],
            "oldState": each,
            "newState": {k: v for k, v in each.items() if k != "outputs"},
        }
        for each in base.resources
    ]
    changed = Stack().role("r", None, allow("eks:ListClusters", "iam:ListRoles")).resources[1]
    steps[1] |= {"op": "update", "newState": {key: value for key, value in changed.items() if key != "outputs"}}
    for step in steps:
        step["newState"]["inputs"].pop("arn", None)
    found = compare_values(base.state(), {"steps": steps})
    assert lines(found) == ["low: can read who may do what in the account (iam:ListRoles on everything)"]


def test_a_secret_trust_policy_is_reported_as_unknown_and_not_shown() -> None:
    mark = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
    head = Stack().role("r", trust(condition={"StringEquals": {"sts:ExternalId": "hunter2-hunter2"}}))
    written = head.resources[0]["inputs"]["assumeRolePolicy"]
    for part in ("inputs", "outputs"):
        head.resources[0][part]["assumeRolePolicy"] = {**mark, "plaintext": json.dumps(written)}
    found = compare_values(Stack().role("r").state(), head.state())
    assert lines(found) == [
        "unknown: could not be determined: its trust policy is secret or not known before the deployment"
    ]
    for format_ in (MarkdownFormat(), SarifFormat(), JsonFormat()):
        assert "hunter2" not in format_.format(found)
