import dataclasses
from typing import Any

import pytest

from eks_access.errors import InvalidInputError
from eks_access.integrations import vendors
from eks_access.model.identity import AuthenticationMode, EntryMethod
from eks_access.model.integration import Profile
from eks_access.stack.configuration import Environment
from eks_access.stack.description import Described, describe_declared
from eks_access.stack.environment_file import parse_file_configuration
from tests.support.vendors import ARGUMENTS

ACCOUNT = "111122223333"
CONNECTED = {"clusters": {"onprem": {"name": "onprem", "provider": "OTHER", "kubeconfig_file": "x"}}}


def environment(**integrations: Any) -> Environment:
    config = {
        "p:aws": {"account": ACCOUNT, "region": "us-east-1"},
        "p:clusters": {"prod": {"name": "prod-0"}},
        "p:integrations": {name.replace("_", "-"): args for name, args in integrations.items()},
    }
    return parse_file_configuration(config, "p")


def describe(declared: Environment, mode: AuthenticationMode | None = None) -> Described:
    modes = {} if mode is None else {"prod": mode}
    return describe_declared(declared, declared.integrations[0], partition="aws", account=ACCOUNT, modes=modes)


@pytest.mark.parametrize("vendor", sorted(ARGUMENTS))
def test_every_vendor_is_described_with_the_role_that_is_created(vendor: str) -> None:
    arguments = ARGUMENTS[vendor] | (CONNECTED if vendors()[vendor].own_clusters else {})
    described = describe(environment(acme={"vendor": vendor, **arguments}))
    assert described.place.role_arn == f"arn:aws:iam::{ACCOUNT}:role/{described.integration.role.name}"
    assert described.place.account == ACCOUNT


def test_the_role_has_its_path_and_an_existing_one_its_own_arn() -> None:
    described = describe(environment(cado={**ARGUMENTS["cado"], "role_path": "/vendors/"}))
    assert described.place.role_arn == f"arn:aws:iam::{ACCOUNT}:role/vendors/CadoResponse-cado"
    existing = f"arn:aws:iam::{ACCOUNT}:role/x/CadoResponse"
    described = describe(environment(cado={**ARGUMENTS["cado"], "existing_role_arn": existing}))
    assert described.place.role_arn == existing


def test_the_cluster_decides_the_way_in_and_what_it_cannot_have_is_refused() -> None:
    page = environment(opentrace={**ARGUMENTS["opentrace"], "profile": "vendor"})
    with pytest.raises(InvalidInputError, match="has authentication mode CONFIG_MAP, which has no access policies"):
        describe(page, AuthenticationMode.CONFIG_MAP)
    described = describe(page, AuthenticationMode.API)
    assert described.integration.profile is Profile.VENDOR
    assert described.place.clusters[0].method is EntryMethod.ACCESS_ENTRY
    least = environment(opentrace=ARGUMENTS["opentrace"])
    assert describe(least, AuthenticationMode.CONFIG_MAP).place.clusters[0].method is EntryMethod.AWS_AUTH


def test_a_mode_in_the_configuration_counts_where_eks_was_not_asked() -> None:
    declared = environment(opentrace=ARGUMENTS["opentrace"])
    clusters: Any = {"prod": {"name": "prod-0", "authentication_mode": AuthenticationMode.CONFIG_MAP}}
    declared = dataclasses.replace(declared, clusters=clusters)
    assert describe(declared).place.clusters[0].method is EntryMethod.AWS_AUTH
    assert describe(declared, AuthenticationMode.API).place.clusters[0].method is EntryMethod.ACCESS_ENTRY
