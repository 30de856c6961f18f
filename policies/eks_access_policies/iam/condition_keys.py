"""Finds condition keys that do not exist, or that no request of the statement's actions carries."""

import difflib
import re
from collections.abc import Iterator
from functools import lru_cache

from . import actions
from .document import Statement
from .glob import is_pattern, matches

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
_MAX_ITEMS = 10
_PLACEHOLDER = re.compile(r"\$\{|<|(?<=/)(tag-?key)?$")
"""How the reference writes that a key ends in any name: `${TagKey}`, `<key>`, `tag-key`, or not at all."""
_IN_ANY_REQUEST = re.compile(r":(resource|request|existingobject|requestobject)tag/|^[a-z0-9-]+:(source|roledelivery)")
"""Tags of a resource, which the reference lists for some actions, and keys of the caller's credentials.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html (ec2:SourceInstanceArn)"""


def find_unknown_keys(statement: Statement) -> Iterator[tuple[str, str]]:
    """Pairs of a key and a sentence about what is wrong with it."""
    for condition in statement.conditions[:_MAX_ITEMS]:
        problem = (
            _check_global_key(condition.key)
            if condition.lower_key.startswith("aws:")
            else _check_service_key(condition.key, statement)
        )
        if problem:
            yield condition.key, problem


@lru_cache(maxsize=4096)
def _check_global_key(key: str) -> str:
    lowered = key.lower()
    if lowered in _LOWER or any(known.endswith("*") and matches(known, lowered) for known in _LOWER):
        return ""
    close = difflib.get_close_matches(lowered[:80], _LOWER, n=1, cutoff=0.8)
    return f"AWS has no condition key {key!r:.80}" + (f"; did you mean {_LOWER[close[0]]}?" if close else ".")


def _check_service_key(key: str, statement: Statement) -> str:
    service = key.partition(":")[0].lower()
    if not actions.service_exists(service) or service == "sts":
        return ""  # a token's claim, or a service that is not in the reference
    known = [each.lower() for each in actions.condition_keys(service)]
    if not any(_matches_key(key.lower(), each) for each in known):
        close = difflib.get_close_matches(key.lower()[:80], known, n=1, cutoff=0.7)
        written = {each.lower(): each for each in actions.condition_keys(service)}
        return f"AWS's service reference has no condition key {key!r:.80}" + (
            f"; did you mean {written[close[0]]}?" if close else "."
        )
    if _IN_ANY_REQUEST.search(key.lower()):
        return ""
    named = [action for each in statement.actions if not is_pattern(each) and (action := actions.find_action(each))]
    of_service = [action for action in named if action.service == service]
    if not of_service or len(named) < len(statement.actions):
        return ""
    if any(_has_key(action, key.lower()) for action in named):
        return ""
    return (
        f"By AWS's service reference no request of {', '.join(map(str, of_service[:3]))} carries the condition key"
        f" {key}."
    )


def _has_key(action: actions.Action, key: str) -> bool:
    types = actions.resource_types(action.service)
    keys = [*action.condition_keys]
    for use in action.resources:
        keys += use.condition_keys
        keys += types[use.type].condition_keys if use.type in types else ()
    return any(_matches_key(key, each.lower()) for each in keys)


def _matches_key(key: str, known: str) -> bool:
    placeholder = _PLACEHOLDER.search(known)
    if placeholder is None:
        return key == known
    head = known[: placeholder.start()]
    return key.startswith(head) and len(key) > len(head)
