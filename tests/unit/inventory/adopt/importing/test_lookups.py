"""Objects by name and connected clusters: what is taken over, how, and what is left to its owner."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from eks_access.connector.registration import Registration
from eks_access.model.found import FoundAccess, FoundObject, FoundRole, Maker, Origin
from eks_access.model.rbac import STACK
from eks_access_inventory.adopt.importing.existing import Answer, ClusterKey, Match, Place
from eks_access_inventory.adopt.importing.lookups import Lookups, ObjectKey, find_origin, identify_planned
from eks_access_inventory.adopt.importing.steps import Planned, Step

ROLE_ARN = "arn:aws:iam::111122223333:role/AmazonEKSConnectorAgentRole"
PLACE = Place(
    FoundAccess("eks-connector", ROLE_ARN, FoundRole(ROLE_ARN, "AROA1", {})),
    {"onprem": ClusterKey("onprem", "lab", "eu-west-1")},
)
REGISTERED = Registration(
    "lab", "arn", "ACTIVE", ROLE_ARN, "RANCHER", "activation-1", datetime(2026, 11, 30, tzinfo=UTC), {}
)
MANAGED = Origin(Maker.HELM, "label app.kubernetes.io/managed-by: Helm", is_managed=True)


def planned(resource_type: str, op: str = "create", **inputs: Any) -> Planned:
    state = {"type": resource_type, "custom": True, "inputs": inputs}
    return Planned(Step(op, f"urn:pulumi:dev::p::{resource_type}::x", {}, state), "onprem")


def official(api_version: str, kind: str, name: str = "agent", namespace: str | None = "ns", **inputs: Any) -> Planned:
    metadata = {"name": name, "namespace": namespace, "annotations": {STACK: "p/dev"}}
    module = f"kubernetes:{'core/' if '/' not in api_version else ''}{api_version}:{kind}"
    return planned(module, apiVersion=api_version, kind=kind, metadata=metadata, **inputs)


REGISTRATION = planned(
    "eks-access:index:ConnectorRegistration", name="lab", clusterProvider="RANCHER", region="eu-west-1", tags={}
)


def found(origin: Origin = Origin(), **body: Any) -> FoundObject:  # noqa: B008, it is immutable
    return FoundObject("lab", "eu-west-1", "any", "agent", "ns", body, origin=origin)


def look_up(each: Planned, there: FoundObject | str | None) -> Match:
    key = identify_planned(each)
    assert key is not None
    match = Lookups({key: there}).find(each, PLACE)
    assert match is not None
    return match


@pytest.mark.parametrize(
    ("api_version", "kind", "namespace", "path"),
    [
        ("v1", "Namespace", "", "/api/v1/namespaces/agent"),
        ("v1", "Secret", "ns", "/api/v1/namespaces/ns/secrets/agent"),
        ("apps/v1", "StatefulSet", "ns", "/apis/apps/v1/namespaces/ns/statefulsets/agent"),
        (
            "networking.k8s.io/v1",
            "NetworkPolicy",
            "ns",
            "/apis/networking.k8s.io/v1/namespaces/ns/networkpolicies/agent",
        ),
        ("networking.k8s.io/v1", "IngressClass", "", "/apis/networking.k8s.io/v1/ingressclasses/agent"),
    ],
)
def test_an_object_is_asked_for_where_the_api_server_has_it(
    api_version: str, kind: str, namespace: str, path: str
) -> None:
    assert ObjectKey("onprem", api_version, kind, namespace, "agent").path == path


def test_an_object_of_the_official_provider_is_taken_over_without_an_import() -> None:
    each = official("apps/v1", "StatefulSet")
    match = look_up(each, found(spec={"replicas": 2}))
    assert (match.answer, match.id, match.body) == (Answer.IN_PLACE, "", {"spec": {"replicas": 2}})
    assert look_up(each, None).answer is Answer.ABSENT


def test_an_object_of_this_packages_own_is_imported_by_its_context() -> None:
    account = planned("eks-access:index:ServiceAccount", metadata={"name": "agent", "namespace": "ns"})
    assert look_up(account, found()) == Match(Answer.EXISTS, "onprem//ns/agent")


def test_what_could_not_be_read_is_not_taken_for_absent() -> None:
    each = official("v1", "ConfigMap")
    match = look_up(each, "the API server responded with 403")
    assert match.answer is Answer.NOT_LOOKED_FOR
    assert "403" in match.why
    unasked = Lookups().find(each, PLACE)
    assert unasked is not None
    assert unasked.answer is Answer.NOT_LOOKED_FOR


def test_what_another_program_manages_is_kept_by_it() -> None:
    match = look_up(official("v1", "ConfigMap"), found(MANAGED))
    assert match.answer is Answer.KEPT_BY_OTHERS
    assert "Helm manages it" in match.why
    assert "`pulumi up` would overwrite it" in match.advice


def test_what_this_stack_wrote_in_a_deployment_that_was_interrupted_is_its_own() -> None:
    by_stack = {"metadata": {"annotations": {STACK: "p/dev"}}}
    mine = found(find_origin(by_stack, Origin()), **by_stack)
    assert look_up(official("v1", "ConfigMap"), mine).answer is Answer.IN_PLACE
    by_other = {"metadata": {"annotations": {STACK: "p/prod"}}}
    theirs = found(find_origin(by_other, Origin()), **by_other)
    match = look_up(official("v1", "ConfigMap"), theirs)
    assert match.answer is Answer.KEPT_BY_OTHERS
    assert "p/prod" in match.why


def test_other_types_are_not_looked_up() -> None:
    assert Lookups().find(planned("aws:iam/role:Role", name="x"), PLACE) is None


# The registration


def register(there: Registration | str | None, *objects: tuple[ObjectKey, FoundObject]) -> Match:
    match = Lookups(dict(objects), {"onprem": there}).find(REGISTRATION, PLACE)
    assert match is not None
    return match


def test_a_connected_registration_is_imported_by_region_and_name() -> None:
    assert register(REGISTERED) == Match(Answer.EXISTS, "eu-west-1/lab")
    assert register(None).answer is Answer.ABSENT
    assert register("AccessDenied").answer is Answer.NOT_LOOKED_FOR


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"provider": "GKE"}, "registered with the provider GKE"),
        ({"role_arn": "arn:aws:iam::111122223333:role/Other"}, "registered with the role arn:aws:iam"),
        ({"status": "PENDING"}, "not connected (its status is PENDING)"),
        ({"tags": {STACK: "p/prod"}}, "a connected cluster of stack p/prod"),
    ],
)
def test_a_registration_that_would_have_to_be_made_again_is_not_taken_over(changes: dict[str, Any], why: str) -> None:
    match = register(replace(REGISTERED, **changes))
    assert match.answer is Answer.KEPT_BY_OTHERS
    assert why in match.why
    assert match.advice


def test_a_connector_of_another_activation_is_not_taken_over() -> None:
    def agent(activation: str) -> tuple[ObjectKey, FoundObject]:
        env = [{"name": "EKS_ACTIVATION_ID", "value": activation}]
        spec = {"template": {"spec": {"initContainers": [{"name": "connector-init", "env": env}]}}}
        return ObjectKey("onprem", "apps/v1", "StatefulSet", "eks-connector", "eks-connector"), found(spec=spec)

    assert register(REGISTERED, agent("activation-1")).answer is Answer.EXISTS
    match = register(REGISTERED, agent("activation-0"))
    assert match.answer is Answer.KEPT_BY_OTHERS
    assert "activation-0" in match.why
