"""Reading an account: which clusters, all of them at once, and what could not be read."""

import socket
from typing import Any

import pytest

from eks_access_inventory.inventory import AccessInventory
from eks_access_inventory.reading import cluster as reading_cluster
from eks_access_inventory.reading.account import AccountError, Audit
from eks_access_inventory.reading.selection import Selection, SelectionError, parse_tag
from tests.support.account import (
    LONG_AGO,
    REGION,
    FakeAccount,
    Progress,
    find,
    kinds,
    role_arn,
    rule,
    take_inventory,
)


def names(account: FakeAccount, **scope: Any) -> list[str]:
    return [cluster.name for cluster in take_inventory(account, **scope).clusters]


def unread(account: FakeAccount, **scope: Any) -> dict[str, str]:
    """What could not be read, and why."""
    return {f"{each.where}: {each.what}": each.why for each in take_inventory(account, **scope).unread}


def test_clusters_are_selected_by_name_tag_and_region(account: FakeAccount) -> None:
    account.regions = [REGION, "us-east-1"]
    account.add_cluster("prod-a", tags={"team": "payments"})
    account.add_cluster("prod-b", tags={"team": "web"})
    account.add_cluster("dev")
    account.add_cluster("prod-c", region="us-east-1", tags={"team": "payments"})
    assert names(account) == ["prod-a", "prod-b", "dev"]
    assert names(account, regions=()) == ["prod-a", "prod-b", "dev", "prod-c"]
    assert names(account, regions=(), selection=Selection(("prod-*",))) == ["prod-a", "prod-b", "prod-c"]
    by_tag = Selection((), (parse_tag("team=payments"),))
    assert names(account, regions=(), selection=by_tag) == ["prod-a", "prod-c"]
    assert names(account, selection=Selection((), (parse_tag("team"),))) == ["prod-a", "prod-b"]
    assert names(account, regions=("us-east-1",)) == ["prod-c"]


def test_a_name_that_no_cluster_has_is_unread_and_a_pattern_may_match_none(account: FakeAccount) -> None:
    account.add_cluster("prod")
    assert unread(account, selection=Selection(("prod", "prdo"))) == {
        ": cluster prdo": "there is none of this name in eu-west-1"
    }
    assert unread(account, selection=Selection(("stage-*",))) == {}


def test_a_tag_without_a_key_is_refused() -> None:
    with pytest.raises(SelectionError, match="has no key"):
        parse_tag("=payments")


def test_clusters_of_one_name_in_two_regions_are_two(account: FakeAccount) -> None:
    for region in (REGION, "us-east-1"):
        account.add_cluster("prod", region=region).let_in(role_arn(f"of-{region}"))
    inventory = take_inventory(account, regions=(REGION, "us-east-1"))
    ways = {(way.region, each.arn.rpartition("/")[2]) for each in inventory.principals for way in each.ways}
    # One fake server has both by their name, and each has the entries of its own region.
    assert ways == {(REGION, f"of-{REGION}"), ("us-east-1", "of-us-east-1")}


def test_a_cluster_outside_of_eks_lets_no_principal_in(account: FakeAccount) -> None:
    account.add_cluster("onprem", connector=True)
    inventory = take_inventory(account)
    assert inventory.is_whole
    assert inventory.clusters[0].connected
    assert "CANARY" not in str(inventory)


@pytest.mark.parametrize(
    ("operation", "what"),
    [
        ("list_clusters", ": the clusters of eu-west-1"),
        ("describe_cluster", "prod (eu-west-1): the cluster"),
        ("list_access_entries", "prod (eu-west-1): access entries"),
        ("describe_access_entry", f"prod (eu-west-1): the access entry of {role_arn('reader')}"),
        ("list_associated_access_policies", f"prod (eu-west-1): the access policies of {role_arn('reader')}"),
        ("list_identity_provider_configs", "prod (eu-west-1): identity providers"),
        ("get_role", f": {role_arn('reader')} in IAM"),
    ],
)
def test_a_call_that_is_refused_leaves_what_it_reads_unread(account: FakeAccount, operation: str, what: str) -> None:
    cluster = account.add_cluster("prod")
    cluster.let_in(account.add_role("reader"), "readers")
    cluster.bind("readers", "read", rule("list", "pods"))
    assert unread(account) == {}, "its twin is read"
    account.fail(operation, "AccessDeniedException", -1, status=403)
    found = unread(account)
    assert list(found) == [what]
    assert "AccessDeniedException" in found[what]


