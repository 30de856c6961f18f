"""The same access in other words is no change, and what limits access is never removed without a gain in the review."""

from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from eks_access_policies.review.change import Direction, Review
from eks_access_policies.review.report import MarkdownFormat
from eks_access_policies.review.sentences import NO_CHANGE
from tests.support.review_stacks import ACCOUNT, compare, lines
from tests.support.rewriting import REWRITES, Binding, Design, Rewriting, Role, Statement

many = settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))

GITHUB = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
ACTIONS = ("s3:GetObject", "s3:Put*", "iam:PassRole", "iam:CreateRole", "eks:Describe*", "eks:CreateAccessEntry",
           "secretsmanager:GetSecretValue", "ec2:RunInstances", "lambda:CreateFunction")  # fmt: skip
RESOURCES = ("*", "arn:aws:s3:::data/*", f"arn:aws:iam::{ACCOUNT}:role/app-*", f"arn:aws:iam::{ACCOUNT}:role/admin")
CONDITIONS: tuple[dict[str, Any], ...] = (
    {"Bool": {"aws:MultiFactorAuthPresent": ["true"]}},
    {"StringEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-north-1"]}},
    {"StringLike": {"aws:PrincipalTag/team": ["pay*"]}, "Bool": {"aws:SecureTransport": ["true"]}},
    {"ArnLike": {"aws:PrincipalArn": [f"arn:aws:iam::{ACCOUNT}:role/*"]}},
)
PRINCIPALS: tuple[dict[str, list[str]], ...] = (
    {"AWS": [f"arn:aws:iam::{ACCOUNT}:root"]},
    {"AWS": ["arn:aws:iam::999999999999:role/vendor", f"arn:aws:iam::{ACCOUNT}:role/platform"]},
    {"Service": ["ec2.amazonaws.com"], "AWS": ["999999999999"]},
    {"Federated": [GITHUB]},
)
TARGET = "kms:Decrypt"
"""An action that no generated statement has, so that one statement alone decides about it."""


def some(values: tuple[str, ...], most: int = 3) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=most, unique=True)


@st.composite
def statements(draw: st.DrawFn, effects: tuple[str, ...] = ("Allow", "Allow", "Deny")) -> Statement:
    actions = "NotAction" if draw(st.integers(0, 9)) == 0 else "Action"
    resources = "NotResource" if draw(st.integers(0, 4)) == 0 else "Resource"
    found = {
        "Effect": draw(st.sampled_from(effects)),
        actions: ["s3:*", "kms:*", "iam:Get*"] if actions == "NotAction" else draw(some(ACTIONS)),
        resources: draw(some(RESOURCES[1:] if resources == "NotResource" else RESOURCES)),
    }
    return found | ({"Condition": draw(st.sampled_from(CONDITIONS))} if draw(st.booleans()) else {})


@st.composite
def trusts(draw: st.DrawFn) -> Statement:
    actions = ["sts:AssumeRole", "sts:TagSession", "sts:AssumeRoleWithWebIdentity"]
    found = {
        "Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"])),
        draw(st.sampled_from(["Principal", "Principal", "NotPrincipal"])): draw(st.sampled_from(PRINCIPALS)),
        "Action": draw(some(tuple(actions))),
    }
    return found | ({"Condition": draw(st.sampled_from(CONDITIONS))} if draw(st.booleans()) else {})


@st.composite
def roles(draw: st.DrawFn, name: str) -> Role:
    policies = st.lists(st.lists(statements(), min_size=1, max_size=3).map(tuple), max_size=2).map(tuple)
    namespaces = st.lists(st.sampled_from(["a", "b", "c"]), max_size=2, unique=True).map(tuple)
    access = st.tuples(st.sampled_from(["AmazonEKSViewPolicy", "AmazonEKSEditPolicy"]), namespaces)
    return Role(
        name,
        tuple(draw(st.lists(trusts(), min_size=1, max_size=3))),
        draw(policies),
        tuple(draw(st.lists(statements(), max_size=2))),
        tuple(draw(st.lists(st.sampled_from(["readers", "writers"]), max_size=2, unique=True))),
        tuple(draw(st.lists(access, max_size=1))),
    )


@st.composite
def bindings(draw: st.DrawFn) -> Binding:
    verbs = some(("get", "list", "create", "delete"))
    rule = st.fixed_dictionaries(
        {"apiGroups": some(("", "apps"), 2), "resources": some(("pods", "secrets", "deployments")), "verbs": verbs}
    )
    return Binding(
        draw(st.sampled_from(["readers", "writers"])),
        tuple(draw(st.lists(rule, min_size=1, max_size=2))),
        tuple(draw(st.lists(st.sampled_from(["a", "b", "c"]), max_size=2, unique=True))),
    )


designs = st.builds(
    Design,
    st.tuples(roles("vendor"), roles("other")),
    st.lists(bindings(), max_size=2).map(tuple),
)
rewritings = st.builds(
    Rewriting, st.randoms(use_true_random=False), st.frozensets(st.sampled_from(REWRITES), min_size=1)
)


