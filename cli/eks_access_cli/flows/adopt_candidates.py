"""Lists what could be adopted: the vendors' principals with a way into a cluster that the stack does not have."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

from eks_access.integrations import list_marks
from eks_access.model.found import FoundAccess
from eks_access.shell_command import format_command
from eks_access.text_layout import format_count
from eks_access_inventory.adopt.found import FoundAccessBuilder, find_vendor_principals
from eks_access_inventory.adopt.importing.existing import ROLE
from eks_access_inventory.adopt.origins import Origins, find_owners
from eks_access_inventory.reading.model import AccountReading

from .. import exit_codes
from ..console import create_console
from ..output import print_message
from ..pulumi_program import PulumiStack
from .adopt_environment import Target


def list_candidates(target: Target, reading: AccountReading) -> int:
    """Prints them with the command for each; returns the exit code.

    Raises:
        PulumiProgramError: the stack's state cannot be read.
    """
    own = set(_list_roles(PulumiStack(target.stack, target.project.folder).find_state()))
    candidates = {arn: key for arn, (key, _) in find_vendor_principals(reading, list_marks()).items() if arn not in own}
    builder = FoundAccessBuilder(reading, Origins())
    accesses = {arn: builder.build(arn, None, key) for arn, key in candidates.items()}
    owners = {arn: owner for arn, access in accesses.items() if (owner := find_owners(access, target.own_stack))}
    found = {arn: access for arn, access in accesses.items() if arn not in owners}
    if found:
        _print(found, target)
    else:
        print_message("There is no vendor's principal with access that no stack has.")
    if owners:
        stacks = sorted({each for owner in owners.values() for each in owner})
        print_message(f"Not listed: {format_count(len(owners), 'principal')} of {', '.join(stacks)}.")
    unread = [f"{each.what}: {each.why}" for each in reading.unread]
    unread += [f"{cluster.name}: {each.what}: {each.why}" for cluster in reading.clusters for each in cluster.unread]
    for line in unread:
        print_message(f"could not be read: {line}", err=True)
    return exit_codes.INCONCLUSIVE if unread else exit_codes.OK


def _print(found: Mapping[str, FoundAccess], target: Target) -> None:
    table = Table("vendor", "principal", "clusters")
    for arn, access in found.items():
        table.add_row(access.vendor, Text(arn), Text(", ".join(dict.fromkeys(way.cluster for way in access.ways))))
    create_console().print(table)
    print_message("To adopt one of them, under a name of your choice (the last word):")
    keys = {arn: access.vendor for arn, access in found.items()}
    names = choose_names(keys, (each.name for each in target.environment.integrations))
    for arn, name in names.items():
        print_message(f"  {format_command('eks-access adopt', {'stack': target.stack, 'role': arn}, [name])}")


def choose_names(found: Mapping[str, str], taken: Iterable[str]) -> dict[str, str]:
    """For each principal a name that is free: that of its vendor, with a number where there are several."""
    used, names = set(taken), {}
    for arn, key in found.items():
        name, number = key, 1
        while name in used:
            number += 1
            name = f"{key}-{number}"
        used.add(name)
        names[arn] = name
    return names


def _list_roles(state: Any) -> Iterator[str]:
    """The ARNs of the roles in a stack's state."""
    for resource in ((state or {}).get("deployment") or {}).get("resources") or ():
        if resource.get("type") == ROLE:
            yield str((resource.get("outputs") or {}).get("arn") or "")
