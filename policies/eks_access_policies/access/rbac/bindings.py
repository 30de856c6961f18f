"""Resolves bindings: what a patch adds to the binding that it patches, in the stack or a default one."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from .by_location import ByLocation
from .default_objects import Key, default_bindings
from .model import Binding


def resolve_patches(declared: Iterable[Binding]) -> Iterator[Binding]:
    """All bindings, each patch with the role of every binding that it may patch.

    A patch without subjects gives nothing, since the role of a binding cannot be changed:
    https://kubernetes.io/docs/reference/access-authn-authz/rbac/#clusterrolebinding-example
    """
    bindings = list(declared)
    by_name: dict[Key, ByLocation[Binding]] = defaultdict(ByLocation)
    for each in bindings:
        if _names_role(each):
            by_name[each.namespace, each.name].add(each.location, each)
    for each in bindings:
        if not each.is_patch or _names_role(each) or "name" in each.unknown_fields:
            yield each
            continue
        key = each.namespace, each.name
        targets = by_name[key].of(each.location) if key in by_name else ()
        yield from _add_roles(each, targets) or [each]


def _names_role(binding: Binding) -> bool:
    return bool(binding.role_name) or binding.role_source is not None or "role" in binding.unknown_fields


def _add_roles(patch: Binding, targets: Sequence[Binding]) -> list[Binding]:
    default = default_bindings().get((patch.namespace, patch.name))
    # Bindings of one role, in places that are not known, are one.
    roles = dict.fromkeys(
        (*((each.role_kind, each.role_name, each.role_source, "role" in each.unknown_fields) for each in targets),)
    )
    found = [
        replace(
            patch,
            role_kind=kind,
            role_name=name,
            role_source=source,
            unknown_fields=(*patch.unknown_fields, *(["role"] if is_unknown else [])),
        )
        for kind, name, source, is_unknown in roles
    ]
    return [replace(patch, role_kind=default[0], role_name=default[1]), *found] if default else found
