"""The plan: what the engine will do with each resource once everything is imported, property by property. Pure.

Nothing is computed here that the engine computes: the steps are those of its own preview, after an import into a copy
of the state.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from eks_access.model.found import FoundAccess

from .differences import HIDDEN, UNSHOWN, Difference, find_object_differences, format_value
from .existing import Answer
from .extras import Left
from .import_file import Found, ImportPlan
from .steps import REPLACING, Planned, Step, find_component, select_below


class Fate(StrEnum):
    """What becomes of a resource."""

    IMPORTED = "taken over"
    """Where the engine did not compute what it changes."""
    KEPT = "kept as it is"
    CHANGED = "changed"
    APPLIED = "applied in place"
    """It exists, and is created over what exists: the official Kubernetes provider makes no difference."""
    CREATED = "created"
    REPLACED = "replaced"
    REMOVED = "removed last"


@dataclass(frozen=True)
class Item:
    """A resource in the plan."""

    fate: Fate
    type: str
    name: str
    cluster: str
    id: str
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True)
class AdoptionPlan:
    """Everything that the plan says.

    Attributes:
        is_exact: whether the engine computed the differences; else they are what the program has, and no more.
        why_not_exact: in words.
        others: what `pulumi up` would do besides, to resources that are none of this integration's.
    """

    integration: str
    vendor: str
    principal_arn: str
    items: tuple[Item, ...]
    left: tuple[Left, ...]
    warnings: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    is_exact: bool = True
    why_not_exact: str = ""

    def select(self, fate: Fate) -> tuple[Item, ...]:
        return tuple(each for each in self.items if each.fate is fate)

    @property
    def is_covered(self) -> bool:
        """Whether everything can be taken over, and without an interruption."""
        return not (self.warnings or any(each.is_blocking for each in self.left))

    @property
    def is_known(self) -> bool:
        return self.is_exact and not self.unread


def build_plan(
    steps: Sequence[Step], integration: str, vendor: str, imported: ImportPlan, found: FoundAccess
) -> AdoptionPlan:
    """The plan, from the steps of the preview after the import."""
    below = [
        each for each in select_below(steps, integration) if not each.step.is_component and not each.step.is_provider
    ]
    there = {each.planned.step.urn: each.match.body for each in imported.select(Answer.IN_PLACE)}
    items = tuple(item for each in below if (item := _build_item(each, there.get(each.step.urn))) is not None)
    warnings = (*_find_replaced(items), *_find_interruptions(below, found))
    ours = {each.step.urn for each in below}
    others = tuple(_list_others(steps, integration, ours))
    unread = (*found.unread, *_list_not_looked_for(imported.select(Answer.NOT_LOOKED_FOR)))
    return AdoptionPlan(integration, vendor, found.principal_arn, items, imported.left, warnings, others, unread=unread)


def build_plan_from_inputs(
    integration: str, vendor: str, imported: ImportPlan, found: FoundAccess, why: str
) -> AdoptionPlan:
    """The plan without the engine's differences: what exists is imported, and what `up` changes in it is not known."""
    fates = {
        Answer.EXISTS: Fate.IMPORTED,
        Answer.IN_PLACE: Fate.APPLIED,
        Answer.ABSENT: Fate.CREATED,
        Answer.NOT_LOOKED_FOR: Fate.CREATED,
    }
    items = []
    for each in imported.found:
        if each.match.answer in fates:
            step = each.planned.step
            items.append(Item(fates[each.match.answer], step.type, step.name, each.planned.cluster, each.match.id))
    items += [Item(Fate.REMOVED, one.type, one.words, one.cluster, one.id) for one in imported.extras]
    unread = (*found.unread, *_list_not_looked_for(imported.select(Answer.NOT_LOOKED_FOR)))
    return AdoptionPlan(
        integration,
        vendor,
        found.principal_arn,
        tuple(items),
        imported.left,
        unread=unread,
        is_exact=False,
        why_not_exact=why,
    )


