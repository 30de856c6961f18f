"""Everyone with a role gains what the role gains, although the bindings that give it are not in the stack."""

from typing import Any

from eks_access_policies.review.change import Direction, Review
from eks_access_policies.review.sentences import summarize
from tests.support.review_stacks import UNKNOWN, Rules, Stack, compare, lines, rule

RBAC = "kubernetes:rbac.authorization.k8s.io/v1:"
TO_VIEW = {"rbac.authorization.k8s.io/aggregate-to-view": "true"}
PODS, SECRETS = rule(["get"], "pods"), rule(["get"], "secrets")
READS_SECRETS = "can read every Secret: other systems' passwords, keys and tokens"


def cluster_role(rules: Rules, labels: Any = None, name: str = "r", kind: str = "ClusterRole", **more: Any) -> Stack:
    stack = Stack()
    stack.add(f"{RBAC}{kind}", name, {"metadata": {"name": name, "labels": labels or {}, **more}, "rules": rules})
    return stack


def bind(stack: Stack, role: str, kind: str = "ClusterRoleBinding") -> Stack:
    body = {"roleRef": {"kind": "ClusterRole", "name": role}, "subjects": [{"kind": "Group", "name": "g"}]}
    stack.add(f"{RBAC}{kind}", "b", {"metadata": {"name": "b"}, **body})
    return stack


def names(review: Review) -> list[str]:
    return [name for principal in review.principals for name in principal.names]


def test_everyone_with_a_role_that_nothing_here_binds_gains_what_it_gains() -> None:
    found = compare(cluster_role([PODS]), cluster_role([PODS, SECRETS]))
    assert names(found) == ["everyone with ClusterRole r"]
    assert READS_SECRETS in lines(found)[0]
    assert names(compare(cluster_role([PODS]), cluster_role([PODS]))) == []


def test_holders_in_the_stack_are_reported_instead() -> None:
    found = compare(bind(cluster_role([PODS]), "r"), bind(cluster_role([PODS, SECRETS]), "r"))
    assert names(found) == ["group g"]


def test_a_binding_that_goes_is_no_gain_of_everyone() -> None:
    found = compare(bind(cluster_role([SECRETS]), "r"), cluster_role([SECRETS]))
    assert [change.direction for _, change in found.changes] == [Direction.LOST]


def test_a_label_that_widens_view_is_a_gain_of_everyone_with_view() -> None:
    found = compare(Stack(), cluster_role([SECRETS], TO_VIEW))
    assert names(found) == ["everyone with ClusterRole view"], "edit and admin read Secrets anyway"
    widgets = rule(["get"], "widgets", group="example.com")
    found = compare(Stack(), cluster_role([widgets], TO_VIEW))
    assert names(found) == [f"everyone with ClusterRole {name}" for name in ("admin", "edit", "view")]


def test_a_label_for_roles_that_are_elsewhere_is_a_gain_of_those_who_have_these() -> None:
    label = {"example.com/aggregate-to-operators": "true"}
    found = compare(bind(cluster_role([SECRETS]), "r"), bind(cluster_role([SECRETS], label), "r"))
    assert names(found) == ["everyone with a role that aggregates example.com/aggregate-to-operators=true"]
    found = compare(bind(cluster_role([SECRETS]), "r"), bind(cluster_role([SECRETS], {"app": "x"}), "r"))
    assert names(found) == []


def test_a_binding_to_a_role_that_is_elsewhere_is_unknown_once() -> None:
    found = compare(Stack(), bind(Stack(), "foreign"))
    assert [change.direction for _, change in found.changes] == [Direction.UNKNOWN]
    assert "decided elsewhere" in lines(found)[0]
    assert compare(bind(Stack(), "foreign"), bind(Stack(), "foreign")).changes == []
    found = compare(bind(Stack(), "foreign"), Stack())
    assert [change.direction for _, change in found.changes] == [Direction.LOST]


def test_a_patch_of_what_is_elsewhere_is_unknown() -> None:
    for kind in ("ClusterRolePatch", "ClusterRoleBindingPatch"):
        found = compare(Stack(), cluster_role([], {"a": "b"}, kind=kind))
        assert [change.direction for _, change in found.changes] == [Direction.UNKNOWN], kind
    found = compare(Stack(), cluster_role([], {"a": "b"}, name="cluster-admin", kind="ClusterRolePatch"))
    assert found.changes == [], "what it patches is known, and no rule is added"


def test_an_object_that_may_exist_already_is_a_patch() -> None:
    forced = cluster_role([], annotations={"pulumi.com/patchForce": "true"})
    assert compare(Stack(), forced).has_unknown
    assert not compare(Stack(), cluster_role([])).has_unknown


def test_unknown_labels_are_reported() -> None:
    found = compare(cluster_role([PODS]), cluster_role([PODS], {"team": UNKNOWN}))
    assert any("its labels are not known" in line for line in lines(found))


def test_many_members_of_one_group_are_one_principal_with_all_names() -> None:
    def members(count: int) -> Stack:
        stack = bind(cluster_role([SECRETS]), "r")
        for number in range(count):
            stack.entry(f"r{number}", "dev", "g")
        return stack

    found = compare(Stack(), members(30))
    assert (len(found.principals), len(names(found))) == (1, 30)
    assert summarize(found).startswith("30 principals gain access.")
    assert len(compare(Stack(), members(3)).principals) == 3
