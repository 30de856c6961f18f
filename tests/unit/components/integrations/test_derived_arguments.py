"""Arguments from access that was given by hand: what is kept, what is missing, and what is a note."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from eks_access.integrations import vendors
from eks_access.model.found import DerivedArguments, FoundAccess, FoundAccessPolicy, Maker, Origin
from eks_access.model.integration import Integration, Profile
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
from tests.support.places import ACCOUNT

USER = f"arn:aws:iam::{ACCOUNT}:user/baton"
PLATFORM = "arn:aws:iam::444455556666:role/CadoPlatform"
SAML = f"arn:aws:iam::{ACCOUNT}:saml-provider/okta"
ISSUER = "oidc.eks.us-east-1.amazonaws.com/id/ABC"
OPENTRACE = {"client_id": "1-a.apps.googleusercontent.com", "subject": "11"}
ROLE_OPTIONS = {
    "role_name": "Chosen",
    "role_path": "/vendors/",
    "max_session_seconds": 7200,
    "permissions_boundary": f"arn:aws:iam::{ACCOUNT}:policy/b",
}
VARIANTS: list[tuple[str, dict[str, Any], tuple[str, ...]]] = [
    ("opentrace", OPENTRACE, ("API",)),
    ("opentrace", {**OPENTRACE, **ROLE_OPTIONS}, ("API", "API_AND_CONFIG_MAP")),
    ("opentrace", {**OPENTRACE, "namespaces": ["a", "b"]}, ("API",)),
    ("opentrace", {"client_id": "11", "subject": "11", "authorized_audience": "https://x.io"}, ("API",)),
    ("apono", {"federation": "sso"}, ("API", "CONFIG_MAP")),
    ("apono", {"federation": "sso", "permission_sets": ["Developers", "Dev_Eu"]}, ("API",)),
    ("apono", {"federation": "saml", "saml_provider_arn": SAML}, ("CONFIG_MAP",)),
    ("apono", {"federation": "saml", "saml_provider_arn": SAML, "sign_in_regions": ["eu-west-1"]}, ("API",)),
    ("cado", {"platform_role_arns": [PLATFORM]}, ("API",)),
    ("cado", {"platform_role_arns": [PLATFORM], "namespaces": ["a"], "role_name": "XCadoResponseY"}, ("CONFIG_MAP",)),
    ("cado", {"platform_role_arns": [PLATFORM, f"{PLATFORM}2"], "organization_id": "o-abcdefghij"}, ("API", "API")),
    ("cado", {"platform_role_arns": [PLATFORM], "account_check": True}, ("API",)),
    ("conductorone", {"external_id": "c1-x"}, ("API",)),
    ("conductorone", {"external_id": "c1-x", "principal_arn": PLATFORM, **ROLE_OPTIONS}, ("CONFIG_MAP",)),
    ("conductorone", {"hosting": "self_hosted_keys", "principal_arn": USER}, ("API",)),
    ("conductorone", {"hosting": "self_hosted_irsa", "oidc_issuer": ISSUER, "namespace": "c1"}, ("API",)),
    ("conductorone", {"hosting": "self_hosted_pod_identity", "service_account": "baton"}, ("API",)),
    ("conductorone", {"external_id": "c1-x", "tier": "provision"}, ("API",)),
    (
        "conductorone",
        {"external_id": "c1-x", "tier": "provision", "grantable_cluster_roles": ["view"], "grantable_roles": ["r"]},
        ("API_AND_CONFIG_MAP",),
    ),
    (
        "conductorone",
        {
            "external_id": "c1-x",
            "tier": "provision",
            "grantable_cluster_roles": ["admin"],
            "allow_admin_roles": True,
            "deny_cluster_admin": False,
            "user_accounts": ["444455556666"],
        },
        ("API_AND_CONFIG_MAP",),
    ),
    ("eks-connector", {}, ("API",)),
    ("eks-connector", {"agent_source_arns": ["arn:aws:ssm:us-east-1:111122223333:*"]}, ("API",)),
    (
        "eks-connector",
        {
            "viewers": {
                "platform": {"arn": f"arn:aws:iam::{ACCOUNT}:role/Platform"},
                "dev": {"arn": f"arn:aws:iam::{ACCOUNT}:role/Dev", "namespaces": ["a", "b"]},
            }
        },
        ("API",),
    ),
]
ONLY_LEAST = (17, 19)
"""Variants that profile vendor does not have, or in which only the page's own rights would show them."""
CASES = [
    pytest.param(vendor, {**args, "profile": profile}, modes, id=f"{vendor}-{number}-{profile}")
    for number, (vendor, args, modes) in enumerate(VARIANTS)
    for profile in Profile
    if profile is Profile.LEAST or number not in ONLY_LEAST
]


