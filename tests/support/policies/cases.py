"""For every rule: resources that violate it, and their compliant twins."""

from eks_access.model.kubernetes_rights import KUBERNETES_RIGHTS, KubernetesRight, PolicyRule, find_outside_namespaces
from tests.support.policies.case import Case
from tests.support.policies.iam_cases import IAM_CASES
from tests.support.policies.resources import (
    CLUSTER,
    RBAC,
    ResourceSpec,
    association,
    aws_auth,
    binding,
    cluster,
    cluster_role,
    entry,
    mapping,
    role,
    rule,
)

READ = rule("get list watch", "pods services")
NAMESPACE = "default"


def _role_with_entry(key: str, *groups: str, **properties: object) -> list[ResourceSpec]:
    return [role(f"{key}-role"), entry(f"{key}-entry", f"{key}-role", *groups, **properties)]


def _role_with_binding(key: str, *rules: dict[str, object], namespace: str = "") -> list[ResourceSpec]:
    """A role whose access entry maps it to a group that is bound to a ClusterRole with these rules."""
    return [
        *_role_with_entry(key, f"{key}:group"),
        cluster_role(f"{key}-rights", *rules),
        binding(f"{key}-binding", f"{key}-rights", f"{key}:group", namespace=namespace),
    ]


def _example(danger: KubernetesRight, namespace: str = "") -> dict[str, object]:
    """A rule that gives the right: its first verb on its first resource, in force in the namespace if given, or URL."""
    if not danger.targets:
        return {"verbs": [danger.verbs[0]], "nonResourceURLs": [f"{danger.urls[0]}/*"]}
    return next(
        each
        for on in danger.targets
        for resource in on.resources
        for each in [rule(danger.verbs[0], resource, group=on.group)]
        if not namespace or not find_outside_namespaces(PolicyRule.from_json(each))
    )


def _of_danger(danger: KubernetesRight, *, namespace: str = "") -> list[Case]:
    """Every danger by itself, and beside it a right that is none."""
    dangerous = _example(danger, namespace)
    suffix = "-in-namespace" if namespace else ""
    key = f"{danger.key}{suffix}"
    return [
        Case(
            f"rbac-{key}",
            _role_with_binding(f"bad-{key}", READ, dangerous, namespace=namespace),
            _role_with_binding(f"good-{key}", READ, namespace=namespace),
        )
    ]


def _policies(key: str, policy: str, *namespaces: str) -> list[ResourceSpec]:
    return [
        *_role_with_entry(key),
        association(f"{key}-policy", f"{key}-role", policy, *namespaces, after=f"{key}-entry"),
    ]


def _user(key: str, username: str) -> list[ResourceSpec]:
    return _role_with_entry(key, userName=username)


def _mapped(key: str, username: str) -> list[ResourceSpec]:
    return [role(f"{key}-role"), mapping(f"{key}-map", f"{key}-role", username)]


_NODE_ROLE = f"arn:aws:iam::111122223333:role/{CLUSTER}-node"
_NODES = f"- {{rolearn: {_NODE_ROLE}, username: 'system:node:{{{{EC2PrivateDNSName}}}}', groups: [system:nodes]}}\n"
_EXISTS = "the ConfigMap exists already"
_BY_EKS = "EKS rejects it"

