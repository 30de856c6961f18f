"""Trust statements with their expected findings: the cases of the tests, and of a comparison with other tools.

OWN is the account of the role. CONDUCTORONE is a vendor that issues an ExternalId; STRANGER is an unknown account.
"""

from typing import Any, NamedTuple

OWN = "111122223333"
TRUSTED = "222233334444"
CONDUCTORONE = "765656841499"
STRANGER = "999988887777"
ORGANIZATION = "o-a1b2c3d4e5"

VENDOR_ROLE = f"arn:aws:iam::{CONDUCTORONE}:role/ConductorOneService"
GITHUB = "token.actions.githubusercontent.com"
EKS = "oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"
GITLAB = "gitlab.com"
TFC = "app.terraform.io"
CIRCLECI = "oidc.circleci.com/org/9f1c0e6e-0000-4000-8000-0123456789ab"
OKTA = "acme.okta.com/oauth2/default"
GOOGLE = "accounts.google.com"
COGNITO = "cognito-identity.amazonaws.com"
SAML_PROVIDER = f"arn:aws:iam::{OWN}:saml-provider/Corporate"
SIGN_IN = "https://signin.aws.amazon.com/saml"

Statement = dict[str, Any]


class Case(NamedTuple):
    name: str
    statements: tuple[Statement, ...]
    rule: str = ""
    """The rule that must be reported, if any."""
    message: str = ""
    """A part of the finding's message."""


def aws(principal: object, condition: Statement | None = None, **more: Any) -> Statement:
    """A statement that AWS principals may assume the role."""
    return _statement({"AWS": principal}, "sts:AssumeRole", condition, more)


def anyone(condition: Statement | None = None, **more: Any) -> Statement:
    return _statement("*", "sts:AssumeRole", condition, more)


def token(issuer: str, condition: Statement | None = None, **more: Any) -> Statement:
    """A statement that accepts tokens of a provider in the role's account."""
    named = f"arn:aws:iam::{OWN}:oidc-provider/{issuer}"
    return _statement({"Federated": named}, "sts:AssumeRoleWithWebIdentity", condition, more)


def built_in(name: str, condition: Statement | None = None) -> Statement:
    return _statement({"Federated": name}, "sts:AssumeRoleWithWebIdentity", condition, {})


def saml(condition: Statement | None = None, **more: Any) -> Statement:
    return _statement({"Federated": SAML_PROVIDER}, "sts:AssumeRoleWithSAML", condition, more)


def service(name: str, condition: Statement | None = None, **more: Any) -> Statement:
    return _statement({"Service": name}, "sts:AssumeRole", condition, more)


def pinned(issuer: str, sub: object, aud: object = "sts.amazonaws.com", operator: str = "StringEquals") -> Statement:
    """Audience and subject; `operator` is the subject's."""
    if operator == "StringEquals":
        return {"StringEquals": {f"{issuer}:aud": aud, f"{issuer}:sub": sub}}
    return {"StringEquals": {f"{issuer}:aud": aud}, operator: {f"{issuer}:sub": sub}}


def external_id(value: object, operator: str = "StringEquals") -> Statement:
    return {operator: {"sts:ExternalId": value}}


def _statement(principal: object, action: object, condition: Statement | None, more: dict[str, Any]) -> Statement:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action}
    return statement | ({"Condition": condition} if condition is not None else {}) | more


SECRET = "7c0f1a52-6a2b-4f4e-9d0a-0f3c7a1e55aa"

