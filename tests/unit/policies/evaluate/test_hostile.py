"""Nothing that a program or a state can hold makes a rule raise."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eks_access_policies.evaluate.evaluator import Evaluator
from eks_access_policies.stack import UNKNOWN, Resource, Stack, StateError, of_value
from tests.support.policies.cases import CASES
from tests.support.policies.resources import stack

TYPES = sorted({made.type for case in CASES for made in (*case.bad, *case.good)} | {"kubernetes:helm.sh/v3:Release"})
NAMES = sorted(
    {name for case in CASES for made in (*case.bad, *case.good) for name in (*made.properties, *made.links)}
    | {"oidc", "path", "inlinePolicies", "items", "maxSessionDuration", "aggregationRule", "accessPolicies"}
)
WORDS = st.sampled_from(
    [
        "*",
        "",
        "get",
        "secrets",
        "system:masters",
        "aws-auth",
        "kube-system",
        "Group",
        "{{SessionName}}",
        "ｓecrets",
        "\ud800",
    ]
)
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), WORDS, st.just(UNKNOWN))
KEYS = st.one_of(
    st.text(max_size=6), st.sampled_from([*NAMES, "name", "namespace", "kind", "verbs", "rules", "metadata"])
)
VALUES = st.recursive(
    LEAVES, lambda part: st.one_of(st.lists(part, max_size=4), st.dictionaries(KEYS, part, max_size=4)), max_leaves=12
)
ODD = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def resources(draw: st.DrawFn) -> Resource:
    kind, name = draw(st.sampled_from(TYPES)), draw(st.sampled_from(["a", "b", "c"]))
    urn = f"urn:pulumi:test::cases::{kind}::{name}"
    links = {draw(st.sampled_from(NAMES)): (draw(st.sampled_from([urn, "urn:gone"])),)}
    properties = draw(st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=6))
    return Resource(urn, kind, name, properties, draw(st.sampled_from([None, urn])), property_dependencies=links)


@ODD
@given(st.lists(resources(), max_size=5))
def test_odd_resources_are_judged(odd: list[Resource]) -> None:
    for finding in Evaluator().stack(Stack(tuple(odd))):
        assert finding.urn


@ODD
@given(st.data())
def test_real_resources_with_an_odd_property_are_judged(data: st.DataObject) -> None:
    case = data.draw(st.sampled_from(CASES))
    found = list(stack(case.bad).resources)
    index = data.draw(st.integers(0, len(found) - 1))
    old = found[index]
    name = data.draw(st.sampled_from(sorted(old.properties) or ["x"]))
    changed = {**old.properties, name: data.draw(VALUES)}
    found[index] = Resource(old.urn, old.type, old.name, changed, property_dependencies=old.property_dependencies)
    Evaluator().stack(Stack(tuple(found)))


@ODD
@given(st.dictionaries(st.sampled_from(["deployment", "steps", "checkpoint", "schemaVersion", "access"]), VALUES))
def test_odd_values_are_a_stack_or_refused(value: dict[str, Any]) -> None:
    with suppress(StateError):
        Evaluator().stack(of_value(value))


def deep(depth: int) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = {"rules": [value]}
    return value


@pytest.mark.parametrize("kind", TYPES)
def test_very_deep_and_very_large_properties_are_judged(kind: str) -> None:
    large = {name: deep(5000) for name in NAMES}
    wide = {
        "rules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["secrets"]}] * 10_000,
        "subjects": ["x"] * 10_000,
    }
    for properties in (large, wide):
        Evaluator().stack(Stack((Resource("urn:pulumi:test::cases::t::x", kind, "x", properties),)))
