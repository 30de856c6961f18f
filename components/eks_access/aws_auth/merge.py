"""Plans a change to aws-auth that sets or removes our own mapping and provably leaves all others as they are.

The proof is by reading: the text that would be written is parsed again, and any difference but the wanted one is
refused. Nothing here calls a cluster.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NoReturn

from . import splice
from .errors import AwsAuthConflictError, Code
from .hazards import find_hazards
from .mapping import RoleMapping, is_protected
from .reader import ROLES, USERS, Identity, Item, Section, read, read_section

# https://kubernetes.io/docs/concepts/configuration/configmap/#motivation
MAX_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Plan:
    """The whole `data` to write, whether it differs from what was read, and warnings for the user."""

    data: dict[str, str]
    changed: bool
    warnings: tuple[str, ...]


def plan_set(
    data: Mapping[str, str] | None,
    mapping: RoleMapping,
    *,
    owned: Iterable[RoleMapping] = (),
    adopt: bool = False,
) -> Plan:
    """Plan to map the role.

    A mapping that is already as wanted is left alone, from any writer.

    Args:
        data: the ConfigMap's data.
        mapping: the mapping to set.
        owned: mappings of the same role that may be replaced, because they are ours.
        adopt: may a mapping of the same role be replaced that is not ours?

    Raises:
        AwsAuthConflictError: the section cannot be changed safely, or the role has another mapping.
    """
    before = dict(data or {})
    section = _read_editable_section(before)
    warnings = [str(hazard) for hazard in find_hazards(before)]
    _refuse_user_mapping(before, mapping)
    matches = _find_matches(section, mapping)
    _refuse_protected(section, matches)
    if not matches:
        return _verify(before, splice.add_item(section, mapping), mapping, warnings)
    effective = matches[-1]
    current = section.items[effective].identity
    if is_same_identity(current, mapping.identity):
        return Plan(before, False, tuple(warnings))
    line = section.node(effective).line
    is_ours = any(is_same_identity(current, each.identity) for each in owned)
    if len(matches) > 1:
        _refuse_duplicates(section, matches, mapping)
    if not is_ours and not adopt:
        _refuse_conflict(mapping, current, line)
    if not is_ours:
        warnings.append(
            f"{ROLES} line {line}: {_format_identity(current)} of {mapping.rolearn} is taken over and replaced"
        )
    return _verify(before, splice.replace_item(section, effective, mapping), mapping, warnings)


def plan_remove(data: Mapping[str, str] | None, owned: RoleMapping) -> Plan:
    """Plan to remove exactly the mapping that was written. One that was changed since is left, with a warning.

    Raises:
        AwsAuthConflictError: the section cannot be changed safely.
    """
    before = dict(data or {})
    if read_section(before, ROLES).is_empty:
        return Plan(before, False, ())
    section = _read_editable_section(before)
    matches = _find_matches(section, owned)
    ours = [i for i in matches if is_same_identity(section.items[i].identity, owned.identity)]
    others = [i for i in matches if i not in ours[-1:]]
    warnings = [_format_kept_entry(section, i, owned) for i in others]
    if not ours:
        return Plan(before, False, tuple(warnings))
    return _verify(before, splice.remove_item(section, ours[-1]), owned, warnings, removing=True)


def is_same_identity(one: Identity, other: Identity) -> bool:
    """Are username and groups the same? The order of groups does not matter."""
    return one.username == other.username and sorted(one.groups) == sorted(other.groups)


def _find_matches(section: Section, mapping: RoleMapping) -> list[int]:
    return [i for i, item in enumerate(section.items) if item.key == mapping.key and not item.sso]


def validate_editable(data: Mapping[str, str]) -> None:
    """Check that the authenticator reads the section of roles, and all of it.

    Raises:
        AwsAuthConflictError: it does not.
    """
    _read_editable_section(data)


def _read_editable_section(data: Mapping[str, str]) -> Section:
    section = read_section(data, ROLES)
    if section.lost:
        raise AwsAuthConflictError(
            Code.UNREADABLE,
            f"{ROLES} cannot be read, so none of its entries is mapped now, nodes included: {section.lost.problem}.",
            line=section.lost.line,
            advice="Fix that line first; nothing was changed.",
        )
    if section.not_a_list:
        raise AwsAuthConflictError(
            Code.NOT_A_LIST,
            f"{ROLES} is {section.not_a_list}, so none of its entries is mapped now.",
            line=1,
            advice="Make it a list of entries with rolearn, username and groups; nothing was changed.",
        )
    document = section.document
    if document and document.rest == "junk":
        raise AwsAuthConflictError(
            Code.TRAILING_CONTENT,
            f"{ROLES} has content after the end of its list, which the authenticator ignores"
            + (": no entry is mapped now." if not section.items else "."),
            line=document.rest_line,
            advice="Usually entries were appended to `[]`; make it one list. Nothing was changed.",
        )
    if document and document.rest == "document":
        raise AwsAuthConflictError(
            Code.SEVERAL_DOCUMENTS,
            f"{ROLES} contains more than one YAML document; the authenticator reads only the first.",
            line=document.rest_line,
            advice="Join them into one list; nothing was changed.",
        )
    return section


def _refuse_user_mapping(data: Mapping[str, str], mapping: RoleMapping) -> None:
    users = read_section(data, USERS)
    for index, item in enumerate(users.items):
        if item.arn.lower() == mapping.key:
            raise AwsAuthConflictError(
                Code.CONFLICT,
                f"{mapping.rolearn} is already mapped in {USERS}, as {_format_identity(item.identity)}.",
                line=users.node(index).line,
                advice=f"A mapping in {ROLES} would silently replace it; remove it from {USERS} first.",
            )


def _refuse_protected(section: Section, matches: list[int]) -> None:
    for index in matches:
        item = section.items[index]
        if is_protected(item.identity):
            raise AwsAuthConflictError(
                Code.PROTECTED,
                f"{item.arn} is mapped as {_format_identity(item.identity)}, which EKS needs for its nodes.",
                line=section.node(index).line,
                advice="Give the integration a role of its own; node mappings are never changed.",
            )


def _refuse_duplicates(section: Section, matches: list[int], mapping: RoleMapping) -> NoReturn:
    lines = ", ".join(str(section.node(index).line) for index in matches)
    raise AwsAuthConflictError(
        Code.DUPLICATES,
        f"{mapping.rolearn} is mapped more than once (lines {lines}); only the last one counts, and it is not ours.",
        line=section.node(matches[-1]).line,
        advice="Remove the entries that are not wanted, then try again.",
    )


def _refuse_conflict(mapping: RoleMapping, current: Identity, line: int) -> NoReturn:
    raise AwsAuthConflictError(
        Code.CONFLICT,
        f"{mapping.rolearn} is already mapped, as {_format_identity(current)}.",
        line=line,
        advice=f"To replace it by {_format_identity(mapping.identity)}, set adopt; otherwise use another role.",
    )


def _format_kept_entry(section: Section, index: int, owned: RoleMapping) -> str:
    identity, line = section.items[index].identity, section.node(index).line
    if is_same_identity(identity, owned.identity):
        reason = "there is a second entry with the same mapping"
    else:
        reason = f"someone else mapped it as {_format_identity(identity)}"
    return f"{ROLES} line {line}: {owned.rolearn} keeps access: {reason}; that entry is left as it is"


def _format_identity(identity: Identity) -> str:
    groups = ", ".join(identity.groups) or "none"
    return f"user {identity.username!r} with groups {groups}"


def _verify(
    before: dict[str, str], text: str, own: RoleMapping, warnings: list[str], *, removing: bool = False
) -> Plan:
    """The plan, after verifying by another reading that only the wanted entry differs."""
    after = before | {ROLES: text}
    new = read_section(after, ROLES)
    if new.lost and "anchor" in new.lost.problem:
        raise AwsAuthConflictError(
            Code.SHARED_ANCHOR,
            f"other entries of {ROLES} refer to an anchor inside the entry of {own.rolearn}.",
            advice="Write those entries out in full first; nothing was changed.",
        )
    old_reading, new_reading = read(before), read(after)
    unchanged = (
        _select_other_items(read_section(before, ROLES), own) == _select_other_items(new, own)
        and {k: v for k, v in old_reading.roles.items() if k != own.key}
        == {k: v for k, v in new_reading.roles.items() if k != own.key}
        and old_reading.users == new_reading.users
        and old_reading.accounts == new_reading.accounts
        and not (new.document and new.document.rest)
    )
    effective = removing or new_reading.roles.get(own.key) == own.identity
    if not unchanged or not effective:
        raise AwsAuthConflictError(
            Code.WOULD_CHANGE_OTHERS,
            f"this form of {ROLES} cannot be edited without changing what the authenticator reads for others.",
            advice="Write the list in plain block or JSON form first; nothing was changed.",
        )
    if (size := sum(len(key.encode()) + len(value.encode()) for key, value in after.items())) > MAX_BYTES:
        raise AwsAuthConflictError(
            Code.TOO_LARGE,
            f"aws-auth would be {size} bytes, and a ConfigMap may have at most {MAX_BYTES}.",
            advice="Move principals to access entries.",
        )
    return Plan(after, True, tuple(warnings))


def _select_other_items(section: Section, own: RoleMapping) -> list[Item]:
    return [item for item in section.items if item.key != own.key or item.sso]
