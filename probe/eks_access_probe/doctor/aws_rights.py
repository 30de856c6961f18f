"""The deployer's rights in AWS, by IAM's simulation of their policies: no call is made that a deployment would make.

The simulation includes organizations' policies and boundaries, and no session policies.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from eks_access.errors import EksAccessError
from eks_access.model.placeholders import is_known
from eks_access.provision.deployer_rights import CHANGE, REMOVE, UP, AwsRight
from eks_access.redaction import redacted
from eks_access.text_layout import format_count

from ..checks.aws_errors import is_denial, parse_error
from ..identity.aws_clients import Aws
from ..operator.simulation_request import AmbiguousRequestError, build_simulation_request
from .credentials import CLIENT_ERRORS, Caller
from .finding import Check, Finding, Status

SIMULATE = "iam:SimulatePrincipalPolicy"
STAGES = {UP: "`pulumi up` fails without it", CHANGE: "to change it later", REMOVE: "to remove it"}
_MAX_PURPOSES = 3
_THREADS = 4


class SourceError(EksAccessError):
    """Whose policies to simulate is not known; the message has the reason."""


@dataclass
class _Outcome:
    """What the simulation said of each right."""

    denied: list[tuple[AwsRight, str]] = field(default_factory=list)
    unknown: list[tuple[AwsRight, str]] = field(default_factory=list)
    count: int = 0


Simulated = tuple[str, tuple[tuple[str, tuple[str, ...]], ...]]
"""Resource and context of one request. Several actions are asked about at once, and a single resource: the decision
about an action is then the one on it."""


def check_aws_rights(aws: Aws, caller: Caller, rights: Iterable[AwsRight], region: str) -> list[Finding]:
    """Findings about all the rights: what is missing, and what is not known."""
    outcome = _Outcome()
    requests: dict[Simulated, dict[str, list[AwsRight]]] = defaultdict(lambda: defaultdict(list))
    for right in rights:
        outcome.count += 1
        try:
            for simulated in _build_requests(caller, right):
                requests[simulated][right.action].append(right)
        except AmbiguousRequestError as error:
            outcome.unknown.append((right, str(error)))
    try:
        source = find_policy_source(aws, caller, region)
        iam = aws.client("iam", region, caller.keys)
        with ThreadPoolExecutor(_THREADS) as pool:
            every = pool.map(lambda each: _simulate(iam, source, each, list(requests[each])), requests)
            for actions, results in zip(requests.values(), every, strict=True):
                _sort(results, actions, outcome)
    except SourceError as error:
        return [_unknown_finding(str(error))]
    except ClientError as error:
        parsed = parse_error(error)
        words = f"{SIMULATE} is refused to you" if is_denial(parsed.code) else f"IAM answered {parsed.code}"
        return [_unknown_finding(f"{words}: {redacted(parsed.message)}", f"Have {SIMULATE} and iam:GetRole allowed.")]
    except CLIENT_ERRORS as error:
        return [_unknown_finding(f"IAM cannot be asked: {redacted(str(error))}")]
    return list(_findings(caller, outcome))


def find_policy_source(aws: Aws, caller: Caller, region: str) -> str:
    """The ARN of the user or role whose policies decide, with its path.

    Raises:
        SourceError: the caller is neither, or its role cannot be read and has a path that is not known.
        ClientError, BotoCoreError: IAM failed otherwise.
    """
    parsed = caller.parsed
    if parsed is None or (parsed.service == "iam" and parsed.kind not in ("user", "role")):
        who = "the account's root user" if parsed and parsed.resource == "root" else caller.arn
        raise SourceError(f"IAM simulates the policies of users and roles alone, and you are {who}")
    if parsed.service == "iam":
        return caller.arn
    if parsed.kind != "assumed-role":
        raise SourceError(f"IAM simulates the policies of users and roles alone, and you are {caller.arn}")
    name = parsed.resource.split("/")[1]
    try:
        arn: str = aws.client("iam", region, caller.keys).get_role(RoleName=name)["Role"]["Arn"]
    except ClientError as error:
        if not is_denial(parse_error(error).code):
            raise
        raise SourceError(
            f"the ARN of your role {name}, with its path, is read by iam:GetRole, which is refused to you"
        ) from error
    return arn


def _build_requests(caller: Caller, right: AwsRight) -> Iterator[Simulated]:
    if not all(map(is_known, _texts(right.parameters))):
        raise AmbiguousRequestError("its resource is named by a secret of the stack, which is not decrypted here")
    request = build_simulation_request(
        right.action, right.parameters, partition=caller.partition, account=caller.account, region=right.region
    )
    for resource in request.resources:
        yield resource, tuple(sorted(request.context.items()))


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)


def _simulate(iam: Any, source: str, simulated: Simulated, actions: list[str]) -> list[Mapping[str, Any]]:
    resource, context = simulated
    entries = [
        {
            "ContextKeyName": key,
            "ContextKeyValues": list(values),
            "ContextKeyType": "string" if len(values) == 1 else "stringList",
        }
        for key, values in context
    ]
    pages = iam.get_paginator("simulate_principal_policy").paginate(
        PolicySourceArn=source, ActionNames=actions, ResourceArns=[resource], ContextEntries=entries
    )
    return [{"Resource": resource, **result} for page in pages for result in page["EvaluationResults"]]


def _sort(results: Iterable[Mapping[str, Any]], actions: Mapping[str, Iterable[AwsRight]], outcome: _Outcome) -> None:
    """Adds what one request found."""
    answered = set()
    for result in results:
        action = result["EvalActionName"]
        answered.add(action)
        if result["EvalDecision"] == "allowed":
            continue
        missing = result.get("MissingContextValues") or ()
        for right in actions.get(action, ()):
            if missing:
                reason = f"a policy has conditions on {', '.join(missing)}, whose values are not known before the call"
                outcome.unknown.append((right, reason))
            else:
                outcome.denied.append((right, f"on {result['Resource']}{_reason(result)}"))
    for action in actions.keys() - answered:
        outcome.unknown += [(right, "was not answered by the simulation") for right in actions[action]]


def _reason(result: Mapping[str, Any]) -> str:
    """Which kind of policy denies it, where that is known."""
    if result.get("OrganizationsDecisionDetail", {}).get("AllowedByOrganizations") is False:
        return ", denied by a policy of the organization"
    if result.get("PermissionsBoundaryDecisionDetail", {}).get("AllowedByPermissionsBoundary") is False:
        return ", not allowed by your permissions boundary"
    return ", denied explicitly" if result["EvalDecision"] == "explicitDeny" else ""


def _findings(caller: Caller, outcome: _Outcome) -> Iterable[Finding]:
    if outcome.denied:
        actions = {right.action for right, _ in outcome.denied}
        yield Finding(
            Check.AWS_RIGHTS,
            Status.PROBLEM,
            f"you may not make {format_count(len(actions), 'call')} that the environment needs",
            details=tuple(_lines(outcome.denied)),
            advice=f"Have them allowed to {caller.arn}, or deploy as a principal that has them.",
        )
    if outcome.unknown:
        yield Finding(
            Check.AWS_RIGHTS,
            Status.UNKNOWN,
            "some of the actions that the environment needs could not be simulated",
            details=tuple(_lines(outcome.unknown)),
        )
    if not outcome.denied and not outcome.unknown:
        yield Finding(
            Check.AWS_RIGHTS, Status.OK, f"{format_count(outcome.count, 'call')} of a deployment, by {SIMULATE}"
        )


def _lines(rights: Iterable[tuple[AwsRight, str]]) -> Iterable[str]:
    """One line for each action and reason, with what needs it."""
    purposes: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for right, reason in rights:
        purposes[right.action, reason][right.purpose] = right.stage
    for (action, reason), needed in sorted(purposes.items()):
        shown = list(needed)[:_MAX_PURPOSES]
        more = f" and {len(needed) - len(shown)} more" if len(needed) > len(shown) else ""
        stage = STAGES[next(iter(needed.values()))]
        yield f"{action} {reason}: for {', '.join(shown)}{more} ({stage})"


def _unknown_finding(reason: str, advice: str = "") -> Finding:
    return Finding(Check.AWS_RIGHTS, Status.UNKNOWN, f"whether you may deploy is not known: {reason}", advice=advice)
