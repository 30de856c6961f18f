"""Whose name a username is: its principal's own, one that the caller chooses, a component's, or another principal's."""

import pytest

from eks_access_policies.access import Access
from eks_access_policies.access.names import Usernames, find_reserved_prefix
from tests.support.policies.resources import ResourceSpec, entry, mapping, role, stack


def problem(username: str, *others: ResourceSpec, method: str = "mapping") -> str:
    """Why the username of the role `vendor` is not its own; empty if it is."""
    made = entry("it", "vendor", userName=username) if method == "entry" else mapping("it", "vendor", username)
    access = Access(stack([role("vendor"), *others, made]))
    own = next(each for each in access.entries if each.principal.name == "vendor")
    return str(Usernames(access.entries).find_problem(own) or "")


@pytest.mark.parametrize("method", ["mapping", "entry"])
@pytest.mark.parametrize(
    "username", ["vendor", "vendor:{{SessionName}}", "{{AccountID}}:{{SessionName}}", "kubecost", "{{AccessKeyID}}"]
)
def test_a_username_of_ones_own_is_no_problem(username: str, method: str) -> None:
    assert problem(username, method=method) == ""


@pytest.mark.parametrize(
    ("username", "words"),
    [
        ("{{SessionName}}", "no prefix with a colon"),
        ("{{SessionNameRaw}}", "no prefix with a colon"),
        ("vendor-{{SessionName}}", "no prefix with a colon"),
        ("{{SessionName}}:vendor", "no prefix with a colon"),
        ("system:serviceaccount:kube-system:default", "reserved"),
        ("eks:addon-manager", "reserved"),
        ("kubernetes-admin", "component"),
        ("kube-apiserver", "component"),
        ("kubelet", "component"),
        ("arn:aws:iam::111122223333:role/other", "ARN of another principal"),
    ],
)
def test_a_username_that_is_not_ones_own_is_a_problem(username: str, words: str) -> None:
    assert words in problem(username)


def test_the_own_arn_is_ones_own_in_every_form() -> None:
    assert problem("arn:aws:iam::111122223333:role/vendor") == ""
    assert problem("arn:aws:iam::111122223333:role/path/Vendor") == ""
    assert problem("arn:aws:sts::111122223333:assumed-role/vendor/{{SessionName}}", method="entry") == ""


def test_a_username_of_two_principals_is_shared_and_of_two_entries_of_one_is_not() -> None:
    assert "role arn:aws:iam::111122223333:role/boss" in problem("x", role("boss"), mapping("b", "boss", "x"))
    assert problem("x", mapping("b", "vendor", "x")) == ""
    assert problem("x", role("boss"), mapping("b", "boss", "y")) == ""


def test_a_fixed_username_may_be_a_session_of_another_principal() -> None:
    boss = [role("boss"), mapping("b", "boss", "boss:{{SessionName}}")]
    assert "another principal's username" in problem("boss:ci", *boss)
    assert problem("vendor:ci", *boss) == ""
    assert "ARN of another" in problem("arn:aws:sts::111122223333:assumed-role/boss/ci", *boss)


def test_the_same_username_in_another_cluster_is_not_shared_and_in_an_unknown_one_may_be() -> None:
    def of_boss(**where: object) -> list[ResourceSpec]:
        made = mapping("b", "boss", "x")
        return [role("boss"), ResourceSpec(made.type, made.name, {**made.properties, **where}, made.links)]

    assert problem("x", *of_boss(clusterName="another")) == ""
    assert "another principal's username" in problem("x", *of_boss(clusterName=None))


def test_reserved_prefixes_are_those_of_eks_and_no_others() -> None:
    assert find_reserved_prefix("aws:x") == "aws:"
    assert find_reserved_prefix("awesome:x") is None
