"""What principals gain by policies of AWS, by policies and groups that the stack only names, and by shared policies."""

import json
from typing import Any

import pytest

from eks_access_policies.review.change import Direction, Review
from tests.support.review_stacks import UNKNOWN, Stack, allow, compare, document, lines, only

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
EC2_READ = "arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess"
UNLISTED = "arn:aws:iam::aws:policy/PolicyOfTomorrow"
OTHER = "arn:aws:iam::111122223333:policy/other"
POLICY = "aws:iam/policy:Policy"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
MEMBERSHIP = "aws:iam/userGroupMembership:UserGroupMembership"


def stack(*resources: tuple[str, dict[str, Any]], role: bool = True) -> Stack:
    made = Stack().role("r") if role else Stack()
    for number, (type, inputs) in enumerate(resources):
        made.add(type, f"x{number}", inputs)
    return made


def policy(name: str, *actions: str, arn: str = "") -> tuple[str, dict[str, Any]]:
    inputs = {"name": name, "policy": json.dumps(document(allow(*actions)))}
    return POLICY, {**inputs, "arn": arn} if arn else inputs


def attached(arn: str, role: str = "r") -> tuple[str, dict[str, Any]]:
    return ATTACHMENT, {"role": role, "policyArn": arn}


def inline(*actions: str, role: str = "r") -> tuple[str, dict[str, Any]]:
    return "aws:iam/rolePolicy:RolePolicy", {"role": role, "policy": json.dumps(document(allow(*actions)))}


def names(review: Review) -> list[str]:
    return [name for principal in review.principals for name in principal.names]


def test_a_policy_of_aws_is_one_change_that_says_what_it_makes_possible() -> None:
    changes = only(compare(stack(), stack(attached("arn:aws:iam::aws:policy/AmazonEC2FullAccess")))).changes
    (change,) = [each for each in changes if each.key == "aws-gained"]
    assert change.what == ("AmazonEC2FullAccess",)
    assert change.severity is not None
    assert change.severity.name == "HIGH"
    assert "ec2:*" in change.detail


def test_a_policy_of_aws_that_only_reads_is_a_low_gain_and_its_end_a_loss() -> None:
    (line,) = lines(compare(stack(), stack(attached(EC2_READ))))
    assert line.startswith("low: ")
    assert f"AmazonEC2ReadOnlyAccess by the managed policy {EC2_READ}" in line
    (line,) = lines(compare(stack(attached(EC2_READ)), stack()))
    assert line.startswith("lost: ")


def test_an_own_copy_in_the_place_of_a_policy_of_aws_is_no_change() -> None:
    own = inline("ec2:*", "elasticloadbalancing:*", "autoscaling:*", "cloudwatch:*", "*")
    assert not any(line.startswith("lost") for line in lines(compare(stack(attached(EC2_READ)), stack(own))))
    one, other = stack(attached(ADMIN)), stack(inline("*"))
    assert lines(compare(one, other)) == []
    assert lines(compare(other, one)) == []
    assert lines(compare(stack(attached(EC2_READ)), other)) != []


def test_what_an_own_policy_adds_to_a_policy_of_aws_is_reported_action_by_action() -> None:
    head = stack(attached(EC2_READ), inline("iam:ListRoles", "ec2:DescribeInstances"))
    (line,) = lines(compare(stack(attached(EC2_READ)), head))
    assert "iam:ListRoles" in line
    assert "ec2:DescribeInstances" not in line, "the policy of AWS allows it already"


def test_a_policy_of_aws_that_denies_gives_back_what_it_denied_when_it_goes() -> None:
    own, denies = inline("ec2:RunInstances"), attached("arn:aws:iam::aws:policy/AWSDenyAll")
    assert any("ec2:RunInstances" in line for line in lines(compare(stack(own, denies), stack(own))))
    assert all(line.startswith("lost") for line in lines(compare(stack(own), stack(own, denies))))
    assert lines(compare(stack(own), stack(own, denies))) != []


