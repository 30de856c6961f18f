"""What was found beside what each profile makes of it: rows, their effects, and words."""

import re
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from eks_access.integrations import vendors
from eks_access.model.found import FoundAccess, FoundPolicy
from eks_access.model.integration import Profile
from eks_access_inventory.adopt.compare import compare_access
from eks_access_inventory.adopt.comparison import Comparison, Effect, Row, Section
from eks_access_inventory.adopt.markdown import format_comparison
from eks_access_inventory.adopt.table import print_comparison
from tests.support.found import (
    ENTRY,
    MAPPING,
    PAGE_ROLES,
    describe_at,
    find_made,
    find_of_page,
    with_role,
    with_trust,
)

LEAST, VENDOR = Profile.LEAST, Profile.VENDOR
OPENTRACE = {"client_id": "1234567890-abc.apps.googleusercontent.com", "subject": "11"}


def compare(found: FoundAccess, args: dict[str, Any], *modes: str) -> Comparison:
    least, where = describe_at(found.vendor, {**args, "profile": LEAST}, *modes)
    vendor, _ = describe_at(found.vendor, {**args, "profile": VENDOR}, *modes)
    return compare_access(found, least, vendor, where)


def compare_page(page: str, method: Any = ENTRY, mode: str = "API_AND_CONFIG_MAP") -> Comparison:
    found = find_of_page(page, method)
    derive = vendors()[found.vendor].derive_arguments
    assert derive is not None
    given = {"subject": "11"} if found.vendor == "opentrace" else {}
    return compare(found, {**derive(found).arguments, **given}, mode)


def find(comparison: Comparison, section: Section, what: str) -> Row:
    (row,) = (row for row in comparison.rows if row.section is section and any(what in each for each in row.what))
    return row


def effects(row: Row) -> tuple[Effect, Effect]:
    return row.effects[LEAST], row.effects[VENDOR]


def render(comparison: Comparison, profile: Profile = LEAST) -> str:
    out = StringIO()
    print_comparison(comparison, profile, Console(file=out, width=200), verbose=True)
    return out.getvalue() + format_comparison(comparison, profile)


@pytest.mark.parametrize("profile", Profile)
@pytest.mark.parametrize(
    ("vendor", "args", "modes"),
    [
        ("opentrace", OPENTRACE, ("API",)),
        ("opentrace", {**OPENTRACE, "namespaces": ["a"]}, ("API",)),
        ("apono", {"federation": "sso"}, ("API", "CONFIG_MAP")),
        ("cado", {"platform_role_arns": ["arn:aws:iam::444455556666:role/P"], "namespaces": ["a"]}, ("CONFIG_MAP",)),
        ("conductorone", {"external_id": "c1-x", "tier": "provision"}, ("API",)),
        ("eks-connector", {"viewers": {"p": {"arn": "arn:aws:iam::111122223333:role/P"}}}, ("API",)),
    ],
)
def test_what_a_profile_made_itself_is_kept_by_it(
    vendor: str, args: dict[str, Any], modes: tuple[str, ...], profile: Profile
) -> None:
    comparison = compare(find_made(vendor, {**args, "profile": profile}, *modes), args, *modes)
    assert [row for row in comparison.rows if row.effects[profile] is not Effect.KEPT] == []
    assert comparison.sentences[profile] == ()
    assert not comparison.has_changes(profile)
    other = VENDOR if profile is LEAST else LEAST
    assert comparison.has_changes(other)
    assert comparison.sentences[other] or vendor in ("apono", "eks-connector")


def test_actions_of_the_page_that_least_has_not_are_removed_and_the_others_narrowed() -> None:
    comparison = compare_page("opentrace")
    assert effects(find(comparison, Section.AWS, "eks:AccessKubernetesApi")) == (Effect.REMOVED, Effect.KEPT)
    describe = find(comparison, Section.AWS, "eks:DescribeCluster")
    assert effects(describe) == (Effect.NARROWED, Effect.KEPT)
    assert describe.found == "on everything"
    assert describe.planned[LEAST] == "on arn:aws:eks:us-east-1:111122223333:cluster/prod-0"


