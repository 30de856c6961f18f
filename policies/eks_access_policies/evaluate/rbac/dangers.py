"""Rights that are worth more than they look, as data.

https://kubernetes.io/docs/concepts/security/rbac-good-practices/#privilege-escalation-risks
"""

from dataclasses import dataclass
from enum import Enum

from ...access import Permission
from ...finding import Severity

ANY = "*"
READS = ("get", "list", "watch")
WRITES = ("create", "update", "patch")
CHANGES = ("update", "patch")
DELETES = ("delete", "deletecollection")
CONNECTS = ("create", "get")
"""POST for SPDY, GET for WebSocket: a `get` is enough (before Kubernetes 1.35, and for nodes/proxy ever since)."""
RBAC = "rbac.authorization.k8s.io"
WORKLOADS = (
    ("", ("pods", "replicationcontrollers")),
    ("apps", ("daemonsets", "deployments", "replicasets", "statefulsets")),
    ("batch", ("cronjobs", "jobs")),
)


class Names(Enum):
    """What `resourceNames` in a rule make of a danger."""

    NARROW = "the right on named objects alone is no finding: it is what one should have"
    NO_MATTER = "the right is as dangerous with names"


@dataclass(frozen=True)
class On:
    group: str
    resources: tuple[str, ...]


@dataclass(frozen=True)
class Danger:
    """Verbs on resources that let their holder do more than they say.

    `severity` holds where the right is cluster-wide (or in a namespace of the system); `in_namespace` where it is in
    other namespaces only, None where it then is nothing or nothing special.
    """

    key: str
    title: str
    words: str
    verbs: tuple[str, ...]
    on: tuple[On, ...]
    severity: Severity
    in_namespace: Severity | None
    remediation: str
    names: Names = Names.NARROW
    by_wildcard: tuple[str, ...] | None = None
    """The verbs that count where the rule says `*` instead of naming the resource; None for the same ones."""
    frameworks: tuple[str, ...] = ()
    anchor: str = ""
    """Where in Kubernetes' good practices it is explained."""

    def matched(self, rule: Permission) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
        """The verbs and resources by which a rule gives this right, or None."""
        if rule.names and self.names is Names.NARROW:
            return None
        resources: list[str] = []
        by_name = False
        for on in self.on:
            if on.group not in rule.groups and ANY not in rule.groups:
                continue
            for resource in on.resources:
                if resource in rule.resources:
                    by_name = True
                    resources.append(resource)
                elif ANY in rule.resources or f"*/{resource.partition('/')[2]}" in rule.resources:
                    resources.append(resource)
        wanted = self.verbs if by_name or self.by_wildcard is None else self.by_wildcard
        verbs = tuple(verb for verb in wanted if verb in rule.verbs or ANY in rule.verbs)
        return (verbs, tuple(dict.fromkeys(resources))) if resources and verbs else None


def _core(*resources: str) -> tuple[On, ...]:
    return (On("", resources),)


HIGH, MEDIUM, CRITICAL = Severity.HIGH, Severity.MEDIUM, Severity.CRITICAL