DANGER_CASES: tuple[Case, ...] = (
    *(case for danger in KUBERNETES_RIGHTS for case in _of_danger(danger)),
    *(
        case
        for danger in KUBERNETES_RIGHTS
        if danger.in_namespace not in (None, danger.severity)
        for case in _of_danger(danger, namespace=NAMESPACE)
    ),
)
RBAC_CASES: tuple[Case, ...] = (
    *DANGER_CASES,
    Case(
        "rbac-cluster-admin",
        [
            *_role_with_entry("bad-admin", "bad-admin:group"),
            binding("bad-admin-binding", "cluster-admin", "bad-admin:group"),
        ],
        [
            *_role_with_entry("good-admin", "good-admin:group"),
            binding("good-admin-binding", "view", "good-admin:group"),
        ],
    ),
    Case(
        "rbac-cluster-admin-in-namespace",
        [
            *_role_with_entry("bad-ns-admin", "bad-ns-admin:group"),
            binding("bad-ns-admin-binding", "cluster-admin", "bad-ns-admin:group", namespace=NAMESPACE),
        ],
        [
            *_role_with_entry("good-ns-admin", "good-ns-admin:group"),
            binding("good-ns-admin-binding", "view", "good-ns-admin:group", namespace=NAMESPACE),
        ],
    ),
    Case(
        "rbac-wildcard",
        _role_with_binding("bad-wildcard", rule("*", "services")),
        _role_with_binding("good-wildcard", rule("get list watch", "services")),
    ),
    Case(
        "rbac-wildcard-in-namespace",
        _role_with_binding("bad-ns-wildcard", rule("get", "*", group="apps"), namespace=NAMESPACE),
        _role_with_binding("good-ns-wildcard", rule("get", "deployments", group="apps"), namespace=NAMESPACE),
    ),
    Case(
        "rbac-wildcard-group",
        _role_with_binding("bad-any-group", rule("get", "pods", group="*")),
        _role_with_binding("good-any-group", rule("get", "pods")),
    ),
    Case(
        "rbac-no-effect",
        _role_with_binding("bad-effect", rule("get", "pods/*")),
        _role_with_binding("good-effect", rule("get", "pods/log")),
    ),
    Case(
        "rbac-aws-auth-write",
        _role_with_binding("bad-aws-auth", rule("update", "configmaps", "aws-auth"), namespace="kube-system"),
        _role_with_binding("good-aws-auth", rule("get", "configmaps", "aws-auth"), namespace="kube-system"),
    ),
    Case(
        "rbac-anonymous",
        [binding("bad-anonymous", "view", "system:unauthenticated")],
        [binding("good-anonymous", "system:public-info-viewer", "system:unauthenticated")],
    ),
    Case(
        "rbac-authenticated",
        [binding("bad-authenticated", "view", "system:authenticated")],
        [binding("good-authenticated", "system:discovery", "system:authenticated")],
    ),
    Case(
        "rbac-system-masters",
        [binding("bad-masters", "view", "system:masters")],
        [binding("good-masters", "view", "platform:admins")],
    ),
    Case(
        "rbac-missing-role",
        [binding("bad-missing", "no-such-role", "missing:group")],
        [cluster_role("good-missing", READ), binding("good-missing-binding", "good-missing", "missing:group")],
    ),
    Case(
        "rbac-cluster-wide",
        _role_with_binding("bad-wide", rule("create", "events")),
        _role_with_binding("good-wide", rule("create", "events"), namespace=NAMESPACE),
    ),
    Case(
        "rbac-unbound-role",
        [cluster_role("bad-unbound", rule("get", "secrets"))],
        [cluster_role("good-unbound", READ)],
    ),
    Case(
        "rbac-aggregated",
        [
            cluster_role(
                "bad-aggregated",
                rule("get", "secrets"),
                labels={"rbac.authorization.k8s.io/aggregate-to-view": "true"},
            )
        ],
        [cluster_role("good-aggregated", READ, labels={"rbac.authorization.k8s.io/aggregate-to-view": "true"})],
    ),
    Case(
        "rbac-default-service-account",
        [binding("bad-account", "view", namespace=NAMESPACE, account="default")],
        [binding("good-account", "view", namespace=NAMESPACE, account="collector")],
    ),
    Case(
        "rbac-named-objects",
        _role_with_binding("bad-named", rule("patch", "daemonsets", "aws-node", group="apps"), namespace="kube-system"),
        _role_with_binding("good-named", rule("get", "daemonsets", "aws-node", group="apps"), namespace="kube-system"),
    ),
    Case(
        "rbac-bind-named",
        _role_with_binding("bad-bind-named", rule("bind", "clusterroles", "edit", group=RBAC)),
        _role_with_binding("good-bind-named", rule("bind", "clusterroles", "view", group=RBAC)),
    ),
)

