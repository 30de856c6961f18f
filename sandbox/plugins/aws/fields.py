"""A resource's fields as data: what differs, what is kept, which inputs would make what was found. Pure functions."""

from collections.abc import Mapping
from typing import Any

from ..diff import Change, changes, set_changes
from ..plugin import Values
from ..values import Path
from . import documents
from .resource import Field, ResourceType

TAGS = Field("tags")


def field_changes(field: Field, state: Mapping[str, Any], news: Mapping[str, Any]) -> list[Change]:
    """What a field's new value changes in the state."""
    if news.get(field.name) is None and field.computed:
        return []
    old, new = _or_default(state.get(field.name), field), _or_default(news.get(field.name), field)
    path: Path = (field.name,)
    if isinstance(old, str) and isinstance(new, str) and field.document and documents.means_the_same(old, new):
        found: list[Change] = []
    elif field.unordered and isinstance(old, list) and isinstance(new, list):
        found = set_changes(old, new, path)
    elif field.unordered:
        found = changes(_sorted(old), _sorted(new), path)
    else:
        found = changes(old, new, path)
    return [change.replacing() for change in found] if field.force_new else found


def _or_default(value: Any, field: Field) -> Any:
    """An empty value and none are the same to AWS."""
    return field.default if value in (None, "", [], {}) and not isinstance(value, bool) else value


def _sorted(value: Any) -> Any:
    """A value in which lists have no order of their own."""
    if isinstance(value, Mapping):
        return {key: _sorted(item) for key, item in value.items() if item not in (None, [], {})}
    return sorted(value, key=repr) if isinstance(value, list) else value


def kept(type_: ResourceType, wanted: Values) -> Values:
    names = {f.name for f in type_.fields} | {"tags", "region"}
    return {key: value for key, value in wanted.items() if key in names}


def dropped(type_: ResourceType, name: str, wanted: Values) -> bool:
    """Whether an update takes a value away."""
    return name not in wanted and any(f.name == name and not f.computed for f in (*type_.fields, TAGS))


def live_inputs(type_: ResourceType, inputs: Values, state: Values) -> Values:
    """The inputs that would make what was found: the old ones, with what has drifted."""
    live = {key: value for key, value in inputs.items() if key.startswith("__") or key == "region"}
    fields = [*type_.fields, *([TAGS] if type_.tagging else [])]
    for field in fields:
        value = state.get(field.name)
        mentioned = field.name in inputs
        drifted = not (field.computed and inputs) and _or_default(value, field) != field.default
        if value is not None and (mentioned or drifted):
            live[field.name] = value
    return live


def label(wanted: Values) -> str:
    """How an error names a resource that has no id yet."""
    for names in (
        ("name",),
        ("awsServiceName",),
        ("clusterName", "principalArn", "policyArn"),
        ("role", "policyArn"),
    ):
        parts = [str(wanted[name]) for name in names if name in wanted]
        if parts:
            return ("#" if len(parts) == 3 else ":").join(parts)
    return ""
