"""The page by itself: it loads nothing, runs its own script only, and has everything without it."""

import base64
import hashlib
import re
from datetime import UTC, datetime

import msgspec
import pytest

from eks_access_inventory.inventory import AccessInventory
from eks_access_inventory.report.html import render_page
from eks_access_inventory.report.view import build_rows, format_right, list_few
from tests.support.account import FakeAccount, role_arn, rule, take_inventory


@pytest.fixture
def inventory(account: FakeAccount) -> AccessInventory:
    arn = account.add_role("reader")
    for name in ("a", "b", "c", "d", "e"):
        cluster = account.add_cluster(name)
        cluster.let_in(arn, "readers")
        cluster.let_in(role_arn("gone"))
        cluster.bind("readers", "read", rule("get,list", "secrets"))
    account.clusters[-1].refused = {"roles"}
    return take_inventory(account)


def test_the_page_allows_its_own_script_and_style_and_nothing_else(inventory: AccessInventory) -> None:
    text = render_page(inventory)
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    for tag in ("script", "style"):
        (inlined,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.S)
        digest = base64.b64encode(hashlib.sha256(inlined.encode()).digest()).decode()
        assert f"{tag}-src &#39;sha256-{digest}&#39;" in policy
    assert policy.startswith("default-src &#39;none&#39;")
    assert "unsafe" not in policy


def test_the_page_loads_nothing(inventory: AccessInventory) -> None:
    text = render_page(inventory)
    assert not re.search(r"<(link|img|iframe|object|embed|base)\b|\b(src|srcset|action)=|@import|url\(", text)
    assert not re.search(r"<[^>]*\s(on\w+|style)=", text), "the policy forbids them"


def test_everything_is_in_the_page_without_its_script(inventory: AccessInventory) -> None:
    text = re.sub(r"<script.*?</script>", "", render_page(inventory), flags=re.S)
    for word in (
        "role/reader",
        "role/gone",
        "its principal no longer exists",
        "read every Secret",
        "rbac-secrets-read",
    ):
        assert word in text
    assert "e (eu-west-1)" in text
    assert "Roles" in text
    assert "not all of it" in text


def test_the_same_inventory_gives_the_same_page(inventory: AccessInventory) -> None:
    assert render_page(inventory) == render_page(inventory)


def test_an_account_without_clusters_has_a_page_too(account: FakeAccount) -> None:
    assert "0 principals in 0 clusters" in render_page(take_inventory(account))


def test_what_is_the_same_in_several_clusters_is_shown_once(inventory: AccessInventory) -> None:
    (row,) = (each for each in build_rows(inventory) if each.name == "role/gone")
    (group,) = row.groups
    assert group.clusters == ("a", "b", "c", "d", "e")
    assert [problem.words for problem in row.problems] == [
        "its principal no longer exists (the same in 4 more clusters)"
    ]
    (reader,) = (each for each in build_rows(inventory) if each.name == "role/reader")
    dangerous = next(problem for problem in reader.problems if problem.kind == "dangerous")
    assert dangerous.words.endswith("(the same in 4 more clusters)"), "though it names each cluster"
    assert [len(group.clusters) for group in reader.groups] == [4, 1], "the last could not be read completely"


def test_a_right_is_shown_with_the_clusters_in_which_the_principal_has_it(account: FakeAccount) -> None:
    arn = account.add_role("both")
    wide, narrow, none = (account.add_cluster(name) for name in ("wide", "narrow", "none"))
    wide.map_role(arn, "both", "system:masters")
    narrow.let_in(arn, "readers")
    narrow.bind("readers", "read", rule("list", "pods"))
    none.let_in(arn)
    (row,) = build_rows(take_inventory(account))
    assert [(right.severity, clusters) for right, clusters in row.rights] == [
        ("critical", ("wide",)),
        ("low", ("narrow",)),
    ]


def test_clusters_are_named_with_their_region_where_there_are_several(account: FakeAccount) -> None:
    for region in ("eu-west-1", "us-east-1"):
        account.add_cluster("prod", region=region).let_in(role_arn("theirs", account="999988887777"))
    inventory = take_inventory(account, regions=("eu-west-1", "us-east-1"))
    assert build_rows(inventory)[0].clusters == ("prod (eu-west-1)", "prod (us-east-1)")


def test_words_are_short(inventory: AccessInventory) -> None:
    assert list_few(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"
    (right,) = next(each for each in inventory.principals if each.arn.endswith("reader")).ways[0].rights
    assert format_right(right) == "can read every Secret: other systems' passwords, keys and tokens"
    namespaced = msgspec.structs.replace(right, where="in namespace web")
    assert format_right(namespaced).endswith("tokens in namespace web")


def test_times_are_shown_as_days(inventory: AccessInventory) -> None:
    at = msgspec.structs.replace(inventory, started_at=datetime(2026, 3, 4, 5, 6, tzinfo=UTC))
    assert "4 March 2026, 05:06 UTC" in render_page(at)
