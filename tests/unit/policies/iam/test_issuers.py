"""Tokens: whose issuer it is decides what a subject must name, and which claims identify it."""

from typing import Any

import pytest

from eks_access_policies.finding import Finding, Severity
from eks_access_policies.iam import Context, evaluate_trust
from tests.support.policies.trust_cases import (
    CIRCLECI,
    COGNITO,
    GITHUB,
    GITLAB,
    OWN,
    anyone,
    aws,
    built_in,
    pinned,
    service,
    token,
)

SUBJECT, WIDE = "iam-trust-subject", "iam-trust-subject-wide"
Statement = dict[str, Any]
CONTEXT = Context(accounts=frozenset({OWN}), organizations=frozenset({"o-a1b2c3d4e5"}))


def evaluate(*statements: Statement) -> list[Finding]:
    return evaluate_trust({"Version": "2012-10-17", "Statement": list(statements)}, CONTEXT)


def found(*statements: Statement) -> list[tuple[str, Severity]]:
    return [(each.rule.id, each.rule.severity) for each in evaluate(*statements)]


def audience(issuer: str, value: str = "sts.amazonaws.com", **claims: str) -> Statement:
    return token(issuer, {"StringEquals": {f"{issuer}:aud": value, **{f"{issuer}:{k}": v for k, v in claims.items()}}})


def subject(issuer: str, value: str, aud: str = "sts.amazonaws.com") -> Statement:
    return token(issuer, pinned(issuer, value, aud, "StringLike"))


@pytest.mark.parametrize(
    "value",
    [
        "repo:acme@123456/app@456789:ref:refs/heads/main",
        "repo:acme@123456/app@456789:environment:production",
        "repo:acme@123456/app@456789:ref:refs/tags/v*",
        "repo:acme@*/app@*:ref:refs/heads/main",
        "repo:acme/app:ref:refs/heads/main",
        "repo:acme/app:environment:*",
        "repository_id:456789:ref:refs/heads/main",
    ],
)
def test_a_subject_of_one_repository_is_narrow_with_its_ids_or_without(value: str) -> None:
    assert not found(subject(GITHUB, value))


@pytest.mark.parametrize(
    "value",
    [
        "repo:acme/app:*",
        "repo:acme/app:p*",
        "repo:acme/app",
        "repo:acme/app:pull_request",
        "repo:acme@123456/app@456789:*",
        "repo:acme@123456/app@456789:pull_request",
        "repo:acme@123456/*",
        "repo:acme@*/*",
        "repository_owner_id:123456:*",
    ],
)
def test_a_subject_that_covers_pull_requests_or_other_repositories_is_wide(value: str) -> None:
    assert found(subject(GITHUB, value)) == [(WIDE, Severity.LOW)]


@pytest.mark.parametrize(
    "value",
    [
        "repo:acme*/app*:ref:refs/heads/main",
        "repo:*@123456/app@456789:ref:refs/heads/main",
        "repo:acme@123456*",
        "job_workflow_ref:acme/ci/.github/workflows/deploy.yml@*",
        "job_workflow_ref:acme/ci/.github/workflows/deploy.yml@refs/heads/main",
    ],
)
def test_a_subject_that_anyone_can_have_is_open(value: str) -> None:
    assert found(subject(GITHUB, value)) == [(SUBJECT, Severity.HIGH)]


def test_the_advice_has_the_subject_with_ids() -> None:
    (finding,) = evaluate(subject(GITHUB, "repo:*"))
    assert "repo:<organization>@<id>/<repository>@<id>:ref:refs/heads/main" in finding.message


WORKFLOW = {"job_workflow_ref": "acme/ci/.github/workflows/deploy.yml@refs/heads/main"}


def test_a_reusable_workflow_alone_identifies_no_caller() -> None:
    (finding,) = evaluate(audience(GITHUB, **WORKFLOW))
    assert (finding.rule.id, finding.rule.severity) == (SUBJECT, Severity.HIGH)
    assert "any repository can call a public workflow" in finding.message


def test_a_workflow_that_only_ones_own_repositories_call_is_narrow() -> None:
    assert found(audience(GITHUB, repository_owner_id="123456")) == [(WIDE, Severity.LOW)]
    assert not found(audience(GITHUB, repository_owner_id="123456", **WORKFLOW))
    assert found(audience(GITHUB, repository_owner_id="123456", job_workflow_ref="acme/ci")) == [(WIDE, Severity.LOW)]


