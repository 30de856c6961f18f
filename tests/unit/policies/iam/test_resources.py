"""What a resource pattern reaches: AWS's service reference is not complete, and what it lacks may be granted."""

import pytest

from eks_access_policies.finding import Severity
from eks_access_policies.iam import evaluate_policy
from eks_access_policies.iam.actions import find_action, resource_types
from eks_access_policies.iam.aws_policies import find_aws_policy, load_aws_policies
from eks_access_policies.iam.resources import Reach, compute_reach
from eks_access_policies.review.aws.grading import grade
from eks_access_policies.review.aws.permissions import AwsPermission
from tests.support.policies.policy_cases import OWN, allow

MISMATCH = "iam-policy-resource-mismatch"
ANY = f"arn:aws:{{}}:us-east-1:{OWN}"
ELB = "arn:aws:elasticloadbalancing:*:*"


def mismatches(actions: object, resources: object) -> list[str]:
    found = evaluate_policy({"Version": "2012-10-17", "Statement": [allow(actions, resources)]})
    return [each.message for each in found if each.rule.id == MISMATCH]


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        # AWS's own resources have no account, or the account "aws".
        ("ssm:GetParameter", "arn:aws:ssm:us-west-2::parameter/aws/service/*"),
        ("ssm:GetParametersByPath", "arn:aws:ssm:*::parameter/aws/service/eks/optimized-ami/*"),
        ("ssm:GetDocument", "arn:aws:ssm:*::document/AWS-*"),
        ("ssm:SendCommand", "arn:aws:ssm:*::document/AWS-RunShellScript"),
        ("iam:GetPolicyVersion", "arn:aws:iam::aws:policy/ReadOnlyAccess"),
        ("cloudformation:CreateChangeSet", "arn:aws:cloudformation:*:aws:transform/Serverless-2016-10-31"),
        ("imagebuilder:GetImage", "arn:aws:imagebuilder:*:aws:image/*"),
        # Tags are set on more types than are listed; Elastic Load Balancing has two lists for one prefix.
        ("elasticloadbalancing:AddTags", f"{ELB}:targetgroup/*/*"),
        ("elasticloadbalancing:RemoveTags", f"{ELB}:listener-rule/app/*/*/*"),
        ("elasticloadbalancing:AddTags", f"{ELB}:loadbalancer/net/*/*"),
        ("glue:GetTags", "arn:aws:glue:*:*:registry/*"),
        ("aws-marketplace:ListTagsForResource", "arn:aws:aws-marketplace:*:*:AWSMarketplace/*"),
        # Several forms of one type in one text.
        ("apigateway:GET", "arn:aws:apigateway:us-east-1::/restapis/*/stages/*"),
        ("apigateway:DELETE", "arn:aws:apigateway:us-east-1::/apis/*/integrations/*"),
        ("lex:PostText", f"{ANY.format('lex')}:bot:Order:Prod"),
        ("greengrass:GetDeploymentStatus", f"{ANY.format('greengrass')}:/greengrass/groups/*/deployments/*"),
        # A policy variable has a colon of its own.
        ("kms:Decrypt", "arn:aws:kms:us-east-1:${aws:PrincipalAccount}:key/*"),
        ("s3:GetObject", "arn:aws:s3:::${aws:PrincipalTag/bucket}/*"),
        ("s3:GetObject", f"{ANY.format('s3')}:accesspoint/reports/object/*"),
    ],
)
def test_what_an_action_acts_on_is_no_mismatch(action: str, resource: str) -> None:
    assert find_action(action), "AWS has the action"
    assert not mismatches(action, resource)


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        # https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-restrict-access-examples.html
        ("ssmmessages:OpenDataChannel", "arn:aws:ssm:*:*:session/${aws:userid}-*"),
        ("ssmmessages:CreateControlChannel", f"{ANY.format('eks')}:cluster/*"),
        # AWS names `cluster/*` in its AccessDenied for a list of clusters.
        ("eks:ListClusters", f"{ANY.format('eks')}:cluster/*"),
        ("logs:DescribeLogGroups", f"{ANY.format('logs')}:log-group:*"),
        ("s3:ListAllMyBuckets", "arn:aws:s3:::*"),
        ("rolesanywhere:CreateProfile", "arn:aws:rolesanywhere:*:*:profile/*"),
        ("iot:AttachPolicy", "arn:aws:iot:*:*:policy/panorama*"),
        ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:*:*:sqlworkbench!*"),
        ("lambda:UpdateFunctionCode", "arn:aws:lambda:*:function:*"),
    ],
)
def test_what_the_reference_does_not_list_is_not_said_to_grant_nothing(action: str, resource: str) -> None:
    (message,) = mismatches(action, resource)
    assert "may grant nothing, by AWS's service reference" in message
    assert "grants nothing" not in message


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("eks:AssociateAccessPolicy", f"{ANY.format('eks')}:cluster/*"),
        ("s3:GetObject", f"arn:aws:iam::{OWN}:role/x"),
        ("s3:GetObject", "arn:aws:s3:::bucket"),
        ("iam:PassRole", f"arn:aws:iam::{OWN}:user/x"),
        ("iam:PassRole", f"arn:aws:iam:us-east-1:{OWN}:role/x"),
        ("iam:CreatePolicyVersion", "arn:aws:iam::aws:policy/x-*"),
        ("kms:Decrypt", f"{ANY.format('kms')}:alias/x"),
        ("iam:PassRole", "arn:aws:iam:::role/x"),
        ("eks:DescribeCluster", "arn:aws:eks:us-east-1::cluster/x"),
        ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:us-east-1::secret:*"),
    ],
)
def test_what_is_certainly_nothing_to_an_action_is_said_to_grant_nothing(action: str, resource: str) -> None:
    (message,) = mismatches(action, resource)
    assert "grants nothing" in message
    assert compute_reach(resource, find_action(action) or pytest.fail(action)) is Reach.NONE


