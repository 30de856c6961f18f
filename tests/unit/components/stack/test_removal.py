"""Which resources of a state are an integration's, and what keeps them from being removed on their own."""

from typing import Any

import pytest

from eks_access.stack.removal import RemovalError, find_pending_changes, find_removal

PREFIX = "urn:pulumi:dev::shop::"
STACK = f"{PREFIX}pulumi:pulumi:Stack::shop-dev"
CADO = f"{PREFIX}eks-access:index:Cado::cado"
ROLE = f"{PREFIX}eks-access:index:Cado$aws:iam/role:Role::cado"
ACCESS = f"{PREFIX}eks-access:index:Cado$eks-access:index:ClusterAccess::cado-api"
ENTRY = f"{ACCESS.replace('::cado-api', '')}$aws:eks/accessEntry:AccessEntry::cado-api"
OTHER = f"{PREFIX}eks-access:index:OpenTrace::opentrace"
OTHER_ROLE = f"{PREFIX}eks-access:index:OpenTrace$aws:iam/role:Role::opentrace"


def resource(urn: str, parent: str | None = STACK, **more: Any) -> dict[str, Any]:
    kind = urn.split("::")[2].rpartition("$")[2]
    is_component = kind.startswith("eks-access:index:") or kind == "pulumi:pulumi:Stack"
    own = {"urn": urn, "type": kind, "custom": not is_component, **({} if is_component else {"id": f"id-{urn[-4:]}"})}
    return {**own, **({"parent": parent} if parent else {}), **more}


def state(*more: dict[str, Any], changes: dict[str, dict[str, Any]] | None = None) -> dict[str, Any]:
    resources = [
        resource(STACK, None),
        resource(CADO),
        resource(ROLE, CADO),
        resource(ACCESS, CADO),
        resource(ENTRY, ACCESS, dependencies=[ROLE]),
        resource(OTHER),
        resource(OTHER_ROLE, OTHER),
        *more,
    ]
    return {"deployment": {"resources": [{**each, **(changes or {}).get(each["urn"], {})} for each in resources]}}


def test_an_integration_is_its_component_with_everything_below_it_and_nothing_else() -> None:
    removal = find_removal(state(), "cado")
    assert removal.urns == (CADO, ROLE, ACCESS, ENTRY)
    assert removal.stack == STACK
    assert [each.name for each in removal.resources] == ["cado", "cado", "cado-api", "cado-api"]


def test_children_are_found_in_whatever_order_the_state_has_them() -> None:
    found = state()
    found["deployment"]["resources"].reverse()
    assert set(find_removal(found, "cado").urns) == {CADO, ROLE, ACCESS, ENTRY}


def test_an_integration_that_is_removed_already_has_no_resources() -> None:
    assert find_removal(state(), "apono").resources == ()
    assert find_removal({"deployment": None}, "cado").resources == ()


def test_neither_a_name_that_begins_alike_nor_a_part_of_a_component_is_the_integration() -> None:
    assert find_removal(state(), "cado-api").resources == (), "the access to a cluster is a part of cado"
    longer = f"{PREFIX}eks-access:index:Cado::cado-two"
    assert longer not in find_removal(state(resource(longer)), "cado").urns


def test_a_component_beneath_the_users_own_is_found() -> None:
    own = f"{PREFIX}acme:index:Platform::platform"
    found = state({**resource(own), "custom": False}, changes={CADO: {"parent": own}})
    assert find_removal(found, "cado").urns == (CADO, ROLE, ACCESS, ENTRY)


@pytest.mark.parametrize(
    "reference",
    [
        {"dependencies": [ROLE]},
        {"propertyDependencies": {"arn": [ROLE]}},
        {"deletedWith": ROLE},
        {"provider": f"{ROLE}::some-id"},
    ],
    ids=lambda reference: next(iter(reference)),
)
def test_what_depends_on_it_from_outside_is_found(reference: dict[str, Any]) -> None:
    assert find_removal(state(changes={OTHER_ROLE: reference}), "cado").dependents == (f"{OTHER_ROLE} on {ROLE}",)
    elsewhere = {key: str(value).replace(ROLE, OTHER) for key, value in reference.items() if isinstance(value, str)}
    assert find_removal(state(changes={OTHER_ROLE: elsewhere}), "cado").dependents == (), "the twin on another"


def test_the_stack_itself_may_refer_to_it_by_its_outputs() -> None:
    assert find_removal(state(changes={STACK: {"dependencies": [CADO]}}), "cado").dependents == ()


def test_a_protected_resource_stops_the_removal() -> None:
    with pytest.raises(RemovalError, match=r"are protected: .*Role::cado"):
        find_removal(state(changes={ROLE: {"protect": True}}), "cado")
    assert find_removal(state(changes={OTHER_ROLE: {"protect": True}}), "cado").resources


def test_two_components_of_the_name_are_not_guessed_at() -> None:
    other = f"{PREFIX}eks-access:index:OpenTrace::cado"
    with pytest.raises(RemovalError, match="several components 'cado'"):
        find_removal(state(resource(other)), "cado")


def test_a_creation_that_was_interrupted_is_to_be_resumed_first() -> None:
    pending = {"type": "creating", "resource": {**resource(ENTRY, ACCESS), "inputs": {}}}
    found = state()
    found["deployment"]["pending_operations"] = [pending]
    with pytest.raises(RemovalError, match="eks-access resume"):
        find_removal(found, "cado")
    assert find_removal(found, "opentrace").resources, "another integration's creation is none of its business"


def test_a_deletion_that_was_interrupted_is_made_again() -> None:
    found = state()
    found["deployment"]["pending_operations"] = [{"type": "deleting", "resource": resource(ENTRY, ACCESS)}]
    assert ENTRY in find_removal(found, "cado").urns


@pytest.mark.parametrize("option", ["retainOnDelete", "external"])
def test_what_only_the_state_forgets_is_marked(option: str) -> None:
    removal = find_removal(state(changes={ROLE: {option: True}}), "cado")
    assert [each.urn for each in removal.resources if each.is_kept] == [ROLE]


def test_pending_changes_are_all_operations_but_same_and_those_of_the_integration() -> None:
    preview = {
        "steps": [{"op": "same", "urn": OTHER}, {"op": "update", "urn": OTHER_ROLE}, {"op": "delete", "urn": CADO}]
    }
    assert find_pending_changes(preview, [CADO]) == [("update", OTHER_ROLE)]
    assert find_pending_changes(preview) == [("update", OTHER_ROLE), ("delete", CADO)]


def test_a_preview_without_steps_is_not_one_without_changes() -> None:
    with pytest.raises(RemovalError, match="what is pending is not known"):
        find_pending_changes({"diagnostics": []})
