"""The resource types by which IAM and Identity Center give policies and groups to identities, as data.

Each has an identity's name, its ARN for a permission set, in one property, and what it is given in another.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_manage-attach-detach.html
https://docs.aws.amazon.com/singlesignon/latest/userguide/permissionsetsconcept.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class IdentityKind(StrEnum):
    ROLE = "role"
    USER = "user"
    GROUP = "group"
    PERMISSION_SET = "permission set"
    POLICY = "policy"
    """Everyone who has a managed policy of the stack, which may be attached elsewhere."""


@dataclass(frozen=True)
class Attachment:
    """Attaches managed policies. `identities` are the properties that name who gets them, with the kind of each."""

    identities: Mapping[str, IdentityKind]
    policies: str


ROLE, USER, GROUP, PERMISSION_SET = (
    IdentityKind.ROLE,
    IdentityKind.USER,
    IdentityKind.GROUP,
    IdentityKind.PERMISSION_SET,
)
IDENTITIES: Mapping[str, IdentityKind] = {
    "aws:iam/role:Role": ROLE,
    "aws-native:iam:Role": ROLE,
    "aws:iam/user:User": USER,
    "aws-native:iam:User": USER,
    "aws:iam/group:Group": GROUP,
    "aws-native:iam:Group": GROUP,
    "aws:ssoadmin/permissionSet:PermissionSet": PERMISSION_SET,
    "aws-native:sso:PermissionSet": PERMISSION_SET,
}
MANAGED_POLICIES = ("aws:iam/policy:Policy", "aws-native:iam:ManagedPolicy")

INLINE_POLICIES: Mapping[str, Mapping[str, IdentityKind]] = {
    "aws:iam/rolePolicy:RolePolicy": {"role": ROLE},
    "aws:iam/userPolicy:UserPolicy": {"user": USER},
    "aws:iam/groupPolicy:GroupPolicy": {"group": GROUP},
    "aws-native:iam:RolePolicy": {"roleName": ROLE},
    "aws-native:iam:UserPolicy": {"userName": USER},
    "aws-native:iam:GroupPolicy": {"groupName": GROUP},
    "aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy": {"permissionSetArn": PERMISSION_SET},
    # A managed policy that names who it is attached to.
    "aws-native:iam:ManagedPolicy": {"roles": ROLE, "users": USER, "groups": GROUP},
}
"""The properties that name who gets the resource's own document."""

EXCLUSIVE_INLINE_POLICIES: Mapping[str, Mapping[str, IdentityKind]] = {
    "aws:iam/rolePoliciesExclusive:RolePoliciesExclusive": {"roleName": ROLE},
    "aws:iam/userPoliciesExclusive:UserPoliciesExclusive": {"userName": USER},
    "aws:iam/groupPoliciesExclusive:GroupPoliciesExclusive": {"groupName": GROUP},
}
"""They remove every inline policy but those in `policyNames`, and create none."""

_EACH = {"roles": ROLE, "users": USER, "groups": GROUP}
_PERMISSION_SET = {"permissionSetArn": PERMISSION_SET}
_REFERENCE = "customerManagedPolicyReference"
ATTACHMENTS: Mapping[str, Attachment] = {
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": Attachment({"role": ROLE}, "policyArn"),
    "aws:iam/userPolicyAttachment:UserPolicyAttachment": Attachment({"user": USER}, "policyArn"),
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment": Attachment({"group": GROUP}, "policyArn"),
    "aws:iam/policyAttachment:PolicyAttachment": Attachment(_EACH, "policyArn"),
    "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive": Attachment(
        {"roleName": ROLE}, "policyArns"
    ),
    "aws:iam/userPolicyAttachmentsExclusive:UserPolicyAttachmentsExclusive": Attachment(
        {"userName": USER}, "policyArns"
    ),
    "aws:iam/groupPolicyAttachmentsExclusive:GroupPolicyAttachmentsExclusive": Attachment(
        {"groupName": GROUP}, "policyArns"
    ),
    "aws:ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment": Attachment(_PERMISSION_SET, "managedPolicyArn"),
    "aws:ssoadmin/managedPolicyAttachmentsExclusive:ManagedPolicyAttachmentsExclusive": Attachment(
        _PERMISSION_SET, "managedPolicyArns"
    ),
    "aws:ssoadmin/customerManagedPolicyAttachment:CustomerManagedPolicyAttachment": Attachment(
        _PERMISSION_SET, _REFERENCE
    ),
    "aws:ssoadmin/customerManagedPolicyAttachmentsExclusive:CustomerManagedPolicyAttachmentsExclusive": Attachment(
        _PERMISSION_SET, f"{_REFERENCE}s"
    ),
}
OWN_ATTACHMENTS: Mapping[str, tuple[str, ...]] = {
    "aws:iam/role:Role": ("managedPolicyArns",),
    "aws-native:iam:Role": ("managedPolicyArns",),
    "aws-native:iam:User": ("managedPolicyArns",),
    "aws-native:iam:Group": ("managedPolicyArns",),
    "aws-native:sso:PermissionSet": ("managedPolicies", f"{_REFERENCE}s"),
}
"""The properties of identities that list the policies attached to them."""

BOUNDARIES: Mapping[str, Mapping[str, IdentityKind]] = {
    "aws:ssoadmin/permissionsBoundaryAttachment:PermissionsBoundaryAttachment": _PERMISSION_SET,
}
"""Resources that set the permissions boundary of an identity."""

MEMBERSHIPS: Mapping[str, tuple[str, str]] = {
    "aws:iam/userGroupMembership:UserGroupMembership": ("user", "groups"),
    "aws:iam/groupMembership:GroupMembership": ("users", "group"),
    "aws-native:iam:UserToGroupAddition": ("users", "groupName"),
}
"""The properties that name users, and the groups that they join."""


def find_policy_properties(type: str) -> tuple[str, ...]:
    """The properties of a type that name managed policies: their ARNs, or references by name."""
    return (ATTACHMENTS[type].policies,) if type in ATTACHMENTS else OWN_ATTACHMENTS.get(type, ())
