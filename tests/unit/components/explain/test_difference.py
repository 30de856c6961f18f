from typing import Any, Literal

import pytest

from eks_access.explain.difference import Gain, compare_rights
from eks_access.integrations import vendors
from eks_access.manifest.build import build_other_profile
from eks_access.manifest.models import AccessPolicy, Grant, Rights
from eks_access.model.access_policies import describe_access_policy
from eks_access.model.aws_actions import describe_action
from eks_access.model.integration import Profile
from eks_access.model.kubernetes_rights import describe_right
from tests.support.places import place
from tests.support.vendors import ARGUMENTS

NOTHING = Rights(statements=[], access_policies=[], grants=[])


def of(vendor: str, profile: Profile, **args: Any) -> Rights:
    where = place(vendor)
    return build_other_profile(
        vendors()[vendor].describe({**ARGUMENTS[vendor], **args, "profile": profile}, where), where
    )


def rule(verbs: list[str], resources: list[str], **more: list[str]) -> dict[str, list[str]]:
    return {"apiGroups": [""], "resources": resources, "verbs": verbs, **more}


def granting(*rules: dict[str, list[str]], namespaces: list[str] | None = None) -> Rights:
    grant = Grant(name="g", group="g", namespaces=namespaces, rules=list(rules))
    return Rights(statements=[], access_policies=[], grants=[grant])


def allowing(*actions: str, on: str = "*", effect: str = "Allow") -> Rights:
    statement = {"Sid": "S", "Effect": effect, "Action": list(actions), "Resource": [on]}
    return Rights(statements=[statement], access_policies=[], grants=[])


def test_cados_page_adds_commands_in_every_pod_in_a_reviewers_words() -> None:
    first = compare_rights(of("cado", Profile.LEAST), of("cado", Profile.VENDOR)).gained[0]
    assert first.what == ("create, get pods/exec",)
    assert first.where == "everywhere, instead of only in namespace payments"
    assert first.risk.sentence == "can run commands in every pod, and read the secrets mounted there"
    assert first.risk.is_severe


def test_conductorones_page_adds_actions_and_secrets_most_severe_first() -> None:
    found = compare_rights(of("conductorone", Profile.LEAST), of("conductorone", Profile.VENDOR))
    before = {action for s in of("conductorone", Profile.LEAST).statements for action in s["Action"]}
    new = [action for action in found.actions if action not in before]
    assert "iam:AttachRolePolicy" in new
    assert len(new) == len({*new}), "each action once"
    severe = [gain.risk.is_severe for gain in found.gained]
    assert severe == sorted(severe, reverse=True)
    (secrets,) = [gain for gain in found.gained if "secrets" in gain.what[0]]
    assert secrets.risk.sentence == "can read every Secret: other systems' passwords, keys and tokens"


@pytest.mark.parametrize("vendor", sorted(ARGUMENTS))
def test_equal_rights_are_no_difference(vendor: str) -> None:
    for profile in Profile:
        same = of(vendor, profile)
        assert compare_rights(same, same).gained == ()
        assert compare_rights(same, same).lost == ()


def gains(before: Rights, after: Rights) -> list[tuple[tuple[str, ...], str]]:
    return [(gain.what, gain.where) for gain in compare_rights(before, after).gained]


def test_a_rule_is_covered_only_by_one_that_is_as_wide() -> None:
    named = granting(rule(["get"], ["configmaps"], resourceNames=["aws-auth"]), namespaces=["kube-system"])
    every = granting(rule(["get"], ["configmaps"]))
    assert gains(every, named) == []
    assert gains(named, every) == [
        (("get configmaps",), "everywhere, instead of only named aws-auth, in namespace kube-system")
    ]
    assert gains(granting(rule(["*"], ["*"], apiGroups=["*"])), every) == []


def test_a_grant_without_a_binding_gives_nothing() -> None:
    assert gains(granting(rule(["create"], ["pods/exec"]), namespaces=[]), NOTHING) == []
    assert gains(NOTHING, granting(rule(["create"], ["pods/exec"]), namespaces=[])) == []


def test_the_same_action_on_everything_is_a_gain() -> None:
    assert gains(allowing("eks:DescribeCluster", on="arn:x"), allowing("eks:DescribeCluster")) == [
        (("eks:DescribeCluster",), "on everything, instead of only on arn:x")
    ]
    assert gains(allowing("eks:DescribeCluster"), allowing("eks:DescribeCluster", on="arn:x")) == []


