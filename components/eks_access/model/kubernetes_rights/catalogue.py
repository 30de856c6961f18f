"""The catalogue of Kubernetes rights that let their holder do more than they say. Data.

Each right has its severity, the sentence for a reviewer, and the controls that name it. `explain`, the review, the
policy pack's rules and the base line of the probe all read it, so that one right is graded alike everywhere.
https://kubernetes.io/docs/concepts/security/rbac-good-practices/#privilege-escalation-risks
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from fnmatch import fnmatchcase
from functools import cache, cached_property

from ..severity import Severity
from .custom_resources import CUSTOM_RESOURCES, CustomResource, Effect, matches_pattern
from .request import ANY, PolicyRule, RuleLike, matching_resources
from .scope import Reach, gives_in_namespaces, is_of_kubernetes

READS = ("get", "list", "watch")
WRITES = ("create", "update", "patch")
CHANGES = ("update", "patch")
DELETES = ("delete", "deletecollection")
CONNECTS = ("create", "get")
"""POST for SPDY, GET for WebSocket: a `get` is enough (before Kubernetes 1.35, and for nodes/proxy ever since)."""
RBAC = "rbac.authorization.k8s.io"
ADMISSION = "admissionregistration.k8s.io"
CERTIFICATES = "certificates.k8s.io"
KUBEVIRT = "subresources.kubevirt.io"
"""Its resources have the same verbs as those of pods: a console is opened by GET.
https://kubevirt.io/user-guide/cluster_admin/authorization/"""
WORKLOADS = (
    ("", ("pods", "replicationcontrollers")),
    ("apps", ("daemonsets", "deployments", "replicasets", "statefulsets")),
    ("batch", ("cronjobs", "jobs")),
)
LOW, MEDIUM, HIGH, CRITICAL = Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL


APPROVAL, ISSUANCE = "certificatesigningrequests/approval", "certificatesigningrequests/status"
CLIENT_SIGNERS = (
    "kubernetes.io/kube-apiserver-client",
    "kubernetes.io/kube-apiserver-client-kubelet",
    "kubernetes.io/legacy-unknown",
    "kubernetes.io/[*]",
)
"""Signers whose certificates the API server takes as users' or nodes'.
https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#kubernetes-signers"""


class Names(Enum):
    """What `resourceNames` in a rule change about a right."""

    NARROW = "on named objects alone it is as it should be, and no finding"
    IRRELEVANT = "it is as dangerous with names"


