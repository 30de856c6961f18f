"""Parses stacks from the output of `pulumi stack export` and of `pulumi preview --json`. Pure."""

from collections.abc import Iterable, Iterator, Mapping

from eks_access.errors import EksAccessError

from .model import Resource, Stack, parse_name, parse_stack_name, parse_type
from .property_reader import PropertyReader
from .values import Value, items, mapping, text, texts

_DELETING = ("delete", "delete-replaced", "discard", "discard-replaced", "remove-pending-replace", "read-discard")
_REPLACING = "replace"
_IDENTIFIERS = ("arn", "name", "uniqueId", "policyId")
"""Outputs that an update never changes."""


class StateError(EksAccessError, ValueError):
    """The value is not a stack: neither a state, nor a preview, nor an access manifest."""


def parse_state(value: Value) -> Stack:
    """The stack in the output of `pulumi stack export`, or in a state file of a self-managed backend.

    Raises:
        StateError: the value has no deployment.
    """
    deployment = mapping(value).get("deployment") or mapping(mapping(value).get("checkpoint")).get("latest")
    states = mapping(deployment).get("resources")
    if not isinstance(deployment, Mapping) or not (states is None or isinstance(states, list)):
        raise StateError("has no deployment: expected the output of `pulumi stack export`")
    reader = PropertyReader()
    resources = (_parse_resource(state, reader) for state in items(states) if not mapping(state).get("delete"))
    return _create_stack(resources, reader)


def parse_preview(value: Value, *, before: bool = False) -> Stack:
    """The stack after the changes in the output of `pulumi preview --json`; with `before`, the stack before them.

    Raises:
        StateError: the value has no steps, or omits unchanged resources.
    """
    steps = mapping(value).get("steps")
    if not isinstance(steps, list):
        raise StateError("has no steps: expected the output of `pulumi preview --json`")
    _validate_complete(mapping(value), steps)
    reader = PropertyReader()
    planned: dict[str, Resource] = {}
    for step in map(mapping, steps):
        state = step.get("oldState" if before else "newState")
        if not before and step.get("op") in _DELETING:
            continue
        if state is None:
            if not before:
                raise StateError(
                    f"has a step {step.get('op')!r} of {step.get('urn')} without the state that it leads to"
                )
            continue
        resource = _parse_resource(state, reader, step)
        if resource is not None:
            # A replacement has several steps; each of them has the state, and the first has the reason.
            planned.setdefault(resource.urn, resource)
    return _create_stack(planned.values(), reader)


def _validate_complete(preview: Mapping[str, Value], steps: Iterable[Value]) -> None:
    """A partial stack would be taken for all of it: the bindings of a new access entry's groups could be missing.

    Raises:
        StateError: the preview omits unchanged resources.
    """
    unchanged = mapping(preview.get("changeSummary")).get("same", 0)
    missing = unchanged - sum(mapping(step).get("op") == "same" for step in steps) if isinstance(unchanged, int) else 0
    if missing > 0:
        raise StateError(
            f"omits {missing:,} unchanged resource{'s' * (missing > 1)}, without which access cannot be determined;"
            " run `pulumi preview --json --show-sames`"
        )


def _create_stack(resources: Iterable[Resource | None], reader: PropertyReader) -> Stack:
    present = tuple(resource for resource in resources if resource is not None)
    name = parse_stack_name(present[0].urn) if present else ""
    return Stack(present, name, frozenset(reader.secret_texts))


def _parse_resource(state: Value, reader: PropertyReader, step: Mapping[str, Value] | None = None) -> Resource | None:
    state = mapping(state)
    urn = text(state.get("urn"))
    if not urn:
        return None
    inputs, secret_inputs = reader.read_properties(state.get("inputs"))
    outputs, secret_outputs = reader.read_properties(state.get("outputs"))
    old = mapping(step.get("oldState")) if step else {}
    kept, secret_kept = reader.read_properties(_find_kept_outputs(step, state, old))
    return Resource(
        urn=urn,
        type=text(state.get("type")) or parse_type(urn),
        name=parse_name(urn),
        properties={**kept, **merge_properties(inputs, outputs)},
        parent=text(state.get("parent")),
        provider=_parse_provider(state.get("provider")),
        dependencies=texts(state.get("dependencies")),
        property_dependencies=dict(_parse_dependencies(state.get("propertyDependencies"))),
        id=text(state.get("id")) or (text(old.get("id")) if _keeps_id(step) else "") or "",
        secrets=secret_inputs | secret_outputs | secret_kept,
        is_protected=state.get("protect") is True,
        before=_merge_state(old, reader) if old else None,
        operation=(text(step.get("op")) or "") if step else "",
        replaced_for=tuple(_find_replacing_properties(step)) if step else (),
        inputs=inputs,
        is_component=state.get("custom") is False,
    )


def _find_kept_outputs(
    step: Mapping[str, Value] | None, state: Mapping[str, Value], old: Mapping[str, Value]
) -> Mapping[str, Value]:
    """Outputs that a preview does not repeat: all of an unchanged resource, and the identifiers of an updated one."""
    if step is None or state is old or "outputs" in state:
        return {}
    outputs = mapping(old.get("outputs"))
    if step.get("op") == "same":
        return outputs
    return {name: outputs[name] for name in _IDENTIFIERS if name in outputs} if _keeps_id(step) else {}


def _keeps_id(step: Mapping[str, Value] | None) -> bool:
    return step is not None and step.get("op") in ("same", "update", "refresh")


def _merge_state(state: Mapping[str, Value], reader: PropertyReader) -> dict[str, Value]:
    inputs, _ = reader.read_properties(state.get("inputs"))
    outputs, _ = reader.read_properties(state.get("outputs"))
    return merge_properties(inputs, outputs)


def merge_properties(inputs: Mapping[str, Value], outputs: Mapping[str, Value]) -> dict[str, Value]:
    """A resource's properties: its outputs, and the inputs for which it has none."""
    return {**inputs, **{name: value for name, value in outputs.items() if value is not None or name not in inputs}}


def _parse_provider(reference: Value) -> str | None:
    """The URN in a provider's reference, `<urn>::<id>`."""
    written = text(reference)
    return written.rpartition("::")[0] if written else None


def _parse_dependencies(value: Value) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, urns in mapping(value).items():
        if known := texts(urns):
            yield name, known


def _find_replacing_properties(step: Mapping[str, Value]) -> Iterator[str]:
    """The properties whose change replaces the resource."""
    yield from texts(step.get("replaceReasons"))
    for path, diff in mapping(step.get("detailedDiff")).items():
        if _REPLACING in (text(mapping(diff).get("kind")) or ""):
            yield path
