"""A vendor is one file in `integrations/`: everything else finds it there."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pulumi
import pytest
from click.testing import CliRunner

import eks_access
from eks_access import integrations
from eks_access.errors import InvalidInputError
from eks_access.integrations import Vendor, vendors
from eks_access.manifest.build import build_integration_access
from eks_access.provider.catalogue import build_components_schema
from eks_access.stack import schemas
from eks_access.stack.configuration import parse_environment
from eks_access_cli.main import main
from tests.support.manifests import manifest
from tests.support.places import place
from tests.support.recording_engine import ACCESS_ENTRY, CLUSTER_ROLE, ROLE, run

ARGUMENTS = {"principal_arn": "arn:aws:iam::444455556666:role/Acme", "external_id": "acme-1"}
MODULE = f"{integrations.__name__}.acme"


@pytest.fixture
def acme(monkeypatch: pytest.MonkeyPatch) -> Iterator[Vendor]:
    """The vendor, as if its file lay beside the others."""
    monkeypatch.setattr(integrations, "__path__", [*integrations.__path__, str(Path(__file__).parent / "toy")])
    vendors.cache_clear()
    yield vendors()["acme"]
    monkeypatch.undo()
    sys.modules.pop(MODULE)
    vendors.cache_clear()


def declared(**changes: Any) -> dict[str, Any]:
    return {
        "aws": {"account": "111122223333", "region": "us-east-1"},
        "clusters": {"api": {"name": "prod-api"}},
        "integrations": {"acme": {**ARGUMENTS, **changes}},
    }


def test_the_package_exports_its_class_and_its_component_creates_its_resources(acme: Vendor) -> None:
    assert eks_access.Acme is acme.component
    args = {**ARGUMENTS, "clusters": {"api": {"name": "prod-api"}}}
    engine = run(lambda: eks_access.Acme("acme", args).role_arn)
    assert engine.of(ROLE)["acme"]["name"] == "eks-access-acme"
    assert engine.of(ACCESS_ENTRY)["acme-api"]["kubernetesGroups"] == ["acme:readers"]
    assert engine.of(CLUSTER_ROLE)["acme-api-read"]


def test_an_environment_declares_it_and_its_own_keys_only(acme: Vendor) -> None:
    (found,) = parse_environment(declared(), pulumi.Output.secret).integrations
    assert found.vendor is acme
    with pytest.raises(InvalidInputError, match=r"AcmeArgs takes .*external_id"):
        parse_environment(declared(externalid="x"), pulumi.Output.secret)


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
def test_it_is_in_the_schemas_for_editors_and_other_languages(acme: Vendor) -> None:
    properties = schemas.environment_schema()["$defs"][acme.key]["properties"]
    assert properties["external_id"]["description"] == "From Acme's settings."
    assert "principalArn" in build_components_schema()["resources"]["eks-access:index:Acme"]["inputProperties"]


def test_it_has_a_hand_off_and_an_explanation(acme: Vendor, tmp_path: Path) -> None:
    where = place("acme")
    access = build_integration_access(acme.describe(ARGUMENTS, where), where, {"c0": ("https://c0", "Q0E=")})
    path = tmp_path / "access.json"
    path.write_text(json.dumps(manifest(acme=access)))
    handed = CliRunner().invoke(main, ["handoff", "--manifest", str(path)]).output
    assert "Enter it at Acme." in handed
    explained = CliRunner().invoke(main, ["explain", "acme", "--manifest", str(path)]).output
    assert "only arn:aws:iam::444455556666:role/Acme, with the External ID" in explained


def test_without_its_module_the_vendor_does_not_exist() -> None:
    assert "acme" not in vendors()
