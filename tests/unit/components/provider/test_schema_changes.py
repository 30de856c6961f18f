"""The words for what changed in a package schema."""

from typing import Any

from tests.support.schema_changes import describe_changes

TEXT = {"type": "string"}


def schema(inputs: dict[str, Any], *, name: str = "a:index:Role", required: tuple[str, ...] = ()) -> dict[str, Any]:
    role = {"inputProperties": inputs, "properties": {"arn": TEXT}, "requiredInputs": list(required)}
    return {"name": "a", "resources": {name: role}, "types": {}}


def test_equal_schemas_have_no_changes() -> None:
    assert describe_changes(schema({"path": TEXT}), schema({"path": TEXT})) == []


def test_each_change_is_a_line() -> None:
    old, new = (
        schema({"path": TEXT, "tags": TEXT}),
        schema({"path": {"type": "integer"}, "name": TEXT}, required=("name",)),
    )
    assert describe_changes(old, {**new, "name": "b", "types": {"a:index:Tag": {}}}) == [
        "resource a:index:Role: input name added",
        "resource a:index:Role: input path: type is 'integer', was 'string'",
        "resource a:index:Role: input tags removed",
        "resource a:index:Role: requiredInputs is ['name'], was []",
        "type a:index:Tag: added",
        "the package: name is 'b', was 'a'",
    ]
    assert describe_changes(old, schema({}, name="a:index:Entry")) == [
        "resource a:index:Entry: added",
        "resource a:index:Role: removed",
    ]
