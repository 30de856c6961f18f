"""Finds the IAM documents of a resource: which properties hold them, for each resource type. Pure."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from . import UNKNOWN, Resource, Value
from .values import contains_unknown, get, items, text


class DocumentKind(Enum):
    TRUST = "trust policy"
    INLINE = "inline policy"
    MANAGED = "managed policy"
    ATTACHED = "attached policy of AWS"


@dataclass(frozen=True)
class PlacedDocument:
    """A document, and its place in the resource. `value` is JSON, as text or decoded, or `UNKNOWN`."""

    kind: DocumentKind
    name: str
    """The property, such as `assumeRolePolicy`; in a list, with the index: `inlinePolicies[0].policy`."""
    value: Value

    @property
    def is_known(self) -> bool:
        return not contains_unknown(self.value)


_PROPERTIES: Mapping[str, tuple[tuple[str, DocumentKind], ...]] = {
    "aws:iam/role:Role": (("assumeRolePolicy", DocumentKind.TRUST),),
    "aws:iam/rolePolicy:RolePolicy": (("policy", DocumentKind.INLINE),),
    "aws:iam/userPolicy:UserPolicy": (("policy", DocumentKind.INLINE),),
    "aws:iam/groupPolicy:GroupPolicy": (("policy", DocumentKind.INLINE),),
    "aws:iam/policy:Policy": (("policy", DocumentKind.MANAGED),),
    "aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy": (("inlinePolicy", DocumentKind.INLINE),),
    "aws-native:iam:Role": (("assumeRolePolicyDocument", DocumentKind.TRUST),),
    "aws-native:iam:RolePolicy": (("policyDocument", DocumentKind.INLINE),),
    "aws-native:iam:UserPolicy": (("policyDocument", DocumentKind.INLINE),),
    "aws-native:iam:GroupPolicy": (("policyDocument", DocumentKind.INLINE),),
    "aws-native:iam:ManagedPolicy": (("policyDocument", DocumentKind.MANAGED),),
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
"""Attachments of managed policies, and the property that names the identity."""
_AWS_MANAGED = re.compile(r"arn:[^:]+:iam::aws:policy/(?P<name>[^/]+)")
_BROAD_POLICIES: Mapping[str, Mapping[str, Value]] = {
    "AdministratorAccess": {"Effect": "Allow", "Action": "*", "Resource": "*"},
    "IAMFullAccess": {"Effect": "Allow", "Action": ["iam:*", "organizations:DescribeOrganization"], "Resource": "*"},
    "PowerUserAccess": {
        "Effect": "Allow",
        "NotAction": ["iam:*", "organizations:*", "account:*"],
        "Resource": "*",
    },
}
"""Managed policies of AWS that are broad enough to be evaluated wherever they are attached.
https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html"""
_SERVICE_LINKED = re.compile(r"/aws-service-role/.*")


def find_documents(resource: Resource) -> Iterator[PlacedDocument]:
    """Every IAM document of a resource. Service-linked roles are skipped, since only their service can change them."""
    if _SERVICE_LINKED.fullmatch(text(resource.get("path")) or ""):
        return
    for name, kind in _PROPERTIES.get(resource.type, ()):
        if resource.get(name) is not None:
            yield PlacedDocument(kind, name, resource.get(name))
    if resource.type in _LISTS:
        list_name, name = _LISTS[resource.type]
        policies = resource.get(list_name)
        # The provider computes this property for every role, so unknown means something only if it was set from
        # another resource of the stack.
        if policies is UNKNOWN and resource.property_dependencies.get(list_name):
            yield PlacedDocument(DocumentKind.INLINE, list_name, UNKNOWN)
        for index, item in enumerate(items(policies)):
            if get(item, name) is not None:
                yield PlacedDocument(DocumentKind.INLINE, f"{list_name}[{index}].{name}", get(item, name))
    yield from _find_broad_attachments(resource)


def _find_broad_attachments(resource: Resource) -> Iterator[PlacedDocument]:
    """The broad managed policies of AWS that a resource attaches."""
    if resource.type in ATTACHMENTS:
        attached = {"policyArn": resource.get("policyArn")}
    elif resource.type in _LISTS:
        attached = {f"managedPolicyArns[{i}]": arn for i, arn in enumerate(items(resource.get("managedPolicyArns")))}
    else:
        return
    for where, arn in attached.items():
        match = _AWS_MANAGED.fullmatch(text(arn) or "")
        if match and match["name"] in _BROAD_POLICIES:
            document = {"Version": "2012-10-17", "Statement": _BROAD_POLICIES[match["name"]]}
            yield PlacedDocument(DocumentKind.ATTACHED, where, document)


def serialize_document(placed: PlacedDocument) -> str:
    """The document as text, so that equal documents compare equal; empty if it cannot be written as JSON."""
    value: Value = placed.value
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, default=str)
    except (TypeError, ValueError, RecursionError):
        return ""
