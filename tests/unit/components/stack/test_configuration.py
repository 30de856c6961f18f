import asyncio
from collections.abc import Iterator
from typing import Any

import pulumi
import pytest

from eks_access.errors import InvalidInputError
from eks_access.stack.configuration import parse_environment


@pytest.fixture(autouse=True)
def loop() -> Iterator[None]:
    """The event loop of Outputs: `asyncio.run` in a test before leaves the thread without one."""
    own = asyncio.new_event_loop()
    asyncio.set_event_loop(own)
    yield
    own.run_until_complete(asyncio.gather(*asyncio.all_tasks(own), return_exceptions=True))
    asyncio.set_event_loop(None)
    own.close()


def config(**changes: Any) -> dict[str, Any]:
    return {
        "aws": {"account": "111122223333", "region": "us-east-1"},
        "clusters": {"api": {"name": "prod"}, "old": {"name": "prod-old", "authentication_mode": "CONFIG_MAP"}},
        "integrations": {
            "opentrace": {"client_id": "1.apps.googleusercontent.com", "subject": "11"},
            "c1": {"vendor": "conductorone", "clusters": ["api"], "external_id": "c1-x"},
        },
        **changes,
    }


def no_secret(name: str) -> pulumi.Output[str]:
    raise AssertionError(f"{name} is no secret")


def refusal(**changes: Any) -> str:
    with pytest.raises(InvalidInputError) as refused:
        parse_environment(config(**changes), no_secret)
    return str(refused.value)


def test_an_integration_has_its_name_its_vendor_and_its_clusters() -> None:
    declared = {each.name: each for each in parse_environment(config(), no_secret).integrations}
    assert declared["opentrace"].vendor.key == "opentrace", "the name is the vendor where none is given"
    assert declared["opentrace"].clusters == ("api", "old"), "every cluster where none is named"
    assert (declared["c1"].vendor.key, declared["c1"].clusters) == ("conductorone", ("api",))


def test_unknown_keys_are_rejected_at_every_depth_with_the_known_ones() -> None:
    assert "integartions is not a known section" in refusal(integartions={})
    assert "aws.acount is not a known property" in refusal(aws={"account": "1", "region": "r", "acount": "1"})
    assert "clusters.api.mode is not a known property" in refusal(clusters={"api": {"name": "x", "mode": "API"}})
    message = refusal(integrations={"cado": {"platform_role_arn": ["x"]}})
    assert "integrations.cado.platform_role_arn" in message
    assert "platform_role_arns" in message, "what was meant is among the known ones"


def test_a_missing_key_is_named() -> None:
    assert "integrations.opentrace.client_id is required" in refusal(integrations={"opentrace": {"subject": "1"}})
    assert "aws.region is required" in refusal(aws={"account": "111122223333"})
    without = config()
    del without["clusters"]
    with pytest.raises(InvalidInputError, match="clusters is required"):
        parse_environment(without, no_secret)


def test_an_undeclared_cluster_or_vendor_is_rejected() -> None:
    assert "'cadoo', which is not a known vendor" in refusal(integrations={"x": {"vendor": "cadoo"}})
    c1 = {"vendor": "conductorone", "external_id": "c1-x"}
    assert "'aip', which is not declared" in refusal(integrations={"c1": c1 | {"clusters": ["aip"]}})


def test_a_wrong_type_is_reported_without_its_value() -> None:
    message = refusal(integrations={"c1": {"vendor": "conductorone", "external_id": {"hidden": "hunter2"}}})
    assert "integrations.c1.external_id" in message
    assert "hunter2" not in message


def test_an_unquoted_account_is_rejected_with_advice() -> None:
    assert "12 digits" in refusal(aws={"account": "1111", "region": "us-east-1"})
    assert "aws.account" in refusal(aws={"account": 111122223333, "region": "us-east-1"})


def test_an_unknown_authentication_mode_is_rejected_with_the_known_ones() -> None:
    assert "'CONFIG_MAP', 'API_AND_CONFIG_MAP' or 'API'" in refusal(
        clusters={"api": {"name": "x", "authentication_mode": "BOTH"}}
    )


def test_a_secret_is_read_where_it_is_referred_to_and_nowhere_else() -> None:
    requested = []

    def read(name: str) -> pulumi.Output[str]:
        requested.append(name)
        return pulumi.Output.secret("c1-x")

    c1 = {"vendor": "conductorone", "clusters": ["api"], "external_id": {"secret": "c1-id"}}
    (declared,) = parse_environment(config(integrations={"c1": c1}) | {"c1-id": "c1-x"}, read).integrations
    assert isinstance(declared.arguments["external_id"], pulumi.Output)
    assert requested == ["c1-id"]


def test_a_value_without_a_reference_is_rejected() -> None:
    with pytest.raises(InvalidInputError, match="c1-id is not a known section"):
        parse_environment(config() | {"c1-id": "c1-x"}, no_secret)


def test_clusters_outside_of_eks_are_declared_with_their_integration() -> None:
    onprem = {"name": "prod-onprem", "provider": "OTHER", "kubeconfig": {"secret": "onprem"}}
    read: list[str] = []

    def secret(name: str) -> pulumi.Output[str]:
        read.append(name)
        return pulumi.Output.secret("apiVersion: v1")

    connector = {"conn": {"vendor": "eks-connector", "clusters": {"onprem": onprem}}}
    (declared,) = parse_environment(config(integrations=connector), secret).integrations
    assert declared.clusters == (), "none of the section `clusters`"
    assert set(declared.arguments["clusters"]) == {"onprem"}
    assert read == ["onprem"]


def test_an_unknown_key_or_value_of_a_cluster_outside_of_eks_is_rejected_with_its_path() -> None:
    def message(**changes: Any) -> str:
        onprem = {"name": "prod-onprem", "provider": "OTHER", "kubeconfig_file": "x", **changes}
        return refusal(integrations={"eks-connector": {"clusters": {"onprem": onprem}}})

    assert "integrations.eks-connector.clusters.onprem.authentication_mode is not a known" in message(
        authentication_mode="API"
    )
    assert "integrations.eks-connector.clusters.onprem.provider" in message(provider="MINIKUBE")


def test_an_existing_role_is_used_once_in_each_cluster() -> None:
    role = {"existing_role_arn": "arn:aws:iam::111122223333:role/shared"}
    first = {"client_id": "1.apps.googleusercontent.com", "subject": "11", **role}
    second = {"vendor": "conductorone", "external_id": "c1-x", **role}
    message = refusal(integrations={"opentrace": first, "c1": {**second, "clusters": ["old"]}})
    assert "integrations.c1.existing_role_arn is" in message
    assert "is already used by integration 'opentrace' in cluster 'old'" in message
    apart = {"opentrace": {**first, "clusters": ["api"]}, "c1": {**second, "clusters": ["old"]}}
    assert len(parse_environment(config(integrations=apart), no_secret).integrations) == 2, (
        "in different clusters it may"
    )
