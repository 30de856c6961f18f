import pytest

from eks_access.manifest.models import ManifestError, read

EMPTY = {
    "schemaVersion": 1,
    "environment": "dev",
    "partition": "aws",
    "account": "111122223333",
    "endpoint": "aws",
    "integrations": {},
}


def test_a_manifest_of_this_version_is_read_and_unknown_keys_are_ignored() -> None:
    assert read(EMPTY | {"addedLater": 1}).environment == "dev"


@pytest.mark.parametrize("version", [2, None, "1"])
def test_another_schema_version_is_rejected_with_advice(version: object) -> None:
    with pytest.raises(ManifestError, match="run `pulumi up`"):
        read(EMPTY | {"schemaVersion": version})


@pytest.mark.parametrize("value", [None, "x", ["x"]])
def test_a_value_that_is_not_an_object_is_rejected(value: object) -> None:
    with pytest.raises(ManifestError, match="expected an object"):
        read(value)


def test_an_invalid_part_is_named_without_its_value() -> None:
    with pytest.raises(ManifestError, match=r"integrations\.x\.vendor") as refused:
        read(EMPTY | {"integrations": {"x": {"role": "hunter2"}}})
    assert "hunter2" not in str(refused.value)