def test_a_condition_that_is_added_narrows_who_may_assume_the_role() -> None:
    row = find(compare_page("opentrace"), Section.TRUST, "accounts.google.com")
    assert effects(row) == (Effect.NARROWED, Effect.NARROWED)
    assert "accounts.google.com:sub 11 (StringEquals)" in row.planned[LEAST]
    assert "accounts.google.com:sub" not in row.found


def test_a_condition_that_is_lost_widens_it() -> None:
    found = find_of_page("conductorone")
    assert found.role is not None
    (statement,) = found.role.trust["Statement"]
    condition = {**statement["Condition"], "IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}
    comparison = compare(with_trust(found, {**statement, "Condition": condition}), {"external_id": "c1-x"})
    row = find(comparison, Section.TRUST, "ConductorOneService")
    assert effects(row) == (Effect.WIDENED, Effect.WIDENED)
    assert "192.0.2.0/24" in row.found


def test_a_principal_that_is_not_kept_is_removed() -> None:
    found = find_of_page("conductorone")
    assert found.role is not None
    other = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    comparison = compare(with_trust(found, *found.role.trust["Statement"], other), {"external_id": "c1-x"})
    assert effects(find(comparison, Section.TRUST, "ec2.amazonaws.com")) == (Effect.REMOVED, Effect.REMOVED)


def test_a_wildcard_is_compared_with_what_it_covers() -> None:
    document = {"Statement": [{"Effect": "Allow", "Action": "eks:*", "Resource": "*"}]}
    found = with_role(find_of_page("opentrace"), policies=(FoundPolicy("wide", document),))
    comparison = compare(found, OPENTRACE)
    whole = find(comparison, Section.AWS, "eks:*")
    assert effects(whole) == (Effect.NARROWED, Effect.NARROWED)
    assert whole.planned[LEAST] == "only eks:ListClusters, eks:DescribeCluster"
    describe = find(comparison, Section.AWS, "eks:DescribeCluster")
    assert describe.found == "on everything, by eks:*"
    assert effects(describe) == (Effect.NARROWED, Effect.KEPT)


def test_what_is_denied_is_not_covered_by_what_is_allowed() -> None:
    document = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    found = with_role(find_of_page("conductorone"), policies=(FoundPolicy("wide", document),))
    comparison = compare(found, {"external_id": "c1-x", "tier": "provision"})
    row = find(comparison, Section.AWS, "never eks:AssociateAccessPolicy")
    assert (row.found, row.effects[LEAST]) == ("", Effect.ADDED)
    assert find(comparison, Section.AWS, "iam:GetRole").found == "on everything, by *"


def test_everything_except_some_is_a_row_of_its_own() -> None:
    document = {"Statement": [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}]}
    comparison = compare(with_role(find_of_page("opentrace"), policies=(FoundPolicy("n", document),)), OPENTRACE)
    assert effects(find(comparison, Section.AWS, "everything except iam:*"))[0] is Effect.REMOVED


def test_a_policy_of_aws_that_is_attached_is_removed() -> None:
    attached = FoundPolicy("ReadOnlyAccess", None, "arn:aws:iam::aws:policy/ReadOnlyAccess", 7)
    comparison = compare(with_role(find_of_page("opentrace"), policies=(attached,)), OPENTRACE)
    assert effects(find(comparison, Section.AWS, "ReadOnlyAccess"))[0] is Effect.REMOVED


def test_a_policy_that_could_not_be_read_is_unknown_and_never_nothing() -> None:
    comparison = compare(with_role(find_of_page("opentrace"), policies=(FoundPolicy("hidden", None),)), OPENTRACE)
    row = find(comparison, Section.AWS, "policy hidden")
    assert effects(row) == (Effect.UNKNOWN, Effect.UNKNOWN)
    assert row.found == "could not be read"
    assert comparison.has_changes(VENDOR)


