"""One more resource of any type is reported by the review and the pack, or cannot give access."""

from collections.abc import Iterator
from typing import Any

import pytest

from eks_access_policies.evaluate.evaluator import Evaluator
from eks_access_policies.resource_types import Evaluation, ResourceType
from eks_access_policies.resource_types.table import Path, list_types
from eks_access_policies.review.change import Review
from eks_access_policies.review.reading.from_stack import read_side
from eks_access_policies.review.sentences import NO_CHANGE, summarize
from eks_access_policies.stack import UNKNOWN, Resource, parse_stack
from eks_access_policies.stack import Stack as ParsedStack
from tests.support.policies.type_samples import GIVES_NOTHING_BY_ITSELF, SAMPLES, context
from tests.support.review_stacks import UNKNOWN as SERIALIZED_UNKNOWN
from tests.support.review_stacks import Stack, compare

TABLE = dict(list_types())
UNDERSTOOD = [token for token, known in TABLE.items() if known.evaluation is Evaluation.UNDERSTOOD]
NOT_EVALUATED = [token for token, known in TABLE.items() if known.evaluation is Evaluation.NOT_EVALUATED]
HARMLESS = [token for token, known in TABLE.items() if known.evaluation is Evaluation.HARMLESS]


def add(token: str, inputs: dict[str, Any]) -> tuple[Review, set[str]]:
    """The review of one more resource, and the ids of the rules that the pack newly has findings of."""
    before, after = context(), context()
    after.add(spell(token), "one-more", inputs)
    return compare(before, after), find(after) - find(before)


def spell(token: str) -> str:
    """A type as the engine has it: the table has those of Kubernetes without a version."""
    package, group, *kind = token.split(":")
    return f"{package}:{group}/v1:{kind[0]}" if package == "kubernetes" else token


def find(stack: Stack) -> set[str]:
    return {f"{finding.rule.id} {finding.message}" for finding in Evaluator().stack(parse_stack(stack.state()))}


def build(known: ResourceType, *paths: Path, value: Any = "x") -> dict[str, Any]:
    """Inputs with a value at each path, and with the values without which the line does not apply."""
    inputs: dict[str, Any] = {}
    for path, leaf in (*((path, value) for path in paths), *((path, each[0]) for path, each in known.where.items())):
        *above, last = path
        place = inputs
        for step in above:
            place = place.setdefault(step, {})
        place[last] = leaf
    return inputs


def test_every_type_that_is_understood_has_a_sample() -> None:
    assert sorted(SAMPLES) == sorted(UNDERSTOOD), "tests/support/policies/type_samples.py has one for each"


@pytest.mark.parametrize("token", sorted(SAMPLES.keys() - GIVES_NOTHING_BY_ITSELF))
def test_access_by_a_type_that_is_understood_is_reported(token: str) -> None:
    review, found = add(token, dict(SAMPLES[token]))
    assert review.worst or review.has_unknown, summarize(review)
    assert found, "a finding, or not-judged"


@pytest.mark.parametrize("token", UNDERSTOOD)
def test_a_property_that_gives_access_and_is_not_known_is_reported(token: str) -> None:
    for path in TABLE[token].properties:
        inputs = build(TABLE[token], path, value=SERIALIZED_UNKNOWN)
        review, found = add(token, inputs)
        assert review.has_unknown, path
        assert any(each.startswith("not-judged ") for each in found), path


@pytest.mark.parametrize("token", [token for token in UNDERSTOOD if TABLE[token].unread])
def test_a_property_of_a_type_that_is_understood_and_is_not_read_is_reported(token: str) -> None:
    for path, reason in TABLE[token].unread.items():
        review, found = add(token, build(TABLE[token], path))
        assert reason in [each.reason for each in review.not_evaluated]
        assert any(reason in each for each in found)