@dataclass(frozen=True)
class Target:
    """Resources (with their subresource: `pods/exec`) of one API group. Of custom ones, both may be patterns."""

    group: str
    resources: tuple[str, ...]
    names: tuple[str, ...] | None = None
    """Patterns of the only names that count where a rule has `resourceNames`, instead of what the right says."""
    is_custom: bool = False

    def serves(self, group: str) -> bool:
        """Whether it is about this API group, which may be any (`*`)."""
        return group == ANY or matches_pattern(group, self.group)

    def matches(self, rule: RuleLike, verbs: tuple[str, ...], reach: Reach = Reach.CLUSTER) -> dict[str, bool]:
        """The resources by which a rule about its API group is about it, and whether the rule names each.

        Where a rule reaches namespaces only, its `*` includes no resource without a namespace.
        """
        if not self._matches_names(rule.names):
            return {}
        found = {
            resource: self.is_custom or resource in rule.resources
            for resource in self.resources
            if self._is_in(rule, resource)
            and (reach is Reach.CLUSTER or gives_in_namespaces(self.group, resource, verbs))
        }
        return {f"{resource}.{self.group}": True for resource in found} if self.is_custom else found

    def _is_in(self, rule: RuleLike, resource: str) -> bool:
        if self.is_custom:
            return self._is_custom_in(rule, resource)
        return not matching_resources(resource).isdisjoint(rule.resources)

    def is_about(self, group: str, full_resource: str, names: Collection[str] = ()) -> bool:
        """Whether it is about a resource of an API group; of any group, about the one that has a name of its own."""
        if not self.serves(group) or not self._matches_names(names):
            return False
        if self.is_custom:
            return any(self._is_custom_in(PolicyRule((), (group,), (full_resource,)), each) for each in self.resources)
        subresource = full_resource.partition("/")[2] if full_resource.startswith("*/") else None
        return any(
            each == full_resource or (subresource is not None and each.partition("/")[2] == subresource)
            for each in self.resources
        )

    def _is_custom_in(self, rule: RuleLike, pattern: str) -> bool:
        """In any group at all, only a name that Kubernetes has not itself is one of an operator's resources."""
        if ANY in rule.groups:
            return pattern in rule.resources and pattern != ANY and not is_of_kubernetes(pattern)
        return ANY in rule.resources or any(matches_pattern(own, pattern) for own in rule.resources)

    def _matches_names(self, names: Collection[str]) -> bool:
        if not names or self.names is None:
            return True
        return any(fnmatchcase(name, pattern) for name in names for pattern in self.names)


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
    urls: tuple[str, ...] = ()
    """Paths of the API server that give it, with all below them."""
    anchor: str = ""
    """Where in Kubernetes' good practices it is explained."""

    @property
    def is_severe(self) -> bool:
        return self.severity >= Severity.HIGH

    def matched_by(
        self, rule: RuleLike, reach: Reach = Reach.CLUSTER
    ) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
        """The verbs and resources by which a rule that reaches this far gives this right, or None."""
        if rule.names and self.names is Names.NARROW:
            return None
        resources: dict[str, bool] = {}
        for target in self._find_targets(rule.groups):
            resources.update(target.matches(rule, self.verbs, reach))
        resources.update(dict.fromkeys(filter(self.is_about_url, rule.urls), True))
        relevant = self.verbs if any(resources.values()) or self.by_wildcard is None else self.by_wildcard
        verbs = tuple(verb for verb in relevant if verb in rule.verbs or ANY in rule.verbs)
        return (verbs, tuple(resources)) if resources and verbs else None

    def _find_targets(self, groups: Collection[str]) -> Iterable[Target]:
        """The targets that are about one of these API groups."""
        if ANY in groups:
            return self.targets
        patterns = (each for each in self._patterns if any(map(each.serves, groups)))
        return (*(each for group in groups for each in self._by_group.get(group, ())), *patterns)

    @cached_property
    def _by_group(self) -> Mapping[str, list[Target]]:
        found: dict[str, list[Target]] = {}
        for each in self.targets:
            found.setdefault(each.group, []).append(each)
        return found

    @cached_property
    def _patterns(self) -> list[Target]:
        return [each for each in self.targets if ANY in each.group]

    def is_about_url(self, url: str) -> bool:
        """Whether a URL of a rule, which may end with `*`, is one of the right's, or below one of them."""
        return url not in (ANY, "/*") and any(
            url == own or url.startswith(f"{own}/") or (url.endswith(ANY) and own.startswith(url[:-1]))
            for own in self.urls
        )

    def describe(self, resources: Collection[str], of: str = "") -> str:
        """What it makes possible with these of its resources, "can" included."""
        sentence = self.sentences.get(next(iter(resources)), self.sentence) if len(resources) == 1 else self.sentence
        return f"can {sentence}".replace("{of}", of)


def _core(*resources: str) -> tuple[Target, ...]:
    return (Target("", resources),)


def _custom(effect: Effect, sentence: str, *, verbs: tuple[str, ...] = WRITES) -> KubernetesRight:
    """A right by custom resources, which an operator acts by with rights of its own: in one namespace as everywhere."""
    return KubernetesRight(
        f"custom-{effect}", sentence, verbs, _find_targets(effect, CUSTOM_RESOURCES), HIGH, HIGH, names=Names.IRRELEVANT
    )


