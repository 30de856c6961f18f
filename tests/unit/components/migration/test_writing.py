"""Reading a cluster, and carrying out a plan: interrupted, refused, overtaken by others."""

from typing import Any

import pytest

from eks_access.migration import reading, writing
from eks_access.migration.plan import Outcome, Plan, Step, plan_migration
from eks_access.migration.reading import ClusterReadError, assume_principals, read_cluster
from eks_access.migration.state import ORIGIN_TAG, PRINCIPAL_ID_TAG, ClusterState, Missing, Principal, Unread
from eks_access.migration.writing import ModeError, StepError, Writer, change_mode
from eks_access.model.identity import AuthenticationMode
from tests.support.connector_eks import refusal
from tests.support.migration_aws import AWS_AUTH, RBAC, Cluster, Eks, Iam, binding
from tests.support.migration_world import OTHER, role, user

ROLES = f"""\
- {{rolearn: '{role("Admin")}', username: 'a:{{{{SessionName}}}}', groups: [system:masters]}}
- {{rolearn: '{role("Reader")}', username: reader, groups: [system:support]}}
- rolearn: {role("node")}
  username: system:node:{{{{EC2PrivateDNSName}}}}
  groups: [system:bootstrappers, system:nodes]
"""
ADMIN, READER, NODE = role("teams/Admin"), role("Reader"), role("node")


class Given:
    """A cluster, its API and its account."""

    def __init__(self, roles: str = ROLES, mode: str = "API_AND_CONFIG_MAP") -> None:
        self.eks = Eks(mode)
        self.iam = Iam(ADMIN, READER, NODE, user("team/jane"))
        self.api = Cluster({"mapRoles": roles}, binding("support", "system:support"))
        self.done: list[Step] = []

    def read(self, *known: str) -> ClusterState:
        description = self.eks.describe_cluster("prod")["cluster"]
        return read_cluster("prod", description, eks=self.eks, iam=self.iam, api=self.api, known=known)

    def plan(self) -> Plan:
        return plan_migration(self.read())

    def write(self, plan: Plan | None = None) -> None:
        writer = Writer("prod", self.eks, self.api, consistency_seconds=0.05)
        writer.carry_out((plan or self.plan()).steps, self.done.append)


def answers(given: Given, text: str, *known: str) -> Any:
    given.api.data = {"mapRoles": f"- {{rolearn: '{text}', username: x}}\n"}
    (answer,) = given.read(*known).principals.values()
    return answer


def test_a_role_is_found_with_its_path_and_id_in_any_letter_case() -> None:
    for name in ("Admin", "ADMIN"):
        found = answers(Given(), role(name))
        assert (found.arn, found.unique_id) == (ADMIN, f"ID-{ADMIN}")
    assert answers(Given(), role("gone")) == Missing()
    assert answers(Given(), user("team/jane")).arn == user("team/jane")


def test_all_roles_are_listed_once_and_only_if_one_is_not_found_by_its_name() -> None:
    given = Given()
    given.read()
    assert "list_roles" not in given.iam.calls
    given.api.data = {"mapRoles": "".join(f"- {{rolearn: '{role(name)}'}}\n" for name in ("a", "b", "c"))}
    given.read()
    assert given.iam.calls.count("list_roles") == 1


@pytest.mark.parametrize("denied", ["get_role", "list_roles"])
def test_a_role_that_may_not_be_looked_up_is_unread_and_not_missing(denied: str) -> None:
    given = Given()
    given.iam.denied = {denied}
    answer = answers(given, role("gone"))
    assert isinstance(answer, Unread)
    assert denied in answer.reason


def test_a_role_of_another_account_is_as_the_user_says_or_unread() -> None:
    given = Given()
    assert isinstance(answers(given, role("x", OTHER)), Unread)
    full = role("teams/x", OTHER)
    assert answers(given, role("x", OTHER), full) == Principal(full)
    assert given.iam.calls == [], "which these credentials are not for"


def test_without_a_cluster_principals_are_assumed_unless_their_path_is_known_to_be_left_out() -> None:
    data = {"mapRoles": ROLES + f"- rolearn: {role('AWSReservedSSO_A_1')}\n- rolearn: {role('AWSServiceRoleForX')}\n"}
    found = list(assume_principals(data, (ADMIN,)).values())
    assert [type(each) for each in found] == [Principal, Principal, Principal, Unread, Unread]
    assert [getattr(each, "is_assumed", None) for each in found] == [False, True, True, None, None]


def test_what_cannot_be_read_is_an_error_or_reported_and_never_nothing() -> None:
    given = Given()
    given.api.forbidden = {AWS_AUTH}
    with pytest.raises(ClusterReadError, match="aws-auth of prod cannot be read: 403"):
        given.read()
    given.api.forbidden = {f"{RBAC}/rolebindings"}
    state = given.read()
    assert state.bindings is None
    assert "403 Forbidden" in state.bindings_problem
    given.eks.fails = {"list_access_entries": [refusal("AccessDeniedException")]}
    with pytest.raises(ClusterReadError, match="access entries of prod cannot be read"):
        given.read()


def test_a_cluster_without_aws_auth_is_read_as_that() -> None:
    given = Given()
    given.api.data = None
    assert given.read().aws_auth is None


