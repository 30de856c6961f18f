"""The catalogue of Kubernetes rights that let their holder do more than they say. Data.

Each right has its severity, the sentence for a reviewer, and the controls that name it. `explain`, the review, the
policy pack's rules and the base line of the probe all read it, so that one right is graded alike everywhere.
https://kubernetes.io/docs/concepts/security/rbac-good-practices/#privilege-escalation-risks
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum

from ..severity import Severity
from .request import ANY, RuleLike, matching_resources

READS = ("get", "list", "watch")
WRITES = ("create", "update", "patch")
CHANGES = ("update", "patch")
DELETES = ("delete", "deletecollection")
CONNECTS = ("create", "get")
"""POST for SPDY, GET for WebSocket: a `get` is enough (before Kubernetes 1.35, and for nodes/proxy ever since)."""
RBAC = "rbac.authorization.k8s.io"
ADMISSION = "admissionregistration.k8s.io"
CERTIFICATES = "certificates.k8s.io"
WORKLOADS = (
    ("", ("pods", "replicationcontrollers")),
    ("apps", ("daemonsets", "deployments", "replicasets", "statefulsets")),
    ("batch", ("cronjobs", "jobs")),
)
LOW, MEDIUM, HIGH, CRITICAL = Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL


class Names(Enum):
    """What `resourceNames` in a rule change about a right."""

    NARROW = "on named objects alone it is as it should be, and no finding"
    IRRELEVANT = "it is as dangerous with names"


@dataclass(frozen=True)
class Target:
    """Resources (with their subresource: `pods/exec`) of one API group."""

    group: str
    resources: tuple[str, ...]


@dataclass(frozen=True)
class KubernetesRight:
    """Verbs on resources that let their holder do more than they say.

    `sentence` goes on after "can"; `{of}` in it is where it says whose, if it is not everyone's.
    `severity` applies where the right is cluster-wide (or in a namespace of the system); `in_namespace` where it is in
    other namespaces only, None where it then gives nothing or nothing special.
    """

    key: str
    sentence: str
    verbs: tuple[str, ...]
    targets: tuple[Target, ...]
    severity: Severity
    in_namespace: Severity | None
    names: Names = Names.NARROW
    by_wildcard: tuple[str, ...] | None = None
    """The verbs that count where the rule has `*` instead of naming the resource; None for the same ones."""
    related_verbs: tuple[str, ...] = ()
    """Verbs that a reviewer reads the same sentence about, though they break another rule, or none."""
    sentences: Mapping[str, str] = field(default_factory=dict)
    """Sentences about single ones of the resources, where they differ."""
    controls: tuple[str, ...] = ()
    """Ids of the controls that name it ("CIS EKS 4.1.2")."""
    anchor: str = ""
    """Where in Kubernetes' good practices it is explained."""

    @property
    def is_severe(self) -> bool:
        return self.severity >= Severity.HIGH

    def matched_by(self, rule: RuleLike) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
        """The verbs and resources by which a rule gives this right, or None."""
        if rule.names and self.names is Names.NARROW:
            return None
        resources: list[str] = []
        by_name = False
        for target in self.targets:
            if target.group not in rule.groups and ANY not in rule.groups:
                continue
            for resource in target.resources:
                if resource in rule.resources:
                    by_name = True
                    resources.append(resource)
                elif not matching_resources(resource).isdisjoint(rule.resources):
                    resources.append(resource)
        relevant = self.verbs if by_name or self.by_wildcard is None else self.by_wildcard
        verbs = tuple(verb for verb in relevant if verb in rule.verbs or ANY in rule.verbs)
        return (verbs, tuple(dict.fromkeys(resources))) if resources and verbs else None

    def describe(self, resources: Collection[str], of: str = "") -> str:
        """What it makes possible with these of its resources, "can" included."""
        sentence = self.sentences.get(next(iter(resources)), self.sentence) if len(resources) == 1 else self.sentence
        return f"can {sentence}".replace("{of}", of)


def _core(*resources: str) -> tuple[Target, ...]:
    return (Target("", resources),)


