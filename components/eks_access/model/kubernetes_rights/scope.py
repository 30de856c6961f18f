"""Which kinds have a namespace, and what a rule that is in force in namespaces gives of those without one. Pure.

A RoleBinding gives nothing of a kind without a namespace: its requests are for the whole cluster.
https://kubernetes.io/docs/reference/access-authn-authz/rbac/#rolebinding-and-clusterrolebinding
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from enum import Enum
from fnmatch import fnmatchcase
from functools import lru_cache

from .custom_resources import CUSTOM_RESOURCES
from .request import ANY, PolicyRule, RuleLike

SYSTEM_NAMESPACE = "kube-system"


class Reach(Enum):
    """How far rules reach by the namespaces in which they are in force."""

    CLUSTER = "the whole cluster"
    SYSTEM = "the namespace in which the cluster's own components run, and no kind without a namespace"
    NAMESPACES = "other namespaces"


def find_reach(namespaces: Collection[str] | None) -> Reach:
    """The reach of rules in these namespaces, which may be patterns; None is the whole cluster."""
    if namespaces is None:
        return Reach.CLUSTER
    return Reach.SYSTEM if includes_namespace(namespaces, SYSTEM_NAMESPACE) else Reach.NAMESPACES


def includes_namespace(namespaces: Collection[str] | None, namespace: str) -> bool:
    return namespaces is None or any(fnmatchcase(namespace, pattern) for pattern in namespaces)


_NAMESPACED: Mapping[str, str] = {
    "": "bindings configmaps endpoints events limitranges persistentvolumeclaims pods podtemplates"
    " replicationcontrollers resourcequotas secrets serviceaccounts services",
    "apps": "controllerrevisions daemonsets deployments replicasets statefulsets",
    "authorization.k8s.io": "localsubjectaccessreviews",
    "autoscaling": "horizontalpodautoscalers",
    "batch": "cronjobs jobs",
    "certificates.k8s.io": "podcertificaterequests",
    "coordination.k8s.io": "leases leasecandidates",
    "discovery.k8s.io": "endpointslices",
    "events.k8s.io": "events",
    "extensions": "daemonsets deployments ingresses networkpolicies replicasets",
    "metrics.k8s.io": "pods",
    "networking.k8s.io": "ingresses networkpolicies",
    "policy": "poddisruptionbudgets",
    "rbac.authorization.k8s.io": "roles rolebindings",
    "resource.k8s.io": "resourceclaims resourceclaimtemplates",
    "storage.k8s.io": "csistoragecapacities",
}
_CLUSTER_SCOPED: Mapping[str, str] = {
    "": "componentstatuses namespaces nodes persistentvolumes users groups",
    "admissionregistration.k8s.io": "mutatingadmissionpolicies mutatingadmissionpolicybindings"
    " mutatingwebhookconfigurations validatingadmissionpolicies validatingadmissionpolicybindings"
    " validatingwebhookconfigurations",
    "apiextensions.k8s.io": "customresourcedefinitions",
    "apiregistration.k8s.io": "apiservices",
    "authentication.k8s.io": "selfsubjectreviews tokenreviews uids userextras users groups",
    "authorization.k8s.io": "selfsubjectaccessreviews selfsubjectrulesreviews subjectaccessreviews",
    "certificates.k8s.io": "certificatesigningrequests clustertrustbundles signers",
    "extensions": "podsecuritypolicies",
    "flowcontrol.apiserver.k8s.io": "flowschemas prioritylevelconfigurations",
    "internal.apiserver.k8s.io": "storageversions",
    "metrics.k8s.io": "nodes",
    "networking.k8s.io": "ingressclasses ipaddresses servicecidrs",
    "node.k8s.io": "runtimeclasses",
    "policy": "podsecuritypolicies",
    "rbac.authorization.k8s.io": "clusterroles clusterrolebindings",
    "resource.k8s.io": "deviceclasses resourceslices",
    "scheduling.k8s.io": "priorityclasses",
    "security.openshift.io": "securitycontextconstraints",
    "storage.k8s.io": "csidrivers csinodes storageclasses volumeattachments volumeattributesclasses",
    "storagemigration.k8s.io": "storageversionmigrations",
}
"""`users`, `groups`, `userextras` and `signers` are no kinds, but what requests are authorized about."""
_CLUSTER_SCOPED_OF_OPERATORS: Mapping[str, str] = {
    "cert-manager.io": "clusterissuers",
    "cilium.io": "ciliumclusterwidenetworkpolicies ciliumnodes ciliumidentities",
    "crd.k8s.amazonaws.com": "eniconfigs",
    "gateway.networking.k8s.io": "gatewayclasses",
    "karpenter.sh": "nodepools nodeclaims nodeoverlays provisioners machines",
    "policy.networking.k8s.io": "adminnetworkpolicies baselineadminnetworkpolicies",
    "projectcalico.org": "globalnetworkpolicies",
    "crd.projectcalico.org": "globalnetworkpolicies",
    "snapshot.storage.k8s.io": "volumesnapshotclasses volumesnapshotcontents",
    "trust.cert-manager.io": "bundles",
    "vpcresources.k8s.aws": "cninodes",
}
"""Beside those of the table of custom resources."""

_KUBERNETES: Mapping[str, Mapping[str, bool]] = {
    group: {
        name: is_namespaced
        for table, is_namespaced in ((_NAMESPACED, True), (_CLUSTER_SCOPED, False))
        for name in table.get(group, "").split()
    }
    for group in (*_NAMESPACED, *_CLUSTER_SCOPED)
}
_IN_NAMESPACES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("", "namespaces"): ("get", "update", "patch", "delete"),
    ("rbac.authorization.k8s.io", "clusterroles"): ("bind",),
    ("policy", "podsecuritypolicies"): ("use",),
    ("extensions", "podsecuritypolicies"): ("use",),
    ("security.openshift.io", "securitycontextconstraints"): ("use",),
}
"""The verbs that are authorized in a namespace although the kind has none: a request for one namespace is in that, a
RoleBinding binds ClusterRoles in its own, and a pod uses a policy in its own.
https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/apiserver/pkg/endpoints/request/requestinfo.go
"""


_NAMES = frozenset(name for served in _KUBERNETES.values() for name in served)


def is_of_kubernetes(full_resource: str) -> bool:
    """Whether Kubernetes itself has a resource of this name, in whichever API group."""
    return full_resource.partition("/")[0] in _NAMES


@lru_cache(maxsize=4096)
def is_namespaced(group: str, resource: str) -> bool | None:
    """Whether a resource (without its subresource) is namespaced; None if it is not known."""
    if resource in _KUBERNETES.get(group, ()):
        return _KUBERNETES[group][resource]
    if resource in _CLUSTER_SCOPED_OF_OPERATORS.get(group, "").split():
        return False
    found = {each.is_namespaced for each in CUSTOM_RESOURCES if each.matches(group, resource)}
    return found.pop() if len(found) == 1 else None


def find_scopes(groups: Collection[str], full_resource: str) -> set[bool | None]:
    """Whether a resource is namespaced in each of the API groups of a rule that serve it; None where it is not known.

    In any group at all, what Kubernetes itself has under this name is meant.
    """
    resource = full_resource.partition("/")[0]
    if resource == ANY:
        return {None}
    if ANY in groups:
        return {served[resource] for served in _KUBERNETES.values() if resource in served} or {None}
    return {
        is_namespaced(group, resource) for group in groups if group not in _KUBERNETES or resource in _KUBERNETES[group]
    }


def confine_to_namespaces(rule: RuleLike) -> Iterator[PolicyRule]:
    """What a rule gives where it is in force in namespaces: nothing of URLs, nor of kinds without a namespace."""
    kept = tuple(each for each in rule.resources if find_scopes(rule.groups, each) != {False})
    groups, names = tuple(rule.groups), tuple(rule.names)
    if kept:
        yield PolicyRule(tuple(rule.verbs), groups, kept, names)
    for resource in rule.resources:
        if resource not in kept and (verbs := _find_namespace_verbs(rule, resource)):
            yield PolicyRule(verbs, groups, (resource,), names)


def find_outside_namespaces(rule: RuleLike) -> tuple[str, ...]:
    """The resources and URLs of a rule of which it gives nothing where it is in force in namespaces."""
    return (
        *(
            each
            for each in rule.resources
            if find_scopes(rule.groups, each) == {False} and not _find_namespace_verbs(rule, each)
        ),
        *rule.urls,
    )


@lru_cache(maxsize=4096)
def gives_in_namespaces(group: str, full_resource: str, verbs: tuple[str, ...]) -> bool:
    """Whether one of these verbs on a resource of a group gives anything in namespaces."""
    resource = full_resource.partition("/")[0]
    if is_namespaced(group, resource) is not False:
        return True
    return bool(_find_namespace_verbs(PolicyRule(verbs, (group,), (resource,)), resource))


def _find_namespace_verbs(rule: RuleLike, resource: str) -> tuple[str, ...]:
    base = resource.partition("/")[0]
    allowed = {
        verb: None
        for (group, name), verbs in _IN_NAMESPACES.items()
        if name == base and (group in rule.groups or ANY in rule.groups)
        for verb in verbs
        if verb in rule.verbs or ANY in rule.verbs
    }
    return tuple(allowed)


def confine(rule: RuleLike, reach: Reach) -> Iterable[RuleLike]:
    """What a rule gives where it reaches this far."""
    return (rule,) if reach is Reach.CLUSTER else confine_to_namespaces(rule)