def test_a_principal_is_shown_with_what_could_be_read_of_it(account: FakeAccount) -> None:
    cluster = account.add_cluster("prod")
    cluster.let_in(account.add_role("reader"), "readers")
    account.fail("list_associated_access_policies", "AccessDeniedException", -1, status=403)
    found = find(take_inventory(account), "reader")
    assert "unknown" in kinds(found)
    assert "unbound" not in kinds(found), "it may have a policy"


def test_regions_that_cannot_be_listed_are_unread(account: FakeAccount) -> None:
    account.add_cluster("prod")
    account.fail("describe_regions", "UnauthorizedOperation", -1, status=403)
    assert list(unread(account, regions=())) == [f": the regions other than {REGION}"]


def test_an_account_that_cannot_be_determined_is_an_error(account: FakeAccount) -> None:
    account.fail("get_caller_identity", "ExpiredToken", -1, status=403)
    with pytest.raises(AccountError, match="cannot be determined: 403 ExpiredToken"):
        take_inventory(account)


def test_a_throttled_api_is_asked_again(account: FakeAccount) -> None:
    cluster = account.add_cluster("prod")
    cluster.let_in(account.add_role("reader"), "readers")
    cluster.bind("readers", "read", rule("list", "pods"))
    cluster.throttled = 5
    account.fail("get_role", "Throttling", 3)
    account.fail("describe_access_entry", "ThrottlingException", 2)
    inventory = take_inventory(account)
    assert inventory.is_whole
    assert account.calls.count("get_role") == 4
    assert find(inventory, "reader").ways[0].rights


def test_an_api_that_stays_throttled_is_unread_at_the_deadline(account: FakeAccount) -> None:
    cluster = account.add_cluster("prod")
    cluster.let_in(account.add_role("reader"))
    account.fail("describe_access_entry", "ThrottlingException", -1)
    inventory = take_inventory(account, deadline=2)
    (failed,) = inventory.unread
    assert failed.what == f"the access entry of {role_arn('reader')}"
    assert "ThrottlingException" in failed.why
    assert "unknown" in kinds(find(inventory, "reader"))


def test_an_endpoint_off_this_machine_is_not_called_where_aws_is_on_it(account: FakeAccount) -> None:
    account.add_cluster("prod", endpoint="https://eks.example.com")
    found = unread(account, only_loopback=True)
    assert set(found) == {"prod (eu-west-1): aws-auth", "prod (eu-west-1): roles and bindings"}
    assert "is not on this machine" in found["prod (eu-west-1): aws-auth"]


def test_a_cluster_without_an_endpoint_yet_is_unread_inside(account: FakeAccount) -> None:
    cluster = account.add_cluster("new", endpoint="")
    cluster.let_in(account.add_role("reader"), "readers")
    inventory = take_inventory(account)
    assert {each.what for each in inventory.unread} == {"aws-auth", "roles and bindings"}
    assert kinds(find(inventory, "reader").ways[0]) == ["unknown"]


def test_aws_auth_that_may_not_be_read_matters_only_where_it_is_read(account: FakeAccount) -> None:
    for name, mode in (("api", "API"), ("both", "API_AND_CONFIG_MAP")):
        account.add_cluster(name, mode).refused = {"aws-auth"}
    assert list(unread(account)) == ["both (eu-west-1): aws-auth"]


@pytest.mark.parametrize("depth", [700, 900, 50_000])
def test_aws_auth_that_is_nested_deeply_is_a_note(account: FakeAccount, depth: int) -> None:
    account.add_cluster("prod").aws_auth = {"mapRoles": "[" * depth + "]" * depth}
    (note,) = (each for each in take_inventory(account).clusters[0].notes if "mapRoles" in each)
    assert "no entry of mapRoles is mapped, because it cannot be read: nested too deeply" in note