EKS_CASES: tuple[Case, ...] = (
    Case(
        "eks-cluster-admin-policy",
        _policies("bad-cluster-admin-policy", "AmazonEKSClusterAdminPolicy"),
        _policies("good-cluster-admin-policy", "AmazonEKSViewPolicy"),
    ),
    Case(
        "eks-admin-policy",
        _policies("bad-admin-policy", "AmazonEKSAdminPolicy", NAMESPACE),
        _policies("good-admin-policy", "AmazonEKSViewPolicy", NAMESPACE),
    ),
    Case(
        "eks-policy-scope",
        _policies("bad-scope", "AmazonEKSEditPolicy"),
        _policies("good-scope", "AmazonEKSViewPolicy"),
    ),
    Case(
        "eks-unknown-access-policy",
        _policies("bad-unknown-policy", "AmazonEKSEventPolicy"),
        _policies("good-unknown-policy", "AmazonEKSViewPolicy"),
    ),
    Case(
        "eks-system-masters",
        [role("bad-masters-role"), mapping("bad-masters-mapping", "bad-masters-role", "boss", "system:masters")],
        [role("good-masters-role"), mapping("good-masters-mapping", "good-masters-role", "boss", "platform:admins")],
    ),
    Case(
        "eks-reserved-name",
        _role_with_entry("bad-reserved", "eks:readers"),
        _role_with_entry("good-reserved", "vendor:readers"),
        refused=_BY_EKS,
    ),
    Case(
        "eks-node-identity",
        _role_with_entry("bad-node", "system:nodes"),
        _role_with_entry("good-node", "vendor:nodes"),
        refused=_BY_EKS,
    ),
    Case(
        "eks-caller-chosen-name",
        _user("bad-chosen", "vendor-{{SessionName}}"),
        _user("good-chosen", "vendor:{{SessionName}}"),
        refused=_BY_EKS,
    ),
    Case(
        "eks-username-without-prefix",
        _mapped("bad-unprefixed", "{{SessionNameRaw}}"),
        _mapped("good-unprefixed", "good-unprefixed:{{SessionNameRaw}}"),
    ),
    Case(
        "eks-anothers-username",
        _mapped("bad-anothers", "kubernetes-admin"),
        _mapped("good-anothers", "good-anothers:{{SessionName}}"),
    ),
    Case(
        "eks-shared-username",
        [*_mapped("bad-shared", "shared:reader"), *_user("bad-shared-too", "shared:reader")],
        [*_mapped("good-shared", "good-shared:reader"), *_user("good-shared-too", "good-shared-too:reader")],
    ),
    Case(
        "eks-unbound-group",
        [*_role_with_entry("bad-unbound-group", "unbound:group"), binding("other-binding", "view", "other-group")],
        [*_role_with_entry("good-unbound-group", "unbound:group"), binding("its-binding", "view", "unbound:group")],
    ),
    Case(
        "eks-principal-twice",
        [
            *_role_with_entry("bad-twice", "vendor:readers"),
            mapping("bad-twice-map", "bad-twice-role", "x", "vendor:other"),
        ],
        [
            *_user("good-twice", "vendor:x"),
            role("good-twice-other"),
            mapping("good-twice-map", "good-twice-other", "vendor:y"),
        ],
    ),
    Case(
        "eks-aws-auth-ownership",
        [aws_auth("bad-ownership", {"mapRoles": _NODES})],
        [role("good-ownership-role"), mapping("good-ownership", "good-ownership-role", "good-ownership")],
        refused=_EXISTS,
    ),
    Case(
        "eks-map-accounts",
        [aws_auth("bad-accounts", {"mapRoles": _NODES, "mapAccounts": '- "444455556666"\n'})],
        [role("good-accounts-role"), mapping("good-accounts", "good-accounts-role", "good-accounts")],
        refused=_EXISTS,
    ),
    Case(
        "eks-aws-auth-unreadable",
        [aws_auth("bad-unreadable", {"mapRoles": _NODES + "\t- rolearn: x\n"})],
        [role("good-unreadable-role"), mapping("good-unreadable", "good-unreadable-role", "good-unreadable")],
        refused=_EXISTS,
    ),
    Case(
        "eks-entry-principal",
        [
            ResourceSpec(
                "aws:eks/accessEntry:AccessEntry",
                "bad-principal",
                {"clusterName": CLUSTER, "principalArn": "arn:aws:sts::111122223333:assumed-role/x/session"},
            )
        ],
        _role_with_entry("good-principal"),
        refused=_BY_EKS,
    ),
    Case(
        "eks-foreign-principal",
        [
            role("own-role"),
            ResourceSpec(
                "aws:eks/accessEntry:AccessEntry",
                "bad-foreign",
                {"clusterName": CLUSTER, "principalArn": "arn:aws:iam::444455556666:role/CadoPlatform"},
            ),
        ],
        _role_with_entry("good-foreign"),
    ),
    Case(
        "eks-entry-type",
        _role_with_entry("bad-type", "vendor:nodes", type="EC2_LINUX"),
        [role("good-type-role"), entry("good-type-entry", "good-type-role", type="EC2_LINUX")],
        refused=_BY_EKS,
    ),
    Case(
        "eks-cluster-access-config",
        [cluster("bad-config", "API")],
        [cluster("good-config", "API", bootstrapClusterCreatorAdminPermissions=False)],
    ),
    Case(
        "eks-authentication-mode",
        [cluster("bad-mode", "CONFIG_MAP", bootstrapClusterCreatorAdminPermissions=False)],
        [cluster("good-mode", "API", bootstrapClusterCreatorAdminPermissions=False)],
    ),
    Case(
        "eks-creator-admin",
        [cluster("bad-creator", "API", bootstrapClusterCreatorAdminPermissions=True)],
        [cluster("good-creator", "API", bootstrapClusterCreatorAdminPermissions=False)],
    ),
    Case(
        "eks-identity-provider-prefix",
        [
            ResourceSpec(
                "aws:eks/identityProviderConfig:IdentityProviderConfig",
                "bad-idp",
                {"oidc": {"issuerUrl": "https://idp.test", "groupsClaim": "groups", "usernamePrefix": "idp:"}},
                is_component=True,
            )
        ],
        [
            ResourceSpec(
                "aws:eks/identityProviderConfig:IdentityProviderConfig",
                "good-idp",
                {
                    "oidc": {
                        "issuerUrl": "https://idp.test",
                        "groupsClaim": "groups",
                        "groupsPrefix": "idp:",
                        "usernamePrefix": "idp:",
                    }
                },
                is_component=True,
            )
        ],
    ),
    Case(
        "eks-pod-identity-default",
        [
            role("bad-pod-role"),
            ResourceSpec(
                "aws:eks/podIdentityAssociation:PodIdentityAssociation",
                "bad-pod-identity",
                {"clusterName": CLUSTER, "namespace": NAMESPACE, "serviceAccount": "default"},
                {"roleArn": "bad-pod-role"},
            ),
        ],
        [
            role("good-pod-role"),
            ResourceSpec(
                "aws:eks/podIdentityAssociation:PodIdentityAssociation",
                "good-pod-identity",
                {"clusterName": CLUSTER, "namespace": NAMESPACE, "serviceAccount": "collector"},
                {"roleArn": "good-pod-role"},
            ),
        ],
    ),
)

CASES: tuple[Case, ...] = (*RBAC_CASES, *EKS_CASES, *IAM_CASES)


def together() -> tuple[list[ResourceSpec], list[ResourceSpec]]:
    """What breaks the rules of `DANGER_CASES`, and what breaks none, each with as few resources as can be."""
    everywhere = map(_example, KUBERNETES_RIGHTS)
    in_namespace = (
        _example(each, NAMESPACE) for each in KUBERNETES_RIGHTS if each.in_namespace not in (None, each.severity)
    )
    bad = [
        *_role_with_binding("bad-all", *everywhere),
        *_role_with_binding("bad-all-in-namespace", *in_namespace, namespace=NAMESPACE),
    ]
    good = [
        *_role_with_binding("good-all", READ),
        *_role_with_binding("good-all-in-namespace", READ, namespace=NAMESPACE),
    ]
    return bad, good
