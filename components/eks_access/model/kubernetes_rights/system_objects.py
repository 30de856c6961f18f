"""Objects of the system by whose names a rule gives more than its `resourceNames` suggest. Data, and a look-up.

`resourceNames` confine a right to objects, and not what can be done by those: who changes the DaemonSet `aws-node`
runs code on every node.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from .request import ANY, RuleLike, matching_resources
from .scope import SYSTEM_NAMESPACE, includes_namespace

SERVICE_ACCOUNT = "system:serviceaccount:"
"""How the username of a service account begins, before its namespace and its name."""
_CHANGES = ("update", "patch")
_CHANGES_AND_DELETES = (*_CHANGES, "delete")


@dataclass(frozen=True)
class SystemObjects:
    """Objects of one kind in a namespace, by their names or patterns of them. `sentence` goes on after "can"."""

    verbs: tuple[str, ...]
    group: str
    resource: str
    names: tuple[str, ...]
    sentence: str
    namespace: str | None = SYSTEM_NAMESPACE
    """None for a kind without a namespace, and for objects that every namespace has."""
    only_in_system: bool = False
    """Whether any name counts, though only where the rule is in force in the namespace by a binding of its own: of a
    right in the whole cluster, the object may be in any namespace."""


_RUN = "run code of its own in {names}, with the service accounts and the nodes of the system"
_STOP = "stop {names} in the whole cluster"
_ACT = "act as {names}, with the rights of that part of the system"
_WORKLOADS = {
    "daemonsets": "aws-node kube-proxy eks-pod-identity-agent eks-node-monitoring-agent ebs-csi-node"
    " ebs-csi-node-windows efs-csi-node fsx-csi-node s3-csi-node node-local-dns cilium cilium-envoy calico-node"
    " kube-router nvidia-device-plugin-daemonset aws-node-termination-handler nodelocaldns kube-flannel-ds weave-net"
    " csi-secrets-store secrets-store-csi-driver csi-secrets-store-provider-aws kiam-agent kiam-server kube2iam",
    "deployments": "coredns metrics-server ebs-csi-controller efs-csi-controller fsx-csi-controller"
    " snapshot-controller aws-load-balancer-controller cluster-autoscaler karpenter cilium-operator calico-typha"
    " calico-kube-controllers hubble-relay external-dns kube-state-metrics sealed-secrets-controller kube-dns"
    " vpa-admission-controller vpa-updater tiller-deploy",
}
"""https://docs.aws.amazon.com/eks/latest/userguide/workloads-add-ons-available-eks.html, and what their charts and
those of other well-known components create in kube-system."""
_ACCOUNTS = (
    "attachdetach-controller bootstrap-signer certificate-controller clusterrole-aggregation-controller"
    " cronjob-controller daemon-set-controller deployment-controller device-taint-eviction-controller"
    " disruption-controller endpoint-controller endpointslice-controller endpointslicemirroring-controller"
    " ephemeral-volume-controller expand-controller generic-garbage-collector horizontal-pod-autoscaler job-controller"
    " legacy-service-account-token-cleaner namespace-controller node-controller persistent-volume-binder"
    " pod-garbage-collector pv-protection-controller pvc-protection-controller replicaset-controller"
    " replication-controller resource-claim-controller resourcequota-controller root-ca-cert-publisher route-controller"
    " selinux-warning-controller service-account-controller service-cidrs-controller service-controller"
    " statefulset-controller storage-version-migrator-controller token-cleaner ttl-after-finished-controller"
    " ttl-controller validatingadmissionpolicy-status-controller"
    " aws-load-balancer-controller aws-node calico-kube-controllers calico-node cilium cilium-operator cloud-provider"
    " cluster-autoscaler coredns ebs-csi-controller-sa ebs-csi-node-sa efs-csi-controller-sa efs-csi-node-sa"
    " eks-pod-identity-agent eks-vpc-resource-controller external-dns fsx-csi-controller-sa karpenter kube-dns"
    " kube-proxy metrics-server node-local-dns sealed-secrets-controller snapshot-controller tagging-controller"
    " admin-user eks-admin kiam-server secrets-store-csi-driver tiller vpa-admission-controller vpa-updater"
)
"""Service accounts in kube-system: of the controller manager, of add-ons, and of other well-known components.
https://github.com/kubernetes/kubernetes/blob/master/plugin/pkg/auth/authorizer/rbac/bootstrappolicy/controller_policy.go
"""
_PRIVILEGED_ACCOUNTS = {
    "argocd": "argocd-application-controller argocd-server argocd-applicationset-controller",
    "flux-system": "kustomize-controller helm-controller",
    "cattle-system": "rancher cattle",
    "crossplane-system": "crossplane",
    "cert-manager": "cert-manager cert-manager-cainjector",
    "external-secrets": "external-secrets",
    "gatekeeper-system": "gatekeeper-admin",
    "istio-system": "istiod",
    "karpenter": "karpenter",
    "kubernetes-dashboard": "kubernetes-dashboard admin-user",
    "kyverno": "kyverno-admission-controller kyverno-background-controller kyverno-cleanup-controller",
    "longhorn-system": "longhorn-service-account",
    "olm": "olm-operator-serviceaccount",
    "tekton-pipelines": "tekton-pipelines-controller",
    "tigera-operator": "tigera-operator",
    "velero": "velero velero-server",
}
"""Service accounts that by their charts are administrators, or write roles, webhooks or every Secret."""


def _in_system() -> Iterator[SystemObjects]:
    for group, resources, verbs in (
        ("", ("pods", "replicationcontrollers"), _CHANGES),
        ("apps", ("daemonsets", "deployments", "replicasets", "statefulsets"), _CHANGES),
        ("batch", ("cronjobs", "jobs"), _CHANGES),
        ("", ("pods/exec", "pods/attach"), ("create", "get")),
        ("", ("pods/ephemeralcontainers",), _CHANGES),
    ):
        for resource in resources:
            yield SystemObjects(verbs, group, resource, (ANY,), _RUN, only_in_system=True)
    for resource, verb in (("serviceaccounts/token", "create"), ("serviceaccounts", "impersonate")):
        yield SystemObjects((verb,), "", resource, (ANY,), _ACT, only_in_system=True)


def _by_name() -> Iterator[SystemObjects]:
    for resource, names in _WORKLOADS.items():
        yield SystemObjects(_CHANGES, "apps", resource, tuple(names.split()), _RUN)
        yield SystemObjects(("delete",), "apps", resource, tuple(names.split()), _STOP)
    yield SystemObjects(_CHANGES, "apps", "deployments/scale", tuple(_WORKLOADS["deployments"].split()), _STOP)
    for namespace, accounts in {SYSTEM_NAMESPACE: _ACCOUNTS, **_PRIVILEGED_ACCOUNTS}.items():
        for resource, verb in (("serviceaccounts/token", "create"), ("serviceaccounts", "impersonate")):
            yield SystemObjects((verb,), "", resource, tuple(accounts.split()), _ACT, namespace)
    for namespace, accounts in _PRIVILEGED_ACCOUNTS.items():
        users = tuple(f"{SERVICE_ACCOUNT}{namespace}:{account}" for account in accounts.split())
        yield SystemObjects(("impersonate",), "", "users", users, _ACT, namespace=None)
    for namespaces, names, sentence in (
        (
            SYSTEM_NAMESPACE,
            "coredns coredns-custom node-local-dns kube-dns",
            "answer the cluster's DNS requests itself",
        ),
        (
            SYSTEM_NAMESPACE,
            "extension-apiserver-authentication",
            "decide which certificates aggregated API servers trust, and so act as anyone there",
        ),
        (
            SYSTEM_NAMESPACE,
            "kube-proxy kube-proxy-config amazon-vpc-cni cilium-config calico-config",
            "lead the traffic of services elsewhere, or turn network policies off ({names})",
        ),
        (SYSTEM_NAMESPACE, "kubeadm-config kubelet-config*", "decide how nodes are configured ({names})"),
        ("kube-public", "cluster-info", "lead joining nodes to an API server of its own"),
        ("aws-observability", "aws-logging", "send the logs of Fargate pods elsewhere"),
        ("argocd", "argocd-rbac-cm argocd-cm", "make anyone an administrator of Argo CD"),
        ("istio-system", "istio-sidecar-injector* istio", "put a container of its own into the pods of the mesh"),
    ):
        yield SystemObjects(_CHANGES_AND_DELETES, "", "configmaps", tuple(names.split()), sentence, namespaces)
    yield SystemObjects(
        _CHANGES, "", "configmaps", ("kube-root-ca.crt",), "decide which API server pods trust", namespace=None
    )
    yield SystemObjects(
        ("get", "list", "watch"),
        "",
        "secrets",
        ("*-token-?????", "bootstrap-token-*", "sealed-secrets-key*"),
        "read {names}: the token of a service account or node, or the key of other secrets",
    )
    yield SystemObjects(
        _CHANGES_AND_DELETES,
        "coordination.k8s.io",
        "leases",
        ("kube-controller-manager", "kube-scheduler", "cloud-controller-manager", "apiserver-*"),
        "stop {names} by taking its lease",
    )
    yield SystemObjects(
        _CHANGES,
        "",
        "namespaces",
        (SYSTEM_NAMESPACE,),
        "change the labels of kube-system that Pod Security selects by",
        namespace=SYSTEM_NAMESPACE,
    )
    yield SystemObjects(
        _CHANGES_AND_DELETES,
        "apiregistration.k8s.io",
        "apiservices",
        ("v1.", "v*.apps", "v*.batch", "v*.authorization.k8s.io", "v*.rbac.authorization.k8s.io", "v*.policy"),
        "put a server of its own in the place of {names}",
        namespace=None,
    )


SYSTEM_OBJECTS: tuple[SystemObjects, ...] = (*_in_system(), *_by_name())
"""Any name first: what is found by that is not repeated for the well-known ones."""


@dataclass(frozen=True)
class SystemMatch:
    """What a rule gives by the names of objects of the system in it."""

    verbs: tuple[str, ...]
    resource: str
    names: tuple[str, ...]
    sentence: str


def find_system_objects(rule: RuleLike, namespaces: Collection[str] | None) -> Iterator[SystemMatch]:
    """What a rule with `resourceNames`, in force in these namespaces (None: everywhere), gives by those names."""
    found: set[tuple[str, str]] = set()
    for each in SYSTEM_OBJECTS if rule.names else ():
        verbs = tuple(verb for verb in each.verbs if verb in rule.verbs or ANY in rule.verbs)
        if not verbs or not _applies(each, rule, namespaces):
            continue
        names = tuple(
            name
            for name in rule.names
            if (each.resource, name) not in found and any(fnmatchcase(name, pattern) for pattern in each.names)
        )
        if names:
            if each.only_in_system:
                found.update((each.resource, name) for name in names)
            yield SystemMatch(verbs, each.resource, names, f"can {each.sentence}".replace("{names}", ", ".join(names)))


def _applies(each: SystemObjects, rule: RuleLike, namespaces: Collection[str] | None) -> bool:
    return (
        not (each.only_in_system and namespaces is None)
        and (each.namespace is None or includes_namespace(namespaces, each.namespace))
        and (each.group in rule.groups or ANY in rule.groups)
        and not matching_resources(each.resource).isdisjoint(rule.resources)
    )
