"""Rules of permissions inside clusters: one or two for each dangerous right, and others."""

from collections.abc import Mapping
from dataclasses import dataclass

from eks_access.model.kubernetes_rights import KUBERNETES_RIGHTS, KubernetesRight

from ..finding import Rule, Severity

_PRACTICES = "https://kubernetes.io/docs/concepts/security/rbac-good-practices/"
_REFERENCE = "https://kubernetes.io/docs/reference/access-authn-authz/rbac/"


@dataclass(frozen=True)
class Pair:
    """The rules about one dangerous right: cluster-wide, and within a namespace."""

    everywhere: Rule
    in_namespace: Rule | None


def _pair(right: KubernetesRight) -> Pair:
    url = f"{_PRACTICES}#{right.anchor}" if right.anchor else _PRACTICES
    title, remediation = _TEXTS[right.key]
    everywhere = Rule(f"rbac-{right.key}", title, right.severity, remediation, url, right.controls)
    if right.in_namespace is None or right.in_namespace is right.severity:
        return Pair(everywhere, None if right.in_namespace is None else everywhere)
    narrow = Rule(
        f"{everywhere.id}-in-namespace",
        f"{title}, within a namespace too",
        right.in_namespace,
        remediation,
        url,
        right.controls,
    )
    return Pair(everywhere, narrow)


_TEXTS: Mapping[str, tuple[str, str]] = {
    "secrets-read": (
        "Only named Secrets can be read",
        "Leave `secrets` out of the rule, or name the few that are needed in `resourceNames` with the verb"
        " `get`. Of the access policies only AmazonEKSViewPolicy reads no Secrets; grant the rest with a"
        " ClusterRole.",
    ),
    "secrets-write": (
        "Secrets are changed only by their owners",
        "Leave `secrets` out of rules with write verbs, or name the Secrets that the subject owns in `resourceNames`.",
    ),
    "pod-exec": (
        "No subject runs commands in pods",
        "Leave `pods/exec` out. If it is the purpose of the integration, bind it in the affected namespaces only.",
    ),
    "pod-attach": (
        "No subject attaches to running containers",
        "Leave `pods/attach` out, or bind it in the affected namespaces only.",
    ),
    "pod-portforward": (
        "No subject forwards ports of pods",
        "Leave `pods/portforward` out, or bind it in the affected namespaces only.",
    ),
    "ephemeral-containers": (
        "No subject adds ephemeral containers to running pods",
        "Leave `pods/ephemeralcontainers` out.",
    ),
    "service-proxy": (
        "Pods and services are not reached through the API server's proxy",
        "Leave `pods/proxy` and `services/proxy` out.",
    ),
    "nodes-proxy": (
        "The kubelet API is not reached through the API server",
        "Leave `nodes/proxy` out. For metrics and statistics grant `nodes/metrics` and `nodes/stats`, which"
        " kubelets authorize separately since Kubernetes 1.33.",
    ),
    "token-request": (
        "Only kubelets request tokens of service accounts",
        "Leave `serviceaccounts/token` out, or name the service accounts in `resourceNames`.",
    ),
    "webhooks": (
        "Only cluster administrators configure admission",
        "Leave webhook configurations and admission policies out of rules with write verbs.",
    ),
    "certificates": (
        "Only the cluster approves and signs client certificates",
        "Leave `certificatesigningrequests/approval`, `…/status` and `signers` out, or name the signers in"
        " `resourceNames`, none of them one for clients of the API server.",
    ),
    "other-certificates": (
        "Only the cluster approves and signs certificates",
        "Leave the verbs `approve` and `sign` out, or accept that the subject decides who gets such a certificate.",
    ),
    "trust-bundles": (
        "Only cluster administrators choose the certificate authorities that pods trust",
        "Leave `clustertrustbundles` out of rules with write verbs.",
    ),
    "node-logs": (
        "No subject reads the logs of nodes",
        "Leave `nodes/log` out. For the logs of containers bind `pods/log` in the affected namespaces.",
    ),
    "pod-logs": (
        "Logs are read in single namespaces",
        "Bind `pods/log` in the affected namespaces only: logs have whatever programs write, credentials included.",
    ),
    "volume-attachments": (
        "Only the cluster attaches volumes",
        "Leave `volumeattachments` out of rules with write verbs.",
    ),
    "leases": (
        "Leases of the system are changed only by their holders",
        "Name the lease in `resourceNames`, or bind the rule in the subject's own namespace.",
    ),
    "cluster-settings": (
        "Only cluster administrators change classes, drivers and priorities for everyone",
        "Leave priority, runtime, storage and device classes, CSI drivers and flow schemas out of rules with write"
        " verbs.",
    ),
    "namespace-finalize": (
        "Only the cluster finalizes namespaces",
        "Leave `namespaces/finalize` and `namespaces/status` out.",
    ),
    "debug": (
        "The API server's debug endpoints are closed",
        "Leave `/debug` and `/logs` out of `nonResourceURLs`. Metrics are at `/metrics`.",
    ),
    "custom-code": (
        "No subject has an operator run code of its choice",
        "Leave such custom resources out of rules with write verbs, or accept that their writers run code.",
    ),
    "custom-manifests": (
        "No subject has an operator apply objects of its choice",
        "Leave such custom resources out of rules with write verbs, or give the operator no more rights than these"
        " subjects have.",
    ),
    "custom-cloud": (
        "No subject has an operator create identities and machines in the cloud",
        "Leave such custom resources out of rules with write verbs, or limit the operator's own role in the cloud.",
    ),
    "custom-secrets": (
        "No subject has an operator fetch secrets from stores outside of the cluster",
        "Leave such custom resources out of rules with write verbs, or limit what the store gives to the operator.",
    ),
    "custom-access": (
        "No subject has an operator give access",
        "Leave such custom resources out of rules with write verbs.",
    ),
    "custom-policy": (
        "Only cluster administrators change the policies of operators",
        "Leave such custom resources out of rules with write and delete verbs.",
    ),
    "persistent-volumes": (
        "Only the cluster's provisioners create PersistentVolumes",
        "Leave `persistentvolumes` out of rules with `create`. For volumes, `persistentvolumeclaims` are enough.",
    ),
    "namespace-labels": (
        "Only cluster administrators change namespaces",
        "Leave `update` and `patch` on `namespaces` out.",
    ),
    "escalate": (
        "No subject can grant permissions that it does not have",
        "Leave the verb `escalate` out. A subject that changes roles can then add only permissions that it has itself.",
    ),
    "bind": (
        "Only named roles can be bound",
        "Name the roles that may be bound in `resourceNames`, each of them harmless, or leave the verb `bind` out.",
    ),
    "impersonate": (
        "No subject impersonates another",
        "Name the subjects in `resourceNames` (never a `system:` group), or leave the verb `impersonate` out.",
    ),
    "rbac-write": (
        "Only cluster administrators change roles and bindings",
        "Leave roles and bindings out of rules with write verbs.",
    ),
    "workloads": (
        "No subject starts pods",
        "Leave pods and workload kinds out of rules with write verbs, or bind them in the subject's own namespace.",
    ),
    "api-services": (
        "Only cluster administrators register API services",
        "Leave `apiservices` out of rules with write verbs.",
    ),
    "custom-definitions": (
        "Only cluster administrators define custom resources",
        "Leave `customresourcedefinitions` out of rules with write verbs.",
    ),
    "nodes-write": (
        "Only cluster administrators change nodes",
        "Leave `nodes` out of rules with write verbs.",
    ),
    "status-write": (
        "Only controllers write status subresources",
        "Leave the subresources `status`, `binding` and `eviction` out.",
    ),
    "external-ips": (
        "Only cluster administrators choose the external addresses of services",
        "Leave `services` out of rules with write verbs, or forbid externalIPs with an admission policy"
        " (DenyServiceExternalIPs).",
    ),
    "traffic": (
        "Only cluster administrators redirect traffic",
        "Leave endpoints and network policies out of rules with write verbs.",
    ),
    "destruction": (
        "Only cluster administrators delete namespaces and volumes",
        "Leave `delete` and `deletecollection` of namespaces, volumes and claims out.",
    ),
    "deletion": (
        "No subject deletes workloads and their configuration",
        "Leave `delete` and `deletecollection` out, or bind them in the affected namespaces only.",
    ),
    "pod-security": (
        "No subject uses policies that allow privileged pods",
        "Leave the verb `use` for such policies out.",
    ),
}
"""Title and remediation of the rules about each right of the catalogue."""

