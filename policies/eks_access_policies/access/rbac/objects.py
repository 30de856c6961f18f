"""Finds the RBAC roles and bindings of a stack in its Kubernetes resources: objects, patches of objects, and lists."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ...stack import Resource, Stack, Value, is_unknown
from ...stack.values import contains_unknown, get, has_only_texts, items, text, texts
from ..clusters import Clusters
from ..model import NOT_KNOWN, Permission, Subject
from .model import Binding, Role
from .selectors import Selector, parse_labels, parse_selector

_TYPE = re.compile(
    r"(kubernetes:rbac\.authorization\.k8s\.io/[^:]+|eks-access:index):"
    r"(?P<kind>(Cluster)?Role(Binding)?)(?P<form>Patch|List)?"
)
"""Of the official Kubernetes provider, and of this project's plugin, which has the same properties."""
_ACCOUNT_NAME = re.compile(r"system:serviceaccount:(?P<namespace>[^:]+):(?P<name>[^:]+)")
"""The username of a service account.
https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/"""
_RULE_LISTS = ("verbs", "apiGroups", "resources", "resourceNames", "nonResourceURLs")
_PATCH_FORCE = "pulumi.com/patchForce"


@dataclass(frozen=True)
class _Object:
    """An object of a resource, which may have several."""

    resource: Resource
    kind: str
    value: Value
    is_patch: bool

    def get(self, *path: str) -> Value:
        return get(self.value, *path)


def find_roles(stack: Stack, clusters: Clusters) -> Iterator[Role]:
    """Yield all Roles and ClusterRoles of the stack, and all patches of them."""
    for found in _find_objects(stack):
        if not found.kind.endswith("Binding"):
            yield _role(found, clusters)


def find_bindings(stack: Stack, clusters: Clusters) -> Iterator[Binding]:
    """Yield all RoleBindings and ClusterRoleBindings of the stack, and all patches of them."""
    for found in _find_objects(stack):
        if found.kind.endswith("Binding"):
            yield _binding(found, clusters, stack)


def _find_objects(stack: Stack) -> Iterator[_Object]:
    for type in stack.types:
        match = _TYPE.fullmatch(type)
        if match is None:
            continue
        for resource in stack.of_type(type):
            if match["form"] == "List":
                objects = resource.get("items")
                # An unknown list has objects that nothing is known of.
                for item in [objects] if is_unknown(objects) else items(objects):
                    yield _Object(resource, match["kind"], item, _is_forced(item))
            else:
                is_patch = match["form"] == "Patch" or _is_forced(resource.properties)
                yield _Object(resource, match["kind"], resource.properties, is_patch)


def _is_forced(value: Value) -> bool:
    """Whether an object may exist already, and is then adapted instead of created."""
    forced = get(value, "metadata", "annotations", _PATCH_FORCE)
    return is_unknown(forced) or (text(forced) or "").lower() == "true"


def _role(found: _Object, clusters: Clusters) -> Role:
    name, namespace, unknown = _identify(found, clusters)
    labels, are_all_known = parse_labels(found.get("metadata", "labels"))
    selectors, are_understood = _selectors(found.get("aggregationRule", "clusterRoleSelectors"))
    rules = found.get("rules")
    permissions = tuple(map(parse_permission, items(rules)))
    return Role(
        found.resource,
        clusters.locate(found.resource),
        name,
        namespace,
        permissions,
        labels,
        selectors,
        # Of an object that has all its rules, nothing that decides about rights is left to others.
        found.is_patch and (found.resource.type.endswith("Patch") or not (permissions or selectors)),
        (
            *unknown,
            *([] if not is_unknown(rules) and all(each.is_whole for each in permissions) else ["rules"]),
            *([] if are_all_known else ["labels"]),
            *([] if are_understood else ["selectors"]),
        ),
    )


def _identify(found: _Object, clusters: Clusters) -> tuple[str, str | None, list[str]]:
    """The object's name, its namespace if its kind has one, and which of them are unknown."""
    known_name = text(found.get("metadata", "name"))
    unknown = [] if known_name else ["name"]
    namespace = None
    if not found.kind.startswith("Cluster"):
        written = found.get("metadata", "namespace")
        namespace = "" if is_unknown(written) else text(written) or clusters.default_namespace(found.resource)
        if not namespace:
            namespace = NOT_KNOWN
            unknown.append("namespace")
    return known_name or found.resource.name, namespace, unknown


def parse_permission(value: Value) -> Permission:
    """Parse a rule of an RBAC role."""
    return Permission(
        texts(get(value, "verbs")),
        texts(get(value, "apiGroups")),
        texts(get(value, "resources")),
        texts(get(value, "resourceNames")),
        texts(get(value, "nonResourceURLs")),
        isinstance(value, Mapping) and all(has_only_texts(get(value, name)) for name in _RULE_LISTS),
    )


def _selectors(value: Value) -> tuple[tuple[Selector, ...], bool]:
    """The selectors that are understood, and whether these are all."""
    parsed = [parse_selector(each) for each in items(value)]
    found = tuple(each for each in parsed if each is not None)
    return found, not is_unknown(value) and len(found) == len(parsed)


def _binding(found: _Object, clusters: Clusters, stack: Stack) -> Binding:
    name, namespace, unknown = _identify(found, clusters)
    role, subjects = found.get("roleRef"), found.get("subjects")
    role_kind, role_name = text(get(role, "kind")) or "", text(get(role, "name")) or ""
    is_role_unknown = is_unknown(get(role, "kind")) or is_unknown(get(role, "name"))
    source = _find_role_source(found.resource, stack) if is_role_unknown else None
    return Binding(
        found.resource,
        clusters.locate(found.resource),
        name,
        namespace,
        role_kind,
        role_name,
        tuple(_subject(each, namespace) for each in items(subjects) if _is_subject(each)),
        (
            # Others refer to a role by its name, and to a binding only where they patch it.
            *(field for field in unknown if field != "name" or found.is_patch),
            *(["subjects"] if contains_unknown(subjects) or not all(map(_is_subject, items(subjects))) else []),
            *(["role"] if is_role_unknown and source is None else []),
        ),
        found.is_patch,
        source,
    )


def _find_role_source(binding: Resource, stack: Stack) -> Resource | None:
    """The only role of the stack that a binding takes its `roleRef` from."""
    matches = ((each, _TYPE.fullmatch(each.type)) for each in stack.sources(binding, "roleRef"))
    sources = [each for each, match in matches if match and not match["kind"].endswith("Binding")]
    return sources[0] if len(sources) == 1 and not sources[0].type.endswith("List") else None


def _is_subject(value: Value) -> bool:
    """Whether a subject is known, and has the shape of one."""
    return bool(text(get(value, "kind")) and text(get(value, "name")))


def _subject(value: Value, namespace: str | None) -> Subject:
    kind, name = text(get(value, "kind")) or "", text(get(value, "name")) or ""
    written = get(value, "namespace")
    if kind == "User" and (account := _ACCOUNT_NAME.fullmatch(name)):
        return Subject("ServiceAccount", account["name"], account["namespace"])
    if kind != "ServiceAccount":
        return Subject(kind, name)
    place = NOT_KNOWN if is_unknown(written) else text(written) or namespace or ""
    return Subject(kind, name, place)