def _build_item(planned: Planned, there: Mapping[str, Any] | None = None) -> Item | None:
    """The item of a step; `there` is what exists in place of a resource that is created over it."""
    step = planned.step
    if there is not None and step.op == "create":
        identifier = "/".join(each for each in _name_object(step.inputs) if each)
        differences = tuple(find_object_differences(there, step.inputs))
        return Item(Fate.APPLIED, step.type, step.name, planned.cluster, identifier, differences)
    if step.op in REPLACING:
        fate = Fate.REPLACED
        if step.op != "replace":
            return None
    else:
        fates = {"same": Fate.KEPT, "update": Fate.CHANGED, "create": Fate.CREATED, "delete": Fate.REMOVED}
        if step.op not in fates:
            return None
        fate = fates[step.op]
    differences = tuple(_find_differences(step)) if fate in (Fate.CHANGED, Fate.REPLACED) else ()
    identifier = str(step.old.get("id") or step.new.get("id") or "")
    return Item(fate, step.type, step.name, planned.cluster, identifier, differences)


def _name_object(inputs: Mapping[str, Any]) -> tuple[str, str]:
    metadata = inputs.get("metadata") or {}
    return str(metadata.get("namespace") or ""), str(metadata.get("name") or "")


def _find_differences(step: Step) -> Iterator[Difference]:
    """The properties that the provider reports as different, with their values."""
    old, new = step.old.get("inputs") or {}, step.new.get("inputs") or {}
    for name in step.differing:
        if name not in UNSHOWN:
            before = format_value(old.get(name, (step.old.get("outputs") or {}).get(name)))
            yield from _split(name, before, format_value(new.get(name)))


def _split(name: str, before: str, after: str) -> Iterator[Difference]:
    if before == after:
        # Hidden, or a difference in what is not shown.
        yield Difference(name, HIDDEN, HIDDEN)
    else:
        yield Difference(name, before, after)


def _find_replaced(items: Iterable[Item]) -> Iterator[str]:
    for each in items:
        if each.fate is Fate.REPLACED:
            properties = ", ".join(one.property for one in each.differences) or "a property"
            yield f"{each.name} would be replaced, and access interrupted for a moment: {properties} cannot be changed"


def _find_interruptions(below: Iterable[Planned], found: FoundAccess) -> Iterator[str]:
    """Bindings that are made again for another role, or lose a subject before the way in has its new groups."""
    groups = {group for way in found.ways if way.is_effective for group in way.groups}
    usernames = {way.username for way in found.ways if way.is_effective and way.username}
    for each in below:
        if each.step.op != "update":
            continue
        if "roleRef" in each.step.differing:
            # No binding's role can be changed: the plugin deletes the binding and makes another.
            yield f"{each.step.name} binds another role, and is made again: access is interrupted for a moment"
        if "subjects" not in each.step.differing:
            continue
        before, after = (_list_subjects(state) for state in (each.step.old, each.step.new))
        lost = sorted((before - after) & (groups | usernames))
        if lost:
            names = ", ".join(lost)
            yield (
                f"{each.step.name} no longer binds {names} before the way into {each.cluster} has its new name: access"
                " is interrupted for a moment"
            )


def _list_subjects(state: Mapping[str, Any]) -> set[str]:
    subjects = (state.get("inputs") or {}).get("subjects") or ()
    return {str(each.get("name")) for each in subjects if isinstance(each, Mapping)}


def _list_others(steps: Iterable[Step], integration: str, ours: set[str]) -> Iterator[str]:
    component = find_component(tuple(steps), integration)
    for step in steps:
        if step.op in ("same", "read", "refresh", "") or step.urn in ours or step.is_component or step.is_provider:
            continue
        if component is None or step.urn != component.urn:
            yield f"{step.op} {step.name} ({step.type})"


def _list_not_looked_for(found: Iterable[Found]) -> Iterator[str]:
    for each in found:
        yield f"{each.planned.step.name}: {each.match.why}. It is created, which fails if it exists."
