"""Creates, reads, replaces and deletes one object, and never touches one that belongs to others.

Why objects are replaced (PUT) and not applied: server-side apply removes nothing that another field manager added, such
as an aggregation rule. What others keep in the metadata (finalizers, owners, annotations, labels by which nothing is
aggregated) stays. Every write carries the resource version that was read, so two writers never overwrite each other.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random_exponential

from ..errors import EksAccessError
from ..kubernetes.client import FIELD_MANAGER, Api, ApiError
from .kinds import CLUSTER_ROLE, Kind
from .labels import find_aggregating, find_selectors
from .meaning import find_meaning
from .ownership import Owner, read_owner

DEADLINE = 30.0
"""Seconds to retry while others change the object, or the API server asks for patience."""
_TRANSIENT = (429, 500, 502, 503, 504)
"""Statuses after which the same request may succeed.
https://kubernetes.io/docs/reference/using-api/api-concepts/#api-priority-and-fairness"""

_EXISTS = "AlreadyExists"
"""The reason of a refusal to create, which is a conflict (409) as a lost race is.
https://github.com/kubernetes/apimachinery/blob/master/pkg/apis/meta/v1/types.go (StatusReasonAlreadyExists)"""

T = TypeVar("T")
Object = Mapping[str, Any]
log = logging.getLogger(__name__)


class ForeignObjectError(EksAccessError):
    """The object belongs to others, so it was left as it is."""


@dataclass(frozen=True)
class Known:
    """What the state says about an object.

    Attributes:
        uid: the uid of the object that was written last.
        owner: the owner that the state's annotations name, or None if a refresh found the object without a mark.
        labels: the names of all labels in the state.
        annotations: the names of all annotations in the state.
    """

    uid: str
    owner: Owner | None
    labels: frozenset[str] = field(default_factory=frozenset)
    annotations: frozenset[str] = field(default_factory=frozenset)


def find(api: Api, kind: Kind, name: str, namespace: str = "") -> Object | None:
    """The object as it is now; None if there is none.

    Raises:
        ApiError: the API server refused.
    """
    return _retry(lambda: _get(api, kind, name, namespace))


def read_labels(api: Api, kind: Kind, live: Object, declared: Mapping[str, str]) -> dict[str, str]:
    """The declared labels as they are now, and those that were added and give access."""
    labels: dict[str, str] = live["metadata"].get("labels") or {}
    kept = {name: labels[name] for name in declared if name in labels}
    if kind is not CLUSTER_ROLE or labels.keys() <= declared.keys():
        return kept
    try:
        found = api.json("GET", kind.collection())
        selectors = list(find_selectors(found.get("items") or ()))
    except ApiError as error:
        log.debug("ClusterRoles cannot be listed, so every label counts: %s", error)
        selectors = None
    return kept | find_aggregating(labels, declared, selectors)


def read_annotations(kind: Kind, live: Object, declared: Mapping[str, str]) -> dict[str, str]:
    """The declared annotations as they are now, and those that were added and give access."""
    annotations: dict[str, str] = live["metadata"].get("annotations") or {}
    given = kind.annotations
    return {name: value for name, value in annotations.items() if name in declared or name.startswith(given)}


def create(api: Api, kind: Kind, wanted: Object, owner: Owner, *, adopt: bool = False, dry_run: bool = False) -> str:
    """Create the object, or continue with one that this resource created before; its uid.

    A dry run that would create it has none ("").

    Args:
        api: the cluster's API server.
        kind: the object's kind.
        wanted: the object's metadata, with its owner's marks, and parts.
        owner: the resource that it belongs to.
        adopt: may an object be taken over that belongs to others, or to nobody?
        dry_run: let the API server validate the request without carrying it out.

    Raises:
        ForeignObjectError: there is such an object, and it is not this resource's.
        ApiError: the API server refused.
    """

    def attempt() -> str:
        # Created first and looked for second: nearly always there is none, and one request is enough.
        try:
            return _post(api, kind, wanted, dry_run)
        except ApiError as error:
            if error.reason != _EXISTS or (live := _get(api, kind, *_locate(wanted))) is None:
                raise
        if not adopt and not owner.owns(read_owner(live["metadata"])):
            raise ForeignObjectError(_explain_foreign(live))
        return _replace(api, kind, live, wanted, Known("", None), dry_run)

    return _retry(attempt)


def update(
    api: Api,
    kind: Kind,
    wanted: Object,
    owner: Owner,
    known: Known,
    *,
    adopt: bool = False,
    dry_run: bool = False,
) -> str:
    """Make the object what is wanted; its uid, as for `create`.

    One that is gone is created; a binding to another role is replaced.

    Args:
        known: what the state says about the object: its last refresh is what the user has seen and agreed to change.

    All other arguments are those of `create`.

    Raises:
        ForeignObjectError: the object was given to another owner, or replaced since the state was last refreshed.
        ApiError: the API server refused.
    """

    def attempt() -> str:
        live = _get(api, kind, *_locate(wanted))
        if live is None:
            return _post(api, kind, wanted, dry_run)
        if not adopt:
            _validate_ownership(live, owner, known)
        return _replace(api, kind, live, wanted, known, dry_run)

    return _retry(attempt)


