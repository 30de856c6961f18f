"""Which AWS calls are made, and which are evaluated in place of that: nothing may change, whoever is authorized."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from eks_access.integrations import vendors
from eks_access.manifest import models
from eks_access.model.expectations import ABSENT, AwsCall
from eks_access.model.integration import Profile
from eks_access_probe.checks.side_effects import is_absent, may_be_made
from eks_access_probe.identity import identities
from eks_access_probe.identity.aws_clients import Aws
from eks_access_probe.outcome import Verdict
from eks_access_probe.run.plan import NOT_MADE, build_plans
from tests.support.places import place
from tests.support.vendors import ARGUMENTS
from tests.support.world import World, answer, aws_call

ROLE = "arn:aws:iam::111122223333:role"
NO_INSTANCE = "i-00000000000000000"

READS: list[tuple[str, dict[str, Any]]] = [
    ("eks:DescribeCluster", {"name": "prod"}),
    ("eks:ListClusters", {}),
    ("iam:GetRole", {"RoleName": "admin"}),
    ("s3:ListAllMyBuckets", {}),
    ("secretsmanager:ListSecrets", {}),
    ("ec2:DescribeInstances", {"MaxResults": 5}),
    ("dynamodb:BatchGetItem", {}),
    ("iam:SimulatePrincipalPolicy", {}),
]
OF_WHAT_DOES_NOT_EXIST: list[tuple[str, dict[str, Any]]] = [
    ("eks:DeleteCluster", {"name": ABSENT}),
    ("eks:DeleteNodegroup", {"clusterName": "prod", "nodegroupName": ABSENT}),
    ("eks:CreateNodegroup", {"clusterName": ABSENT, "nodegroupName": "x"}),
    ("eks:CreateAccessEntry", {"clusterName": "prod", "principalArn": f"{ROLE}/{ABSENT}"}),
    ("eks:AssociateAccessPolicy", {"clusterName": "prod", "principalArn": f"{ROLE}/{ABSENT}", "policyArn": "x"}),
    ("iam:CreateAccessKey", {"UserName": ABSENT}),
    ("iam:PutRolePolicy", {"RoleName": ABSENT, "PolicyName": "x"}),
    ("ec2:TerminateInstances", {"InstanceIds": [NO_INSTANCE]}),
    ("ec2:TerminateInstances", {"InstanceIds": ["i-0123456789abcdef0"], "DryRun": True}),
    ("ec2:RunInstances", {"ImageId": "ami-1", "DryRun": True}),
    ("s3:DeleteBucket", {"Bucket": ABSENT}),
    ("secretsmanager:DeleteSecret", {"SecretId": ABSENT}),
    ("sns:Publish", {"TopicArn": f"arn:aws:sns:us-east-1:111122223333:{ABSENT}", "Message": "x"}),
    ("ssm:SendCommand", {"DocumentName": "AWS-RunShellScript", "InstanceIds": [NO_INSTANCE]}),
    ("glue:CreateTable", {"DatabaseName": ABSENT}),
    ("sagemaker:CreateTrial", {"TrialName": "x", "ExperimentName": ABSENT}),
    ("lambda:CreateAlias", {"FunctionName": ABSENT, "Name": "x"}),
    ("ssm:SendCommand", {"DocumentName": ABSENT, "InstanceIds": ["i-0123456789abcdef0"]}),
]
THAT_MAY_CHANGE_SOMETHING: list[tuple[str, dict[str, Any]]] = [
    ("eks:DeleteCluster", {"name": "prod"}),
    ("eks:deletecluster", {"name": "prod"}),
    ("eks:DeleteCluster", {}),
    ("eks:DeleteCluster", {"name": "prod", "clientRequestToken": ABSENT}),
    ("eks:UpdateClusterConfig", {"name": "prod", "accessConfig": {"authenticationMode": "API"}}),
    ("eks:DeleteNodegroup", {"clusterName": "prod", "nodegroupName": "workers"}),
    ("eks:CreateNodegroup", {"clusterName": "prod", "nodegroupName": ABSENT}),
    ("eks:CreateAddon", {"clusterName": "prod", "addonName": ABSENT}),
    ("eks:CreateAccessEntry", {"clusterName": "prod", "principalArn": f"{ROLE}/Admin", "username": ABSENT}),
    ("eks:DeleteAccessEntry", {"clusterName": "prod", "principalArn": f"{ROLE}/Admin"}),
    ("eks:TagResource", {"resourceArn": "arn:aws:eks:us-east-1:111122223333:cluster/prod", "tags": {"a": ABSENT}}),
    ("eks:CreateCluster", {"name": ABSENT}),
    ("eks:RegisterCluster", {"name": ABSENT}),
    # The reference calls them reads.
    ("iot:TestInvokeAuthorizer", {"authorizerName": "x"}),
    ("dms:TestConnection", {"EndpointArn": "x"}),
    # What is named is what they create, whatever the reference calls its kind.
    ("lambda:PublishLayerVersion", {"LayerName": ABSENT}),
    ("kafka:CreateClusterV2", {"clusterName": ABSENT}),
    ("rds:CreateOptionGroup", {"OptionGroupName": ABSENT}),
    ("rds:CreateEventSubscription", {"SubscriptionName": ABSENT}),
    ("wafv2:CreateWebACL", {"Name": ABSENT, "Scope": "REGIONAL"}),
    ("rum:CreateAppMonitor", {"Name": ABSENT}),
    ("sagemaker:CreateTrialComponent", {"TrialComponentName": ABSENT}),
    ("machinelearning:CreateDataSourceFromS3", {"DataSourceId": ABSENT}),
    ("cloudformation:CreateChangeSet", {"StackName": ABSENT, "ChangeSetType": "CREATE"}),
    ("iam:CreateUser", {"UserName": ABSENT}),
    ("iam:CreateRole", {"RoleName": ABSENT}),
    ("iam:PutRolePolicy", {"RoleName": "admin", "PolicyName": ABSENT}),
    ("iam:DeleteRole", {"RoleName": "admin"}),
    ("iam:AddUserToGroup", {"UserName": ABSENT, "GroupName": "admins"}),
    ("s3:CreateBucket", {"Bucket": ABSENT}),
    ("s3:PutObject", {"Bucket": "data", "Key": ABSENT}),
    ("ssm:PutParameter", {"Name": ABSENT}),
    ("ssm:SendCommand", {"DocumentName": "AWS-RunShellScript", "InstanceIds": ["i-0123456789abcdef0"]}),
    ("sqs:CreateQueue", {"QueueName": ABSENT}),
    ("dynamodb:CreateTable", {"TableName": ABSENT}),
    ("glue:CreateTable", {"DatabaseName": "sales"}),
    ("ec2:TerminateInstances", {"InstanceIds": ["i-0123456789abcdef0"]}),
    ("ec2:TerminateInstances", {"InstanceIds": [NO_INSTANCE, "i-0123456789abcdef0"]}),
    ("ec2:TerminateInstances", {"InstanceIds": []}),
    ("ec2:RunInstances", {"ImageId": "ami-1", "DryRun": False}),
    ("ec2:RunInstances", {"ImageId": "ami-1", "DryRun": "true"}),
    ("rds:DeleteDBInstance", {"DBInstanceIdentifier": "orders", "DryRun": True}),
    ("ssm:DeleteParameters", {"Names": ["/prod/key", ABSENT]}),
    ("sts:AssumeRole", {"RoleArn": f"{ROLE}/Admin"}),
    ("sqs:ReceiveMessage", {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/111122223333/orders"}),
    ("bedrock:InvokeAgent", {"agentId": "A"}),
    ("eks:DeleteEverything", {"name": ABSENT}),
    ("nosuch:ListThings", {}),
]


@pytest.mark.parametrize(("action", "parameters"), READS)
def test_a_read_is_made(action: str, parameters: dict[str, Any]) -> None:
    assert may_be_made(action, parameters)


@pytest.mark.parametrize(("action", "parameters"), OF_WHAT_DOES_NOT_EXIST)
def test_a_change_of_what_does_not_exist_is_made(action: str, parameters: dict[str, Any]) -> None:
    assert may_be_made(action, parameters)


@pytest.mark.parametrize(("action", "parameters"), THAT_MAY_CHANGE_SOMETHING)
def test_what_may_change_something_or_is_not_known_is_not_made(action: str, parameters: dict[str, Any]) -> None:
    assert not may_be_made(action, parameters)


def test_ids_of_nothing() -> None:
    for value in (ABSENT, f"arn:aws:sns:us-east-1:1:{ABSENT}", NO_INSTANCE, "i-00000000", [ABSENT, NO_INSTANCE]):
        assert is_absent(value), value
    for other in ("", [], None, "prod", "i-0123456789abcdef0", [ABSENT, "prod"], {"name": ABSENT}):
        assert not is_absent(other), other


OWN_VENDORS = [
    *((vendor, given) for vendor, given in sorted(ARGUMENTS.items()) if vendor != "eks-connector"),
    ("conductorone", {"external_id": "c1-x", "tier": "provision"}),
]


@pytest.mark.parametrize("profile", list(Profile))
@pytest.mark.parametrize(("vendor", "given"), OWN_VENDORS)
def test_every_call_of_the_package_s_own_vendors_is_made(vendor: str, given: dict[str, Any], profile: Profile) -> None:
    described = vendors()[vendor].describe({**given, "profile": profile}, place(vendor))
    calls = [e for e in described.expectations if isinstance(e, AwsCall)]
    assert calls
    assert [e for e in calls if not may_be_made(e.action, e.parameters)] == []


# In a run.


def build(world: World, manifest: str, folder: Path) -> list[Any]:
    read = models.read(json.loads(Path(manifest).read_text()))
    known = identities.load_identities(folder / "identities.yaml")
    (plan,) = build_plans(read, known, Aws("http://127.0.0.1:9"))
    return plan.aws


@pytest.fixture
def calls(world: World, manifest_file: Callable[..., str], tmp_path: Path) -> Callable[..., list[Any]]:
    return lambda *aws: build(world, manifest_file(aws=list(aws)), tmp_path)


def simulate(decision: str) -> Callable[[Any], Any]:
    body = f"""<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">
    <SimulatePrincipalPolicyResult><EvaluationResults><member><EvalActionName>eks:DeleteCluster</EvalActionName>
    <EvalDecision>{decision}</EvalDecision></member></EvaluationResults></SimulatePrincipalPolicyResult>
    </SimulatePrincipalPolicyResponse>"""
    return lambda _: answer(200, body.encode())


@pytest.mark.parametrize(
    ("decision", "verdict"),
    [("implicitDeny", Verdict.DENIED), ("explicitDeny", Verdict.DENIED), ("allowed", Verdict.ALLOWED)],
)
def test_a_destructive_call_is_evaluated_and_never_made(
    calls: Callable[..., list[Any]],
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    decision: str,
    verdict: Verdict,
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOPERATOR")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "operator-secret-key")
    world.answers["SimulatePrincipalPolicy"] = simulate(decision)
    real, absent = calls(aws_call("eks:DeleteCluster", False, name="dev-api"),
                         aws_call("eks:DeleteCluster", False, name=ABSENT))  # fmt: skip
    assert real.ask().verdict is verdict
    assert world.calls["DeleteCluster"] == 0
    assert not real.question.exercised
    assert real.question.detail == "evaluated, not exercised: iam:SimulatePrincipalPolicy; name=dev-api in us-east-1"
    absent.ask()
    assert world.calls["DeleteCluster"] == 1, "a name that nothing has may be asked for"
    assert absent.question.exercised


def test_without_credentials_to_evaluate_a_destructive_call_is_inconclusive(
    calls: Callable[..., list[Any]], world: World
) -> None:
    (check,) = calls(aws_call("eks:DeleteCluster", False, name="dev-api"))
    answer = check.ask()
    assert answer.verdict is Verdict.COULD_NOT_ASK
    assert answer.message.startswith(f"{NOT_MADE}: ")
    assert "the environment has no credentials" in answer.message
    assert not world.calls


def test_expectations_are_planned_in_their_order(calls: Callable[..., list[Any]]) -> None:
    planned = calls(
        aws_call("eks:ListClusters", True),
        aws_call("eks:DeleteCluster", False, name="dev-api"),
        aws_call("iam:ListRoles", False),
    )
    assert [check.question.target for check in planned] == ["eks:ListClusters", "eks:DeleteCluster", "iam:ListRoles"]