def test_a_removed_denial_is_a_gain() -> None:
    guard = allowing("eks:AssociateAccessPolicy", effect="Deny")
    assert gains(guard, NOTHING) == [(("eks:AssociateAccessPolicy",), "no longer denied")]
    assert gains(guard, guard) == []


def test_an_access_policy_is_a_gain_and_the_rules_it_replaces_are_not_lost() -> None:
    view = AccessPolicy(arn="arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy", namespaces=[])
    with_policy = Rights(statements=[], access_policies=[view], grants=[])
    found = compare_rights(granting(rule(["list"], ["pods"])), with_policy)
    assert [gain.what for gain in found.gained] == [("AmazonEKSViewPolicy",)]
    assert found.lost == ()


def test_rights_that_only_least_has_are_lost() -> None:
    found = compare_rights(granting(rule(["list"], ["nodes"])), NOTHING)
    assert found.lost == (Gain("kubernetes", ("list nodes",), "everywhere", describe_right("nodes", "list")),)


@pytest.mark.parametrize(
    ("resource", "verb", "severe"),
    [
        ("secrets", "list", True),
        ("pods/exec", "create", True),
        ("nodes/proxy", "get", True),
        ("deployments", "patch", True),
        ("clusterroles", "bind", True),
        ("deployments", "get", False),
        ("pods", "delete", False),
        ("*", "list", True),
    ],
)
def test_rights_that_read_credentials_run_code_or_escalate_are_severe(resource: str, verb: str, severe: bool) -> None:
    assert describe_right(resource, verb).is_severe is severe


@pytest.mark.parametrize("verb", ["get", "update"])
def test_some_secrets_by_name_are_not_every_secret(verb: str) -> None:
    assert "every" not in describe_right("secrets", verb, named=True).sentence
    assert not describe_right("secrets", verb, named=True).is_severe
    assert describe_right("users", "impersonate", named=True).is_severe, "whichever users they are"


@pytest.mark.parametrize(
    ("action", "severe"),
    [
        ("iam:PassRole", True),
        ("iam:*", True),
        ("*", True),
        ("iam:ListRoles", False),
        ("eks:ListClusters", False),
        ("ec2:TerminateInstances", True),
        ("iam:Put*", True),
    ],
)
def test_unknown_actions_are_severe_unless_they_only_read(action: str, severe: bool) -> None:
    assert describe_action(action).is_severe is severe


def test_an_unknown_access_policy_is_never_harmless() -> None:
    assert describe_access_policy("AmazonEKSBrandNewPolicy").is_severe
    assert not describe_access_policy("AmazonEKSViewPolicy").is_severe


def test_an_action_on_more_resources_is_a_gain_and_on_fewer_is_not() -> None:
    one, all_of_them = (allowing("eks:DescribeCluster", on=f"arn:aws:eks:*:1:cluster/{name}") for name in ("dev", "*"))
    where = "on arn:aws:eks:*:1:cluster/*, instead of only on arn:aws:eks:*:1:cluster/dev"
    assert gains(one, all_of_them) == [(("eks:DescribeCluster",), where)]
    assert gains(all_of_them, one) == []
    assert gains(allowing("eks:DescribeCluster"), all_of_them) == [], "everything has it already"


def test_aponos_page_reads_every_cluster_of_the_account() -> None:
    (gain,) = compare_rights(of("apono", Profile.LEAST), of("apono", Profile.VENDOR)).gained
    assert gain.where.startswith("on arn:aws:eks:*:111122223333:cluster/*, instead of only on ")


def test_a_users_right_covers_neither_another_users_nor_the_integrations() -> None:
    def held_by(user: str | None) -> Rights:
        kind: Literal["User", "Group"] = "User" if user else "Group"
        grant = Grant(name="g", group=user or "g", namespaces=None, rules=[rule(["get"], ["secrets"])], kind=kind)
        return Rights(statements=[], access_policies=[], grants=[grant])

    assert gains(held_by("jane"), held_by("joe")) == [(("get secrets",), "everywhere, for user joe")]
    assert gains(held_by(None), held_by("joe")) == [(("get secrets",), "everywhere, for user joe")]
    assert gains(held_by("jane"), held_by("jane")) == []