def test_the_way_in_is_compared_for_each_cluster_of_the_integration() -> None:
    comparison = compare_page("cado", MAPPING, "API_AND_CONFIG_MAP")
    by = find(comparison, Section.WAY_IN, "by")
    assert (by.where, by.found, by.planned[LEAST]) == (("prod-0",), "aws-auth", "access entry")
    assert effects(by) == (Effect.CHANGED, Effect.CHANGED)
    groups = find(comparison, Section.WAY_IN, "groups")
    assert (groups.found, groups.planned[LEAST], groups.planned[VENDOR]) == ("cado", "cado:responders", "cado")
    assert effects(groups) == (Effect.CHANGED, Effect.KEPT)


def test_a_cluster_that_the_integration_does_not_have_is_left_and_has_no_row() -> None:
    found = find_of_page("cado")
    other = replace(found.ways[0], cluster="other")
    comparison = compare(
        replace(found, ways=(*found.ways, other)), {"platform_role_arns": ["arn:aws:iam::444455556666:role/P"]}
    )
    assert not [row for row in comparison.rows if "other" in row.where]


def test_a_way_without_effect_is_shown_as_such() -> None:
    found = find_of_page("cado")
    shadowed = replace(found.ways[0], method=MAPPING, groups=("old",), is_effective=False)
    comparison = compare(
        replace(found, ways=(*found.ways, shadowed)), {"platform_role_arns": ["arn:aws:iam::444455556666:role/P"]}
    )
    by = find(comparison, Section.WAY_IN, "by")
    assert by.found == "access entry and aws-auth (without effect)"
    assert effects(by) == (Effect.KEPT, Effect.KEPT)


def test_rights_in_clusters_are_compared_by_verbs_and_kinds() -> None:
    comparison = compare_page("opentrace")
    configmaps = find(comparison, Section.RIGHTS, "configmaps")
    assert effects(configmaps) == (Effect.REMOVED, Effect.KEPT)
    assert any(each.startswith("get, list, watch ") for each in configmaps.what)
    pods = next(
        row for row in comparison.rows if row.section is Section.RIGHTS and any(" pods" in each for each in row.what)
    )
    assert pods.where == ("prod-0",)


def test_rights_that_are_confined_to_namespaces_are_narrowed() -> None:
    found = find_of_page("cado")
    args = {"platform_role_arns": ["arn:aws:iam::444455556666:role/CadoPlatform"], "namespaces": ["payments"]}
    comparison = compare(found, args)
    row = find(comparison, Section.RIGHTS, "pods/exec")
    assert (row.found, row.planned[LEAST]) == ("in the whole cluster", "in payments")
    assert effects(row) == (Effect.NARROWED, Effect.KEPT)


def test_a_member_of_system_masters_has_everything_of_which_least_keeps_little() -> None:
    found = find_of_page("conductorone", MAPPING)
    master = replace(found, ways=(replace(found.ways[0], groups=("system:masters",)),), objects=())
    comparison = compare(master, {"external_id": "c1-x"}, "CONFIG_MAP")
    row = next(row for row in comparison.rows if row.section is Section.RIGHTS and "* *" in row.what)
    assert effects(row) == (Effect.REMOVED, Effect.REMOVED)
    lists = find(comparison, Section.RIGHTS, "list namespaces")
    assert (lists.found, effects(lists)) == ("in the whole cluster", (Effect.KEPT, Effect.KEPT))


