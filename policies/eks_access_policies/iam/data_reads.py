"""Finds the actions that hand out the data or credentials of every resource, by the catalogue of such actions."""

import re
from collections.abc import Iterator

from eks_access.model.aws_data import DATA_ACTIONS, DataRead

from ..finding import Finding
from ..rules.iam.permissions import POLICY_DATA_READ
from .conditions import Condition
from .effective import AllowedAction, EffectivePermissions
from .escalation import is_confined, pins
from .resources import Reach

_CONFINING_KEYS = re.compile(
    r"kms:(viaservice|requestalias|resourcealiases|encryptioncontext:.+)|s3:existingobjecttag/.+|dynamodb:leadingkeys"
)
"""Keys that select what is read, beside tags of the resource and what every action's conditions may name."""


def evaluate_data_reads(effective: EffectivePermissions) -> Iterator[Finding]:
    """Yield one finding for each statement that allows to read the data of every resource of a type."""
    by_statement: dict[str, dict[DataRead, list[AllowedAction]]] = {}
    for action, row in DATA_ACTIONS.items():
        for grant in effective.find_allowed(action):
            if grant.reach is Reach.ALL and not _selects(grant):
                by_statement.setdefault(grant.statement.where, {}).setdefault(row, []).append(grant)
    for where, rows in by_statement.items():
        details = "; ".join(_describe_row(row, grants) for row, grants in rows.items())
        yield Finding(POLICY_DATA_READ, f"The principal {details}: of every resource, not of named ones.", where)


def _describe_row(row: DataRead, grants: list[AllowedAction]) -> str:
    return f"{row.sentence} ({', '.join(str(grant.action) for grant in grants)})"


def _selects(grant: AllowedAction) -> bool:
    return is_confined(grant) or any(_selects_data(each) and pins(each, grant.conditions) for each in grant.conditions)


def _selects_data(condition: Condition) -> bool:
    return _CONFINING_KEYS.fullmatch(condition.lower_key) is not None
