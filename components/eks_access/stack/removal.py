"""What of a stack's state is one integration: its component, all that is below it, what depends on that. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import EksAccessError
from ..shell_command import format_command
from .recovery import find_pending_creates

COMPONENTS = "eks-access:index:"
ROOT_TYPE = "pulumi:pulumi:Stack"


class RemovalError(EksAccessError):
    """The integration's resources cannot be removed on their own. Nothing was changed."""


@dataclass(frozen=True)
class StackResource:
    """One resource in the state."""

    urn: str
    type: str
    name: str
    id: str
    is_kept: bool = False
    """Whether it stays where it is (retainOnDelete, or one that the stack only reads): only the state forgets it."""


@dataclass(frozen=True)
class Removal:
    """The resources of one integration, parents first, and the stack's own URN."""

    resources: tuple[StackResource, ...]
    stack: str
    dependents: tuple[str, ...] = ()
    """Resources outside that depend on one of these: the engine does not destroy these without them."""

    @property
    def urns(self) -> tuple[str, ...]:
        return tuple(resource.urn for resource in self.resources)


def find_removal(state: Mapping[str, Any], integration: str) -> Removal:
    """The integration's resources in what `pulumi stack export` prints; none if they are removed already.

    Raises:
        RemovalError: it is not known which component it is, a deployment was interrupted, or a resource is protected.
    """
    resources = list((state.get("deployment") or {}).get("resources") or ())
    stack = next((each["urn"] for each in resources if each["type"] == ROOT_TYPE), "")
    roots = _find_components(resources, integration)
    if len(roots) > 1:
        found = ", ".join(roots)
        raise RemovalError(f"the stack has several components {integration!r}, and which one is meant is open: {found}")
    urns = _find_descendants(resources, roots)
    own = [each for each in resources if each["urn"] in urns]
    _validate(state, own, urns)
    dependents = sorted(set(_find_dependents(resources, urns)))
    return Removal(tuple(_read_resource(each) for each in own), stack, tuple(dependents))


def _find_components(resources: list[Mapping[str, Any]], integration: str) -> list[str]:
    return [
        each["urn"]
        for each in resources
        if not each.get("custom")
        and each["type"].startswith(COMPONENTS)
        and _name(each["urn"]) == integration
        and not any(other["urn"] == each.get("parent") and other["type"].startswith(COMPONENTS) for other in resources)
    ]


def _find_descendants(resources: list[Mapping[str, Any]], roots: Iterable[str]) -> set[str]:
    """By the chain of parents. A resource comes after its parent in the state, but that is not relied on."""
    found = set(roots)
    while more := {each["urn"] for each in resources if each.get("parent") in found} - found:
        found |= more
    return found


def _validate(state: Mapping[str, Any], own: list[Mapping[str, Any]], urns: set[str]) -> None:
    if any(
        create.urn in urns or _parent_of_pending(state, create.urn) in urns for create in find_pending_creates(state)
    ):
        raise RemovalError(
            "a deployment of it was interrupted while it created something:"
            f" `{format_command('eks-access resume', {'stack': 'NAME'})}` first"
        )
    protected = [each["urn"] for each in own if each.get("protect")]
    if protected:
        raise RemovalError(
            f"resources of it are protected: {', '.join(protected)}. `pulumi state unprotect` or the program's option"
            " `protect` lets them be removed."
        )


def _parent_of_pending(state: Mapping[str, Any], urn: str) -> str:
    operations = (state.get("deployment") or {}).get("pending_operations") or ()
    return next((str(each["resource"].get("parent", "")) for each in operations if each["resource"]["urn"] == urn), "")


def _find_dependents(resources: Iterable[Mapping[str, Any]], urns: set[str]) -> Iterator[str]:
    """What outside of these resources refers to one of them, as the engine counts dependents."""
    for each in resources:
        if each["urn"] in urns:
            continue
        if each["type"] == ROOT_TYPE:
            continue  # only its outputs do, which the next update writes again
        for urn in _list_references(each):
            if urn in urns:
                yield f"{each['urn']} on {urn}"


def _list_references(resource: Mapping[str, Any]) -> Iterator[str]:
    yield from resource.get("dependencies") or ()
    for named in (resource.get("propertyDependencies") or {}).values():
        yield from named or ()
    yield str(resource.get("deletedWith") or "")
    yield from resource.get("replaceWith") or ()
    # A reference to a provider is its URN, two colons and its id.
    yield str(resource.get("provider") or "").rpartition("::")[0]


def _read_resource(resource: Mapping[str, Any]) -> StackResource:
    is_kept = bool(resource.get("retainOnDelete") or resource.get("external"))
    return StackResource(
        resource["urn"], resource["type"], _name(resource["urn"]), str(resource.get("id") or ""), is_kept
    )


def _name(urn: str) -> str:
    """What comes after the type: `urn:pulumi:<stack>::<project>::<types>::<name>`; a name may have colons."""
    return urn.split("::", 3)[-1]


def find_pending_changes(preview: Mapping[str, Any], urns: Iterable[str] = ()) -> list[tuple[str, str]]:
    """The operations and URNs in what `pulumi preview --json` prints, without what stays the same and without `urns`.

    Raises:
        RemovalError: the preview has no steps.
    """
    steps = preview.get("steps")
    if not isinstance(steps, list):
        raise RemovalError("`pulumi preview` printed no steps, so what is pending is not known")
    without = set(urns)
    return [
        (step["op"], step["urn"]) for step in steps if step["op"] not in ("same", "read") and step["urn"] not in without
    ]
