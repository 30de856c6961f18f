"""What of roles and bindings could not be evaluated: it is not known yet, or patches what is not in the stack. Pure."""

from collections.abc import Iterator

from ...access import Access, Binding, Role
from ...stack import Resource

_LATER = "not known before the deployment and not evaluated"
_ROLE_FIELDS = {
    "name": f"its name is {_LATER}, so its bindings were not found",
    "namespace": f"its namespace is {_LATER}: that of the provider applies",
    "rules": "some of its rules are not known before the deployment and were not evaluated",
    "labels": f"some of its labels are {_LATER}, so the roles that aggregate it were not found",
    "selectors": "some selectors of its aggregation rule are not known, or none that Kubernetes has, and were not"
    " evaluated",
}


def find_unknown(access: Access) -> Iterator[tuple[Resource, str]]:
    """What was not evaluated, with the resource that it is about."""
    for binding in access.bindings:
        for message in _describe_binding(binding):
            yield binding.resource, message
    for role in access.roles:
        if role.resource is not None:
            for message in _describe_role(role, access):
                yield role.resource, message


def _describe_binding(binding: Binding) -> Iterator[str]:
    for what in binding.unknown_fields:
        yield f"{binding}: {what} {_LATER}."
    if binding.is_elsewhere:
        subjects = ", ".join(map(str, binding.subjects[:3])) or "no subject that is known"
        yield (
            f"{binding}: the binding that this patches is not in the stack, so what it gives to {subjects} was not"
            " evaluated."
        )


def _describe_role(role: Role, access: Access) -> Iterator[str]:
    for what in role.unknown_fields:
        yield f"{role}: {_ROLE_FIELDS[what]}."
    if "name" in role.unknown_fields or not role.is_patch:
        return
    if access.united_roles.find(role.kind, role.name, role.namespace, role.location).is_elsewhere:
        yield f"{role}: the role that this patches is not in the stack, so not all of its rules were evaluated."
