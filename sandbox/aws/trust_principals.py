"""The principals of trust policies that IAM refuses, and MiniStack takes: patterns, and roles and users that are not.

IAM replaces a role or user by its unique id when it stores a policy, so it must be there; a pattern names none.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html

MiniStack's own check of trust policies is wrapped, in process: it comes after the caller's authorization, and no
public call has it. MiniStack is pinned.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from ministack.services import iam

from .arn import Arn

_ACCOUNT = re.compile(r"\d{12}")
_SERVICE = re.compile(r"([a-z0-9-]+\.)+[a-z.]+")
_BUILT_IN = re.compile(r"[a-z0-9.-]+")
_UNIQUE_ID = re.compile(r"A(ROA|IDA)[A-Z0-9]+")
"""What IAM shows for a principal that was deleted; it keeps it when the policy is written again."""

Exists = Callable[[Arn], bool]
"""Whether there is a role or user of exactly this ARN, path included."""


def find_invalid_principal(document: Any, exists: Exists) -> str | None:
    """IAM's message about the first principal of a trust policy that it does not take; None if it takes all."""
    for kind, principal in _principals(document):
        if not _is_valid(kind, principal, exists):
            return f'Invalid principal in policy: "{kind.upper() if kind != "AWS" else kind}":"{principal}"'
    return None


def refuse_invalid_principals() -> None:
    """From now on, MiniStack's IAM refuses trust policies as IAM does."""
    known = iam._trust_policy_not_principal_error

    def extended(document: Any) -> str | None:
        refused: str | None = known(document)
        return refused or find_invalid_principal(document, _exists)

    iam._trust_policy_not_principal_error = extended


def _exists(arn: Arn) -> bool:
    store = iam._roles if arn.kind == "role" else iam._users
    found = store.get_scoped(arn.account, None, arn.name)
    return bool(found and found["Arn"] == f"arn:{arn.partition}:iam::{arn.account}:{arn.resource}")


def _principals(document: Any) -> Iterator[tuple[str, str]]:
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except ValueError:
            return
    statements = document.get("Statement", []) if isinstance(document, dict) else []
    for statement in [statements] if isinstance(statements, dict) else statements:
        principal = statement.get("Principal", {}) if isinstance(statement, dict) else {}
        if isinstance(principal, str):
            yield "AWS", principal
            continue
        for kind, named in principal.items():
            for each in [named] if isinstance(named, str) else named:
                yield str(kind), str(each)


def _is_valid(kind: str, principal: str, exists: Exists) -> bool:
    if kind == "Service":
        return _SERVICE.fullmatch(principal) is not None
    arn = Arn.parse(principal)
    if kind == "Federated":
        provider = arn is not None and arn.service == "iam" and arn.kind in ("saml-provider", "oidc-provider")
        return (provider and "*" not in principal and "?" not in principal) or bool(_BUILT_IN.fullmatch(principal))
    if principal == "*" or _ACCOUNT.fullmatch(principal) or _UNIQUE_ID.fullmatch(principal):
        return True
    if arn is None or not _ACCOUNT.fullmatch(arn.account):
        return False
    if arn.service == "sts":
        return "*" not in principal and "?" not in principal
    if arn.service != "iam" or arn.kind not in ("role", "user", "root"):
        return False
    return arn.resource == "root" or exists(arn)
