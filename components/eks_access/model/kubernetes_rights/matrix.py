"""The rights that the probe asks about of every integration, whatever its description is. Data.

They are fixed, so that two runs can be compared, and not all there are: what an integration may do beyond its
description with other resources is not found by them.
"""

from .catalogue import ADMISSION, CERTIFICATES, RBAC
from .request import ANY, Request

_WRITE = ("create", "patch", "delete")
_ROWS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (ANY, ANY, (ANY,)),
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
    (CERTIFICATES, "certificatesigningrequests", ("list", "create")),
    ("apiextensions.k8s.io", "customresourcedefinitions", ("list", *_WRITE)),
    (ADMISSION, "validatingwebhookconfigurations", ("list", *_WRITE)),
    (ADMISSION, "mutatingwebhookconfigurations", ("list", *_WRITE)),
    (RBAC, "roles", ("list", "update", *_WRITE)),
    (RBAC, "rolebindings", ("list", "update", *_WRITE)),
    (RBAC, "clusterroles", ("list", "update", *_WRITE)),
    (RBAC, "clusterrolebindings", ("list", "update", *_WRITE)),
)

MATRIX: tuple[Request, ...] = tuple(
    Request(verb, group, resource, subresource)
    for group, full, verbs in _ROWS
    for resource, _, subresource in (full.partition("/"),)
    for verb in verbs
)
"""Each in the whole cluster."""
