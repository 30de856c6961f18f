"""The package schema, from which SDKs of other languages are generated, is the committed one.

After a change of an argument, regenerate it and review the difference:

    python -m tests.unit.components.provider.test_schema
"""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from pulumi.provider.experimental.provider import GetSchemaRequest

from eks_access import __version__
from eks_access.integrations import vendors
from eks_access.provider.catalogue import build_components_schema, create_handlers
from eks_access.provider.plugin import Plugin
from tests.support.schema_changes import describe_changes

# The SDK reads each dependency's description from a file that it leaves to the garbage collector to close.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")

COMMITTED = Path(__file__).parent / "schema.json"


def build_schema() -> dict[str, Any]:
    plugin = Plugin(
        create_handlers(lambda urn, message: None), version=__version__, components_schema=build_components_schema
    )
    response = asyncio.run(plugin.get_schema(GetSchemaRequest(0)))
    schema: dict[str, Any] = json.loads(response.schema or "")
    return schema


def test_the_committed_schema_is_current() -> None:
    changes = describe_changes(json.loads(COMMITTED.read_text()), build_schema())
    assert not changes, "\n".join(["`make docs` renews the committed schema; these change:", *changes])


def test_every_vendor_is_a_component_of_the_schema() -> None:
    resources = build_schema()["resources"]
    for vendor in vendors().values():
        found = resources[f"eks-access:index:{vendor.component.__name__}"]
        assert found["isComponent"]
        assert found["inputProperties"]["clusters"], "and takes clusters"
        assert found["required"] == ["access", "roleArn", "roleName"]


def test_arguments_that_are_outputs_of_other_resources_may_be_outputs() -> None:
    """A plain property accepts no Output: names of clusters, ARNs and external ids must not be plain."""
    schema = build_schema()
    cado, c1 = (schema["resources"][f"eks-access:index:{name}"]["inputProperties"] for name in ("Cado", "ConductorOne"))
    assert "plain" not in cado["platformRoleArns"]["items"]
    assert "plain" not in c1["externalId"]
    cluster = schema["types"]["eks-access:index:ClusterArgs"]["properties"]
    for leaf in ("name", "endpoint", "certificateAuthority", "kubeconfig"):
        assert "plain" not in cluster[leaf]
    assert cluster["authenticationMode"]["plain"], "decides which resources are created, so it must be known"


if __name__ == "__main__":
    COMMITTED.write_text(json.dumps(build_schema(), indent=2, sort_keys=True, ensure_ascii=False) + "\n")
