"""The component package's schema, which other languages' SDKs and editors are made from, is the one that is committed.

After a change of an argument, look at the difference and write it:

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

# The SDK reads each dependency's description from a file that it leaves to the garbage collector to close.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")

COMMITTED = Path(__file__).parent / "schema.json"


def current() -> dict[str, Any]:
    plugin = Plugin(
        create_handlers(lambda urn, message: None), version=__version__, components_schema=build_components_schema
    )
    response = asyncio.run(plugin.get_schema(GetSchemaRequest(0)))
    schema: dict[str, Any] = json.loads(response.schema or "")
    return schema


def test_the_committed_schema_is_current() -> None:
    assert current() == json.loads(COMMITTED.read_text()), f"see {__name__}: write it again, and look at the difference"


def test_every_vendor_is_a_component_of_the_schema() -> None:
    resources = current()["resources"]
    for vendor in vendors().values():
        found = resources[f"eks-access:index:{vendor.component.__name__}"]
        assert found["isComponent"]
        assert found["inputProperties"]["clusters"], "and takes clusters"
        assert found["required"] == ["access", "roleArn", "roleName"]


def test_what_is_an_output_elsewhere_may_be_one_here() -> None:
    """A plain property takes no Output: names of clusters, ARNs and external ids must not be plain."""
    schema = current()
    cado, c1 = (schema["resources"][f"eks-access:index:{name}"]["inputProperties"] for name in ("Cado", "ConductorOne"))
    assert "plain" not in cado["platformRoleArns"]["items"]
    assert "plain" not in c1["externalId"]
    cluster = schema["types"]["eks-access:index:ClusterArgs"]["properties"]
    for leaf in ("name", "endpoint", "certificateAuthority", "kubeconfig"):
        assert "plain" not in cluster[leaf]
    assert cluster["authenticationMode"]["plain"], "decides which resources there are, so it must be known"


if __name__ == "__main__":
    COMMITTED.write_text(json.dumps(current(), indent=2, sort_keys=True, ensure_ascii=False) + "\n")