TEAM = "oidc.vercel.com/acme"
SPACELIFT = "acme.app.spacelift.io"
BITBUCKET = "api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc"
OWN_GITLAB = "gitlab.acme.example"


@pytest.mark.parametrize(
    "statement",
    [
        audience(CIRCLECI, "9f1c0e6e-0000-4000-8000-0123456789ab"),
        subject(CIRCLECI, "org/*/project/*"),
        audience(BITBUCKET, "ari:cloud:bitbucket::workspace/1"),
        audience(SPACELIFT, SPACELIFT),
        subject(SPACELIFT, "space:*:stack:infra:run_type:*:scope:write", SPACELIFT),
        audience(TEAM, "https://vercel.com/acme"),
        subject(TEAM, "owner:*:project:web:environment:production", "https://vercel.com/acme"),
        audience("oidc.vercel.com", "https://vercel.com/acme"),
        audience(OWN_GITLAB, f"https://{OWN_GITLAB}"),
        subject(OWN_GITLAB, "project_path:*:ref_type:branch:ref:main"),
        audience("token.actions.githubusercontent.com/acme-enterprise"),
        subject("ghes.acme.example/_services/token", "repo:*:ref:refs/heads/main"),
        audience("spire.acme.example"),
        subject("oidc.acme.example", "spiffe://acme.example/ns/web/*"),
        subject("vstoken.dev.azure.com/7d0e5f2a", "sc://acme/*"),
    ],
    ids=lambda each: str(each)[60:180],
)
def test_on_an_issuer_of_ones_own_an_open_subject_is_only_wide(statement: Statement) -> None:
    assert found(statement) == [(WIDE, Severity.LOW)]


@pytest.mark.parametrize(
    "statement",
    [
        subject(TEAM, "owner:acme:project:web:environment:production", "https://vercel.com/acme"),
        subject(SPACELIFT, "space:prod-01:stack:infra:run_type:*:scope:write", SPACELIFT),
        subject(OWN_GITLAB, "project_path:acme/platform/team/app:ref_type:branch:ref:main"),
        subject(GITLAB, "project_path:acme/platform/team/app:ref_type:branch:ref:main"),
        subject("oidc.acme.example", "spiffe://acme.example/ns/web/sa/app"),
        subject("api.pulumi.com/oidc", "pulumi:deploy:org:acme:project:web:stack:dev:operation:*"),
        subject("oidc.modal.com", "modal:workspace_id:ac-1:environment_name:main:app_name:etl:*"),
        subject("app.eu.terraform.io", "organization:acme:project:p:stack:s:deployment:d:operation:*"),
    ],
    ids=lambda each: str(each)[60:180],
)
def test_a_subject_that_names_one_job_has_no_finding(statement: Statement) -> None:
    assert not found(statement)


@pytest.mark.parametrize(
    "statement",
    [
        audience("oidc.vercel.com", "anything"),
        subject("oidc.vercel.com", "owner:*:project:web:environment:production", "anything"),
        audience(GITLAB, "https://gitlab.com"),
        audience("gitlab.gnome.org", "https://gitlab.gnome.org"),
        subject("salsa.debian.org", "project_path:*:ref_type:branch:ref:main"),
        subject("api.pulumi.com/oidc", "pulumi:deploy:org:*"),
        subject("api.pulumi.com/oidc", "pulumi:deploy:*"),
        subject("oidc.modal.com", "modal:workspace_id:*:environment_name:main"),
        subject("app.eu.terraform.io", "organization:*"),
        subject("oidc.codefresh.io", "account:*:pipeline:1"),
        subject("container.googleapis.com/v1/projects/p/locations/l/clusters/c", "system:serviceaccount:*:app"),
        audience("oidc.unknown.example"),
    ],
    ids=lambda each: str(each)[60:180],
)
def test_on_a_shared_or_unknown_issuer_an_open_subject_is_high(statement: Statement) -> None:
    assert (SUBJECT, Severity.HIGH) in found(statement)


MICROSOFT = "sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d/"
SENTINEL = "api://1462b192-27f7-4cb9-8523-0f4ecb54b47e"


