"""The access manifest that `eks-access adopt` writes before the stack has one."""

import json
from typing import Any

import pytest

from eks_access.manifest.source import parse_manifest
from eks_access.model.identity import AuthenticationMode
from eks_access.stack.configuration import Environment
from eks_access.stack.description import Described, describe_declared
from eks_access.stack.environment_file import parse_file_configuration
from eks_access_cli.flows.adopt_manifest import build_manifest
from eks_access_inventory.adopt.importing.existing import ClusterKey

AWS = {"account": "111122223333", "region": "eu-west-1"}
ARGUMENTS = {"role_name": "C1Integration", "role_path": "/vendors/", "external_id": "an-external-id"}


def describe(arguments: dict[str, Any]) -> tuple[Environment, Described]:
    config = {
        "eks-access:aws": AWS,
        "eks-access:clusters": {"main": {"name": "prod"}},
        "eks-access:integrations": {"c1": {"vendor": "conductorone", **arguments}},
    }
    environment = parse_file_configuration(config, "eks-access", secrets_are_set=False)
    (declared,) = environment.integrations
    modes = {"main": AuthenticationMode.API}
    described = describe_declared(environment, declared, partition="aws", account=AWS["account"], modes=modes)
    return environment, described


def describe_cluster(cluster: ClusterKey) -> dict[str, Any]:
    assert cluster == ClusterKey("main", "prod", "eu-west-1")
    return {"endpoint": "https://prod.example.com", "certificateAuthority": {"data": "Y2E="}}


def test_it_is_a_manifest_with_the_role_and_the_clusters_of_the_integration() -> None:
    environment, described = describe(ARGUMENTS)
    text = build_manifest(environment, described, "eks-access", "prod", describe_cluster)
    manifest = parse_manifest(text.encode(), "a test")
    access = manifest.integrations["c1"]
    assert access.role.arn == "arn:aws:iam::111122223333:role/vendors/C1Integration"
    assert access.trust.external_id == "an-external-id"
    assert access.clusters["main"].endpoint == "https://prod.example.com"
    assert (manifest.project, manifest.environment, manifest.endpoint) == ("eks-access", "prod", "aws")
    assert json.loads(text)["clusters"] == {"main": {"name": "prod", "region": "eu-west-1"}}


@pytest.mark.parametrize("secret", ["external_id", "role_name"])
def test_there_is_none_where_a_secret_of_the_stack_would_be_missing_in_it(secret: str) -> None:
    environment, described = describe({**ARGUMENTS, secret: {"secret": "hidden"}})
    assert build_manifest(environment, described, "eks-access", "prod", describe_cluster) == ""
