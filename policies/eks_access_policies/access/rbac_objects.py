"""Finds the RBAC roles and bindings of a stack in its Kubernetes resources."""

import re
from collections.abc import Iterator, Mapping

from ..stack import Resource, Stack, Value, is_unknown
from ..stack.values import contains_unknown, get, items, mapping, text, texts
from .clusters import Clusters
from .model import Binding, Permission, Role, Subject

_TYPE = re.compile(
    r"kubernetes:rbac\.authorization\.k8s\.io/[^:]+:(?P<kind>(Cluster)?Role(Binding)?)(?P<form>Patch|List)?"
)


def find_roles(stack: Stack, clusters: Clusters) -> Iterator[Role]:
    """Yield all Roles and ClusterRoles of the stack."""
    for resource, kind, value in _find_objects(stack):
        if not kind.endswith("Binding"):
            yield _role(resource, kind, value, clusters.of(resource))


def find_bindings(stack: Stack, clusters: Clusters) -> Iterator[Binding]:
    """Yield all RoleBindings and ClusterRoleBindings of the stack."""
    for resource, kind, value in _find_objects(stack):
        if kind.endswith("Binding"):
            yield _binding(resource, kind, value, clusters.of(resource))


def _find_objects(stack: Stack) -> Iterator[tuple[Resource, str, Value]]:
    for type in stack.types:
        match = _TYPE.fullmatch(type)
        if match is None:
            continue
        for resource in stack.of_type(type):
            if match["form"] == "List":
                for item in items(resource.get("items")):
                    yield resource, match["kind"], item
            else:
                yield resource, match["kind"], resource.properties


def _role(resource: Resource, kind: str, value: Value, cluster: str) -> Role:
    return Role(
        resource,
        cluster,
        _name(resource, value),
        _namespace(value) if kind == "Role" else None,
        tuple(parse_permission(each) for each in items(get(value, "rules"))),
        _labels(get(value, "metadata", "labels")),
        tuple(_selectors(get(value, "aggregationRule", "clusterRoleSelectors"))),
    )


def parse_permission(value: Value) -> Permission:
    """Parse a rule of an RBAC role."""
    return Permission(
        texts(get(value, "verbs")),
        texts(get(value, "apiGroups")),
        texts(get(value, "resources")),
        texts(get(value, "resourceNames")),
        texts(get(value, "nonResourceURLs")),
        not contains_unknown(value),
    )


def _selectors(value: Value) -> Iterator[Mapping[str, str]]:
    for selector in items(value):
        wanted = _labels(get(selector, "matchLabels"))
        # Expressions are rare here, and ignoring one would select too much.
        if wanted and not items(get(selector, "matchExpressions")):
            yield wanted


def _labels(value: Value) -> Mapping[str, str]:
    return {key: found for key, label in mapping(value).items() if (found := text(label)) is not None}


def _binding(resource: Resource, kind: str, value: Value, cluster: str) -> Binding:
    namespace = _namespace(value) if kind == "RoleBinding" else None
    role = get(value, "roleRef")
    subjects = get(value, "subjects")
    unknown_fields = [
        *(["subjects"] if contains_unknown(subjects) else []),
        *(["role"] if is_unknown(role) or is_unknown(get(role, "name")) else []),
    ]
    return Binding(
        resource,
        cluster,
        _name(resource, value),
        namespace,
        text(get(role, "kind")) or "",
        text(get(role, "name")) or "",
        tuple(_subject(each, namespace) for each in items(subjects) if text(get(each, "name"))),
        tuple(unknown_fields),
    )


def _subject(value: Value, namespace: str | None) -> Subject:
    kind = text(get(value, "kind")) or ""
    place = (text(get(value, "namespace")) or namespace or "") if kind == "ServiceAccount" else ""
    return Subject(kind, text(get(value, "name")) or "", place)


def _name(resource: Resource, value: Value) -> str:
    return text(get(value, "metadata", "name")) or resource.name


def _namespace(value: Value) -> str:
    return text(get(value, "metadata", "namespace")) or "default"