CONTRADICTIONS = {("aws-service-role/AWSElasticBeanstalkServiceRolePolicy", "eks:DeleteAccessEntry")}
"""Statements of AWS that its own reference contradicts: an access entry is deleted on a cluster's ARN."""


def test_no_statement_of_aws_is_said_to_grant_nothing() -> None:
    found = [
        (name, each.message.partition("grants nothing: ")[2].partition(" ")[0])
        for name, document in load_aws_policies().documents.items()
        for each in evaluate_policy(document)
        if each.rule.id == MISMATCH and "grants nothing" in each.message
    ]
    assert set(found) == CONTRADICTIONS


LOAD_BALANCER_CONTROLLER = (
    (["elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags"], f"{ELB}:targetgroup/*/*"),
    (["elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags"], f"{ELB}:listener/net/*/*/*"),
    (["elasticloadbalancing:RegisterTargets", "elasticloadbalancing:DeregisterTargets"], f"{ELB}:targetgroup/*/*"),
    (["ec2:CreateTags"], "arn:aws:ec2:*:*:security-group/*"),
)
KARPENTER = (
    (["ec2:RunInstances", "ec2:CreateFleet"], ["arn:aws:ec2:us-east-1::image/*", "arn:aws:ec2:us-east-1::snapshot/*"]),
    (["ec2:RunInstances", "ec2:CreateFleet"], "arn:aws:ec2:us-east-1:*:launch-template/*"),
    (["ec2:CreateTags"], ["arn:aws:ec2:us-east-1:*:fleet/*", "arn:aws:ec2:us-east-1:*:spot-instances-request/*"]),
    (["ssm:GetParameter"], "arn:aws:ssm:us-east-1::parameter/aws/service/*"),
    (["iam:CreateInstanceProfile", "iam:TagInstanceProfile"], f"arn:aws:iam::{OWN}:instance-profile/*"),
)


@pytest.mark.parametrize(("actions", "resources"), [*LOAD_BALANCER_CONTROLLER, *KARPENTER], ids=str)
def test_policies_that_controllers_publish_have_no_mismatch(actions: object, resources: object) -> None:
    assert not mismatches(actions, resources)


def test_an_escalation_on_resources_that_the_reference_does_not_list_is_found() -> None:
    found = evaluate_policy(find_aws_policy("arn:aws:iam::aws:policy/AWSRolesAnywhereFullAccess"), kind="aws")
    (escalation,) = (each for each in found if each.rule.id == "iam-escalation-identities")
    assert "rolesanywhere:CreateTrustAnchor and rolesanywhere:CreateProfile and iam:PassRole" in escalation.message


