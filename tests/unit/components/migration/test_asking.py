"""The cluster's own answer for each principal, before and after."""

from collections.abc import Mapping
from typing import Any

import pytest

from eks_access.kubernetes.client import ApiError, UnreachableError
from eks_access.migration.asking import Answer, Asker, NotAsked, Refused, User, find_changes
from eks_access.migration.plan import Plan, plan_migration
from eks_access.migration.state import ClusterState, Principal
from eks_access.model.identity import AuthenticationMode
from tests.support.migration_aws import Sts
from tests.support.migration_world import ACCOUNT, role, user

ANA = User("ana", frozenset({"readers"}))


def ask(answer: Any, *arns: str, refused: tuple[str, ...] = ()) -> dict[str, Answer]:
    """Ask a cluster that gives this answer to every token; an exception is raised."""

    class Api:
        def json(self, method: str, path: str, *, query: Any = None, body: Any = None) -> Any:
            if isinstance(answer, Exception):
                raise answer
            return {"status": {"userInfo": answer}}

    def connect(credentials: Mapping[str, str]) -> Api:
        assert credentials["AccessKeyId"] in arns, "as the role"
        return Api()

    return Asker(Sts(*refused), connect).ask(arns)


def plan(username: str = "ana") -> Plan:
    data = {"mapRoles": f"- {{rolearn: '{role('x')}', username: '{username}', groups: [readers]}}\n"}
    principals = {role("x"): Principal(role("x"), "AROA")}
    mode = AuthenticationMode.API_AND_CONFIG_MAP
    return plan_migration(ClusterState("prod", "aws", ACCOUNT, mode, data, principals=principals))


def test_a_role_is_what_the_cluster_takes_it_for_without_groups_that_a_migration_replaces() -> None:
    groups = ["readers", "system:masters", "system:authenticated", "migrated:system:support"]
    assert ask({"username": "ana", "groups": groups}, role("x")) == {role("x"): ANA}


def test_a_session_is_kept_because_its_access_key_may_be_a_part_of_the_username() -> None:
    connected: list[str] = []

    class Api:
        def json(self, method: str, path: str, *, query: Any = None, body: Any = None) -> Any:
            return {"status": {"userInfo": {"username": "ana", "groups": ["readers"]}}}

    def connect(credentials: Mapping[str, str]) -> Api:
        connected.append(credentials["AccessKeyId"])
        return Api()

    asker = Asker(Sts(), connect)
    assert asker.ask([role("x")]) == asker.ask([role("x")]) == {role("x"): ANA}
    assert connected == [role("x")]


def test_a_token_that_the_cluster_rejects_is_refused_and_any_other_answer_is_none() -> None:
    assert ask(ApiError(401, "Unauthorized", "no"), role("x"))[role("x")] == Refused()
    for problem in (ApiError(500, "InternalError", "oops"), UnreachableError("https://there", TimeoutError("late"))):
        assert isinstance(ask(problem, role("x"))[role("x")], NotAsked)


def test_who_cannot_be_assumed_is_not_asked_with_the_reason() -> None:
    found = ask({"username": "ana"}, role("x"), user("jane"), refused=(role("x"),))
    first, second = found[role("x")], found[user("jane")]
    assert isinstance(first, NotAsked)
    assert "sts:AssumeRole" in first.reason
    assert isinstance(second, NotAsked)


@pytest.mark.parametrize(
    ("had", "has", "changed"),
    [
        (ANA, ANA, False),
        (Refused(), Refused(), False),
        (NotAsked("denied"), ANA, False),
        (ANA, Refused(), True),
        (Refused(), ANA, True),
        (ANA, NotAsked("late"), True),
        (ANA, User("ana", frozenset()), True),
        (ANA, User("bob", ANA.groups), True),
    ],
)
def test_a_difference_is_reported(had: Answer, has: Answer, changed: bool) -> None:
    assert bool(find_changes(plan(), {role("x"): had}, {role("x"): has})) is changed


def test_the_username_that_eks_makes_in_place_of_an_empty_one_is_no_difference() -> None:
    had, has = User("", ANA.groups), User(f"arn:aws:sts::{ACCOUNT}:assumed-role/x/s", ANA.groups)
    assert find_changes(plan(""), {role("x"): had}, {role("x"): has}) == []
    assert find_changes(plan("ana"), {role("x"): ANA}, {role("x"): has}) != []
    assert find_changes(plan(""), {role("x"): had}, {role("x"): User("", frozenset())}) != []
