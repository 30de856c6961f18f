"""One cluster: how the provider's configuration leads to it, and the few requests that the plug-in makes."""

import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from eks_access.kubernetes.client import ApiError, KubernetesApi, UnreachableError
from eks_access.kubernetes.credentials import CredentialError
from eks_access.kubernetes.kubeconfig import KubeconfigError

from ..errors import NotSupportedError, PluginError
from ..plugin import Values
from .kinds import Kind
from .objects import adopt_fields

APPLY: Final = "application/apply-patch+yaml"
_USED: Final = frozenset({"kubeconfig", "context", "namespace", "clusterIdentifier", "version", "pluginDownloadURL"})
_FLAGS: Final = {
    "enableServerSideApply": ("PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY", True),
    "enableConfigMapMutable": ("PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE", False),
    "enableSecretMutable": ("PULUMI_K8S_ENABLE_SECRET_MUTABLE", False),
    "enablePatchForce": ("PULUMI_K8S_ENABLE_PATCH_FORCE", False),
    "upsertExistingObjects": ("PULUMI_K8S_UPSERT_EXISTING_OBJECTS", False),
    "suppressDeprecationWarnings": ("PULUMI_K8S_SUPPRESS_DEPRECATION_WARNINGS", False),
    "suppressHelmHookWarnings": ("PULUMI_K8S_SUPPRESS_HELM_HOOK_WARNINGS", False),
}


class NoSuchKindError(PluginError):
    def __init__(self, kind: Kind) -> None:
        super().__init__(f'no matches for kind "{kind.name}" in version "{kind.api_version}"')


class Settings:
    """The provider's configuration."""

    def __init__(self, config: Values) -> None:
        for key, value in config.items():
            if key not in _USED and key not in _FLAGS and value not in (None, "", False, "false", {}, "{}"):
                raise NotSupportedError(f"the provider's configuration value {key!r}")
        self.kubeconfig: Mapping[str, Any] | None = load_kubeconfig(config.get("kubeconfig"))
        self.context: str | None = config.get("context") or None
        self.namespace: str = config.get("namespace") or self._context_namespace() or "default"
        flags = {name: _flag(config.get(name), *default) for name, default in _FLAGS.items()}
        self.server_side_apply = flags["enableServerSideApply"]
        self.patch_force = flags["enablePatchForce"]
        self.upsert = flags["upsertExistingObjects"]
        mutable = {"ConfigMap": flags["enableConfigMapMutable"], "Secret": flags["enableSecretMutable"]}
        self.mutable = frozenset(kind for kind, is_mutable in mutable.items() if is_mutable)

    def _context_namespace(self) -> str | None:
        config = self.kubeconfig or {}
        chosen = self.context or config.get("current-context")
        contexts = {c.get("name"): c.get("context") or {} for c in config.get("contexts") or []}
        return contexts.get(chosen, {}).get("namespace")


def load_kubeconfig(given: str | None) -> Mapping[str, Any] | None:
    """The kubeconfig that is meant: its text, its path, `KUBECONFIG`, or the user's own.

    None where there is none at all.

    Raises:
        PluginError: it cannot be read.
    """
    if given:
        text = Path(given).expanduser().read_text() if _is_path(given) else given
        return _parsed(text)
    listed = os.environ.get("KUBECONFIG")
    names = [n for n in listed.split(os.pathsep) if n] if listed else [str(Path.home() / ".kube" / "config")]
    configs = [_parsed(Path(name).read_text()) for name in names if Path(name).is_file()]
    if not configs:
        return None
    merged = {k: [e for c in configs for e in c.get(k) or []] for k in ("clusters", "contexts", "users")}
    current = next((c["current-context"] for c in configs if c.get("current-context")), None)
    return {**merged, "current-context": current}


def active_cluster(given: str | None, context: str | None) -> Any:
    """The cluster's settings in a kubeconfig: what tells one cluster from another."""
    try:
        config = load_kubeconfig(given) or {}
    except PluginError:
        return None
    contexts = {c.get("name"): c.get("context") or {} for c in config.get("contexts") or []}
    name = contexts.get(context or config.get("current-context"), {}).get("cluster")
    return next((c.get("cluster") for c in config.get("clusters") or [] if c.get("name") == name), None)


def _is_path(text: str) -> bool:
    return "\n" not in text and not text.lstrip().startswith("{") and Path(text).expanduser().is_file()


def _parsed(text: str) -> Mapping[str, Any]:
    try:
        config = yaml.safe_load(text)
    except yaml.YAMLError:
        config = None
    if not isinstance(config, dict):
        # The text itself may hold a credential: it is not quoted.
        raise PluginError("failed to parse kubeconfig: neither the contents nor the path of a kubeconfig file")
    return config


def _flag(value: Any, variable: str, default: bool) -> bool:
    text = str(value if value is not None else os.environ.get(variable, default)).lower()
    return text in ("true", "1")


