"""Condition keys: whether they exist, and whether a request of the statement's actions can carry them."""

import difflib
from collections.abc import Iterator
from functools import lru_cache

from . import actions
from .glob import is_pattern, matches
from .statement import Statement

GLOBAL = frozenset(
    """
    aws:AssumedRoot aws:CalledVia aws:CalledViaFirst aws:CalledViaLast aws:ChatbotSourceArn aws:CurrentTime
    aws:Ec2InstanceSourcePrivateIPv4 aws:Ec2InstanceSourceVpc aws:EpochTime aws:FederatedProvider
    aws:IsMcpServiceAction aws:MultiFactorAuthAge aws:MultiFactorAuthPresent aws:PrincipalAccount aws:PrincipalArn
    aws:PrincipalIsAWSService aws:PrincipalOrgID aws:PrincipalOrgPaths aws:PrincipalServiceName
    aws:PrincipalServiceNamesList aws:PrincipalTag/* aws:PrincipalType aws:Referer aws:RequestTag/*
    aws:RequestedRegion aws:ResourceAccount aws:ResourceOrgID aws:ResourceOrgPaths aws:ResourceTag/*
    aws:SecureTransport aws:SignInSessionArn aws:SourceAccount aws:SourceArn aws:SourceIdentity aws:SourceIp
    aws:SourceOrgID aws:SourceOrgPaths aws:SourceVpc aws:SourceVpcArn aws:SourceVpce aws:TagKeys aws:TokenIssueTime
    aws:UserAgent aws:ViaAWSService aws:ViaAWSMCPService aws:CalledViaAWSMCP aws:VpceAccount aws:VpceOrgID
    aws:VpceOrgPaths aws:VpcSourceIp aws:userid aws:username aws:PrincipalUserId
    """.split()  # noqa: SIM905
)
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html"""

_LOWER = {key.lower(): key for key in GLOBAL}
_MOST = 10


def unknown_keys(statement: Statement) -> Iterator[tuple[str, str]]:
    """Keys with what is wrong about them, in words."""
    for test in statement.conditions[:_MOST]:
        words = _global(test.key) if test.lower_key.startswith("aws:") else _of_service(test.key, statement)
        if words:
            yield test.key, words


@lru_cache(maxsize=4096)
def _global(key: str) -> str:
    lowered = key.lower()
    if lowered in _LOWER or any(known.endswith("*") and matches(known, lowered) for known in _LOWER):
        return ""
    close = difflib.get_close_matches(lowered[:80], _LOWER, n=1, cutoff=0.8)
    return f"There is no condition key {key!r:.80}" + (f"; did you mean {_LOWER[close[0]]}?" if close else ".")


def _of_service(key: str, statement: Statement) -> str:
    service = key.partition(":")[0].lower()
    if not actions.service_exists(service) or service == "sts":
        return ""  # a token's claim, or a service that the reference does not have
    known = [each.lower() for each in actions.condition_keys(service)]
    if not any(_is(key.lower(), each) for each in known):
        close = difflib.get_close_matches(key.lower()[:80], known, n=1, cutoff=0.7)
        written = {each.lower(): each for each in actions.condition_keys(service)}
        return f"There is no condition key {key!r:.80}" + (f"; did you mean {written[close[0]]}?" if close else ".")
    asked = [action for each in statement.actions if not is_pattern(each) and (action := actions.find(each))]
    of_service = [action for action in asked if action.service == service]
    if not of_service or len(asked) < len(statement.actions):
        return ""
    if any(_carries(action, key.lower()) for action in asked):
        return ""
    return f"{key} is in no request of {', '.join(map(str, of_service[:3]))}, so that the condition is about nothing."


def _carries(action: actions.Action, key: str) -> bool:
    types = actions.resource_types(action.service)
    keys = [*action.condition_keys]
    for use in action.resources:
        keys += use.condition_keys
        keys += types[use.type].condition_keys if use.type in types else ()
    return any(_is(key, each.lower()) for each in keys)


def _is(key: str, known: str) -> bool:
    head, placeholder, _ = known.partition("${")
    return key.startswith(head) if placeholder else key == known
