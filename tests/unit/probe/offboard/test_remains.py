"""What counts as left of an integration, and what is another's."""

from datetime import UTC, datetime
from typing import Any

import pytest

from eks_access.integrations import vendors
from eks_access.manifest.models import IntegrationAccess, Manifest
from eks_access_probe.leftovers.cluster_state import Binding, ClusterState, Entry, KubernetesObject, MappedArn
from eks_access_probe.leftovers.findings import build_context, find_leftovers
from eks_access_probe.offboard.remains import find_remains, find_vendor_objects, to_lines
from eks_access_probe.offboard.report import Line, State
from tests.support.manifests import access

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PATTERNS = {"conductorone": vendors()["conductorone"].leftovers}
STACK = "shop/prod"


def integration(vendor: str, **changes: Any) -> IntegrationAccess:
    return IntegrationAccess.model_validate({**access(vendor), **changes})


def manifest(**integrations: IntegrationAccess) -> Manifest:
    return Manifest(
        project="shop",
        environment="prod",
        partition="aws",
        account="111122223333",
        endpoint="aws",
        clusters={"c0": {"name": "prod-0", "region": "us-east-1"}},
        integrations=integrations,
    )


def remains(state: ClusterState, whole: Manifest, name: str = "cado", cluster: str = "prod-0") -> dict[str, Line]:
    context = build_context(whole, "c0", cluster, "us-east-1", PATTERNS, frozenset({name}))
    return {line.key: line for line in find_remains(name, whole.integrations[name], state, context, NOW)}


def states(lines: dict[str, Line]) -> dict[str, State]:
    return {key: line.state for key, line in lines.items()}


CADO = integration("cado")
ARN = CADO.role.arn


def binding(
    name: str = "by-hand",
    users: tuple[str, ...] = (),
    groups: tuple[str, ...] = (),
    service_accounts: tuple[str, ...] = (),
) -> ClusterState:
    return ClusterState(bindings=(Binding("ClusterRoleBinding", name, None, users, groups, service_accounts),))


def test_a_cluster_without_it_is_closed_in_every_respect() -> None:
    lines = remains(ClusterState(), manifest(cado=CADO))
    assert states(lines) == dict.fromkeys(("entry:c0", "mapping:c0", "bindings:c0", "objects:c0"), State.CLOSED)


def test_its_entry_is_left_and_another_roles_is_not() -> None:
    entries = (Entry(ARN, "STANDARD", (), 0), Entry(f"{ARN}-2", "STANDARD", ("g",), 0))
    lines = remains(ClusterState(entries=entries), manifest(cado=CADO))
    assert lines["entry:c0"].state is State.OPEN
    assert lines["entry:c0"].evidence == ARN
    assert states(remains(ClusterState(entries=entries[1:]), manifest(cado=CADO)))["entry:c0"] is State.CLOSED


@pytest.mark.parametrize("written", [ARN, ARN.upper(), ARN.replace(":role/", ":ROLE/")])
def test_a_mapping_is_its_own_whatever_the_case_and_without_its_path(written: str) -> None:
    with_path = ARN.replace(":role/", ":role/vendors/")
    cado = integration("cado", role={**access("cado")["role"], "arn": with_path})
    lines = remains(ClusterState(mappings=(MappedArn("mapRoles", written, "x"),)), manifest(cado=cado))
    assert lines["mapping:c0"].state is State.OPEN
    other = ClusterState(mappings=(MappedArn("mapRoles", f"{ARN}-2", "x"),))
    assert remains(other, manifest(cado=cado))["mapping:c0"].state is State.CLOSED


def test_a_binding_of_its_group_is_left_unless_another_integration_there_has_the_group() -> None:
    group = CADO.identity.groups[0]
    lines = remains(binding(groups=(group,)), manifest(cado=CADO))
    assert lines["bindings:c0"].state is State.OPEN
    assert lines["bindings:c0"].evidence == f"ClusterRoleBinding by-hand for group {group}"
    twin = CADO.model_copy(update={"role": CADO.role.model_copy(update={"arn": f"{ARN}-2"})})
    shared = remains(binding(groups=(group,)), manifest(cado=CADO, cado_two=twin))
    assert shared["bindings:c0"].state is State.CLOSED


@pytest.mark.parametrize(
    ("user", "state"),
    [("cado:jane", State.OPEN), ("cado:", State.OPEN), ("cado", State.CLOSED), ("x-cado:jane", State.CLOSED)],
)
def test_a_binding_of_its_username_is_left_whatever_the_session_is_called(user: str, state: State) -> None:
    assert remains(binding(users=(user,)), manifest(cado=CADO))["bindings:c0"].state is state