def test_a_policy_of_aws_adds_the_same_whatever_else_names_resources_of_its_own() -> None:
    def gain(*own: tuple[str, dict[str, Any]]) -> list[str]:
        return [line for line in lines(compare(stack(*own), stack(*own, attached(EC2_READ)))) if EC2_READ in line]

    bucket = json.dumps(document(allow("s3:GetObject", on="arn:aws:s3:::b/*")))
    assert gain(("aws:iam/rolePolicy:RolePolicy", {"role": "r", "policy": bucket})) == gain()
    assert gain() != []
    assert gain(inline("*")) == []


def test_a_policy_of_aws_that_is_not_in_the_data_is_unknown_only_when_it_is_attached() -> None:
    (line,) = lines(compare(stack(), stack(attached(UNLISTED))))
    assert line.startswith("unknown: could not be determined: ")
    assert UNLISTED in line
    assert lines(compare(stack(attached(UNLISTED)), stack(attached(UNLISTED)))) == []


def test_a_policy_of_the_account_that_is_not_in_the_stack_is_a_gain_by_name() -> None:
    (line,) = lines(compare(stack(), stack(attached(OTHER))))
    assert (
        line == f"medium: has rights that are not in this stack: read the policy (other by the managed policy {OTHER})"
    )
    (line,) = lines(compare(stack(attached(OTHER)), stack()))
    assert line.startswith("lost: ")


def test_a_role_that_is_not_in_the_stack_gains_what_is_attached_to_it() -> None:
    review = compare(stack(role=False), stack(attached(ADMIN, "elsewhere"), role=False))
    assert names(review) == ["role elsewhere (not in this stack)"]
    assert review.worst is not None
    assert review.worst.name == "CRITICAL"


def test_a_role_that_leaves_the_stack_is_the_same_principal_while_a_policy_is_attached_to_it() -> None:
    base, head = stack(attached(EC2_READ)), stack(attached(EC2_READ), role=False)
    assert lines(compare(base, head)) == []
    assert lines(compare(base, stack(attached(ADMIN), role=False))) != []


def test_a_shared_policy_that_is_widened_is_a_gain_of_everyone_who_has_it() -> None:
    base, head = (stack(policy("shared", *actions), role=False) for actions in (["s3:ListBucket"], ["s3:*"]))
    review = compare(base, head)
    assert names(review) == ["anyone who has the policy shared"]
    assert lines(review) != []
    assert lines(compare(base, base)) == []


def test_a_policy_that_is_attached_here_is_a_change_of_who_has_it_and_of_nobody_else() -> None:
    one = stack(policy("shared", "s3:ListBucket", arn=OTHER), attached(OTHER))
    other = stack(policy("shared", "s3:*", arn=OTHER), attached(OTHER))
    assert names(compare(one, other)) == ["r"]
    assert names(compare(stack(), one)) == ["r"]


def test_attaching_and_detaching_a_policy_changes_nothing_for_others_who_have_it() -> None:
    alone = stack(policy("shared", "s3:ListBucket", arn=OTHER))
    in_use = stack(policy("shared", "s3:ListBucket", arn=OTHER), attached(OTHER))
    assert names(compare(alone, in_use)) == ["r"]
    assert names(compare(in_use, alone)) == ["r"]
    wider = stack(policy("shared", "s3:*", arn=OTHER))
    assert names(compare(in_use, wider)) == ["anyone who has the policy shared", "r"]


def test_a_policy_moved_from_inline_to_managed_is_no_change() -> None:
    moved = stack(policy("q", "s3:GetObject", arn=OTHER), attached(OTHER))
    assert compare(stack(inline("s3:GetObject")), moved).principals == ()
    wider = stack(policy("q", "s3:*", arn=OTHER), attached(OTHER))
    assert lines(compare(stack(inline("s3:GetObject")), wider)) != []


