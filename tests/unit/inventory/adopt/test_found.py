"""What is found of one principal's access: its role, its ways in, and the objects behind them."""

import json
from typing import Any

import pytest

from eks_access.model.found import FoundAccess, Maker
from eks_access.model.identity import EntryMethod
from eks_access_inventory.adopt.found import find_vendor_principals
from eks_access_inventory.adopt.reader import read_found_accesses
from eks_access_inventory.adopt.terraform import parse_terraform_state
from eks_access_inventory.reading.account import Scope, read_account
from eks_access_inventory.reading.model import AccountReading
from tests.support.account import ACCOUNT, KEYS, REGION, VENDORS, FakeAccount, Progress, role_arn, rule, trust_of

READS = rule("get,list", "pods")
DOCUMENT = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "eks:*", "Resource": "*"}]}
POLICY = f"arn:aws:iam::{ACCOUNT}:policy/eks"


def read(account: FakeAccount) -> AccountReading:
    scope = Scope(home=REGION, regions=(REGION,))
    return read_account(account, KEYS, scope, Progress(), concurrency=8, deadline=60)


def find(account: FakeAccount, *arns: str, **options: Any) -> FoundAccess:
    found = read_found_accesses(account, KEYS, read(account), arns, home=REGION, vendors=VENDORS, **options)
    return found[0]


def names(found: FoundAccess) -> list[tuple[str, str, bool]]:
    return [(each.kind, each.name, each.is_shared) for each in found.objects]


def test_all_of_a_role_is_read(account: FakeAccount) -> None:
    arn = account.add_role("C1", path="/vendors/")
    account.roles["C1"] |= {
        "Path": "/vendors/",
        "Description": "for C1",
        "MaxSessionDuration": 7200,
        "PermissionsBoundary": {"PermissionsBoundaryArn": POLICY},
        "Tags": [{"Key": "aws:cloudformation:stack-name", "Value": "c1"}],
    }
    account.add_policy("C1", "inline", DOCUMENT)
    account.add_policy("C1", "eks", DOCUMENT, arn=POLICY, attachments=3)
    role = find(account, arn).role
    assert role is not None
    assert (role.arn, role.path, role.description, role.max_session_seconds) == (arn, "/vendors/", "for C1", 7200)
    assert (role.permissions_boundary, role.unique_id) == (POLICY, "AROAC1")
    assert (role.origin.maker, role.origin.is_managed) == (Maker.CLOUDFORMATION, True)
    assert [(each.name, each.arn, each.attachments, each.document) for each in role.policies] == [
        ("inline", "", 0, DOCUMENT),
        ("eks", POLICY, 3, DOCUMENT),
    ]


def test_documents_as_iam_sends_them_are_read_too(account: FakeAccount) -> None:
    arn = account.add_role("C1", trust=json.dumps(trust_of({"AWS": "*"})))
    account.add_policy("C1", "inline", "%7B%22Statement%22%3A%5B%5D%7D")
    role = find(account, arn).role
    assert role is not None
    assert role.trust == trust_of({"AWS": "*"})
    assert role.policies[0].document == {"Statement": []}


@pytest.mark.parametrize(
    ("operation", "what"),
    [
        ("get_role_policy", "the inline policy inline of role C1"),
        ("list_role_policies", "the inline policies of role C1"),
        ("get_policy_version", f"the policy {POLICY}"),
        ("list_attached_role_policies", "the attached policies of role C1"),
    ],
)
def test_what_of_a_role_could_not_be_read_is_reported(account: FakeAccount, operation: str, what: str) -> None:
    arn = account.add_role("C1")
    account.add_policy("C1", "inline", DOCUMENT)
    account.add_policy("C1", "eks", DOCUMENT, arn=POLICY)
    assert find(account, arn).unread == ()
    account.fail(operation, "AccessDenied", -1, 403)
    found = find(account, arn)
    assert found.role is not None
    assert [each for each in found.unread if each.startswith(f"{what}: ")]
    assert all(each.document in (DOCUMENT, None) for each in found.role.policies)