def derive(found: FoundAccess) -> DerivedArguments:
    derive_arguments = vendors()[found.vendor].derive_arguments
    assert derive_arguments is not None
    return derive_arguments(found)


def summarize(integration: Integration) -> dict[str, Any]:
    """What the integration gives, and to who: all but the words about it."""
    role = integration.role
    return {
        "role": (role.name, role.path, role.max_session_seconds, role.permissions_boundary, role.existing_arn),
        "trust": role.trust_policy(),
        "policy": role.policy(),
        "identity": integration.identity,
        # Without a binding a role gives nothing, and nobody sees it who looks at bindings.
        "grants": [each for each in integration.grants if each.namespaces != ()],
    }


@pytest.mark.parametrize(("vendor", "args", "modes"), CASES)
def test_what_was_made_from_arguments_gives_arguments_that_make_the_same(
    vendor: str, args: Mapping[str, Any], modes: tuple[str, ...]
) -> None:
    made, _ = describe_at(vendor, args, *modes)
    derived = derive(find_made(vendor, args, *modes))
    assert derived.missing == ()
    again, _ = describe_at(vendor, {**derived.arguments, "profile": args["profile"]}, *modes)
    assert summarize(again) == summarize(made)


@pytest.mark.parametrize("profile", Profile)
@pytest.mark.parametrize("method", [ENTRY, MAPPING])
@pytest.mark.parametrize("page", PAGE_ROLES)
def test_a_page_followed_to_the_letter_gives_valid_arguments_once_what_is_missing_is_given(
    page: str, method: Any, profile: Profile
) -> None:
    found = find_of_page(page, method)
    derived = derive(found)
    given = {"subject": "11"} if found.vendor == "opentrace" else {}
    assert [each.name for each in derived.missing] == list(given)
    made, _ = describe_at(found.vendor, {**derived.arguments, **given, "profile": profile})
    assert made.role.name == PAGE_ROLES[page]
    assert made.role.trust.refuses()


EXPECTED: dict[str, dict[str, Any]] = {
    "apono-saml": {"federation": "saml", "saml_provider_arn": SAML, "sign_in_regions": []},
    "apono-sso": {"federation": "sso"},
    "cado": {"platform_role_arns": [PLATFORM]},
    "conductorone": {"external_id": "c1-x"},
    "conductorone-self-hosted": {
        "hosting": "self_hosted_keys",
        "principal_arn": f"arn:aws:iam::{ACCOUNT}:user/baton-eks",
    },
    "eks-connector": {"viewers": {"platform": {"arn": f"arn:aws:iam::{ACCOUNT}:role/Platform"}}},
    "opentrace": {"client_id": "1234567890-abc.apps.googleusercontent.com"},
}


@pytest.mark.parametrize("page", PAGE_ROLES)
def test_the_arguments_of_a_page_are_what_its_reader_filled_in(page: str) -> None:
    assert derive(find_of_page(page)).arguments == {"role_name": PAGE_ROLES[page], **EXPECTED[page]}


@pytest.mark.parametrize(
    ("page", "missing"), [("opentrace", ["client_id", "subject"]), ("conductorone", ["external_id"])]
)
def test_a_placeholder_that_was_left_in_place_is_missing(page: str, missing: list[str]) -> None:
    derived = derive(find_of_page(page, filled=False))
    assert [each.name for each in derived.missing] == missing
    assert "placeholder" in derived.missing[0].why
    assert all(each.advice for each in derived.missing)


