"""Registering a cluster with EKS Connector: every operation on AWS, independent of Pulumi.

The activation code is in the response of RegisterCluster and nowhere else: DescribeCluster never returns it. An
activation works once and for three days; when it has expired unused, the cluster has to be registered again.
https://docs.aws.amazon.com/eks/latest/userguide/connecting-cluster.html
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random_exponential

from ..errors import EksAccessError, InvalidInputError
from ..model.rbac import STACK
from . import validation

PROPAGATION_SECONDS = 300.0
"""How long a new role or service-linked role may take to be visible to EKS; usually half a minute."""
ACTIVE = "ACTIVE"

log = logging.getLogger(__name__)


class RegistrationError(EksAccessError):
    """AWS refused, or the registration is not as expected. The message contains what to do."""


@dataclass(frozen=True)
class RegistrationRequest:
    """A cluster to register.

    Attributes:
        name: its name in EKS.
        role_arn: the role of the connector's agent.
        provider: what kind of cluster it is; one of `validation.ClusterProvider`.
        region: the AWS region to register in.
        tags: the registration's tags.
        limit: how many connected clusters the region may have.
        ensure_service_linked_role: create EKS Connector's service-linked role first if the account has none.
    """

    name: str
    role_arn: str
    provider: str
    region: str
    tags: Mapping[str, str] = field(default_factory=dict)
    limit: int = validation.DEFAULT_LIMIT
    ensure_service_linked_role: bool = False


@dataclass(frozen=True)
class Registration:
    """A connected cluster as EKS describes it. Only the response to its registration has an `activation_code`."""

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
    """Can this cluster never connect, because its activation expired unused or its code is not known?"""
    if status == ACTIVE:
        return False
    return not has_code or status == "FAILED" or (expiry is not None and expiry <= now)


def validate_availability(eks: Any, request: RegistrationRequest) -> None:
    """Check that the region has no cluster of this name, and room for another one.

    Raises:
        InvalidInputError: the region is full, or has a cluster of this name.
    """
    own = _list_names(eks)
    everything = _list_names(eks, include=["all"])
    if request.name in everything:
        kind = "an EKS cluster" if request.name in own else "a connected cluster"
        raise InvalidInputError(
            "name",
            request.name,
            f"is the name of {kind} in region {request.region} already",
            "Choose another name." if request.name in own else f"Import it with the id {format_identifier(request)!r}.",
        )
    validation.validate_room(len(everything - own), request.limit, request.region)


def register(
    eks: Any,
    iam: Any,
    request: RegistrationRequest,
    *,
    deadline: float = PROPAGATION_SECONDS,
    sleep: Callable[[float], None] = time.sleep,
    on_delay: Callable[[str], None] = lambda _: None,
) -> Registration:
    """Register the cluster, and retry until the deadline while new roles are still propagating in AWS.

    Args:
        eks: the EKS client.
        iam: the IAM client.
        request: the cluster to register.
        deadline: how many seconds to retry for.
        sleep: waits for a number of seconds.
        on_delay: called with a message before each retry.

    Raises:
        InvalidInputError: AWS would refuse it.
        RegistrationError: AWS did refuse it, or the roles were not visible before the deadline.
    """
    validate_availability(eks, request)
    if request.ensure_service_linked_role:
        ensure_service_linked_role(iam)
    retrying = Retrying(
        retry=retry_if_exception(is_propagating),
        stop=stop_after_delay(deadline),
        wait=wait_random_exponential(multiplier=2, max=20),
        before_sleep=lambda state: _report_delay(on_delay, state.attempt_number),
        reraise=True,
        sleep=sleep,
    )
    try:
        response = retrying(_register, eks, request)
    except ClientError as error:
        if is_propagating(error):
            raise RegistrationError(
                f"the role {request.role_arn} or the service-linked role of EKS Connector was not seen by AWS within"
                f" {deadline:g} seconds ({_error_message(error)}). Run `pulumi up` again; if that does not help, check"
                f" that the role exists and trusts {validation.AGENT_SERVICE}."
            ) from error
        raise _registration_error(error, f"registering cluster {request.name!r}") from error
    created = _parse_registration(response["cluster"])
    log.info("registered %s: its activation expires at %s", created.arn, created.activation_expiry)
    return created


def find(eks: Any, name: str) -> Registration | None:
    """The connected cluster of this name; None if there is none.

    Raises:
        RegistrationError: the name is that of an EKS cluster, or AWS refused.
    """
    try:
        cluster = eks.describe_cluster(name=name)["cluster"]
    except ClientError as error:
        if _error_code(error) == "ResourceNotFoundException":
            return None
        raise _registration_error(error, f"reading cluster {name!r}") from error
    if not cluster.get("connectorConfig"):
        raise RegistrationError(f"cluster {name!r} is an EKS cluster and not one registered with EKS Connector")
    return _parse_registration(cluster)


def find_adoptable(eks: Any, request: RegistrationRequest) -> Registration | None:
    """The connected cluster that is registered already as it is requested; None if there is none of this name.

    Raises:
        InvalidInputError: it has another role or provider, another stack has it, or it is not connected yet.
        RegistrationError: the name is that of an EKS cluster, or AWS refused.
    """
    live = find(eks, request.name)
    if live is None:
        return None
    problem, advice = explain_obstacle(live, request)
    if problem:
        raise InvalidInputError("name", request.name, problem, advice)
    return live


def explain_obstacle(live: Registration, request: RegistrationRequest) -> tuple[str, str]:
    """Why a registration cannot be taken over as it is requested, and what to do; empty texts if it can.

    An empty `role_arn` of the request is not compared: it is not known yet.
    """
    owner = live.tags.get(STACK)
    if owner not in (None, request.tags.get(STACK)):
        return f"is the name of a connected cluster of stack {owner}", "Remove it from that stack first."
    if request.role_arn and live.role_arn != request.role_arn:
        return f"is registered with the role {live.role_arn}, which cannot be changed", "Use that role."
    if live.provider != request.provider:
        return f"is registered with the provider {live.provider}, which cannot be changed", "Give that provider."
    if live.status != ACTIVE:
        return (
            f"is registered and not connected (its status is {live.status}): its activation code is not known",
            "Let its connector connect first, or deregister it.",
        )
    return "", ""


def retag(eks: Any, arn: str, old: Mapping[str, str], new: Mapping[str, str]) -> None:
    """Change the tags from `old` to `new`. Tags in neither are left alone.

    Raises:
        RegistrationError: AWS refused.
    """
    removed = sorted(set(old) - set(new))
    changed = {key: value for key, value in new.items() if old.get(key) != value}
    try:
        if removed:
            eks.untag_resource(resourceArn=arn, tagKeys=removed)
        if changed:
            eks.tag_resource(resourceArn=arn, tags=changed)
    except ClientError as error:
        raise _registration_error(error, f"tagging {arn}") from error


def deregister(eks: Any, name: str) -> None:
    """Deregister the cluster. One that is not registered is no error.

    Raises:
        RegistrationError: AWS refused.
    """
    log.info("deregistering cluster %s", name)
    try:
        eks.deregister_cluster(name=name)
    except ClientError as error:
        if _error_code(error) != "ResourceNotFoundException":
            raise _registration_error(error, f"deregistering cluster {name!r}") from error


def ensure_service_linked_role(iam: Any) -> None:
    """Create EKS Connector's service-linked role if the account has none. It belongs to the account: never deleted.

    Raises:
        RegistrationError: AWS refused.
    """
    try:
        if iam.list_roles(PathPrefix=f"/aws-service-role/{validation.SERVICE}/")["Roles"]:
            return
        log.info("creating the service-linked role %s", validation.SERVICE_LINKED_ROLE)
        iam.create_service_linked_role(AWSServiceName=validation.SERVICE)
    except ClientError as error:
        # Created by another caller in between: "Service role name ... has been taken in this account".
        if _error_code(error) == "EntityAlreadyExists" or "has been taken" in _error_message(error):
            return
        raise _registration_error(
            error, f"creating the service-linked role {validation.SERVICE_LINKED_ROLE}"
        ) from error


def format_identifier(request: RegistrationRequest) -> str:
    """The registration's id in Pulumi."""
    return f"{request.region}/{request.name}"


