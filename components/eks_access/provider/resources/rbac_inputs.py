"""The inputs of ClusterRole, Role, ClusterRoleBinding and RoleBinding: Kubernetes' own fields, validated.

https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...errors import InvalidInputError
from ...kubernetes.kubeconfig import find_current_context
from ...model.rbac import API_GROUP, RESOURCE, STACK
from ...rbac.kinds import Kind
from ..properties import STRING, STRINGS, InputProperty, validate_bool, validate_string
from .in_cluster import build_kubeconfig_input

_PREFIX = "eks-access:index:"
METADATA_TOKEN = f"{_PREFIX}ObjectMeta"
RULE_TOKEN = f"{_PREFIX}PolicyRule"
AGGREGATION_TOKEN = f"{_PREFIX}AggregationRule"
SELECTOR_TOKEN = f"{_PREFIX}LabelSelector"
REQUIREMENT_TOKEN = f"{_PREFIX}LabelSelectorRequirement"
ROLE_REF_TOKEN = f"{_PREFIX}RoleRef"
SUBJECT_TOKEN = f"{_PREFIX}Subject"

_TEXTS: Mapping[str, Any] = {"type": "object", "additionalProperties": STRING}
_RULE_LISTS: Mapping[str, str] = {
    "apiGroups": 'The API groups of the resources; `""` is the core group.',
    "resources": "The resources, with subresources as `pods/log`.",
    "verbs": "What may be done with them.",
    "resourceNames": "The names of the only objects that it is for; all objects if it is left out.",
    "nonResourceURLs": "Paths of the API server itself, instead of resources.",
}
_SUBJECT_KINDS = ("User", "Group", "ServiceAccount")


def _ref(token: str) -> dict[str, Any]:
    return {"$ref": f"#/types/{token}"}


def _list_of(token: str) -> dict[str, Any]:
    return {"type": "array", "items": _ref(token)}


def _object(description: str, properties: Mapping[str, Any], required: Sequence[str] = ()) -> dict[str, Any]:
    return {"type": "object", "description": description, "properties": properties, "required": sorted(required)}


def _text(description: str) -> dict[str, Any]:
    return {**STRING, "description": description}


TYPES: Mapping[str, Any] = {
    METADATA_TOKEN: _object(
        "What an object is called, and its labels and annotations.",
        {
            "name": _text("The object's name."),
            "namespace": _text("The object's namespace, for kinds that have one."),
            "labels": {**_TEXTS, "description": "The object's labels."},
            "annotations": {**_TEXTS, "description": "The object's annotations; the owner's mark is added to them."},
        },
        ["name"],
    ),
    RULE_TOKEN: _object(
        "What may be done, with which resources.",
        {name: {**STRINGS, "description": description} for name, description in _RULE_LISTS.items()},
        ["verbs"],
    ),
    AGGREGATION_TOKEN: _object(
        "Which ClusterRoles' rules a ClusterRole has.",
        {"clusterRoleSelectors": {**_list_of(SELECTOR_TOKEN), "description": "One of these has to select a role."}},
    ),
    SELECTOR_TOKEN: _object(
        "Which labels an object must have.",
        {
            "matchLabels": {**_TEXTS, "description": "Labels with their values."},
            "matchExpressions": {**_list_of(REQUIREMENT_TOKEN), "description": "All of these have to be fulfilled."},
        },
    ),
    REQUIREMENT_TOKEN: _object(
        "A requirement for one label.",
        {
            "key": _text("The label's name."),
            "operator": _text("`In`, `NotIn`, `Exists` or `DoesNotExist`."),
            "values": {**STRINGS, "description": "The values of `In` and `NotIn`."},
        },
        ["key", "operator"],
    ),
    ROLE_REF_TOKEN: _object(
        "The role that a binding gives. Another one makes a new binding: Kubernetes allows no change.",
        {
            "apiGroup": _text(f"`{API_GROUP}`, which is the default."),
            "kind": _text("`ClusterRole` or `Role`."),
            "name": _text("The role's name."),
        },
        ["kind", "name"],
    ),
    SUBJECT_TOKEN: _object(
        "Who gets a role.",
        {
            "apiGroup": _text(f"`{API_GROUP}` for users and groups, which is the default."),
            "kind": _text("`User`, `Group` or `ServiceAccount`."),
            "name": _text("The user's, group's or service account's name."),
            "namespace": _text("The service account's namespace."),
        },
        ["kind", "name"],
    ),
}


def _validate_fields(path: str, value: Any, known: Sequence[str]) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidInputError(path, value, f"is not an object with {', '.join(known)}")
    for name in value:
        if name not in known:
            raise InvalidInputError(f"{path}.{name}", None, "is not known", f"Known are {', '.join(known)}.")
    return value


def _validate_texts(path: str, value: Any) -> None:
    if not isinstance(value, Mapping):
        raise InvalidInputError(path, value, "is not an object with texts")
    for name, text in value.items():
        if not isinstance(text, str):
            raise InvalidInputError(f"{path}.{name}", text, "is not a string")


def _validate_items(path: str, value: Any, validate: Callable[[str, Any], None]) -> None:
    if not isinstance(value, list):
        raise InvalidInputError(path, value, "is not a list")
    for index, each in enumerate(value):
        validate(f"{path}[{index}]", each)


def _validate_segment(path: str, value: Any) -> None:
    """https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#path-segment-names"""
    validate_string(path, value)
    if value in (".", "..") or "/" in value or "%" in value:
        raise InvalidInputError(path, value, "is not a name in Kubernetes, which has no '/' or '%'")


