"""The options of a role that every integration has, from a role as it was found."""

from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import InvalidInputError
from ..model import iam
from ..model.existing_role import ARGUMENT
from ..model.found import FoundAccess, FoundRole, FoundWay
from ..model.rbac import STACK
from ..model.tags import ROLE_ID_TAG, validate_tags

DEFAULT_SESSION_SECONDS = 3600
_OWN_TAGS = (ROLE_ID_TAG, STACK)


def derive_role_options(found: FoundAccess) -> tuple[dict[str, Any], list[str]]:
    """The options that keep the role as it is, and notes about what they do not keep.

    A role that another program manages is used as it is, and stays with that program.
    """
    role = found.role
    if role is None:
        return {}, [f"{found.principal_arn} could not be read as a role of this account, and is not taken over"]
    tags, notes = _derive_tags(found, with_role=not role.origin.is_managed)
    options: dict[str, Any] = {"tags": tags} if tags else {}
    if role.origin.is_managed:
        notes.insert(0, _describe_managed(role))
        return {ARGUMENT: role.arn, **options}, notes
    own: dict[str, Any] = {"role_name": role.name}
    if role.path != "/":
        own["role_path"] = role.path
    if role.permissions_boundary:
        own["permissions_boundary"] = role.permissions_boundary
    if role.max_session_seconds != DEFAULT_SESSION_SECONDS:
        own["max_session_seconds"] = role.max_session_seconds
    return {**own, **options}, [*notes, *_check_path(role), *_describe_policies(role)]


def leave_out_role(options: dict[str, Any]) -> None:
    """Takes the options of the role out of `options`, where the vendor cannot have this role."""
    for name in ("role_name", "role_path", "permissions_boundary", "max_session_seconds", ARGUMENT):
        options.pop(name, None)


def _describe_managed(role: FoundRole) -> str:
    return (
        f"the role is managed by {role.origin.maker} ({role.origin.evidence}) and stays there: it is used as it is, and"
        " its trust policy and permissions are changed where it is managed"
    )


def _check_path(role: FoundRole) -> Iterator[str]:
    try:
        iam.validate_role_path("role_path", role.path)
    except InvalidInputError as error:
        yield str(error)


def _describe_policies(role: FoundRole) -> Iterator[str]:
    for policy in role.policies:
        if policy.origin.is_managed:
            yield (
                f"its policy {policy.name} is managed by {policy.origin.maker} ({policy.origin.evidence}), which would"
                " make it again"
            )
        elif policy.attachments > 1:
            yield f"its policy {policy.name} is attached to {policy.attachments} principals, and stays with the others"


def _derive_tags(found: FoundAccess, *, with_role: bool) -> tuple[dict[str, str], list[str]]:
    """The tags of the role and of its entries: one argument gives them to all."""
    tags: dict[str, str] = {}
    notes: list[str] = []
    for what, own in _list_tags(found, with_role=with_role):
        for key, value in own.items():
            if key in _OWN_TAGS or key.lower().startswith("aws:"):
                continue
            if tags.setdefault(key, value) != value:
                notes.append(f"the tag {key} of {what} has another value than elsewhere, and gets that one")
    try:
        validate_tags("tags", tags)
    except InvalidInputError as error:
        return {}, [*notes, f"its tags are not kept: {error}"]
    return tags, notes


def _list_tags(found: FoundAccess, *, with_role: bool) -> Iterator[tuple[str, Mapping[str, str]]]:
    if with_role and found.role is not None:
        yield "the role", found.role.tags
    for way in list_ways(found):
        yield f"its access entry in {way.cluster}", way.tags


def list_ways(found: FoundAccess) -> list[FoundWay]:
    """The ways in that let it in; all, where none does."""
    effective = [way for way in found.ways if way.is_effective]
    return effective or list(found.ways)
