"""The stand-in for the official AWS plug-in: what every resource type needs alike."""

# ruff: noqa: ARG002 - an interface's arguments are given, used or not

from collections.abc import Mapping, Sequence
from typing import Any

from ..diff import Change, changes
from ..errors import IncompleteOperationError, NotSupportedError, PluginError
from ..naming import DEFAULTS_KEY
from ..plugin import Checked, Difference, Live, Operation, Plugin, Values
from ..values import UNKNOWN, Path, Unknown
from .checks import check, check_config
from .fields import dropped, field_changes, kept, label, live_inputs
from .functions import ANY, FUNCTIONS, function_schema
from .resource import Call, ImportIdError, ResourceType, split_region
from .session import Aws, refusing
from .types import TYPES

_VISIBLE_AFTER = 30.0
"""How long a resource that was just made may be unreadable."""


class AwsPlugin(Plugin):
    package = "aws"

    def __init__(self) -> None:
        self._aws: Aws | None = None

    @property
    def aws(self) -> Aws:
        if self._aws is None:
            raise PluginError("the AWS provider is not configured")
        return self._aws

    def schema(self) -> Values:
        return {
            "functions": {token: function_schema(token) for token in FUNCTIONS},
            "resources": {type_.token: _resource_schema(type_) for type_ in TYPES.values()},
        }

    def check_config(self, config: Values) -> Checked:
        return Checked(config, check_config(config))

    def config_replaces(self, old: Values, new: Values) -> Sequence[str]:
        return ()

    def configure(self, config: Values) -> None:
        self._aws = Aws(config)

    def check(self, op: Operation, olds: Values, news: Values) -> Checked:
        return check(_type(op.type), op, olds, news)

    def diff(self, op: Operation, resource_id: str, old_inputs: Values, state: Values, news: Values) -> Difference:
        type_ = _type(op.type)
        found = [change for field in type_.fields for change in field_changes(field, state, news)]
        if type_.tagging:
            found += changes(state.get("tags") or {}, news.get("tags") or {}, ("tags",))
            found += self._inherited_tags(
                state, news, {change.path[1:] for change in found if change.path[0] == "tags"}
            )
        if type_.regional and state.get("region"):
            wanted = news.get("region", self.aws.region)
            found += [change.replacing() for change in changes(state["region"], wanted, ("region",))]
        given = news.get(type_.name_field)
        named = type_.name_limit is not None and type_.name_field not in (news.get(DEFAULTS_KEY) or ())
        return Difference(
            found,
            delete_before_replace=named and given is not None and given == state.get(type_.name_field),
            stables=type_.stable,
        )

    def create(self, op: Operation, inputs: Values) -> tuple[str, Values]:
        type_ = _type(op.type)
        wanted = self._wanted(type_, inputs)
        if op.preview:
            return "", self._foreseen(type_, wanted)
        call = self._call(type_, op, wanted, wanted)
        name = label(wanted)
        resource_id = refusing(f"creating {type_.title} ({name})", type_.service, lambda: type_.create(call, wanted))
        try:
            return resource_id, self._read_new(type_, call, resource_id, wanted)
        except PluginError as error:
            raise IncompleteOperationError(resource_id, kept(type_, wanted), [str(error)]) from error

    def read(self, op: Operation, resource_id: str, inputs: Values, state: Values) -> Live | None:
        type_ = _type(op.type)
        resource_id, region = split_region(resource_id) if type_.regional else (resource_id, None)
        prior = {**({"region": region} if region else {}), **state, **inputs}
        call = self._call(type_, op, prior, prior)
        try:
            if type_.split_id:
                type_.split_id(resource_id)
            live = refusing(
                f"reading {type_.title} ({resource_id})", type_.service, lambda: type_.read(call, resource_id)
            )
        except ImportIdError as error:
            raise PluginError(f"reading {type_.title}: {error}") from error
        if live is None:
            return None
        resource_id = live.pop("id", resource_id)
        found = self._state(type_, call, live, prior)
        return Live(resource_id, found, live_inputs(type_, inputs, found))

    def update(self, op: Operation, resource_id: str, old_inputs: Values, state: Values, news: Values) -> Values:
        type_ = _type(op.type)
        wanted = self._wanted(type_, news)
        if op.preview:
            held = {k: v for k, v in state.items() if not dropped(type_, k, wanted)}
            return {
                **held,
                **kept(type_, wanted),
                **({"tagsAll": wanted["tagsAll"]} if type_.tagging else {}),
            }
        call = self._call(type_, op, state, {**state, **wanted})
        changed = {str(c.path[0]) for field in type_.fields for c in field_changes(field, state, news)}

        def apply() -> None:
            if type_.update and changed:
                type_.update(call, resource_id, state, wanted, changed)
            if type_.tagging:
                self._retag(type_, call, state, wanted["tagsAll"])

        refusing(f"updating {type_.title} ({resource_id})", type_.service, apply)
        return self._read_new(type_, call, resource_id, wanted)

    def delete(self, op: Operation, resource_id: str, state: Values) -> None:
        type_ = _type(op.type)
        call = self._call(type_, op, state, state)
        what = f"deleting {type_.title} ({resource_id})"
        refusing(what, type_.service, lambda: type_.delete(call, resource_id, state))

    def invoke(self, token: str, args: Values) -> Values:
        function = FUNCTIONS.get(token)
        if function is None:
            raise NotSupportedError(f"the function {token}")
        if unknown := set(args) - {"id", "region", *function.arguments}:
            raise PluginError(
                f"{token}: {sorted(unknown)[0]!r} is not an argument; it has {', '.join(function.arguments)}"
            )
        return refusing(function.title, function.service, lambda: function.run(self.aws, args))

    def secret_paths(self, op: Operation, value: Mapping[str, Any], known: frozenset[Path]) -> frozenset[Path]:
        """A secret tag is secret in `tagsAll` as well; a document with a secret inside is secret as a whole."""
        mirrored = {("tagsAll", *path[1:]) for path in known if path and path[0] == "tags"}
        texts = {path[:1] for path in known if len(path) > 1 and isinstance(value.get(str(path[0])), str)}
        return frozenset(mirrored | texts)

    def _call(self, type_: ResourceType, op: Operation, prior: Values, region_of: Values) -> Call:
        region = region_of.get("region") if type_.regional else None
        return Call(self.aws, op, region or self.aws.region, prior)

    def _wanted(self, type_: ResourceType, inputs: Values) -> Values:
        """The inputs with the defaults filled in and the provider's tags added."""
        wanted = {f.name: f.default for f in type_.fields if f.default is not None}
        wanted |= {key: value for key, value in inputs.items() if not key.startswith("__")}
        if type_.tagging:
            wanted["tagsAll"] = self._all_tags(wanted.get("tags"))
        if type_.regional:
            wanted.setdefault("region", self.aws.region)
        return wanted

    def _all_tags(self, tags: Any) -> Any:
        return UNKNOWN if isinstance(tags, Unknown) else {**self.aws.default_tags, **(tags or {})}

    def _foreseen(self, type_: ResourceType, wanted: Values) -> Values:
        unknown = {name: UNKNOWN for name in type_.outputs}
        unknown |= {f.name: UNKNOWN for f in type_.fields if f.computed and f.name != "namePrefix"}
        tags = {"tagsAll": wanted["tagsAll"]} if type_.tagging else {}
        return {**unknown, **kept(type_, wanted), **tags}

    def _inherited_tags(self, state: Values, news: Values, reported: set[Path]) -> list[Change]:
        """Differences in the tags that come from the provider's defaults."""
        wanted = self._all_tags(news.get("tags"))
        if isinstance(wanted, Unknown) or not isinstance(state.get("tagsAll"), dict):
            return []
        return [c for c in changes(state["tagsAll"], wanted, ("tagsAll",)) if c.path[1:] not in reported]

    def _retag(self, type_: ResourceType, call: Call, state: Values, wanted: dict[str, str]) -> None:
        assert type_.tagging is not None
        present = state.get("tagsAll") or {}
        if gone := [key for key in present if key not in wanted]:
            type_.tagging.remove(call, state, gone)
        if come := {key: value for key, value in wanted.items() if present.get(key) != value}:
            type_.tagging.add(call, state, come)

    def _read_new(self, type_: ResourceType, call: Call, resource_id: str, wanted: Values) -> Values:
        waited = 0.0
        what = f"reading {type_.title} ({resource_id})"
        while (live := refusing(what, type_.service, lambda: type_.read(call, resource_id))) is None:
            if waited >= _VISIBLE_AFTER:
                raise PluginError(f"{what}: not found {waited:.0f} s after it was made")
            call.op.wait(1.0)
            waited += 1.0
        live.pop("id", None)
        return self._state(type_, call, live, wanted)

    def _state(self, type_: ResourceType, call: Call, live: Values, wanted: Values) -> Values:
        """What AWS gave, in the program's own writing where it means the same."""
        state = {key: value for key, value in live.items() if value not in (None, "")}
        for field in type_.fields:
            if field.unread and wanted.get(field.name, field.default) is not None:
                state[field.name] = wanted.get(field.name, field.default)
            elif field.name in wanted and not field_changes(field, state, wanted):
                state[field.name] = wanted[field.name]
        if type_.tagging:
            found = {k: v for k, v in (live.get("tagsAll") or {}).items() if not call.aws.ignores_tag(k)}
            own = wanted.get("tags") or {}
            inherited = {k for k, v in call.aws.default_tags.items() if found.get(k) == v and k not in own}
            state["tagsAll"] = found
            state["tags"] = {k: v for k, v in found.items() if k not in inherited}
        if type_.regional:
            state["region"] = call.region
        return state


def _resource_schema(type_: ResourceType) -> Values:
    """A type's properties by their names, for programs in YAML."""
    names = [field.name for field in type_.fields]
    names += (["tags"] if type_.tagging else []) + (["region"] if type_.regional else [])
    outputs = [*names, *type_.outputs, *(["tagsAll"] if type_.tagging else [])]
    return {"inputProperties": dict.fromkeys(names, ANY), "properties": dict.fromkeys(outputs, ANY)}


def _type(token: str) -> ResourceType:
    if token not in TYPES:
        raise NotSupportedError(f"the resource type {token}")
    return TYPES[token]