def _find_targets(effect: Effect, custom: Iterable[CustomResource]) -> tuple[Target, ...]:
    return tuple(Target(each.group, (each.resource,), is_custom=True) for each in custom if each.effect is effect)


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
        (*_core("pods/attach"), Target(KUBEVIRT, ("virtualmachineinstances/console", "virtualmachineinstances/vnc"))),
        HIGH,
        MEDIUM,
        by_wildcard=("create",),
        sentences=dict.fromkeys(
            ("virtualmachineinstances/console", "virtualmachineinstances/vnc"),
            "take over the screen and the keyboard of every virtual machine{of}",
        ),
        anchor="workload-creation",
    ),
    KubernetesRight(
        "pod-portforward",
        "reach every port in every pod{of}, past network policies and load balancers",
        CONNECTS,
        (*_core("pods/portforward"), Target(KUBEVIRT, ("virtualmachineinstances/portforward",))),
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
        names=Names.IRRELEVANT,  # what is there by one name can be made to cover everything
        controls=("CIS Kubernetes 5.1.12",),
        anchor="control-admission-webhooks",
    ),
    KubernetesRight(
        "certificates",
        "get a client certificate for any user and group, administrators included, which cannot be revoked",
        (*CHANGES, "approve", "sign"),
        (
            Target(CERTIFICATES, (APPROVAL, ISSUANCE)),
            Target(CERTIFICATES, ("signers",), names=CLIENT_SIGNERS),
        ),
        CRITICAL,
        None,
        names=Names.IRRELEVANT,
        controls=("CIS Kubernetes 5.1.11",),
        anchor="csrs-and-certificate-issuing",
    ),
    KubernetesRight(
        "other-certificates",
        "get certificates of signers for servers and other purposes than being a user of the API server",
        ("approve", "sign"),
        (Target(CERTIFICATES, ("signers",)),),
        MEDIUM,
        None,
        names=Names.IRRELEVANT,
        anchor="csrs-and-certificate-issuing",
    ),
    KubernetesRight(
        "trust-bundles",
        "decide which certificate authorities the cluster's pods trust",
        (*WRITES, *DELETES),
        (Target(CERTIFICATES, ("clustertrustbundles",)),),
        HIGH,
        None,
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
        "node-logs",
        "read the logs of every node, and of all containers there",
        ("get", "create"),
        _core("nodes/log", "nodes/checkpoint"),
        MEDIUM,
        None,
        by_wildcard=("get",),
        sentences={
            "nodes/checkpoint": "write the memory of containers, and what secrets are in it, to the disks of nodes"
        },
    ),
    KubernetesRight(
        "pod-logs",
        "read whatever containers{of} write to their logs",
        ("get",),
        _core("pods/log"),
        LOW,
        None,
    ),
    KubernetesRight(
        "volume-attachments",
        "attach volumes to nodes, and detach them from under the pods that use them",
        (*WRITES, *DELETES),
        (Target("storage.k8s.io", ("volumeattachments", "volumeattachments/status")),),
        MEDIUM,
        None,
    ),
    KubernetesRight(
        "leases",
        "take the leases by which components of the system are active, and those of nodes, and so stop them",
        (*CHANGES, *DELETES),
        (Target("coordination.k8s.io", ("leases",)),),
        MEDIUM,
        None,
    ),
    KubernetesRight(
        "cluster-settings",
        "change how the cluster runs pods, stores data and serves requests for everyone",
        (*WRITES, *DELETES),
        (
            Target("scheduling.k8s.io", ("priorityclasses",)),
            Target("node.k8s.io", ("runtimeclasses",)),
            Target("storage.k8s.io", ("csidrivers", "csinodes", "storageclasses", "volumeattributesclasses")),
            Target("snapshot.storage.k8s.io", ("volumesnapshotcontents", "volumesnapshotclasses")),
            Target("networking.k8s.io", ("ingressclasses", "servicecidrs")),
            Target("flowcontrol.apiserver.k8s.io", ("flowschemas", "prioritylevelconfigurations")),
            Target("resource.k8s.io", ("deviceclasses", "resourceslices")),
        ),
        MEDIUM,
        None,
        sentences={
            "priorityclasses": "give pods a priority by which others are evicted, the system's included",
            "runtimeclasses": "change by which runtime pods run, outside of a sandbox too",
            "volumesnapshotcontents": "bind a snapshot of any volume, and so read it in a namespace of its choice",
            "csidrivers": "change how volumes are mounted, and which drivers get tokens of pods' service accounts",
            **dict.fromkeys(
                ("flowschemas", "prioritylevelconfigurations"),
                "decide whose requests the API server serves, and let others starve",
            ),
        },
    ),
    KubernetesRight(
        "namespace-finalize",
        "end the deletion of namespaces while objects are left in them",
        CHANGES,
        _core("namespaces/finalize", "namespaces/status"),
        MEDIUM,
        MEDIUM,
    ),
    KubernetesRight(
        "debug",
        "read profiles of the API server's memory, and change what it logs",
        ("get", "put", "post"),
        (),
        MEDIUM,
        None,
        urls=("/debug", "/logs"),
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
        _core("pods/status", "services/status", "pods/binding", "bindings", "pods/eviction"),
        MEDIUM,
        MEDIUM,
        sentences={
            "pods/status": "write the state of pods{of}, and so mislead traffic and controllers",
            "services/status": "take the traffic of any address with the state of services{of} (CVE-2020-8554)",
            **dict.fromkeys(("pods/binding", "bindings"), "decide on which node pods{of} run"),
            "pods/eviction": "stop pods{of} by evicting them, as far as disruption budgets permit",
        },
    ),
    KubernetesRight(
        "external-ips",
        "take the traffic of any address with the externalIPs of services{of} (CVE-2020-8554)",
        WRITES,
        _core("services"),
        MEDIUM,
        MEDIUM,
        names=Names.IRRELEVANT,
    ),
    KubernetesRight(
        "traffic",
        "lead the traffic of services elsewhere (CVE-2021-25740), or open what network policies close",
        (*WRITES, *DELETES),
        (
            Target("", ("endpoints",)),
            Target("discovery.k8s.io", ("endpointslices",)),
            Target("networking.k8s.io", ("networkpolicies",)),
            Target("cilium.io", ("ciliumnetworkpolicies", "ciliumclusterwidenetworkpolicies")),
            Target("crd.projectcalico.org", ("networkpolicies", "globalnetworkpolicies")),
            Target("projectcalico.org", ("networkpolicies", "globalnetworkpolicies")),
            Target("policy.networking.k8s.io", ("adminnetworkpolicies", "baselineadminnetworkpolicies")),
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
    _custom(
        Effect.CODE, "have an operator run containers or commands of its choice, with service accounts and Secrets{of}"
    ),
    _custom(Effect.MANIFESTS, "have an operator apply objects of its choice, with the operator's own rights"),
    _custom(
        Effect.CLOUD,
        "have an operator create identities, machines and other cloud resources of its choice, with the operator's own"
        " credentials",
    ),
    _custom(
        Effect.SECRETS,
        "have an operator fetch or hand out secrets of its choice, with the operator's own access to their stores",
    ),
    _custom(Effect.ACCESS, "have an operator give anyone access of its choice"),
    _custom(
        Effect.POLICY,
        "change the policies by which an operator admits, changes, creates and deletes objects",
        verbs=(*WRITES, *DELETES),
    ),
)
"""In the order in which findings and rules are listed."""


@cache
def add_custom_resources(custom: tuple[CustomResource, ...]) -> tuple[KubernetesRight, ...]:
    """The catalogue with further custom resources."""
    return tuple(
        replace(right, targets=(*right.targets, *_find_targets(effect, custom)))
        if (effect := _EFFECTS.get(right.key))
        else right
        for right in KUBERNETES_RIGHTS
    )


_EFFECTS: Mapping[str, Effect] = {f"custom-{effect}": effect for effect in Effect}

READ_SENTENCES: Mapping[str, str] = {
    "configmaps": "can read every ConfigMap{of}, its values included",
    "pods": "can read pods{of}, with the environment values in their specifications",
    "serviceaccounts": "can read which identities workloads{of} have",
    "nodes": "can read the cluster's machines",
    **dict.fromkeys(
        ("roles", "clusterroles", "rolebindings", "clusterrolebindings"), "can read the permissions of every subject"
    ),
}
"""Reads that are no danger, but worth a sentence."""
