"""SimulatePrincipalPolicy of a role as IAM answers it: by MiniStack's own evaluator, the one that decides real calls.

MiniStack's answer to it leaves out the context of the request, the permissions boundary, every resource but the first,
and roles that have a path. Whether the caller may simulate is decided by MiniStack; it is decided on the principal that
is asked about, which MiniStack leaves out as well.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

import uuid
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from ministack.core import iam_actions, iam_evaluator
from ministack.core.iam_evaluator import EvalContext, ParsedStatement
from ministack.services import iam

from .arn import Arn
from .asgi import App, Request, Response, forward
from .ministack_client import REGION

ACTION = "SimulatePrincipalPolicy"
NAMESPACE = "https://iam.amazonaws.com/doc/2010-05-08/"
_DECISIONS = {"Allow": "allowed", "Deny": "explicitDeny", "ImplicitDeny": "implicitDeny"}


def decide_on_source() -> None:
    """From now on, MiniStack decides about a simulation by the ARN of the principal that it is about."""
    extract = iam_actions.extract_resource_arn

    def extended(
        service: str, method: str, path: str, headers: Any, body: Any, query: Any, region: str, account: str
    ) -> str:
        form = dict(parse_qsl(body.decode("utf-8", "replace"))) if service == "iam" and body else {}
        if form.get("Action") == ACTION and form.get("PolicySourceArn"):
            return str(form["PolicySourceArn"])
        return str(extract(service, method, path, headers, body, query, region, account))

    iam_actions.extract_resource_arn = extended


async def handle(ministack: App, request: Request) -> Response:
    response = await forward(ministack, request)
    source = Arn.parse(request.form.get("PolicySourceArn", ""))
    if response.status != 200 or source is None or source.kind != "role":
        return response
    if iam._roles.get_scoped(source.account, None, source.name) is None:
        return _error(404, "NoSuchEntity", f"The role with name {source.name} cannot be found.")
    return _answer(evaluated(source, request.form))


def evaluated(role: Arn, form: Mapping[str, str]) -> Iterator[tuple[str, str, str, list[str]]]:
    """Each action on each resource: its decision, and the condition keys that lack a value."""
    policies = iam_evaluator._gather_role_policies(role.name, role.account)
    boundary = iam_evaluator._permissions_boundary(iam._roles, role.name, role.account)
    given = context(form)
    for action in _members(form, "ActionNames"):
        for resource in list(_members(form, "ResourceArns")) or ["*"]:
            asked = EvalContext(
                principal_arn=str(role),
                principal_type="AssumedRole",
                principal_account=role.account,
                action=action,
                resource_arn=resource,
                region=REGION,
                service_context=given,
            )
            statements = [each for layer in (policies, *boundary) for policy in layer for each in policy]
            decision = _DECISIONS[iam_evaluator.evaluate(asked, policies, *boundary).decision]
            yield action, resource, decision, sorted(missing(asked, statements))


def context(form: Mapping[str, str]) -> dict[str, Any]:
    """The request's condition keys, lower-cased: a text, or a list where several values were given."""
    found: dict[str, Any] = {}
    number = 1
    while name := form.get(f"ContextEntries.member.{number}.ContextKeyName"):
        values = list(_members(form, f"ContextEntries.member.{number}.ContextKeyValues"))
        found[name.lower()] = values[0] if len(values) == 1 else values
        number += 1
    return found


def missing(asked: EvalContext, statements: list[ParsedStatement]) -> set[str]:
    """Keys that a statement about this action and resource has a condition on, and the request no value of."""
    return {
        key
        for statement in statements
        if iam_evaluator._action_matches(asked.action, statement.actions, statement.not_actions)
        and iam_evaluator._resource_matches(asked.resource_arn, statement.resources, statement.not_resources)
        for keys in statement.conditions.values()
        for key in keys
        if iam_evaluator._resolve_condition_key(key, asked) is None
    }


def _members(form: Mapping[str, str], name: str) -> Iterator[str]:
    number = 1
    while value := form.get(f"{name}.member.{number}"):
        yield value
        number += 1


def _answer(results: Iterator[tuple[str, str, str, list[str]]]) -> Response:
    members = "".join(
        f"<member><EvalActionName>{escape(action)}</EvalActionName>"
        f"<EvalResourceName>{escape(resource)}</EvalResourceName><EvalDecision>{decision}</EvalDecision>"
        "<MatchedStatements/><MissingContextValues>"
        + "".join(f"<member>{escape(key)}</member>" for key in keys)
        + "</MissingContextValues></member>"
        for action, resource, decision, keys in results
    )
    return _xml(
        200,
        f'<{ACTION}Response xmlns="{NAMESPACE}"><{ACTION}Result><IsTruncated>false</IsTruncated>'
        f"<EvaluationResults>{members}</EvaluationResults></{ACTION}Result>"
        f"<ResponseMetadata><RequestId>{uuid.uuid4()}</RequestId></ResponseMetadata></{ACTION}Response>",
    )


def _error(status: int, code: str, message: str) -> Response:
    return _xml(
        status,
        f'<ErrorResponse xmlns="{NAMESPACE}"><Error><Type>Sender</Type><Code>{code}</Code>'
        f"<Message>{escape(message)}</Message></Error><RequestId>{uuid.uuid4()}</RequestId></ErrorResponse>",
    )


def _xml(status: int, text: str) -> Response:
    return Response(status, [(b"content-type", b"text/xml")], text.encode())