def test_what_was_deleted_since_it_was_listed_is_left_out(account: FakeAccount) -> None:
    cluster = account.add_cluster("prod")
    cluster.let_in(account.add_role("kept"))
    cluster.let_in(account.add_role("deleted"))
    account.fail("describe_access_entry", "ResourceNotFoundException", status=404)
    inventory = take_inventory(account)
    assert inventory.is_whole
    assert inventory.summary.principals == 1
    account.fail("describe_cluster", "ResourceNotFoundException", status=404)
    assert names(account) == []
    assert names(account) == ["prod"]


def test_what_is_not_asked_by_the_deadline_is_unread(account: FakeAccount) -> None:
    cluster = account.add_cluster("prod", delay=1.5)
    cluster.let_in(account.add_role("reader"), "readers")
    found = unread(account, deadline=1)
    assert found["prod (eu-west-1): ClusterRoles"] == "not asked: the deadline had passed"


def test_nothing_but_reads_is_called(account: FakeAccount) -> None:
    cluster = account.add_cluster("prod")
    cluster.let_in(account.add_user("robot", Keys=["AKIAROBOTKEY"]))
    cluster.let_in(account.add_role("reader"))
    take_inventory(account, audit=Audit("/aws/eks/{cluster}/cluster", 30), regions=())
    operations = {call for call in account.calls if not call.startswith("/")}
    assert len(operations) > 8
    assert {each for each in operations if not each.startswith(("get_", "list_", "describe_"))} == {"start_query"}


def test_users_of_identity_providers_are_a_note(account: FakeAccount) -> None:
    cluster = account.add_cluster("prod")
    cluster.identity_providers = [{"identityProviderConfigName": "okta", "issuerUrl": "https://acme.okta.com"}]
    inventory = take_inventory(account)
    assert inventory.clusters[0].identity_providers == ("https://acme.okta.com",)
    assert "https://acme.okta.com may sign in besides" in inventory.clusters[0].notes[0]


def test_what_iam_has_no_use_of_is_unused(account: FakeAccount) -> None:
    cluster = account.add_cluster("prod")
    cluster.let_in(account.add_role("never", used=None))
    cluster.let_in(account.add_role("once", used=LONG_AGO))
    cluster.let_in(account.add_role("used"))
    key_user, person = (
        account.add_user("robot", Keys=["AKIAROBOTKEY"]),
        account.add_user("jane", PasswordLastUsed=LONG_AGO),
    )
    cluster.let_in(key_user)
    cluster.let_in(person)
    inventory = take_inventory(account)
    unused = {each.arn.rpartition("/")[2]: each for each in inventory.principals if "unused" in kinds(each)}
    assert unused.keys() == {"never", "once", "robot", "jane"}
    assert "IAM has no use of it since 2020-01-01" in [each.why for each in unused["once"].problems]
    assert (unused["robot"].last_used, unused["robot"].last_used_in) == (LONG_AGO, "sts")
    assert unused["jane"].owner.kind == "people"
    assert "AKIAROBOTKEY" not in str(inventory)


def test_the_audit_log_is_searched_only_where_a_log_group_is_named(account: FakeAccount) -> None:
    cluster = account.add_cluster("prod")
    busy, idle = account.add_role("busy"), account.add_role("idle")
    cluster.let_in(busy)
    cluster.let_in(idle)
    account.audit = [
        [
            {"field": "principal", "value": busy},
            {"field": "requests", "value": "1234"},
            {"field": "last", "value": "1790000000000"},
        ]
    ]
    assert find(take_inventory(account), "busy").ways[0].requests is None
    assert "start_query" not in account.calls
    inventory = take_inventory(account, audit=Audit("/aws/eks/{cluster}/cluster", 30))
    assert "/aws/eks/prod/cluster" in account.calls
    assert find(inventory, "busy").ways[0].requests == 1234
    assert find(inventory, "busy").ways[0].last_request is not None
    assert "unused" not in kinds(find(inventory, "busy"))
    assert find(inventory, "idle").ways[0].requests == 0
    assert "no request in the audit log of prod, in 30 days" in [
        each.why for each in find(inventory, "idle").all_problems
    ]