DANGERS: tuple[Danger, ...] = (
    Danger(
        "secrets-read",
        "Secrets are read by nobody who does not need each of them",
        "reads every Secret there: other systems' passwords, keys and tokens (by `list` and `watch` as well)",
        READS,
        _core("secrets"),
        HIGH,
        MEDIUM,
        "Leave `secrets` out of the rule, or name the few that are needed in `resourceNames` with the verb `get`. Of"
        " the access policies only AmazonEKSViewPolicy reads no Secrets; give what else is needed by a ClusterRole.",
        frameworks=("CIS EKS 4.1.2", "CIS Kubernetes 5.1.2"),
        anchor="listing-secrets",
    ),
    Danger(
        "secrets-write",
        "Secrets are changed by nobody but their owners",
        "changes other systems' credentials, and by creating a Secret for a service account gets that account's token",
        WRITES,
        _core("secrets"),
        HIGH,
        MEDIUM,
        "Leave `secrets` out of rules that write, or name the Secrets that the holder owns in `resourceNames`.",
        frameworks=("CIS EKS 4.1.2",),
        anchor="listing-secrets",
    ),
    Danger(
        "pod-exec",
        "Commands in pods are run by nobody from outside",
        "runs commands in pods, and reads whatever Secrets are mounted there",
        CONNECTS,
        _core("pods/exec"),
        HIGH,
        MEDIUM,
        "Leave `pods/exec` out; where it is the integration's purpose, bind it in the namespaces concerned only.",
        by_wildcard=("create",),
        anchor="workload-creation",
    ),
    Danger(
        "pod-attach",
        "Running containers are taken over by nobody from outside",
        "takes over what runs in pods: its input and its output",
        CONNECTS,
        _core("pods/attach"),
        HIGH,
        MEDIUM,
        "Leave `pods/attach` out, or bind it in the namespaces concerned only.",
        by_wildcard=("create",),
        anchor="workload-creation",
    ),
    Danger(
        "pod-portforward",
        "Ports of pods are reached by nobody from outside",
        "reaches every port in pods, past network policies and load balancers",
        CONNECTS,
        _core("pods/portforward"),
        HIGH,
        MEDIUM,
        "Leave `pods/portforward` out, or bind it in the namespaces concerned only.",
        by_wildcard=("create",),
    ),
    Danger(
        "ephemeral-containers",
        "No containers are put into running pods from outside",
        "puts a container of its own into running pods, with their network and their processes",
        CHANGES,
        _core("pods/ephemeralcontainers"),
        HIGH,
        MEDIUM,
        "Leave `pods/ephemeralcontainers` out.",
        anchor="workload-creation",
    ),
    Danger(
        "service-proxy",
        "The API server is no way to pods and services",
        "speaks to pods and services through the API server, past network policies",
        (*READS, *WRITES, *DELETES),
        _core("pods/proxy", "services/proxy"),
        MEDIUM,
        MEDIUM,
        "Leave `pods/proxy` and `services/proxy` out.",
        by_wildcard=WRITES,
    ),
    Danger(
        "nodes-proxy",
        "The kubelets' API is reached by nobody",
        "runs commands in every pod of every node through the kubelet, past admission and audit; `get` is enough",
        ("get", *WRITES, "delete"),
        _core("nodes/proxy"),
        CRITICAL,
        None,
        "Leave `nodes/proxy` out. For metrics and statistics give `nodes/metrics` and `nodes/stats`, which kubelets"
        " check by themselves since Kubernetes 1.33.",
        names=Names.NO_MATTER,
        frameworks=("CIS Kubernetes 5.1.10",),
        anchor="access-to-proxy-subresource-of-nodes",
    ),
    Danger(
        "token-request",
        "Tokens of service accounts are made by nobody but the kubelets",
        "makes tokens of service accounts, and so has all their rights",
        ("create",),
        _core("serviceaccounts/token"),
        CRITICAL,
        MEDIUM,
        "Leave `serviceaccounts/token` out, or name the service accounts in `resourceNames`.",
        frameworks=("CIS Kubernetes 5.1.13",),
        anchor="token-request",
    ),
    Danger(
        "webhooks",
        "Admission is configured by cluster administrators alone",
        "reads and changes every object that is written to the cluster",
        (*WRITES, *DELETES),
        (
            On(
                "admissionregistration.k8s.io",
                (
                    "mutatingwebhookconfigurations",
                    "validatingwebhookconfigurations",
                    "mutatingadmissionpolicies",
                    "mutatingadmissionpolicybindings",
                    "validatingadmissionpolicies",
                    "validatingadmissionpolicybindings",
                ),
            ),
        ),
        CRITICAL,
        None,
        "Leave webhook configurations and admission policies out of rules that write.",
        frameworks=("CIS Kubernetes 5.1.12",),
        anchor="control-admission-webhooks",
    ),
    Danger(
        "certificates",
        "Client certificates are approved and signed by nobody but the cluster",
        "gets a client certificate for any name and group, an administrator's included, which nothing can revoke",
        (*CHANGES, "approve", "sign"),
        (
            On(
                "certificates.k8s.io",
                ("certificatesigningrequests/approval", "certificatesigningrequests/status", "signers"),
            ),
        ),
        CRITICAL,
        None,
        "Leave `certificatesigningrequests/approval`, `…/status` and `signers` out.",
        names=Names.NO_MATTER,
        frameworks=("CIS Kubernetes 5.1.11",),
        anchor="csrs-and-certificate-issuing",
    ),
    Danger(
        "persistent-volumes",
        "PersistentVolumes are made by the cluster's provisioners",
        "makes volumes of any path of a node, and so reads and writes the nodes' file systems",
        ("create",),
        _core("persistentvolumes"),
        HIGH,
        None,
        "Leave `persistentvolumes` out of rules that create; claims (`persistentvolumeclaims`) are enough for volumes.",
        frameworks=("CIS Kubernetes 5.1.9",),
        anchor="persistent-volume-creation",
    ),
    Danger(
        "namespace-labels",
        "Namespaces are changed by nobody from outside",
        "changes a namespace's labels, which Pod Security and network policies go by: privileged pods become possible",
        CHANGES,
        _core("namespaces"),
        HIGH,
        MEDIUM,
        "Leave `update` and `patch` on `namespaces` out.",
        anchor="namespace-modification",
    ),
    Danger(
        "escalate",
        "Nobody may give more rights than they have",
        "writes roles with any right in them, its own included (`escalate`)",
        ("escalate",),
        (On(RBAC, ("roles", "clusterroles")),),
        CRITICAL,
        HIGH,
        "Leave the verb `escalate` out: whoever changes roles can then put in what they have themselves, and no more.",
        names=Names.NO_MATTER,
        frameworks=("CIS EKS 4.1.8", "CIS Kubernetes 5.1.8"),
        anchor="escalate-verb",
    ),
    Danger(
        "bind",
        "Only named roles may be given away",
        "binds any role to anyone, cluster-admin to itself included (`bind`, with no `resourceNames`)",
        ("bind",),
        (On(RBAC, ("roles", "clusterroles")),),
        CRITICAL,
        HIGH,
        "Name the roles that may be given in `resourceNames`, each of them harmless, or leave the verb `bind` out.",
        frameworks=("CIS EKS 4.1.8", "CIS Kubernetes 5.1.8"),
        anchor="bind-verb",
    ),
    Danger(
        "impersonate",
        "Nobody acts as somebody else",
        "acts as other users, groups or service accounts, administrators included (`impersonate`)",
        ("impersonate",),
        (
            On("", ("users", "groups", "serviceaccounts")),
            On("authentication.k8s.io", ("users", "groups", "serviceaccounts", "uids", "userextras")),
        ),
        CRITICAL,
        MEDIUM,
        "Name whom in `resourceNames` (never a group of the system), or leave the verb `impersonate` out.",
        frameworks=("CIS EKS 4.1.8", "CIS Kubernetes 5.1.8"),
        anchor="impersonate-verb",
    ),
    Danger(
        "rbac-write",
        "Roles and bindings are changed by cluster administrators alone",
        "changes what roles allow and who has them, as far as its own rights go (and `bind` and `escalate` beyond)",
        WRITES,
        (On(RBAC, ("roles", "clusterroles", "rolebindings", "clusterrolebindings")),),
        MEDIUM,
        MEDIUM,
        "Leave roles and bindings out of rules that write.",
        frameworks=("CIS EKS 4.1.8",),
        anchor="escalate-verb",
    ),
    Danger(
        "workloads",
        "Pods are started by nobody from outside",
        "starts pods, with any Secret, service account and, where nothing forbids it, path of the node in them",
        WRITES,
        tuple(On(group, kinds) for group, kinds in WORKLOADS),
        HIGH,
        MEDIUM,
        "Leave pods, and what makes pods, out of rules that write; or bind them in a namespace of the holder's own.",
        frameworks=("CIS EKS 4.1.4", "CIS Kubernetes 5.1.4"),
        anchor="workload-creation",
    ),
    Danger(
        "api-services",
        "The API itself is extended by cluster administrators alone",
        "puts a server of its own in the place of a part of the API, and so sees and answers the requests of all",
        WRITES,
        (On("apiregistration.k8s.io", ("apiservices",)),),
        CRITICAL,
        None,
        "Leave `apiservices` out of rules that write.",
    ),
    Danger(
        "custom-definitions",
        "Custom resources are defined by cluster administrators alone",
        "changes the definitions of custom resources, and deletes every object of a kind with its definition",
        (*WRITES, *DELETES),
        (On("apiextensions.k8s.io", ("customresourcedefinitions",)),),
        MEDIUM,
        None,
        "Leave `customresourcedefinitions` out of rules that write.",
    ),
    Danger(
        "nodes-write",
        "Nodes are changed by nobody from outside",
        "changes nodes: their labels, taints and states decide where pods run and which of them are driven away",
        (*WRITES, *DELETES),
        _core("nodes", "nodes/status"),
        HIGH,
        None,
        "Leave `nodes` out of rules that write.",
    ),
    Danger(
        "status-write",
        "States are written by controllers alone",
        "writes the state of pods or services: traffic and pods are led astray (CVE-2020-8554)",
        (*CHANGES, "create"),
        _core("pods/status", "services/status", "pods/binding", "pods/eviction"),
        MEDIUM,
        MEDIUM,
        "Leave subresources `status`, `binding` and `eviction` out.",
    ),
    Danger(
        "traffic",
        "Where traffic goes is decided by the cluster's own operators",
        "leads traffic of services elsewhere (CVE-2021-25740), or opens what network policies close",
        (*WRITES, *DELETES),
        (
            On("", ("endpoints",)),
            On("discovery.k8s.io", ("endpointslices",)),
            On("networking.k8s.io", ("networkpolicies",)),
        ),
        MEDIUM,
        MEDIUM,
        "Leave endpoints and network policies out of rules that write.",
    ),
    Danger(
        "destruction",
        "Nothing is deleted with all that is in it from outside",
        "deletes namespaces with everything in them, or volumes with their data",
        DELETES,
        _core("namespaces", "persistentvolumes", "persistentvolumeclaims"),
        HIGH,
        MEDIUM,
        "Leave `delete` and `deletecollection` on namespaces, volumes and claims out.",
    ),
    Danger(
        "deletion",
        "What runs is stopped by nobody from outside",
        "stops what runs, or deletes what it is configured with",
        DELETES,
        (
            On("", ("pods", "services", "configmaps", "secrets", "replicationcontrollers")),
            *(On(group, kinds) for group, kinds in WORKLOADS[1:]),
        ),
        MEDIUM,
        None,
        "Leave `delete` and `deletecollection` out, or bind them in the namespaces concerned only.",
    ),
    Danger(
        "pod-security",
        "No policy that allows privileged pods is used from outside",
        "uses policies or contexts that allow privileged pods",
        ("use",),
        (
            On("policy", ("podsecuritypolicies",)),
            On("extensions", ("podsecuritypolicies",)),
            On("security.openshift.io", ("securitycontextconstraints",)),
        ),
        HIGH,
        MEDIUM,
        "Leave the verb `use` on such policies out.",
        by_wildcard=(),
        names=Names.NO_MATTER,
    ),
)