def test_a_username_that_is_only_the_sessions_name_is_nobodys_in_particular() -> None:
    apono = integration("apono")
    bare = apono.identity.model_copy(update={"username": "{{SessionName}}"})
    whole = manifest(apono=apono.model_copy(update={"identity": bare}))
    assert remains(binding(users=("jane",)), whole, "apono")["bindings:c0"].state is State.CLOSED


def test_groups_of_kubernetes_itself_are_not_its_own() -> None:
    connector = integration("eks-connector")
    assert "system:serviceaccounts" in connector.identity.groups
    whole = manifest(connector=connector)
    lines = remains(binding(groups=("system:serviceaccounts",)), whole, "connector")
    assert lines["bindings:c0"].state is State.CLOSED
    _, _, namespace, name = connector.identity.username.split(":")
    own = remains(binding(service_accounts=(f"{namespace}/{name}",)), whole, "connector")
    assert own["bindings:c0"].state is State.OPEN


def test_objects_that_were_made_for_it_are_left_and_another_stacks_are_not() -> None:
    def labelled(stack: str) -> ClusterState:
        labels = {"app.kubernetes.io/managed-by": "eks-access", "app.kubernetes.io/instance": "cado"}
        return ClusterState(objects=(KubernetesObject("Role", "r", "web", labels, {"eks-access/stack": stack}),))

    assert remains(labelled(STACK), manifest(cado=CADO))["objects:c0"].evidence == "Role web/r"
    assert remains(labelled("other/prod"), manifest(cado=CADO))["objects:c0"].state is State.CLOSED


def test_an_existing_role_may_come_in_elsewhere_for_something_else_but_not_where_the_integration_was() -> None:
    existing = integration("cado", role={**access("cado")["role"], "existing": True})
    state, whole = ClusterState(entries=(Entry(ARN, "STANDARD", ("g",), 0),)), manifest(cado=existing)
    assert remains(state, whole)["entry:c0"].state is State.OPEN
    assert remains(state, whole, cluster="prod-9")["entry:c0"].state is State.STAYS
    assert remains(state, manifest(cado=CADO), cluster="prod-9")["entry:c0"].state is State.OPEN, "its role is gone"


def conductorone(tier: str = "provision", role: str = "c1") -> IntegrationAccess:
    made = [{"made": each.made, "pattern": each.pattern, "why": each.why} for each in PATTERNS["conductorone"]]
    value = access("conductorone")
    return integration(
        "conductorone",
        role={**value["role"], "arn": f"arn:aws:iam::111122223333:role/{role}"},
        leftovers=made if tier == "provision" else [],
    )


def vendor_objects(whole: Manifest, name: str) -> list[tuple[str, list[str]]]:
    state = ClusterState(
        bindings=(Binding("ClusterRoleBinding", "baton-view-binding", None, ("jane",)),),
        entries=(Entry("arn:aws:iam::111122223333:user/jane", "STANDARD", (), 0),),
        principals={"arn:aws:iam::111122223333:user/jane": "AIDA"},
    )
    context = build_context(whole, "c0", "prod-0", "us-east-1", PATTERNS, frozenset({name}))
    found = find_vendor_objects(find_leftovers(state, context), name, whole.integrations[name], whole)
    return [(each.name, each.may_be_of) for each in found]


def test_what_the_vendor_made_is_found_by_its_patterns() -> None:
    found = vendor_objects(manifest(c1=conductorone()), "c1")
    assert found == [("arn:aws:iam::111122223333:user/jane", []), ("baton-view-binding", [])]
    assert vendor_objects(manifest(c1=conductorone(), cado=CADO), "cado") == [], "not of another vendor"


def test_what_another_integration_of_the_vendor_may_use_is_marked_and_stays() -> None:
    both = manifest(c1=conductorone(), c1b=conductorone(role="c1b"))
    assert {tuple(may_be_of) for _, may_be_of in vendor_objects(both, "c1")} == {("c1b",)}
    reads = manifest(c1=conductorone(), c1b=conductorone("sync", role="c1b"))
    assert {tuple(may_be_of) for _, may_be_of in vendor_objects(reads, "c1")} == {()}, "one that makes nothing"


def test_lines_of_vendor_objects_are_open_only_where_nobody_else_may_use_them() -> None:
    context = build_context(manifest(c1=conductorone()), "c0", "prod-0", "us-east-1", PATTERNS, frozenset({"c1"}))
    findings = find_leftovers(binding("baton-x-binding"), context)
    (own,) = find_vendor_objects(findings, "c1", conductorone(), manifest(c1=conductorone()))
    shared = own.model_copy(update={"may_be_of": ["c1b"]})
    assert [line.state for line in to_lines([own, shared], NOW)] == [State.OPEN, State.STAYS]
