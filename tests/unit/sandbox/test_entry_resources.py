from urllib.parse import quote

import pytest

from sandbox.aws.entry_resources import entry_resource

ROLE = "arn:aws:iam::111122223333:role/vendors/Reader"
ON_ENTRY = f"/clusters/dev-api/access-entries/{quote(ROLE, safe='')}"


@pytest.mark.parametrize("rest", ["", "/", "/access-policies", "/access-policies/arn%3Aaws%3Aeks%3A%3Aaws%3Ax"])
def test_a_call_on_an_entry_is_decided_on_the_entrys_own_arn(rest: str) -> None:
    resource = entry_resource(ON_ENTRY + rest, "us-east-1", "111122223333")
    assert resource is not None
    prefix, _, own_id = resource.rpartition("/")
    assert prefix == "arn:aws:eks:us-east-1:111122223333:access-entry/dev-api/role/111122223333/Reader"
    assert len(own_id) == 36


@pytest.mark.parametrize(
    "path", ["/clusters/dev-api", "/clusters/dev-api/access-entries", "/clusters", "/access-policies"]
)
def test_any_other_call_keeps_its_resource(path: str) -> None:
    assert entry_resource(path, "us-east-1", "111122223333") is None
