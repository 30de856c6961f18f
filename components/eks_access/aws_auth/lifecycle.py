"""Writes a plan to a cluster: read, merge, verify, write with the resource version, read back, retry on conflicts.

Two writers never overwrite each other: the API server refuses a write with an old resource version (409), and the loop
reads and merges again. A write whose response was lost is safe to repeat, because a mapping that is already as wanted
is left alone. The ConfigMap itself is created when it is missing, and never deleted.

Ownership: an entry is ours if it equals what our state says was written. One that equals what is wanted and was there
before (a write that changes nothing) is not, unless it is adopted: another stack may have written the same.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from ..errors import EksAccessError
from ..kubernetes.client import FIELD_MANAGER, Api, ApiError
from .errors import AwsAuthConflictError, Code
from .mapping import RoleMapping
from .merge import Plan, plan_remove, plan_set, validate_editable
from .reader import ROLES, Identity, read

NAMESPACE = "kube-system"
NAME = "aws-auth"
DEADLINE = 60.0
"""Seconds to retry while other writers keep changing aws-auth."""

_PATH = f"/api/v1/namespaces/{NAMESPACE}/configmaps"
log = logging.getLogger(__name__)

_CAREFUL_WRITERS = frozenset(
    {
        # People who edit what is there: `kubectl edit`, and a browser on the console (named after its user agent).
        "kubectl-edit",
        "Mozilla",
        # EKS itself, as it adds the roles of managed nodes and Fargate profiles.
        "vpcLambda",
        # Tools that read the list, and add or remove an entry.
        "eksctl",
        "aws-auth",
        "aws-iam-authenticator",
    }
)
"""Field managers that are known to leave the entries of others as they are. All others are taken for tools that have a
whole list of their own: nothing in a field manager's name shows how it writes.
https://kubernetes.io/docs/reference/using-api/server-side-apply/#managers"""


class _RetryError(EksAccessError):
    """A write conflict or a transient error of the server: retry from a fresh read."""

    def __init__(self, cause: object, *, may_be_written: bool = False) -> None:
        self.cause = cause
        self.may_be_written = may_be_written
        super().__init__(str(cause))


class WriteConflictError(EksAccessError):
    """Other writers kept changing aws-auth until the deadline. Whether our mapping is in it is not known."""

    def __init__(self, seconds: float, cause: object) -> None:
        self.cause = cause
        super().__init__(
            f"aws-auth could not be written within {seconds:g} s, because other writers kept changing it ({cause}). "
            "Run the same command again; if that does not help, look for a tool that writes aws-auth in a loop."
        )


@dataclass(frozen=True)
class Outcome:
    """The result of a write: whether aws-auth was changed, and warnings for the user."""

    changed: bool
    warnings: tuple[str, ...]


def read_identity(api: Api, rolearn: str) -> Identity | None:
    """The username and groups that the authenticator reads for the role now; None if it is not mapped.

    Raises:
        AwsAuthConflictError: the authenticator reads nothing, or not all, so whether the role is mapped is not known.
        ApiError: the server refused the read.
    """
    config_map = _read_config_map(api)
    if config_map is None:
        return None
    data = _read_data(config_map)
    identity = read(data).roles.get(rolearn.lower())
    if identity is None:
        validate_editable(data)
    return identity


def preview(api: Api, mapping: RoleMapping, *, owned: Iterable[RoleMapping] = (), adopt: bool = False) -> Plan:
    """The plan that `ensure` would carry out now, without writing.

    Raises:
        AwsAuthConflictError: as for `ensure`.
    """
    config_map = _read_config_map(api)
    plan = plan_set(_read_data(config_map), mapping, owned=owned, adopt=adopt)
    if plan.changed and config_map:
        _validate_mutable(config_map)
    return Plan(plan.data, plan.changed, (*plan.warnings, *_find_competing_managers(config_map)))


def ensure(
    api: Api,
    mapping: RoleMapping,
    *,
    owned: Iterable[RoleMapping] = (),
    adopt: bool = False,
    deadline: float = DEADLINE,
) -> Outcome:
    """Map the role, and retry while other writers change aws-auth.

    Args:
        api: the cluster's API server.
        mapping: the mapping to write.
        owned: mappings of the same role that may be replaced, because they are ours.
        adopt: may a mapping of the same role be replaced that is not ours?
        deadline: how many seconds to retry for.

    Raises:
        AwsAuthConflictError: the mapping cannot be written without changing other mappings; nothing was written.
        WriteConflictError: other writers kept changing aws-auth until the deadline.
        ApiError: the server refused for another reason.
    """
    ours = tuple(owned)
    return _write_until_confirmed(
        api,
        lambda data: plan_set(data, mapping, owned=ours, adopt=adopt),
        lambda after: after.get(mapping.key) == mapping.identity,
        deadline,
    )


def remove(api: Api, owned: RoleMapping, *, deadline: float = DEADLINE) -> Outcome:
    """Remove exactly the mapping that was written. One that was changed since is left, with a warning.

    Raises: as `ensure`.
    """
    if _read_config_map(api) is None:
        return Outcome(False, (f"{NAMESPACE}/{NAME} is gone; there was nothing to remove",))
    return _write_until_confirmed(api, lambda data: plan_remove(data, owned), lambda _: True, deadline)