def test_in_mode_config_map_no_entries_are_requested() -> None:
    given = Given(mode="CONFIG_MAP")
    given.eks.fails = {"list_access_entries": [refusal("InvalidRequestException")]}
    assert given.read().entries == ()


def test_the_steps_make_what_is_planned_and_a_second_run_has_none() -> None:
    given = Given()
    plan = given.plan()
    given.write(plan)
    assert given.done == list(plan.steps)
    assert given.eks.entries[ADMIN]["tags"] == {ORIGIN_TAG: "aws-auth", PRINCIPAL_ID_TAG: f"ID-{ADMIN}"}
    assert given.eks.entries[READER]["kubernetesGroups"] == ["migrated:system:support"]
    assert given.eks.entries[NODE]["type"] == "EC2_LINUX"
    again = given.plan()
    assert (again.steps, {each.outcome for each in again.mappings}) == ((), {Outcome.PRESENT})


def test_the_policy_is_associated_right_after_its_entry() -> None:
    given = Given()
    given.write()
    writes = given.eks.writes
    assert writes[writes.index(f"create {ADMIN}") + 1] == f"associate {ADMIN}"


def test_an_association_waits_for_its_entry() -> None:
    given = Given()
    given.eks.fails = {"associate_access_policy": [refusal("ResourceNotFoundException")]}
    given.write()
    assert given.eks.policies[ADMIN][0]["accessScope"] == {"type": "cluster"}


@pytest.mark.parametrize("cause", [refusal("AccessDeniedException"), KeyboardInterrupt()])
def test_an_entry_whose_policy_fails_is_deleted_again(cause: BaseException) -> None:
    given = Given()
    given.eks.fails = {"associate_access_policy": [cause]}
    with pytest.raises((StepError, KeyboardInterrupt)):
        given.write()
    assert ADMIN not in given.eks.entries, "so that the mapping counts"
    assert given.plan().mappings[0].outcome is Outcome.ENTRY_AND_POLICY


def test_a_run_that_was_killed_between_entry_and_policy_is_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    given = Given()
    given.eks.fails = {"associate_access_policy": [KeyboardInterrupt()]}
    with monkeypatch.context() as killed:
        killed.setattr(given.eks, "delete_access_entry", lambda **_: None)
        with pytest.raises(KeyboardInterrupt):
            given.write()
    assert given.eks.policies[ADMIN] == []
    given.write()
    assert len(given.eks.policies[ADMIN]) == 1
    assert given.plan().steps == ()


def test_a_step_that_is_refused_ends_the_run_with_what_it_was() -> None:
    given = Given()
    given.eks.fails = {"create_access_entry": [refusal("InvalidParameterException", "invalid principal.")]}
    with pytest.raises(StepError, match=f"make access entry {NODE} of type EC2_LINUX: .*invalid principal") as failed:
        given.write()
    assert given.done == []
    assert failed.value.step == given.plan().steps[0]


def test_an_entry_that_another_made_since_the_plan_is_left_as_it_is() -> None:
    given = Given()
    plan = given.plan()
    given.eks.create_access_entry("prod", ADMIN, "STANDARD", {}, "other")
    with pytest.raises(StepError, match="ResourceInUseException"):
        given.write(plan)
    assert given.eks.entries[ADMIN]["username"] == "other"
    assert f"delete {ADMIN}" not in given.eks.writes


def test_a_binding_that_is_there_is_used_only_if_it_is_the_copy() -> None:
    given = Given()
    plan = given.plan()
    given.write(plan)
    given.eks.entries.clear()
    given.write(plan)
    given.api.bindings[-1]["roleRef"]["name"] = "cluster-admin"
    given.eks.entries.clear()
    with pytest.raises(StepError, match="other subjects or another role"):
        given.write(plan)
    assert READER not in given.eks.entries


def test_the_mode_is_changed_and_its_end_awaited() -> None:
    eks = Eks()
    slept: list[float] = []
    change_mode(eks, "prod", AuthenticationMode.API, sleep=slept.append)
    assert (eks.mode, slept) == ("API", [writing.UPDATE_INTERVAL] * 2)


@pytest.mark.parametrize(
    ("status", "fails", "message"),
    [
        (["Failed"], {}, "ended as Failed: no capacity"),
        (["InProgress"], {}, "has not ended after 10 seconds"),
        ([], {"update_cluster_config": [refusal("ResourceInUseException", "busy")]}, "busy"),
    ],
)
def test_a_mode_that_is_not_changed_is_an_error(status: list[str], fails: Any, message: str) -> None:
    eks = Eks()
    eks.update_status, eks.fails = status, fails
    with pytest.raises(ModeError, match=message):
        change_mode(eks, "prod", AuthenticationMode.API, sleep=lambda _: None, deadline=10)
    assert eks.mode == "API_AND_CONFIG_MAP"


def test_bindings_come_in_pages() -> None:
    class Pages:
        def json(self, method: str, path: str, *, query: Any = None, body: Any = None) -> Any:
            if "rolebindings" in path and "cluster" not in path:
                return {"items": None, "metadata": {}}
            more = "continue" not in query
            name = "first" if more else "second"
            return {"items": [binding(name, "g")], "metadata": {"continue": "token"} if more else {}}

    found, problem = reading._read_bindings(Pages())
    assert (problem, [each.name for each in found or ()]) == ("", ["first", "second"])
