"""Who a cluster takes the integration for: the username, the groups and the IAM identity that won.

The API server tells it in a SelfSubjectReview, from the authenticator's own answer (`arn`, `canonicalArn`,
`sessionName` are in its extra fields).
https://kubernetes.io/docs/reference/access-authn-authz/authentication/#self-subject-review
"""

from collections.abc import Mapping
from typing import Any

from eks_access.manifest.models import Identity, Role
from eks_access.model import arn
from eks_access.model.identity import EntryMethod

from ..identity.assume_role import RoleSession

EVERYONE = "system:authenticated"
"""The group that the API server itself gives to every caller that it recognises."""


def username(template: str, session: RoleSession) -> str:
    """The username that the authenticator makes of a template (server.go, renderTemplate)."""
    name = session.arn.rpartition("/")[2]
    caller = arn.parse(session.arn)
    values = {
        "{{SessionName}}": name.replace("@", "-"),
        "{{SessionNameRaw}}": name,
        "{{AccountID}}": caller.account if caller else "",
        "{{AccessKeyID}}": session.keys.access_key,
    }
    for variable, value in values.items():
        template = template.replace(variable, value)
    return template


def differences(
    user: Mapping[str, Any], identity: Identity, method: EntryMethod, role: Role, session: RoleSession | None
) -> list[str]:
    """How the user that the cluster sees differs from the one that was declared for this way in."""
    found = []
    declared = identity.username_by(method)
    expected = declared if session is None else username(declared, session)
    seen = str(user.get("username", ""))
    if seen != expected:
        found.append(f"the username is {seen!r}, not {expected!r}")
    groups = set(_texts(user.get("groups"))) - {EVERYONE}
    for group in sorted(set(identity.groups) - groups):
        found.append(f"the group {group!r} is missing")
    for group in sorted(groups - set(identity.groups)):
        found.append(f"the group {group!r} was not declared")
    for canonical in _extra(user, "canonicalArn"):
        if not _is_role(canonical, role.arn):
            found.append(f"the IAM identity is {canonical}, not {role.arn}")
    return found


def described(user: Mapping[str, Any]) -> str:
    """The user in words; credentials' own identifiers are left out."""
    parts = [f"username {user.get('username')!r}", f"groups {', '.join(_texts(user.get('groups'))) or 'none'}"]
    parts += [f"{key} {value}" for key in ("arn", "sessionName") for value in _extra(user, key)]
    return "; ".join(parts)


def _is_role(canonical: str, role_arn: str) -> bool:
    """Roles are compared without their path, which STS never tells, and as the authenticator does, in any case."""
    seen, expected = arn.parse(canonical), arn.parse(role_arn)
    if seen is None or expected is None:
        return canonical == role_arn
    return str(seen.without_path()).lower() == str(expected.without_path()).lower()


def _extra(user: Mapping[str, Any], key: str) -> list[str]:
    extra = user.get("extra")
    return _texts(extra.get(key)) if isinstance(extra, Mapping) else []


def _texts(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []
