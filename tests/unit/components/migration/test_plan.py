"""What becomes of each kind of mapping, with the reason, in which order, and how to go back."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from eks_access.migration.plan import (
    AssociatePolicy,
    MakeBinding,
    MakeEntry,
    Outcome,
    Plan,
    PlannedMapping,
    find_unfinished,
    plan_migration,
)
from eks_access.migration.state import (
    AWS_AUTH,
    ORIGIN_TAG,
    PRINCIPAL_ID_TAG,
    Association,
    Binding,
    ClusterState,
    Entry,
    IamAnswer,
    Missing,
    Principal,
    Unread,
    parse_principal,
    principal_key,
)
from eks_access.migration.steps import describe_step, format_undo
from eks_access.model.identity import AuthenticationMode
from tests.support.migration_world import ACCOUNT, OTHER, role, user

NODE = "system:node:{{EC2PrivateDNSName}}"
NODE_GROUPS = "[system:bootstrappers, system:nodes]"
ADMIN = Association("arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy")
SUPPORT = Binding("support", None, "ClusterRole", "view", ("system:support",))


def mapping(arn: str = role("x"), username: str = "x", groups: str = "[]", key: str = "rolearn") -> str:
    return f"- {{{key}: '{arn}', username: '{username}', groups: {groups}}}\n"


def state(roles: str = "", users: str = "", accounts: str = "", **more: Any) -> ClusterState:
    """A cluster with these sections; every principal exists, unless `answers` has another answer."""
    data = {"mapRoles": roles, "mapUsers": users, "mapAccounts": accounts}
    answers: dict[str, IamAnswer] = {
        key_of(arn): Principal(arn, f"ID-{arn}") for arn in (role("x"), role("y"), role("node"), user("jane"))
    }
    answers |= {key_of(arn): answer for arn, answer in more.pop("answers", {}).items()}
    mode = AuthenticationMode(more.pop("mode", "API_AND_CONFIG_MAP"))
    return ClusterState("prod", "aws", ACCOUNT, mode, data, principals=answers, **more)


def key_of(arn: str) -> str:
    parsed = parse_principal(arn)
    assert parsed is not None
    return principal_key(parsed)


def only(*arguments: str, **more: Any) -> PlannedMapping:
    (found,) = plan_migration(state(*arguments, **more)).mappings
    return found


def test_a_mapping_becomes_an_entry_with_its_username_and_groups() -> None:
    found = only(mapping(username="team:{{SessionName}}", groups="[a, b]"))
    assert found.outcome is Outcome.ENTRY
    assert found.entry is not None
    assert (found.entry.username, found.entry.groups) == ("team:{{SessionName}}", ("a", "b"))
    assert found.entry.unique_id == f"ID-{role('x')}"


def test_the_entry_has_the_roles_path_which_aws_auth_has_not() -> None:
    full = role("teams/red/x")
    found = only(mapping(), answers={role("x"): Principal(full, "AROA")})
    assert found.entry is not None
    assert found.entry.principal_arn == full


def test_an_account_id_is_filled_in_and_a_users_session_name_is_empty() -> None:
    found = only(mapping(username="x-{{AccountID}}", groups="['g-{{AccountID}}']"))
    assert found.entry is not None
    assert (found.entry.username, found.entry.groups) == (f"x-{ACCOUNT}", (f"g-{ACCOUNT}",))
    found = only("", mapping(user("jane"), "jane{{SessionName}}", key="userarn"))
    assert found.entry is not None
    assert found.entry.username == "jane"


def test_an_empty_username_becomes_the_one_that_eks_makes_and_the_plan_says_which() -> None:
    found = only(mapping(username=""))
    assert found.outcome is Outcome.ENTRY
    assert found.entry is not None
    assert found.entry.username is None
    assert f"arn:aws:sts::{ACCOUNT}:assumed-role/x/{{{{SessionName}}}}" in found.notes[0]


def test_masters_become_the_cluster_admin_policy_and_other_groups_stay() -> None:
    found = only(mapping(groups="[ops, system:masters, system:support]"), bindings=(SUPPORT,))
    assert found.outcome is Outcome.ENTRY_AND_POLICY
    assert found.entry is not None
    assert found.entry.policy is not None
    assert found.entry.policy.arn("aws") == ADMIN.policy_arn
    assert found.entry.groups == ("ops",)
    assert any("without system:support" in note for note in found.notes)


def test_a_reserved_group_becomes_one_of_its_own_with_copies_of_its_bindings() -> None:
    ops = Binding("ops", "payments", "Role", "operator", ("people", "system:support"), has_other_subjects=True)
    plan = plan_migration(state(mapping(groups="[system:support]"), bindings=(SUPPORT, ops)))
    assert plan.mappings[0].outcome is Outcome.ENTRY_AND_BINDINGS
    copies = [step.copy.binding for step in plan.steps if isinstance(step, MakeBinding)]
    assert [(each.namespace, each.role_kind, each.role_name, each.groups) for each in copies] == [
        (None, "ClusterRole", "view", ("migrated:system:support",)),
        ("payments", "Role", "operator", ("migrated:system:support",)),
    ]
    last = plan.steps[-1]
    assert isinstance(last, MakeEntry), "bindings come before the entry that needs them"
    assert last.entry.groups == ("migrated:system:support",)


def test_two_mappings_share_the_copies() -> None:
    both = mapping(groups="[system:support]") + mapping(role("y"), "y", "[system:support]")
    plan = plan_migration(state(both, bindings=(SUPPORT,)))
    assert [type(step) for step in plan.steps] == [MakeBinding, MakeEntry, MakeEntry]


def test_a_reserved_group_that_no_binding_names_is_left_out_and_the_plan_says_so() -> None:
    found = only(mapping(groups="[eks:unbound, system:authenticated, team]"))
    assert found.outcome is Outcome.ENTRY
    assert found.entry is not None
    assert found.entry.groups == ("team",)
    assert found.notes == ("without group eks:unbound: no binding names it",)


@pytest.mark.parametrize(
    "there",
    [
        Binding("other", None, "ClusterRole", "cluster-admin", ("migrated:system:support",)),
        Binding("x", "ns", "Role", "view", ("people", "migrated:system:support")),
    ],
)
def test_a_group_that_has_other_rights_already_is_not_used(there: Binding) -> None:
    found = only(mapping(groups="[system:support]"), bindings=(SUPPORT, there))
    assert found.outcome is Outcome.BLOCKED
    assert there.name in found.why


def test_bindings_that_could_not_be_read_are_not_taken_for_none() -> None:
    more = {"bindings": None, "bindings_problem": "403 Forbidden"}
    found = only(mapping(groups="[system:support]"), **more)
    assert found.outcome is Outcome.UNDETERMINED
    assert "403 Forbidden" in found.why
    assert only(mapping(groups="[team]"), **more).outcome is Outcome.ENTRY, "which needs none"
    assert only(mapping(groups="[system:masters]"), **more).outcome is Outcome.ENTRY_AND_POLICY


@pytest.mark.parametrize(
    ("username", "groups", "kind"),
    [
        (NODE, NODE_GROUPS, "EC2_LINUX"),
        (NODE, "[eks:kube-proxy-windows, system:nodes, system:bootstrappers]", "EC2_WINDOWS"),
        ("system:node:{{SessionName}}", "[system:bootstrappers, system:nodes, system:node-proxier]", "FARGATE_LINUX"),
        ("system:node:{{SessionName}}", NODE_GROUPS, "HYBRID_LINUX"),
    ],
)
def test_nodes_become_entries_of_their_types_without_username_and_groups(username: str, groups: str, kind: str) -> None:
    found = only(mapping(role("node"), username, groups))
    assert found.outcome is Outcome.NODE_ENTRY
    assert found.entry is not None
    assert (found.entry.type, found.entry.username, found.entry.groups) == (kind, None, ())


@pytest.mark.parametrize(
    ("arn", "username", "groups", "why"),
    [
        (role("node"), NODE, "[system:bootstrappers, system:nodes, system:masters]", "other groups"),
        (role("node"), NODE, "[system:nodes]", "other groups"),
        (role("node"), "node", "[system:nodes]", "another username"),
        (role("node"), "ec2:{{EC2PrivateDNSName}}", "[a]", "another username"),
        (user("jane"), NODE, NODE_GROUPS, "is a user"),
        (role("x", OTHER), NODE, NODE_GROUPS, "another account"),
    ],
)
def test_what_is_not_quite_a_mapping_of_nodes_is_blocked(arn: str, username: str, groups: str, why: str) -> None:
    found = only(mapping(arn, username, groups), answers={role("x", OTHER): Principal(role("x", OTHER))})
    assert found.outcome is Outcome.BLOCKED
    assert why in found.why


@pytest.mark.parametrize(
    ("username", "groups", "why"),
    [
        ("system:admin", "[]", "begins with 'system:'"),
        ("eks:x", "[]", "begins with 'eks:'"),
        ("aws:x", "[]", "begins with 'aws:'"),
        ("amazon:x", "[]", "begins with 'amazon:'"),
        ("iam:x", "[]", "begins with 'iam:'"),
        ("{{SessionName}}", "[]", "no colon before"),
        ("x-{{SessionName}}:y", "[]", "no colon before"),
        ("x:{{SessionNameRaw}}", "[]", "{{SessionNameRaw}}"),
        ("x:{{AccessKeyID}}", "[]", "{{AccessKeyID}}"),
        ("x:{{Team}}", "[]", "{{Team}}"),
        ("x", "['{{SessionName}}']", "is a template"),
        ("x", "['team-{{SessionNameRaw}}']", "is a template"),
    ],
)
def test_a_name_that_an_entry_may_not_have_is_blocked(username: str, groups: str, why: str) -> None:
    found = only(mapping(username=username, groups=groups))
    assert found.outcome is Outcome.BLOCKED
    assert why in found.why
    assert found.advice
    assert found.ends_with_aws_auth


@pytest.mark.parametrize(
    ("roles", "why"),
    [
        (mapping(f"arn:aws:iam::{ACCOUNT}:root"), "root user"),
        (mapping(f"arn:aws:sts::{ACCOUNT}:federated-user/jane"), "federated user"),
        (f"- sso: {{permissionSetName: Admin, accountID: '{ACCOUNT}'}}\n  username: x\n", "sso matcher"),
    ],
)
def test_a_principal_that_entries_are_not_made_for_is_blocked(roles: str, why: str) -> None:
    found = only(roles)
    assert found.outcome is Outcome.BLOCKED
    assert why in found.why


def test_a_service_linked_role_is_blocked() -> None:
    full = role("aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch")
    name = role("AWSServiceRoleForBatch")
    found = only(mapping(name), answers={name: Principal(full, "AROA")})
    assert (found.outcome, "service-linked" in found.why) == (Outcome.BLOCKED, True)


def test_accounts_are_blocked_each_and_what_is_none_is_for_nobody() -> None:
    plan = plan_migration(state(accounts=f"- '{ACCOUNT}'\n- 12345\n"))
    assert [each.outcome for each in plan.mappings] == [Outcome.BLOCKED, Outcome.NOBODY]
    assert plan.losses == plan.mappings[:1]


@pytest.mark.parametrize(
    ("roles", "why"),
    [
        (mapping(role("teams/red/x")), "has a path"),
        (mapping(role("x*")), "wildcard"),
        (mapping(f"arn:aws:sts::{ACCOUNT}:assumed-role/x/s"), "is a session"),
        (mapping(f"arn:aws:iam::{ACCOUNT}:group/x"), "is an IAM group"),
        (mapping(f"arn:aws:iam::{ACCOUNT}:instance-profile/x"), "instance profile"),
        (mapping(role("x") + " "), "has space"),
        (mapping("arn:aws:iam::12345:role/x"), "12 digits"),
        (mapping("arn:aws-cn:iam::111122223333:role/x"), "partition aws-cn"),
        (mapping(role("gone")), "IAM has no role"),
        ("- {username: x}\n", "ignores it"),
        ("- rolearn: {{x}}\n", "cannot be read"),
        ("rolearn: x\n", "instead of a list"),
        (f"- sso: {{permissionSetName: A, accountID: '{ACCOUNT}', partition: aws}}\n", "never matches"),
    ],
)
def test_a_mapping_that_is_in_force_for_no_principal_makes_no_entry(roles: str, why: str) -> None:
    found = only(roles, answers={role("gone"): Missing()})
    assert (found.outcome, found.steps) == (Outcome.NOBODY, ())
    assert why in found.why
    assert not found.ends_with_aws_auth


def test_a_users_path_counts_in_aws_auth_too() -> None:
    answers = {user("jane"): Principal(user("team/jane"), "AIDA")}
    found = only("", mapping(user("jane"), key="userarn"), answers=answers)
    assert (found.outcome, user("team/jane") in found.why) == (Outcome.NOBODY, True)


def test_of_equal_keys_the_last_counts_and_roles_count_before_users() -> None:
    twice = mapping(username="a") + mapping(role("X"), "b")
    plan = plan_migration(state(twice, mapping(username="c", key="userarn")))
    assert [each.outcome for each in plan.mappings] == [Outcome.NOBODY, Outcome.ENTRY, Outcome.NOBODY]
    assert "overridden by line 2" in plan.mappings[0].why
    assert "overridden by mapRoles line 2" in plan.mappings[2].why
    assert plan.mappings[1].entry is not None
    assert plan.mappings[1].entry.principal_arn == role("x"), "as IAM spells it"


def test_a_user_in_two_letter_cases_is_blocked_unless_both_are_alike() -> None:
    first = mapping(user("jane"), "a", key="userarn")
    plan = plan_migration(state("", first + mapping(user("JANE"), "b", key="userarn")))
    assert [each.outcome for each in plan.mappings] == [Outcome.BLOCKED, Outcome.BLOCKED]
    plan = plan_migration(state("", first + mapping(user("JANE"), "a", key="userarn")))
    assert [each.outcome for each in plan.mappings] == [Outcome.NOBODY, Outcome.ENTRY]


def test_a_misspelt_section_and_a_second_document_are_listed_with_what_is_ignored() -> None:
    cluster = replace(state(), aws_auth={"maproles": mapping(), "mapRoles": mapping() + "---\n" + mapping(role("y"))})
    plan = plan_migration(cluster)
    assert [(each.source.section, each.outcome) for each in plan.mappings] == [
        ("mapRoles", Outcome.ENTRY),
        ("mapRoles", Outcome.NOBODY),
        ("maproles", Outcome.NOBODY),
    ]


def test_a_principal_that_could_not_be_looked_up_is_undetermined() -> None:
    found = only(mapping(), answers={role("x"): Unread("AccessDenied")})
    assert found.outcome is Outcome.UNDETERMINED
    assert "AccessDenied" in found.why
    assert found.ends_with_aws_auth
    assert only(mapping(role("never-asked"))).outcome is Outcome.UNDETERMINED


def test_an_entry_shows_the_arn_of_a_principal_that_cannot_be_looked_up() -> None:
    full = role("teams/x", OTHER)
    entry = Entry(full, username="x", groups=("a",))
    answers = {role("x", OTHER): Unread("another account")}
    found = only(mapping(role("x", OTHER), groups="[a]"), answers=answers, entries=(entry,))
    assert (found.outcome, found.arn) == (Outcome.PRESENT, full)


@pytest.mark.parametrize(
    ("entry", "groups"),
    [
        (Entry(role("x"), username="x", groups=("b", "a")), "[a, b, system:authenticated]"),
        (Entry(role("x"), username="x", policies=(ADMIN,)), "[system:masters]"),
    ],
)
def test_an_entry_that_gives_the_same_is_present(entry: Entry, groups: str) -> None:
    assert only(mapping(groups=groups), entries=(entry,)).outcome is Outcome.PRESENT


def test_an_entry_with_the_username_that_eks_makes_is_that_of_an_empty_one() -> None:
    made = Entry(role("x"), username=f"arn:aws:sts::{ACCOUNT}:assumed-role/x/{{{{SessionName}}}}")
    assert only(mapping(username=""), entries=(made,)).outcome is Outcome.PRESENT
    assert only(mapping(username="x"), entries=(made,)).outcome is Outcome.SHADOWED


@pytest.mark.parametrize(
    ("entry", "difference"),
    [
        (Entry(role("x"), username="y", groups=("a",), policies=(ADMIN,)), "username is 'y'"),
        (Entry(role("x"), username="x", policies=(ADMIN,)), "without group a"),
        (Entry(role("x"), username="x", groups=("a", "b"), policies=(ADMIN,)), "with group b"),
        (Entry(role("x"), username="x", groups=("a",)), "without AmazonEKSClusterAdminPolicy"),
        (
            Entry(role("x"), username="x", groups=("a",), policies=(replace(ADMIN, namespaces=("n",)),)),
            "AmazonEKSClusterAdminPolicy in n",
        ),
        (Entry(role("x"), "EC2_LINUX", NODE), "its type is EC2_LINUX"),
    ],
)
def test_an_entry_that_gives_something_else_shadows_the_mapping_and_stays(entry: Entry, difference: str) -> None:
    found = only(mapping(groups="[a, system:masters]"), entries=(entry,))
    assert (found.outcome, found.steps) == (Outcome.SHADOWED, ())
    assert any(difference in note for note in found.notes)
    assert not found.ends_with_aws_auth, "the mapping has no effect now"


def test_an_entry_shadows_a_mapping_that_no_entry_could_replace() -> None:
    found = only(mapping(username="system:x"), entries=(Entry(role("x"), username="x"),))
    assert found.outcome is Outcome.SHADOWED


def test_node_entries_are_compared_by_their_type() -> None:
    node = mapping(role("node"), NODE, NODE_GROUPS)
    assert only(node, entries=(Entry(role("node"), "EC2_LINUX", NODE),)).outcome is Outcome.PRESENT
    assert only(node, entries=(Entry(role("node"), username="x"),)).outcome is Outcome.SHADOWED


def test_an_entry_of_an_earlier_role_of_the_name_is_found_by_age_and_by_tag() -> None:
    old, new = datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 2, 1, tzinfo=UTC)
    answers = {role("x"): Principal(role("x"), "AROANEW", created=new)}
    by_age = Entry(role("x"), username="x", created=old)
    by_tag = Entry(role("x"), username="x", tags={PRINCIPAL_ID_TAG: "AROAOLD"}, created=new)
    for dead in (by_age, by_tag):
        found = only(mapping(), answers=answers, entries=(dead,))
        assert (found.outcome, "earlier principal" in found.why) == (Outcome.BLOCKED, True)
        assert found.ends_with_aws_auth, "the mapping is what counts now"
    alive = Entry(role("x"), username="x", tags={PRINCIPAL_ID_TAG: "AROANEW"}, created=new)
    assert only(mapping(), answers=answers, entries=(alive,)).outcome is Outcome.PRESENT


def test_an_entry_under_another_path_is_of_an_earlier_role_and_not_taken_for_this_ones() -> None:
    full = role("new/x")
    found = only(mapping(), answers={role("x"): Principal(full, "AROA")}, entries=(Entry(role("old/x"), username="x"),))
    assert found.outcome is Outcome.ENTRY
    assert found.entry is not None
    assert found.entry.principal_arn == full


def test_of_two_entries_that_may_be_the_principals_none_is_taken() -> None:
    entries = tuple(Entry(role(f"{path}/x", OTHER), username="x") for path in ("old", "new"))
    more = {"answers": {role("x", OTHER): Unread("another account")}}
    assert only(mapping(role("x", OTHER)), entries=entries, **more).outcome is Outcome.UNDETERMINED
    assert only(mapping(role("x", OTHER)), entries=entries[:1], **more).outcome is Outcome.PRESENT


def test_what_the_authenticator_does_not_read_of_a_mapping_is_noted_and_not_made_up() -> None:
    found = only(mapping(groups="system:masters"))
    assert found.outcome is Outcome.ENTRY
    assert found.entry is not None
    assert (found.entry.groups, found.entry.policy) == ((), None)
    assert "groups is a string" in found.notes[0]


def test_a_group_that_another_principal_has_already_gets_no_rights() -> None:
    wanted, other = mapping(groups="[system:support]"), "[migrated:system:support]"
    by_mapping = plan_migration(state(wanted + mapping(role("y"), "y", other), bindings=(SUPPORT,))).mappings[0]
    entry = Entry(role("y"), username="y", groups=("migrated:system:support",))
    by_entry = only(wanted, bindings=(SUPPORT,), entries=(entry,))
    for found in (by_mapping, by_entry):
        assert (found.outcome, "has group migrated:system:support already" in found.why) == (Outcome.BLOCKED, True)
    ours = replace(entry, tags={ORIGIN_TAG: AWS_AUTH})
    assert only(wanted, bindings=(SUPPORT,), entries=(ours,)).outcome is Outcome.ENTRY_AND_BINDINGS


def test_what_an_interrupted_run_left_is_completed_and_what_others_made_is_not() -> None:
    begun = Entry(role("x"), username="x", tags={ORIGIN_TAG: AWS_AUTH})
    found = only(mapping(groups="[system:masters]"), entries=(begun,))
    assert [type(step) for step in found.steps] == [AssociatePolicy]
    assert found.outcome is Outcome.ENTRY_AND_POLICY
    foreign = replace(begun, tags={})
    assert only(mapping(groups="[system:masters]"), entries=(foreign,)).outcome is Outcome.SHADOWED


def test_a_binding_copy_that_was_deleted_is_made_again() -> None:
    begun = Entry(role("x"), username="x", groups=("migrated:system:support",), tags={ORIGIN_TAG: AWS_AUTH})
    found = only(mapping(groups="[system:support]"), bindings=(SUPPORT,), entries=(begun,))
    assert [type(step) for step in found.steps] == [MakeBinding]
    foreign = only(mapping(groups="[system:support]"), bindings=(SUPPORT,), entries=(replace(begun, tags={}),))
    assert foreign.outcome is Outcome.SHADOWED


def test_nodes_come_first_and_policies_with_their_entries() -> None:
    roles = (
        mapping(groups="[system:masters]")
        + mapping(role("y"), "y", "[system:support]")
        + mapping(role("node"), NODE, NODE_GROUPS)
    )
    plan = plan_migration(state(roles, bindings=(SUPPORT,)))
    lines = [describe_step(step) for step in plan.steps]
    assert [line.split(" ")[1] for line in lines] == ["access", "ClusterRoleBinding", "access", "access"]
    assert "of type EC2_LINUX" in lines[0]
    assert "right after it AmazonEKSClusterAdminPolicy" in lines[2]


def test_the_way_back_is_a_command_that_names_take_no_part_in() -> None:
    binding = Binding("a'; rm -rf /", "ns", "Role", "r", ("system:support",))
    plan = plan_migration(state(mapping(groups="[system:support]"), bindings=(binding,)))
    commands = [format_undo(step, "prod") for step in plan.steps]
    assert commands[0].startswith("kubectl delete rolebinding --namespace=ns -- 'migrated:a'\"'\"'; rm -rf /:")
    assert commands[1] == f"aws eks delete-access-entry --cluster-name=prod --principal-arn={role('x')}"


def test_before_access_entries_are_supported_the_mode_is_to_be_changed() -> None:
    plan = plan_migration(state(mapping(), mode="CONFIG_MAP"))
    assert plan.needs_mode
    assert "creator" in plan.notes[0]
    assert not plan_migration(state(mapping())).needs_mode


def test_in_mode_api_no_mapping_has_an_effect() -> None:
    plan = plan_migration(state(mapping() + mapping(role("y"), "system:x"), accounts=f"- '{ACCOUNT}'", mode="API"))
    assert {each.outcome for each in plan.mappings} == {Outcome.NOBODY}
    assert plan.losses == ()


def test_a_cluster_without_aws_auth_has_nothing_to_migrate() -> None:
    plan = plan_migration(replace(state(), aws_auth=None))
    assert (plan.mappings, plan.steps) == ((), ())


def test_what_is_read_back_is_compared_with_the_plan() -> None:
    before = state(mapping(groups="[a]") + mapping(role("y"), "y"))
    plan = plan_migration(before)
    entries = (Entry(role("x"), username="x", groups=("a",)), Entry(role("y"), username="y"))
    assert find_unfinished(plan, plan_migration(replace(before, entries=entries))) == []
    assert len(find_unfinished(plan, plan_migration(replace(before, entries=entries[:1])))) == 1
    assert len(find_unfinished(plan, Plan("prod", plan.mode, ()))) == 2
    other = (replace(entries[0], groups=("b",)), entries[1])
    (problem,) = find_unfinished(plan, plan_migration(replace(before, entries=other)))
    assert "shadowed" in problem