def test_an_audit_log_that_cannot_be_searched_is_unread(account: FakeAccount) -> None:
    account.add_cluster("prod")
    account.fail("start_query", "ResourceNotFoundException", -1)
    assert list(unread(account, audit=Audit("/none", 30))) == ["prod (eu-west-1): the audit log"]


CLUSTERS, PRINCIPALS, SECONDS = 25, 200, 0.5


def build_fleet(account: FakeAccount) -> set[tuple[str, str, str, str, str]]:
    """25 clusters and 200 principals, by entries and mappings; what was put in."""
    put_in = set()
    roles = [account.add_role(f"role-{number:03}") for number in range(PRINCIPALS)]
    for index in range(CLUSTERS):
        mode = ("API", "API_AND_CONFIG_MAP", "CONFIG_MAP")[index % 3]
        cluster = account.add_cluster(f"prod-{index:02}", mode, delay=SECONDS)
        for team in range(5):
            cluster.bind(f"team-{team}", f"read-{team}", rule("get,list", "pods"))
        for number, arn in enumerate(roles):
            if (number + index) % CLUSTERS >= 3 and number % CLUSTERS != index:
                continue
            group = f"team-{number % 5}"
            by_mapping = mode == "CONFIG_MAP" or (mode != "API" and number % 2)
            if by_mapping:
                cluster.map_role(arn, f"user-{number}", group)
            else:
                cluster.let_in(arn, group, username=f"user-{number}")
            put_in.add((arn, cluster.name, "aws-auth" if by_mapping else "access-entry", f"user-{number}", group))
    return put_in


def list_ways(inventory: AccessInventory) -> set[tuple[str, str, str, str, str]]:
    return {
        (principal.arn, way.cluster, str(way.method), way.username, way.groups[0])
        for principal in inventory.principals
        for way in principal.ways
    }


def test_a_fleet_is_read_completely_in_the_time_of_its_slowest_cluster(account: FakeAccount) -> None:
    put_in = build_fleet(account)
    assert len({arn for arn, *_ in put_in}) == PRINCIPALS
    account.latency = 0.001
    account.clusters[7].delay = slowest = 1.5
    progress = Progress()
    inventory = take_inventory(account, progress=progress)
    assert inventory.is_whole
    assert inventory.summary.clusters_read == CLUSTERS
    assert inventory.summary.principals == PRINCIPALS
    found = list_ways(inventory)
    assert found == put_in
    assert all(way.rights for each in inventory.principals for way in each.ways)
    assert (progress.total, progress.read) == (CLUSTERS, CLUSTERS)
    # aws-auth, and then the four lists at once, of each cluster.
    one_after_another = sum(2 * cluster.delay for cluster in account.clusters)
    assert 2 * slowest <= inventory.seconds < one_after_another / 2, "the slowest, and not all in sequence"
    assert inventory.clusters[7].seconds >= 2 * slowest
    assert account.calls.count("get_role") == PRINCIPALS, "each principal is looked up once"


def test_one_cluster_that_does_not_answer_and_one_throttled_api_leave_the_others_whole(
    account: FakeAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading_cluster, "_SECONDS", 1.0)
    put_in = build_fleet(account)
    for cluster in account.clusters:
        cluster.delay = 0.0
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(64)  # takes connections, and never answers
        unreachable = next(each for each in account.clusters if each.mode == "API_AND_CONFIG_MAP")
        unreachable.endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        throttled = next(each for each in account.clusters if each.mode == "API")
        throttled.throttled = 40
        account.fail("describe_access_entry", "ThrottlingException", 25)
        inventory = take_inventory(account)
    assert {(each.where, each.what) for each in inventory.unread} == {
        (f"{unreachable.name} ({REGION})", "aws-auth"),
        (f"{unreachable.name} ({REGION})", "roles and bindings"),
    }
    assert inventory.summary.clusters_read == CLUSTERS - 1
    found = list_ways(inventory)
    lost = put_in - found
    assert lost
    assert {(cluster, method) for _, cluster, method, *_ in lost} == {(unreachable.name, "aws-auth")}
    assert found < put_in
    for each in inventory.principals:
        for way in each.ways:
            assert ("unknown" in kinds(way)) is (way.cluster == unreachable.name), "its rights are not known there"