PAIRS: Mapping[str, Pair] = {right.key: _pair(right) for right in KUBERNETES_RIGHTS}

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
    "Rules name their API groups and kinds",
    Severity.LOW,
    'Name the API group (`""` for the core), and the kind of a subresource (`pods/log`): `*` covers resources of that'
    " name in every group, and subresources of every kind, that are added later.",
    f"{_PRACTICES}#least-privilege",
    ("CIS EKS 4.1.3",),
)
NO_EFFECT = Rule(
    "rbac-no-effect",
    "Rules allow requests that there can be",
    Severity.LOW,
    "Name each subresource (`pods/log`): RBAC takes `pods/*` and `*/*` literally. Write API groups without version"
    " (`apps`). Of kinds without a namespace, and of URLs, only a ClusterRoleBinding gives anything. As it is, the rule"
    " grants nothing, although it looks as if it did.",
    f"{_REFERENCE}#referring-to-resources",
)
AWS_AUTH = Rule(
    "rbac-aws-auth-write",
    "The aws-auth ConfigMap is writable only by administrators",
    Severity.HIGH,
    "Remove write and delete access to `configmaps` in kube-system: a subject that can change aws-auth can make anyone"
    " an administrator, and one that can delete it takes the access of all nodes and principals in it. On clusters with"
    " authentication mode API the ConfigMap has no effect.",
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
NAMED_OBJECTS = Rule(
    "rbac-named-objects",
    "The objects that a rule names are harmless to change, read or act as",
    Severity.HIGH,
    "Remove the name from `resourceNames`: the object is a part of the system, or has more rights than the rule, and"
    " who changes it or acts as it has those.",
    f"{_PRACTICES}#privilege-escalation-risks",
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
            NO_EFFECT,
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
            NAMED_OBJECTS,
        )
        if rule is not None
    )
)
