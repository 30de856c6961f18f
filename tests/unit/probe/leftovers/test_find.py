from typing import Any

import pytest

from eks_access.integrations import vendors
from eks_access.manifest.models import IntegrationAccess, Manifest
from eks_access.model.leftovers import LeftoverPattern
from eks_access_probe.leftovers.find import Finding, here, leftovers, registrations
from eks_access_probe.leftovers.seen import Binding, Entry, KubernetesObject, MappedArn, Registration, Seen
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


def found(seen: Seen, *deployed: str, gone: frozenset[str] = frozenset()) -> list[Finding]:
    return leftovers(seen, here(manifest(*deployed), "c0", "prod-0", "us-east-1", MADE, gone))


def names(seen: Seen, *deployed: str, **options: Any) -> list[str]:
    return [finding.name for finding in found(seen, *deployed, **options)]


def entry(arn: str, type: str = "STANDARD", groups: tuple[str, ...] = ("g",), policies: int = 0) -> Entry:
    return Entry(arn, type, groups, policies)


def labelled(instance: str | None, vendor: str = "cado", stack: str = "eks-access/prod") -> KubernetesObject:
    named = {"app.kubernetes.io/instance": instance} if instance else {}
    labels = {**OURS, "app.kubernetes.io/part-of": vendor, **named}
    return KubernetesObject("ClusterRole", "cado-list", None, labels, {"eks-access/stack": stack})


def test_an_object_is_left_over_when_its_integration_is_gone_and_not_before() -> None:
    seen = Seen(objects=(labelled("cado"),))
    assert names(seen, "cado") == []
    (finding,) = found(seen, "opentrace")
    assert (finding.kind, finding.name, finding.belongs_to) == ("ClusterRole", "cado-list", "cado")
    assert finding.remove == "kubectl delete clusterrole cado-list"
    assert names(seen, "cado", gone=frozenset({"cado"})) == ["cado-list"], "taken for off-boarded"


def test_an_object_without_its_integrations_name_is_judged_by_its_vendor() -> None:
    seen = Seen(objects=(labelled(None),))
    assert names(seen, "cado") == []
    assert names(seen, "opentrace") == ["cado-list"]


def test_what_another_stack_made_or_nobody_of_ours_is_let_be() -> None:
    foreign = KubernetesObject("ClusterRole", "theirs", None, {"app.kubernetes.io/managed-by": "Helm"})
    assert names(Seen(objects=(labelled("cado", stack="eks-access/staging"), foreign))) == []
    assert names(Seen(objects=(labelled("cado", stack=""),))) == ["cado-list"], "of an older version: not marked"


def test_an_entry_of_a_principal_that_is_gone_is_left_over_and_that_of_one_that_is_there_is_not() -> None:
    gone, there = f"{ACCOUNT}:role/gone", f"{ACCOUNT}:role/there"
    seen = Seen(entries=(entry(gone), entry(there)), principals={gone: None, there: "AROA1"})
    (finding,) = found(seen)
    assert finding.name == gone
    assert "no longer exists" in finding.why
    assert finding.remove.endswith(f"--cluster-name prod-0 --principal-arn {gone}")


def test_a_principal_that_could_not_be_judged_is_not_accused() -> None:
    assert names(Seen(entries=(entry("arn:aws:iam::999900001111:role/x"),))) == []
    assert names(Seen(mappings=(MappedArn("mapRoles", "arn:aws:iam::999900001111:role/x", "x"),))) == []


def test_an_entry_of_a_role_that_was_made_anew_is_dead_and_that_of_the_same_role_is_not() -> None:
    arn = f"{ACCOUNT}:role/x"
    tags = {"eks-access:role-id": "AROA1", "eks-access/stack": "other/prod"}
    same = Entry(arn, "STANDARD", ("g",), 0, tags)
    assert names(Seen(entries=(same,), principals={arn: "AROA1"})) == [], "another stack's, and alive"
    (finding,) = found(Seen(entries=(same,), principals={arn: "AROA2"}))
    assert "made anew" in finding.why