def test_opentrace_is_said_where_to_find_the_subject() -> None:
    (missing,) = derive(find_of_page("opentrace")).missing
    assert "subjectFromWebIdentityToken" in missing.advice


# The role.


def test_a_role_that_another_program_manages_is_used_as_it_is() -> None:
    found = find_of_page("conductorone")
    managed = with_role(found, origin=Origin(Maker.CLOUDFORMATION, "tag stack: c1", is_managed=True), path="/x/")
    derived = derive(managed)
    assert derived.arguments == {"existing_role_arn": found.principal_arn, "external_id": "c1-x"}
    assert any("CloudFormation" in note for note in derived.notes)
    twin = derive(with_role(found, origin=Origin(Maker.TERRAFORM, "tag ManagedBy: terraform")))
    assert "existing_role_arn" not in twin.arguments, "a tag that anyone may give is no state"


def test_a_role_that_is_used_as_it_is_keeps_its_whole_trust_policy() -> None:
    found = find_of_page("conductorone")
    assert found.role is not None
    more = with_trust(found, *found.role.trust["Statement"], statement({"Service": "ec2.amazonaws.com"}))
    assert any("ec2.amazonaws.com" in note for note in derive(more).notes)
    managed = with_role(more, origin=Origin(Maker.EKSCTL, "tag", is_managed=True))
    assert not any("ec2.amazonaws.com" in note for note in derive(managed).notes)


def test_options_and_tags_of_the_role_are_kept_without_those_of_aws() -> None:
    found = with_role(
        find_of_page("conductorone"),
        path="/vendors/",
        max_session_seconds=7200,
        permissions_boundary="arn:aws:iam::111122223333:policy/b",
        tags={"team": "platform", "aws:x": "y", "eks-access/stack": "p/s"},
    )
    way = replace(found.ways[0], tags={"team": "security", "cost": "1", "eks-access:role-id": "AROA"})
    derived = derive(replace(found, ways=(way,)))
    assert derived.arguments == {
        "role_name": "C1Integration",
        "role_path": "/vendors/",
        "max_session_seconds": 7200,
        "permissions_boundary": "arn:aws:iam::111122223333:policy/b",
        "tags": {"team": "platform", "cost": "1"},
        "external_id": "c1-x",
    }
    assert any("tag team" in note for note in derived.notes)


def test_a_principal_whose_role_could_not_be_read_leaves_what_is_required_missing() -> None:
    for page in ("conductorone", "opentrace", "apono-sso", "cado"):
        derived = derive(replace(find_of_page(page), role=None))
        assert derived.missing, page
        assert all("could not be read" in each.why for each in derived.missing), page
        assert "role_name" not in derived.arguments


# What no argument keeps.


def statement(principal: Any, action: str = "sts:AssumeRole", **condition: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"Effect": "Allow", "Principal": principal, "Action": action}
    return made | ({"Condition": condition} if condition else {})


C1 = {"AWS": "arn:aws:iam::765656841499:role/ConductorOneService"}


def test_another_condition_on_the_trust_is_a_note() -> None:
    equal = {"sts:ExternalId": "c1-x"}
    found = with_trust(
        find_of_page("conductorone"),
        statement(C1, StringEquals=equal, IpAddress={"aws:SourceIp": "192.0.2.0/24"}),
    )
    derived = derive(found)
    assert derived.arguments["external_id"] == "c1-x"
    assert [note for note in derived.notes if "aws:SourceIp 192.0.2.0/24 (IpAddress)" in note]
    twin = derive(with_trust(found, statement(C1, StringEquals=equal)))
    assert not [note for note in twin.notes if "trust policy" in note]


