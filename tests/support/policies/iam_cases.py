"""For every rule of IAM documents: a document that violates it and a compliant one, as resources of a stack."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.support.policies.case import Case
from tests.support.policies.resources import CLUSTER, ResourceSpec, role
from tests.support.policies.trust_cases import CONDUCTORONE, EKS, GITHUB, OWN, STRANGER, VENDOR_ROLE

Statement = Mapping[str, Any]

CLUSTER_ARN = f"arn:aws:eks:us-east-1:{OWN}:cluster/{CLUSTER}"
ENTRY_ARN = f"arn:aws:eks:us-east-1:{OWN}:access-entry/{CLUSTER}/role/{OWN}/vendor/*"
REPOSITORY = "repo:acme/shop:ref:refs/heads/main"
_BY_IAM = "IAM rejects it"


def document(*statements: Statement) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trusted(principal: object, action: object = "sts:AssumeRole", **condition: Any) -> Statement:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action}
    return {**statement, "Condition": condition} if condition else statement


def token(issuer: str, **condition: Any) -> Statement:
    federated = {"Federated": f"arn:aws:iam::{OWN}:oidc-provider/{issuer}"}
    return trusted(federated, "sts:AssumeRoleWithWebIdentity", **condition)


def github(subject: str, operator: str = "StringLike") -> Statement:
    audience = {"StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com"}}
    conditions: dict[str, dict[str, str]] = dict(audience)
    conditions[operator] = {**conditions.get(operator, {}), f"{GITHUB}:sub": subject}
    return token(GITHUB, **conditions)


def allowed(actions: str, resource: object = CLUSTER_ARN, **more: Any) -> Statement:
    return {"Effect": "Allow", "Action": actions.split(), "Resource": resource, **more}


OWN_ROLE = {"AWS": f"arn:aws:iam::{OWN}:role/platform"}
VENDOR = {"AWS": VENDOR_ROLE}
AGREED = {"StringEquals": {"sts:ExternalId": "c1-0123456789"}}
SUBJECT = {f"{EKS}:sub": "system:serviceaccount:web:shop"}
AUDIENCE = {f"{EKS}:aud": "sts.amazonaws.com"}

TRUST: Mapping[str, tuple[Statement, Statement]] = {
    "iam-trust-anyone": (trusted("*"), trusted(OWN_ROLE)),
    "iam-trust-not-principal": (
        {"Effect": "Allow", "NotPrincipal": OWN_ROLE, "Action": "sts:AssumeRole"},
        trusted(OWN_ROLE),
    ),
    "iam-trust-whole-account": (
        trusted({"AWS": f"arn:aws:iam::{CONDUCTORONE}:root"}, **AGREED),
        trusted(VENDOR, **AGREED),
    ),
    "iam-trust-unknown-account": (
        trusted({"AWS": f"arn:aws:iam::{STRANGER}:role/x"}, **AGREED),
        trusted(VENDOR, **AGREED),
    ),
    "iam-trust-external-id": (trusted(VENDOR), trusted(VENDOR, **AGREED)),
    "iam-trust-condition-open": (
        trusted(VENDOR, StringLike={"sts:ExternalId": "*"}),
        trusted(VENDOR, **AGREED),
    ),
    "iam-trust-condition-never": (
        trusted(VENDOR, StringEquals={"sts:ExternalId": "c1-*"}),
        trusted(VENDOR, **AGREED),
    ),
    "iam-trust-issuer": (
        token(EKS, StringEquals={**AUDIENCE, f"{GITHUB}:sub": REPOSITORY}),
        token(EKS, StringEquals={**AUDIENCE, **SUBJECT}),
    ),
    "iam-trust-audience": (token(EKS, StringEquals=SUBJECT), token(EKS, StringEquals={**AUDIENCE, **SUBJECT})),
    "iam-trust-subject": (token(EKS, StringEquals=AUDIENCE), token(EKS, StringEquals={**AUDIENCE, **SUBJECT})),
    "iam-trust-subject-wide": (github("repo:acme/*"), github(REPOSITORY, "StringEquals")),
    "iam-trust-provider": (
        token("accounts.google.com", StringEquals={"accounts.google.com:aud": "1", "accounts.google.com:sub": "2"}),
        token(EKS, StringEquals={**AUDIENCE, **SUBJECT}),
    ),
    "iam-trust-service": (
        trusted({"Service": "sns.amazonaws.com"}),
        trusted({"Service": "sns.amazonaws.com"}, StringEquals={"aws:SourceAccount": OWN}),
    ),
    "iam-trust-session-tags": (
        trusted(VENDOR, ["sts:AssumeRole", "sts:TagSession"], **AGREED),
        trusted(VENDOR, **AGREED),
    ),
    "iam-trust-actions": (trusted(OWN_ROLE, "sts:*"), trusted(OWN_ROLE)),
}

READ = allowed("eks:DescribeCluster")
POLICIES: Mapping[str, tuple[Statement, Statement]] = {
    "iam-document-malformed": ({**READ, "Recource": "*"}, READ),
    "iam-document-characters": ({**READ, "Sid": "Reаd"}, READ),
    "iam-document-duplicate": (allowed("eks:DescribeCluster eks:Describe*"), READ),
    "iam-policy-admin": (allowed("*", "*"), READ),
    "iam-policy-service-wildcard": (allowed("eks:*", "*"), READ),
    "iam-policy-action-wildcard": (allowed("eks:Update*"), READ),
    "iam-policy-not-action": ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, READ),
    "iam-policy-not-resource": ({"Effect": "Allow", "Action": "eks:DescribeCluster", "NotResource": CLUSTER_ARN}, READ),
    "iam-policy-resource-wildcard": (allowed("eks:UpdateClusterVersion", "*"), allowed("eks:UpdateClusterVersion")),
    "iam-policy-data-read": (
        allowed("secretsmanager:GetSecretValue", "*"),
        allowed("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:us-east-1:{OWN}:secret:vendor-*"),
    ),
    "iam-policy-resource-wildcard-read": (allowed("eks:DescribeCluster", "*"), READ),
    "iam-policy-unknown-action": (allowed("eks:DescribeClusters"), READ),
    "iam-policy-unknown-condition-key": ({**READ, "Condition": {"StringEquals": {"eks:clusterNam": "x"}}}, READ),
    "iam-policy-resource-mismatch": (
        allowed("eks:DisassociateAccessPolicy"),
        allowed("eks:DisassociateAccessPolicy", ENTRY_ARN),
    ),
    "iam-policy-condition-never": (
        {**READ, "Condition": {"StringEquals": {"aws:PrincipalAccount": []}}},
        READ,
    ),
    "iam-escalation-policies": (allowed("iam:AttachRolePolicy", "*"), READ),
    "iam-escalation-identities": (allowed("iam:UpdateAssumeRolePolicy", "*"), READ),
    "iam-escalation-pass-role": (allowed("iam:PassRole lambda:CreateFunction lambda:InvokeFunction", "*"), READ),
    "iam-escalation-workloads": (allowed("ssm:SendCommand", "*"), READ),
    "iam-escalation-confined": (
        allowed("iam:CreateAccessKey", f"arn:aws:iam::{OWN}:user/vendor-*"),
        READ,
    ),
    "iam-pass-role-any": (allowed("iam:PassRole", "*"), READ),
    "eks-escalation-access-policies": (allowed("eks:CreateAccessEntry eks:AssociateAccessPolicy", "*"), READ),
    "eks-escalation-access-entries": (allowed("eks:CreateAccessEntry"), READ),
    "eks-escalation-authentication": (allowed("eks:AssociateIdentityProviderConfig"), READ),
    "eks-escalation-workload-roles": (allowed("eks:CreatePodIdentityAssociation iam:PassRole", "*"), READ),
}
_REFUSED = (
    "iam-document-malformed",
    "iam-document-characters",
    "iam-trust-not-principal",
    "iam-policy-condition-never",
)


def _trust(key: str, statement: Statement) -> Sequence[ResourceSpec]:
    return [role("own-platform"), role(key, assumeRolePolicy=document(statement))]


def policy(key: str, *statements: Statement) -> ResourceSpec:
    return ResourceSpec("aws:iam/policy:Policy", key, {"name": key, "policy": document(*statements)})


def _long(key: str, count: int) -> Sequence[ResourceSpec]:
    return [policy(key, *(allowed("eks:DescribeCluster", f"{CLUSTER_ARN}-{number}") for number in range(count)))]


def _cases() -> Iterator[Case]:
    for rule, (bad, good) in TRUST.items():
        refused = _BY_IAM if rule in _REFUSED else ""
        yield Case(rule, _trust(f"bad-{rule}", bad), _trust(f"good-{rule}", good), refused)
    for rule, (bad, good) in POLICIES.items():
        refused = _BY_IAM if rule in _REFUSED else ""
        yield Case(rule, [policy(f"bad-{rule}", bad)], [policy(f"good-{rule}", good)], refused)
    yield Case("iam-document-size", _long("bad-size", 60), _long("good-size", 2), _BY_IAM)
    yield Case("iam-document-size-near", _long("bad-size-near", 48), _long("good-size-near", 3))
    yield Case(
        "iam-trust-session-duration",
        [role("bad-duration", maxSessionDuration=50_000)],
        [role("good-duration", maxSessionDuration=3600)],
        _BY_IAM,
    )


IAM_CASES: tuple[Case, ...] = tuple(_cases())
