"""Any input can be evaluated as a document: without an exception, and quickly."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eks_access_policies.finding import Finding
from eks_access_policies.iam import Context, evaluate_policies, evaluate_policy, evaluate_trust, parse_document

CONTEXT = Context(accounts=frozenset({"111122223333"}))
MANY = 10_000
SECONDS = 30
"""Of the processor, which a busy machine does not stretch much; it takes 1 to 4 on an idle one."""

_WORDS = st.sampled_from(
    [
        "*",
        "",
        "Allow",
        "Deny",
        "iam:*",
        "sts:AssumeRole",
        "eks:AssociateAccessPolicy",
        "arn:aws:iam::*:role/*",
        "?*",
        "${aws:username}",
        "AWS",
        "Federated",
        "Service",
        "StringLike",
        "ForAllValues:StringEqualsIfExists",
        "Null",
        "sts:ExternalId",
        "true",
        "ﬆatement",
        "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com",
        "token.actions.githubusercontent.com:sub",
    ]
)
_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | _WORDS
_ANYTHING = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_WORDS | st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
_ELEMENTS = st.sampled_from(
    [
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
        "effect",
        "Аction",
    ]
)
_STATEMENTS = st.lists(st.dictionaries(_ELEMENTS, _ANYTHING, max_size=7), max_size=4)
_DOCUMENTS = st.fixed_dictionaries({"Version": _SCALARS, "Statement": _STATEMENTS | _ANYTHING}) | _ANYTHING

Evaluate = Callable[[Any, Context], list[Finding]]


def together(document: Any, context: Context) -> list[Finding]:
    return evaluate_policies([document, document], context)


@pytest.mark.parametrize("evaluate", [evaluate_trust, evaluate_policy, together])
@given(document=_DOCUMENTS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_value_can_be_evaluated(evaluate: Evaluate, document: Any) -> None:
    for finding in evaluate(document, CONTEXT):
        assert finding.message, "a finding has a message"


@given(text=st.text(max_size=200) | st.builds(json.dumps, _DOCUMENTS))
@settings(max_examples=40, deadline=None)
def test_any_text_can_be_parsed(text: str) -> None:
    assert isinstance(parse_document(text).statements, tuple)


@pytest.mark.parametrize(
    "given",
    [
        None,
        5,
        b"\xff",
        "",
        "null",
        "[]",
        "[" * 100_000,
        '{"a":' * 100_000,
        "%7B%22Statement%22%3A%5B%5D%7D",
        object(),
        [[[]]],
        {1: 2},
    ],
    ids=lambda given: repr(given)[:20],
)
def test_an_invalid_document_is_reported_or_allows_nothing(given: object) -> None:
    document = parse_document(given)
    assert not document.statements
    assert document.flaws or given == "[]" or given == "%7B%22Statement%22%3A%5B%5D%7D"


def test_a_value_at_the_interpreters_recursion_limit_is_evaluated() -> None:
    deep: dict[str, Any] = {}
    inner = deep
    for _ in range(100_000):
        inner["StringEquals"] = {}
        inner = inner["StringEquals"]
    for evaluate in (evaluate_trust, evaluate_policy):
        findings = evaluate(
            {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": deep}}, CONTEXT
        )
        assert any("nested" in each.message for each in findings), "it is reported that it cannot be serialized"
    # Taken apart here, since the interpreter would do so by recursion.
    while deep:
        _, deep = deep.popitem()


def test_homoglyphs_are_reported_and_not_normalized() -> None:
    cyrillic = {"Statement": [{"Effect": "Allow", "Аction": "iam:*", "Resource": "*"}]}
    rules = {each.rule.id for each in evaluate_policy(cyrillic, CONTEXT)}
    assert rules == {"iam-document-characters", "iam-document-malformed"}, "IAM refuses it, and it grants nothing"


def test_elements_in_another_case_and_single_values_are_evaluated() -> None:
    lenient = {"statement": {"effect": "allow", "action": "iam:AttachUserPolicy", "resource": "*"}}
    rules = [each.rule.id for each in evaluate_policy(json.dumps(lenient), CONTEXT)]
    assert "iam-escalation-policies" in rules


def test_a_duplicate_key_is_reported() -> None:
    text = '{"Statement": {"Effect": "Deny", "Effect": "Allow", "Action": "iam:*", "Resource": "*"}}'
    assert any("twice" in each.message for each in parse_document(text).flaws)


def _policy(part: Callable[[int], dict[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [part(number) for number in range(MANY)]}


_HUGE: dict[str, tuple[Evaluate, dict[str, Any]]] = {
    "escalation on a role each": (
        evaluate_policy,
        _policy(
            lambda n: {
                "Effect": "Allow",
                "Action": ["iam:PutRolePolicy", f"s3:Get*{n}"],
                "Resource": f"arn:aws:iam::1:role/{n}*",
            }
        ),
    ),
    "allowed and denied in turn": (
        evaluate_policy,
        _policy(
            lambda n: {"Effect": ("Deny", "Allow")[n % 2], "Action": "iam:*", "Resource": f"arn:aws:iam::1:role/{n}*"}
        ),
    ),
    "everything but one": (
        evaluate_policy,
        _policy(lambda n: {"Effect": ("Deny", "Allow")[n % 2], "NotAction": f"iam:A{n}*", "Resource": "*"}),
    ),
    "an account each": (
        evaluate_trust,
        _policy(lambda n: {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": str(10**11 + n)}}),
    ),
    "a denial for each": (
        evaluate_trust,
        _policy(
            lambda n: {
                "Effect": ("Deny", "Allow")[n % 2],
                "Action": "sts:*",
                "Principal": "*",
                "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": f"o-{n}"}},
            }
        ),
    ),
    "a provider each": (
        evaluate_trust,
        _policy(
            lambda n: {
                "Effect": "Allow",
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Principal": {"Federated": f"arn:aws:iam::111122223333:oidc-provider/{n}.example"},
                "Condition": {"StringLike": {f"{n}.example:sub": f"*{n}"}},
            }
        ),
    ),
    "stars": (
        evaluate_policy,
        {
            "Statement": {
                "Effect": "Allow",
                "Action": "iam:" + "*a" * MANY,
                "Resource": "arn:aws:iam::*:role/" + "*a" * MANY,
            }
        },
    ),
}


@pytest.mark.parametrize("name", _HUGE)
def test_ten_thousand_statements_are_evaluated_in_seconds_with_few_findings(name: str) -> None:
    evaluate, document = _HUGE[name]
    began = time.process_time()
    findings = evaluate(document, CONTEXT)
    assert time.process_time() - began < SECONDS, "the time must not grow with the square of the statements"
    assert 0 < len(findings) <= 200, "more are of no use to a reader"


def test_the_most_severe_of_ten_thousand_statements_is_reported_at_any_position() -> None:
    document = _policy(lambda n: {"Effect": "Allow", "Action": f"ec2:Describ{n}", "Resource": "*"})
    document["Statement"][-1] = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    assert any(each.rule.id == "iam-policy-admin" for each in evaluate_policy(document, CONTEXT))
