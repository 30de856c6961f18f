"""Trust decisions and sessions for the STS calls that the front answers itself.

The one place that calls MiniStack in process instead of over its API: no public call evaluates a trust
policy with condition keys of our choosing (`accounts.google.com:oaud`), or issues a session that no request
of MiniStack's own made. MiniStack is pinned.

Its own AssumeRole evaluates the trust policy as AWS does, too (`evaluate_trust_as_aws`): with policy variables,
with the role's ARN as `aws:PrincipalArn` of its sessions, and with what a session keeps of its SAML assertion.
"""

import base64
import json
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from ministack.core import iam_evaluator
from ministack.core.iam_evaluator import EvalContext, evaluate_trust_policy
from ministack.services import iam
from ministack.services.sts import register_session

from .arn import Arn
from .ministack_client import REGION
from .trust_policies import for_principal, with_variables

DEFAULT_SECONDS, SHORTEST_SECONDS = 3600, 900
"""https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html (DurationSeconds)"""

_asserted: dict[str, Mapping[str, str]] = {}
"""By access key: what a session keeps of the SAML assertion that it was made with."""
_caller: ContextVar[str] = ContextVar("caller", default="")


@dataclass(frozen=True)
class Session:
    access_key_id: str
    secret_access_key: str
    session_token: str
    expiration: datetime
    arn: str
    role_session_id: str


class SessionDurationError(Exception):
    """A session of the role cannot last as long, or as short, as was asked: the code and message of STS's answer."""

    code = "ValidationError"
    message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."


def seconds(role: Mapping[str, Any], asked: str | None) -> int:
    """How long a session of the role lasts, with the duration that the request has.

    Raises:
        SessionDurationError: not as long as was asked.
    """
    wanted = int(asked or DEFAULT_SECONDS)
    if not SHORTEST_SECONDS <= wanted <= role.get("MaxSessionDuration", DEFAULT_SECONDS):
        raise SessionDurationError
    return wanted


def trusted(role: Mapping[str, Any], action: str, provider: str, keys: Mapping[str, Any]) -> bool:
    """Whether the role's trust policy lets this provider or service do `action` with these condition keys."""
    trust = role["AssumeRolePolicyDocument"]
    document = json.loads(unquote(trust)) if isinstance(trust, str) else trust
    arn = Arn.parse(role["Arn"])
    assert arn is not None, "IAM answers with the role's ARN"
    context = EvalContext(
        principal_arn=provider,
        principal_type="WebIdentityUser",
        principal_account=arn.account,
        action=action,
        resource_arn=role["Arn"],
        region=REGION,
        service_context={key.lower(): value for key, value in keys.items()},
    )
    if action == "sts:AssumeRoleWithSAML":
        document = for_principal(document, "Federated", provider)
    elif action != "sts:AssumeRoleWithWebIdentity":
        document = for_principal(document, "Service", provider)
    return bool(evaluate_trust_policy(_with_variables(document, context), provider, context))


@contextmanager
def calling(access_key: str) -> Iterator[None]:
    """The caller of the request that is handled inside: its access key. MiniStack checks the signature."""
    before = _caller.set(access_key)
    try:
        yield
    finally:
        _caller.reset(before)


def evaluate_trust_as_aws() -> None:
    """From now on, MiniStack's own AssumeRole evaluates trust policies so."""

    def evaluate(document: str | Mapping[str, Any], caller_arn: str, context: EvalContext | None = None) -> bool:
        if context is None:
            return bool(evaluate_trust_policy(document, caller_arn, context))
        asserted = _asserted.get(_caller.get(), {})
        context = replace(
            context,
            principal_arn=_role_of(caller_arn) or caller_arn,
            service_context={**context.service_context, **asserted},
        )
        parsed = json.loads(document) if isinstance(document, str) else document
        return bool(evaluate_trust_policy(_with_variables(parsed, context), caller_arn, context))

    iam_evaluator.evaluate_trust_policy = evaluate


def _with_variables(document: Mapping[str, Any], context: EvalContext) -> dict[str, Any]:
    return with_variables(document, lambda key: iam_evaluator._resolve_condition_key(key, context))


def find_role(role_arn: str) -> Mapping[str, Any] | None:
    """The role of this ARN, as MiniStack has it."""
    arn = Arn.parse(role_arn)
    role: Mapping[str, Any] | None = None if arn is None else iam._roles.get_scoped(arn.account, None, arn.name)
    return role


def _role_of(session_arn: str) -> str | None:
    """The ARN of a session's role, path included: what aws:PrincipalArn is for it."""
    arn = Arn.parse(session_arn)
    if arn is None or arn.kind != "assumed-role":
        return None
    role = iam._roles.get_scoped(arn.account, None, arn.resource.split("/")[1])
    return str(role["Arn"]) if role else None


def issue(
    role: Mapping[str, Any],
    session_name: str,
    seconds: int,
    *,
    keys: Mapping[str, str] | None = None,
    tags: Mapping[str, str] | None = None,
) -> Session:
    """A new session; `keys` are condition keys that all its requests have, `tags` its session tags."""
    arn = Arn.parse(role["Arn"])
    assert arn is not None, "IAM answers with the role's ARN"
    ends = time.time() + seconds
    session = Session(
        access_key_id="ASIA" + base64.b32encode(secrets.token_bytes(10)).decode(),
        secret_access_key=secrets.token_urlsafe(30),
        session_token=secrets.token_urlsafe(96),
        expiration=datetime.fromtimestamp(ends, UTC),
        arn=f"arn:{arn.partition}:sts::{arn.account}:assumed-role/{arn.name}/{session_name}",
        role_session_id=f"{role['RoleId']}:{session_name}",
    )
    register_session(
        session.access_key_id,
        {
            "Arn": session.arn,
            "UserId": session.role_session_id,
            "SecretAccessKey": session.secret_access_key,
            "SessionToken": session.session_token,
            "Expiration": ends,
            "AccountId": arn.account,
            "PrincipalType": "AssumedRole",
            "SessionTags": [{"Key": key, "Value": value} for key, value in (tags or {}).items()],
        },
    )
    if keys:
        _asserted[session.access_key_id] = dict(keys)
    return session
