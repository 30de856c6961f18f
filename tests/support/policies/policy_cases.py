"""Policies of permissions with their expected findings: cases of the tests, and of a comparison with other tools.

The escalation paths are those that https://pathfinding.cloud lists, each by the actions that it needs.
"""

from typing import Any, NamedTuple

OWN = "111122223333"
ROLE = f"arn:aws:iam::{OWN}:role"
CLUSTERS = f"arn:aws:eks:us-east-1:{OWN}:cluster/*"
ENTRIES = f"arn:aws:eks:us-east-1:{OWN}:access-entry/prod/*"
VIEW = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
CLUSTER_ADMIN = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"

ACCESS_POLICY = "arn:aws:eks::aws:cluster-access-policy/"
ADMINS = [f"{ACCESS_POLICY}AmazonEKSClusterAdminPolicy", f"{ACCESS_POLICY}AmazonEKSAdminPolicy"]

Statement = dict[str, Any]


class Case(NamedTuple):
    name: str
    statements: tuple[Statement, ...]
    rule: str = ""
    message: str = ""


def allow(action: object, resource: object = "*", condition: Statement | None = None, **more: Any) -> Statement:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return statement | ({"Condition": condition} if condition else {}) | more


def deny(action: object, resource: object = "*", condition: Statement | None = None) -> Statement:
    return {**allow(action, resource, condition), "Effect": "Deny"}


def without(statement: Statement, *names: str) -> Statement:
    return {name: value for name, value in statement.items() if name not in names}