class Cluster:
    """Requests to one cluster, about objects of any kind. Safe to use from several threads."""

    def __init__(self, settings: Settings) -> None:
        if settings.kubeconfig is None:
            raise PluginError(
                "no Kubernetes cluster is configured: give the provider a 'kubeconfig', set KUBECONFIG, "
                "or have a kubeconfig in ~/.kube/config"
            )
        try:
            self.api = KubernetesApi.from_kubeconfig(settings.kubeconfig, context=settings.context, timeout=30.0)
        except KubeconfigError as error:
            raise PluginError(str(error)) from error
        self.settings = settings
        self._served: dict[str, dict[str, tuple[str, bool]]] = {}
        self._lock = threading.Lock()

    def is_namespaced(self, kind: Kind) -> bool:
        return self._resource(kind)[1]

    def path(self, kind: Kind, namespace: str | None, name: str | None) -> str:
        plural, namespaced = self._resource(kind)
        where = f"/namespaces/{namespace or self.settings.namespace}" if namespaced else ""
        return f"{kind.root}{where}/{plural}" + (f"/{name}" if name else "")

    def get(self, kind: Kind, namespace: str | None, name: str) -> Values | None:
        """The object, or None where there is none."""
        try:
            found: Values = self.json("GET", self.path(kind, namespace, name))
        except ApiError as error:
            if error.status == 404:
                return None
            raise
        return found

    def create(self, kind: Kind, body: Values, manager: str, *, dry_run: bool = False) -> Values:
        """Make an object.

        Raises:
            ApiError: the server refuses, also where the object exists (unless the provider may take it over).
        """
        meta = body["metadata"]
        namespace, name = meta.get("namespace"), meta["name"]
        if not self.settings.server_side_apply:
            query = _query(manager, dry_run)
            made: Values = self.json("POST", self.path(kind, namespace, None), query=query, body=body)
            return made
        if not self.settings.upsert and self.get(kind, namespace, name) is not None:
            plural = self._resource(kind)[0]
            group = f".{kind.group}" if kind.group else ""
            raise ApiError(409, "AlreadyExists", f'{plural}{group} "{name}" already exists')
        return self.apply(kind, body, manager, dry_run=dry_run)

    def apply(self, kind: Kind, body: Values, manager: str, *, dry_run: bool = False, force: bool = False) -> Values:
        """Write the fields of an object that are given, and those only.

        Raises:
            ApiError: the server refuses; a conflict where another manager owns a field.
        """
        meta = body["metadata"]
        force = force or self.settings.patch_force
        query = _query(manager, dry_run) | {"force": str(force).lower()}
        path = self.path(kind, meta.get("namespace"), meta["name"])
        written: Values = self.json("PATCH", path, query=query, body=body, content_type=APPLY)
        return written

    def patch(self, kind: Kind, body: Values, patch: Values, manager: str, *, dry_run: bool) -> Values:
        meta = body["metadata"]
        path = self.path(kind, meta.get("namespace"), meta["name"])
        query = _query(manager, dry_run)
        written: Values = self.json("PATCH", path, query=query, body=patch, content_type="application/merge-patch+json")
        return written

    def adopt(self, kind: Kind, live: Values, manager: str) -> None:
        """Take over the fields of a live object that `kubectl` owns."""
        meta = live["metadata"]
        managed = adopt_fields(meta.get("managedFields") or [], manager)
        if managed is None:
            return
        patch = [
            {"op": "replace", "path": "/metadata/managedFields", "value": managed},
            {"op": "replace", "path": "/metadata/resourceVersion", "value": meta["resourceVersion"]},
        ]
        path = self.path(kind, meta.get("namespace"), meta["name"])
        self.json("PATCH", path, body=patch, content_type="application/json-patch+json")

    def delete(self, kind: Kind, namespace: str | None, name: str, propagation: str) -> None:
        body = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation}
        try:
            self.json("DELETE", self.path(kind, namespace, name), body=body)
        except ApiError as error:
            if error.status != 404:
                raise

    def list(self, kind: Kind, namespace: str | None, selector: str) -> list[Values]:
        answer = self.json("GET", self.path(kind, namespace, None), query={"labelSelector": selector})
        return list(answer.get("items") or [])

    def json(self, method: str, path: str, **options: Any) -> Any:
        try:
            return self.api.json(method, path, **options)
        except (UnreachableError, CredentialError) as error:
            raise PluginError(f"configured Kubernetes cluster is unreachable: {error}") from error

    def _resource(self, kind: Kind) -> tuple[str, bool]:
        """The name of a kind in paths, and whether its objects lie in namespaces."""
        with self._lock:
            served = self._served.get(kind.root, {})
        if kind.name not in served:  # not asked yet, or served only since
            try:
                answer = self.json("GET", kind.root)
            except ApiError as error:
                if error.status == 404:
                    raise NoSuchKindError(kind) from error
                raise
            served = {
                r["kind"]: (r["name"], bool(r["namespaced"])) for r in answer["resources"] if "/" not in r["name"]
            }
            with self._lock:
                self._served[kind.root] = served
        if kind.name not in served:
            raise NoSuchKindError(kind)
        return served[kind.name]


def _query(manager: str, dry_run: bool) -> dict[str, str]:
    return {"fieldManager": manager, "fieldValidation": "Strict"} | ({"dryRun": "All"} if dry_run else {})