def test_the_stacks_own_entries_are_its_own_matter() -> None:
    arn = f"{ACCOUNT}:role/eks-access-cado"
    own = Entry(arn, "STANDARD", ("g",), 0, {"eks-access:role-id": "AROA1", "eks-access/stack": "eks-access/prod"})
    seen = Seen(entries=(own,), principals={arn: None})
    assert names(seen, "cado") == [], "`pulumi up --refresh` repairs it, and the probe finds it"
    assert names(seen, "opentrace") == [arn]


def test_an_entry_of_this_stacks_is_left_over_when_its_integration_is_gone() -> None:
    arn = f"{ACCOUNT}:role/eks-access-cado"
    own = Entry(arn, "STANDARD", ("g",), 0, {"eks-access:role-id": "AROA1", "eks-access/stack": "eks-access/prod"})
    (finding,) = found(Seen(entries=(own,), principals={arn: "AROA1"}))
    assert finding.belongs_to == "eks-access"


def test_a_mapping_of_a_role_that_is_gone_is_left_over_but_not_the_stacks_own() -> None:
    gone, there = f"{ACCOUNT}:role/gone", f"{ACCOUNT}:role/there"
    mappings = (MappedArn("mapRoles", gone, "someone"), MappedArn("mapRoles", there, "other"))
    (finding,) = found(Seen(mappings=mappings, principals={gone: None, there: "AROA1"}))
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
def test_what_a_vendor_made_is_known_by_its_pattern(binding: Binding, vendor: str | None) -> None:
    findings = found(Seen(bindings=(binding,)))
    assert [finding.belongs_to for finding in findings] == ([vendor] if vendor else [])


def test_what_a_vendor_made_is_told_with_care_while_the_vendor_is_deployed() -> None:
    seen = Seen(bindings=(Binding("ClusterRoleBinding", "baton-view-binding", None, ()),))
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
def test_only_an_empty_entry_of_a_user_is_taken_for_conductorones(left: Entry, there: bool) -> None:
    seen = Seen(entries=(left,), principals={left.principal_arn: "AIDA1"})
    assert [finding.belongs_to for finding in found(seen)] == (["conductorone"] if there else [])


def connected(name: str, endpoint: str) -> Manifest:
    """The manifest with the integration `conn` over one cluster outside of EKS."""
    cluster = {"name": name, "method": "eks-connector", "authenticationMode": None, "endpoint": endpoint}
    known = access("eks-connector")
    known["clusters"] = {"onprem": {**known["clusters"]["c0"], **cluster}}
    with_it = {**manifest("cado").integrations, "conn": IntegrationAccess.model_validate(known)}
    return manifest().model_copy(update={"integrations": with_it})


def test_a_cluster_that_is_registered_under_another_name_has_that_registrations_integration() -> None:
    (own,) = manifest("cado").integrations["cado"].clusters.values()
    seen = Seen(objects=(labelled("conn", "eks-connector"),))

    def left(endpoint: str) -> list[Finding]:
        return leftovers(seen, here(connected("other", endpoint), "c0", "prod-0", "us-east-1", MADE, frozenset()))

    assert left(own.endpoint) == []
    assert [finding.name for finding in left("https://elsewhere")] == ["cado-list"]


def test_a_registration_is_left_over_when_this_stack_made_it_and_has_it_no_more() -> None:
    def left(name: str, stack: str, gone: frozenset[str] = frozenset()) -> list[str]:
        seen = [Registration(name, "us-east-1", {"eks-access/stack": stack})]
        return [finding.remove for finding in registrations(seen, connected("onprem", "https://there"), gone)]

    assert left("onprem", "eks-access/prod") == []
    assert left("onprem", "eks-access/prod", frozenset({"conn"})) == [
        "aws eks deregister-cluster --region us-east-1 --name onprem"
    ]
    assert left("old", "eks-access/prod")
    assert left("old", "eks-access/other") == [], "another stack's"