def test_a_role_that_may_not_be_read_is_none_and_reported(account: FakeAccount) -> None:
    arn = account.add_role("C1")
    reading = read(account)
    account.fail("get_role", "AccessDenied", -1, 403)
    (found,) = read_found_accesses(account, KEYS, reading, [arn], home=REGION, vendors=VENDORS)
    assert found.role is None
    assert any("AccessDenied" in each for each in found.unread)


def test_a_principal_that_is_no_role_of_the_account_is_reported(account: FakeAccount) -> None:
    for arn in (f"arn:aws:iam::{ACCOUNT}:user/baton", role_arn("C1", "444455556666")):
        found = find(account, arn)
        assert found.role is None
        assert any("no role of account" in each for each in found.unread)


def test_every_way_in_is_found_and_which_of_them_has_effect(account: FakeAccount) -> None:
    arn = account.add_role("C1")
    both, mapped = account.add_cluster("both"), account.add_cluster("mapped", "CONFIG_MAP")
    both.let_in(arn, "readers", username="c1", tags={"ManagedBy": "terraform"})
    both.associate(arn, "AmazonEKSViewPolicy", "a")
    for cluster in (both, mapped):
        cluster.map_role(arn, "c1-old", "old")
    account.add_cluster("other").let_in(account.add_role("stranger"), "readers")
    ways = find(account, arn).ways
    assert [(each.cluster, each.method, each.username, each.groups, each.is_effective) for each in ways] == [
        ("both", EntryMethod.ACCESS_ENTRY, "c1", ("readers",), True),
        ("both", EntryMethod.AWS_AUTH, "c1-old", ("old",), False),
        ("mapped", EntryMethod.AWS_AUTH, "c1-old", ("old",), True),
    ]
    assert ways[0].policies[0].namespaces == ("a",)
    assert ways[0].tags["ManagedBy"] == "terraform"
    assert (ways[0].origin.maker, ways[0].origin.is_managed) == (Maker.TERRAFORM, False)


def test_the_bindings_of_its_groups_and_its_username_are_its_objects_and_so_are_their_roles(
    account: FakeAccount,
) -> None:
    cluster = account.add_cluster("prod")
    arn = account.add_role("C1")
    cluster.let_in(arn, "readers", username="c1:{{SessionName}}")
    cluster.bind("readers", "read", READS)
    cluster.bind("c1:alice", "alices", READS, namespace="team", kind="User")
    cluster.bind("readers", "view")
    cluster.bind("readers", "missing")
    cluster.bind("strangers", "strange", READS)
    cluster.bind("c1", "no-session", READS, kind="User")
    assert names(find(account, arn)) == [
        ("ClusterRole", "read", False),
        ("ClusterRole", "alices", False),
        ("ClusterRoleBinding", "read-of-readers", False),
        ("ClusterRoleBinding", "view-of-readers", False),
        ("ClusterRoleBinding", "missing-of-readers", False),
        ("RoleBinding", "alices-of-c1:alice", False),
    ]


def test_a_binding_with_another_subject_is_shared_and_so_is_its_role(account: FakeAccount) -> None:
    cluster = account.add_cluster("prod")
    arn = account.add_role("C1")
    cluster.let_in(arn, "readers")
    cluster.bind("readers", "read", READS)
    cluster.objects["clusterrolebindings"][0]["subjects"].append({"kind": "Group", "name": "others"})
    assert [shared for _, _, shared in names(find(account, arn))] == [True, True]


def test_a_role_that_another_binding_names_is_shared_and_the_binding_is_not(account: FakeAccount) -> None:
    cluster = account.add_cluster("prod")
    arn = account.add_role("C1")
    cluster.let_in(arn, "readers")
    cluster.bind("readers", "read", READS)
    cluster.bind("others", "read")
    assert names(find(account, arn)) == [
        ("ClusterRole", "read", True),
        ("ClusterRoleBinding", "read-of-readers", False),
    ]