def is_gain(review: Review) -> bool:
    return any(change.direction is Direction.GAINED for _, change in review.changes)


def replace_first(design: Design, **fields: Any) -> Design:
    first, *rest = design.roles
    return replace(design, roles=(replace(first, **fields), *rest))


@many
@given(design=designs, one=rewritings, other=rewritings)
def test_the_same_access_in_other_words_is_no_change(design: Design, one: Rewriting, other: Rewriting) -> None:
    found = compare(one.build(design), other.build(design))
    assert lines(found) == []
    assert NO_CHANGE in MarkdownFormat().format(found)


@many
@given(
    design=designs,
    rewriting=rewritings,
    condition=st.sampled_from((None, *CONDITIONS)),
    resource=st.sampled_from(RESOURCES),
)
def test_a_deny_that_is_removed_is_a_gain(design: Design, rewriting: Rewriting, condition: Any, resource: str) -> None:
    allowed = {"Effect": "Allow", "Action": [TARGET], "Resource": ["*"]}
    denied = {"Effect": "Deny", "Action": [TARGET], "Resource": [resource]}
    denied |= {"Condition": condition} if condition else {}
    others = tuple(
        tuple(each for each in policy if each["Effect"] == "Allow" or "Action" in each)
        for policy in design.roles[0].policies
    )
    base = replace_first(design, policies=(*others, (allowed, denied)))
    head = replace_first(design, policies=(*others, (allowed,)))
    assert is_gain(compare(Rewriting().build(base), rewriting.build(head)))
    assert not is_gain(compare(Rewriting().build(head), rewriting.build(base)))


@many
@given(design=designs, rewriting=rewritings, condition=st.sampled_from(CONDITIONS), resource=st.sampled_from(RESOURCES))
def test_a_condition_that_is_removed_is_a_gain(
    design: Design, rewriting: Rewriting, condition: Any, resource: str
) -> None:
    allowed = {"Effect": "Allow", "Action": [TARGET], "Resource": [resource]}
    others = tuple(tuple(each for each in policy if "Action" in each) for policy in design.roles[0].policies)
    base = replace_first(design, policies=(*others, ({**allowed, "Condition": condition},)))
    head = replace_first(design, policies=(*others, (allowed,)))
    assert is_gain(compare(Rewriting().build(base), rewriting.build(head)))
    assert not is_gain(compare(Rewriting().build(head), rewriting.build(base)))


@many
@given(
    design=designs,
    rewriting=rewritings,
    condition=st.sampled_from(CONDITIONS),
    effect=st.sampled_from(["Allow", "Deny"]),
)
def test_a_condition_or_a_deny_of_a_trust_policy_that_is_removed_is_a_gain(
    design: Design, rewriting: Rewriting, condition: Any, effect: str
) -> None:
    only = {"Effect": "Allow", "Principal": {"AWS": ["888888888888"]}, "Action": ["sts:AssumeRole"]}
    others = tuple(each for each in design.roles[0].trust if "Principal" in each)
    limited = {**only, "Effect": effect, "Condition": condition}
    base = replace_first(design, trust=(*others, limited, *([only] if effect == "Deny" else [])))
    head = replace_first(design, trust=(*others, only))
    assert is_gain(compare(Rewriting().build(base), rewriting.build(head)))
    assert not is_gain(compare(Rewriting().build(head), rewriting.build(base)))


@many
@given(design=designs, rewriting=rewritings, boundary=st.lists(statements(), min_size=1, max_size=2))
def test_a_boundary_that_is_removed_is_a_gain(design: Design, rewriting: Rewriting, boundary: list[Statement]) -> None:
    base = replace_first(design, boundary=tuple(boundary))
    head = replace_first(design, boundary=())
    assert is_gain(compare(Rewriting().build(base), rewriting.build(head)))
    assert not is_gain(compare(Rewriting().build(head), rewriting.build(base)))


@many
@given(design=designs, rewriting=rewritings, namespaces=some(("a", "b", "c"), 2), is_policy=st.booleans())
def test_a_scope_that_loses_its_namespaces_is_a_gain(
    design: Design, rewriting: Rewriting, namespaces: list[str], is_policy: bool
) -> None:
    event("access policy" if is_policy else "binding")
    narrow = Binding(
        "scoped", ({"apiGroups": [""], "resources": ["configmaps"], "verbs": ["delete"]},), tuple(namespaces)
    )
    if is_policy:
        base = replace_first(design, groups=(), access=(("AmazonEKSEditPolicy", tuple(namespaces)),))
        head = replace_first(design, groups=(), access=(("AmazonEKSEditPolicy", ()),))
    else:
        scoped = replace_first(design, groups=("scoped",), access=())
        base = replace(scoped, bindings=(*design.bindings, narrow))
        head = replace(scoped, bindings=(*design.bindings, replace(narrow, namespaces=())))
    assert is_gain(compare(Rewriting().build(base), rewriting.build(head)))
    assert not is_gain(compare(Rewriting().build(head), rewriting.build(base)))
