from typing import Any

import pytest

from eks_access.integrations import vendors
from eks_access.manifest.models import IntegrationAccess, Manifest
from eks_access.model.leftovers import LeftoverPattern
from eks_access_probe.leftovers.cluster_state import (
    Binding,
    ClusterState,
    Entry,
    KubernetesObject,
    MappedArn,
    Registration,
)
from eks_access_probe.leftovers.findings import Finding, build_context, find_leftovers, find_registrations
from tests.support.manifests import access

ACCOUNT = "arn:aws:iam::111122223333"
OURS = {"app.kubernetes.io/managed-by": "eks-access"}
MADE = {
    "conductorone": vendors()["conductorone"].leftovers,
    "apono": (LeftoverPattern("binding-of-user", "apono:*", "Apono made it when access was approved"),),
}


def manifest(*names: str) -> Manifest:
    return Manifest(
        project="eks-access",
        environment="prod",
        partition="aws",
        account="111122223333",
        endpoint="aws",
        integrations={name: IntegrationAccess.model_validate(access(name)) for name in names},
    )


def found(seen: ClusterState, *deployed: str, gone: frozenset[str] = frozenset()) -> list[Finding]:
    return find_leftovers(seen, build_context(manifest(*deployed), "c0", "prod-0", "us-east-1", MADE, gone))


def names(seen: ClusterState, *deployed: str, **options: Any) -> list[str]:
    return [finding.name for finding in found(seen, *deployed, **options)]


def entry(arn: str, type: str = "STANDARD", groups: tuple[str, ...] = ("g",), policies: int = 0) -> Entry:
    return Entry(arn, type, groups, policies)


def labelled(instance: str | None, vendor: str = "cado", stack: str = "eks-access/prod") -> KubernetesObject:
    named = {"app.kubernetes.io/instance": instance} if instance else {}
    labels = {**OURS, "app.kubernetes.io/part-of": vendor, **named}
    return KubernetesObject("ClusterRole", "cado-list", None, labels, {"eks-access/stack": stack})


def test_an_object_is_a_leftover_once_its_integration_is_gone() -> None:
    seen = ClusterState(objects=(labelled("cado"),))
    assert names(seen, "cado") == []
    (finding,) = found(seen, "opentrace")
    assert (finding.kind, finding.name, finding.belongs_to) == ("ClusterRole", "cado-list", "cado")
    assert finding.remove == "kubectl delete clusterrole -- cado-list"
    assert names(seen, "cado", gone=frozenset({"cado"})) == ["cado-list"], "taken for off-boarded"


def test_an_object_without_an_integration_label_is_matched_by_vendor() -> None:
    seen = ClusterState(objects=(labelled(None),))
    assert names(seen, "cado") == []
    assert names(seen, "opentrace") == ["cado-list"]


def test_objects_of_other_stacks_and_tools_are_not_leftovers() -> None:
    foreign = KubernetesObject("ClusterRole", "theirs", None, {"app.kubernetes.io/managed-by": "Helm"})
    assert names(ClusterState(objects=(labelled("cado", stack="eks-access/staging"), foreign))) == []
    assert names(ClusterState(objects=(labelled("cado", stack=""),))) == ["cado-list"], (
        "of an older version: not marked"
    )


def test_an_access_entry_is_a_leftover_if_its_principal_is_gone() -> None:
    gone, there = f"{ACCOUNT}:role/gone", f"{ACCOUNT}:role/there"
    seen = ClusterState(entries=(entry(gone), entry(there)), principals={gone: None, there: "AROA1"})
    (finding,) = found(seen)
    assert finding.name == gone
    assert "no longer exists" in finding.why
    assert finding.remove.endswith(f"--cluster-name=prod-0 --principal-arn={gone}")


def test_a_principal_that_cannot_be_looked_up_is_not_a_finding() -> None:
    assert names(ClusterState(entries=(entry("arn:aws:iam::999900001111:role/x"),))) == []
    assert names(ClusterState(mappings=(MappedArn("mapRoles", "arn:aws:iam::999900001111:role/x", "x"),))) == []


def test_an_access_entry_of_a_recreated_role_is_a_leftover() -> None:
    arn = f"{ACCOUNT}:role/x"
    tags = {"eks-access:role-id": "AROA1", "eks-access/stack": "other/prod"}
    same = Entry(arn, "STANDARD", ("g",), 0, tags)
    assert names(ClusterState(entries=(same,), principals={arn: "AROA1"})) == [], "another stack's, and alive"
    (finding,) = found(ClusterState(entries=(same,), principals={arn: "AROA2"}))
    assert "created again" in finding.why


def test_access_entries_of_deployed_integrations_are_not_leftovers() -> None:
    arn = f"{ACCOUNT}:role/eks-access-cado"
    own = Entry(arn, "STANDARD", ("g",), 0, {"eks-access:role-id": "AROA1", "eks-access/stack": "eks-access/prod"})
    seen = ClusterState(entries=(own,), principals={arn: None})
    assert names(seen, "cado") == [], "`pulumi up --refresh` repairs it, and the probe finds it"
    assert names(seen, "opentrace") == [arn]