def test_a_role_of_kubernetes_itself_that_is_bound_counts_with_its_rules() -> None:
    found = find_of_page("cado", MAPPING)
    body = {
        "roleRef": {"kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "Group", "name": "cado"}],
    }
    binding = replace(found.objects[0], kind="ClusterRoleBinding", name="admin", body=body)
    comparison = compare(
        replace(found, objects=(binding,)), {"platform_role_arns": ["arn:aws:iam::444455556666:role/P"]}
    )
    assert any("* *" in row.what for row in comparison.select(LEAST, Effect.REMOVED))


def test_an_access_policy_whose_rules_are_not_known_has_a_row() -> None:
    found = find_of_page("opentrace")
    policy = replace(found.ways[0].policies[0], arn="arn:aws:eks::aws:cluster-access-policy/AmazonEKSNewPolicy")
    comparison = compare(replace(found, ways=(replace(found.ways[0], policies=(policy,)),)), OPENTRACE)
    assert effects(find(comparison, Section.RIGHTS, "AmazonEKSNewPolicy")) == (Effect.REMOVED, Effect.REMOVED)


def test_a_role_that_stays_with_its_owner_is_kept_as_it_is_and_its_way_in_is_not() -> None:
    found = find_of_page("conductorone")
    comparison = compare(found, {"external_id": "c1-x", "existing_role_arn": found.principal_arn})
    for row in comparison.rows:
        if row.section in (Section.ROLE, Section.TRUST, Section.AWS):
            assert row.is_kept, row
    assert effects(find(comparison, Section.WAY_IN, "groups")) == (Effect.CHANGED, Effect.CHANGED)


def test_what_is_removed_and_added_is_in_words() -> None:
    sentences = compare_page("conductorone").sentences[LEAST]
    removed = " / ".join(each.words for each in sentences if each.effect is Effect.REMOVED)
    assert "iam:AttachRolePolicy" in removed
    assert "everyone with" not in removed, "who else may have a role is not decided here"
    viewers = compare_page("eks-connector").sentences[LEAST]
    assert any("role/Platform" in each.words and "can read every Secret" in each.words for each in viewers)
    assert all(each.severity == "" for each in sentences if each.effect is not Effect.ADDED)


def test_a_profile_that_the_vendor_does_not_have_has_no_column() -> None:
    found = find_of_page("opentrace")
    least, where = describe_at("opentrace", OPENTRACE)
    comparison = compare_access(found, least, None, where)
    assert list(comparison.sentences) == [LEAST]
    assert "vendor" not in render(comparison).splitlines()[2]


@pytest.mark.parametrize("page", PAGE_ROLES)
def test_every_page_is_rendered(page: str) -> None:
    comparison = compare_page(page)
    text = render(comparison)
    assert "Profile least: " in text
    assert "### What it may do in AWS" in text


def test_no_external_id_is_shown_and_another_one_is_seen_to_be_another() -> None:
    found = find_of_page("conductorone")
    same = compare(found, {"external_id": "c1-x"})
    assert effects(find(same, Section.TRUST, "ConductorOneService")) == (Effect.KEPT, Effect.KEPT)
    other = compare(found, {"external_id": "canary-2"})
    row = find(other, Section.TRUST, "ConductorOneService")
    assert effects(row) == (Effect.CHANGED, Effect.CHANGED)
    assert row.found != row.planned[LEAST]
    for comparison in (same, other):
        assert "c1-x" not in render(comparison)
        assert "canary" not in render(comparison)
        assert "c1-x" not in repr(comparison)


def test_names_from_elsewhere_cannot_act_in_a_report() -> None:
    hostile = "x\x1b[31m\u202e|`<b>"
    found = find_of_page("cado")
    ways = (replace(found.ways[0], username=hostile),)
    objects = tuple(replace(each, namespace=hostile) for each in found.objects)
    comparison = compare(
        replace(with_role(found, description=hostile), ways=ways, objects=objects, unread=(hostile,)),
        {"platform_role_arns": ["arn:aws:iam::444455556666:role/P"]},
    )
    out = StringIO()
    print_comparison(comparison, LEAST, Console(file=out, width=200), verbose=True)
    markdown = format_comparison(comparison, LEAST)
    for text in (out.getvalue(), markdown):
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert "<b>" not in re.sub(r"`[^`\n]*`", "", markdown.replace("\\`", "")).replace("\\<b\\>", "")
