"""Compares the user that a cluster authenticates with the declared one: username, groups and IAM identity.

The API server returns the user in a SelfSubjectReview, from the authenticator's own answer (`arn`, `canonicalArn`,
`sessionName` are in its extra fields).
https://kubernetes.io/docs/reference/access-authn-authz/authentication/#self-subject-review
"""

from collections.abc import Mapping
from typing import Any

from eks_access.manifest.models import Identity, Role
from eks_access.model import arn
from eks_access.model.identity import EntryMethod

from ..identity.assume_role import RoleSession

AUTHENTICATED_GROUP = "system:authenticated"
"""The group that the API server adds to every authenticated user."""


def render_username(template: str, session: RoleSession) -> str:
    """The username that the authenticator renders from a template (server.go, renderTemplate)."""
    name = session.arn.rpartition("/")[2]
    role_session = arn.parse(session.arn)
    values = {
        "{{SessionName}}": name.replace("@", "-"),
        "{{SessionNameRaw}}": name,
        "{{AccountID}}": role_session.account if role_session else "",
        "{{AccessKeyID}}": session.keys.access_key,
    }
    for variable, value in values.items():
        template = template.replace(variable, value)
    return template


def find_differences(
    user: Mapping[str, Any], identity: Identity, method: EntryMethod, role: Role, session: RoleSession | None
) -> list[str]:
    """How the authenticated user differs from the one that is declared for this entry method."""
    found = []
    declared = identity.username_by(method)
    expected = declared if session is None else render_username(declared, session)
    seen = str(user.get("username", ""))
    if seen != expected:
        found.append(f"the username is {seen!r}, not {expected!r}")
    groups = set(_as_strings(user.get("groups"))) - {AUTHENTICATED_GROUP}
    for group in sorted(set(identity.groups) - groups):
        found.append(f"the group {group!r} is missing")
    for group in sorted(groups - set(identity.groups)):
        found.append(f"the group {group!r} was not declared")
    for canonical in _extra(user, "canonicalArn"):
        if not _is_role(canonical, role.arn):
            found.append(f"the IAM identity is {canonical}, not {role.arn}")
    return found


def format_user(user: Mapping[str, Any]) -> str:
    """The user for people to read, without identifiers of credentials."""
    parts = [f"username {user.get('username')!r}", f"groups {', '.join(_as_strings(user.get('groups'))) or 'none'}"]
    parts += [f"{key} {value}" for key in ("arn", "sessionName") for value in _extra(user, key)]
    return "; ".join(parts)


def _is_role(canonical: str, role_arn: str) -> bool:
    """Compares roles without their path, which STS leaves out, and case-insensitively, as the authenticator does."""
    seen, expected = arn.parse(canonical), arn.parse(role_arn)
    if seen is None or expected is None:
        return canonical == role_arn
    return str(seen.without_path()).lower() == str(expected.without_path()).lower()


def _extra(user: Mapping[str, Any], key: str) -> list[str]:
    extra = user.get("extra")
    return _as_strings(extra.get(key)) if isinstance(extra, Mapping) else []


def _as_strings(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []
