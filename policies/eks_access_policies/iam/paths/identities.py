"""Changing policies, and becoming somebody else. https://pathfinding.cloud/paths (self-escalation, principal-access)"""

from ...rules.iam.escalation import ESCALATION_IDENTITIES, ESCALATION_SELF
from .path import Mitigation, Path

_ADMINISTRATORS = ("AdministratorAccess", "IAMFullAccess", "PowerUserAccess")


def _is_harmless_policy(arn: str) -> bool:
    return "*" not in arn.rpartition("/")[2] and not arn.endswith(_ADMINISTRATORS) and bool(arn)


_BOUNDARY = (Mitigation("iam:PermissionsBoundary"),)
_POLICY = (Mitigation("iam:PolicyARN", _is_harmless_policy),)


def _policies(action: str, gains: str, *defused_by: tuple[Mitigation, ...], one: bool = True) -> Path:
    return Path((action,), ESCALATION_SELF, gains, defused_by=defused_by, some_is_all=True, one_matters=one)


def _identity(action: str, gains: str, *defused_by: tuple[Mitigation, ...], some: bool = False) -> Path:
    return Path(tuple(action.split(" ")), ESCALATION_IDENTITIES, gains, defused_by=defused_by, some_is_all=some)


PATHS: tuple[Path, ...] = (
    _policies("iam:CreatePolicyVersion", "put any rights into a policy, its own among them"),
    _policies("iam:SetDefaultPolicyVersion", "bring an older, wider version of a policy back"),
    _policies("iam:AttachUserPolicy", "attach any policy to a user, itself among them", _POLICY, _BOUNDARY),
    _policies("iam:AttachGroupPolicy", "attach any policy to a group", _POLICY),
    _policies("iam:AttachRolePolicy", "attach any policy to a role, its own among them", _POLICY, _BOUNDARY),
    _policies("iam:PutUserPolicy", "write any policy for a user, itself among them", _BOUNDARY),
    _policies("iam:PutGroupPolicy", "write any policy for a group"),
    _policies("iam:PutRolePolicy", "write any policy for a role, its own among them", _BOUNDARY),
    _policies("iam:AddUserToGroup", "join any group", one=False),
    _policies("iam:DeleteUserPermissionsBoundary", "take the limits of a user away", _BOUNDARY, one=False),
    _policies("iam:DeleteRolePermissionsBoundary", "take the limits of a role away", _BOUNDARY, one=False),
    _policies("iam:PutUserPermissionsBoundary", "give a user wider limits", _BOUNDARY, one=False),
    _policies("iam:PutRolePermissionsBoundary", "give a role wider limits", _BOUNDARY, one=False),
    _policies("sso:PutInlinePolicyToPermissionSet", "write any policy for a permission set", one=False),
    _policies("sso:AttachManagedPolicyToPermissionSet", "attach any policy to a permission set", one=False),
    _policies(
        "sso:AttachCustomerManagedPolicyReferenceToPermissionSet", "attach any policy to a permission set", one=False
    ),
    _identity("iam:CreateAccessKey", "make itself keys of another user"),
    _identity("iam:CreateLoginProfile", "give another user a password"),
    _identity("iam:UpdateLoginProfile", "change another user's password"),
    _identity("iam:UpdateAssumeRolePolicy", "let itself assume any role", _BOUNDARY, some=True),
    _identity("iam:CreateServiceSpecificCredential", "make itself credentials of another user for a service"),
    _identity("iam:ResetServiceSpecificCredential", "take over another user's credentials for a service"),
    _identity("iam:UpdateSAMLProvider", "sign anyone in to the roles that trust the SAML provider"),
    _identity("iam:AddClientIDToOpenIDConnectProvider", "have tokens of another application accepted"),
    _identity("iam:UpdateOpenIDConnectProviderThumbprint", "have another server's tokens accepted"),
    _identity("iam:DeactivateMFADevice", "take the second factor from a user"),
    _identity("sts:AssumeRole", "become every role that trusts its account"),
    _identity("sso:CreateAccountAssignment", "give itself any permission set in any account"),
    _identity("identitystore:CreateGroupMembership", "join any group of Identity Center"),
    _identity("rolesanywhere:CreateTrustAnchor rolesanywhere:CreateProfile iam:PassRole", "sign in with certificates"),
)
