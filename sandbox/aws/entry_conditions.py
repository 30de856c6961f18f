"""The condition keys of calls on access entries, such as `eks:policyArn`.

MiniStack has none of EKS's own condition keys, so a Deny on one of them would never apply. Where it collects the
keys of a request, those are added that the request's body has (service authorization reference of Amazon EKS).
`DisassociateAccessPolicy` has its policy in the path, which is not passed to that place. MiniStack is pinned.
"""

import json
from collections.abc import Mapping
from typing import Any

from ministack.core import iam_actions

_OF_POLICY = {"policyArn": "eks:policyArn"}
_OF_SCOPE = {"type": "eks:accessScope", "namespaces": "eks:namespaces"}
_OF_ENTRY = {
    "principalArn": "eks:principalArn",
    "kubernetesGroups": "eks:kubernetesGroups",
    "username": "eks:username",
    "type": "eks:accessEntryType",
}


def entry_conditions(action: str, body: bytes) -> dict[str, Any]:
    """EKS's condition keys that a request has by its body."""
    if action not in ("eks:AssociateAccessPolicy", "eks:CreateAccessEntry"):
        return {}
    try:
        given = json.loads(body or b"{}")
    except ValueError:
        return {}
    if not isinstance(given, dict):
        return {}
    if action == "eks:CreateAccessEntry":
        return _present(given, _OF_ENTRY)
    scope = given.get("accessScope")
    return _present(given, _OF_POLICY) | (_present(scope, _OF_SCOPE) if isinstance(scope, dict) else {})


def know_entry_conditions() -> None:
    """From now on, MiniStack evaluates conditions on EKS's own keys."""
    known = iam_actions.request_tag_context

    def extended(service: str, action: str, body: bytes, query: Any) -> dict[str, Any]:
        own = entry_conditions(action, body) if service == "eks" else {}
        return {**known(service, action, body, query), **own}

    iam_actions.request_tag_context = extended


def _present(given: Mapping[str, Any], keys: Mapping[str, str]) -> dict[str, Any]:
    return {key: given[name] for name, key in keys.items() if given.get(name)}
