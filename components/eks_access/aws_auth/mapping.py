"""The role mapping that is written to aws-auth: validation and quoting."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from ..model import arn as arns
from .errors import AwsAuthConflictError, Code
from .reader import Identity

PARTITIONS = ("aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc")
NODE_GROUPS = ("system:bootstrappers", "system:nodes", "system:node-proxier", "eks:kube-proxy-windows")
"""Groups of the mappings that EKS writes for nodes, Fargate pods and Windows nodes."""
EC2_PRIVATE_DNS_NAME = "{{EC2PrivateDNSName}}"
TEMPLATES = ("{{AccountID}}", "{{SessionName}}", "{{SessionNameRaw}}", "{{AccessKeyID}}")
"""Templates that the authenticator replaces in a username; {{EC2PrivateDNSName}} is for nodes alone.

https://github.com/kubernetes-sigs/aws-iam-authenticator/blob/master/pkg/server/server.go (renderTemplate)
"""

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-names
_ROLE_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
_TEMPLATE = re.compile(r"\{\{[^{}]*\}\}")
# Control characters, line and paragraph separators, byte order marks and lone surrogates.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")


@dataclass(frozen=True)
class RoleMapping:
    """A role's mapping as written to aws-auth: `rolearn` has no path, as STS reports it."""

    rolearn: str
    username: str
    groups: tuple[str, ...] = ()

    @classmethod
    def of(cls, rolearn: str, username: str, groups: Sequence[str] = ()) -> "RoleMapping":
        """A validated mapping. The ARN may have a path or be that of a session; it is converted by `canonicalize_role`.

        Raises:
            AwsAuthConflictError: the authenticator would read something else than what is meant, or nothing.
        """
        return cls(canonicalize_role(rolearn), validate_username(username), validate_groups(groups))

    @property
    def key(self) -> str:
        """The authenticator's key for the mapping."""
        return self.rolearn.lower()

    @property
    def identity(self) -> Identity:
        return Identity(self.username, self.groups)


def canonicalize_role(rolearn: str) -> str:
    """The role's ARN in the form that the authenticator compares: no path, no session, no space around it.

    Raises:
        AwsAuthConflictError: it is not the ARN of a role.
    """
    text = rolearn.strip()
    arn = arns.parse(text)
    parts = arn.resource.split("/") if arn else []
    if arn is None or arn.region or arn.partition not in PARTITIONS or not arns.ACCOUNT_ID.fullmatch(arn.account):
        _refuse("rolearn", rolearn, "is not a role's ARN; it must look like arn:aws:iam::111122223333:role/name")
    if "*" in text or "?" in text:
        _refuse("rolearn", rolearn, "has a wildcard, which the authenticator takes literally; name one role")
    if arn.service == "sts" and parts[0] == "assumed-role" and len(parts) == 3:
        # The authenticator converts a session to its role before it looks the role up (pkg/arn, Canonicalize).
        name = parts[1]
    elif arn.service == "iam" and parts[0] == "role" and len(parts) >= 2:
        name = parts[-1]
    else:
        kind = f"{arn.service}:{parts[0]}"
        _refuse("rolearn", rolearn, f"is of kind {kind}; only IAM roles go in mapRoles")
    if not _ROLE_NAME.fullmatch(name):
        _refuse("rolearn", rolearn, "does not end in a role's name (letters, digits and _+=,.@-, at most 64)")
    return f"arn:{arn.partition}:iam::{arn.account}:role/{name}"


def validate_username(username: str) -> str:
    """The username itself.

    Raises:
        AwsAuthConflictError: it is empty, reserved for Kubernetes, or the authenticator would read it differently.
    """
    if not username:
        _refuse("username", username, "is empty; give the user name that the principal gets in Kubernetes")
    _validate_text("username", username)
    if username.lower().startswith("system:"):
        advice = "names of Kubernetes' own components; choose another prefix"
        _refuse("username", username, f"begins with system:, which is for the {advice}")
    for template in _TEMPLATE.findall(username):
        if template == EC2_PRIVATE_DNS_NAME:
            _refuse("username", username, f"uses {template}, which only works for an EC2 node's own role")
        if template not in TEMPLATES:
            allowed = ", ".join(TEMPLATES)
            _refuse(
                "username",
                username,
                f"uses {template}, which the authenticator does not replace; use {allowed}",
            )
    return username


def validate_groups(groups: Sequence[str]) -> tuple[str, ...]:
    """The groups themselves.

    Raises:
        AwsAuthConflictError: one is empty, for nodes, repeated, or could be chosen by the caller.
    """
    if isinstance(groups, str):
        _refuse("groups", groups, "is one string; give a list, or the authenticator grants none of them")
    for group in groups:
        if not group:
            _refuse("groups", group, "is empty")
        _validate_text("groups", group)
        if "{{" in group:
            problem = "is a template: session names are the caller's choice, so the caller would choose its groups"
            _refuse("groups", group, problem)
        if group in NODE_GROUPS:
            _refuse("groups", group, "is for nodes, whose mappings EKS manages")
    repeated = sorted({group for group in groups if list(groups).count(group) > 1})
    if repeated:
        _refuse("groups", repeated[0], "is given more than once")
    return tuple(groups)


def is_protected(identity: Identity) -> bool:
    """Is this a mapping that EKS itself manages for nodes, Fargate pods or Windows nodes?

    The cluster breaks without them: https://docs.aws.amazon.com/eks/latest/userguide/auth-configmap.html
    """
    return (
        EC2_PRIVATE_DNS_NAME in identity.username
        or identity.username.startswith("system:node:")
        or any(group in NODE_GROUPS for group in identity.groups)
    )


def quote(text: str) -> str:
    """A double-quoted scalar that every YAML and JSON parser reads as a string with this text.

    Non-BMP characters stay as they are: go-yaml refuses surrogate pairs, which plain JSON would use. C0 and C1
    controls, line separators and byte order marks are escaped: go-yaml refuses or folds them.
    """
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", escaped) + '"'


def _validate_text(field: str, text: str) -> None:
    if _UNPRINTABLE.search(text):
        _refuse(field, text, "contains a control character, a line break or half a surrogate pair")
    if text != text.strip():
        _refuse(field, text, "begins or ends with space, which would be part of the name")


def _refuse(field: str, value: object, problem: str) -> NoReturn:
    raise AwsAuthConflictError(Code.INVALID_MAPPING, f"{field} {value!r} {problem}.", field=field)
