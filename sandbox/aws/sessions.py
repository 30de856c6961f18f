"""Trust decisions and sessions for the STS calls that the front answers itself.

The one place that calls MiniStack in process instead of over its API: no public call evaluates a trust
policy with condition keys of our choosing (`accounts.google.com:oaud`), or issues a session that no request
of MiniStack's own made. MiniStack is pinned; AssumeRoleWithSAML belongs here as well.
"""

import base64
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from ministack.core.iam_evaluator import EvalContext, evaluate_trust_policy
from ministack.services.sts import register_session

from sandbox.aws.arn import Arn
from sandbox.aws.inner import REGION


@dataclass(frozen=True)
class Session:
    access_key_id: str
    secret_access_key: str
    session_token: str
    expiration: datetime
    arn: str
    role_session_id: str


def trusted(role: Mapping[str, Any], action: str, provider: str, keys: Mapping[str, Any]) -> bool:
    """Whether the role's trust policy lets this federated principal do `action` with these condition keys."""
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
    return bool(evaluate_trust_policy(document, provider, context))


def issue(role: Mapping[str, Any], session_name: str, seconds: int) -> Session:
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
        },
    )
    return session
