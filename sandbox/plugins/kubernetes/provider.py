"""The stand-in for the official Kubernetes plug-in."""

# ruff: noqa: ARG002 - an interface's arguments are given, used or not

from collections.abc import Mapping, Sequence
from typing import Any, Final

from eks_access.kubernetes.client import ApiError

from ..declared import input_properties, refusals
from ..diff import changes, matches
from ..errors import Failure, IncompleteOperationError, PluginError
from ..naming import NameRequiredError, autoname
from ..plugin import Checked, Difference, Live, Operation, Plugin, Values
from ..values import UNKNOWN, Path, Unknown, has_unknown
from . import objects
from .cluster import Cluster, NoSuchKindError, Settings, active_cluster
from .kinds import Kind, declared, kind_of, replacing_fields
from .waiting import AWAITED, NotReadyError, until_gone, until_ready

PATCH_FORCE: Final = "pulumi.com/patchForce"
PROPAGATION: Final = "pulumi.com/deletionPropagationPolicy"
_CONFLICT_HELP: Final = (
    "Server-Side Apply field conflict detected. See https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/"
    "managing-resources-with-server-side-apply/#handle-field-conflicts-on-existing-resources for troubleshooting help."
)
_MADE_BY_SERVER: Final = ("creationTimestamp", "generation", "resourceVersion", "uid")
_SECRET_FIELDS: Final = (("data",), ("stringData",), ("metadata", "annotations", objects.LAST_APPLIED))


