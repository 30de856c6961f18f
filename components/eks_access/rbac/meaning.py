"""What an RBAC object gives, without what has no meaning: order, repetition and defaults. Pure.

Two objects with the same meaning give the same access. A field that is not known here is compared as it is, so that
nothing of an object is ever overlooked.
https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..model.rbac import API_GROUP
from .kinds import Kind

Content = Mapping[str, Any]
"""An object's fields under Kubernetes' names."""


def find_meaning(kind: Kind, content: Content) -> Mapping[str, Any]:
    """The meaning of each of the kind's parts, comparable with `==`.

    The rules of a ClusterRole that aggregates others have none: a controller writes them.
    """
    return {part: _MEANINGS[part](content.get(part)) for part in kind.parts if part not in _written_by_others(content)}


def is_same(kind: Kind, one: Content, other: Content) -> bool:
    """Do two objects of the kind give the same access?"""
    return find_meaning(kind, one) == find_meaning(kind, other)


def align(kind: Kind, live: Content, declared: Content) -> dict[str, Any]:
    """The parts of a live object in the order in which they are declared, what was added last.

    So a comparison position by position shows what differs and nothing else. A part with the declared meaning is the
    declared one.
    """
    aligned: dict[str, Any] = {}
    for part in kind.parts:
        if part in _written_by_others(live) and part in _written_by_others(declared):
            value = declared.get(part)
        else:
            value = _align_part(part, live.get(part), declared.get(part))
        if value is not None:
            aligned[part] = value
    return aligned


def _written_by_others(content: Content) -> tuple[str, ...]:
    return ("rules",) if _has_selectors(content.get("aggregationRule")) else ()


def _has_selectors(aggregation: Any) -> bool:
    return isinstance(aggregation, Mapping) and bool(aggregation.get("clusterRoleSelectors"))


def _align_part(part: str, live: Any, declared: Any) -> Any:
    meaning = _MEANINGS[part]
    if meaning(live) == meaning(declared):
        return declared
    if isinstance(live, Sequence) and not isinstance(live, str):
        return _align_list(live, declared if isinstance(declared, Sequence) else (), _ITEM_MEANINGS[part])
    return live


def _align_list(live: Sequence[Any], declared: Sequence[Any], meaning: Callable[[Any], Any]) -> list[Any]:
    """Live items in the order of those declared ones that they are or resemble most; then all others."""
    left = list(live)
    matched: dict[int, Any] = {}
    for index, wanted in enumerate(declared):
        same = next((each for each in left if meaning(each) == meaning(wanted)), None)
        if same is not None:
            left.remove(same)
            matched[index] = wanted
    for index, wanted in enumerate(declared):
        if index not in matched and left:
            nearest = max(left, key=lambda each: _count_common(each, wanted))
            if _count_common(nearest, wanted):
                left.remove(nearest)
                matched[index] = _align_item(nearest, wanted)
    return [*(matched[index] for index in sorted(matched)), *left]


def _count_common(one: Any, other: Any) -> int:
    """How many entries of the lists, and equal fields, two items have in common."""
    if not isinstance(one, Mapping) or not isinstance(other, Mapping):
        return 0
    common = 0
    for key in one.keys() & other.keys():
        if isinstance(one[key], list) and isinstance(other[key], list):
            common += sum(each in other[key] for each in one[key])
        else:
            common += one[key] == other[key]
    return common


def _align_item(live: Any, declared: Any) -> Any:
    if not isinstance(live, Mapping) or not isinstance(declared, Mapping):
        return live
    ordered = {key: live[key] for key in (*(key for key in declared if key in live), *live)}
    return {key: _order_as(value, declared.get(key)) for key, value in ordered.items()}


def _order_as(live: Any, declared: Any) -> Any:
    if not isinstance(live, list) or not isinstance(declared, list):
        return live
    kept = [each for each in declared if each in live]
    return [*kept, *(each for each in live if each not in kept)]


def _freeze(value: Any) -> Any:
    """Any value as something to compare and to put into a set; lists without order and repetition."""
    if isinstance(value, Mapping):
        return frozenset((key, _freeze(part)) for key, part in value.items() if part not in (None, [], {}))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return frozenset(map(_freeze, value))
    # A bool equals a number in Python, and an unknown value is equal to itself alone.
    return (type(value).__name__, value) if isinstance(value, str | bool | int | float) else value


def _freeze_list(freeze: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def frozen(value: Any) -> Any:
        if value is None:
            return frozenset()
        return frozenset(map(freeze, value)) if isinstance(value, Sequence) and not isinstance(value, str) else value

    return frozen


def _freeze_subject(subject: Any) -> Any:
    """A subject with the API group that the API server gives its kind."""
    if not isinstance(subject, Mapping):
        return _freeze(subject)
    return _freeze({"apiGroup": _default_group(subject.get("kind")), **_without_empty(subject)})


def _freeze_role_ref(reference: Any) -> Any:
    return _freeze(
        {"apiGroup": API_GROUP, **_without_empty(reference)} if isinstance(reference, Mapping) else reference
    )


def _default_group(kind: Any) -> str | None:
    return None if kind == "ServiceAccount" else API_GROUP


def _without_empty(value: Mapping[str, Any]) -> dict[str, Any]:
    return {key: part for key, part in value.items() if part not in (None, "")}


_ITEM_MEANINGS: Mapping[str, Callable[[Any], Any]] = {"rules": _freeze, "subjects": _freeze_subject}
_MEANINGS: Mapping[str, Callable[[Any], Any]] = {
    **{part: _freeze_list(freeze) for part, freeze in _ITEM_MEANINGS.items()},
    "roleRef": _freeze_role_ref,
    "aggregationRule": lambda value: _freeze(value) if _has_selectors(value) else frozenset(),
}
