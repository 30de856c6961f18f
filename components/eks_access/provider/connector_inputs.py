"""The inputs of `ConnectorRegistration`: what is wrong with one, and the schema's part about them."""

from typing import Any

from pulumi.provider.experimental.provider import CheckFailure

from ..connector import validation
from ..errors import InvalidInputError
from ..model.arn import ACCOUNT_ID
from .values import is_known

REQUIRED = ("name", "roleArn", "clusterProvider", "region")
REPLACES = REQUIRED
"""EKS has no call to change a registration, apart from its tags."""
UPDATES = ("tags",)
HOW = ("limit", "ensureServiceLinkedRole", "endpoint", "profile", "account")
"""How the registration is made and reached, not what it is: a change of these is no change of it."""
PROPERTIES = (*REPLACES, *UPDATES, *HOW)


def faults(name: str, value: Any) -> list[CheckFailure]:
    try:
        _validate(name, value)
    except InvalidInputError as refused:
        return [CheckFailure(name, str(refused))]
    return []


def _validate(name: str, value: Any) -> None:
    if name == "tags":
        if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
            raise InvalidInputError(name, None, "must be a mapping of texts")
        validation.check_tags(name, value)
    elif name == "limit":
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 1 or value != int(value):
            raise InvalidInputError(name, value, "is not a whole number from 1")
    elif name == "ensureServiceLinkedRole":
        if not isinstance(value, bool):
            raise InvalidInputError(name, value, "is not true or false")
    elif not isinstance(value, str) or not value:
        raise InvalidInputError(name, value, "is not a non-empty text")
    elif name in _CHECKS:
        _CHECKS[name](name, value)
    elif name == "account" and not ACCOUNT_ID.fullmatch(value):
        raise InvalidInputError(name, value, "is not an account id of 12 digits")
    elif name == "endpoint" and not value.startswith(("http://", "https://")):
        raise InvalidInputError(name, None, "is not a URL")


_CHECKS = {
    "name": validation.check_name,
    "roleArn": validation.check_agent_role,
    "clusterProvider": validation.check_provider,
    "region": validation.check_region,
}


def differs(name: str, old: Any, new: Any) -> bool:
    if name in HOW:
        return False
    if not is_known(new):
        return True
    return bool((old or {}) != (new or {})) if name == "tags" else bool(old != new)


_STRING = {"type": "string"}
_INPUTS: dict[str, Any] = {
    "name": {**_STRING, "description": "The cluster's name in EKS: letters, digits, - and _."},
    "roleArn": {**_STRING, "description": "The role of the agent, which trusts ssm.amazonaws.com."},
    "clusterProvider": {
        **_STRING,
        "description": f"What kind of cluster it is: {', '.join(validation.ClusterProvider)}.",
    },
    "region": {**_STRING, "description": "The AWS region to register in."},
    "tags": {"type": "object", "additionalProperties": _STRING, "description": "The registration's tags."},
    "limit": {
        "type": "integer",
        "description": "How many connected clusters the region may have; 10, unless AWS raised the quota for you.",
    },
    "ensureServiceLinkedRole": {
        "type": "boolean",
        "description": "Make EKS Connector's service-linked role first where the account has none. It is never"
        " deleted. Without this, AWS makes it when the first cluster is registered.",
    },
    "endpoint": {**_STRING, "description": "The AWS endpoint; the AWS SDK's own settings hold where it is left out."},
    "profile": {**_STRING, "description": "The AWS profile; the environment's credentials where it is left out."},
    "account": {**_STRING, "description": "The account to register in: credentials of any other are refused."},
}
_OUTPUTS: dict[str, Any] = {
    "arn": {**_STRING, "description": "The connected cluster's ARN."},
    "activationId": {**_STRING, "description": "The activation that the agent registers itself with."},
    "activationCode": {
        **_STRING,
        "secret": True,
        "description": "The activation's code. EKS tells it once: it is not known for an imported registration.",
    },
    "activationExpiry": {**_STRING, "description": "When the activation runs out, if no agent has used it."},
    "status": {**_STRING, "description": "The status when it was registered or last refreshed."},
}

CONNECTOR_REGISTRATION: dict[str, Any] = {
    "description": "The registration of a cluster with Amazon EKS Connector. A registration whose activation has run"
    " out before an agent used it is replaced. Import it with the id `<region>/<name>`.",
    "inputProperties": _INPUTS,
    "requiredInputs": sorted(REQUIRED),
    "properties": {**_INPUTS, **_OUTPUTS},
    "required": sorted([*REQUIRED, "activationExpiry", "activationId", "arn", "status"]),
}
