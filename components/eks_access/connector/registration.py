"""Registering a cluster with EKS Connector: every operation on AWS, and nothing of Pulumi.

The activation code is in RegisterCluster's answer and nowhere else: DescribeCluster never gives it. An activation
works once and for three days; when it has run out unused, the registration has to be made anew.
https://docs.aws.amazon.com/eks/latest/userguide/connecting-cluster.html
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random_exponential

from ..errors import EksAccessError, InvalidInputError
from . import validation

PROPAGATION_SECONDS = 300.0
"""How long a role or a service-linked role that was just made may take to be seen; usually half a minute."""
ACTIVE = "ACTIVE"


class RegistrationError(EksAccessError):
    """AWS refused, or the registration is not what it should be. The message says what to do."""


@dataclass(frozen=True)
class Wanted:
    name: str
    role_arn: str
    provider: str
    region: str
    tags: Mapping[str, str] = field(default_factory=dict)
    limit: int = validation.DEFAULT_LIMIT
    ensure_service_linked_role: bool = False


@dataclass(frozen=True)
class Registration:
    """A connected cluster as EKS has it. `activation_code` is None but in the answer to its registration."""

    name: str
    arn: str
    status: str
    role_arn: str
    provider: str
    activation_id: str
    activation_expiry: datetime | None
    tags: Mapping[str, str]
    activation_code: str | None = field(default=None, repr=False)


def is_lost(status: str, expiry: datetime | None, has_code: bool, now: datetime) -> bool:
    """Whether this cluster can never connect: its activation ran out unused, or the code for it is not known."""
    if status == ACTIVE:
        return False
    return not has_code or status == "FAILED" or (expiry is not None and expiry <= now)


def check_possible(eks: Any, wanted: Wanted) -> None:
    """Tell before registering what would be refused.

    Raises:
        InvalidInputError: the region is full, or has a cluster of this name.
    """
    own = _names(eks)
    everything = _names(eks, include=["all"])
    if wanted.name in everything:
        kind = "an EKS cluster" if wanted.name in own else "a connected cluster"
        raise InvalidInputError(
            "name",
            wanted.name,
            f"is the name of {kind} in region {wanted.region} already",
            "Choose another name." if wanted.name in own else f"Import it with the id {identifier(wanted)!r}.",
        )
    validation.check_room(len(everything - own), wanted.limit, wanted.region)


def register(
    eks: Any,
    iam: Any,
    wanted: Wanted,
    *,
    deadline: float = PROPAGATION_SECONDS,
    sleep: Callable[[float], None] = time.sleep,
    on_delay: Callable[[str], None] = lambda _: None,
) -> Registration:
    """Register the cluster; what is still propagating in AWS is waited for until the deadline.

    Raises:
        InvalidInputError: AWS would refuse it.
        RegistrationError: AWS did refuse it, or what it needs was not there in time.
    """
    check_possible(eks, wanted)
    if wanted.ensure_service_linked_role:
        ensure_service_linked_role(iam)
    patient = Retrying(
        retry=retry_if_exception(is_propagating),
        stop=stop_after_delay(deadline),
        wait=wait_random_exponential(multiplier=2, max=20),
        before_sleep=lambda _: on_delay("AWS does not see the connector's roles yet; trying again"),
        reraise=True,
        sleep=sleep,
    )
    try:
        answer = patient(_register, eks, wanted)
    except ClientError as error:
        if is_propagating(error):
            raise RegistrationError(
                f"the role {wanted.role_arn} or the service-linked role of EKS Connector was not seen by AWS within"
                f" {deadline:g} seconds ({_words(error)}). Run `pulumi up` again; if that does not help, see that the"
                f" role exists and trusts {validation.AGENT_SERVICE}."
            ) from error
        raise _told(error, f"registering cluster {wanted.name!r}") from error
    return _registration(answer["cluster"])


def find(eks: Any, name: str) -> Registration | None:
    """The connected cluster of this name; None when there is none.

    Raises:
        RegistrationError: the name is that of an EKS cluster, or AWS refused.
    """
    try:
        cluster = eks.describe_cluster(name=name)["cluster"]
    except ClientError as error:
        if _code(error) == "ResourceNotFoundException":
            return None
        raise _told(error, f"reading cluster {name!r}") from error
    if not cluster.get("connectorConfig"):
        raise RegistrationError(f"cluster {name!r} is an EKS cluster and not one registered with EKS Connector")
    return _registration(cluster)


def retag(eks: Any, arn: str, old: Mapping[str, str], new: Mapping[str, str]) -> None:
    """Bring the tags from `old` to `new`; tags that others set are left.

    Raises:
        RegistrationError: AWS refused.
    """
    gone = sorted(set(old) - set(new))
    put = {key: value for key, value in new.items() if old.get(key) != value}
    try:
        if gone:
            eks.untag_resource(resourceArn=arn, tagKeys=gone)
        if put:
            eks.tag_resource(resourceArn=arn, tags=put)
    except ClientError as error:
        raise _told(error, f"tagging {arn}") from error


def deregister(eks: Any, name: str) -> None:
    """Deregister the cluster; one that is not registered any more is as wanted.

    Raises:
        RegistrationError: AWS refused.
    """
    try:
        eks.deregister_cluster(name=name)
    except ClientError as error:
        if _code(error) != "ResourceNotFoundException":
            raise _told(error, f"deregistering cluster {name!r}") from error


def ensure_service_linked_role(iam: Any) -> None:
    """Make EKS Connector's service-linked role where the account has none. It is the account's, and never deleted.

    Raises:
        RegistrationError: AWS refused.
    """
    try:
        if iam.list_roles(PathPrefix=f"/aws-service-role/{validation.SERVICE}/")["Roles"]:
            return
        iam.create_service_linked_role(AWSServiceName=validation.SERVICE)
    except ClientError as error:
        # Somebody else made it in between: "Service role name ... has been taken in this account".
        if _code(error) == "EntityAlreadyExists" or "has been taken" in _words(error):
            return
        raise _told(error, f"making the service-linked role {validation.SERVICE_LINKED_ROLE}") from error


def identifier(wanted: Wanted) -> str:
    return f"{wanted.region}/{wanted.name}"


def is_propagating(error: BaseException) -> bool:
    return isinstance(error, ClientError) and _code(error) == "ResourcePropagationDelayException"


def _register(eks: Any, wanted: Wanted) -> Any:
    return eks.register_cluster(
        name=wanted.name,
        connectorConfig={"roleArn": wanted.role_arn, "provider": wanted.provider},
        **({"tags": dict(wanted.tags)} if wanted.tags else {}),
    )


def _names(eks: Any, **options: Any) -> set[str]:
    try:
        pages = eks.get_paginator("list_clusters").paginate(**options)
        return {name for page in pages for name in page["clusters"]}
    except ClientError as error:
        raise _told(error, "listing the clusters of the region") from error


def _registration(cluster: Mapping[str, Any]) -> Registration:
    config = cluster["connectorConfig"]
    expiry = config.get("activationExpiry")
    return Registration(
        name=cluster["name"],
        arn=cluster["arn"],
        status=cluster["status"],
        role_arn=config.get("roleArn", ""),
        provider=config.get("provider", ""),
        activation_id=config.get("activationId", ""),
        activation_expiry=expiry.astimezone(UTC) if expiry else None,
        tags=dict(cluster.get("tags") or {}),
        activation_code=config.get("activationCode"),
    )


_ADVICE: Mapping[str, str] = {
    "ResourceLimitExceededException": "Deregister a cluster, or have the quota raised in Service Quotas.",
    "ResourceInUseException": "It is in use or registered already: import it, or deregister it first.",
    "AccessDeniedException": "The deployer needs eks:RegisterCluster, eks:DeregisterCluster, eks:DescribeCluster,"
    " eks:ListClusters, eks:TagResource, eks:UntagResource, ssm:CreateActivation, ssm:DeleteActivation,"
    " ssm:DeregisterManagedInstance and iam:PassRole for the agent's role.",
}


def _told(error: ClientError, doing: str) -> RegistrationError:
    code = _code(error)
    return RegistrationError(f"{doing} failed: {code}: {_words(error)} {_ADVICE.get(code, '')}".rstrip())


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _words(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Message", ""))
