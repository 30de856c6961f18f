"""Evaluates trust in AWS services: whether they exist, and for whose resources they may act."""

import difflib
import re
from collections.abc import Iterator

from eks_access.model.partitions import SERVICE_DOMAINS

from ...finding import Finding
from ...rules.iam.trust import TRUST_ANYONE, TRUST_CONDITION_OPEN, TRUST_PROVIDER, TRUST_SERVICE, TRUST_UNKNOWN_ACCOUNT
from ..conditions import Condition, Constraint, classify_constraint, requires_presence
from ..context import AccountTrust
from ..glob import covers
from ..principal_conditions import SOURCE_KEYS, evaluate_caller_restriction, explain_open
from ..resources import split_arn
from .trust_statement import ASSUME_ROLE, TAG_SESSION, TrustStatement, format_quoted

_DOMAINS = (*SERVICE_DOMAINS, "aws.internal", "amazon.com", "api.aws", "aws.com")
_SERVICE = re.compile(rf"([a-z0-9-]+\.)+({'|'.join(map(re.escape, _DOMAINS))})")
POD_IDENTITY = "pods.eks.amazonaws.com"
_POD_TAGS = frozenset(
    f"aws:{kind}tag/{name}"
    for kind in ("request", "principal")
    for name in (
        "eks-cluster-arn",
        "eks-cluster-name",
        "kubernetes-namespace",
        "kubernetes-pod-name",
        "kubernetes-pod-uid",
        "kubernetes-service-account",
    )
)
"""https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html"""
_ROLES_ANYWHERE = "rolesanywhere.amazonaws.com"
_CERTIFICATE_TAGS = ("aws:principaltag/x509", "aws:requesttag/x509")
"""https://docs.aws.amazon.com/rolesanywhere/latest/userguide/trust-model.html"""

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
"""Services that use a role only for resources of its own account, or send no source that could be required."""

FOR_OTHERS = frozenset(
    f"{name}.amazonaws.com"
    for name in (
        "access-analyzer",
        "airflow",
        "airflow-env",
        "amplify",
        "appconfig",
        "appflow",
        "auditmanager",
        "batchoperations.s3",
        "bedrock",
        "bedrock-agentcore",
        "cloudtrail",
        "codeguru-reviewer",
        "comprehend",
        "config",
        "databrew",
        "datasync",
        "delivery.logs",
        "dlm",
        "dms",
        "events",
        "export.rds",
        "firehose",
        "fis",
        "forecast",
        "frauddetector",
        "grafana",
        "greengrass",
        "guardduty",
        "healthlake",
        "importexport",
        "iot",
        "iotanalytics",
        "iotevents",
        "iotfleetwise",
        "iotsitewise",
        "iottwinmaker",
        "ivs",
        "kafkaconnect",
        "kendra",
        "kinesisanalytics",
        "lexv2",
        "logs",
        "lookoutequipment",
        "lookoutmetrics",
        "lookoutvision",
        "medialive",
        "monitoring.rds",
        "omics",
        "osis",
        "personalize",
        "pinpoint",
        "pipes",
        "proton",
        "qbusiness",
        "quicksight",
        "rekognition",
        "resiliencehub",
        "s3",
        "scheduler",
        "securitylake",
        "ses",
        "sns",
        "ssm-incidents",
        "storagegateway",
        "timestream",
        "transcribe",
        "transfer",
        "translate",
        "voiceid",
        "vpc-flow-logs",
        "wellarchitected",
    )
)
"""Services that name the source in the request, for which AWS documents the condition:
https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html#cross-service-confused-deputy-prevention"""


