"""Policies that look more dangerous, or more harmless, than they are: only their effect counts."""

from tests.support.policies.policy_cases import (
    BOUNDARY,
    ENTRIES,
    LIMITS,
    OWN,
    PASSED,
    ROLE,
    Case,
    Statement,
    allow,
    deny,
)

ATTACH = "iam:AttachRolePolicy"
RUN = (allow("iam:PassRole"), allow("ec2:RunInstances"))


def but(effect: str, **elements: object) -> Statement:
    """A statement of NotAction or NotResource; of everything where it has neither."""
    whole = {} if "NotResource" in elements else {"Resource": "*"}
    return {"Effect": effect, **whole, **elements}


DANGEROUS: tuple[Case, ...] = (
    # Denied, and allowed all the same.
    Case("denied for what is not IAM", (allow("iam:*"), but("Deny", NotAction="iam:*"))),
    Case("everything but this is denied", (allow("*"), but("Deny", NotAction=[ATTACH]))),
    Case(
        "denied everywhere but there, where it acts", (allow(ATTACH), but("Deny", Action="*", NotResource=f"{ROLE}/*"))
    ),
    Case("denied in another account", (allow(ATTACH, f"{ROLE}/*"), deny(ATTACH, "arn:aws:iam::222233334444:role/*"))),
    Case(
        "denied in an account that is not one's own", (allow(ATTACH), deny(ATTACH, "arn:aws:iam::222233334444:role/*"))
    ),
    Case(
        "denied in one region",
        (allow(ATTACH), deny("*", "*", {"StringNotEquals": {"aws:RequestedRegion": "us-east-1"}})),
    ),
    Case(
        "denied to all but one role, its own perhaps",
        (allow(ATTACH), deny("*", "*", {"ArnNotLike": {"aws:PrincipalArn": f"{ROLE}/a"}})),
    ),
    Case(
        "denied until 2020",
        (allow(ATTACH), deny("*", "*", {"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}})),
    ),
    Case(
        "denied from tomorrow",
        (allow(ATTACH), deny("*", "*", {"DateGreaterThan": {"aws:CurrentTime": "2999-01-01T00:00:00Z"}})),
    ),
    Case("denied where a tag is", (allow(ATTACH), deny("*", "*", {"StringLike": {"aws:PrincipalTag/team": "*"}}))),
    Case(
        "one type of resource denied, and another left",
        (allow("ssm:StartSession"), deny("ssm:*", "arn:aws:ssm:*:*:managed-instance/*")),
    ),
    # Allowed, with something that looks like a limit.
    Case("everything but one role", (but("Allow", Action=ATTACH, NotResource=f"{ROLE}/admin"),)),
    Case("everything but three services", (but("Allow", NotAction=["iam:*", "sts:*", "lambda:*"]),)),
    Case(
        "everything but one service and one resource", (but("Allow", NotAction="s3:*", NotResource="arn:aws:s3:::a"),)
    ),
    Case("from 2999 on", (allow(ATTACH, "*", {"DateGreaterThan": {"aws:CurrentTime": "2999-01-01T00:00:00Z"}}),)),
    Case(
        "limits for new roles, which can be taken away",
        (
            allow("iam:PutRolePolicy", "*", {"StringEquals": {BOUNDARY: LIMITS}}),
            allow("iam:DeleteRolePermissionsBoundary"),
        ),
    ),
    Case("limits that can be replaced by wider ones", (allow("iam:PutRolePermissionsBoundary"),)),
    Case(
        "a tag if there is one",
        (allow("lambda:UpdateFunctionCode", "*", {"StringEqualsIfExists": {"aws:ResourceTag/team": "a"}}),),
    ),
    Case(
        "a tag of any value", (allow("lambda:UpdateFunctionCode", "*", {"StringLike": {"aws:ResourceTag/team": "*"}}),)
    ),
    Case(
        "calls that no service makes", (*RUN[1:], allow("iam:PassRole", "*", {"Bool": {"aws:ViaAWSService": "false"}}))
    ),
    Case("services whose names begin so", (*RUN[1:], allow("iam:PassRole", "*", {"StringLike": {PASSED: "ec2*"}}))),
    Case(
        "the service as it is called in China",
        (*RUN[1:], allow("iam:PassRole", "*", {"StringEquals": {PASSED: "ec2.amazonaws.com.cn"}})),
    ),
    Case("its own user's policies", (allow("iam:AttachUserPolicy", "arn:aws:iam::*:user/${aws:username}"),)),
    Case(
        "instances of one type",
        (RUN[0], allow("ec2:RunInstances", "*", {"StringEquals": {"ec2:InstanceType": "t3.micro"}})),
    ),
    Case(
        "functions with one's own tag, and any role",
        (
            RUN[0],
            allow(
                ["lambda:CreateFunction", "lambda:InvokeFunction"],
                "*",
                {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}},
            ),
        ),
    ),
    Case(
        "an ExternalId, which its own account's roles do not ask for",
        (allow("sts:AssumeRole", "*", {"StringEquals": {"sts:ExternalId": "a-secret"}}),),
    ),
    # Spelling.
    Case("in both cases", (allow("IaM:pAsSrOlE"), allow("EC2:runinstances"))),
    Case("with a question mark", (allow("iam:?ttachRolePolicy"),)),
    Case("by the end of names", (allow("iam:*Policy"),)),
    Case("twice the asterisk", (allow("**"),)),
    Case("any service's action of that name", (allow("*:AttachRolePolicy"),)),
    Case("any partition, service, region and account", (allow("iam:PutUserPolicy", "arn:*:*:*:*:*"),)),
    Case("all roles by a question mark", (allow("iam:PutRolePolicy", f"{ROLE}/?*"),)),
    Case("elements in lower case", ({"effect": "Allow", "action": ATTACH, "resource": "*"},)),
    Case("a Sid that says Deny", (allow(ATTACH, Sid="Deny"),)),
)
"""Each has a finding of severity high or critical."""

HARMLESS: tuple[Case, ...] = (
    # Allowed, and denied by other words.
    Case("everything denied", (allow("*"), deny("*:*"))),
    Case("everything of it denied, in capitals", (allow(ATTACH), deny("IAM:ATTACH*"))),
    Case("denied with a question mark", (allow(ATTACH), deny("iam:AttachRole?olicy"))),
    Case("everything but S3 denied", (allow("iam:*"), but("Deny", NotAction="s3:*"))),
    Case("everything but a bucket denied", (allow(ATTACH), but("Deny", Action="*", NotResource="arn:aws:s3:::a/*"))),
    Case("all roles denied by their ARN", (allow(ATTACH), deny(ATTACH, "arn:aws:iam::*:role/*"))),
    Case("all instances denied by their ARN", (*RUN, deny("ec2:RunInstances", "arn:aws:ec2:*:*:instance/*"))),
    Case("all roles of one's own account denied, in which alone it acts", (allow(ATTACH), deny(ATTACH, f"{ROLE}/*"))),
    Case("all of the account's roles denied", (allow(ATTACH, f"{ROLE}/app-*"), deny(ATTACH, f"{ROLE}/*"))),
    Case(
        "denied since 2020",
        (allow(ATTACH), deny("*", "*", {"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}})),
    ),
    Case("denied to every principal", (allow(ATTACH), deny("*", "*", {"StringLike": {"aws:PrincipalArn": "*"}}))),
    Case(
        "denied for any tag or none",
        (allow(ATTACH), deny("*", "*", {"StringLikeIfExists": {"aws:PrincipalTag/team": "*"}})),
    ),
    Case(
        "all services denied but one that nothing here starts",
        (*RUN, deny("iam:PassRole", "*", {"StringNotEquals": {PASSED: "ecs-tasks.amazonaws.com"}})),
    ),
    Case(
        "the one service denied that is started here",
        (*RUN, deny("iam:PassRole", "*", {"StringEquals": {PASSED: "ec2.amazonaws.com"}})),
    ),
    # Allowed for nothing.
    Case("nothing but all roles is left out", (but("Allow", Action=ATTACH, NotResource="arn:aws:iam::*:role/*"),)),
    Case("everything is left out", (but("Allow", Action=ATTACH, NotResource="*"),)),
    Case("no action is left", (but("Allow", NotAction="*"),)),
    Case("no effect", ({"Action": ATTACH, "Resource": "*"},)),
    Case("a number for a resource", ({"Effect": "Allow", "Action": ATTACH, "Resource": 1},)),
    Case("an action in letters that only look so", (allow("іam:AttachRolePolicy"),)),
    Case(
        "an access policy on a cluster", (allow("eks:AssociateAccessPolicy", f"arn:aws:eks:us-east-1:{OWN}:cluster/*"),)
    ),
    Case(
        "a value, and another one",
        (
            allow(
                ATTACH,
                "*",
                {"StringEquals": {"aws:PrincipalAccount": OWN}, "StringNotEquals": {"aws:PrincipalAccount": OWN}},
            ),
        ),
    ),
    Case(
        "a pattern that is taken for plain text",
        (allow(ATTACH, "*", {"StringEquals": {"aws:PrincipalArn": "arn:aws:iam::*:role/x"}}),),
    ),
    Case("no value at all", (allow(ATTACH, "*", {"StringEquals": {"aws:PrincipalArn": []}}),)),
    Case(
        "between two times that exclude each other",
        (
            allow(
                ATTACH,
                "*",
                {
                    "DateGreaterThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"},
                    "DateLessThan": {"aws:CurrentTime": "2029-01-01T00:00:00Z"},
                },
            ),
        ),
    ),
    # Allowed for what is one's own, or named.
    Case("its own keys in whichever account", (allow("iam:CreateAccessKey", "arn:aws:iam::*:user/${aws:username}"),)),
    Case(
        "its own second factor",
        (
            allow(
                ["iam:CreateVirtualMFADevice", "iam:EnableMFADevice", "iam:DeactivateMFADevice"],
                ["arn:aws:iam::*:mfa/*", "arn:aws:iam::*:user/${aws:username}"],
            ),
        ),
    ),
    Case(
        "the functions of one's own team",
        (
            allow(
                "lambda:UpdateFunctionCode", "*", {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}
            ),
        ),
    ),
    Case(
        "by CloudFormation alone",
        (
            allow(
                "lambda:UpdateFunctionCode",
                "*",
                {"ForAnyValue:StringEquals": {"aws:CalledVia": "cloudformation.amazonaws.com"}},
            ),
        ),
    ),
    Case(
        "instances with one profile",
        (
            RUN[0],
            allow(
                "ec2:RunInstances",
                "*",
                {"ArnEquals": {"ec2:InstanceProfile": f"arn:aws:iam::{OWN}:instance-profile/web"}},
            ),
        ),
    ),
    Case(
        "tasks of one cluster",
        (
            allow(
                "ecs:ExecuteCommand",
                "*",
                {"ArnEquals": {"ecs:cluster": f"arn:aws:ecs:us-east-1:{OWN}:cluster/dev"}},
            ),
        ),
    ),
    Case("by a service alone", (*RUN[1:], allow("iam:PassRole", "*", {"Bool": {"aws:ViaAWSService": "true"}}))),
    Case(
        "a document, and no instance to run it on",
        (allow("ssm:SendCommand", "arn:aws:ssm:*:*:document/AWS-RunShellScript"),),
    ),
    Case("one role's entry, whatever the account's other ones are", (allow("eks:DescribeAccessEntry", ENTRIES),)),
    Case(
        "everything that is read",
        (
            allow(
                [
                    "iam:Get*",
                    "iam:List*",
                    "iam:Generate*",
                    "iam:Simulate*",
                    "eks:Describe*",
                    "eks:List*",
                    "ec2:Describe*",
                ]
            ),
        ),
    ),
)
"""None has a finding of severity high or critical."""