def test_joining_a_group_gives_the_rights_of_the_group() -> None:
    group = ("aws:iam/group:Group", {"name": "g"})
    rights = ("aws:iam/groupPolicyAttachment:GroupPolicyAttachment", {"group": "g", "policyArn": ADMIN})
    joins = (MEMBERSHIP, {"user": "u", "groups": ["g"]})
    base = stack(group, rights, role=False)
    review = compare(base, stack(group, rights, joins, role=False))
    assert names(review) == ["user u (not in this stack)"]
    assert any(line.startswith("critical: ") for line in lines(review))
    assert lines(compare(base, base)) == []


def test_joining_a_group_that_is_not_in_the_stack_is_unknown_once() -> None:
    joins = (MEMBERSHIP, {"user": "u", "groups": ["g"]})
    (line,) = lines(compare(stack(role=False), stack(joins, role=False)))
    assert line == "unknown: could not be determined: the rights of the group g are not in this stack"
    assert lines(compare(stack(joins, role=False), stack(joins, role=False))) == []
    (line,) = lines(compare(stack(joins), stack((MEMBERSHIP, {"user": "u", "groups": []}))))
    assert line.startswith("lost: ")


def test_what_a_detached_policy_that_is_not_in_the_stack_denied_is_unknown() -> None:
    unknown, lost = lines(compare(stack(attached(OTHER), inline("s3:GetObject")), stack(inline("s3:GetObject"))))
    assert unknown == (
        f"unknown: could not be determined: what the managed policy {OTHER} denied until now, since it is not in this"
        " stack"
    )
    assert lost.startswith("lost: loses rights that are not in this stack")
    (line,) = lines(compare(stack(attached(OTHER)), stack()))
    assert line.startswith("lost: "), "nothing is left that it may have denied"


@pytest.mark.parametrize(
    "resource",
    [
        ("aws:iam/role:Role", {"name": "r2", "managedPolicyArns": UNKNOWN}),
        ("aws:iam/role:Role", {"name": "r2", "managedPolicyArns": [EC2_READ, UNKNOWN]}),
        (ATTACHMENT, {"role": "r", "policyArn": UNKNOWN}),
        (ATTACHMENT, {"role": UNKNOWN, "policyArn": EC2_READ}),
        ("aws:iam/rolePolicy:RolePolicy", {"role": "r", "policy": UNKNOWN}),
        ("aws:iam/rolePolicy:RolePolicy", {"role": UNKNOWN, "policy": json.dumps(document())}),
        (
            "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive",
            {"roleName": "r", "policyArns": UNKNOWN},
        ),
        (MEMBERSHIP, {"user": "u", "groups": UNKNOWN}),
        (MEMBERSHIP, {"user": UNKNOWN, "groups": ["g"]}),
        (
            "aws:ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment",
            {"permissionSetArn": UNKNOWN, "managedPolicyArn": EC2_READ},
        ),
    ],
)
def test_what_is_not_known_yet_is_reported_of_whom_it_is_given_to(resource: tuple[str, dict[str, Any]]) -> None:
    type, inputs = resource
    group = ("aws:iam/group:Group", {"name": "g"})
    changes = [change for _, change in compare(stack(group), stack(group, resource)).changes]
    assert any(change.direction is Direction.UNKNOWN for change in changes)
    known = {
        key: value if UNKNOWN not in str(value) else [] if key in ("policyArns", "groups") else EC2_READ
        for key, value in inputs.items()
    }
    known |= {"policy": json.dumps(document(allow("s3:GetObject")))} if "policy" in known else {}
    assert not compare(stack(group), stack(group, (type, known))).has_unknown


@pytest.mark.parametrize(
    ("arn", "severity"),
    [
        ("service-role/AWSLambdaBasicExecutionRole", "medium"),
        ("AmazonS3FullAccess", "high"),
        ("AWSLambda_FullAccess", "high"),
        ("SecretsManagerReadWrite", "high"),
    ],
)
def test_writes_are_medium_and_what_reads_data_runs_code_or_widens_rights_high(arn: str, severity: str) -> None:
    review = compare(stack(), stack(attached(f"arn:aws:iam::aws:policy/{arn}")))
    assert review.worst is not None
    assert review.worst.name.lower() == severity, lines(review)
