"""What could not be determined is reported as that: nothing that may be a part of it is reported as lost."""

import json
from typing import Any

import pytest

from tests.support.review_stacks import UNKNOWN, Stack, allow, compare, document, lines, rule

ROLE = "arn:aws:iam::111122223333:role/r"
READ = json.dumps(document(allow("s3:GetObject")))
OTHER_ID = "11111111-80e4-46f7-96ec-b56ff0331ba9"
MAPPING = f"- rolearn: {ROLE}\n  username: u\n  groups: [g]\n"


def inline(policy: Any) -> Stack:
    stack = Stack().role("r")
    stack.add("aws:iam/rolePolicy:RolePolicy", "p", {"role": "r", "policy": policy})
    return stack


def aws_auth(roles: str) -> Stack:
    stack = Stack().role("r")
    metadata = {"name": "aws-auth", "namespace": "kube-system"}
    stack.add("kubernetes:core/v1:ConfigMap", "aws-auth", {"metadata": metadata, "data": {"mapRoles": roles}})
    return stack


def association(namespace: str) -> Stack:
    stack = Stack().role("r")
    inputs = {"clusterName": "dev", "namespace": namespace, "serviceAccount": "web", "roleArn": ROLE}
    stack.add("aws:eks/podIdentityAssociation:PodIdentityAssociation", "web", inputs)
    return stack


def bound(subjects: Any) -> Stack:
    stack = Stack().role("r").entry("r", "dev", "g").bound("g", "dev", [rule(["get"], "secrets")])
    stack.resources[-1]["inputs"]["subjects"] = subjects
    return stack


SUBJECTS = [{"kind": "Group", "name": "g", "apiGroup": "rbac.authorization.k8s.io"}]


@pytest.mark.parametrize(
    "document",
    ["{not json", READ.replace("Allow", "allow"), READ.replace("Allow", "Permit"), '{"Statement": ["x"]}'],
)
@pytest.mark.parametrize("before", [Stack().role("r"), inline(READ)])
def test_a_policy_that_iam_would_reject_is_unknown_whatever_was_there_before(before: Stack, document: str) -> None:
    found = lines(compare(before, inline(document)))
    (unknown,) = [line for line in found if not line.startswith("high: ")]
    assert unknown.startswith("unknown: could not be determined: its inline policy p is not a valid document: ")


def test_a_document_with_the_placeholder_of_an_unknown_value_inside_is_unknown() -> None:
    (line,) = lines(compare(Stack().role("r"), inline(READ.replace("*", f"arn:aws:s3:::{UNKNOWN}/*"))))
    assert line == (
        "unknown: could not be determined: its inline policy p is secret or not known before the deployment"
    )
    (line,) = lines(compare(Stack().role("r"), inline(READ.replace("*", f"arn:aws:s3:::{OTHER_ID}/*"))))
    assert line.startswith("medium: ")


@pytest.mark.parametrize(
    ("known", "unknown", "less"),
    [
        (inline(READ), inline(UNKNOWN), inline(json.dumps(document(allow("eks:ListClusters"))))),
        (aws_auth(MAPPING), aws_auth(UNKNOWN), aws_auth("[]")),
        (association("shop"), association(UNKNOWN), Stack().role("r")),
        (bound(SUBJECTS), bound(UNKNOWN), bound([])),
    ],
)
def test_nothing_is_lost_where_the_head_is_not_known(known: Stack, unknown: Stack, less: Stack) -> None:
    review = compare(known, unknown)
    assert review.has_unknown
    assert not [line for line in lines(review) if line.startswith("lost: ")]
    assert "removed" not in {each.status for each in review.principals}
    assert [line for line in lines(compare(known, less)) if line.startswith("lost: ")]


def test_what_the_head_has_is_gained_where_the_base_is_not_known() -> None:
    assert any(line.startswith("high: ") for line in lines(compare(inline(UNKNOWN), inline(READ))))
    assert any(line.startswith("high: ") for line in lines(compare(bound(UNKNOWN), bound(SUBJECTS))))


def test_a_loss_in_another_plane_or_cluster_is_reported_beside_what_is_not_known() -> None:
    def both(subjects: Any, policy: str, *elsewhere: str) -> Stack:
        stack = bound(subjects)
        stack.entry("r", "prod", *elsewhere).bound("h", "prod", [rule(["get"], "pods")])
        stack.add("aws:iam/rolePolicy:RolePolicy", "p", {"role": "r", "policy": policy})
        return stack

    found = lines(compare(both(SUBJECTS, READ, "h"), both(UNKNOWN, json.dumps(document(allow("eks:ListClusters"))))))
    lost = [line for line in found if line.startswith("lost: ")]
    assert any("s3:GetObject" in line for line in lost)
    assert any("pods" in line and "prod" in line for line in lost)
    assert not any("secrets" in line for line in lost)