def test_further_statements_principals_and_actions_are_notes() -> None:
    found = with_trust(
        find_of_page("conductorone"),
        {**statement({"AWS": [C1["AWS"], "arn:aws:iam::1:role/other"]}, StringEquals={"sts:ExternalId": "c1-x"})}
        | {"Action": ["sts:AssumeRole", "sts:SetSourceIdentity"]},
        statement({"Service": "ec2.amazonaws.com"}),
        {**statement(C1), "Effect": "Deny"},
        {"Effect": "Allow", "NotPrincipal": {"AWS": "*"}, "Action": "sts:AssumeRole"},
    )
    notes = " / ".join(derive(found).notes)
    for part in ("arn:aws:iam::1:role/other", "ec2.amazonaws.com", "denies", "NotPrincipal", "sts:SetSourceIdentity"):
        assert part in notes


def test_no_note_and_nothing_missing_repeats_an_external_id() -> None:
    base = find_of_page("conductorone")
    for condition in (
        {"StringLike": {"sts:ExternalId": "canary*"}},
        {"StringEquals": {"sts:ExternalId": ["canary-1", "canary-2"]}},
        {"StringEquals": {"sts:ExternalId": "canary with blanks"}},
        {"StringNotEquals": {"sts:ExternalId": "canary"}},
    ):
        derived = derive(with_trust(base, statement(C1, **condition)))
        assert [each.name for each in derived.missing] == ["external_id"]
        assert "canary" not in repr((derived.notes, derived.missing))


def test_statements_that_differ_in_their_principals_alone_are_one() -> None:
    found = with_trust(
        find_of_page("cado"), statement({"AWS": PLATFORM}), statement({"AWS": f"{PLATFORM}2"}, "sts:AssumeRole")
    )
    assert derive(found).arguments["platform_role_arns"] == [PLATFORM, f"{PLATFORM}2"]


def test_a_session_or_a_whole_account_is_no_platform_role_of_cado() -> None:
    session = "arn:aws:sts::444455556666:assumed-role/x-myCadoResponseRole-x/default"
    derived = derive(with_trust(find_of_page("cado"), statement({"AWS": [session, "arn:aws:iam::1:root"]})))
    assert [each.name for each in derived.missing] == ["platform_role_arns"]
    assert any("myCadoResponseRole" in note for note in derived.notes)


def test_a_role_whose_name_cados_platform_may_not_assume_is_left() -> None:
    derived = derive(find_of_page("cado", role="EksForensics"))
    assert "role_name" not in derived.arguments
    assert any("does not contain 'CadoResponse'" in note for note in derived.notes)


def test_commands_in_every_pod_are_a_note_of_cado_and_those_in_namespaces_an_argument() -> None:
    page = derive(find_of_page("cado", MAPPING))
    assert "namespaces" not in page.arguments
    assert any("every pod" in note for note in page.notes)
    made = find_made("cado", {"platform_role_arns": [PLATFORM], "namespaces": ["b", "a"]})
    assert derive(made).arguments["namespaces"] == ["a", "b"]


def test_a_namespace_that_cado_hides_is_left_out() -> None:
    made = find_made("cado", {"platform_role_arns": [PLATFORM], "namespaces": ["a", "b"]})
    objects = tuple(replace(each, namespace="kube-system") if each.namespace == "b" else each for each in made.objects)
    derived = derive(replace(made, objects=objects))
    assert derived.arguments["namespaces"] == ["a"]
    assert any("kube-system" in note for note in derived.notes)


def test_namespaces_that_differ_between_clusters_are_united_with_a_note() -> None:
    found = find_of_page("opentrace")
    policy = found.ways[0].policies[0]
    ways = tuple(
        replace(found.ways[0], cluster=name, policies=(replace(policy, namespaces=scope),))
        for name, scope in (("one", ("a",)), ("two", ("a", "b")))
    )
    derived = derive(replace(found, ways=ways))
    assert derived.arguments["namespaces"] == ["a", "b"]
    assert any(note.startswith("in one it had only namespace a") for note in derived.notes)
    whole = derive(replace(found, ways=(ways[0], replace(found.ways[0], cluster="three"))))
    assert "namespaces" not in whole.arguments
    assert any("in one it had only namespace a" in note for note in whole.notes)


def test_patterns_of_namespaces_alone_are_missing_and_never_all_namespaces() -> None:
    found = find_of_page("opentrace")
    policy = FoundAccessPolicy(found.ways[0].policies[0].arn, ("dev-*",))
    derived = derive(replace(found, ways=(replace(found.ways[0], policies=(policy,)),)))
    assert [each.name for each in derived.missing] == ["subject", "namespaces"]


