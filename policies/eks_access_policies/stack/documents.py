"""Finds the IAM documents of a resource: which properties hold them, for each resource type. Pure."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from ..iam.aws_policies import find_aws_policy
from . import UNKNOWN, Resource, Value, is_unknown
from .attachments import find_policy_properties
from .values import contains_unknown, get, is_sequence, items, text


class DocumentKind(Enum):
    TRUST = "trust policy"
    INLINE = "inline policy"
    MANAGED = "managed policy"
    ATTACHED = "managed policy of AWS"


@dataclass(frozen=True)
class PlacedDocument:
    """A document, and its place in the resource. `value` is JSON, as text or decoded, or `UNKNOWN`."""

    kind: DocumentKind
    name: str
    """The property, such as `assumeRolePolicy`; in a list, with the index: `inlinePolicies[0].policy`."""
    value: Value
    policy: str = ""
    """The ARN of a policy of AWS, which the resource attaches and does not hold itself."""

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
    "aws-native:sso:PermissionSet": (("inlinePolicy", DocumentKind.INLINE),),
}
_LISTS: Mapping[str, tuple[str, str]] = {
    "aws:iam/role:Role": ("inlinePolicies", "policy"),
    "aws-native:iam:Role": ("policies", "policyDocument"),
    "aws-native:iam:User": ("policies", "policyDocument"),
    "aws-native:iam:Group": ("policies", "policyDocument"),
}
_COMPUTED: Mapping[str, tuple[str, ...]] = {"aws:iam/role:Role": ("inlinePolicies", "managedPolicyArns")}
"""Properties that the provider computes where a program does not set them."""
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
        if policies is UNKNOWN and is_given(resource, list_name):
            yield PlacedDocument(DocumentKind.INLINE, list_name, UNKNOWN)
        for index, item in enumerate(items(policies)):
            if get(item, name) is not None:
                yield PlacedDocument(DocumentKind.INLINE, f"{list_name}[{index}].{name}", get(item, name))
    yield from _find_attached_documents(resource)


def is_given(resource: Resource, name: str) -> bool:
    """Whether the program sets a property that the provider computes otherwise, so that unknown means something.

    The engine passes one unknown value for both: what the program sets comes from another resource of the stack.
    """
    if name not in _COMPUTED.get(resource.type, ()) or not is_unknown(resource.get(name)):
        return True
    return name in resource.inputs if resource.inputs is not None else name in resource.property_dependencies


def _find_attached_documents(resource: Resource) -> Iterator[PlacedDocument]:
    """The managed policies of AWS that a resource attaches, as far as their documents are known."""
    for name in find_policy_properties(resource.type):
        value = resource.get(name)
        for index, item in enumerate(items(value)):
            arn = text(item) or ""
            document = find_aws_policy(arn)
            if document is not None:
                place = f"{name}[{index}]" if is_sequence(value) else name
                yield PlacedDocument(DocumentKind.ATTACHED, place, document, arn)


def serialize_document(placed: PlacedDocument) -> str:
    """The document as text, so that equal documents compare equal; empty if it cannot be written as JSON."""
    value: Value = placed.value
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, default=str)
    except (TypeError, ValueError, RecursionError):
        return ""
