"""Reads every writer of the ConfigMap aws-auth in a stack, and reports what of it cannot be read."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from eks_access.aws_auth import reader

from ...stack import Resource, Stack, Value, is_unknown
from ...stack.values import contains_unknown, get, is_sequence
from ..clusters import Clusters

CONFIG_MAP = re.compile(r"kubernetes:(core/)?v1:ConfigMap(List)?(Patch)?")
"""Resources that write ConfigMaps: one, a patch of one, or a list; `kubernetes:v1:…` is how a CustomResource has it."""
SECTIONS = (reader.ROLES, reader.USERS, reader.ACCOUNTS)
_NAME, _NAMESPACE = "aws-auth", "kube-system"
_MAX_SECTION_SIZE = 1_000_000
"""In bytes; Kubernetes accepts no larger object. https://kubernetes.io/docs/concepts/configuration/configmap/"""


@dataclass(frozen=True, eq=False)
class AwsAuth:
    """What one resource writes to aws-auth of a cluster."""

    resource: Resource
    cluster: str
    reading: reader.Reading
    unread: tuple[str, ...] = ()
    """What could not be read, as phrases such as "its mapRoles is not known before the deployment"."""
    is_certain: bool = True
    """Whether it is known that this is aws-auth, and not only possible."""


def find_aws_auth(stack: Stack, clusters: Clusters) -> Iterator[AwsAuth]:
    """Yield what the stack's ConfigMaps, their patches and their lists write to aws-auth."""
    for kind in stack.types:
        if CONFIG_MAP.fullmatch(kind):
            for resource in stack.of_type(kind):
                if (found := read_resource(resource, clusters.of(resource))) is not None:
                    yield found


def read_resource(resource: Resource, cluster: str = "") -> AwsAuth | None:
    """What a resource writes to aws-auth; None if it is not a ConfigMap, or is another one."""
    if not CONFIG_MAP.fullmatch(resource.type):
        return None
    bodies = [resource.properties]
    unread: list[str] = []
    if "List" in resource.type:
        listed = resource.get("items")
        if contains_unknown_items(listed):
            unread.append("some of its items are not known before the deployment, and may be aws-auth")
        bodies = [each for each in (listed if is_sequence(listed) else ()) if isinstance(each, Mapping)]
    readings = [_read_body(body, unread) for body in bodies if _may_be_aws_auth(body)]
    if not readings and not unread:
        return None
    is_certain = any(_may_be_aws_auth(body) and not _has_unknown_name(body) for body in bodies)
    return AwsAuth(resource, cluster, _join(readings), tuple(dict.fromkeys(unread)), is_certain)


def contains_unknown_items(listed: Value) -> bool:
    """Whether a list is unknown, or one of its items."""
    return is_unknown(listed) or (is_sequence(listed) and any(map(is_unknown, listed)))


def _may_be_aws_auth(body: Mapping[str, Value]) -> bool:
    """Whether an object is aws-auth. One whose name is unknown may be, if it has a section of aws-auth."""
    name, namespace = get(body, "metadata", "name"), get(body, "metadata", "namespace")
    # Without a namespace it is in that of the provider or of the kubeconfig.
    if not (namespace in (None, "", _NAMESPACE) or is_unknown(namespace)):
        return False
    return name == _NAME or (is_unknown(name) and any(get(body, "data", each) is not None for each in SECTIONS))


def _has_unknown_name(body: Mapping[str, Value]) -> bool:
    return is_unknown(get(body, "metadata", "name")) or is_unknown(get(body, "metadata", "namespace"))


def _read_body(body: Mapping[str, Value], unread: list[str]) -> reader.Reading:
    if _has_unknown_name(body):
        unread.append("whether it is aws-auth is not known before the deployment")
    data = get(body, "data")
    if is_unknown(data):
        unread.append("its data is not known before the deployment")
    elif not (data is None or isinstance(data, Mapping)):
        unread.append("its data is not a mapping")
    known = {}
    for name in SECTIONS:
        value = get(data, name)
        if value is None or is_unknown(data):
            continue
        if problem := _find_problem(value):
            unread.append(f"its {name} {problem}")
            continue
        try:
            section = reader.read_section({name: value}, name)
        except RecursionError:
            unread.append(f"its {name} is nested too deeply")
            continue
        if section.lost or section.not_a_list:
            unread.append(f"its {name} is not a list that can be parsed")
        known[str(name)] = value
    return reader.read(known)


def _find_problem(value: Value) -> str:
    """Why the text of a section cannot be read; empty if it can."""
    if contains_unknown(value):
        return "is not known before the deployment"
    if not isinstance(value, str):
        return "is not a text"
    return "is larger than a ConfigMap may be" if len(value) > _MAX_SECTION_SIZE else ""


def _join(readings: list[reader.Reading]) -> reader.Reading:
    """The readings of several objects of one list as one; the last mapping of a principal counts."""
    return reader.Reading(
        {key: identity for each in readings for key, identity in each.roles.items()},
        {key: identity for each in readings for key, identity in each.users.items()},
        frozenset(account for each in readings for account in each.accounts),
        tuple(error for each in readings for error in each.errors),
    )