@pytest.mark.parametrize(
    ("actions", "resources", "rule"),
    [
        (
            ["rolesanywhere:UpdateTrustAnchor"],
            f"arn:aws:rolesanywhere:eu-west-1:{OWN}:trust-anchor/*",
            "iam-escalation-identities",
        ),
        (
            ["iam:PassRole", "elasticmapreduce:RunJobFlow"],
            ["arn:aws:iam::*:role/*", "arn:aws:elasticmapreduce:*:*:cluster/*"],
            "iam-escalation-pass-role",
        ),
        (["lambda:UpdateFunctionCode"], "arn:aws:lambda:*:function:*", "iam-escalation-workloads"),
        (["kms:Decrypt"], "arn:aws:kms:us-east-1:${aws:PrincipalAccount}:key/*", "iam-policy-data-read"),
    ],
)
def test_what_is_not_listed_counts_as_granted(actions: object, resources: object, rule: str) -> None:
    found = evaluate_policy({"Version": "2012-10-17", "Statement": [allow(actions, resources)]})
    assert rule in {each.rule.id for each in found if each.rule.severity >= Severity.HIGH}


def test_the_resources_of_a_statements_other_actions_are_not_taken_for_an_actions_own() -> None:
    one = f"{ANY.format('codebuild')}:project/app"
    statement = allow(["codebuild:StartBuild", "codebuild:BatchGetBuilds", "s3:GetObject"], [one, "arn:aws:s3:::a/*"])
    assert not [each for each in evaluate_policy({"Statement": [statement]}) if each.rule.severity >= Severity.HIGH]


def test_every_form_of_a_type_is_read() -> None:
    forms = resource_types("apigateway")["Stage"].arns
    assert [each.rpartition("::")[2] for each in forms] == [
        "/apis/${ApiId}/stages/${StageName}",
        "/restapis/${RestApiId}/stages/${StageName}",
    ]


@pytest.mark.parametrize(
    ("resource", "severity"),
    [
        ("arn:aws:secretsmanager:*:*:secret:*", Severity.HIGH),
        (f"arn:aws:secretsmanager:us-east-1:{OWN}:secret:*", Severity.HIGH),
        (f"arn:aws:secretsmanager:us-east-1:{OWN}:secret:app-*", Severity.MEDIUM),
        (f"arn:aws:secretsmanager:us-east-1:{OWN}:secret:app-123456", Severity.MEDIUM),
    ],
)
def test_the_review_grades_all_secrets_of_a_region_as_all_secrets(resource: str, severity: Severity) -> None:
    permission = AwsPermission("secretsmanager:GetSecretValue", resource, frozenset())
    assert grade(["secretsmanager:GetSecretValue"], [permission]) is severity


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("ssm:GetParameter", "arn:aws:ssm:*::parameter/*"),
        ("kms:Decrypt", "arn:aws:kms:*::key/*"),
        ("lambda:UpdateFunctionCode", "arn:aws:lambda:us-east-1:aws:function:*"),
    ],
)
def test_resources_of_aws_itself_are_none_of_ones_own(action: str, resource: str) -> None:
    found = evaluate_policy({"Version": "2012-10-17", "Statement": [allow(action, resource)]})
    assert not [each for each in found if each.rule.severity >= Severity.HIGH]
    own = resource.replace("::", f":{OWN}:").replace(":aws:function", f":{OWN}:function")
    found = evaluate_policy({"Version": "2012-10-17", "Statement": [allow(action, own)]})
    assert [each for each in found if each.rule.severity >= Severity.HIGH], own


def test_a_bucket_has_no_account() -> None:
    action = find_action("s3:GetObject")
    assert action is not None
    assert compute_reach("arn:aws:s3:::*/*", action) is Reach.ALL


@pytest.mark.parametrize(
    ("action", "resource", "reach"),
    [
        ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager", Reach.ALL),
        ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:*", Reach.ALL),
        ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:*:*", Reach.ALL),
        ("s3:GetObject", "arn:aws:s3:*", Reach.ALL),
        ("sts:AssumeRole", "arn:aws:iam::*", Reach.ALL),
        ("dynamodb:Scan", "arn:aws:dynamodb:*:table/*", Reach.ALL),
        ("dynamodb:Scan", "arn:aws:dynamodb:*:table/orders", Reach.ONE),
        ("dynamodb:Scan", "arn:aws:sqs", Reach.NONE),
    ],
)
def test_an_arn_with_fields_missing_is_completed_as_iam_does(action: str, resource: str, reach: Reach) -> None:
    known = find_action(action)
    assert known is not None
    assert compute_reach(resource, known) is reach
    assert bool(mismatches(action, resource)) is (reach is Reach.NONE)


def test_secrets_of_an_incomplete_arn_are_every_secret() -> None:
    found = evaluate_policy(
        {"Version": "2012-10-17", "Statement": [allow("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:*")]}
    )
    assert "iam-policy-data-read" in [each.rule.id for each in found]
