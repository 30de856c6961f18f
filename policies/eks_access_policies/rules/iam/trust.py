"""Rules of trust policies: who may assume a role."""

from ...finding import Rule, Severity

_USER_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide"
_CONDITIONS = f"{_USER_GUIDE}/reference_policies_elements_condition_operators.html"
_CONFUSED_DEPUTY = f"{_USER_GUIDE}/confused-deputy.html"
_WEB_IDENTITY = f"{_USER_GUIDE}/id_roles_create_for-idp_oidc.html"

TRUST_ANYONE = Rule(
    "iam-trust-anyone",
    "A trust policy names the principals that may assume the role",
    Severity.CRITICAL,
    "Name the role or user as the principal; or require aws:PrincipalOrgID, aws:PrincipalAccount or aws:PrincipalArn,"
    " with values that leave no account open.",
    f"{_USER_GUIDE}/reference_policies_elements_principal.html",
)
TRUST_NOT_PRINCIPAL = Rule(
    "iam-trust-not-principal",
    "A trust policy does not allow all principals except a few",
    Severity.CRITICAL,
    "List the principals in Principal. NotPrincipal with Allow covers all others, including anonymous callers.",
    f"{_USER_GUIDE}/reference_policies_elements_notprincipal.html",
)
TRUST_WHOLE_ACCOUNT = Rule(
    "iam-trust-whole-account",
    "A trust policy names a role of another account, not the whole account",
    Severity.LOW,
    "Name the vendor's role, if the vendor publishes which one it uses.",
    f"{_USER_GUIDE}/reference_policies_elements_principal.html#principal-accounts",
)
TRUST_UNKNOWN_ACCOUNT = Rule(
    "iam-trust-unknown-account",
    "A trust policy names only accounts that are your own, trusted, or a known vendor's",
    Severity.MEDIUM,
    "Check whose account it is, then add it to the setting `allowedAccounts` or `vendorAccounts`.",
    _CONFUSED_DEPUTY,
)
TRUST_EXTERNAL_ID = Rule(
    "iam-trust-external-id",
    "A third party can assume a role only with the ExternalId that it issued",
    Severity.HIGH,
    "Require sts:ExternalId with StringEquals and the value that the vendor shows for your account. Without it, anyone"
    " who gives the vendor your role's ARN can make the vendor act in your account.",
    _CONFUSED_DEPUTY,
)
TRUST_CONDITION_OPEN = Rule(
    "iam-trust-condition-open",
    "A condition of a trust policy restricts the caller",
    Severity.HIGH,
    "Use StringEquals, StringLike, ArnLike or ArnEquals without IfExists and ForAllValues, with values that"
    " do not match everything.",
    _CONDITIONS,
)
TRUST_CONDITION_NEVER = Rule(
    "iam-trust-condition-never",
    "A condition of a trust policy can be satisfied",
    Severity.HIGH,
    "Use an operator with Like for patterns, and keys that the caller's requests carry. Otherwise no principal"
    " can assume the role, which is often fixed in a hurry by removing the condition.",
    _CONDITIONS,
)
TRUST_ISSUER = Rule(
    "iam-trust-issuer",
    "Conditions on a token use the keys of the provider that is the principal",
    Severity.HIGH,
    "Write the keys with the provider's own URL, without https://, as in <provider>:aud and <provider>:sub.",
    _WEB_IDENTITY,
)
TRUST_AUDIENCE = Rule(
    "iam-trust-audience",
    "A federated trust policy requires the audience of the token or assertion",
    Severity.HIGH,
    "Require the audience with StringEquals: <provider>:aud for OpenID Connect, SAML:aud for SAML. Without it, a token"
    " issued for any other purpose is accepted.",
    _WEB_IDENTITY,
)
TRUST_SUBJECT = Rule(
    "iam-trust-subject",
    "A web identity trust policy requires the subject of the token",
    Severity.HIGH,
    "Require <provider>:sub, with the organization, project, repository or service account spelled out. Without it,"
    " anyone with a token from the provider can assume the role.",
    _WEB_IDENTITY,
)
TRUST_SUBJECT_WIDE = Rule(
    "iam-trust-subject-wide",
    "A web identity trust policy names one repository, project or service account",
    Severity.LOW,
    "Spell out the repository, project or service account, and the branch or environment if there is one.",
    _WEB_IDENTITY,
)
TRUST_PROVIDER = Rule(
    "iam-trust-provider",
    "A principal is one that IAM accepts, with the action of its type",
    Severity.HIGH,
    "Use sts:AssumeRoleWithWebIdentity for OpenID Connect, sts:AssumeRoleWithSAML for SAML and sts:AssumeRole for"
    " accounts and services. Name built-in providers (accounts.google.com) by name, others by the ARN in your account.",
    f"{_USER_GUIDE}/reference_policies_elements_principal.html#principal-federated-web-identity",
)
TRUST_SERVICE = Rule(
    "iam-trust-service",
    "A trust policy for an AWS service requires the source account or ARN",
    Severity.MEDIUM,
    "Require aws:SourceArn, or aws:SourceAccount with your account.",
    f"{_CONFUSED_DEPUTY}#cross-service-confused-deputy-prevention",
)
TRUST_SESSION_TAGS = Rule(
    "iam-trust-session-tags",
    "Another account can pass only agreed session tags",
    Severity.MEDIUM,
    "Remove sts:TagSession, or require aws:TagKeys (ForAllValues:StringEquals) or aws:RequestTag/<key>. Otherwise the"
    " caller chooses the tags that policies decide by.",
    f"{_USER_GUIDE}/id_session-tags.html",
)
TRUST_ACTIONS = Rule(
    "iam-trust-actions",
    "A trust policy names its actions, and only those of STS",
    Severity.LOW,
    "Name sts:AssumeRole, sts:AssumeRoleWithWebIdentity or sts:AssumeRoleWithSAML, and sts:TagSession or"
    " sts:SetSourceIdentity only if the caller needs them.",
    f"{_USER_GUIDE}/reference_policies_elements_action.html",
)
TRUST_SESSION_DURATION = Rule(
    "iam-trust-session-duration",
    "A role's session duration is within the limit",
    Severity.MEDIUM,
    "Set max_session_duration to what the workload needs; the default is one hour.",
    f"{_USER_GUIDE}/id_roles_update-role-settings.html",
)
