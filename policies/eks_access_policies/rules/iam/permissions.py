"""Rules of permissions: what a policy allows."""

from ...finding import Rule, Severity

_USER_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide"
_CONDITIONS = f"{_USER_GUIDE}/reference_policies_elements_condition_operators.html"

POLICY_ADMIN = Rule(
    "iam-policy-admin",
    "A policy does not allow everything",
    Severity.CRITICAL,
    "Name the actions that are needed, and the resources that they are needed on.",
    f"{_USER_GUIDE}/best-practices.html#grant-least-privilege",
    ("CIS AWS 1.16", "AWS FSBP IAM.1"),
)
POLICY_SERVICE_WILDCARD = Rule(
    "iam-policy-service-wildcard",
    "A policy does not allow all actions of a service",
    Severity.HIGH,
    "Name the actions that are needed. The wildcard covers every action that AWS adds.",
    f"{_USER_GUIDE}/best-practices.html#grant-least-privilege",
    ("AWS FSBP IAM.21",),
)
POLICY_ACTION_WILDCARD = Rule(
    "iam-policy-action-wildcard",
    "A policy names each write action",
    Severity.MEDIUM,
    "Write the actions out; use wildcards for read actions only.",
    f"{_USER_GUIDE}/reference_policies_elements_action.html",
)
POLICY_NOT_ACTION = Rule(
    "iam-policy-not-action",
    "A policy does not allow all actions except a few",
    Severity.HIGH,
    "List what is allowed in Action, or deny with NotAction. NotAction with Allow covers all other services, including"
    " future ones.",
    f"{_USER_GUIDE}/reference_policies_elements_notaction.html",
)
POLICY_NOT_RESOURCE = Rule(
    "iam-policy-not-resource",
    "A policy does not allow actions on all resources except a few",
    Severity.MEDIUM,
    "List what is allowed in Resource. NotResource with Allow covers all other resources, including future ones.",
    f"{_USER_GUIDE}/reference_policies_elements_notresource.html",
)
POLICY_RESOURCE_WILDCARD = Rule(
    "iam-policy-resource-wildcard",
    "A policy names the resources of its write actions",
    Severity.MEDIUM,
    "Name the ARNs, or at least their account and a prefix of their names.",
    "https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html",
)
POLICY_RESOURCE_READ = Rule(
    "iam-policy-resource-wildcard-read",
    "A policy names the resources of its read actions",
    Severity.LOW,
    "Name the ARNs, or at least their account and a prefix of their names.",
    "https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html",
)
POLICY_DATA_READ = Rule(
    "iam-policy-data-read",
    "Data and credentials are read from named resources only",
    Severity.HIGH,
    "Name the secrets, parameters, keys, buckets, tables or queues that are needed, or require a tag on them.",
    f"{_USER_GUIDE}/best-practices.html#grant-least-privilege",
)
POLICY_UNKNOWN_ACTION = Rule(
    "iam-policy-unknown-action",
    "A policy's actions exist",
    Severity.MEDIUM,
    "Correct the name. IAM accepts actions that do not exist; they allow and deny nothing.",
    "https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html",
)
POLICY_UNKNOWN_KEY = Rule(
    "iam-policy-unknown-condition-key",
    "A policy's condition keys exist, and apply to its actions",
    Severity.MEDIUM,
    "Correct the key. No request carries a key that does not exist: Allow then never applies, and Deny with a negated"
    " operator always does.",
    "https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html",
)
POLICY_RESOURCE_MISMATCH = Rule(
    "iam-policy-resource-mismatch",
    "A policy's actions are allowed on resources that they act on",
    Severity.MEDIUM,
    "Name a resource of a type that the action takes. What AWS's service reference does not list for an action may"
    " grant nothing; test it, or use '*'.",
    "https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html",
)
POLICY_CONDITION_NEVER = Rule(
    "iam-policy-condition-never",
    "A policy's conditions can be satisfied",
    Severity.LOW,
    "Correct the condition, or remove the statement: it applies to no request.",
    _CONDITIONS,
)
