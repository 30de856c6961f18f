"""Rules of permissions inside clusters: one or two for each dangerous right, and others."""

from collections.abc import Mapping
from dataclasses import dataclass

from ..evaluate.rbac.dangers import DANGERS, Danger
from ..finding import Rule, Severity

_PRACTICES = "https://kubernetes.io/docs/concepts/security/rbac-good-practices/"
_REFERENCE = "https://kubernetes.io/docs/reference/access-authn-authz/rbac/"


@dataclass(frozen=True)
class Pair:
    """The rules about one dangerous right: cluster-wide, and within a namespace."""

    everywhere: Rule
    in_namespace: Rule | None


def _pair(danger: Danger) -> Pair:
    url = f"{_PRACTICES}#{danger.anchor}" if danger.anchor else _PRACTICES
    everywhere = Rule(f"rbac-{danger.key}", danger.title, danger.severity, danger.remediation, url, danger.frameworks)
    if danger.in_namespace is None or danger.in_namespace is danger.severity:
        return Pair(everywhere, None if danger.in_namespace is None else everywhere)
    title = f"{danger.title}, within a namespace too"
    narrow = Rule(
        f"{everywhere.id}-in-namespace", title, danger.in_namespace, danger.remediation, url, danger.frameworks
    )
    return Pair(everywhere, narrow)


PAIRS: Mapping[str, Pair] = {danger.key: _pair(danger) for danger in DANGERS}

EVERYTHING = Pair(
    Rule(
        "rbac-cluster-admin",
        "No subject is an administrator of the whole cluster",
        Severity.CRITICAL,
        "Bind a ClusterRole with the permissions that are needed. List administrators in this rule's settings"
        " `allowedPrincipals` or `allowedGroups`.",
        f"{_PRACTICES}#least-privilege",
        ("CIS EKS 4.1.1", "CIS Kubernetes 5.1.1"),
    ),
    Rule(
        "rbac-cluster-admin-in-namespace",
        "No subject is an administrator of a namespace",
        Severity.MEDIUM,
        "Bind a role with the permissions that are needed, or list the namespace in this rule's setting `namespaces`.",
        f"{_PRACTICES}#least-privilege",
        ("CIS EKS 4.1.1",),
    ),
)
WILDCARD = Pair(
    Rule(
        "rbac-wildcard",
        "Rules name their verbs and resources",
        Severity.HIGH,
        "Name the verbs and the resources: `*` covers every resource type that is added to the cluster later.",
        f"{_PRACTICES}#least-privilege",
        ("CIS EKS 4.1.3", "CIS Kubernetes 5.1.3"),
    ),
    Rule(
        "rbac-wildcard-in-namespace",
        "Rules name their verbs and resources, within a namespace too",
        Severity.MEDIUM,
        "Name the verbs and the resources: `*` covers every resource type that is added to the cluster later.",
        f"{_PRACTICES}#least-privilege",
        ("CIS EKS 4.1.3", "CIS Kubernetes 5.1.3"),
    ),
)
WILDCARD_GROUP = Rule(
    "rbac-wildcard-group",
    "Rules name their API groups",
    Severity.LOW,
    'Name the API group (`""` for the core): `*` covers resources of the same name in every group that is added later.',
    f"{_PRACTICES}#least-privilege",
    ("CIS EKS 4.1.3",),
)
AWS_AUTH = Rule(
    "rbac-aws-auth-write",
    "The aws-auth ConfigMap is writable only by administrators",
    Severity.HIGH,
    "Remove write access to `configmaps` in kube-system: a subject that can change aws-auth can make anyone an"
    " administrator. On clusters with authentication mode API the ConfigMap has no effect.",
    "https://docs.aws.amazon.com/eks/latest/userguide/auth-configmap.html",
)
ANONYMOUS = Rule(
    "rbac-anonymous",
    "Anonymous users have no permissions",
    Severity.CRITICAL,
    "Bind the role to a dedicated group. system:anonymous and system:unauthenticated are everyone who reaches the API"
    " server.",
    f"{_REFERENCE}#discovery-roles",
    ("CIS EKS 2.1.1",),
)
AUTHENTICATED = Rule(
    "rbac-authenticated",
    "Authentication alone grants no permissions",
    Severity.HIGH,
    "Bind the role to a dedicated group. system:authenticated is every authenticated user, and system:serviceaccounts"
    " every pod.",
    f"{_REFERENCE}#discovery-roles",
)
MASTERS = Rule(
    "rbac-system-masters",
    "Nothing is bound to system:masters",
    Severity.MEDIUM,
    "Remove the binding: members of system:masters may do everything without it, as they bypass RBAC and webhooks, and"
    " removing it takes nothing from them.",
    f"{_PRACTICES}#least-privilege",
    ("CIS Kubernetes 5.1.7",),
)
MISSING_ROLE = Rule(
    "rbac-missing-role",
    "A binding's role exists",
    Severity.MEDIUM,
    "Create the role in this stack, or correct `roleRef`. A binding to a role that does not exist grants"
    " nothing until a role of this name is created, with any permissions; a binding's role cannot be changed later.",
    f"{_REFERENCE}#rolebinding-and-clusterrolebinding",
)
CLUSTER_WIDE = Rule(
    "rbac-cluster-wide",
    "Permissions on namespaced resources are bound in namespaces",
    Severity.MEDIUM,
    "Bind the ClusterRole with a RoleBinding in each namespace that needs it.",
    f"{_PRACTICES}#least-privilege",
)
UNBOUND_ROLE = Rule(
    "rbac-unbound-role",
    "An unbound role has no dangerous permissions",
    Severity.LOW,
    "Bind it in this stack, where its subjects are visible; or remove the role, or its unneeded permissions.",
    f"{_PRACTICES}#least-privilege",
)
DEFAULT_ROLE = Rule(
    "rbac-aggregated",
    "The default roles view, edit and admin are not extended by aggregation labels",
    Severity.HIGH,
    "Remove the label `rbac.authorization.k8s.io/aggregate-to-…`, or the permission from the role: every subject of the"
    " default role gets it.",
    f"{_REFERENCE}#aggregated-clusterroles",
)
DEFAULT_ACCOUNT = Rule(
    "rbac-default-service-account",
    "No permission is granted to every pod of a namespace",
    Severity.MEDIUM,
    "Create a service account for the workload that needs the permissions: every pod without one runs as `default`, and"
    " every pod of a namespace is in the group system:serviceaccounts:<namespace>.",
    "https://kubernetes.io/docs/concepts/security/service-accounts/",
    ("CIS EKS 4.1.5", "CIS Kubernetes 5.1.5"),
)
BIND_NAMED = Rule(
    "rbac-bind-named",
    "The roles that may be bound by name are harmless",
    Severity.MEDIUM,
    "Remove the role from `resourceNames`, or accept that the subject can grant it to anyone, itself included.",
    f"{_PRACTICES}#bind-verb",
    ("CIS EKS 4.1.8",),
)

RULES: tuple[Rule, ...] = tuple(
    dict.fromkeys(
        rule
        for rule in (
            *(
                rule
                for pair in (EVERYTHING, *PAIRS.values(), WILDCARD)
                for rule in (pair.everywhere, pair.in_namespace)
            ),
            WILDCARD_GROUP,
            AWS_AUTH,
            ANONYMOUS,
            AUTHENTICATED,
            MASTERS,
            MISSING_ROLE,
            CLUSTER_WIDE,
            UNBOUND_ROLE,
            DEFAULT_ROLE,
            DEFAULT_ACCOUNT,
            BIND_NAMED,
        )
        if rule is not None
    )
)
