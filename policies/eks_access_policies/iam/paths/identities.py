"""Changing policies, and acting as another identity.

https://pathfinding.cloud/paths (self-escalation, principal-access)
"""

from ...rules.iam.escalation import ESCALATION_IDENTITIES, ESCALATION_SELF
from .path import EscalationPath, Mitigation

_ADMINISTRATORS = ("AdministratorAccess", "IAMFullAccess", "PowerUserAccess")


def _is_harmless_policy(arn: str) -> bool:
    return "*" not in arn.rpartition("/")[2] and not arn.endswith(_ADMINISTRATORS) and bool(arn)


_ADMINISTRATOR_ROLES = (
    "OrganizationAccountAccessRole",
    "AWSControlTowerExecution",
    "AWSControlTowerAdmin",
    "AWSCloudFormationStackSetExecutionRole",
    "AWSCloudFormationStackSetAdministrationRole",
    "stacksets-exec-????????????????????????????????",
    "AWSAFTExecution",
    "AWSAFTAdmin",
    "AWSAccelerator-????",
    "AWSLandingZoneAdminExecutionRole",
    "Admin",
    "Administrator",
    "AdministratorAccess",
    "AdminRole",
    "AdministratorRole",
)
"""Roles of these names administer the accounts of an organization, or are named after that.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_access.html
https://docs.aws.amazon.com/controltower/latest/userguide/roles-how.html"""

_ROOT_TASK = Mitigation(
    "sts:TaskPolicyArn", lambda arn: _is_harmless_policy(arn) and not arn.endswith("IAMCreateRootUserPassword")
)
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html"""

_BOUNDARY = (Mitigation("iam:PermissionsBoundary"),)
_POLICY = (Mitigation("iam:PolicyARN", _is_harmless_policy),)


def _policies(action: str, gains: str, *mitigated_by: tuple[Mitigation, ...]) -> EscalationPath:
    return EscalationPath(
        (action,),
        ESCALATION_SELF,
        gains,
        mitigated_by=mitigated_by,
        is_prefix_unlimited=True,
        reports_single_resource=True,
    )


def _identity(action: str, gains: str, *mitigated_by: tuple[Mitigation, ...], some: bool = False) -> EscalationPath:
    return EscalationPath(
        tuple(action.split(" ")),
        ESCALATION_IDENTITIES,
        gains,
        mitigated_by=mitigated_by,
        is_prefix_unlimited=some,
        reports_single_resource=True,
    )


PATHS: tuple[EscalationPath, ...] = (
    _policies("iam:CreatePolicyVersion", "add any permission to a policy, its own included"),
    _policies("iam:SetDefaultPolicyVersion", "restore an older, wider version of a policy"),
    _policies("iam:AttachUserPolicy", "attach any policy to a user, itself included", _POLICY, _BOUNDARY),
    _policies("iam:AttachGroupPolicy", "attach any policy to a group", _POLICY),
    _policies("iam:AttachRolePolicy", "attach any policy to a role, its own included", _POLICY, _BOUNDARY),
    _policies("iam:PutUserPolicy", "write any policy for a user, itself included", _BOUNDARY),
    _policies("iam:PutGroupPolicy", "write any policy for a group"),
    _policies("iam:PutRolePolicy", "write any policy for a role, its own included", _BOUNDARY),
    _policies("iam:AddUserToGroup", "join any group"),
    _policies("iam:DeleteUserPermissionsBoundary", "remove the permissions boundary of a user", _BOUNDARY),
    _policies("iam:DeleteRolePermissionsBoundary", "remove the permissions boundary of a role", _BOUNDARY),
    _policies("iam:PutUserPermissionsBoundary", "give a user a wider permissions boundary", _BOUNDARY),
    _policies("iam:PutRolePermissionsBoundary", "give a role a wider permissions boundary", _BOUNDARY),
    _policies("sso:PutInlinePolicyToPermissionSet", "write any policy for a permission set"),
    _policies("sso:AttachManagedPolicyToPermissionSet", "attach any policy to a permission set"),
    _policies("sso:AttachCustomerManagedPolicyReferenceToPermissionSet", "attach any policy to a permission set"),
    _identity("iam:CreateAccessKey", "create access keys for another user"),
    _identity("iam:CreateLoginProfile", "give another user a password"),
    _identity("iam:UpdateLoginProfile", "change another user's password"),
    _identity("iam:UpdateAssumeRolePolicy", "let itself assume any role", _BOUNDARY, some=True),
    _identity("iam:CreateServiceSpecificCredential", "create service-specific credentials for another user"),
    _identity("iam:ResetServiceSpecificCredential", "reset another user's service-specific credentials"),
    _identity("iam:UpdateSAMLProvider", "let anyone assume the roles that trust the SAML provider"),
    _identity("iam:AddClientIDToOpenIDConnectProvider", "have tokens for another application accepted"),
    _identity("iam:UpdateOpenIDConnectProviderThumbprint", "have another server's tokens accepted"),
    _identity("iam:UploadSSHPublicKey", "give another user a key of its own, for CodeCommit"),
    _identity("iam:DeactivateMFADevice", "remove the MFA device of a user"),
    EscalationPath(("sts:AssumeRole",), ESCALATION_IDENTITIES, "assume every role that trusts its account"),
    EscalationPath(
        ("sts:AssumeRole",),
        ESCALATION_IDENTITIES,
        "assume the role by which accounts are administered",
        reports_single_resource=True,
        administrators=_ADMINISTRATOR_ROLES,
    ),
    _identity("sts:AssumeRoot", "do the tasks of a member account's root user", (_ROOT_TASK,)),
    _identity("sso:CreateAccountAssignment", "give itself any permission set in any account"),
    _identity("identitystore:CreateGroupMembership", "join any group of Identity Center"),
    _identity(
        "rolesanywhere:CreateTrustAnchor rolesanywhere:CreateProfile|rolesanywhere:UpdateProfile iam:PassRole",
        "sign in with certificates",
    ),
    _identity(
        "rolesanywhere:CreateTrustAnchor|rolesanywhere:UpdateTrustAnchor",
        "have its own certificates accepted for the roles of a profile",
    ),
)