class KubernetesPlugin(Plugin):
    package = "kubernetes"

    def __init__(self) -> None:
        self._settings: Settings | None = None
        self._cluster: Cluster | None = None

    @property
    def cluster(self) -> Cluster:
        if self._settings is None:
            raise PluginError("the Kubernetes provider is not configured")
        if self._cluster is None:
            self._cluster = Cluster(self._settings)
        return self._cluster

    def check_config(self, config: Values) -> Checked:
        properties = input_properties("pulumi_kubernetes.provider", "ProviderArgs") or {}
        plain = {k: UNKNOWN for k in config if k not in ("version", "pluginDownloadURL")}
        return Checked(config, list(refusals(plain, properties, owner="the kubernetes provider", need_required=False)))

    def config_replaces(self, old: Values, new: Values) -> Sequence[str]:
        if old.get("clusterIdentifier") or new.get("clusterIdentifier"):
            return ["clusterIdentifier"] if old.get("clusterIdentifier") != new.get("clusterIdentifier") else []
        if has_unknown(new) or has_unknown(old):
            return []
        before, after = (active_cluster(c.get("kubeconfig"), c.get("context")) for c in (old, new))
        return ["kubeconfig"] if before and after and before != after else []

    def configure(self, config: Values) -> None:
        self._settings, self._cluster = Settings(config), None

    def check(self, op: Operation, olds: Values, news: Values) -> Checked:
        kind = kind_of(op.type)
        inputs = {"apiVersion": kind.api_version, "kind": kind.name, **news}
        properties = declared(kind)
        failures = []
        if properties is not None:
            failures = list(refusals(inputs, properties, owner=kind.name, need_required=False))
        if not isinstance(inputs.get("metadata"), Unknown):
            meta = inputs["metadata"] = dict(inputs.get("metadata") or {})
            try:
                self._name(op, olds, meta)
            except NameRequiredError as error:
                failures.append(Failure("metadata.name", str(error)))
            if "generateName" in meta:
                failures.append(
                    Failure("metadata.generateName", "not supported by the sandbox's stand-in plug-in: give a name")
                )
            self._place(kind, meta)
        return Checked(inputs, failures)

    def diff(self, op: Operation, resource_id: str, old_inputs: Values, state: Values, news: Values) -> Difference:
        kind = kind_of(op.type)
        imported = bool(old_inputs.get(objects.IMPORTED))
        old, new = objects.wanted_object(old_inputs), objects.wanted_object(news)
        found = [c for c in changes(old, new) if not (imported and c.kind == "delete")]
        patterns = replacing_fields(kind, mutable=self._settings.mutable if self._settings else frozenset())
        found = [c.replacing() if any(matches(c.path, p) for p in patterns) else c for c in found]
        return Difference(found, delete_before_replace=_keeps_name(old, new), input_diff=True)

    def create(self, op: Operation, inputs: Values) -> tuple[str, Values]:
        kind = kind_of(op.type)
        body, manager = objects.wanted_object(inputs), objects.field_manager(op.urn)
        if op.preview:
            return "", self._foreseen(kind, body, manager)
        label = objects.object_id(body)
        try:
            written = self.cluster.create(kind, body, manager)
        except ApiError as error:
            raise PluginError(
                f"resource {label!r} was not successfully created by the Kubernetes API server: {_words(error)}"
            ) from error
        resource_id = objects.object_id(written)
        return resource_id, self._awaited(op, kind, resource_id, written, manager)

    def read(self, op: Operation, resource_id: str, inputs: Values, state: Values) -> Live | None:
        kind = kind_of(op.type)
        try:
            namespace, name = objects.split_id(resource_id)
            live = self.cluster.get(kind, namespace, name)
        except ValueError as error:
            raise PluginError(f"reading {kind.name}: {error}") from error
        except ApiError as error:
            raise PluginError(f"reading {kind.name} {resource_id!r}: {_words(error)}") from error
        if live is None:
            return None
        manager = state.get(objects.FIELD_MANAGER) or objects.field_manager(op.urn)
        asked = objects.live_inputs(inputs, state, live) if inputs else objects.imported_inputs(live)
        return Live(objects.object_id(live), objects.state_of(live, manager), asked)

    def update(self, op: Operation, resource_id: str, old_inputs: Values, state: Values, news: Values) -> Values:
        kind = kind_of(op.type)
        body = objects.wanted_object(news)
        manager = state.get(objects.FIELD_MANAGER) or objects.field_manager(op.urn)
        if op.preview and has_unknown(body):
            return {**state, **body}
        try:
            written = self._write(kind, objects.wanted_object(old_inputs), body, manager, preview=op.preview)
        except ApiError as error:
            raise PluginError(
                f"resource {resource_id!r} was not successfully updated by the Kubernetes API server: "
                f"{_words(error, manager)}"
            ) from error
        if op.preview:
            return objects.state_of(written, manager)
        return self._awaited(op, kind, resource_id, written, manager)

    def delete(self, op: Operation, resource_id: str, state: Values) -> None:
        kind = kind_of(op.type)
        namespace, name = objects.split_id(resource_id)
        # Only a workload owns others that must be gone first.
        default = "Foreground" if (kind.group, kind.name) in AWAITED else "Background"
        policy = str(objects.annotations(state).get(PROPAGATION, default)).capitalize()
        try:
            live = self.cluster.get(kind, namespace, name)
            if live is not None:
                self.cluster.delete(kind, namespace, name, policy)
                until_gone(self.cluster, op, kind, namespace, name, live["metadata"]["uid"])
        except NoSuchKindError:
            return  # the custom resource definition is gone, and every object of it with it
        except ApiError as error:
            raise PluginError(f"deleting {kind.name} {resource_id!r}: {_words(error)}") from error

    def secret_paths(self, op: Operation, value: Mapping[str, Any], known: frozenset[Path]) -> frozenset[Path]:
        return frozenset(_SECRET_FIELDS) if kind_of(op.type) == Kind("", "v1", "Secret") else frozenset()

    def _name(self, op: Operation, olds: Values, meta: Values) -> None:
        """Name an object that has none, as it was named before."""
        if "name" in meta:
            return
        was_autonamed = objects.annotations(olds).get(objects.AUTONAMED) == "true"
        if was_autonamed:
            meta["name"] = olds["metadata"]["name"]
        else:
            meta["name"] = autoname(op.name, op.seed, digits=8, limit=253, proposed=op.autonaming).lower()
        notes = meta.get("annotations")
        if not isinstance(notes, Unknown):
            meta["annotations"] = {**(notes or {}), objects.AUTONAMED: "true"}

    def _place(self, kind: Kind, meta: Values) -> None:
        """Put an object without a namespace into the provider's, if its kind lies in namespaces."""
        if self._settings is None or "namespace" in meta:
            return
        try:
            namespaced = self.cluster.is_namespaced(kind)
        except (PluginError, ApiError):
            return  # not served yet, or no cluster yet: the operation itself will tell
        if namespaced:
            meta["namespace"] = self._settings.namespace

    def _foreseen(self, kind: Kind, body: Values, manager: str) -> Values:
        """The object as it will be; the server's own dry run says more, and may already refuse."""
        unknown = {key: UNKNOWN for key in _MADE_BY_SERVER}
        meta = body.get("metadata")
        guess = {**body, "metadata": meta if isinstance(meta, Unknown) else {**unknown, **(meta or {})}}
        if has_unknown(body) or self._settings is None:
            return guess
        try:
            live = self.cluster.create(kind, body, manager, dry_run=True)
        except NoSuchKindError:
            return guess
        except ApiError as error:
            # What is missing may be made in the same run; what exists may be about to be replaced.
            if error.status in (404, 409):
                return guess
            raise PluginError(
                f"resource {objects.object_id(body)!r} would not be created by the Kubernetes API server: "
                f"{_words(error)}"
            ) from error
        state = objects.state_of(live, manager)
        return {**state, "metadata": {**state["metadata"], **unknown}} | (
            {"status": UNKNOWN} if "status" in live else {}
        )

    def _write(self, kind: Kind, old: Values, body: Values, manager: str, *, preview: bool) -> Values:
        if not self.cluster.settings.server_side_apply:
            return self.cluster.patch(kind, body, objects.merge_patch(old, body), manager, dry_run=preview)
        force = str(objects.annotations(body).get(PATCH_FORCE, "")).lower() == "true"
        if not preview:
            meta = body["metadata"]
            live = self.cluster.get(kind, meta.get("namespace"), meta["name"])
            if live is not None:
                self.cluster.adopt(kind, live, manager)
        # A dry run cannot take fields over first: it is forced, so that it shows what the update will do.
        return self.cluster.apply(kind, body, manager, dry_run=preview, force=force or preview)

    def _awaited(self, op: Operation, kind: Kind, resource_id: str, written: Values, manager: str) -> Values:
        meta = written["metadata"]
        try:
            until_ready(self.cluster, op, kind, written)
        except (NotReadyError, PluginError, ApiError) as error:
            live = self.cluster.get(kind, meta.get("namespace"), meta["name"]) or written
            reasons = error.reasons if isinstance(error, NotReadyError) else [str(error)]
            summary = (
                f"resource {resource_id!r} was successfully created, but the Kubernetes API server reported that it "
                f"failed to fully initialize or become live: {reasons[0]}"
            )
            raise IncompleteOperationError(resource_id, objects.state_of(live, manager), reasons, summary) from error
        live = self.cluster.get(kind, meta.get("namespace"), meta["name"]) or written
        return objects.state_of(live, manager)


def _keeps_name(old: Values, new: Values) -> bool:
    """Whether the new object would stand where the old one does."""
    before, after = old.get("metadata") or {}, new.get("metadata") or {}
    if isinstance(before, Unknown) or isinstance(after, Unknown):
        return False
    same = all(before.get(key) == after.get(key) for key in ("name", "namespace"))
    return same and objects.annotations(new).get(objects.AUTONAMED) != "true"


def _words(error: ApiError, manager: str = "") -> str:
    """What the server said, its reason included."""
    words = f"{error.message} (reason: {error.reason})" if error.reason else error.message
    if error.reason == "Conflict" and manager:
        return f"{_CONFLICT_HELP}\nThe resource managed by field manager {manager!r} had an apply conflict: {words}"
    return words