def _create_metadata_validator(kind: Kind) -> Callable[[str, Any], None]:
    def validate(path: str, value: Any) -> None:
        metadata = _validate_fields(path, value, ("name", "namespace", "labels", "annotations"))
        _validate_segment(f"{path}.name", metadata.get("name"))
        if kind.namespaced:
            _validate_segment(f"{path}.namespace", metadata.get("namespace"))
        elif metadata.get("namespace") is not None:
            raise InvalidInputError(f"{path}.namespace", metadata["namespace"], f"is given, and no {kind.name} has one")
        for field in ("labels", "annotations"):
            _validate_texts(f"{path}.{field}", metadata.get(field) or {})
        for mark in (STACK, RESOURCE):
            if mark in (metadata.get("annotations") or {}):
                raise InvalidInputError(
                    f"{path}.annotations.{mark}", None, "is the owner's mark, which the plugin writes", "Leave it out."
                )

    return validate


def _validate_rule(path: str, value: Any) -> None:
    rule = _validate_fields(path, value, tuple(_RULE_LISTS))
    for name, listed in rule.items():
        _validate_items(f"{path}.{name}", listed, validate_string if name != "apiGroups" else _validate_group)
    if not rule.get("verbs"):
        raise InvalidInputError(f"{path}.verbs", None, "is required")
    if rule.get("resourceNames") == []:
        raise InvalidInputError(
            f"{path}.resourceNames", None, "is an empty list, which means every name", "Leave it out to mean that."
        )


def _validate_group(path: str, value: Any) -> None:
    if not isinstance(value, str):
        raise InvalidInputError(path, value, "is not an API group")


def _validate_rules(path: str, value: Any) -> None:
    _validate_items(path, value, _validate_rule)


def _validate_aggregation(path: str, value: Any) -> None:
    aggregation = _validate_fields(path, value, ("clusterRoleSelectors",))
    _validate_items(f"{path}.clusterRoleSelectors", aggregation.get("clusterRoleSelectors"), _validate_selector)


def _validate_selector(path: str, value: Any) -> None:
    selector = _validate_fields(path, value, ("matchLabels", "matchExpressions"))
    _validate_texts(f"{path}.matchLabels", selector.get("matchLabels") or {})
    _validate_items(f"{path}.matchExpressions", selector.get("matchExpressions") or [], _validate_requirement)


def _validate_requirement(path: str, value: Any) -> None:
    requirement = _validate_fields(path, value, ("key", "operator", "values"))
    for name in ("key", "operator"):
        validate_string(f"{path}.{name}", requirement.get(name))
    _validate_items(f"{path}.values", requirement.get("values") or [], _validate_group)


def _create_role_ref_validator(kind: Kind) -> Callable[[str, Any], None]:
    kinds = ("ClusterRole", "Role") if kind.namespaced else ("ClusterRole",)

    def validate(path: str, value: Any) -> None:
        reference = _validate_fields(path, value, ("apiGroup", "kind", "name"))
        _validate_segment(f"{path}.name", reference.get("name"))
        if reference.get("kind") not in kinds:
            raise InvalidInputError(f"{path}.kind", reference.get("kind"), f"is not {' or '.join(kinds)}")

    return validate


def _validate_subject(path: str, value: Any) -> None:
    subject = _validate_fields(path, value, ("apiGroup", "kind", "name", "namespace"))
    validate_string(f"{path}.name", subject.get("name"))
    if subject.get("kind") not in _SUBJECT_KINDS:
        raise InvalidInputError(f"{path}.kind", subject.get("kind"), f"is not one of {', '.join(_SUBJECT_KINDS)}")
    if subject["kind"] == "ServiceAccount":
        validate_string(f"{path}.namespace", subject.get("namespace"))
    elif namespace := subject.get("namespace"):
        raise InvalidInputError(f"{path}.namespace", namespace, f"is given, and no {subject['kind']} has one")


def _validate_subjects(path: str, value: Any) -> None:
    _validate_items(path, value, _validate_subject)


def is_other_server(old: Any, new: Any) -> bool:
    """Do the current contexts have other servers? Credentials and authorities are renewed."""
    return find_current_context(str(old))[0] != find_current_context(str(new))[0]


def build_inputs(kind: Kind) -> tuple[InputProperty, ...]:
    """The inputs of a kind's resource. What of them differs, the handler decides field by field."""
    parts = {
        "rules": InputProperty(
            "rules",
            "What the role allows, exactly.",
            schema=_list_of(RULE_TOKEN),
            validate=_validate_rules,
        ),
        "aggregationRule": InputProperty(
            "aggregationRule",
            "Whose rules the role has, instead of rules of its own.",
            schema=_ref(AGGREGATION_TOKEN),
            validate=_validate_aggregation,
        ),
        "roleRef": InputProperty(
            "roleRef",
            "The role that the binding gives.",
            schema=_ref(ROLE_REF_TOKEN),
            validate=_create_role_ref_validator(kind),
            is_required=True,
        ),
        "subjects": InputProperty(
            "subjects",
            "Who gets the role, exactly.",
            schema=_list_of(SUBJECT_TOKEN),
            validate=_validate_subjects,
        ),
    }
    return (
        build_kubeconfig_input(is_other_server, is_replacing=True),
        InputProperty(
            "metadata",
            "What the object is called, and its labels and annotations.",
            schema=_ref(METADATA_TOKEN),
            validate=_create_metadata_validator(kind),
            is_required=True,
        ),
        *(parts[name] for name in kind.parts),
        InputProperty(
            "adopt",
            "Take over an object of this name that exists already, instead of refusing. It is then replaced, and"
            " deleted with this resource.",
            schema={"type": "boolean"},
            validate=validate_bool,
            default=False,
            # Decides how a write may be done, and not what is to be there.
            differs=None,
        ),
    )