def evaluate_service(trust: TrustStatement, service: str) -> Iterator[Finding]:
    """Evaluate an AWS service as the principal."""
    lowered = service.lower()
    if lowered == "*":
        yield trust.finding(TRUST_ANYONE, "Service '*' is every AWS service, for every customer.", "Principal")
        return
    if not _SERVICE.fullmatch(lowered):
        yield trust.finding(
            TRUST_PROVIDER, f"{service!r:.80} is not an AWS service{_suggest_service(lowered)}.", "Principal"
        )
        return
    if not trust.allows(ASSUME_ROLE):
        yield trust.finding(
            TRUST_PROVIDER,
            f"{service} assumes the role with {ASSUME_ROLE}, which is not among the actions"
            f" ({format_quoted(trust.statement.actions)}).",
            "Action",
        )
        return
    if lowered == POD_IDENTITY and not trust.allows(TAG_SESSION):
        yield trust.finding(
            TRUST_PROVIDER, f"{service} also needs {TAG_SESSION}; without it no pod can assume the role.", "Action"
        )
    if lowered == POD_IDENTITY:
        yield from _evaluate_pod_tags(trust)
    if lowered == _ROLES_ANYWHERE and not _names_certificates(trust):
        yield trust.finding(
            TRUST_SERVICE,
            f"{service} may assume the role for every certificate of every trust anchor of the account: neither"
            " aws:SourceArn with a trust anchor nor aws:PrincipalTag/x509Subject/CN is required.",
            "Condition",
        )
    yield from evaluate_source(trust, service)


def _evaluate_pod_tags(trust: TrustStatement) -> Iterator[Finding]:
    """Conditions on the tags of a pod's session that look like a restriction and are none."""
    for condition in trust.conditions:
        if condition.lower_key not in _POD_TAGS:
            continue
        found = _binding(trust, condition)
        if found in (Constraint.ANYTHING, Constraint.ABSENT_PASSES):
            yield trust.finding(
                TRUST_CONDITION_OPEN,
                f"{condition} does not restrict the pods: {explain_open(found, condition)}.",
                "Condition",
            )


def _names_certificates(trust: TrustStatement) -> bool:
    """Whether a condition requires a trust anchor, or something of the certificate."""
    return any(
        _binding(trust, condition) in (Constraint.PINS, Constraint.NEVER)
        and (
            condition.lower_key.startswith(_CERTIFICATE_TAGS)
            or (condition.lower_key == "aws:sourcearn" and not any(map(_is_any_anchor, condition.values)))
        )
        for condition in trust.conditions
    )


def _is_any_anchor(arn: str) -> bool:
    return covers("".join(split_arn(arn)[5:6]) or "*", "trust-anchor/*")


def _binding(trust: TrustStatement, condition: Condition) -> Constraint:
    rest = [each for each in trust.conditions if each is not condition]
    return classify_constraint(condition, present=requires_presence(rest, condition.lower_key))


def evaluate_source(trust: TrustStatement, service: str) -> Iterator[Finding]:
    """Evaluate for whose resources the service may assume the role."""
    conditions = [condition for condition in trust.conditions if condition.lower_key in SOURCE_KEYS]
    restriction = evaluate_caller_restriction(conditions, trust.context.organizations)
    if restriction.ineffective and not restriction.is_restricted:
        condition, why = restriction.ineffective[0]
        yield trust.finding(
            TRUST_CONDITION_OPEN, f"{condition} does not restrict {service} to one's own account: {why}.", "Condition"
        )
    elif not restriction.is_restricted and service.lower() in FOR_OTHERS:
        yield trust.finding(
            TRUST_SERVICE,
            f"{service} may assume the role for any customer's resource: neither aws:SourceArn nor aws:SourceAccount is"
            " required.",
            "Condition",
        )
    context = trust.context
    unknown_accounts = [
        each
        for each in restriction.accounts
        if context.accounts and context.account_trust(each) is AccountTrust.UNKNOWN
    ]
    if unknown_accounts:
        yield trust.finding(
            TRUST_UNKNOWN_ACCOUNT,
            f"{service} may act for account {format_quoted(unknown_accounts)}, which is not yours.",
            "Condition",
        )


def _suggest_service(service: str) -> str:
    close = difflib.get_close_matches(service[:80], IN_ACCOUNT | FOR_OTHERS, n=1, cutoff=0.7)
    return f"; did you mean {close[0]!r}?" if close else "; it must have the form eks.amazonaws.com"
