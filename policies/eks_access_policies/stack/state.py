"""Stacks from what Pulumi prints: `pulumi stack export`, and `pulumi preview --json`. Pure."""

from collections.abc import Iterable, Iterator, Mapping

from eks_access.errors import EksAccessError

from .model import Resource, Stack, name_in, stack_in, type_in
from .serialized import Reader
from .values import Value, items, mapping, text, texts

_GONE = ("delete", "delete-replaced", "discard", "discard-replaced", "remove-pending-replace", "read-discard")
_REPLACES = "replace"
_IDENTIFIERS = ("arn", "name", "uniqueId", "policyId")
"""Outputs that an update never changes."""


class StateError(EksAccessError, ValueError):
    """The value is neither a state nor a preview of Pulumi's."""


def of_export(value: Value) -> Stack:
    """The stack in what `pulumi stack export` prints, or in a state file of a backend of your own.

    Raises:
        StateError: it is no such thing.
    """
    deployment = mapping(value).get("deployment") or mapping(mapping(value).get("checkpoint")).get("latest")
    found = mapping(deployment).get("resources")
    if not isinstance(deployment, Mapping) or not (found is None or isinstance(found, list)):
        raise StateError("has no deployment: expected what `pulumi stack export` prints")
    reader = Reader()
    return _stack((_of_state(state, reader) for state in items(found) if not mapping(state).get("delete")), reader)


def of_preview(value: Value, *, before: bool = False) -> Stack:
    """The stack as it will be after what `pulumi preview --json` prints, or, with `before`, as it is now.

    Raises:
        StateError: it is no preview, or leaves out what stays the same.
    """
    steps = mapping(value).get("steps")
    if not isinstance(steps, list):
        raise StateError("has no steps: expected what `pulumi preview --json` prints")
    _check_complete(mapping(value), steps)
    reader = Reader()
    planned: dict[str, Resource] = {}
    for step in map(mapping, steps):
        state = step.get("oldState" if before else "newState")
        if state is None or (not before and step.get("op") in _GONE):
            continue
        resource = _of_state(state, reader, step)
        if resource is not None:
            # A replacement has several steps; any of them has the state, and the first says why.
            planned.setdefault(resource.urn, resource)
    return _stack(planned.values(), reader)


def _check_complete(preview: Mapping[str, Value], steps: Iterable[Value]) -> None:
    """Half a stack would be taken for all of it: the bindings behind a new access entry, say, would not be there.

    Raises:
        StateError: it leaves out what stays the same.
    """
    there = mapping(preview.get("changeSummary")).get("same", 0)
    missing = there - sum(mapping(step).get("op") == "same" for step in steps) if isinstance(there, int) else 0
    if missing > 0:
        raise StateError(
            f"leaves out {missing:,} resource{'s' * (missing > 1)} that would be the same as before, and without"
            " them nobody can say who may do what; run `pulumi preview --json --show-sames`"
        )


def _stack(resources: Iterable[Resource | None], reader: Reader) -> Stack:
    found = tuple(resource for resource in resources if resource is not None)
    name = stack_in(found[0].urn) if found else ""
    return Stack(found, name, frozenset(reader.secret_texts))


def _of_state(state: Value, reader: Reader, step: Mapping[str, Value] | None = None) -> Resource | None:
    state = mapping(state)
    urn = text(state.get("urn"))
    if not urn:
        return None
    inputs, secret_inputs = reader.properties(state.get("inputs"))
    outputs, secret_outputs = reader.properties(state.get("outputs"))
    old = mapping(step.get("oldState")) if step else {}
    stays, secret_stays = reader.properties(_stays(step, state, old))
    return Resource(
        urn=urn,
        type=text(state.get("type")) or type_in(urn),
        name=name_in(urn),
        properties={**stays, **merged(inputs, outputs)},
        parent=text(state.get("parent")),
        provider=_provider(state.get("provider")),
        dependencies=texts(state.get("dependencies")),
        property_dependencies=dict(_dependencies(state.get("propertyDependencies"))),
        id=text(state.get("id")) or (text(old.get("id")) if _keeps_its_id(step) else "") or "",
        secrets=secret_inputs | secret_outputs | secret_stays,
        is_protected=state.get("protect") is True,
        before=merged(reader.properties(old.get("inputs"))[0], reader.properties(old.get("outputs"))[0])
        if old
        else None,
        operation=(text(step.get("op")) or "") if step else "",
        replaced_for=tuple(_replaces(step)) if step else (),
    )


def _stays(
    step: Mapping[str, Value] | None, state: Mapping[str, Value], old: Mapping[str, Value]
) -> Mapping[str, Value]:
    """What a preview does not repeat: outputs of what stays the same, and the names of what is only updated."""
    if step is None or state is old or "outputs" in state:
        return {}
    outputs = mapping(old.get("outputs"))
    if step.get("op") == "same":
        return outputs
    return {name: outputs[name] for name in _IDENTIFIERS if name in outputs} if _keeps_its_id(step) else {}


def _keeps_its_id(step: Mapping[str, Value] | None) -> bool:
    return step is not None and step.get("op") in ("same", "update", "refresh")


def merged(inputs: Mapping[str, Value], outputs: Mapping[str, Value]) -> dict[str, Value]:
    """What a resource has: its outputs, and of its inputs what the outputs do not say."""
    return {**inputs, **{name: value for name, value in outputs.items() if value is not None or name not in inputs}}


def _provider(reference: Value) -> str | None:
    """The URN in a provider's reference, `<urn>::<id>`."""
    found = text(reference)
    return found.rpartition("::")[0] if found else None


def _dependencies(value: Value) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, urns in mapping(value).items():
        if found := texts(urns):
            yield name, found


def _replaces(step: Mapping[str, Value]) -> Iterator[str]:
    yield from texts(step.get("replaceReasons"))
    for path, diff in mapping(step.get("detailedDiff")).items():
        if _REPLACES in (text(mapping(diff).get("kind")) or ""):
            yield path
