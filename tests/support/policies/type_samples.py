"""For every resource type that is understood, a resource of that type that gives access it did not give before."""

import json
from collections.abc import Mapping
from typing import Any

from tests.support.review_stacks import ACCOUNT, Stack, allow, document, trust

RBAC = "rbac.authorization.k8s.io"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
PERMISSION_SET = "arn:aws:sso:::permissionSet/ssoins-1/ps-1"
_EVERYTHING = document(allow("*"))
_TEXT = json.dumps(_EVERYTHING)
_ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/vendor"
_CUSTOMER_POLICY = {"name": "limits", "path": "/"}
_OIDC = {"clientId": "x", "issuerUrl": "https://idp.example", "groupsClaim": "groups", "groupsPrefix": "system:"}
_POD_IDENTITY = {"clusterName": "prod", "namespace": "shop", "serviceAccount": "web", "roleArn": _ROLE_ARN}
_ALL = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}


def context() -> Stack:
    """The stack that every sample is added to: a role in a cluster, a user, and a group of administrators."""
    stack = Stack().role("vendor").entry("vendor", "prod", "vendors")
    stack.add("aws:iam/user:User", "u", {"name": "u"})
    stack.add("aws:iam/group:Group", "adm", {"name": "adm"})
    stack.add("aws:iam/groupPolicy:GroupPolicy", "adm", {"group": "adm", "policy": _TEXT})
    return stack


def _binding(name: str, **metadata: str) -> dict[str, Any]:
    reference = {"apiGroup": RBAC, "kind": "ClusterRole", "name": "cluster-admin"}
    subject = {"apiGroup": RBAC, "kind": "Group", "name": "vendors"}
    return {"metadata": {"name": name, **metadata}, "roleRef": reference, "subjects": [subject]}


