"""Which rights are asked about beyond a description, and which it accounts for."""

from typing import Any

import pytest

from eks_access.manifest.models import IntegrationAccess
from eks_access.model.kubernetes_rights import Request
from eks_access_probe.checks.declared_rights import find_undeclared_rights
from eks_access_probe.checks.declared_rights import is_declared as is_right_declared
from tests.support.world import access, kubernetes_call

LIST_PODS = Request("list", "", "pods")
GET_LOGS = Request("get", "", "pods", "log")
VIEW = {"arn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy", "namespaces": []}


def described(**changes: Any) -> IntegrationAccess:
    return IntegrationAccess.model_validate(access("Q0E=", kubernetes=[], **changes))


def grant(namespaces: list[str] | None = None, **rule: Any) -> dict[str, Any]:
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"], **rule}]
    return {"name": "read", "group": "acme:readers", "namespaces": namespaces, "rules": rules}


def is_declared(right: Request, **changes: Any) -> bool:
    integration = described(**changes)
    return is_right_declared(integration, integration.clusters["api"], right)


def test_a_right_that_a_rule_gives_everywhere_is_declared() -> None:
    assert is_declared(LIST_PODS, grants=[grant()])
    assert not is_declared(Request("watch", "", "pods"), grants=[grant()]), "another verb is another right"
    assert not is_declared(GET_LOGS, grants=[grant(verbs=["get"])]), "nor does a resource give its subresources"


@pytest.mark.parametrize(
    "narrow", [grant(namespaces=["payments"]), grant(namespaces=[]), grant(resourceNames=["one"])], ids=str
)
def test_a_right_in_some_namespaces_or_on_some_objects_is_none_in_the_whole_cluster(narrow: dict[str, Any]) -> None:
    assert not is_declared(LIST_PODS, grants=[narrow])


def test_the_rules_of_an_access_policy_are_declared_where_there_are_access_policies() -> None:
    identity = {"username": "acme", "groups": [], "accessPolicies": [VIEW]}
    assert is_declared(GET_LOGS, identity=identity)
    narrow = {**identity, "accessPolicies": [{**VIEW, "namespaces": ["payments"]}]}
    assert not is_declared(GET_LOGS, identity=narrow), "a policy of some namespaces gives nothing elsewhere"
    mapped = described(identity=identity)
    by_aws_auth = mapped.clusters["api"].model_copy(update={"method": "aws-auth"})
    assert not is_right_declared(mapped, by_aws_auth, GET_LOGS)


def test_what_is_granted_or_has_a_line_of_its_own_is_not_asked_about_again() -> None:
    integration = described()
    everything = find_undeclared_rights(integration, integration.clusters["api"])
    assert {LIST_PODS, GET_LOGS, Request("*", "*", "*")} <= set(everything)
    lines = described().model_copy(
        update={
            "kubernetes": [
                *IntegrationAccess.model_validate(
                    access("Q0E=", kubernetes=[kubernetes_call("get", "pods", False, subresource="log")])
                ).kubernetes
            ]
        }
    )
    assert set(everything) - set(find_undeclared_rights(lines, lines.clusters["api"])) == {GET_LOGS}
    granted = described(grants=[grant()])
    assert set(everything) - set(find_undeclared_rights(granted, granted.clusters["api"])) == {LIST_PODS}


def test_the_rights_are_those_of_the_whole_cluster_each_once() -> None:
    integration = described()
    rights = find_undeclared_rights(integration, integration.clusters["api"])
    assert len(rights) == len(set(rights))
    assert all(not right.namespace and not right.name for right in rights)
