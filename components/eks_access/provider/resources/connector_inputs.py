"""The inputs of `ConnectorRegistration`.

EKS has no call to change a registration apart from its tags, so every other input that it has replaces it. The inputs
that decide only how a registration is made and accessed are never a difference.
"""

from typing import Any

from ...connector import validation
from ...endpoint import is_loopback
from ...errors import InvalidInputError
from ...kubernetes.plain_kubeconfig import is_plain_url
from ...model.arn import ACCOUNT_ID
from ..properties import STRING, InputProperty, validate_bool, validate_string


def _validate_name(path: str, value: Any) -> None:
    validate_string(path, value)
    validation.validate_cluster_name(path, value)


def _validate_role_arn(path: str, value: Any) -> None:
    validate_string(path, value)
    validation.validate_agent_role(path, value)


def _validate_provider(path: str, value: Any) -> None:
    validate_string(path, value)
    validation.validate_provider(path, value)


def _validate_region(path: str, value: Any) -> None:
    validate_string(path, value)
    validation.validate_region(path, value)


def _validate_tags(path: str, value: Any) -> None:
    if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
        raise InvalidInputError(path, None, "must be a mapping of strings")
    validation.validate_tags(path, value)


def _validate_limit(path: str, value: Any) -> None:
    # The engine sends every number as a float.
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 1 or value != int(value):
        raise InvalidInputError(path, value, "is not a whole number from 1")


def _validate_endpoint(path: str, value: Any) -> None:
    validate_string(path, value)
    if not value.startswith(("http://", "https://")) or not is_plain_url(value):
        raise InvalidInputError(path, None, "is not a URL, or one with a user, password or query in it")
    if value.startswith("http://") and not is_loopback(value):
        raise InvalidInputError(
            path,
            None,
            "is an http:// URL of another machine, so requests and the activation code would be readable on the way",
            "Use https://.",
        )


def _validate_account(path: str, value: Any) -> None:
    validate_string(path, value)
    if not ACCOUNT_ID.fullmatch(value):
        raise InvalidInputError(path, value, "is not an account id of 12 digits")


INPUTS = (
    InputProperty(
        "name",
        "The cluster's name in EKS: letters, digits, - and _.",
        validate=_validate_name,
        is_required=True,
        is_replacing=True,
    ),
    InputProperty(
        "roleArn",
        "The role of the agent, which trusts ssm.amazonaws.com.",
        validate=_validate_role_arn,
        is_required=True,
        is_replacing=True,
    ),
    InputProperty(
        "clusterProvider",
        f"What kind of cluster it is: {', '.join(validation.ClusterProvider)}.",
        validate=_validate_provider,
        is_required=True,
        is_replacing=True,
    ),
    InputProperty(
        "region",
        "The AWS region to register in.",
        validate=_validate_region,
        is_required=True,
        is_replacing=True,
    ),
    InputProperty(
        "tags",
        "The registration's tags.",
        schema={"type": "object", "additionalProperties": STRING},
        validate=_validate_tags,
        differs=lambda old, new: (old or {}) != (new or {}),
    ),
    InputProperty(
        "limit",
        "How many connected clusters the region may have; 10, unless AWS raised the quota for you.",
        schema={"type": "integer"},
        validate=_validate_limit,
        differs=None,
    ),
    InputProperty(
        "ensureServiceLinkedRole",
        "Create EKS Connector's service-linked role first if the account has none. It is never deleted. Without this,"
        " AWS creates it when the first cluster is registered.",
        schema={"type": "boolean"},
        validate=validate_bool,
        differs=None,
    ),
    InputProperty(
        "endpoint",
        "The AWS endpoint; the AWS SDK's own settings apply if it is left out.",
        validate=_validate_endpoint,
        differs=None,
    ),
    InputProperty(
        "profile",
        "The AWS profile; the environment's credentials are used if it is left out.",
        differs=None,
    ),
    InputProperty(
        "account",
        "The account to register in: credentials of any other are refused.",
        validate=_validate_account,
        differs=None,
    ),
    InputProperty(
        "adopt",
        "Take over a registration of this name with the same role and provider that is connected already, instead of"
        " refusing.",
        schema={"type": "boolean"},
        validate=validate_bool,
        differs=None,
    ),
)
UNCOMPARED = tuple(each.name for each in INPUTS if each.differs is None)
