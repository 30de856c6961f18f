"""Vendors' pages followed to the letter, by both ways in: what is found of that, and derived from it."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from eks_access.integrations import vendors
from eks_access.model.found import FoundAccess, Maker
from eks_access.model.identity import EntryMethod
from eks_access_inventory.adopt.reader import read_found_accesses
from eks_access_inventory.reading.account import Scope, read_account
from eks_access_inventory.reading.model import AccountReading
from eks_access_probe.identity.aws_clients import Aws, Keys
from sandbox import Sandbox
from tests.e2e.principals import REGION
from tests.support.account import VENDORS, Progress
from tests.support.found import ENTRY, MAPPING, PAGE_ROLES, find_of_page, read_access

pytestmark = pytest.mark.e2e

CLUSTERS = {ENTRY: "dev-both", MAPPING: "dev-configmap"}
AWS_AUTH = "/api/v1/namespaces/kube-system/configmaps/aws-auth"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
PAGES = [(page, method) for page in ("opentrace", "apono-sso", "conductorone", "cado") for method in CLUSTERS]
SCOPE = Scope(home=REGION, regions=(REGION,), only_loopback=True)


def name_role(page: str, method: EntryMethod) -> str:
    return f"{PAGE_ROLES[page]}-{method}"


def follow(sandbox: Sandbox, page: str, method: EntryMethod) -> FoundAccess:
    """Make what the page says, as it says; what is expected to be found of it."""
    expected = find_of_page(page, method, role=name_role(page, method))
    (way,) = expected.ways
    way = replace(way, cluster=CLUSTERS[method])
    assert expected.role is not None
    iam, eks = sandbox.boto("iam"), sandbox.boto("eks")
    trust = json.dumps(expected.role.trust)
    arn = iam.create_role(RoleName=expected.role.name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    document = json.dumps(expected.role.policies[0].document)
    if page in ("opentrace", "apono-sso"):
        policy = iam.create_policy(PolicyName=expected.role.name, PolicyDocument=document)["Policy"]["Arn"]
        iam.attach_role_policy(RoleName=expected.role.name, PolicyArn=policy)
    else:
        iam.put_role_policy(RoleName=expected.role.name, PolicyName="page", PolicyDocument=document)
    api = sandbox.clusters[way.cluster].admin
    for each in expected.objects:
        api.json("POST", f"{RBAC}/{each.kind.lower()}s", body=dict(each.body))
    # The console leaves the username to EKS where the page names none, and C1's page asks for any.
    is_given = "username" in given_by_page(page)
    given = {"username": way.username} if is_given else {}
    if method is ENTRY:
        eks.create_access_entry(
            clusterName=way.cluster, principalArn=arn, kubernetesGroups=list(way.groups), tags={"team": "x"}, **given
        )
        for association in way.policies:
            eks.associate_access_policy(
                clusterName=way.cluster, principalArn=arn, policyArn=association.arn, accessScope={"type": "cluster"}
            )
    else:
        add_mapping(sandbox, way.cluster, {"rolearn": arn, "username": way.username, "groups": list(way.groups)})
    return replace(expected, ways=(way,))


def given_by_page(page: str) -> dict[str, Any]:
    """How the page lets the role in, without what it leaves to its reader."""
    access = read_access(page)
    return {key: value for key, value in access.items() if value != "any unique name, can be YOUR_ROLE_ARN"}


def add_mapping(sandbox: Sandbox, cluster: str, mapping: dict[str, Any]) -> None:
    api = sandbox.clusters[cluster].admin
    before = api.json("GET", AWS_AUTH)
    roles = before["data"].get("mapRoles", "").rstrip("\n")
    data = {**before["data"], "mapRoles": f"{roles}\n- {json.dumps(mapping)}\n".lstrip("\n")}
    api.json("PUT", AWS_AUTH, body={**before, "data": data})


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox of its own: both clusters get the same names by hand that other tests deploy."""
    with Sandbox.start(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture(scope="module")
def followed(sandbox: Sandbox) -> dict[tuple[str, EntryMethod], FoundAccess]:
    done = {(page, method): follow(sandbox, page, method) for page, method in PAGES}
    time.sleep(1)
    return done


@pytest.fixture(scope="module")
def found(
    sandbox: Sandbox, followed: dict[tuple[str, EntryMethod], FoundAccess]
) -> dict[tuple[str, EntryMethod], FoundAccess]:
    aws, keys = Aws(sandbox.endpoint), Keys(*_keys(sandbox), None)
    reading: AccountReading = read_account(aws, keys, SCOPE, Progress(), concurrency=8, deadline=60)
    arns = [each.principal_arn for each in followed.values()]
    read = read_found_accesses(aws, keys, reading, arns, home=REGION, vendors=VENDORS)
    return dict(zip(followed, read, strict=True))


def _keys(sandbox: Sandbox) -> tuple[str, str]:
    return sandbox.env["AWS_ACCESS_KEY_ID"], sandbox.env["AWS_SECRET_ACCESS_KEY"]


@pytest.mark.parametrize(("page", "method"), PAGES)
def test_all_that_the_page_makes_is_found(page: str, method: EntryMethod, found: Any, followed: Any) -> None:
    read, expected = found[page, method], followed[page, method]
    assert read.unread == ()
    assert read.vendor == expected.vendor
    assert read.role is not None
    assert read.role.trust == expected.role.trust
    assert [each.document for each in read.role.policies] == [expected.role.policies[0].document]
    (way,), (wanted,) = read.ways, expected.ways
    assert (way.method, way.groups, way.is_effective) == (method, wanted.groups, True)
    assert [each.arn for each in way.policies] == [each.arn for each in wanted.policies]
    assert {(each.kind, each.name) for each in read.objects} == {
        (each.kind, each.name) for each in expected.objects if page != "conductorone" or each.kind != "ClusterRole"
    }, "ConductorOne's page binds a role of another name than the one it makes"
    assert {each.origin.maker for each in read.objects} <= {Maker.HAND}


@pytest.mark.parametrize(("page", "method"), PAGES)
def test_the_same_arguments_are_derived_as_from_the_page_itself(
    page: str, method: EntryMethod, found: Any, followed: Any
) -> None:
    derive = vendors()[followed[page, method].vendor].derive_arguments
    assert derive is not None
    expected, derived = derive(followed[page, method]), derive(found[page, method])
    tags = {"tags": {"team": "x"}} if method is ENTRY else {}
    assert derived.arguments == {**expected.arguments, **tags}
    assert derived.missing == expected.missing


def test_the_agents_role_of_eks_connector_is_found_without_a_way_into_any_cluster(sandbox: Sandbox) -> None:
    expected = find_of_page("eks-connector").role
    assert expected is not None
    iam = sandbox.boto("iam")
    arn = iam.create_role(RoleName=expected.name, AssumeRolePolicyDocument=json.dumps(expected.trust))["Role"]["Arn"]
    document = json.dumps(expected.policies[0].document)
    iam.put_role_policy(RoleName=expected.name, PolicyName="AmazonEKSConnectorAgentPolicy", PolicyDocument=document)
    aws, keys = Aws(sandbox.endpoint), Keys(*_keys(sandbox), None)
    reading = read_account(aws, keys, SCOPE, Progress(), concurrency=8, deadline=60)
    (read,) = read_found_accesses(aws, keys, reading, [arn], home=REGION, vendors=VENDORS)
    assert (read.vendor, read.ways, read.unread) == ("eks-connector", (), ())
    derive = vendors()[read.vendor].derive_arguments
    assert derive is not None
    derived = derive(read)
    assert derived.arguments == {"role_name": "AmazonEKSConnectorAgentRole"}
    assert any("was not read" in note for note in derived.notes)
