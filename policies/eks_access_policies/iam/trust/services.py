"""AWS services as principals: whether they exist, and for whose resources they may act."""

import difflib
import re
from collections.abc import Iterator

from ...finding import Finding
from ...rules.iam.trust import TRUST_ANYONE, TRUST_CONDITION_OPEN, TRUST_PROVIDER, TRUST_SERVICE, TRUST_UNKNOWN_ACCOUNT
from ..context import AccountTrust
from ..principal_conditions import SOURCE_KEYS, evaluate_caller_restriction
from .assume import ASSUME_ROLE, TAG_SESSION, Trust, told

_SERVICE = re.compile(r"([a-z0-9-]+\.)+(amazonaws\.com(\.cn)?|aws\.internal|amazon\.com|api\.aws|aws\.com)")
POD_IDENTITY = "pods.eks.amazonaws.com"

IN_ACCOUNT = frozenset(
    f"{name}.amazonaws.com"
    for name in (
        "apigateway",
        "application-autoscaling",
        "autoscaling",
        "backup",
        "batch",
        "build.apprunner",
        "capabilities.eks",
        "cloudformation",
        "codebuild",
        "codedeploy",
        "codepipeline",
        "cognito-idp",
        "ec2",
        "ec2fleet",
        "ecs",
        "ecs-tasks",
        "edgelambda",
        "eks",
        "eks-fargate",
        "eks-fargate-pods",
        "eks-nodegroup",
        "elasticbeanstalk",
        "elasticloadbalancing",
        "elasticmapreduce",
        "glue",
        "imagebuilder",
        "lambda",
        "mediaconvert",
        "opsworks",
        "pods.eks",
        "rds",
        "redshift",
        "sagemaker",
        "servicecatalog",
        "spot",
        "spotfleet",
        "ssm",
        "states",
        "tasks.apprunner",
    )
)
"""Services that use a role only for what the account itself gave it to, or send no source that could be required."""

FOR_OTHERS = frozenset(
    f"{name}.amazonaws.com"
    for name in (
        "access-analyzer",
        "amplify",
        "appflow",
        "batchoperations.s3",
        "bedrock",
        "bedrock-agentcore",
        "cloudtrail",
        "config",
        "datasync",
        "delivery.logs",
        "dms",
        "events",
        "export.rds",
        "firehose",
        "fis",
        "grafana",
        "iot",
        "kinesisanalytics",
        "lexv2",
        "logs",
        "monitoring.rds",
        "omics",
        "osis",
        "pipes",
        "rekognition",
        "resiliencehub",
        "s3",
        "scheduler",
        "securitylake",
        "ses",
        "sns",
        "ssm-incidents",
        "transcribe",
        "transfer",
        "voiceid",
        "vpc-flow-logs",
        "wellarchitected",
    )
)
"""Services that name the source in the request, for which AWS documents the condition:
https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html#cross-service-confused-deputy-prevention"""


def evaluate_service(trust: Trust, service: str) -> Iterator[Finding]:
    lowered = service.lower()
    if lowered == "*":
        yield trust.finding(TRUST_ANYONE, "Service '*' is every AWS service, for every customer.", "Principal")
        return
    if not _SERVICE.fullmatch(lowered):
        yield trust.finding(TRUST_PROVIDER, f"{service!r:.80} is no AWS service{_near(lowered)}.", "Principal")
        return
    if not trust.allows(ASSUME_ROLE):
        yield trust.finding(
            TRUST_PROVIDER,
            f"{service} takes the role with {ASSUME_ROLE}, which is not among the actions"
            f" ({told(trust.statement.actions)}).",
            "Action",
        )
        return
    if lowered == POD_IDENTITY and not trust.allows(TAG_SESSION):
        yield trust.finding(
            TRUST_PROVIDER, f"{service} also needs {TAG_SESSION}; without it no pod gets the role.", "Action"
        )
    yield from _source(trust, service)


def _source(trust: Trust, service: str) -> Iterator[Finding]:
    tests = [test for test in trust.tests if test.lower_key in SOURCE_KEYS]
    said = evaluate_caller_restriction(tests, trust.context.organizations)
    if said.open and not said.says:
        test, why = said.open[0]
        yield trust.finding(
            TRUST_CONDITION_OPEN, f"{test} does not hold {service} to one's own account: {why}.", "Condition"
        )
    elif not said.says and service.lower() in FOR_OTHERS:
        yield trust.finding(
            TRUST_SERVICE,
            f"{service} may act here for any customer's resource: neither aws:SourceArn nor aws:SourceAccount is"
            " required.",
            "Condition",
        )
    context = trust.context
    strangers = [
        each for each in said.accounts if context.accounts and context.account_trust(each) is AccountTrust.UNKNOWN
    ]
    if strangers:
        yield trust.finding(
            TRUST_UNKNOWN_ACCOUNT, f"{service} may act for account {told(strangers)}, which is not yours.", "Condition"
        )


def _near(service: str) -> str:
    close = difflib.get_close_matches(service[:80], IN_ACCOUNT | FOR_OTHERS, n=1, cutoff=0.7)
    return f"; did you mean {close[0]!r}?" if close else "; it must look like eks.amazonaws.com"