BAD: tuple[Case, ...] = (
    # Who: everyone, whole accounts, unknown ones.
    Case("everyone", (anyone(),), "iam-trust-anyone", "without any condition"),
    Case("everyone in a list", (aws(["*"]),), "iam-trust-anyone"),
    Case("everyone beside a role", (aws([f"arn:aws:iam::{OWN}:role/a", "*"]),), "iam-trust-anyone"),
    Case("everyone with an ExternalId", (anyone(external_id(SECRET)),), "iam-trust-anyone", "is not a secret"),
    Case(
        "everyone by day",
        (anyone({"DateGreaterThan": {"aws:CurrentTime": "2024-01-01T00:00:00Z"}}),),
        "iam-trust-anyone",
    ),
    Case("everyone from everywhere", (anyone({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}),), "iam-trust-anyone"),
    Case("everyone with MFA", (anyone({"Bool": {"aws:MultiFactorAuthPresent": "true"}}),), "iam-trust-anyone"),
    Case("everyone in any organization", (anyone({"StringLike": {"aws:PrincipalOrgID": "o-*"}}),), "iam-trust-anyone"),
    Case(
        "a vendor by its own name",
        (aws(VENDOR_ROLE, external_id("${aws:username}")),),
        "iam-trust-condition-open",
        "is a property of the caller",
    ),
    Case(
        "everyone in another organization",
        (anyone({"StringEquals": {"aws:PrincipalOrgID": "o-another0org1"}}),),
        "iam-trust-anyone",
        "'o-another0org1' is not one of your organizations",
    ),
    Case(
        "everyone in a unit of another organization",
        (anyone({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-another0org1/r-ab12/ou-ab12-1/*"}}),),
        "iam-trust-anyone",
        "'o-another0org1' is not one of your organizations",
    ),
    Case(
        "a role of another organization",
        (aws(f"arn:aws:iam::{STRANGER}:role/x", {"StringEquals": {"aws:PrincipalOrgID": "o-another0org1"}}),),
        "iam-trust-external-id",
    ),
    Case(
        "everyone in the organization, if there is one",
        (anyone({"StringEqualsIfExists": {"aws:PrincipalOrgID": ORGANIZATION}}),),
        "iam-trust-anyone",
        "IfExists",
    ),
    Case(
        "everyone but the organization",
        (anyone({"StringNotEquals": {"aws:PrincipalOrgID": ORGANIZATION}}),),
        "iam-trust-anyone",
        "accepts every other value",
    ),
    Case(
        "a role of that name in any account",
        (anyone({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/Deployer"}}),),
        "iam-trust-anyone",
        "leaves the account open",
    ),
    Case(
        "a role of the caller's own account",
        (anyone({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::${aws:PrincipalAccount}:role/Deployer"}}),),
        "iam-trust-anyone",
    ),
    Case("a tag of the caller", (anyone({"StringEquals": {"aws:PrincipalTag/team": "ops"}}),), "iam-trust-anyone"),
    Case("the root of any account", (aws("arn:aws:iam::*:root"),), "iam-trust-anyone"),
    Case(
        "everyone but one",
        ({**anyone(), "Principal": None, "NotPrincipal": {"AWS": VENDOR_ROLE}},),
        "iam-trust-not-principal",
    ),
    # The ExternalId.
    Case("a vendor without ExternalId", (aws(VENDOR_ROLE),), "iam-trust-external-id", "ConductorOne"),
    Case("a vendor's whole account", (aws(f"arn:aws:iam::{CONDUCTORONE}:root"),), "iam-trust-external-id"),
    Case("a stranger without ExternalId", (aws(f"arn:aws:iam::{STRANGER}:role/x"),), "iam-trust-external-id"),
    Case("a stranger by number", (aws(STRANGER),), "iam-trust-external-id"),
    Case("a stranger's number, not as text", (aws(int(STRANGER)),), "iam-trust-external-id"),
    Case(
        "a time in place of the ExternalId",
        (aws(VENDOR_ROLE, {"DateLessThan": {"aws:CurrentTime": "2099-01-01T00:00:00Z"}}),),
        "iam-trust-external-id",
        "does not restrict the caller",
    ),
    Case(
        "MFA in place of the ExternalId",
        (aws(VENDOR_ROLE, {"Bool": {"aws:MultiFactorAuthPresent": "true"}}),),
        "iam-trust-external-id",
    ),
    Case(
        "an ExternalId if there is one",
        (aws(VENDOR_ROLE, external_id(SECRET, "StringEqualsIfExists")),),
        "iam-trust-condition-open",
    ),
    Case(
        "any ExternalId",
        (aws(VENDOR_ROLE, external_id("*", "StringLike")),),
        "iam-trust-condition-open",
        "matches every value",
    ),
    Case(
        "any ExternalId of some length",
        (aws(VENDOR_ROLE, external_id("?*", "StringLike")),),
        "iam-trust-condition-open",
    ),
    Case(
        "an ExternalId's beginning",
        (aws(VENDOR_ROLE, external_id("acme-*", "StringLike")),),
        "iam-trust-condition-open",
        "after 'acme-'",
    ),
    Case("any other ExternalId", (aws(VENDOR_ROLE, external_id("", "StringNotEquals")),), "iam-trust-condition-open"),
    Case(
        "no wrong ExternalId",
        (aws(VENDOR_ROLE, external_id(SECRET, "ForAllValues:StringEquals")),),
        "iam-trust-condition-open",
        "ForAllValues",
    ),
    Case(
        "some ExternalId",
        (aws(VENDOR_ROLE, {"Null": {"sts:ExternalId": "false"}}),),
        "iam-trust-condition-open",
        "any sts:ExternalId",
    ),
    Case(
        "one right and one open ExternalId",
        (aws(VENDOR_ROLE, external_id([SECRET, "*"], "StringLike")),),
        "iam-trust-condition-open",
    ),
    Case(
        "an ExternalId of a star",
        (aws(VENDOR_ROLE, external_id("*")),),
        "iam-trust-condition-never",
        "compares its value literally",
    ),
    Case(
        "a placeholder as ExternalId",
        (aws(VENDOR_ROLE, external_id("EXTERNAL-ID")),),
        "iam-trust-condition-open",
        "placeholder",
    ),
    Case(
        "the second of two statements",
        (aws(VENDOR_ROLE, external_id(SECRET)), aws(f"arn:aws:iam::{STRANGER}:root")),
        "iam-trust-external-id",
    ),
    Case(
        "a vendor's session tags",
        (aws(VENDOR_ROLE, external_id(SECRET), Action=["sts:AssumeRole", "sts:TagSession"]),),
        "iam-trust-session-tags",
    ),
    Case(
        "an unknown account",
        (aws(f"arn:aws:iam::{STRANGER}:role/x", external_id(SECRET)),),
        "iam-trust-unknown-account",
    ),
    # Tokens.
    Case("GitHub without conditions", (token(GITHUB),), "iam-trust-subject"),
    Case(
        "GitHub with the audience only",
        (token(GITHUB, {"StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com"}}),),
        "iam-trust-subject",
    ),
    Case(
        "GitHub with the subject only",
        (token(GITHUB, {"StringEquals": {f"{GITHUB}:sub": "repo:acme/app:ref:refs/heads/main"}}),),
        "iam-trust-audience",
    ),
    Case("every repository", (token(GITHUB, pinned(GITHUB, "repo:*", operator="StringLike")),), "iam-trust-subject"),
    Case(
        "every organization's repositories",
        (token(GITHUB, pinned(GITHUB, "repo:*/*:*", operator="StringLike")),),
        "iam-trust-subject",
    ),
    Case(
        "organizations that begin so",
        (token(GITHUB, pinned(GITHUB, "repo:acme*", operator="StringLike")),),
        "iam-trust-subject",
    ),
    Case(
        "that repository in every organization",
        (token(GITHUB, pinned(GITHUB, "repo:*/app:ref:refs/heads/main", operator="StringLike")),),
        "iam-trust-subject",
    ),
    Case(
        "that branch of every repository",
        (token(GITHUB, pinned(GITHUB, "*:ref:refs/heads/main", operator="StringLike")),),
        "iam-trust-subject",
    ),
    Case(
        "everyone's environment of that name",
        (token(GITHUB, pinned(GITHUB, "environment:production")),),
        "iam-trust-subject",
    ),
    Case(
        "a subject if there is one",
        (token(GITHUB, pinned(GITHUB, "repo:acme/app:*", operator="StringLikeIfExists")),),
        "iam-trust-condition-open",
    ),
    Case(
        "no wrong subject",
        (token(GITHUB, pinned(GITHUB, "repo:acme/app:*", operator="ForAllValues:StringLike")),),
        "iam-trust-condition-open",
    ),
    Case(
        "every subject but one",
        (token(GITHUB, pinned(GITHUB, "repo:evil/app:*", operator="StringNotLike")),),
        "iam-trust-condition-open",
    ),
    Case(
        "a star that is only a star", (token(GITHUB, pinned(GITHUB, "repo:acme/app:*")),), "iam-trust-condition-never"
    ),
    Case(
        "the owner, which is not passed on",
        (
            token(
                GITHUB, {"StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com", f"{GITHUB}:repository_owner": "acme"}}
            ),
        ),
        "iam-trust-condition-never",
    ),
    Case(
        "another provider's keys",
        (token(GITHUB, pinned(GITLAB, "repo:acme/app:ref:refs/heads/main")),),
        "iam-trust-issuer",
    ),
    Case(
        "another cluster's keys",
        (token(EKS, pinned(EKS.replace("us-east-1", "eu-west-1"), "system:serviceaccount:ns:agent")),),
        "iam-trust-issuer",
    ),
    Case(
        "https:// in the key",
        (token(GITHUB, pinned(f"https://{GITHUB}", "repo:acme/app:ref:refs/heads/main")),),
        "iam-trust-issuer",
    ),
    Case(
        "every audience",
        (token(EKS, {"StringLike": {f"{EKS}:aud": "*", f"{EKS}:sub": "system:serviceaccount:ns:agent"}}),),
        "iam-trust-condition-open",
    ),
    Case(
        "every service account",
        (token(EKS, pinned(EKS, "system:serviceaccount:*:*", operator="StringLike")),),
        "iam-trust-subject",
    ),
    Case(
        "that service account in every namespace",
        (token(EKS, pinned(EKS, "system:serviceaccount:*:agent", operator="StringLike")),),
        "iam-trust-subject",
    ),
    Case(
        "every project of GitLab",
        (token(GITLAB, pinned(GITLAB, "project_path:*:ref_type:branch:ref:main", operator="StringLike")),),
        "iam-trust-subject",
    ),
    Case(
        "every organization of Terraform Cloud",
        (
            token(
                TFC,
                pinned(TFC, "organization:*:project:*:workspace:*:run_phase:*", "aws.workload.identity", "StringLike"),
            ),
        ),
        "iam-trust-subject",
    ),
    Case(
        "every user of a tenant",
        (token(OKTA, pinned(OKTA, "auth0|*", "api://aws", "StringLike")),),
        "iam-trust-subject",
    ),
    Case(
        "Google without subject",
        (built_in(GOOGLE, {"StringEquals": {f"{GOOGLE}:aud": "1.apps.googleusercontent.com"}}),),
        "iam-trust-subject",
    ),
    Case(
        "Google without audience",
        (built_in(GOOGLE, {"StringEquals": {f"{GOOGLE}:sub": "110169484474386276334"}}),),
        "iam-trust-audience",
    ),
    Case(
        "a provider of one's own for Google",
        (token(GOOGLE, pinned(GOOGLE, "110169484474386276334", "1.apps.googleusercontent.com")),),
        "iam-trust-provider",
        "built into IAM",
    ),
    Case(
        "Cognito with guests",
        (built_in(COGNITO, {"StringEquals": {f"{COGNITO}:aud": "us-east-1:0"}}),),
        "iam-trust-subject",
    ),
    Case(
        "a token with the wrong action",
        (token(GITHUB, pinned(GITHUB, "repo:acme/app:ref:refs/heads/main"), Action="sts:AssumeRole"),),
        "iam-trust-provider",
    ),
    Case(
        "a provider by its name",
        (built_in(GITHUB, pinned(GITHUB, "repo:acme/app:ref:refs/heads/main")),),
        "iam-trust-provider",
    ),
    Case(
        "a provider of another account",
        (
            _statement(
                {"Federated": f"arn:aws:iam::{STRANGER}:oidc-provider/{GITHUB}"},
                "sts:AssumeRoleWithWebIdentity",
                pinned(GITHUB, "repo:acme/app:ref:refs/heads/main"),
                {},
            ),
        ),
        "iam-trust-provider",
    ),
    Case(
        "tokens of any provider",
        (_statement({"Federated": "*"}, "sts:AssumeRoleWithWebIdentity", None, {}),),
        "iam-trust-anyone",
    ),
    Case(
        "an ExternalId with a token",
        (
            token(
                GITHUB,
                {
                    "StringEquals": {
                        **pinned(GITHUB, "repo:acme/app:ref:refs/heads/main")["StringEquals"],
                        "sts:ExternalId": SECRET,
                    }
                },
            ),
        ),
        "iam-trust-condition-never",
    ),
    Case(
        "a token's key for an AWS principal",
        (aws(f"arn:aws:iam::{OWN}:role/a", pinned(GITHUB, "repo:acme/app:ref:refs/heads/main")),),
        "iam-trust-condition-never",
    ),
    Case(
        "a good statement before a bad one",
        (
            token(EKS, pinned(EKS, "system:serviceaccount:ns:agent")),
            token(GITHUB, pinned(GITHUB, "repo:*", operator="StringLike")),
        ),
        "iam-trust-subject",
    ),
    # Assertions.
    Case("SAML without audience", (saml(),), "iam-trust-audience"),
    Case("SAML for every audience", (saml({"StringLike": {"SAML:aud": "*"}}),), "iam-trust-condition-open"),
    Case(
        "SAML for an audience if there is one",
        (saml({"StringEqualsIfExists": {"SAML:aud": SIGN_IN}}),),
        "iam-trust-condition-open",
    ),
    Case(
        "SAML's Audience for its Recipient",
        (saml({"StringEquals": {"SAML:aud": "urn:amazon:webservices"}}),),
        "iam-trust-condition-never",
    ),
    Case(
        "SAML of another partition",
        (saml({"StringEquals": {"SAML:aud": "https://signin.amazonaws.cn/saml"}}),),
        "iam-trust-condition-never",
    ),
    Case(
        "SAML with the wrong action",
        (saml({"StringEquals": {"SAML:aud": SIGN_IN}}, Action="sts:AssumeRoleWithWebIdentity"),),
        "iam-trust-provider",
    ),
    # Services.
    Case("a service for anybody's resource", (service("cloudtrail.amazonaws.com"),), "iam-trust-service"),
    Case(
        "a service for every resource",
        (service("scheduler.amazonaws.com", {"ArnLike": {"aws:SourceArn": "arn:aws:scheduler:*:*:schedule/*"}}),),
        "iam-trust-condition-open",
    ),
    Case("a misspelt service", (service("lamda.amazonaws.com.evil.example"),), "iam-trust-provider"),
    Case(
        "Pod Identity without session tags",
        (service("pods.eks.amazonaws.com"),),
        "iam-trust-provider",
        "sts:TagSession",
    ),
    Case("a condition of nothing", (aws(VENDOR_ROLE, {}),), "iam-trust-external-id"),
    Case(
        "an ExternalId of a length",
        (aws(VENDOR_ROLE, external_id("????????", "StringLike")),),
        "iam-trust-condition-open",
    ),
    Case("an ExternalId's end", (aws(VENDOR_ROLE, external_id("*-acme", "StringLike")),), "iam-trust-condition-open"),
    Case(
        "no ExternalId allowed", (aws(VENDOR_ROLE, {"Null": {"sts:ExternalId": "true"}}),), "iam-trust-condition-open"
    ),
    Case(
        "the kind of principal", (anyone({"StringEquals": {"aws:PrincipalType": "AssumedRole"}}),), "iam-trust-anyone"
    ),
    Case("accounts that begin so", (anyone({"StringLike": {"aws:PrincipalAccount": "1111*"}}),), "iam-trust-anyone"),
    Case(
        "anyone who triggers it",
        (token(GITHUB, {"StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com", f"{GITHUB}:actor": "octocat"}}),),
        "iam-trust-subject",
    ),
    Case(
        "a workflow of that name",
        (
            token(
                GITHUB,
                {
                    "StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com"},
                    "StringLike": {f"{GITHUB}:job_workflow_ref": "*/.github/workflows/x.yml@*"},
                },
            ),
        ),
        "iam-trust-subject",
    ),
    Case(
        "the provider's ARN in the key",
        (token(EKS, pinned(f"arn:aws:iam::{OWN}:oidc-provider/{EKS}", "system:serviceaccount:ns:agent")),),
        "iam-trust-issuer",
    ),
    Case(
        "a canonical user",
        (_statement({"CanonicalUser": "79a59df9"}, "sts:AssumeRole", None, {}),),
        "iam-document-malformed",
    ),
    # The rest.
    Case("every action", (aws(f"arn:aws:iam::{OWN}:role/a", Action="sts:*"),), "iam-trust-actions"),
    Case("a Resource", (aws(f"arn:aws:iam::{OWN}:role/a", Resource="*"),), "iam-document-malformed"),
    Case("a principal that is a pattern", (aws(f"arn:aws:iam::{OWN}:role/*"),), "iam-document-malformed"),
    Case(
        "a trust that is over",
        (aws(f"arn:aws:iam::{OWN}:role/a", {"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}),),
        "iam-trust-condition-never",
    ),
    Case(
        "demands that exclude each other",
        (
            aws(
                VENDOR_ROLE, {"StringEquals": {"sts:ExternalId": SECRET}, "StringNotEquals": {"sts:ExternalId": SECRET}}
            ),
        ),
        "iam-trust-condition-never",
    ),
)

GOOD: tuple[Case, ...] = (
    Case("a role of one's own account", (aws(f"arn:aws:iam::{OWN}:role/Deployer"),)),
    Case("one's own account", (aws(f"arn:aws:iam::{OWN}:root"),)),
    Case("a trusted account's role", (aws(f"arn:aws:iam::{TRUSTED}:role/Hub"),)),
    Case("a vendor with its ExternalId", (aws(VENDOR_ROLE, external_id(SECRET)),)),
    Case("a vendor with one of two ExternalIds", (aws(VENDOR_ROLE, external_id([SECRET, SECRET[::-1]])),)),
    Case(
        "a vendor with ExternalId and place",
        (aws(VENDOR_ROLE, {**external_id(SECRET), "IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),),
    ),
    Case(
        "an ExternalId that must be there",
        (aws(VENDOR_ROLE, {"StringEqualsIfExists": {"sts:ExternalId": SECRET}, "Null": {"sts:ExternalId": "false"}}),),
    ),
    Case(
        "a foreign role of the organization",
        (aws(f"arn:aws:iam::{STRANGER}:role/x", {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}),),
    ),
    Case("everyone in the organization", (anyone({"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}),)),
    Case(
        "everyone in the role's own organization",
        (anyone({"StringEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}}),),
    ),
    Case(
        "everyone in a unit of the organization",
        (anyone({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": f"{ORGANIZATION}/r-ab12/ou-ab12-1/*"}}),),
    ),
    Case("everyone of one's own account", (anyone({"StringEquals": {"aws:PrincipalAccount": OWN}}),)),
    Case("roles of one's own account", (anyone({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{OWN}:role/ops/*"}}),)),
    Case(
        "one's own account, by Identity Center, under one's own name",
        (
            aws(
                f"arn:aws:iam::{OWN}:root",
                {
                    "StringEqualsIgnoreCase": {"sts:RoleSessionName": "${SAML:sub}"},
                    "ArnLike": {
                        "aws:PrincipalArn": [
                            f"arn:aws:iam::{OWN}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Ops_*"
                        ]
                    },
                },
            ),
        ),
    ),
    Case(
        "everyone, but denied outside of the organization",
        (
            anyone(),
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "sts:AssumeRole",
                "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": ORGANIZATION}},
            },
        ),
    ),
    Case(
        "a stranger who is denied",
        (
            aws(f"arn:aws:iam::{STRANGER}:root"),
            {"Effect": "Deny", "Principal": {"AWS": f"arn:aws:iam::{STRANGER}:root"}, "Action": "sts:AssumeRole"},
        ),
    ),
    Case("a statement that only denies", ({"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"},)),
    Case("one branch of one repository", (token(GITHUB, pinned(GITHUB, "repo:acme/app:ref:refs/heads/main")),)),
    Case(
        "every branch of one repository",
        (token(GITHUB, pinned(GITHUB, "repo:acme/app:ref:refs/heads/*", operator="StringLike")),),
    ),
    Case("one environment of one repository", (token(GITHUB, pinned(GITHUB, "repo:acme/app:environment:production")),)),
    Case(
        "one repository by number",
        (
            token(
                GITHUB, {"StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com", f"{GITHUB}:repository_id": "123456789"}}
            ),
        ),
    ),
    Case("one service account", (token(EKS, pinned(EKS, "system:serviceaccount:ns:agent")),)),
    Case(
        "two service accounts", (token(EKS, pinned(EKS, ["system:serviceaccount:ns:a", "system:serviceaccount:ns:b"])),)
    ),
    Case(
        "one project of GitLab",
        (token(GITLAB, pinned(GITLAB, "project_path:acme/app:ref_type:branch:ref:main", "https://gitlab.com")),),
    ),
    Case(
        "one workspace of Terraform Cloud",
        (
            token(
                TFC,
                pinned(
                    TFC, "organization:acme:project:p:workspace:w:run_phase:*", "aws.workload.identity", "StringLike"
                ),
            ),
        ),
    ),
    Case(
        "one project of CircleCI",
        (
            token(
                CIRCLECI,
                pinned(
                    CIRCLECI,
                    "org/9f1c0e6e-0000-4000-8000-0123456789ab/project/1b2c/user/*",
                    "9f1c0e6e-0000-4000-8000-0123456789ab",
                    "StringLike",
                ),
            ),
        ),
    ),
    Case("one client of a tenant", (token(OKTA, pinned(OKTA, "0oa1b2c3", "api://aws")),)),
    Case(
        "one Google account",
        (built_in(GOOGLE, pinned(GOOGLE, "110169484474386276334", "1.apps.googleusercontent.com")),),
    ),
    Case(
        "signed-in users of an identity pool",
        (
            built_in(
                COGNITO,
                {
                    "StringEquals": {f"{COGNITO}:aud": "us-east-1:0"},
                    "ForAnyValue:StringLike": {f"{COGNITO}:amr": "authenticated"},
                },
            ),
        ),
    ),
    Case(
        "SAML for AWS",
        (saml({"StringEquals": {"SAML:aud": SIGN_IN}}, Action=["sts:AssumeRoleWithSAML", "sts:TagSession"]),),
    ),
    Case(
        "SAML for AWS in a region",
        (saml({"StringEquals": {"SAML:aud": [SIGN_IN, "https://us-east-1.signin.aws.amazon.com/saml"]}}),),
    ),
    Case("Pod Identity", (service("pods.eks.amazonaws.com", Action=["sts:AssumeRole", "sts:TagSession"]),)),
    Case(
        "Pod Identity of one cluster",
        (
            service(
                "pods.eks.amazonaws.com",
                {
                    "StringEquals": {"aws:SourceAccount": OWN},
                    "ArnEquals": {"aws:SourceArn": f"arn:aws:eks:us-east-1:{OWN}:cluster/prod"},
                },
                Action=["sts:AssumeRole", "sts:TagSession"],
            ),
        ),
    ),
    Case("EKS's own role", (service("eks.amazonaws.com"),)),
    Case("instances", (service("ec2.amazonaws.com"),)),
    Case("functions", (service("lambda.amazonaws.com"),)),
    Case(
        "Fargate pods of one's own clusters",
        (
            service(
                "eks-fargate-pods.amazonaws.com",
                {"ArnLike": {"aws:SourceArn": f"arn:aws:eks:us-east-1:{OWN}:fargateprofile/prod/*"}},
            ),
        ),
    ),
    Case(
        "a service for one's own account",
        (service("cloudtrail.amazonaws.com", {"StringEquals": {"aws:SourceAccount": OWN}}),),
    ),
)
