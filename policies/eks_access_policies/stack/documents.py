"""The IAM documents of a resource: where each type has them, and what they say, as far as it is known. Pure."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from . import UNKNOWN, Resource, Value
from .values import get, holds_unknown, items, text


class Kind(Enum):
    TRUST = "trust policy"
    INLINE = "inline policy"
    MANAGED = "managed policy"
    ATTACHED = "attached policy of AWS"


@dataclass(frozen=True)
class Placed:
    """A document, and where in its resource it is. `value` is JSON as text or as data, or `UNKNOWN`."""

    kind: Kind
    name: str
    """The property, with the index in a list."""
    value: Value

    @property
    def is_known(self) -> bool:
        return not holds_unknown(self.value)


_PROPERTIES: Mapping[str, tuple[tuple[str, Kind], ...]] = {
    "aws:iam/role:Role": (("assumeRolePolicy", Kind.TRUST),),
    "aws:iam/rolePolicy:RolePolicy": (("policy", Kind.INLINE),),
    "aws:iam/userPolicy:UserPolicy": (("policy", Kind.INLINE),),
    "aws:iam/groupPolicy:GroupPolicy": (("policy", Kind.INLINE),),
    "aws:iam/policy:Policy": (("policy", Kind.MANAGED),),
    "aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy": (("inlinePolicy", Kind.INLINE),),
    "aws-native:iam:Role": (("assumeRolePolicyDocument", Kind.TRUST),),
    "aws-native:iam:RolePolicy": (("policyDocument", Kind.INLINE),),
    "aws-native:iam:UserPolicy": (("policyDocument", Kind.INLINE),),
    "aws-native:iam:GroupPolicy": (("policyDocument", Kind.INLINE),),
    "aws-native:iam:ManagedPolicy": (("policyDocument", Kind.MANAGED),),
}
_LISTS: Mapping[str, tuple[str, str]] = {
    "aws:iam/role:Role": ("inlinePolicies", "policy"),
    "aws-native:iam:Role": ("policies", "policyDocument"),
    "aws-native:iam:User": ("policies", "policyDocument"),
    "aws-native:iam:Group": ("policies", "policyDocument"),
}
ATTACHMENTS: Mapping[str, str] = {
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": "role",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment": "user",
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment": "group",
}
"""Attachments of managed policies, and the property that says to whom."""
_OF_AWS = re.compile(r"arn:[^:]+:iam::aws:policy/(?P<name>[^/]+)")
_WIDE: Mapping[str, Mapping[str, Value]] = {
    "AdministratorAccess": {"Effect": "Allow", "Action": "*", "Resource": "*"},
    "IAMFullAccess": {"Effect": "Allow", "Action": ["iam:*", "organizations:DescribeOrganization"], "Resource": "*"},
    "PowerUserAccess": {
        "Effect": "Allow",
        "NotAction": ["iam:*", "organizations:*", "account:*"],
        "Resource": "*",
    },
}
"""https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html"""
_SERVICE_LINKED = re.compile(r"/aws-service-role/.*")


def documents(resource: Resource) -> Iterator[Placed]:
    """Every IAM document of a resource. A role that a service manages has none that anyone could change."""
    if _SERVICE_LINKED.fullmatch(text(resource.get("path")) or ""):
        return
    for name, kind in _PROPERTIES.get(resource.type, ()):
        if resource.get(name) is not None:
            yield Placed(kind, name, resource.get(name))
    if resource.type in _LISTS:
        list_name, name = _LISTS[resource.type]
        given = resource.get(list_name)
        # The provider tells a role's policies back, which says nothing; unless something of the stack is what they are.
        if given is UNKNOWN and resource.property_dependencies.get(list_name):
            yield Placed(Kind.INLINE, list_name, UNKNOWN)
        for index, item in enumerate(items(given)):
            if get(item, name) is not None:
                yield Placed(Kind.INLINE, f"{list_name}[{index}].{name}", get(item, name))
    yield from _attached(resource)


def _attached(resource: Resource) -> Iterator[Placed]:
    """AWS's own policies that a resource attaches, where what they say is worth judging."""
    if resource.type in ATTACHMENTS:
        given = {"policyArn": resource.get("policyArn")}
    elif resource.type in _LISTS:
        given = {f"managedPolicyArns[{i}]": arn for i, arn in enumerate(items(resource.get("managedPolicyArns")))}
    else:
        return
    for where, arn in given.items():
        match = _OF_AWS.fullmatch(text(arn) or "")
        if match and match["name"] in _WIDE:
            yield Placed(Kind.ATTACHED, where, {"Version": "2012-10-17", "Statement": _WIDE[match["name"]]})


def document_text(placed: Placed) -> str:
    """The document as text, so that equal ones are equal."""
    value: Value = placed.value
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, default=str)
    except (TypeError, ValueError, RecursionError):
        return ""