def delete(api: Api, kind: Kind, name: str, namespace: str, owner: Owner, known: Known) -> tuple[str, ...]:
    """Delete the object if it is this resource's; else leave it, and return a warning that says so.

    Raises:
        ApiError: the API server refused.
    """

    def attempt() -> tuple[str, ...]:
        live = _get(api, kind, name, namespace)
        if live is None:
            return ()
        found = read_owner(live["metadata"])
        is_ours = is_owner(found, owner, known) or (found is None and live["metadata"]["uid"] == known.uid)
        if not is_ours:
            whose = f"it belongs to {found}" if found else "it is not the object that was created here"
            return (f"{_name(kind, live)} is left in the cluster: {whose}",)
        _delete(api, kind, live)
        return ()

    return _retry(attempt)


def _validate_ownership(live: Object, owner: Owner, known: Known) -> None:
    found = read_owner(live["metadata"])
    if is_owner(found, owner, known):
        return
    if found is not None:
        raise ForeignObjectError(_explain_foreign(live))
    # Without a mark: what was written here, or what the last refresh has shown.
    if live["metadata"]["uid"] != known.uid and known.owner is not None:
        raise ForeignObjectError(
            "others deleted the object and created it again since the last refresh. See what it is by"
            " `pulumi preview --refresh --diff`, and replace it by `pulumi up --refresh`."
        )


def is_owner(found: Owner | None, owner: Owner, known: Known) -> bool:
    """Do the object's marks name this resource, as it is called now or in the state?"""
    return owner.owns(found) or (known.owner is not None and known.owner.owns(found))


def _explain_foreign(live: Object) -> str:
    found = read_owner(live["metadata"])
    managers = dict.fromkeys(
        str(entry.get("manager")) for entry in live["metadata"].get("managedFields") or () if entry.get("manager")
    )
    written_by = f" (written by {', '.join(managers)})" if managers else ""
    whose = f"It belongs to {found}" if found else f"It is not marked as this stack's{written_by}"
    return (
        f"an object of this name exists already. {whose}, and is left as it is. Choose another name, or set `adopt` to"
        " take it over: then it is replaced, and deleted with this resource."
    )


def _name(kind: Kind, live: Object) -> str:
    return f"{kind.name} {kind.identify(live['metadata'])}"


def _replace(api: Api, kind: Kind, live: Object, wanted: Object, known: Known, dry_run: bool) -> str:
    if kind.is_binding and _refers_elsewhere(kind, live, wanted):
        # A binding's role cannot be changed. https://kubernetes.io/docs/reference/access-authn-authz/rbac/
        if dry_run:
            return str(live["metadata"]["uid"])
        _delete(api, kind, live)
        return _post(api, kind, wanted, dry_run)
    metadata = dict(live["metadata"])
    metadata.pop("managedFields", None)
    # What gives access and was not declared is taken away whether or not a refresh has shown it.
    labels = read_labels(api, kind, live, wanted["metadata"].get("labels") or {})
    annotations = read_annotations(kind, live, wanted["metadata"].get("annotations") or {})
    metadata["labels"] = _merge(live, wanted, "labels", known.labels.union(labels))
    metadata["annotations"] = _merge(live, wanted, "annotations", known.annotations.union(annotations))
    body = {**live, **{part: None for part in kind.parts}, **wanted, "metadata": metadata}
    written = api.json("PUT", kind.path(*_locate(wanted)), query=_build_query(dry_run), body=body)
    return str(written["metadata"]["uid"])


def _refers_elsewhere(kind: Kind, live: Object, wanted: Object) -> bool:
    return bool(find_meaning(kind, live)["roleRef"] != find_meaning(kind, wanted)["roleRef"])


def _merge(live: Object, wanted: Object, field_name: str, known: frozenset[str]) -> dict[str, str]:
    """What others added, except what is known from the state, and all that is wanted."""
    others = live["metadata"].get(field_name) or {}
    kept = {name: value for name, value in others.items() if name not in known}
    return {**kept, **(wanted["metadata"].get(field_name) or {})}


def _locate(wanted: Object) -> tuple[str, str]:
    return wanted["metadata"]["name"], wanted["metadata"].get("namespace", "")


def _get(api: Api, kind: Kind, name: str, namespace: str) -> Object | None:
    try:
        found: Object = api.json("GET", kind.path(name, namespace))
    except ApiError as error:
        if error.status == 404:
            return None
        raise
    return found


def _post(api: Api, kind: Kind, wanted: Object, dry_run: bool) -> str:
    body = {"apiVersion": kind.api_version, "kind": kind.name, **wanted}
    path = kind.collection(wanted["metadata"].get("namespace", ""))
    written = api.json("POST", path, query=_build_query(dry_run), body=body)
    return "" if dry_run else str(written["metadata"]["uid"])


def _delete(api: Api, kind: Kind, live: Object) -> None:
    metadata = live["metadata"]
    preconditions = {"uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"]}
    body = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": preconditions}
    try:
        api.json("DELETE", kind.path(metadata["name"], metadata.get("namespace", "")), body=body)
    except ApiError as error:
        if error.status != 404:
            raise


def _build_query(dry_run: bool) -> dict[str, str]:
    return {"fieldManager": FIELD_MANAGER, **({"dryRun": "All"} if dry_run else {})}


def _retry(attempt: Callable[[], T]) -> T:
    """Attempt again, from a fresh read, after a conflict with another writer or a transient error."""
    retrying = Retrying(
        retry=retry_if_exception(_is_worth_retrying),
        wait=wait_random_exponential(multiplier=0.05, max=2.0),
        stop=stop_after_delay(DEADLINE),
        reraise=True,
    )
    return retrying(attempt)


def _is_worth_retrying(error: BaseException) -> bool:
    return isinstance(error, ApiError) and (error.status == 409 or error.status in _TRANSIENT)