def test_a_group_that_another_principal_has_too_makes_its_binding_shared(account: FakeAccount) -> None:
    cluster = account.add_cluster("prod")
    arn = account.add_role("C1")
    cluster.let_in(arn, "readers")
    cluster.bind("readers", "read", READS)
    assert not any(shared for _, _, shared in names(find(account, arn)))
    cluster.let_in(account.add_role("other"), "readers")
    assert all(shared for _, _, shared in names(find(account, arn)))


def test_a_user_of_a_bare_session_name_is_shared_for_anyone_may_be_called_so(account: FakeAccount) -> None:
    cluster = account.add_cluster("prod", "CONFIG_MAP")
    arn = account.add_role("apono-k8s-access")
    cluster.map_role(arn, "{{SessionNameRaw}}")
    cluster.bind("alice@x.io", "alices", READS, kind="User")
    cluster.bind("system:kube-scheduler", "not-its", READS, kind="User")
    assert names(find(account, arn)) == [
        ("ClusterRole", "alices", True),
        ("ClusterRoleBinding", "alices-of-alice@x.io", True),
    ]


def test_a_state_shows_what_terraform_has_in_clusters(account: FakeAccount) -> None:
    cluster = account.add_cluster("prod")
    arn = account.add_role("C1")
    cluster.let_in(arn, "readers")
    cluster.bind("readers", "read", READS)
    resources = [
        {"mode": "managed", "type": type, "name": "x", "instances": [{"attributes": values}]}
        for type, values in (
            ("aws_eks_access_entry", {"cluster_name": "prod", "principal_arn": arn}),
            ("kubernetes_cluster_role", {"metadata": [{"name": "read"}]}),
        )
    ]
    state = parse_terraform_state(json.dumps({"version": 4, "resources": resources}), "x")
    found = find(account, arn, states=[state])
    assert found.ways[0].origin.is_managed
    assert [each.origin.is_managed for each in found.objects] == [True, False]


def test_the_vendor_is_recognised_unless_it_is_given(account: FakeAccount) -> None:
    trust = trust_of({"AWS": "arn:aws:iam::765656841499:role/ConductorOneService"})
    arn = account.add_role("anything", trust)
    account.add_cluster("prod").let_in(arn, "readers")
    assert find(account, arn).vendor == "conductorone"
    assert find(account, arn, vendor="cado").vendor == "cado"
    assert find(account, account.add_role("own")).vendor == ""


def test_a_role_without_a_way_into_any_cluster_is_recognised_too(account: FakeAccount) -> None:
    trust = trust_of({"Service": "ssm.amazonaws.com"})
    assert find(account, account.add_role("AmazonEKSConnectorAgentRole", trust)).vendor == "eks-connector"


def test_principals_of_vendors_are_found_among_all(account: FakeAccount) -> None:
    cluster = account.add_cluster("prod")
    cluster.let_in(account.add_role("people"), "team")
    cluster.let_in(account.add_role("apono-k8s-access"), username="apono:{{SessionName}}")
    cluster.map_role(account.add_role("forensics"), "", "cado")
    cluster.bind("cado", "cado-eks-cluster-role", READS)
    found = find_vendor_principals(read(account), VENDORS)
    assert {arn.rpartition("/")[2]: key for arn, (key, _) in found.items()} == {
        "apono-k8s-access": "apono",
        "forensics": "cado",
    }


def test_what_of_the_clusters_could_not_be_read_is_reported(account: FakeAccount) -> None:
    cluster = account.add_cluster("prod")
    arn = account.add_role("C1")
    cluster.let_in(arn, "readers")
    assert find(account, arn).unread == ()
    cluster.refused.add("clusterrolebindings")
    assert any(each.startswith("prod (eu-west-1): ClusterRoleBindings: ") for each in find(account, arn).unread)