PATHS: tuple[str, ...] = (
    "apprunner:UpdateService",
    "batch:SubmitJob",
    "bedrock-agentcore:StartCodeInterpreterSession bedrock-agentcore:InvokeCodeInterpreter",
    "cloudformation:CreateChangeSet cloudformation:ExecuteChangeSet",
    "cloudformation:UpdateStack",
    "codebuild:StartBuild",
    "codebuild:StartBuildBatch",
    "codedeploy:CreateDeployment codedeploy:RegisterApplicationRevision codedeploy:GetDeploymentConfig",
    "ec2-instance-connect:SendSSHPublicKey ec2:DescribeInstances",
    "ec2:CreateLaunchTemplateVersion ec2:ModifyLaunchTemplate",
    "ec2:ModifyInstanceAttribute ec2:StopInstances ec2:StartInstances",
    "ecs:ExecuteCommand ecs:DescribeTasks",
    "glue:UpdateDevEndpoint",
    "iam:AddUserToGroup",
    "iam:AttachGroupPolicy",
    "iam:AttachRolePolicy",
    "iam:AttachRolePolicy iam:UpdateAssumeRolePolicy",
    "iam:AttachRolePolicy sts:AssumeRole",
    "iam:AttachUserPolicy",
    "iam:AttachUserPolicy iam:CreateAccessKey",
    "iam:CreateAccessKey",
    "iam:CreateAccessKey iam:DeleteAccessKey",
    "iam:CreateLoginProfile",
    "iam:CreatePolicyVersion",
    "iam:CreatePolicyVersion iam:UpdateAssumeRolePolicy",
    "iam:CreatePolicyVersion sts:AssumeRole",
    "iam:PassRole apprunner:CreateService",
    "iam:PassRole autoscaling:CreateAutoScalingGroup autoscaling:CreateLaunchConfiguration",
    "iam:PassRole batch:RegisterJobDefinition batch:SubmitJob",
    "iam:PassRole bedrock-agentcore:CreateAgentRuntime bedrock-agentcore:InvokeAgentRuntimeCommand",
    "iam:PassRole bedrock-agentcore:CreateBrowser bedrock-agentcore:StartBrowserSession",
    "iam:PassRole bedrock-agentcore:CreateCodeInterpreter bedrock-agentcore:InvokeCodeInterpreter",
    "iam:PassRole bedrock-agentcore:CreateHarness bedrock-agentcore:InvokeAgentRuntimeCommand",
    "iam:PassRole braket:CreateJob",
    "iam:PassRole cloudformation:CreateStack",
    "iam:PassRole cloudformation:CreateStackSet cloudformation:CreateStackInstances",
    "iam:PassRole cloudformation:UpdateStackSet",
    "iam:PassRole codebuild:CreateProject codebuild:StartBuild",
    "iam:PassRole codebuild:CreateProject codebuild:StartBuildBatch",
    "iam:PassRole cognito-identity:SetIdentityPoolRoles",
    "iam:PassRole datapipeline:CreatePipeline datapipeline:PutPipelineDefinition datapipeline:ActivatePipeline",
    "iam:PassRole ec2:RequestSpotInstances",
    "iam:PassRole ec2:RunInstances",
    "iam:PassRole ecs:RegisterTaskDefinition ecs:CreateService",
    "iam:PassRole ecs:RegisterTaskDefinition ecs:StartTask",
    "iam:PassRole ecs:RunTask",
    "iam:PassRole elasticmapreduce:RunJobFlow",
    "iam:PassRole emr-serverless:CreateApplication emr-serverless:StartJobRun",
    "iam:PassRole gamelift:CreateBuild gamelift:CreateFleet gamelift:RequestUploadCredentials",
    "iam:PassRole glue:CreateDevEndpoint",
    "iam:PassRole glue:CreateJob glue:CreateTrigger",
    "iam:PassRole glue:CreateJob glue:StartJobRun",
    "iam:PassRole glue:UpdateJob glue:CreateTrigger",
    "iam:PassRole glue:UpdateJob glue:StartJobRun",
    "iam:PassRole imagebuilder:CreateInfrastructureConfiguration imagebuilder:CreateImage",
    "iam:PassRole kinesisanalytics:CreateApplication kinesisanalytics:StartApplication",
    "iam:PassRole lambda:CreateFunction lambda:AddPermission",
    "iam:PassRole lambda:CreateFunction lambda:CreateEventSourceMapping",
    "iam:PassRole lambda:CreateFunction lambda:CreateEventSourceMapping dynamodb:CreateTable dynamodb:PutItem",
    "iam:PassRole lambda:CreateFunction lambda:InvokeFunction",
    "iam:PassRole omics:CreateWorkflow omics:StartRun",
    "iam:PassRole sagemaker:CreateNotebookInstance",
    "iam:PassRole sagemaker:CreateProcessingJob",
    "iam:PassRole sagemaker:CreateTrainingJob",
    "iam:PassRole ssm:CreateDocument ssm:StartAutomationExecution",
    "iam:PutGroupPolicy",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
    "iam:PutRolePolicy iam:UpdateAssumeRolePolicy",
    "iam:PutUserPolicy",
    "iam:PutUserPolicy iam:CreateAccessKey",
    "iam:SetDefaultPolicyVersion",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateLoginProfile",
    "lambda:UpdateFunctionCode",
    "lambda:UpdateFunctionCode lambda:AddPermission",
    "lambda:UpdateFunctionCode lambda:InvokeFunction",
    "lambda:UpdateFunctionConfiguration",
    "sagemaker:CreateNotebookInstanceLifecycleConfig sagemaker:StopNotebookInstance sagemaker:UpdateNotebookInstance"
    " sagemaker:StartNotebookInstance",
    "sagemaker:CreatePresignedNotebookInstanceUrl",
    "ssm:RegisterTaskWithMaintenanceWindow",
    "ssm:SendCommand",
    "ssm:StartSession",
    "sts:AssumeRole",
    # EKS's own, which no list has.
    "eks:AssociateAccessPolicy",
    "eks:AssociateIdentityProviderConfig",
    "eks:CreateAccessEntry",
    "eks:CreateAccessEntry eks:AssociateAccessPolicy",
    "eks:UpdateAccessEntry",
    "eks:UpdateClusterConfig",
    "iam:PassRole eks:CreateAddon",
    "iam:PassRole eks:CreateCapability",
    "iam:PassRole eks:CreateFargateProfile",
    "iam:PassRole eks:CreateNodegroup",
    "iam:PassRole eks:CreatePodIdentityAssociation",
    "iam:PassRole eks:UpdatePodIdentityAssociation",
)

PASSED = "iam:PassedToService"
POLICY_ARN = "iam:PolicyARN"
BOUNDARY = "iam:PermissionsBoundary"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
LIMITS = f"arn:aws:iam::{OWN}:policy/limits"

