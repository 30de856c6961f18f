"""What an access review is about: an object, or a path of the API server itself."""

from typing import Any

import pytest

from eks_access.manifest.models import KubernetesExpectation
from eks_access_probe.checks.kubernetes import build_attributes


def expectation(**call: Any) -> KubernetesExpectation:
    return KubernetesExpectation(allowed=False, why="x", **{"api_group": "", **call})


def test_a_path_is_reviewed_as_one_because_a_resource_of_that_name_is_always_denied() -> None:
    assert build_attributes(expectation(verb="get", resource="/metrics")) == {
        "nonResourceAttributes": {"verb": "get", "path": "/metrics"}
    }


@pytest.mark.parametrize(
    ("call", "attributes"),
    [
        ({"verb": "list", "resource": "pods"}, {"verb": "list", "resource": "pods"}),
        (
            {"verb": "create", "resource": "pods", "subresource": "exec", "namespace": "web", "name": "a"},
            {"verb": "create", "resource": "pods", "subresource": "exec", "namespace": "web", "name": "a"},
        ),
    ],
)
def test_an_object_is_reviewed_by_what_the_call_names(call: dict[str, str], attributes: dict[str, str]) -> None:
    assert build_attributes(expectation(**call)) == {"resourceAttributes": attributes}
