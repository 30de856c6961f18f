"""The rules about rights inside clusters: one or two for each danger, and those that are no danger of one right."""

from collections.abc import Mapping
from dataclasses import dataclass

from ..evaluate.rbac.dangers import DANGERS, Danger
from ..finding import Rule, Severity

_PRACTICES = "https://kubernetes.io/docs/concepts/security/rbac-good-practices/"
_REFERENCE = "https://kubernetes.io/docs/reference/access-authn-authz/rbac/"


@dataclass(frozen=True)
class Pair:
    """The rules about one danger: where it is cluster-wide, and where it is in a namespace."""

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
        "Nobody is administrator of the whole cluster",
        Severity.CRITICAL,
        "Bind a ClusterRole with the rights that are needed. Administrators are named in `allowedPrincipals` or"
        " `allowedGroups` of this rule's configuration.",
        f"{_PRACTICES}#least-privilege",
        ("CIS EKS 4.1.1", "CIS Kubernetes 5.1.1"),
    ),
    Rule(
        "rbac-cluster-admin-in-namespace",
        "Nobody is administrator of everything in a namespace",
        Severity.MEDIUM,
        "Bind a role with the rights that are needed, or name the namespace in this rule's setting `namespaces`.",
        f"{_PRACTICES}#least-privilege",
        ("CIS EKS 4.1.1",),
    ),
)
WILDCARD = Pair(
    Rule(
        "rbac-wildcard",
        "Rules name their verbs and resources",
        Severity.HIGH,
        "Name the verbs and the resources: `*` has every kind that is ever added to the cluster in it.",
        f"{_PRACTICES}#least-privilege",
        ("CIS EKS 4.1.3", "CIS Kubernetes 5.1.3"),
    ),
    Rule(
        "rbac-wildcard-in-namespace",
        "Rules name their verbs and resources, in single namespaces as well",
        Severity.MEDIUM,
        "Name the verbs and the resources: `*` has every kind that is ever added to the cluster in it.",
        f"{_PRACTICES}#least-privilege",
        ("CIS EKS 4.1.3", "CIS Kubernetes 5.1.3"),
    ),
)
WILDCARD_GROUP = Rule(
    "rbac-wildcard-group",
    "Rules name their API groups",
    Severity.LOW,
    'Name the API group (`""` for the core): with `*` the rule is about kinds of the same name in every group to come.',
    f"{_PRACTICES}#least-privilege",
    ("CIS EKS 4.1.3",),
)
AWS_AUTH = Rule(
    "rbac-aws-auth-write",
    "The aws-auth ConfigMap is changed by nobody from outside",
    Severity.HIGH,
    "Leave writes of `configmaps` in kube-system out: whoever changes aws-auth decides who is administrator. On"
    " clusters with authentication mode API the ConfigMap is without effect.",
    "https://docs.aws.amazon.com/eks/latest/userguide/auth-configmap.html",
)
ANONYMOUS = Rule(
    "rbac-anonymous",
    "Whoever has not signed in has no rights",
    Severity.CRITICAL,
    "Bind the role to a group of its own. system:anonymous and system:unauthenticated are everyone who reaches the API"
    " server.",
    f"{_REFERENCE}#discovery-roles",
    ("CIS EKS 2.1.1",),
)
AUTHENTICATED = Rule(
    "rbac-authenticated",
    "Signing in is no right by itself",
    Severity.HIGH,
    "Bind the role to a group of its own. system:authenticated is everyone with any way in, and system:serviceaccounts"
    " every pod.",
    f"{_REFERENCE}#discovery-roles",
)
MASTERS = Rule(
    "rbac-system-masters",
    "Nothing is bound to system:masters",
    Severity.MEDIUM,
    "Remove the binding: members of system:masters may do everything without it, past RBAC and webhooks, and removing"
    " it takes nothing from them.",
    f"{_PRACTICES}#least-privilege",
    ("CIS Kubernetes 5.1.7",),
)
MISSING_ROLE = Rule(
    "rbac-missing-role",
    "A binding's role is there",
    Severity.MEDIUM,
    "Make the role in this stack, or correct `roleRef`. A binding of a role that is not there gives nothing until"
    " somebody makes a role of this name, with whatever rights; a binding's role cannot be changed later.",
    f"{_REFERENCE}#rolebinding-and-clusterrolebinding",
)
CLUSTER_WIDE = Rule(
    "rbac-cluster-wide",
    "What concerns namespaces is bound in namespaces",
    Severity.MEDIUM,
    "Bind the ClusterRole with a RoleBinding in each namespace that is concerned.",
    f"{_PRACTICES}#least-privilege",
)
UNBOUND_ROLE = Rule(
    "rbac-unbound-role",
    "A role that is ready to be bound is as harmless as one that is",
    Severity.LOW,
    "Bind it in this stack, where its holders are seen; or remove it, or take out of it what nobody needs.",
    f"{_PRACTICES}#least-privilege",
)
DEFAULT_ROLE = Rule(
    "rbac-aggregated",
    "The roles view, edit and admin are not widened by labels",
    Severity.HIGH,
    "Take the label `rbac.authorization.k8s.io/aggregate-to-…` off, or the right out of the role: everyone who has the"
    " default role gets it.",
    f"{_REFERENCE}#aggregated-clusterroles",
)
DEFAULT_ACCOUNT = Rule(
    "rbac-default-service-account",
    "No right is that of every pod in a namespace",
    Severity.MEDIUM,
    "Make a service account for what needs the rights: every pod that names none runs as `default`, and every pod of a"
    " namespace is in the group system:serviceaccounts:<namespace>.",
    "https://kubernetes.io/docs/concepts/security/service-accounts/",
    ("CIS EKS 4.1.5", "CIS Kubernetes 5.1.5"),
)
BIND_NAMED = Rule(
    "rbac-bind-named",
    "The roles that may be given away are harmless",
    Severity.MEDIUM,
    "Leave the role out of `resourceNames`, or accept that whoever holds this gives it to anyone, itself included.",
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
