"""Names, import ids and checks of the AWS stand-in."""

import json

import pytest

from sandbox.plugins.aws.checks import check, check_config
from sandbox.plugins.aws.fields import live_inputs
from sandbox.plugins.aws.resource import ImportIdError, split_region
from sandbox.plugins.aws.types import TYPES, access_entry, access_policy_association, role_policy_attachment
from sandbox.plugins.plugin import Operation, Values
from sandbox.plugins.values import UNKNOWN

ROLE = TYPES["aws:iam/role:Role"]
ARN = "arn:aws:iam::111122223333:role/a/b"
TRUST = json.dumps({"Statement": []})


def operation(name: str = "app", **options: object) -> Operation:
    return Operation(urn=f"urn:pulumi:dev::p::aws:iam/role:Role::{name}", seed=b"seed", **options)  # type: ignore[arg-type]


def inputs(news: Values, olds: Values | None = None, **options: object) -> Values:
    checked = check(ROLE, operation(**options), olds or {}, {"assumeRolePolicy": TRUST, **news})  # type: ignore[arg-type]
    assert not checked.failures
    return checked.inputs


def test_import_ids_are_split_as_the_official_plug_in_splits_them() -> None:
    assert access_entry.split(f"dev:{ARN}") == ("dev", ARN)
    policy = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
    assert access_policy_association.split(f"dev#{ARN}#{policy}") == ("dev", ARN, policy)
    assert role_policy_attachment.split(f"role/{ARN}") == ("role", ARN)


@pytest.mark.parametrize("bad", ["dev", "dev:", f":{ARN}", ""])
def test_an_import_id_of_another_form_is_refused_with_the_form_expected(bad: str) -> None:
    with pytest.raises(ImportIdError, match="expected cluster-name:principal-arn"):
        access_entry.split(bad)


def test_an_import_id_may_name_its_region() -> None:
    assert split_region(f"dev:{ARN}@eu-west-1") == (f"dev:{ARN}", "eu-west-1")
    assert split_region("dev:arn:aws:iam::1:user/me@example.com")[1] is None, "an address is no region"


def test_a_role_without_a_name_gets_one_and_keeps_it() -> None:
    first = inputs({})
    assert first["name"].startswith("app-")
    assert first["__defaults"] == ["name"]
    assert inputs({}, first)["name"] == first["name"], "the second run names it the same"
    assert inputs({"name": "own"}, first)["name"] == "own"


def test_an_automatic_name_is_cut_to_what_iam_takes() -> None:
    assert len(inputs({}, name="n" * 100)["name"]) == 64


def test_the_stacks_own_rule_for_names_is_followed() -> None:
    assert inputs({}, autonaming=("exactly", "enforce"))["name"] == "exactly"
    checked = check(ROLE, operation(autonaming=("", "disable")), {}, {"assumeRolePolicy": TRUST})
    assert [f.property for f in checked.failures] == ["name"]


@pytest.mark.parametrize(("length", "refused"), [(64, False), (65, True)])
def test_a_name_longer_than_iam_takes_is_refused(length: int, refused: bool) -> None:
    checked = check(ROLE, operation(), {}, {"assumeRolePolicy": TRUST, "name": "n" * length})
    assert [f.property for f in checked.failures] == (["name"] if refused else [])


def test_a_document_may_be_an_object_and_must_be_json() -> None:
    assert json.loads(inputs({"assumeRolePolicy": {"Statement": []}})["assumeRolePolicy"]) == {"Statement": []}
    assert inputs({"assumeRolePolicy": UNKNOWN})["assumeRolePolicy"] is UNKNOWN
    checked = check(ROLE, operation(), {}, {"assumeRolePolicy": "{"})
    assert "contains an invalid JSON" in checked.failures[0].reason


def test_what_drifted_beside_the_inputs_becomes_one() -> None:
    before = {"name": "r", "assumeRolePolicy": TRUST}
    found = {**before, "path": "/", "maxSessionDuration": 3600, "description": "by hand", "tags": {"evil": "1"}}
    live = live_inputs(ROLE, before, found)
    assert live == {**before, "description": "by hand", "tags": {"evil": "1"}}, "defaults are no drift"


def test_a_misspelt_endpoint_is_refused_and_a_right_one_is_not() -> None:
    def found(service: str) -> list[str]:
        return [f.property for f in check_config({"endpoints": json.dumps([{service: "http://127.0.0.1:1"}])})]

    assert found("iamm") == ["endpoints[0].iamm"]
    assert found("iam") == []


def test_an_undeclared_or_unreadable_configuration_value_is_refused() -> None:
    assert [f.property for f in check_config({"regoin": "us-east-1", "version": "7.0.0"})] == ["regoin"]
    assert [f.property for f in check_config({"allowedAccountIds": "[1"})] == ["allowedAccountIds"]
    assert check_config({"region": "us-east-1", "allowedAccountIds": '["111122223333"]'}) == []