def microsoft(condition: Statement, issuer: str = MICROSOFT) -> Statement:
    return token(issuer, {"StringLike": {f"{issuer}:aud": SENTINEL}, **condition})


def test_microsofts_own_issuer_names_its_customer_by_the_session() -> None:
    name = {"StringEquals": {"sts:RoleSessionName": "MicrosoftSentinel_2e6f3a10-0000-4000-8000-0123456789ab"}}
    assert not found(microsoft(name))
    assert found(microsoft({})) == [(SUBJECT, Severity.HIGH)], "it acts for other customers"
    any_name = {"StringLikeIfExists": {"sts:RoleSessionName": "MicrosoftSentinel_*"}}
    assert found(microsoft(any_name)) == [(SUBJECT, Severity.HIGH)]
    assert not found(microsoft(name, "sts.windows.net/cab8a31a-1906-4287-a0d8-4eef66b95f6e/")), "Azure Government"
    own = "sts.windows.net/2e6f3a10-0000-4000-8000-0123456789ab/"
    assert (SUBJECT, Severity.HIGH) in found(microsoft(name, own)), "a caller of one's own tenant chooses the name"


def test_a_role_for_guests_is_meant_for_everyone() -> None:
    guests = {"ForAnyValue:StringLike": {f"{COGNITO}:amr": "unauthenticated"}}
    pool = {"StringEquals": {f"{COGNITO}:aud": "us-east-1:0"}}
    (finding,) = evaluate(built_in(COGNITO, pool | guests))
    assert (finding.rule.id, finding.rule.severity) == (WIDE, Severity.LOW)
    assert "anyone on the internet" in finding.message
    assert found(built_in(COGNITO, pool)) == [(SUBJECT, Severity.HIGH)], "guests, although nothing says so"
    assert ("iam-trust-audience", Severity.HIGH) in found(built_in(COGNITO, guests)), "of any pool"


ANCHOR = f"arn:aws:rolesanywhere:eu-west-1:{OWN}:trust-anchor"
SERVICE = ("iam-trust-service", Severity.MEDIUM)


@pytest.mark.parametrize(
    ("condition", "is_found"),
    [
        (None, True),
        ({"StringEquals": {"aws:SourceAccount": OWN}}, True),
        ({"ArnLike": {"aws:SourceArn": f"{ANCHOR}/*"}}, True),
        ({"StringNotEquals": {"aws:PrincipalTag/x509Subject/CN": "guest"}}, True),
        ({"ArnLike": {"aws:SourceArn": f"{ANCHOR}*"}}, True),
        ({"ArnLike": {"aws:SourceArn": f"arn:aws:rolesanywhere:eu-west-1:{OWN}:*"}}, True),
        ({"ArnLike": {"aws:SourceArn": [f"{ANCHOR}/0a1b", f"{ANCHOR}/*"]}}, True),
        ({"ArnEqualsIfExists": {"aws:SourceArn": f"{ANCHOR}/0a1b"}}, True),
        ({"StringLike": {"aws:PrincipalTag/x509Subject/CN": "*"}}, True),
        ({"StringEqualsIfExists": {"aws:PrincipalTag/x509Subject/CN": "runner"}}, True),
        ({"Null": {"aws:PrincipalTag/x509Subject/CN": "false"}}, True),
        ({"StringLike": {"aws:PrincipalTag/x509Subject/OU": "runners-*"}}, False),
        ({"ArnEquals": {"aws:SourceArn": f"{ANCHOR}/0a1b"}}, False),
        ({"StringEquals": {"aws:PrincipalTag/x509Subject/CN": "runner"}}, False),
    ],
)
def test_roles_anywhere_needs_a_trust_anchor_or_a_certificate(condition: Statement | None, is_found: bool) -> None:
    assert (SERVICE in found(service("rolesanywhere.amazonaws.com", condition))) is is_found


@pytest.mark.parametrize("name", ["personalize", "forecast", "comprehend", "kendra", "iotsitewise", "quicksight"])
def test_a_service_that_acts_for_others_needs_a_source(name: str) -> None:
    assert found(service(f"{name}.amazonaws.com")) == [SERVICE]
    assert not found(service(f"{name}.amazonaws.com", {"StringEquals": {"aws:SourceAccount": OWN}}))


