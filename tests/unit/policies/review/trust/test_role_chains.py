"""Who may newly assume a role of the stack gains its rights, and those of the roles that it may assume in turn."""

from typing import Any

import pytest

from eks_access_policies.review.change import Direction, Review
from eks_access_policies.review.trust import assumable_roles
from tests.support.review_stacks import ACCOUNT, Stack, allow, compare, document, rule, trust

ROOT = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}


def arn(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def assume(name: str, **more: Any) -> dict[str, Any]:
    return allow("sts:AssumeRole", on=arn(name) if name != "*" else "*", **more)


def find_chains(review: Review, name: str = "vendor") -> list[str]:
    return [
        f"{change.severity.name.lower() if change.severity else change.direction}: {change.risk.replace('`', '')}"
        for principal in review.principals
        for change in principal.changes
        if principal.names == (name,) and ("may assume" in change.risk or "may assume" in change.where)
    ]


def stack(*statements: dict[str, Any], trusts: Any = None, may: Any = None) -> Stack:
    """A vendor's role with these statements, and an administrator's role with what it trusts and may do."""
    return Stack().role("vendor", None, *statements).role("admin", trust(trusts), may or allow("iam:*"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (stack(trusts=ROOT), stack(assume("admin"), trusts=ROOT)),
        (stack(assume("admin")), stack(assume("admin"), trusts=ROOT)),
        (stack(assume("*")), stack(assume("*"), trusts="*")),
        (stack(), stack(trusts={"AWS": arn("vendor")})),
        (stack(trusts=ROOT), stack(assume("a*"), trusts=ROOT)),
        (stack(assume("admin"), assume("admin", effect="Deny"), trusts=ROOT), stack(assume("admin"), trusts=ROOT)),
        (Stack().role("admin", trust(ROOT), allow("iam:*")), stack(assume("admin"), trusts=ROOT)),
    ],
)
def test_a_role_that_may_newly_be_assumed_is_a_gain_of_its_rights(before: Stack, after: Stack) -> None:
    (line,) = find_chains(compare(before, after))
    assert line.startswith("critical: may assume admin, which can do everything in iam")
    assert find_chains(compare(after, before)) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (stack(), stack(assume("admin"))),
        (stack(), stack(trusts=ROOT)),
        (stack(trusts=ROOT), stack(assume("other"), trusts=ROOT)),
        (stack(trusts=ROOT), stack(assume("admin"), assume("*", effect="Deny"), trusts=ROOT)),
        (stack(), stack(assume("admin"), trusts={"AWS": "arn:aws:iam::999999999999:root"})),
        (stack(assume("admin"), trusts=ROOT), stack(assume("*"), trusts=ROOT)),
        (stack(allow("*")), stack(allow("*"), trusts=ROOT)),
    ],
)
def test_what_only_one_side_allows_or_was_allowed_before_is_no_new_role(before: Stack, after: Stack) -> None:
    assert find_chains(compare(before, after)) == []


def test_a_chain_gives_the_rights_of_every_role_in_it_and_ends_where_it_closes() -> None:
    def chain(*links: dict[str, Any]) -> Stack:
        first, second, third = (trust({"AWS": arn(name)}) for name in ("vendor", "a", "b"))
        found = Stack().role("vendor", trust({"AWS": arn("c")}), *links).role("a", first, assume("b"))
        return found.role("b", second, assume("c")).role("c", third, allow("secretsmanager:GetSecretValue"))

    base = chain()
    del base.resources[1]  # the role a, which trusts the vendor
    (line,) = find_chains(compare(base, chain()))
    assert line.startswith("high: may assume a, which")
    assert "can read secrets" in line


def test_the_rights_of_an_assumed_role_in_a_cluster_count() -> None:
    def with_cluster(*statements: dict[str, Any]) -> Stack:
        found = stack(*statements, trusts=ROOT, may=allow("eks:ListClusters")).entry("admin", "dev", "g")
        return found.bound("g", "dev", [rule(["*"], "*", group="*")])

    (line,) = find_chains(compare(with_cluster(), with_cluster(assume("admin"))))
    assert line.startswith("critical: may assume admin, which can do everything,")


def test_a_role_whose_rights_are_not_known_is_at_least_high() -> None:
    def opaque(*statements: dict[str, Any]) -> Stack:
        found = stack(*statements, trusts=ROOT, may=allow("eks:ListClusters"))
        found.add("aws:iam/rolePolicy:RolePolicy", "secret", {"role": "admin", "policy": "[secret]"})
        return found

    (line,) = find_chains(compare(opaque(), opaque(assume("admin"))))
    assert line.startswith("high: ")


def fleet(size: int, *statements: dict[str, Any]) -> Stack:
    found = Stack()
    for number in range(size):
        found.role(f"r{number}", document(*trust(ROOT)["Statement"]), *statements)
    return found


@pytest.mark.parametrize("size", [50, 100])
def test_the_comparisons_are_linear_in_the_roles(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    compared = 0
    matches = assumable_roles._matches

    def count(pattern: str, role: Any) -> bool:
        nonlocal compared
        compared += 1
        return matches(pattern, role)

    monkeypatch.setattr(assumable_roles, "_matches", count)
    found = compare(fleet(size), fleet(size, assume("*")))
    assert len(find_chains(found, "r0")) == 1
    assert compared <= 2 * size


def test_more_roles_than_can_be_compared_are_reported_as_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assumable_roles, "_MAX_COMPARISONS", 10)
    head = fleet(20, assume("*"))
    head.role("vendor", None, assume("r*"))
    (change,) = [
        change
        for principal in compare(fleet(20), head).principals
        for change in principal.changes
        if principal.names == ("vendor",) and change.direction is Direction.UNKNOWN
    ]
    assert change.where == "which of the roles in the stack it may assume"