def test_one_more_resource_of_a_type_that_is_not_evaluated_is_reported() -> None:
    """All in one stack, since each is one line: a type that is missing in it is silent."""
    before, after = context(), context()
    for token in NOT_EVALUATED:
        known = TABLE[token]
        after.add(spell(token), "one-more", build(known, *list(known.properties)[:1]))
    expected = {spell(token) for token in NOT_EVALUATED}
    assert {each.type for each in compare(before, after).not_evaluated} == expected
    found = find(after)
    silent = {token for token in expected if not any(f" of type {token} (" in each for each in found)}
    assert not silent


@pytest.mark.parametrize("token", [token for token in NOT_EVALUATED if TABLE[token].properties])
def test_each_property_that_may_give_access_is_enough_by_itself(token: str) -> None:
    known = TABLE[token]
    for path in known.properties:
        head = Stack()
        head.add(spell(token), "one-more", build(known, path))
        assert compare(Stack(), head).not_evaluated, path


def test_one_more_resource_of_a_harmless_type_is_not_mentioned() -> None:
    before, after = context(), context()
    for token in HARMLESS:
        if token != "pulumi:pulumi:Stack":
            after.add(spell(token), "one-more", {"x": SERIALIZED_UNKNOWN, "tags": {"a": "b"}})
    review = compare(before, after)
    assert summarize(review) == NO_CHANGE, [each.type for each in review.not_evaluated]
    assert find(after) == find(before)


class _Recorder(dict[str, Any]):
    """Properties that note which of them are read."""

    def __init__(self, values: dict[str, Any], read: set[str]) -> None:
        super().__init__(values)
        self._read = read

    def get(self, key: Any, default: Any = None) -> Any:
        self._read.add(key)
        return super().get(key, default)

    def __getitem__(self, key: Any) -> Any:
        self._read.add(key)
        return super().__getitem__(key)


_GIVES_NOTHING = {
    *("name", "arn", "id", "path", "metadata", "clusterName", "policyName", "managedPolicyName", "permissionSetArn"),
    *("policyArn", "policyId", "roleName", "userName", "maxSessionDuration", "items", "kubeconfig"),
}
"""Properties that say which resource it is and where, or for how long a session lasts; and a list's items, as such."""
_READ_OF_ALL_IDENTITIES = {"assumeRolePolicy", "permissionsBoundary", "groups"}
"""Properties that only some types of identities have."""
_WITHOUT_THEM = {
    *("aws:iam/group:Group", "aws:iam/policy:Policy", "aws:iam/user:User", "aws:ssoadmin/permissionSet:PermissionSet"),
    *("aws-native:iam:Group", "aws-native:iam:ManagedPolicy", "aws-native:iam:User", "aws-native:sso:PermissionSet"),
}
"""The other types of identities."""


def record_reads(token: str) -> Iterator[str]:
    """The properties of a sample that the review or the pack reads, by their first step."""
    read: set[str] = set()
    stack = context()
    urn = stack.add(spell(token), "one-more", dict(SAMPLES[token]))
    parsed = parse_stack(stack.state())
    resources = [
        Resource(each.urn, each.type, each.name, _Recorder(dict(each.properties), read), inputs=dict(each.properties))
        if each.urn == urn
        else each
        for each in parsed.resources
    ]
    recorded = ParsedStack(tuple(resources), parsed.name)
    Evaluator().stack(recorded)
    read_side(recorded, "recorded")
    yield from read


@pytest.mark.parametrize("token", UNDERSTOOD)
def test_nothing_is_read_that_the_table_does_not_have(token: str) -> None:
    """What is read and not in the table would be taken for nothing while it is not known."""
    known = {path[0] for path in TABLE[token].properties} | {path[0] for path in TABLE[token].where} | _GIVES_NOTHING
    if token in _WITHOUT_THEM:
        known |= _READ_OF_ALL_IDENTITIES
    if token.endswith(":Role") and token.startswith(("kubernetes:", "eks-access:")):
        known.add("aggregationRule")  # which only a ClusterRole has
    assert sorted(set(record_reads(token)) - known) == []


def test_the_recorder_notes_what_is_read() -> None:
    read: set[str] = set()
    resource = Resource("urn", "type", "x", _Recorder({"a": {"b": UNKNOWN}}, read))
    assert resource.get("a", "b") is UNKNOWN
    assert read == {"a"}