def _write_until_confirmed(
    api: Api,
    plan: Callable[[Mapping[str, str]], Plan],
    is_effective: Callable[[Mapping[str, Identity]], bool],
    deadline: float,
) -> Outcome:
    retrying = Retrying(
        retry=retry_if_exception_type(_RetryError),
        wait=wait_random_exponential(multiplier=0.05, max=2.0),
        stop=stop_after_delay(deadline),
        before_sleep=_log_retry,
        reraise=True,
    )
    attempts = _Attempts()
    try:
        outcome: Outcome = retrying(attempts.follow, lambda: _write_once(api, plan, is_effective))
    except _RetryError as last:
        raise WriteConflictError(deadline, last.cause) from last
    return replace(outcome, changed=outcome.changed or attempts.may_have_written)


class _Attempts:
    """Whether an attempt that failed may have written: then what is found as wanted afterwards was written by us."""

    def __init__(self) -> None:
        self.may_have_written = False

    def follow(self, attempt: Callable[[], Outcome]) -> Outcome:
        try:
            return attempt()
        except _RetryError as error:
            self.may_have_written |= error.may_be_written
            raise


def _log_retry(state: RetryCallState) -> None:
    cause = state.outcome.exception() if state.outcome else None
    log.debug("retrying aws-auth after attempt %d: %s", state.attempt_number, cause)


def _write_once(
    api: Api, plan: Callable[[Mapping[str, str]], Plan], is_effective: Callable[[Mapping[str, Identity]], bool]
) -> Outcome:
    config_map = _read_config_map(api)
    planned = plan(_read_data(config_map))
    version = ((config_map or {}).get("metadata") or {}).get("resourceVersion", "none")
    log.debug(
        "%s/%s at resource version %s: %s, %d warnings",
        NAMESPACE,
        NAME,
        version,
        "to be written" if planned.changed else "unchanged",
        len(planned.warnings),
    )
    if not planned.changed:
        return Outcome(False, planned.warnings)
    warnings = (*planned.warnings, *_find_competing_managers(config_map))
    if config_map is None:
        _create_config_map(api, planned.data)
    else:
        _validate_mutable(config_map)
        _replace_config_map(api, {**config_map, "data": planned.data})
    # A tool that writes without a resource version may have overwritten it at once.
    if not is_effective(read(_read_data(_read_config_map(api))).roles):
        raise _RetryError("the mapping was gone when it was read back")  # by another writer, who may have the same
    return Outcome(True, warnings)


def _read_config_map(api: Api) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = api.json("GET", f"{_PATH}/{NAME}")
    except ApiError as error:
        if error.status == 404 and not _is_namespace_missing(error):
            return None
        raise _classify_error(error) from error
    return found


def _create_config_map(api: Api, data: Mapping[str, str]) -> None:
    body = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": NAME, "namespace": NAMESPACE},
        "data": dict(data),
    }
    try:
        api.json("POST", _PATH, query={"fieldManager": FIELD_MANAGER}, body=body)
    except ApiError as error:
        raise _classify_error(error, is_write=True) from error


def _replace_config_map(api: Api, body: Mapping[str, Any]) -> None:
    """Write with the resource version that was read: `body` is the object as it was read, except for its data."""
    try:
        api.json("PUT", f"{_PATH}/{NAME}", query={"fieldManager": FIELD_MANAGER}, body=body)
    except ApiError as error:
        # 404: deleted since it was read. The next read finds it missing, or created again by another writer.
        if error.status == 404 and not _is_namespace_missing(error):
            raise _RetryError(error) from error
        raise _classify_error(error, is_write=True) from error


def _classify_error(error: ApiError, *, is_write: bool = False) -> Exception:
    if error.status in (409, 429, 500, 503, 504):
        return _RetryError(error, may_be_written=is_write and error.status >= 500)
    if error.status == 413 or "too large" in error.message.lower() or "too long" in error.message.lower():
        advice = "Move principals to access entries."
        return AwsAuthConflictError(
            Code.TOO_LARGE, f"the API server refuses aws-auth as too large: {error.message}.", advice=advice
        )
    return error


def _is_namespace_missing(error: ApiError) -> bool:
    return "namespaces" in error.message


def _read_data(config_map: Mapping[str, Any] | None) -> dict[str, str]:
    return dict((config_map or {}).get("data") or {})


def _validate_mutable(config_map: Mapping[str, Any]) -> None:
    if config_map.get("immutable"):
        raise AwsAuthConflictError(
            Code.IMMUTABLE,
            "aws-auth is marked immutable, so Kubernetes accepts no change to it.",
            advice="Recreate it without `immutable`; eks-access never deletes it.",
        )


def _find_competing_managers(config_map: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Warnings about other field managers of the whole of mapRoles, which may remove our entry at their next run."""
    found = []
    for entry in ((config_map or {}).get("metadata") or {}).get("managedFields") or []:
        manager = str(entry.get("manager", ""))
        if f"f:{ROLES}" not in ((entry.get("fieldsV1") or {}).get("f:data") or {}) or manager == FIELD_MANAGER:
            continue
        applies = entry.get("operation") == "Apply"
        if applies or manager not in _CAREFUL_WRITERS:
            found.append(
                f"{ROLES} is managed as a whole by {manager!r}, which removes this mapping at its next run unless it"
                " reads the list first: add the mapping there too, or let it ignore that field"
            )
    return tuple(dict.fromkeys(found))
