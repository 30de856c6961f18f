"""What a side is read from says the same of a stack: a manifest its trust, a preview what stays as it is."""

import json
from typing import Any

import pytest

from eks_access.integrations import vendors
from eks_access.manifest.models import HIDDEN, Trust
from eks_access.model.integration import Profile
from eks_access_policies.review import from_file
from eks_access_policies.review.difference import review
from eks_access_policies.review.report import JsonFormat, MarkdownFormat, SarifFormat
from eks_access_policies.stack import UNKNOWN, of_preview
from eks_access_policies.stack.declared_trust import trust_policy
from tests.support.places import place
from tests.support.review_stacks import Stack, allow, lines, trust
from tests.support.vendors import ARGUMENTS


@pytest.mark.parametrize("profile", Profile)
@pytest.mark.parametrize("vendor", sorted(ARGUMENTS))
def test_the_manifest_says_of_every_vendor_the_very_trust_policy_that_is_made(vendor: str, profile: Profile) -> None:
    given = {**ARGUMENTS[vendor], "profile": profile}
    role = vendors()[vendor].describe(given, place(vendor)).role
    declared = Trust(kind=role.trust.kind, refuses=[], **vars(role.trust))
    exported = Trust.model_validate(declared.model_dump(mode="json", by_alias=True))
    assert trust_policy(exported) == role.trust_policy()


@pytest.mark.parametrize(
    "changed", [{"externalId": HIDDEN}, {"principals": [HIDDEN]}, {"organizationId": None, "without": "externalId"}]
)
def test_a_hidden_part_or_an_older_manifest_leaves_the_trust_unknown(changed: dict[str, Any]) -> None:
    value: dict[str, Any] = {"kind": "cross-account", "refuses": [], "principals": ["arn:a"], "externalId": "x"}
    value |= {"organizationId": None} | changed
    value.pop(value.pop("without", "nothing"), None)
    assert trust_policy(Trust.model_validate(value)) is UNKNOWN


def stays(op: str, inputs: dict[str, Any]) -> dict[str, Any]:
    """A step as the engine writes it: of what is there already, the new state has no outputs."""
    old = Stack().role("r", None).resources[0]
    new = {key: value for key, value in old.items() if key != "outputs"} | {"inputs": inputs}
    return {"op": op, "urn": old["urn"], "oldState": old | {"id": "r"}, "newState": new}


def test_what_stays_in_a_preview_keeps_what_it_is() -> None:
    (role,) = of_preview({"steps": [stays("same", {"name": "r"})]}).resources
    assert role.get("arn") == "arn:aws:iam::111122223333:role/r"
    assert role.id == "r"


def test_what_is_updated_keeps_its_arn_and_nothing_that_the_update_takes_away() -> None:
    step = stays("update", {"name": "r"})
    step["oldState"]["outputs"]["permissionsBoundary"] = "arn:aws:iam::111122223333:policy/b"
    (role,) = of_preview({"steps": [step]}).resources
    assert role.get("arn") == "arn:aws:iam::111122223333:role/r"
    assert role.get("permissionsBoundary") is None


def test_what_is_replaced_has_an_arn_that_is_not_known_yet() -> None:
    (role,) = of_preview({"steps": [stays("create-replacement", {"name": "r"})]}).resources
    assert role.get("arn") is None


def test_a_deployed_stack_and_a_preview_that_changes_one_policy_differ_in_that_alone() -> None:
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
    found = review(from_file.of_value(base.state(), "state"), from_file.of_value({"steps": steps}, "preview"))
    assert lines(found) == ["low: can read who may do what in the account (iam:ListRoles on everything)"]


def test_a_secret_that_a_state_shows_is_not_told_and_what_has_it_is_said_not_to_be_known() -> None:
    mark = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
    head = Stack().role("r", trust(condition={"StringEquals": {"sts:ExternalId": "hunter2-hunter2"}}))
    written = head.resources[0]["inputs"]["assumeRolePolicy"]
    for part in ("inputs", "outputs"):
        head.resources[0][part]["assumeRolePolicy"] = {**mark, "plaintext": json.dumps(written)}
    found = review(from_file.of_value(Stack().role("r").state(), "base"), from_file.of_value(head.state(), "head"))
    assert lines(found) == ["unknown: not known: its trust policy is secret or not known before the deployment"]
    for format_ in (MarkdownFormat(), SarifFormat(), JsonFormat()):
        assert "hunter2" not in format_.text(found)