def test_an_access_entry_of_the_stack_is_a_leftover_once_its_integration_is_gone() -> None:
    arn = f"{ACCOUNT}:role/eks-access-cado"
    own = Entry(arn, "STANDARD", ("g",), 0, {"eks-access:role-id": "AROA1", "eks-access/stack": "eks-access/prod"})
    (finding,) = found(ClusterState(entries=(own,), principals={arn: "AROA1"}))
    assert finding.belongs_to == "eks-access"


def test_a_mapping_of_a_deleted_role_is_a_leftover() -> None:
    gone, there = f"{ACCOUNT}:role/gone", f"{ACCOUNT}:role/there"
    mappings = (MappedArn("mapRoles", gone, "someone"), MappedArn("mapRoles", there, "other"))
    (finding,) = found(ClusterState(mappings=mappings, principals={gone: None, there: "AROA1"}))
    assert (finding.kind, finding.name) == ("aws-auth mapping", gone)
    assert "user 'someone'" in finding.remove


@pytest.mark.parametrize(
    ("binding", "vendor"),
    [
        (Binding("ClusterRoleBinding", "baton-view-binding", None, ()), "conductorone"),
        (Binding("RoleBinding", "baton-view-web-binding", "web", ()), "conductorone"),
        (Binding("RoleBinding", "anything", "web", ("jane", "apono:jane-x.io")), "apono"),
        (Binding("RoleBinding", "baton", "web", ("jane",)), None),
        (Binding("ClusterRoleBinding", "my-baton-view-binding", None, ()), None),
    ],
)
def test_vendor_created_bindings_are_matched_by_pattern(binding: Binding, vendor: str | None) -> None:
    findings = found(ClusterState(bindings=(binding,)))
    assert [finding.belongs_to for finding in findings] == ([vendor] if vendor else [])


def test_a_finding_of_a_deployed_vendor_warns_that_it_may_be_in_use() -> None:
    seen = ClusterState(bindings=(Binding("ClusterRoleBinding", "baton-view-binding", None, ()),))
    assert "still deployed here and may be using it" in found(seen, "conductorone")[0].why
    assert "still deployed" not in found(seen)[0].why


@pytest.mark.parametrize(
    ("left", "there"),
    [
        (entry(f"{ACCOUNT}:user/jane", groups=()), True),
        (entry(f"{ACCOUNT}:user/jane", groups=("developers",)), False),
        (entry(f"{ACCOUNT}:user/jane", groups=(), policies=1), False),
        (entry(f"{ACCOUNT}:role/jane", groups=()), False),
        (entry(f"{ACCOUNT}:role/node", "EC2_LINUX", groups=()), False),
    ],
)
def test_only_an_empty_access_entry_of_a_user_is_attributed_to_conductorone(left: Entry, there: bool) -> None:
    seen = ClusterState(entries=(left,), principals={left.principal_arn: "AIDA1"})
    assert [finding.belongs_to for finding in found(seen)] == (["conductorone"] if there else [])


def connected(name: str, endpoint: str) -> Manifest:
    """The manifest with the integration `conn` over one cluster outside of EKS."""
    cluster = {"name": name, "method": "eks-connector", "authenticationMode": None, "endpoint": endpoint}
    known = access("eks-connector")
    known["clusters"] = {"onprem": {**known["clusters"]["c0"], **cluster}}
    with_it = {**manifest("cado").integrations, "conn": IntegrationAccess.model_validate(known)}
    return manifest().model_copy(update={"integrations": with_it})


def test_a_cluster_registered_under_another_name_is_matched_by_endpoint() -> None:
    (own,) = manifest("cado").integrations["cado"].clusters.values()
    seen = ClusterState(objects=(labelled("conn", "eks-connector"),))

    def left(endpoint: str) -> list[Finding]:
        return find_leftovers(
            seen, build_context(connected("other", endpoint), "c0", "prod-0", "us-east-1", MADE, frozenset())
        )

    assert left(own.endpoint) == []
    assert [finding.name for finding in left("https://elsewhere")] == ["cado-list"]


def test_a_registration_of_this_stack_is_a_leftover_once_undeclared() -> None:
    def left(name: str, stack: str, gone: frozenset[str] = frozenset()) -> list[str]:
        seen = [Registration(name, "us-east-1", {"eks-access/stack": stack})]
        return [finding.remove for finding in find_registrations(seen, connected("onprem", "https://there"), gone)]

    assert left("onprem", "eks-access/prod") == []
    assert left("onprem", "eks-access/prod", frozenset({"conn"})) == [
        "aws eks deregister-cluster --region=us-east-1 --name=onprem"
    ]
    assert left("old", "eks-access/prod")
    assert left("old", "eks-access/other") == [], "another stack's"