BAD: tuple[Case, ...] = (
    # Breadth.
    Case("everything", (allow("*"),), "iam-policy-admin"),
    Case("everything, written longer", (allow("*:*"),), "iam-policy-admin"),
    Case("everything, in the second statement", (allow("s3:ListAllMyBuckets"), allow("*")), "iam-policy-admin"),
    Case("everything in a service", (allow("eks:*"),), "iam-policy-service-wildcard"),
    Case("everything in a service, written longer", (allow("s3:**"),), "iam-policy-service-wildcard"),
    Case("everything on one bucket", (allow("*", "arn:aws:s3:::logs/*"),), "iam-policy-service-wildcard"),
    Case("everything that changes policies", (allow("iam:*Policy"),), "iam-policy-action-wildcard"),
    Case("everything but IAM", (without(allow(None, NotAction="iam:*"), "Action"),), "iam-policy-not-action"),
    Case(
        "everywhere but there",
        (without(allow("s3:DeleteObject", NotResource="arn:aws:s3:::logs/*"), "Resource"),),
        "iam-policy-not-resource",
    ),
    Case("any resource for a write", (allow("s3:PutObject"),), "iam-policy-resource-wildcard"),
    Case("any resource for a read", (allow("eks:DescribeCluster"),), "iam-policy-resource-wildcard-read"),
    Case(
        "the data of any resource",
        (allow(["s3:GetObject", "dynamodb:Scan"]),),
        "iam-policy-data-read",
        "can read the objects in buckets (s3:GetObject); can read the items of tables (dynamodb:Scan)",
    ),
    Case("any role to any service", (allow("iam:PassRole"),), "iam-pass-role-any"),
    # Names.
    Case(
        "a misspelt action",
        (allow("eks:DescribCluster"),),
        "iam-policy-unknown-action",
        "did you mean eks:DescribeCluster",
    ),
    Case(
        "a misspelt service",
        (allow("ek:DescribeCluster"),),
        "iam-policy-unknown-action",
        "did you mean eks:DescribeCluster",
    ),
    Case("a pattern that matches nothing", (allow("eks:Descrbe*"),), "iam-policy-unknown-action", "matches no action"),
    Case(
        "a misspelt action that is denied",
        (deny("iam:AtachRolePolicy"),),
        "iam-policy-unknown-action",
        "denies nothing",
    ),
    Case(
        "a misspelt condition key",
        (allow("s3:GetObject", "arn:aws:s3:::a/*", {"StringEquals": {"aws:PrincipleOrgID": "o-1"}}),),
        "iam-policy-unknown-condition-key",
        "aws:PrincipalOrgID",
    ),
    Case(
        "a key of another action",
        (allow("eks:CreateAccessEntry", CLUSTERS, {"ArnEquals": {"eks:policyArn": VIEW}}),),
        "iam-policy-unknown-condition-key",
    ),
    Case(
        "an access policy on a cluster",
        (allow("eks:AssociateAccessPolicy", CLUSTERS),),
        "iam-policy-resource-mismatch",
        "access-entry",
    ),
    Case("a list on a cluster", (allow("eks:ListClusters", CLUSTERS),), "iam-policy-resource-mismatch", "needs '*'"),
    Case("an object's action on a role", (allow("s3:GetObject", f"{ROLE}/x"),), "iam-policy-resource-mismatch"),
    Case(
        "a policy of AWS's own",
        (allow("iam:CreatePolicyVersion", "arn:aws:iam::aws:policy/x-*"),),
        "iam-policy-resource-mismatch",
    ),
    # Escalation, in ways that hide it.
    Case(
        "policies whose names begin so",
        (allow("iam:CreatePolicyVersion", f"arn:aws:iam::{OWN}:policy/app-*"),),
        "iam-escalation-policies",
    ),
    Case("every role by its ARN", (allow("iam:AttachRolePolicy", f"{ROLE}/*"),), "iam-escalation-policies"),
    Case("every role of a path", (allow("iam:PutRolePolicy", f"{ROLE}/teams/*"),), "iam-escalation-policies"),
    Case(
        "its own user",
        (allow("iam:PutUserPolicy", f"arn:aws:iam::{OWN}:user/${{aws:username}}"),),
        "iam-escalation-policies",
    ),
    Case("by a wildcard", (allow("iam:Attach*"),), "iam-escalation-policies"),
    Case(
        "by what is left out",
        (without(allow(None, NotAction=["iam:Create*", "iam:Attach*"]), "Action"),),
        "iam-escalation-policies",
    ),
    Case(
        "after a time that is over",
        (allow("iam:CreatePolicyVersion", "*", {"DateGreaterThan": {"aws:TokenIssueTime": "2020-01-01T00:00:01Z"}}),),
        "iam-escalation-policies",
    ),
    Case(
        "with MFA",
        (allow("iam:AttachUserPolicy", "*", {"Bool": {"aws:MultiFactorAuthPresent": "true"}}),),
        "iam-escalation-policies",
    ),
    Case(
        "with an administrator's policy",
        (allow("iam:AttachRolePolicy", "*", {"ArnEquals": {POLICY_ARN: [READ_ONLY, ADMINISTRATOR]}}),),
        "iam-escalation-policies",
    ),
    Case(
        "with any policy of AWS's",
        (allow("iam:AttachRolePolicy", "*", {"ArnLike": {POLICY_ARN: "arn:aws:iam::aws:policy/*"}}),),
        "iam-escalation-policies",
    ),
    Case(
        "with a boundary if there is one",
        (allow("iam:PutRolePolicy", "*", {"StringEqualsIfExists": {BOUNDARY: LIMITS}}),),
        "iam-escalation-policies",
    ),
    Case(
        "without one policy",
        (allow("iam:AttachRolePolicy", "*", {"ArnNotEquals": {POLICY_ARN: ADMINISTRATOR}}),),
        "iam-escalation-policies",
    ),
    Case("one of two paths denied", (allow("iam:*"), deny("iam:CreatePolicyVersion")), "iam-escalation-policies"),
    Case(
        "denied for one role only",
        (allow("iam:AttachRolePolicy"), deny("iam:AttachRolePolicy", f"{ROLE}/admin")),
        "iam-escalation-policies",
    ),
    Case(
        "denied without MFA only",
        (allow("iam:AttachRolePolicy"), deny("iam:*", "*", {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}})),
        "iam-escalation-policies",
    ),
    Case("by an ARN that ends early", (allow("iam:AttachRolePolicy", "arn:aws:iam::*"),), "iam-escalation-policies"),
    Case("in capitals", (allow("IAM:CREATEPOLICYVERSION"),), "iam-escalation-policies"),
    Case("in two statements", (allow("iam:PassRole"), allow("ec2:RunInstances")), "iam-escalation-pass-role"),
    Case(
        "with a service that fits",
        (
            allow("iam:PassRole", "*", {"StringEquals": {PASSED: "lambda.amazonaws.com"}}),
            allow(["lambda:CreateFunction", "lambda:InvokeFunction"]),
        ),
        "iam-escalation-pass-role",
    ),
    Case(
        "with any service",
        (allow("iam:PassRole", "*", {"StringLike": {PASSED: "*"}}), allow("ec2:RunInstances")),
        "iam-escalation-pass-role",
    ),
    Case(
        "a role by the beginning of its name",
        (allow(["iam:PassRole"], f"{ROLE}/app-*"), allow("ec2:RunInstances")),
        "iam-escalation-confined",
    ),
    Case("policies for one role", (allow("iam:AttachRolePolicy", f"{ROLE}/app"),), "iam-escalation-confined"),
    # EKS.
    Case("everything in EKS", (allow("eks:*"),), "eks-escalation-access-policies"),
    Case(
        "entries and their policies",
        (allow("eks:CreateAccessEntry", CLUSTERS), allow("eks:AssociateAccessPolicy", ENTRIES)),
        "eks-escalation-access-policies",
        "give any principal access to a cluster",
    ),
    Case(
        "an administrator's policy",
        (allow("eks:AssociateAccessPolicy", ENTRIES, {"ArnEquals": {"eks:policyArn": [VIEW, CLUSTER_ADMIN]}}),),
        "eks-escalation-access-policies",
    ),
    Case(
        "any access policy",
        (
            allow(
                "eks:AssociateAccessPolicy",
                ENTRIES,
                {"ArnLike": {"eks:policyArn": "arn:aws:eks::aws:cluster-access-policy/*"}},
            ),
        ),
        "eks-escalation-access-policies",
    ),
    Case(
        "an access policy if there is one",
        (allow("eks:AssociateAccessPolicy", ENTRIES, {"ArnEqualsIfExists": {"eks:policyArn": VIEW}}),),
        "eks-escalation-access-policies",
    ),
    Case(
        "namespaces, where cluster scope has none",
        (allow("eks:AssociateAccessPolicy", ENTRIES, {"ForAllValues:StringEquals": {"eks:namespaces": ["payments"]}}),),
        "eks-escalation-access-policies",
    ),
    Case(
        "namespaces, kube-system among them",
        (
            allow(
                "eks:AssociateAccessPolicy",
                ENTRIES,
                {
                    "StringEquals": {"eks:accessScope": "namespace"},
                    "ForAllValues:StringLike": {"eks:namespaces": ["*"]},
                },
            ),
        ),
        "eks-escalation-access-policies",
    ),
    Case(
        "one of the namespaces",
        (
            allow(
                "eks:AssociateAccessPolicy",
                ENTRIES,
                {
                    "StringEquals": {"eks:accessScope": "namespace"},
                    "ForAnyValue:StringEquals": {"eks:namespaces": ["payments"]},
                },
            ),
        ),
        "eks-escalation-access-policies",
    ),
    Case(
        "an administrator's policy, where only the other one is denied",
        (
            allow("eks:AssociateAccessPolicy", ENTRIES),
            deny("eks:AssociateAccessPolicy", "*", {"ArnEquals": {"eks:policyArn": CLUSTER_ADMIN}}),
        ),
        "eks-escalation-access-policies",
    ),
    Case(
        "administrators' policies, denied by patterns under an operator that knows none",
        (
            allow("eks:AssociateAccessPolicy", ENTRIES),
            deny("eks:AssociateAccessPolicy", "*", {"StringEquals": {"eks:policyArn": f"{ACCESS_POLICY}*AdminPolicy"}}),
        ),
        "eks-escalation-access-policies",
    ),
    Case(
        "administrators' policies, denied by an ARN with too few parts",
        (
            allow("eks:AssociateAccessPolicy", ENTRIES),
            deny("eks:AssociateAccessPolicy", "*", {"ArnLike": {"eks:policyArn": "arn:*AdminPolicy"}}),
        ),
        "eks-escalation-access-policies",
    ),
    Case(
        "administrators' policies, denied for another cluster's entries",
        (
            allow("eks:AssociateAccessPolicy"),
            deny("eks:AssociateAccessPolicy", ENTRIES, {"ArnEquals": {"eks:policyArn": ADMINS}}),
        ),
        "eks-escalation-access-policies",
    ),
    Case(
        "administrators' policies, denied together with MFA",
        (
            allow("eks:AssociateAccessPolicy", ENTRIES),
            deny(
                "eks:AssociateAccessPolicy",
                "*",
                {
                    "ArnEquals": {"eks:policyArn": ADMINS},
                    "BoolIfExists": {"aws:MultiFactorAuthPresent": "false"},
                },
            ),
        ),
        "eks-escalation-access-policies",
    ),
    Case(
        "everything but cluster scope, and any namespace",
        (
            allow("eks:AssociateAccessPolicy", ENTRIES),
            deny("eks:AssociateAccessPolicy", "*", {"StringEquals": {"eks:accessScope": "cluster"}}),
        ),
        "eks-escalation-access-policies",
    ),
    Case(
        "groups, denied where all are others, so that one known group is enough",
        (
            allow("eks:UpdateAccessEntry", ENTRIES, {"StringEquals": {"eks:username": "viewer"}}),
            deny("eks:UpdateAccessEntry", "*", {"ForAllValues:StringNotEquals": {"eks:kubernetesGroups": ["viewers"]}}),
        ),
        "eks-escalation-access-entries",
    ),
    Case(
        "cluster scope",
        (allow("eks:AssociateAccessPolicy", ENTRIES, {"StringEquals": {"eks:accessScope": "cluster"}}),),
        "eks-escalation-access-policies",
    ),
    Case(
        "every role's entry",
        (allow("eks:AssociateAccessPolicy", f"arn:aws:eks:us-east-1:{OWN}:access-entry/prod/role/{OWN}/*"),),
        "eks-escalation-access-policies",
    ),
    Case(
        "one role's entry",
        (allow("eks:AssociateAccessPolicy", f"arn:aws:eks:us-east-1:{OWN}:access-entry/prod/role/{OWN}/app/*"),),
        "iam-escalation-confined",
    ),
    Case("groups of one's choice", (allow("eks:UpdateAccessEntry", ENTRIES),), "eks-escalation-access-entries"),
    Case(
        "a username of one's choice",
        (
            allow(
                "eks:UpdateAccessEntry", ENTRIES, {"ForAllValues:StringEquals": {"eks:kubernetesGroups": ["viewers"]}}
            ),
        ),
        "eks-escalation-access-entries",
    ),
    Case(
        "a role for pods",
        (
            allow("eks:CreatePodIdentityAssociation", CLUSTERS),
            allow("iam:PassRole", "*", {"StringEquals": {PASSED: "pods.eks.amazonaws.com"}}),
        ),
        "eks-escalation-workload-roles",
    ),
    Case("the authentication mode", (allow("eks:UpdateClusterConfig", CLUSTERS),), "eks-escalation-authentication"),
    Case(
        "an identity provider",
        (allow("eks:AssociateIdentityProviderConfig", CLUSTERS),),
        "eks-escalation-authentication",
    ),
    # Form.
    Case(
        "a condition that is over",
        (allow("s3:GetObject", "arn:aws:s3:::a/*", {"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}),),
        "iam-policy-condition-never",
    ),
    Case("a principal", (allow("s3:GetObject", "arn:aws:s3:::a/*", None, Principal="*"),), "iam-document-malformed"),
    Case("no resource", (without(allow("s3:GetObject"), "Resource"),), "iam-document-malformed"),
    Case(
        "twice the same",
        (allow("s3:GetObject", "arn:aws:s3:::a/*"), allow("s3:GetObject", "arn:aws:s3:::a/*")),
        "iam-document-duplicate",
    ),
    Case(
        "covered already",
        (allow(["eks:DescribeCluster", "eks:Describe*"], CLUSTERS),),
        "iam-document-duplicate",
        "is covered by",
    ),
    Case(
        "too large",
        (allow("s3:GetObject", [f"arn:aws:s3:::bucket-{number}/*" for number in range(500)]),),
        "iam-document-size",
    ),
    Case(
        "almost too large",
        (allow("s3:GetObject", [f"arn:aws:s3:::bucket-{number:03}/*" for number in range(350)]),),
        "iam-document-size-near",
    ),
)

GOOD: tuple[Case, ...] = (
    Case("reading one cluster", (allow("eks:DescribeCluster", f"arn:aws:eks:us-east-1:{OWN}:cluster/prod"),)),
    Case("listing clusters", (allow("eks:ListClusters"),)),
    Case(
        "reading and writing objects of one bucket",
        (allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::logs/*"), allow("s3:ListBucket", "arn:aws:s3:::logs")),
    ),
    Case("allowed and denied", (allow("iam:*"), deny("iam:*"))),
    Case("only denied", (deny("iam:*"),)),
    Case(
        "denied but for reading",
        (allow(["s3:GetObject"], "arn:aws:s3:::a/*"), {"Effect": "Deny", "NotAction": "s3:Get*", "Resource": "*"}),
    ),
    Case("its own keys", (allow("iam:CreateAccessKey", f"arn:aws:iam::{OWN}:user/${{aws:username}}"),)),
    Case(
        "one role to one service",
        (
            allow("iam:PassRole", f"{ROLE}/task", {"StringEquals": {PASSED: "ecs-tasks.amazonaws.com"}}),
            allow("ecs:RunTask", f"arn:aws:ecs:us-east-1:{OWN}:task-definition/app:1"),
        ),
    ),
    Case("a role that is named", (allow("sts:AssumeRole", "arn:aws:iam::222233334444:role/Auditor"),)),
    Case("a role of that name in every account", (allow("sts:AssumeRole", "arn:aws:iam::*:role/Auditor"),)),
    Case(
        "policies that are named, for roles of a path",
        (allow("iam:AttachRolePolicy", f"{ROLE}/app/*", {"ArnEquals": {POLICY_ARN: READ_ONLY}}),),
    ),
    Case(
        "policies within a boundary",
        (allow("iam:PutRolePolicy", f"{ROLE}/app/*", {"StringEquals": {BOUNDARY: LIMITS}}),),
    ),
    Case(
        "policies, denied without a boundary",
        (
            allow("iam:PutRolePolicy", f"{ROLE}/app/*"),
            deny("iam:PutRolePolicy", "*", {"StringNotEquals": {BOUNDARY: LIMITS}}),
        ),
    ),
    Case(
        "the code of one function",
        (allow("lambda:UpdateFunctionCode", f"arn:aws:lambda:us-east-1:{OWN}:function:app"),),
    ),
    Case(
        "passing to another service than is there",
        (
            allow("iam:PassRole", f"{ROLE}/app-*", {"StringEquals": {PASSED: "eks.amazonaws.com"}}),
            allow("ec2:RunInstances", f"arn:aws:ec2:us-east-1:{OWN}:instance/*"),
        ),
    ),
    Case(
        "a view of the cluster for others",
        (allow("eks:AssociateAccessPolicy", ENTRIES, {"ArnEquals": {"eks:policyArn": VIEW}}),),
    ),
    Case(
        "a grant of access policies, with the administrators' denied",
        (
            allow("eks:AssociateAccessPolicy", [CLUSTERS, ENTRIES]),
            deny("eks:AssociateAccessPolicy", ENTRIES, {"StringEquals": {"eks:policyArn": ADMINS}}),
        ),
    ),
    Case(
        "administrators' policies left out one by one, and by a pattern",
        (
            allow("eks:AssociateAccessPolicy", ENTRIES, {"ArnNotEquals": {"eks:policyArn": ADMINS[0]}}),
            deny("eks:*", "*", {"ArnLike": {"eks:policyArn": "arn:*:eks::*:cluster-access-policy/*AdminPolicy"}}),
        ),
    ),
    Case(
        "any policy, with every other scope than named namespaces denied",
        (
            allow("eks:AssociateAccessPolicy", ENTRIES),
            deny("eks:AssociateAccessPolicy", "*", {"StringNotEquals": {"eks:accessScope": "namespace"}}),
            deny("eks:AssociateAccessPolicy", "*", {"ForAnyValue:StringNotEquals": {"eks:namespaces": ["payments"]}}),
        ),
    ),
    Case(
        "any policy in named namespaces, with cluster scope denied",
        (
            allow(
                "eks:AssociateAccessPolicy", ENTRIES, {"ForAllValues:StringEquals": {"eks:namespaces": ["payments"]}}
            ),
            deny("eks:AssociateAccessPolicy", "*", {"StringEquals": {"eks:accessScope": "cluster"}}),
        ),
    ),
    Case(
        "entries, with other groups and usernames denied",
        (
            allow("eks:UpdateAccessEntry", ENTRIES),
            deny("eks:UpdateAccessEntry", "*", {"ForAnyValue:StringNotEquals": {"eks:kubernetesGroups": ["viewers"]}}),
            deny("eks:UpdateAccessEntry", "*", {"StringNotEquals": {"eks:username": "viewer"}}),
        ),
    ),
    Case(
        "settings, with the step to access entries denied",
        (
            allow("eks:UpdateClusterConfig", f"arn:aws:eks:us-east-1:{OWN}:cluster/prod"),
            deny("eks:UpdateClusterConfig", "*", {"StringEquals": {"eks:authenticationMode": "API_AND_CONFIG_MAP"}}),
        ),
    ),
    Case(
        "administrators of named namespaces",
        (
            allow(
                "eks:AssociateAccessPolicy",
                ENTRIES,
                {
                    "StringEquals": {"eks:accessScope": "namespace"},
                    "ForAllValues:StringEquals": {"eks:namespaces": ["payments"]},
                },
            ),
        ),
    ),
    Case(
        "an entry for a named principal",
        (allow("eks:CreateAccessEntry", CLUSTERS, {"ArnEquals": {"eks:principalArn": f"{ROLE}/app"}}),),
    ),
    Case(
        "entries with named groups and usernames",
        (
            allow(
                "eks:CreateAccessEntry",
                CLUSTERS,
                {
                    "ForAllValues:StringEquals": {"eks:kubernetesGroups": ["viewers"]},
                    "StringEquals": {"eks:username": "viewer"},
                },
            ),
        ),
    ),
    Case(
        "settings, but not the authentication mode",
        (
            allow(
                "eks:UpdateClusterConfig",
                f"arn:aws:eks:us-east-1:{OWN}:cluster/prod",
                {"Null": {"eks:authenticationMode": "true"}},
            ),
        ),
    ),
    Case(
        "one role for pods",
        (
            allow("eks:CreatePodIdentityAssociation", f"arn:aws:eks:us-east-1:{OWN}:cluster/prod"),
            allow("iam:PassRole", f"{ROLE}/app", {"StringEquals": {PASSED: "pods.eks.amazonaws.com"}}),
        ),
    ),
    Case(
        "shells on instances of one tag",
        (allow("ssm:StartSession", f"arn:aws:ec2:us-east-1:{OWN}:instance/i-0123456789abcdef0"),),
    ),
)
