"""Carries a plan out on a cluster: read, merge, verify, write with the resource version, read back.

Two writers never overwrite each other: the API server refuses a write that names an old resource version (409), and
the loop reads and merges anew. A write whose answer was lost is safe to repeat, because a mapping that already stands
as wanted is left alone. The ConfigMap itself is created when it is missing, and never deleted.

Ownership: an entry is ours if it equals what our state says was written. An entry that already equals what is wanted
when it is created is taken for ours too: that is how a run that was killed after its write goes on.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from ..errors import EksAccessError
from ..kubernetes.client import ApiError
from .errors import AwsAuthConflictError, Code
from .mapping import RoleMapping
from .merge import Plan, plan_remove, plan_set
from .reader import ROLES, Identity, read

NAMESPACE = "kube-system"
NAME = "aws-auth"
FIELD_MANAGER = "eks-access"
DEADLINE = 60.0
"""Seconds to go on against other writers."""

_PATH = f"/api/v1/namespaces/{NAMESPACE}/configmaps"
# Tools that write the whole of mapRoles at their next run, whatever stands there.
_WHOLE_FIELD_TOOLS = (
    "terraform",
    "hashicorp",
    "helm",
    "argocd",
    "flux",
    "kustomize-controller",
    "kubectl-client-side-apply",
)


class Api(Protocol):
    """What is needed of a Kubernetes client; `eks_access.kubernetes.client.KubernetesApi` is one."""

    def json(
        self, method: str, path: str, *, query: Mapping[str, str] | None = None, body: object | None = None
    ) -> Any: ...


class _ReadAgainError(EksAccessError):
    """Another writer was faster, or the server asks to try again: start over from a fresh read."""

    def __init__(self, cause: object) -> None:
        self.cause = cause
        super().__init__(str(cause))


class WriteConflictError(EksAccessError):
    """Other writers kept changing aws-auth until the deadline; nothing of ours is known to stand there."""

    def __init__(self, seconds: float, cause: object) -> None:
        self.cause = cause
        super().__init__(
            f"aws-auth could not be written within {seconds:g} s, because other writers kept changing it ({cause}). "
            "Run the same command again; if it goes on, look for a tool that writes aws-auth in a loop."
        )


@dataclass(frozen=True)
class Outcome:
    """What was done: whether aws-auth was written, and what the user should know."""

    changed: bool
    warnings: tuple[str, ...]


def current(api: Api, rolearn: str) -> Identity | None:
    """What the authenticator reads for the role now; None when it is not mapped.

    Raises:
        ApiError: the server refused the read.
    """
    config_map = _get(api)
    return read(_data(config_map)).roles.get(rolearn.lower()) if config_map else None


def preview(api: Api, mapping: RoleMapping, *, owned: Iterable[RoleMapping] = (), adopt: bool = False) -> Plan:
    """What `ensure` would do now, without doing it.

    Raises:
        AwsAuthConflictError: as for `ensure`.
    """
    config_map = _get(api)
    plan = plan_set(_data(config_map), mapping, owned=owned, adopt=adopt)
    if plan.changed and config_map:
        _refuse_immutable(config_map)
    return Plan(plan.data, plan.changed, (*plan.warnings, *_managers(config_map)))


def ensure(
    api: Api,
    mapping: RoleMapping,
    *,
    owned: Iterable[RoleMapping] = (),
    adopt: bool = False,
    deadline: float = DEADLINE,
) -> Outcome:
    """Map the role, whoever else is writing.

    Raises:
        AwsAuthConflictError: the mapping cannot be written without changing what others have; nothing was written.
        WriteConflictError: other writers kept going until the deadline.
        ApiError: the server refused for another reason, in its own words.
    """
    mine = tuple(owned)
    return _settle(
        api,
        lambda data: plan_set(data, mapping, owned=mine, adopt=adopt),
        lambda after: after.get(mapping.key) == mapping.identity,
        deadline,
    )


def remove(api: Api, owned: RoleMapping, *, deadline: float = DEADLINE) -> Outcome:
    """Give back exactly what was written; what others have changed since is left, with a warning.

    Raises: as `ensure`.
    """
    if _get(api) is None:
        return Outcome(False, (f"{NAMESPACE}/{NAME} is gone; there was nothing to give back",))
    return _settle(api, lambda data: plan_remove(data, owned), lambda _: True, deadline)


def _settle(
    api: Api,
    plan: Callable[[Mapping[str, str]], Plan],
    stands: Callable[[Mapping[str, Identity]], bool],
    deadline: float,
) -> Outcome:
    retrying = Retrying(
        retry=retry_if_exception_type(_ReadAgainError),
        wait=wait_random_exponential(multiplier=0.05, max=2.0),
        stop=stop_after_delay(deadline),
        reraise=True,
    )
    try:
        return retrying(_once, api, plan, stands)
    except _ReadAgainError as last:
        raise WriteConflictError(deadline, last.cause) from last


def _once(
    api: Api, plan: Callable[[Mapping[str, str]], Plan], stands: Callable[[Mapping[str, Identity]], bool]
) -> Outcome:
    config_map = _get(api)
    planned = plan(_data(config_map))
    if not planned.changed:
        return Outcome(False, planned.warnings)
    warnings = (*planned.warnings, *_managers(config_map))
    if config_map is None:
        _create(api, planned.data)
    else:
        _refuse_immutable(config_map)
        _put(api, {**config_map, "data": planned.data})
    # A tool that writes without a resource version may have replaced it at once.
    if not stands(read(_data(_get(api))).roles):
        raise _ReadAgainError("the mapping was gone again when it was read back")
    return Outcome(True, warnings)


def _get(api: Api) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = api.json("GET", f"{_PATH}/{NAME}")
    except ApiError as error:
        if error.status == 404 and not _namespace_missing(error):
            return None
        raise _translated(error) from error
    return found


def _create(api: Api, data: Mapping[str, str]) -> None:
    body = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": NAME, "namespace": NAMESPACE},
        "data": dict(data),
    }
    try:
        api.json("POST", _PATH, query={"fieldManager": FIELD_MANAGER}, body=body)
    except ApiError as error:
        raise _translated(error) from error


def _put(api: Api, body: Mapping[str, Any]) -> None:
    """Write with the resource version that was read: `body` is the object as it was read, but for its data."""
    try:
        api.json("PUT", f"{_PATH}/{NAME}", query={"fieldManager": FIELD_MANAGER}, body=body)
    except ApiError as error:
        # 404: deleted since it was read. The next read finds it missing, or made anew by someone else.
        if error.status == 404 and not _namespace_missing(error):
            raise _ReadAgainError(error) from error
        raise _translated(error) from error


def _translated(error: ApiError) -> Exception:
    if error.status in (409, 429, 500, 503, 504):
        return _ReadAgainError(error)
    if error.status == 413 or "too large" in error.message.lower() or "too long" in error.message.lower():
        advice = "Move principals to access entries."
        return AwsAuthConflictError(
            Code.TOO_LARGE, f"the API server finds aws-auth too large: {error.message}.", advice=advice
        )
    return error


def _namespace_missing(error: ApiError) -> bool:
    return "namespaces" in error.message


def _data(config_map: Mapping[str, Any] | None) -> dict[str, str]:
    return dict((config_map or {}).get("data") or {})


def _refuse_immutable(config_map: Mapping[str, Any]) -> None:
    if config_map.get("immutable"):
        raise AwsAuthConflictError(
            Code.IMMUTABLE,
            "aws-auth is marked immutable, so Kubernetes accepts no change to it.",
            advice="Whoever made it so must recreate it without `immutable`; it is never deleted here.",
        )


def _managers(config_map: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Warnings about other tools that own the whole of mapRoles: at their next run our entry would be gone."""
    found = []
    for entry in ((config_map or {}).get("metadata") or {}).get("managedFields") or []:
        manager = str(entry.get("manager", ""))
        if f"f:{ROLES}" not in ((entry.get("fieldsV1") or {}).get("f:data") or {}) or manager == FIELD_MANAGER:
            continue
        applies = entry.get("operation") == "Apply"
        if applies or any(tool in manager.lower() for tool in _WHOLE_FIELD_TOOLS):
            found.append(
                f"{ROLES} is managed as a whole by {manager!r}, which removes this mapping at its next run: "
                "add the mapping there too, or let it ignore that field"
            )
    return tuple(dict.fromkeys(found))