def is_propagating(error: BaseException) -> bool:
    """Does EKS not see a role yet that was just created?"""
    return isinstance(error, ClientError) and _error_code(error) == "ResourcePropagationDelayException"


def _report_delay(on_delay: Callable[[str], None], attempt: int) -> None:
    log.debug("attempt %d to register the cluster: its roles are still propagating", attempt)
    on_delay("AWS does not see the connector's roles yet; trying again")


def _register(eks: Any, request: RegistrationRequest) -> Any:
    return eks.register_cluster(
        name=request.name,
        connectorConfig={"roleArn": request.role_arn, "provider": request.provider},
        **({"tags": dict(request.tags)} if request.tags else {}),
    )


def _list_names(eks: Any, **options: Any) -> set[str]:
    try:
        pages = eks.get_paginator("list_clusters").paginate(**options)
        return {name for page in pages for name in page["clusters"]}
    except ClientError as error:
        raise _registration_error(error, "listing the clusters of the region") from error


def _parse_registration(cluster: Mapping[str, Any]) -> Registration:
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


def _registration_error(error: ClientError, operation: str) -> RegistrationError:
    code = _error_code(error)
    return RegistrationError(f"{operation} failed: {code}: {_error_message(error)} {_ADVICE.get(code, '')}".rstrip())


def _error_code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _error_message(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Message", ""))