def test_a_binding_of_a_role_that_is_not_there_is_a_note() -> None:
    """ConductorOne's page binds a role of another name than the one it makes."""
    notes = derive(find_of_page("conductorone")).notes
    assert any("reader-role-binding names ClusterRole read-only-access, which was not found" in note for note in notes)
    assert not any("was not found" in note for note in derive(find_of_page("cado")).notes)


def test_a_way_without_effect_does_not_decide() -> None:
    found = find_of_page("opentrace")
    dead = replace(found.ways[0], policies=(replace(found.ways[0].policies[0], namespaces=("a",)),), is_effective=False)
    assert derive(replace(found, ways=(dead,))).arguments["namespaces"] == ["a"]
    for ways in ((dead, found.ways[0]), (found.ways[0], dead)):
        assert "namespaces" not in derive(replace(found, ways=ways)).arguments
    live = replace(dead, is_effective=True)
    whole = replace(found.ways[0], is_effective=False)
    for ways in ((live, whole), (whole, live)):
        assert derive(replace(found, ways=ways)).arguments["namespaces"] == ["a"]


def test_bindings_of_a_way_without_effect_do_not_decide() -> None:
    made = find_made("cado", {"platform_role_arns": [PLATFORM], "namespaces": ["a"]})
    shadowed = replace(made.ways[0], method=MAPPING, groups=("old",), is_effective=False)
    old = tuple(
        replace(each, namespace=None, kind="ClusterRoleBinding", name="old", body={**each.body, "subjects": [OLD]})
        for each in made.objects
        if each.kind == "RoleBinding"
    )
    both = replace(made, ways=(*made.ways, shadowed), objects=(*made.objects, *old))
    assert derive(both).arguments["namespaces"] == ["a"]
    effective = replace(both, ways=(replace(shadowed, is_effective=True),))
    assert "namespaces" not in derive(effective).arguments


OLD = {"kind": "Group", "name": "old"}


def test_two_conditions_on_one_key_restrict_each_other_and_are_not_taken_for_one() -> None:
    twice: dict[str, Any] = {"StringEquals": {"sts:ExternalId": "c1-x"}, "StringLike": {"sts:ExternalId": "c1-x"}}
    derived = derive(with_trust(find_of_page("conductorone"), statement(C1, **twice)))
    assert [each.name for each in derived.missing] == ["external_id"]
    assert len([note for note in derived.notes if "no argument keeps that condition" in note]) == 2


def test_a_role_without_any_right_in_clusters_is_not_restricted_to_none() -> None:
    found = find_of_page("opentrace")
    derived = derive(replace(found, ways=(replace(found.ways[0], policies=()),)))
    assert "namespaces" not in derived.arguments
    assert any("nowhere" in note for note in derived.notes)


# Apono.


def apono(*patterns: str, operator: str = "ArnLike") -> DerivedArguments:
    roles = f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com"
    condition = {operator: {"aws:PrincipalArn": [f"{roles}/{each}" for each in patterns]}}
    trust = {**statement({"AWS": "*"}), "Condition": condition}
    return derive(with_trust(find_of_page("apono-sso"), trust))


def test_permission_sets_are_read_from_patterns_of_their_roles() -> None:
    assert apono("AWSReservedSSO_Dev_*", "*/AWSReservedSSO_Dev_*").arguments["permission_sets"] == ["Dev"]
    assert apono("eu-west-1/AWSReservedSSO_Dev_0123456789abcdef").arguments["permission_sets"] == ["Dev"]
    assert apono("AWSReservedSSO_Dev_Eu_????????????????").arguments["permission_sets"] == ["Dev_Eu"]
    assert apono("AWSReservedSSO_Dev_*", operator="StringLike").arguments["permission_sets"] == ["Dev"]
    assert "permission_sets" not in apono("AWSReservedSSO_Dev_*", "AWSReservedSSO_*").arguments


