"""Roles of one name in several accounts are several roles, whichever providers of AWS a stack has."""

import json
from typing import Any

import pytest

from tests.support.review_stacks import Stack, allow, compare, document, trust

ONE, OTHER = "111122223333", "444455556666"
ROLE, POLICY = "aws:iam/role:Role", "aws:iam/rolePolicy:RolePolicy"


class Accounts(Stack):
    """A stack with the providers `p1` and `p2` of AWS."""

    def __init__(self) -> None:
        super().__init__()
        for each in ("p1", "p2"):
            self.add("pulumi:providers:aws", each, {})

    def make(self, type: str, name: str, provider: str, inputs: dict[str, Any], **links: str) -> "Accounts":
        self.add(type, name, inputs)
        urn = provider if provider.startswith("urn:") else f"urn:pulumi:dev::test::pulumi:providers:aws::{provider}"
        self.resources[-1] |= {"provider": f"{urn}::id"}
        self.resources[-1] |= {"propertyDependencies": {key: [source] for key, source in links.items()}}
        return self

    def vendor(self, provider: str, account: str = "") -> "Accounts":
        arn = {"arn": f"arn:aws:iam::{account}:role/vendor"} if account else {}
        inputs = {"name": "vendor", "assumeRolePolicy": json.dumps(trust()), **arn}
        return self.make(ROLE, f"vendor-{provider}", provider, inputs)

    def allow(
        self, name: str, provider: str, *statements: dict[str, Any], role: str = "vendor", of: str = ""
    ) -> "Accounts":
        links = {"role": f"urn:pulumi:dev::test::{ROLE}::vendor-{of}"} if of else {}
        return self.make(POLICY, name, provider, {"role": role, "policy": json.dumps(document(*statements))}, **links)


def both(known: bool = True) -> Accounts:
    return Accounts().vendor("p1", ONE if known else "").vendor("p2", OTHER if known else "")


def gains(base: Stack, head: Stack) -> list[str]:
    """The names of who gains something."""
    return [name for each in compare(base, head).principals if each.worst for name in each.names]


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("linked", [True, False])
def test_a_policy_is_of_the_role_that_its_provider_or_its_dependency_names(known: bool, linked: bool) -> None:
    of = ("p1", "p2") if linked else ("", "")
    base = both(known).allow("one", "p1", allow("*"), of=of[0]).allow("other", "p2", allow("s3:ListBucket"), of=of[1])
    head = both(known).allow("one", "p1", allow("*"), of=of[0]).allow("other", "p2", allow("*"), of=of[1])
    (name,) = gains(base, head)
    assert name == f"vendor ({f'account {OTHER}' if known else 'p2'}, vendor-p2)"
    assert gains(head, head) == []


def test_a_denial_in_one_account_hides_nothing_in_another() -> None:
    base = both().allow("one", "p1", allow("*", effect="Deny"))
    (name,) = gains(base, both().allow("one", "p1", allow("*", effect="Deny")).allow("other", "p2", allow("*")))
    assert OTHER in name
    same = both().allow("one", "p1", allow("*", effect="Deny"), allow("*"))
    assert gains(base, same) == [], "in the same account it denies"


def test_a_policy_of_a_provider_that_made_none_of_the_roles_is_of_each_of_them() -> None:
    assert len(gains(both(False), both(False).allow("x", "p3", allow("*")))) == 2


def test_a_role_in_another_account_than_the_only_one_of_its_name_is_not_that_one() -> None:
    base = Accounts().vendor("p1", ONE)
    cluster = {"name": "dev", "arn": f"arn:aws:eks:eu-west-1:{OTHER}:cluster/dev"}
    base.make("aws:eks/cluster:Cluster", "dev", "p2", cluster)
    head = Accounts().vendor("p1", ONE)
    head.make("aws:eks/cluster:Cluster", "dev", "p2", cluster)
    assert gains(base, head.allow("x", "p2", allow("*"))) == [f"role vendor (not in this stack) (account {OTHER})"]


def test_a_policy_moves_to_the_role_of_that_name_in_another_account() -> None:
    base, head = Accounts().allow("x", "p1", allow("*"), role="other"), Accounts()
    assert gains(base, head.allow("x", "p2", allow("*"), role="other")) == ["role other (not in this stack) (p2)"]


def test_another_provider_of_the_same_account_changes_nothing() -> None:
    def build(provider: str) -> Accounts:
        stack = Accounts().vendor("p1", ONE)
        stack.make(ROLE, "more", "p2", {"name": "more", "arn": f"arn:aws:iam::{ONE}:role/more"})
        return stack.allow("x", provider, allow("*"), role="other")

    assert gains(build("p1"), build("p2")) == []


@pytest.mark.parametrize("version", ["default", "default_6_50_0", "default_7_0_0_beta_1"])
def test_another_version_of_the_default_provider_changes_nothing(version: str) -> None:
    base = both().allow("x", "default_6_1_0", allow("*"), role="other")
    assert gains(base, both().allow("x", version, allow("*"), role="other")) == []


def test_a_second_provider_leaves_a_role_of_the_first_as_it_is() -> None:
    base, head = Stack(), Stack()
    for stack in (base, head):
        policy = {"role": "other", "policy": json.dumps(document(allow("*")))}
        stack.add(POLICY, "x", policy)
    head.add("pulumi:providers:aws", "p2", {})
    assert gains(base, head) == []
