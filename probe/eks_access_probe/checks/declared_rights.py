"""Rights in a cluster that are worth asking about whoever asks, and whether a description accounts for one. Pure.

A description names what is granted; what else the user turns out to have came from somewhere else: another binding, an
access policy, a right of everybody. The rights below are asked for the whole cluster. They are fixed, so that two runs
can be compared, and not all there are: a right on a resource that is not here is not found by them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from eks_access.manifest.models import AccessPolicy, Cluster, Grant, IntegrationAccess, KubernetesExpectation
from eks_access.model import access_policies
from eks_access.model.arn import parse
from eks_access.model.identity import EntryMethod

_ADMISSION = "admissionregistration.k8s.io"
_RBAC = "rbac.authorization.k8s.io"
_WRITE = ("create", "patch", "delete")

_MATRIX: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("*", "*", ("*",)),
    ("", "pods", ("list", *_WRITE, "deletecollection")),
    ("", "pods/log", ("get",)),
    ("", "pods/exec", ("get", "create")),
    ("", "pods/portforward", ("get",)),
    ("", "pods/eviction", ("create",)),
    ("", "services", ("list", *_WRITE)),
    ("", "services/proxy", ("get",)),
    ("", "endpoints", ("list",)),
    ("", "configmaps", ("get", "list", "update", *_WRITE)),
    ("", "secrets", ("get", "list", *_WRITE)),
    ("", "serviceaccounts", ("list", *_WRITE)),
    ("", "serviceaccounts/token", ("create",)),
    ("", "events", ("list",)),
    ("", "namespaces", ("list", *_WRITE)),
    ("", "nodes", ("list", "patch", "delete")),
    ("", "nodes/log", ("get",)),
    ("", "nodes/metrics", ("get",)),
    ("", "persistentvolumeclaims", ("list", *_WRITE)),
    ("", "persistentvolumes", ("list",)),
    ("", "replicationcontrollers", ("list",)),
    ("", "resourcequotas", ("list",)),
    ("apps", "deployments", ("list", *_WRITE)),
    ("apps", "deployments/scale", ("update",)),
    ("apps", "replicasets", ("list",)),
    ("apps", "statefulsets", ("list", *_WRITE)),
    ("apps", "daemonsets", ("list", *_WRITE)),
    ("batch", "jobs", ("list", *_WRITE)),
    ("batch", "cronjobs", ("list", *_WRITE)),
    ("autoscaling", "horizontalpodautoscalers", ("list",)),
    ("policy", "poddisruptionbudgets", ("list",)),
    ("networking.k8s.io", "ingresses", ("list", *_WRITE)),
    ("networking.k8s.io", "networkpolicies", ("list", *_WRITE)),
    ("discovery.k8s.io", "endpointslices", ("list",)),
    ("storage.k8s.io", "storageclasses", ("list",)),
    ("coordination.k8s.io", "leases", ("list",)),
    ("certificates.k8s.io", "certificatesigningrequests", ("list", "create")),
    ("apiextensions.k8s.io", "customresourcedefinitions", ("list", *_WRITE)),
    (_ADMISSION, "validatingwebhookconfigurations", ("list", *_WRITE)),
    (_ADMISSION, "mutatingwebhookconfigurations", ("list", *_WRITE)),
    (_RBAC, "roles", ("list", "update", *_WRITE)),
    (_RBAC, "rolebindings", ("list", "update", *_WRITE)),
    (_RBAC, "clusterroles", ("list", "update", *_WRITE)),
    (_RBAC, "clusterrolebindings", ("list", "update", *_WRITE)),
)


@dataclass(frozen=True)
class Right:
    """One right in the whole cluster."""

    verb: str
    group: str
    resource: str
    subresource: str | None = None

    def __str__(self) -> str:
        resource = f"{self.resource}/{self.subresource}" if self.subresource else self.resource
        return f"{self.verb} {resource}{'.' if self.group else ''}{self.group}"

    @property
    def expectation(self) -> KubernetesExpectation:
        """The right as a call of the manifest, by which it is asked for."""
        return KubernetesExpectation(
            verb=self.verb,
            api_group=self.group,
            resource=self.resource,
            subresource=self.subresource,
            namespace=None,
            name=None,
            allowed=False,
            why="",
        )


def undeclared(access: IntegrationAccess, cluster: Cluster) -> list[Right]:
    """The rights to ask about: those that the description neither grants nor has a line of its own for."""
    own = {(e.verb, e.api_group, e.resource, e.subresource, e.namespace, e.name) for e in access.kubernetes}
    return [
        right
        for right in _rights()
        if (right.verb, right.group, right.resource, right.subresource, None, None) not in own
        and not declared(access, cluster, right)
    ]


def declared(access: IntegrationAccess, cluster: Cluster, right: Right) -> bool:
    """Whether the description grants the right in the whole cluster."""
    asked = access_policies.Attributes(right.verb, right.group, right.resource, right.subresource or "")
    own = (grant for grant in access.grants if grant.namespaces is None and _is_to(access, grant))
    if any(_gives(rule, asked) for grant in own for rule in grant.rules):
        return True
    policies = access.identity.access_policies if cluster.method is EntryMethod.ACCESS_ENTRY else []
    return access_policies.granting_policy(map(associated, policies), asked) is not None


def associated(policy: AccessPolicy) -> access_policies.Grant:
    """The access policy as the evaluation of access policies takes it."""
    arn = parse(policy.arn)
    name = arn.resource.rpartition("/")[2] if arn else policy.arn
    return access_policies.Grant(name, tuple(policy.namespaces) or None)


def _rights() -> Iterator[Right]:
    for group, full, verbs in _MATRIX:
        resource, _, subresource = full.partition("/")
        for verb in verbs:
            yield Right(verb, group, resource, subresource or None)


def _is_to(access: IntegrationAccess, grant: Grant) -> bool:
    """Whether a grant is the integration's own, and not of those it acts as by impersonation."""
    match grant.kind:
        case "Group":
            return grant.group in access.identity.groups
        case "User":
            return grant.group == access.identity.username
        case "ServiceAccount":
            return f"system:serviceaccount:{grant.group.replace('/', ':')}" == access.identity.username


def _gives(rule: Mapping[str, Any], asked: access_policies.Attributes) -> bool:
    if rule.get("resourceNames"):
        return False
    return access_policies.matches(
        access_policies.Rule(rule["verbs"], rule.get("apiGroups", ()), rule.get("resources", ())), asked
    )