SAMPLES: Mapping[str, Mapping[str, Any]] = {
    "aws:eks/accessEntry:AccessEntry": {
        "clusterName": "prod",
        "principalArn": f"arn:aws:iam::{ACCOUNT}:user/u",
        "kubernetesGroups": ["system:masters"],
        "type": "STANDARD",
    },
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": {
        "clusterName": "prod",
        "principalArn": _ROLE_ARN,
        "policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
        "accessScope": {"type": "cluster"},
    },
    "aws:eks/cluster:Cluster": {
        "name": "next",
        "accessConfig": {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": True},
    },
    "aws:eks/identityProviderConfig:IdentityProviderConfig": {"clusterName": "prod", "oidc": _OIDC},
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": {**_POD_IDENTITY, "serviceAccount": "default"},
    "aws:iam/group:Group": {"name": "outside"},
    "aws:iam/groupMembership:GroupMembership": {"users": ["u"], "group": "adm"},
    "aws:iam/groupPoliciesExclusive:GroupPoliciesExclusive": {"groupName": "adm", "policyNames": ["elsewhere"]},
    "aws:iam/groupPolicy:GroupPolicy": {"group": "other", "policy": _TEXT},
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment": {"group": "other", "policyArn": ADMINISTRATOR},
    "aws:iam/groupPolicyAttachmentsExclusive:GroupPolicyAttachmentsExclusive": {
        "groupName": "other",
        "policyArns": [ADMINISTRATOR],
    },
    "aws:iam/policy:Policy": {"name": "shared", "policy": _TEXT},
    "aws:iam/policyAttachment:PolicyAttachment": {"policyArn": ADMINISTRATOR, "roles": ["vendor"]},
    "aws:iam/role:Role": {"name": "open", "assumeRolePolicy": json.dumps(trust({"AWS": "*"}))},
    "aws:iam/rolePoliciesExclusive:RolePoliciesExclusive": {"roleName": "vendor", "policyNames": ["elsewhere"]},
    "aws:iam/rolePolicy:RolePolicy": {"role": "vendor", "policy": _TEXT},
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": {"role": "vendor", "policyArn": ADMINISTRATOR},
    "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive": {
        "roleName": "vendor",
        "policyArns": [ADMINISTRATOR],
    },
    "aws:iam/user:User": {"name": "other"},
    "aws:iam/userGroupMembership:UserGroupMembership": {"user": "u", "groups": ["adm"]},
    "aws:iam/userPoliciesExclusive:UserPoliciesExclusive": {"userName": "u", "policyNames": ["elsewhere"]},
    "aws:iam/userPolicy:UserPolicy": {"user": "u", "policy": _TEXT},
    "aws:iam/userPolicyAttachment:UserPolicyAttachment": {"user": "u", "policyArn": ADMINISTRATOR},
    "aws:iam/userPolicyAttachmentsExclusive:UserPolicyAttachmentsExclusive": {
        "userName": "u",
        "policyArns": [ADMINISTRATOR],
    },
    "aws:ssoadmin/customerManagedPolicyAttachment:CustomerManagedPolicyAttachment": {
        "permissionSetArn": PERMISSION_SET,
        "customerManagedPolicyReference": _CUSTOMER_POLICY,
    },
    "aws:ssoadmin/customerManagedPolicyAttachmentsExclusive:CustomerManagedPolicyAttachmentsExclusive": {
        "permissionSetArn": PERMISSION_SET,
        "customerManagedPolicyReferences": [_CUSTOMER_POLICY],
    },
    "aws:ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment": {
        "permissionSetArn": PERMISSION_SET,
        "managedPolicyArn": ADMINISTRATOR,
    },
    "aws:ssoadmin/managedPolicyAttachmentsExclusive:ManagedPolicyAttachmentsExclusive": {
        "permissionSetArn": PERMISSION_SET,
        "managedPolicyArns": [ADMINISTRATOR],
    },
    "aws:ssoadmin/permissionSet:PermissionSet": {"name": "Auditors"},
    "aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy": {
        "permissionSetArn": PERMISSION_SET,
        "inlinePolicy": _TEXT,
    },
    "aws:ssoadmin/permissionsBoundaryAttachment:PermissionsBoundaryAttachment": {
        "permissionSetArn": PERMISSION_SET,
        "permissionsBoundary": {"managedPolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/elsewhere"},
    },
    "aws-native:eks:AccessEntry": {
        "clusterName": "prod",
        "principalArn": f"arn:aws:iam::{ACCOUNT}:user/u",
        "kubernetesGroups": ["system:masters"],
        "type": "STANDARD",
    },
    "aws-native:eks:Cluster": {
        "name": "next",
        "accessConfig": {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": True},
    },
    "aws-native:eks:IdentityProviderConfig": {"clusterName": "prod", "type": "oidc", "oidc": _OIDC},
    "aws-native:eks:PodIdentityAssociation": {**_POD_IDENTITY, "serviceAccount": "default"},
    "aws-native:iam:Group": {"groupName": "other", "managedPolicyArns": [ADMINISTRATOR]},
    "aws-native:iam:GroupPolicy": {"groupName": "other", "policyName": "p", "policyDocument": _EVERYTHING},
    "aws-native:iam:ManagedPolicy": {"policyDocument": _EVERYTHING, "roles": ["vendor"]},
    "aws-native:iam:Role": {"roleName": "open", "assumeRolePolicyDocument": trust({"AWS": "*"})},
    "aws-native:iam:RolePolicy": {"roleName": "vendor", "policyName": "p", "policyDocument": _EVERYTHING},
    "aws-native:iam:User": {"userName": "other", "managedPolicyArns": [ADMINISTRATOR]},
    "aws-native:iam:UserPolicy": {"userName": "u", "policyName": "p", "policyDocument": _EVERYTHING},
    "aws-native:iam:UserToGroupAddition": {"users": ["u"], "groupName": "adm"},
    "aws-native:sso:PermissionSet": {"name": "Admins", "managedPolicies": [ADMINISTRATOR]},
    "kubernetes:core:ConfigMap": {
        "metadata": {"name": "aws-auth", "namespace": "kube-system"},
        "data": {"mapRoles": f"- rolearn: {_ROLE_ARN}-2\n  username: v\n  groups: ['system:masters']\n"},
    },
    f"kubernetes:{RBAC}:ClusterRole": {
        "metadata": {"name": "extra", "labels": {f"{RBAC}/aggregate-to-view": "true"}},
        "rules": [_ALL],
    },
    f"kubernetes:{RBAC}:ClusterRoleBinding": _binding("b"),
    f"kubernetes:{RBAC}:Role": {"metadata": {"name": "r", "namespace": "kube-system"}, "rules": [_ALL]},
    f"kubernetes:{RBAC}:RoleBinding": _binding("b", namespace="kube-system"),
    "eks-access:index:AwsAuthMapping": {
        "clusterName": "prod",
        "roleArn": f"{_ROLE_ARN}-2",
        "username": "v",
        "groups": ["system:masters"],
        "kubeconfig": "x",
    },
    "eks-access:index:ClusterRole": {
        "kubeconfig": "x",
        "metadata": {"name": "extra", "labels": {f"{RBAC}/aggregate-to-view": "true"}},
        "rules": [_ALL],
    },
    "eks-access:index:ClusterRoleBinding": {"kubeconfig": "x", **_binding("b")},
    "eks-access:index:Role": {
        "kubeconfig": "x",
        "metadata": {"name": "r", "namespace": "kube-system"},
        "rules": [_ALL],
    },
    "eks-access:index:RoleBinding": {"kubeconfig": "x", **_binding("b", namespace="kube-system")},
}
"""By the type as the table has it."""

GIVES_NOTHING_BY_ITSELF = frozenset(
    {
        "aws:iam/group:Group",
        "aws:iam/user:User",
        "aws:ssoadmin/permissionSet:PermissionSet",
        "aws:ssoadmin/permissionsBoundaryAttachment:PermissionsBoundaryAttachment",
    }
)
"""Types whose resources have access only by others, which name them; or that only limit it."""
