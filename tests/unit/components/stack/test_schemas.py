import json
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from eks_access.integrations import vendors
from eks_access.stack import schemas
from eks_access_cli.main import main
from tests.support.checkout import CHECKOUT

COMMITTED = CHECKOUT / "docs/schema"


@pytest.mark.parametrize("name", ["custom", "environment", "inventory", "offboard", "report"])
def test_the_schemas_in_the_docs_are_current(name: str) -> None:
    printed = CliRunner().invoke(main, ["schema", name]).output
    assert (COMMITTED / f"{name}.json").read_text() == printed, (
        f"run: eks-access schema {name} > docs/schema/{name}.json"
    )


def test_every_vendor_and_every_property_of_it_is_in_the_environments_schema() -> None:
    found = schemas.environment_schema()
    for key, vendor in vendors().items():
        properties = found["$defs"][key]["properties"]
        assert set(properties) == {"vendor", *vendor.arguments.__annotations__}
        described = [name for name, schema in properties.items() if schema.get("description")]
        assert set(described) >= set(vendor.arguments.__annotations__) - {"vendor"}, "an editor shows the docstrings"
        assert found["$defs"][key]["additionalProperties"] is False


def test_arguments_only_for_programs_are_not_in_the_configurations_schema() -> None:
    clusters = schemas.environment_schema()["properties"]["config"]["properties"]["eks-access:clusters"]
    assert "kubernetes_provider" not in clusters["additionalProperties"]["properties"]
    assert "kubeconfig" in clusters["additionalProperties"]["properties"]


def test_a_value_that_may_be_a_secret_may_refer_to_one() -> None:
    external_id = schemas.environment_schema()["$defs"]["conductorone"]["properties"]["external_id"]
    assert {"$ref": "#/$defs/secret"} in external_id["anyOf"]


def test_the_sections_are_named_after_the_project() -> None:
    assert "acme:aws" in schemas.environment_schema("acme")["properties"]["config"]["properties"]


def references(tree: Any) -> set[str]:
    if isinstance(tree, dict):
        own = {tree["$ref"]} if isinstance(tree.get("$ref"), str) else set()
        return own.union(*(references(value) for value in tree.values()), set())
    return set().union(*(references(item) for item in tree)) if isinstance(tree, list) else set()


@pytest.mark.parametrize("name", ["custom", "environment", "inventory", "offboard", "report"])
def test_every_reference_in_the_schema_resolves(name: str) -> None:
    schema = json.loads((COMMITTED / f"{name}.json").read_text())
    for reference in references(schema):
        assert reference.removeprefix("#/$defs/") in schema["$defs"]


def test_the_dev_environment_is_valid_by_the_schema() -> None:
    schema = schemas.environment_schema()
    config = yaml.safe_load((CHECKOUT / "Pulumi.dev.yaml").read_text())["config"]
    for name, declared in config["eks-access:integrations"].items():
        known = schema["$defs"][declared.get("vendor", name)]
        assert set(declared) <= set(known["properties"]), name
        assert set(known["required"]) <= set(declared), name