@pytest.mark.parametrize("name", ["dlm", "greengrass", "importexport", "proton", "storagegateway"])
def test_so_do_those_whose_pages_ask_for_one(name: str) -> None:
    assert found(service(f"{name}.amazonaws.com")) == [SERVICE]


@pytest.mark.parametrize("domain", ["amazonaws.com.cn", "amazonaws.eu", "c2s.ic.gov", "sc2s.sgov.gov"])
def test_services_have_the_domain_of_their_partition(domain: str) -> None:
    assert not found(service(f"ec2.{domain}"))


def test_the_identity_pools_of_china_are_built_in() -> None:
    issuer = "cognito-identity.cn-north-1.amazonaws.com.cn"
    users = {"ForAnyValue:StringLike": {f"{issuer}:amr": "authenticated"}}
    assert not found(built_in(issuer, {"StringEquals": {f"{issuer}:aud": "cn-north-1:0"}} | users))


def test_every_principal_that_is_a_service_is_every_service() -> None:
    is_service = {"Bool": {"aws:PrincipalIsAWSService": "true"}}
    (finding,) = evaluate(anyone(is_service))
    assert finding.rule.severity is Severity.CRITICAL
    assert "every AWS service" in finding.message
    assert not found(anyone({**is_service, "StringEquals": {"aws:SourceAccount": OWN}}))
    by_name = {"StringEquals": {"aws:PrincipalServiceName": "sns.amazonaws.com"}}
    assert found(anyone(by_name)) == [SERVICE]


@pytest.mark.parametrize(
    ("condition", "is_found"),
    [
        ({"StringLike": {"aws:RequestTag/kubernetes-namespace": "*"}}, True),
        ({"StringLike": {"aws:RequestTag/kubernetes-namespace": ["web", "*"]}}, True),
        ({"StringLike": {"aws:RequestTag/kubernetes-service-account": "?*"}}, True),
        ({"StringEqualsIfExists": {"aws:RequestTag/kubernetes-namespace": "web"}}, True),
        ({"StringEquals": {"aws:RequestTag/kubernetes-namespace": "web"}}, False),
        ({"StringLike": {"aws:RequestTag/kubernetes-namespace": "web-*"}}, False),
        (None, False),
    ],
)
def test_a_tag_of_pods_that_accepts_every_value_is_no_restriction(condition: Statement | None, is_found: bool) -> None:
    actions = ["sts:AssumeRole", "sts:TagSession"]
    rules = found(service("pods.eks.amazonaws.com", condition, Action=actions))
    assert rules == ([("iam-trust-condition-open", Severity.HIGH)] if is_found else [])


@pytest.mark.parametrize(
    ("network", "is_found"),
    [
        ("10.0.0.0/8", True),
        ("192.168.7.4", True),
        ("100.64.0.0/10", True),
        ("fd00:ec2::/32", True),
        ("203.0.113.0/24", False),
        ("10.0.0.0/7", False),
        ("0.0.0.0/0", False),
    ],
)
def test_no_request_comes_from_a_private_address(network: str, is_found: bool) -> None:
    role = f"arn:aws:iam::{OWN}:role/a"
    rules = found(aws(role, {"IpAddress": {"aws:SourceIp": network}}))
    assert rules == ([("iam-trust-condition-never", Severity.HIGH)] if is_found else [])
    assert not found(aws(role, {"IpAddress": {"aws:SourceIp": [network, "198.51.100.1/32"]}}))
    assert not found(aws(role, {"IpAddress": {"aws:VpcSourceIp": network}}))


def deny(condition: Statement) -> Statement:
    return {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole", "Condition": condition}


@pytest.mark.parametrize(
    ("condition", "written", "opposite"),
    [
        ({"StringNotLike": {"aws:PrincipalOrgID": "o-*"}}, "Deny with StringNotLike", ": StringLike"),
        ({"StringNotEquals": {"aws:PrincipalOrgID": "o-*"}}, "Deny with StringNotEquals", ": StringEquals"),
        ({"Null": {"aws:PrincipalOrgID": "true"}}, "Deny with Null aws:PrincipalOrgID 'true'", "'false'"),
    ],
)
def test_a_deny_is_quoted_as_it_is_written(condition: Statement, written: str, opposite: str) -> None:
    message = " ".join(each.message for each in evaluate(anyone(), deny(condition)))
    assert written in message
    assert opposite not in message