def test_a_pattern_that_names_no_permission_set_is_a_note() -> None:
    derived = apono("AWSReservedSSO_Dev_*", "AWSReservedSSO_D*")
    assert derived.arguments["permission_sets"] == ["Dev"]
    assert any("AWSReservedSSO_D*" in note for note in derived.notes)
    assert [each.name for each in apono("AWSReservedSSO_D*").missing] == ["federation"]


def test_a_trust_that_is_neither_of_aponos_leaves_the_federation_missing() -> None:
    derived = derive(with_trust(find_of_page("apono-sso"), statement({"AWS": USER})))
    assert [each.name for each in derived.missing] == ["federation"]
    assert any(USER in note for note in derived.notes)


# ConductorOne.


def c1(*rules: Mapping[str, Any], groups: tuple[str, ...] = ("readers",), **parts: Any) -> DerivedArguments:
    """What is derived where the page was followed, and the group has a role with these rules."""
    found = find_of_page("conductorone", MAPPING)
    objects = tuple(
        replace(each, body={**each.body, "rules": list(rules), "roleRef": {"kind": "ClusterRole", "name": _NAME}})
        for each in found.objects
    )
    return derive(replace(found, objects=objects, ways=(replace(found.ways[0], groups=groups),), **parts))


_NAME = "read-only-access-cluster-role"
_BINDS = {
    "apiGroups": ["rbac.authorization.k8s.io"],
    "resources": ["rolebindings", "clusterrolebindings"],
    "verbs": ["create"],
}


def test_the_pages_rights_in_aws_alone_make_no_tier_but_a_note() -> None:
    derived = c1({"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]})
    assert "tier" not in derived.arguments
    assert any("tier: provision" in note for note in derived.notes)


def test_rights_to_bind_make_it_provision_what_a_rule_names() -> None:
    named = {**_BINDS, "resources": ["clusterroles"], "verbs": ["bind"], "resourceNames": ["viewer"]}
    derived = c1(_BINDS, named)
    assert (derived.arguments["tier"], derived.arguments["grantable_cluster_roles"]) == ("provision", ["viewer"])
    assert derived.missing == ()
    unnamed = c1(_BINDS)
    assert [each.name for each in unnamed.missing] == ["grantable_cluster_roles"]


def test_a_member_of_system_masters_provisions_and_the_roles_are_to_be_named() -> None:
    derived = c1(groups=("system:masters",))
    assert derived.arguments["tier"] == "provision"
    assert [each.name for each in derived.missing] == ["grantable_cluster_roles"]
    assert "tier: sync" in derived.missing[0].advice


def test_several_clusters_need_an_integration_each() -> None:
    found = find_of_page("conductorone")
    other = replace(found.ways[0], cluster="prod-1")
    assert any("prod-0, prod-1" in note for note in derive(replace(found, ways=(*found.ways, other))).notes)


def test_a_subject_that_is_a_pattern_leaves_the_service_account_missing() -> None:
    conditions = {"StringLike": {f"{ISSUER}:sub": "system:serviceaccount:c1:*"}}
    provider = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"
    trust = statement({"Federated": provider}, "sts:AssumeRoleWithWebIdentity", **conditions)
    derived = derive(with_trust(find_of_page("conductorone"), trust))
    assert derived.arguments["hosting"] == "self_hosted_irsa"
    assert {each.name for each in derived.missing} == {"namespace", "service_account"}


# EKS Connector.


def test_without_its_clusters_rbac_the_viewers_are_a_note() -> None:
    derived = derive(replace(find_of_page("eks-connector"), objects=()))
    assert "viewers" not in derived.arguments
    assert any("was not read" in note for note in derived.notes)


def test_a_user_that_may_be_impersonated_and_sees_nothing_is_no_viewer() -> None:
    found = find_of_page("eks-connector")
    objects = tuple(each for each in found.objects if "dashboard" not in each.name)
    assert "viewers" not in derive(replace(found, objects=objects)).arguments


def test_every_vendor_but_custom_derives_arguments() -> None:
    assert {key for key, vendor in vendors().items() if vendor.derive_arguments is None} == {"custom"}
