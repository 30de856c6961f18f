"""Rules of trust policies: who may assume a role."""

from ...finding import Rule, Severity

_USER_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide"
_CONDITIONS = f"{_USER_GUIDE}/reference_policies_elements_condition_operators.html"
_CONFUSED_DEPUTY = f"{_USER_GUIDE}/confused-deputy.html"
_WEB_IDENTITY = f"{_USER_GUIDE}/id_roles_create_for-idp_oidc.html"

TRUST_ANYONE = Rule(
    "iam-trust-anyone",
    "A trust policy names who may assume the role",
    Severity.CRITICAL,
    "Name the role or user as the principal; or require aws:PrincipalOrgID, aws:PrincipalAccount or aws:PrincipalArn,"
    " with a value that leaves the account no choice.",
    f"{_USER_GUIDE}/reference_policies_elements_principal.html",
)
TRUST_NOT_PRINCIPAL = Rule(
    "iam-trust-not-principal",
    "A trust policy does not allow everyone but a few",
    Severity.CRITICAL,
    "Name who may assume the role in Principal. NotPrincipal with Allow lets in everybody else, anonymous callers too.",
    f"{_USER_GUIDE}/reference_policies_elements_notprincipal.html",
)
TRUST_WHOLE_ACCOUNT = Rule(
    "iam-trust-whole-account",
    "A trust policy names a role of another account, not the whole account",
    Severity.LOW,
    "Name the vendor's role, where the vendor says which one it uses.",
    f"{_USER_GUIDE}/reference_policies_elements_principal.html#principal-accounts",
)
TRUST_UNKNOWN_ACCOUNT = Rule(
    "iam-trust-unknown-account",
    "A trust policy names only accounts that are one's own, trusted, or a known vendor's",
    Severity.MEDIUM,
    "Check whose account it is, then add it to the trusted accounts or to the allowed vendors.",
    _CONFUSED_DEPUTY,
)
TRUST_EXTERNAL_ID = Rule(
    "iam-trust-external-id",
    "A third party assumes a role only with the ExternalId that it gave",
    Severity.HIGH,
    "Require sts:ExternalId with StringEquals and the value that the vendor shows for your account. Without it, whoever"
    " tells the vendor your role's ARN can have the vendor act in your account.",
    _CONFUSED_DEPUTY,
)
TRUST_CONDITION_OPEN = Rule(
    "iam-trust-condition-open",
    "A condition of a trust policy refuses whoever does not meet it",
    Severity.HIGH,
    "Use StringEquals, StringLike, ArnLike or ArnEquals without IfExists and ForAllValues, on values that leave no"
    " choice.",
    _CONDITIONS,
)
TRUST_CONDITION_NEVER = Rule(
    "iam-trust-condition-never",
    "A condition of a trust policy can be met",
    Severity.HIGH,
    "Use an operator with Like for patterns, and keys that the caller's kind of request carries. As it is, nobody can"
    " assume the role, which is usually repaired in haste by removing the condition.",
    _CONDITIONS,
)
TRUST_ISSUER = Rule(
    "iam-trust-issuer",
    "Conditions on a token are about the issuer that is the principal",
    Severity.HIGH,
    "Write the keys with the provider's own URL, without https://, as in <provider>:aud and <provider>:sub.",
    _WEB_IDENTITY,
)
TRUST_AUDIENCE = Rule(
    "iam-trust-audience",
    "A federated trust says for whom the token or assertion was made",
    Severity.HIGH,
    "Require the audience with StringEquals: <provider>:aud for OpenID Connect, SAML:aud for SAML. Without it, a token"
    " that was made for any other purpose will do.",
    _WEB_IDENTITY,
)
TRUST_SUBJECT = Rule(
    "iam-trust-subject",
    "A web identity trust says whose token it takes",
    Severity.HIGH,
    "Require <provider>:sub, with the organization, project, repository or service account spelled out. Without it,"
    " everybody who gets a token from the provider can assume the role.",
    _WEB_IDENTITY,
)
TRUST_SUBJECT_WIDE = Rule(
    "iam-trust-subject-wide",
    "A web identity trust names one repository, project or service account",
    Severity.LOW,
    "Spell out the repository, project or service account, and the branch or environment where there is one.",
    _WEB_IDENTITY,
)
TRUST_PROVIDER = Rule(
    "iam-trust-provider",
    "A federated principal is named as IAM knows it, and takes the action of its kind",
    Severity.HIGH,
    "Use sts:AssumeRoleWithWebIdentity for OpenID Connect, sts:AssumeRoleWithSAML for SAML and sts:AssumeRole for"
    " accounts and services. Name built-in providers (accounts.google.com) by name, others by the ARN in your account.",
    f"{_USER_GUIDE}/reference_policies_elements_principal.html#principal-federated-web-identity",
)
TRUST_SERVICE = Rule(
    "iam-trust-service",
    "A trust in an AWS service says for whose resource the service may act",
    Severity.MEDIUM,
    "Require aws:SourceArn, or aws:SourceAccount with your account.",
    f"{_CONFUSED_DEPUTY}#cross-service-confused-deputy-prevention",
)
TRUST_SESSION_TAGS = Rule(
    "iam-trust-session-tags",
    "Another account passes only the session tags that are agreed",
    Severity.MEDIUM,
    "Leave sts:TagSession out, or require aws:TagKeys (ForAllValues:StringEquals) or aws:RequestTag/<key>. Policies"
    " that decide by tags would believe whatever the caller says.",
    f"{_USER_GUIDE}/id_session-tags.html",
)
TRUST_ACTIONS = Rule(
    "iam-trust-actions",
    "A trust policy names its actions, which are those of sts",
    Severity.LOW,
    "Name sts:AssumeRole, sts:AssumeRoleWithWebIdentity or sts:AssumeRoleWithSAML, and sts:TagSession or"
    " sts:SetSourceIdentity only where the caller needs them.",
    f"{_USER_GUIDE}/reference_policies_elements_action.html",
)
TRUST_SESSION_DURATION = Rule(
    "iam-trust-session-duration",
    "Sessions of a role end within the limit",
    Severity.MEDIUM,
    "Set max_session_duration to what the work takes; the default is one hour.",
    f"{_USER_GUIDE}/id_roles_update-role-settings.html",
)