KUBERNETES_RIGHTS: tuple[KubernetesRight, ...] = (
    KubernetesRight(
        "secrets-read",
        "read every Secret{of}: other systems' passwords, keys and tokens",
        READS,
        _core("secrets"),
        HIGH,
        MEDIUM,
        controls=("CIS EKS 4.1.2", "CIS Kubernetes 5.1.2"),
        anchor="listing-secrets",
    ),
    KubernetesRight(
        "secrets-write",
        "change other systems' credentials{of}, and get a service account's token by creating a Secret for it",
        WRITES,
        _core("secrets"),
        HIGH,
        MEDIUM,
        related_verbs=DELETES,
        controls=("CIS EKS 4.1.2",),
        anchor="listing-secrets",
    ),
    KubernetesRight(
        "pod-exec",
        "run commands in every pod{of}, and read the secrets mounted there",
        CONNECTS,
        _core("pods/exec"),
        HIGH,
        MEDIUM,
        by_wildcard=("create",),
        anchor="workload-creation",
    ),
    KubernetesRight(
        "pod-attach",
        "take over what runs in every pod{of}, and read the secrets mounted there",
        CONNECTS,
        _core("pods/attach"),
        HIGH,
        MEDIUM,
        by_wildcard=("create",),
        anchor="workload-creation",
    ),
    KubernetesRight(
        "pod-portforward",
        "reach every port in every pod{of}, past network policies and load balancers",
        CONNECTS,
        _core("pods/portforward"),
        HIGH,
        MEDIUM,
        by_wildcard=("create",),
    ),
    KubernetesRight(
        "ephemeral-containers",
        "put a container of its own into every running pod{of}, with its network and its processes",
        CHANGES,
        _core("pods/ephemeralcontainers"),
        HIGH,
        MEDIUM,
        related_verbs=("create", *DELETES),
        anchor="workload-creation",
    ),
    KubernetesRight(
        "service-proxy",
        "connect to pods and services{of} through the API server, past network policies",
        (*READS, *WRITES, *DELETES),
        _core("pods/proxy", "services/proxy"),
        HIGH,
        MEDIUM,
        by_wildcard=WRITES,
    ),
    KubernetesRight(
        "nodes-proxy",
        "run commands in every pod of every node through the kubelet, past admission and audit; `get` is enough",
        ("get", *WRITES, "delete"),
        _core("nodes/proxy"),
        CRITICAL,
        None,
        names=Names.IRRELEVANT,
        related_verbs=("list", "watch", "deletecollection"),
        controls=("CIS Kubernetes 5.1.10",),
        anchor="access-to-proxy-subresource-of-nodes",
    ),
    KubernetesRight(
        "token-request",
        "create tokens of service accounts{of}, and so use all their rights",
        ("create",),
        _core("serviceaccounts/token"),
        CRITICAL,
        MEDIUM,
        related_verbs=(*CHANGES, *DELETES),
        controls=("CIS Kubernetes 5.1.13",),
        anchor="token-request",
    ),
    KubernetesRight(
        "webhooks",
        "read and change every object that is written to the cluster",
        (*WRITES, *DELETES),
        (
            Target(
                ADMISSION,
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
        controls=("CIS Kubernetes 5.1.12",),
        anchor="control-admission-webhooks",
    ),
    KubernetesRight(
        "certificates",
        "get a client certificate for any user and group, administrators included, which cannot be revoked",
        (*CHANGES, "approve", "sign"),
        (
            Target(
                CERTIFICATES,
                ("certificatesigningrequests/approval", "certificatesigningrequests/status", "signers"),
            ),
        ),
        CRITICAL,
        None,
        names=Names.IRRELEVANT,
        controls=("CIS Kubernetes 5.1.11",),
        anchor="csrs-and-certificate-issuing",
    ),
    KubernetesRight(
        "persistent-volumes",
        "create volumes of any path of a node, and so read and write the nodes' file systems",
        ("create",),
        _core("persistentvolumes"),
        HIGH,
        None,
        controls=("CIS Kubernetes 5.1.9",),
        anchor="persistent-volume-creation",
    ),
    KubernetesRight(
        "namespace-labels",
        "change the labels that Pod Security and network policies select by: privileged pods are then possible",
        CHANGES,
        _core("namespaces"),
        HIGH,
        MEDIUM,
        anchor="namespace-modification",
    ),
    KubernetesRight(
        "escalate",
        "write roles with any right in them, and so give itself any right",
        ("escalate",),
        (Target(RBAC, ("roles", "clusterroles")),),
        CRITICAL,
        HIGH,
        names=Names.IRRELEVANT,
        controls=("CIS EKS 4.1.8", "CIS Kubernetes 5.1.8"),
        anchor="escalate-verb",
    ),
    KubernetesRight(
        "bind",
        "give any role to anyone, cluster-admin to itself included",
        ("bind",),
        (Target(RBAC, ("roles", "clusterroles")),),
        CRITICAL,
        HIGH,
        controls=("CIS EKS 4.1.8", "CIS Kubernetes 5.1.8"),
        anchor="bind-verb",
    ),
    KubernetesRight(
        "impersonate",
        "act as other users, groups or service accounts, administrators included",
        ("impersonate",),
        (
            Target("", ("users", "groups", "serviceaccounts")),
            Target("authentication.k8s.io", ("users", "groups", "serviceaccounts", "uids", "userextras")),
        ),
        CRITICAL,
        MEDIUM,
        sentences={
            "users": "act as any other user",
            "groups": "act as a member of any group, administrators included",
            "serviceaccounts": "act as any service account{of}",
        },
        controls=("CIS EKS 4.1.8", "CIS Kubernetes 5.1.8"),
        anchor="impersonate-verb",
    ),
    KubernetesRight(
        "rbac-write",
        "change what roles allow and who has them, within its own rights (beyond them with `bind` and `escalate`)",
        WRITES,
        (Target(RBAC, ("roles", "clusterroles", "rolebindings", "clusterrolebindings")),),
        HIGH,
        MEDIUM,
        related_verbs=DELETES,
        sentences=dict.fromkeys(("roles", "clusterroles"), "change what roles allow")
        | dict.fromkeys(
            ("rolebindings", "clusterrolebindings"),
            "give roles that it holds or may bind, to anyone, and take them away",
        ),
        controls=("CIS EKS 4.1.8",),
        anchor="escalate-verb",
    ),
    KubernetesRight(
        "workloads",
        "start pods{of}, with any Secret, service account and, unless something forbids it, path of the node in them",
        WRITES,
        tuple(Target(group, kinds) for group, kinds in WORKLOADS),
        HIGH,
        MEDIUM,
        controls=("CIS EKS 4.1.4", "CIS Kubernetes 5.1.4"),
        anchor="workload-creation",
    ),
    KubernetesRight(
        "api-services",
        "put a server of its own in the place of a part of the API, and so see and answer everyone's requests",
        WRITES,
        (Target("apiregistration.k8s.io", ("apiservices",)),),
        CRITICAL,
        None,
    ),
    KubernetesRight(
        "custom-definitions",
        "change the definitions of custom resources, and delete every object of a kind with its definition",
        (*WRITES, *DELETES),
        (Target("apiextensions.k8s.io", ("customresourcedefinitions",)),),
        MEDIUM,
        None,
    ),
    KubernetesRight(
        "nodes-write",
        "change nodes: their labels, taints and states decide where pods run and which of them are evicted",
        (*WRITES, *DELETES),
        _core("nodes", "nodes/status"),
        HIGH,
        None,
    ),
    KubernetesRight(
        "status-write",
        "write the state of pods or services{of}, and so mislead traffic and the placing of pods (CVE-2020-8554)",
        (*CHANGES, "create"),
        _core("pods/status", "services/status", "pods/binding", "pods/eviction"),
        MEDIUM,
        MEDIUM,
    ),
    KubernetesRight(
        "traffic",
        "lead the traffic of services elsewhere (CVE-2021-25740), or open what network policies close",
        (*WRITES, *DELETES),
        (
            Target("", ("endpoints",)),
            Target("discovery.k8s.io", ("endpointslices",)),
            Target("networking.k8s.io", ("networkpolicies",)),
        ),
        MEDIUM,
        MEDIUM,
    ),
    KubernetesRight(
        "destruction",
        "delete namespaces with everything in them, or volumes with their data",
        DELETES,
        _core("namespaces", "persistentvolumes", "persistentvolumeclaims"),
        HIGH,
        MEDIUM,
    ),
    KubernetesRight(
        "deletion",
        "stop what runs, or delete what it is configured with",
        DELETES,
        (
            Target("", ("pods", "services", "configmaps", "secrets", "replicationcontrollers")),
            *(Target(group, kinds) for group, kinds in WORKLOADS[1:]),
        ),
        MEDIUM,
        None,
    ),
    KubernetesRight(
        "pod-security",
        "use policies or contexts that allow privileged pods",
        ("use",),
        (
            Target("policy", ("podsecuritypolicies",)),
            Target("extensions", ("podsecuritypolicies",)),
            Target("security.openshift.io", ("securitycontextconstraints",)),
        ),
        HIGH,
        MEDIUM,
        by_wildcard=(),
        names=Names.IRRELEVANT,
    ),
)
"""In the order in which findings and rules are listed."""

READ_SENTENCES: Mapping[str, str] = {
    "configmaps": "can read every ConfigMap{of}, its values included",
    "pods/log": "can read whatever containers{of} write to their logs",
    "pods": "can read pods{of}, with the environment values in their specifications",
    "serviceaccounts": "can read which identities workloads{of} have",
    "nodes": "can read the cluster's machines",
    **dict.fromkeys(
        ("roles", "clusterroles", "rolebindings", "clusterrolebindings"), "can read the permissions of every subject"
    ),
}
"""Reads that are no danger, but worth a sentence."""
