"""The resources `ClusterRole`, `RoleBinding`, `ServiceAccount` and so on: objects of a cluster, exactly.

Everything that gives access is compared, whatever put it there: the official Kubernetes provider compares only what the
program has, so that rules, subjects and peers that others add are invisible to it
(https://github.com/pulumi/pulumi-kubernetes/issues/2404).
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import (
    CheckFailure,
    CheckRequest,
    CheckResponse,
    DiffRequest,
    DiffResponse,
    PropertyDiff,
    PropertyDiffKind,
    ReadRequest,
    ReadResponse,
)
from typing_extensions import override

from ...exact import lifecycle
from ...exact.kinds import Kind
from ...exact.meaning import align, find_meaning
from ...exact.ownership import Owner, parse_owner, read_owner
from ...kubernetes.client import Api, ApiError
from ...kubernetes.kubeconfig import has_secret
from ...model.rbac import RESOURCE, STACK
from ..errors import NotAvailableError, ProviderError
from ..handler import LiveResource, Operation, Outputs, Values, Warn
from ..properties import OutputProperty
from ..values import Properties, is_known, unwrap, wrap
from .differences import Difference, compare, describe
from .exact_inputs import TYPES, build_inputs
from .in_cluster import InClusterHandler, read_import_kubeconfig

_ADVICE: Mapping[int, str] = {
    401: "The credentials of the kubeconfig are not accepted by this cluster.",
    403: "The deployer needs get, create, update and delete on this kind; for RBAC also all rights that it gives, or"
    " `escalate` and `bind`.",
}
_UNREAD_ANNOTATIONS = ("kubectl.kubernetes.io/last-applied-configuration", STACK, RESOURCE)
"""Annotations that are not imported: kubectl's own copy of the object, and the owner's mark."""
_METADATA_MAPS = ("labels", "annotations")

Connect = Callable[[str], Api]


class ExactObjects(InClusterHandler):
    """The operations on the objects of one kind."""

    outputs = (
        OutputProperty("uid", "The object's uid when it was last written."),
        OutputProperty("owner", "The stack and resource that the object belongs to: `<project>/<stack>::<resource>`."),
    )
    types: ClassVar[Mapping[str, Any]] = TYPES
    refusals = (lifecycle.ForeignObjectError, ApiError)
    advice = _ADVICE
    # The new object may have the name of the old one.
    delete_before_replace = True

    def __init__(self, kind: Kind, warn: Warn, connect: Connect) -> None:
        super().__init__(warn)
        self._kind = kind
        self._connect = connect
        self.token = kind.token
        self.description = (
            f"A {kind.name} of a cluster, exactly: what others add to it is found by a refresh, and removed by the next"
            " update. An object of others is left as it is, unless `adopt` is set. Import it with the id"
            f" `{'<namespace>/<name>' if kind.namespaced else '<name>'}` and KUBECONFIG set to a file whose current"
            " context is the cluster, or with `<context>//` before it for another context of that file."
        )
        self.inputs = build_inputs(kind)

    @override
    def check(self, request: CheckRequest) -> CheckResponse:
        checked = super().check(request)
        rules, selectors = (unwrap(request.new_inputs.get(name)) for name in ("rules", "aggregationRule"))
        if "aggregationRule" in self._kind.parts and is_known(rules) and rules and selectors is not None:
            reason = "are overwritten by Kubernetes where an aggregationRule is given: leave one of them out"
            return CheckResponse(checked.inputs, [*(checked.failures or ()), CheckFailure("rules", reason)])
        return checked

    @override
    def diff(self, request: DiffRequest) -> DiffResponse:
        ignored = request.ignore_changes
        old, new = (_unwrap_all(each) for each in (request.old_state, request.new_inputs))
        found = [each for each in self._compare(old, new) if each.property not in ignored]
        replaces = [each.path for each in found if each.replaces]
        return DiffResponse(
            changes=bool(found),
            replaces=replaces,
            diffs=list(dict.fromkeys(each.property for each in found)),
            delete_before_replace=self.delete_before_replace,
            detailed_diff={each.path: PropertyDiff(_DIFF_KINDS[each.kind, each.replaces], False) for each in found},
        )

    def create_resource(self, operation: Operation, values: Values) -> tuple[str, Outputs]:
        if not is_known(values):
            return "", {}
        owner = parse_owner(operation.urn)
        wanted = self._build_object(owner, values)
        outputs = self._write(
            operation, owner, values, lambda api, **options: lifecycle.create(api, self._kind, wanted, owner, **options)
        )
        return self._kind.identify(values["metadata"]), outputs

    def update_resource(self, operation: Operation, state: Properties, values: Values) -> Outputs:
        if not is_known(values):
            return {}
        owner = parse_owner(operation.urn)
        wanted = self._build_object(owner, values)
        known = _read_known(state)
        return self._write(
            operation,
            owner,
            values,
            lambda api, **options: lifecycle.update(api, self._kind, wanted, owner, known, **options),
        )

    @override
    def delete_resource(self, operation: Operation, identifier: str, state: Properties) -> None:
        values = self.read_values(state)
        namespace, name = self._parse_identifier(identifier)
        with self.translate_errors(self._subject(identifier)):
            api = self._connect(str(values["kubeconfig"]))
            owner = parse_owner(operation.urn)
            warnings = lifecycle.delete(api, self._kind, name, namespace, owner, _read_known(state))
        for warning in warnings:
            self._warn(operation.urn, warning)

    def find_resource(
        self, operation: Operation, identifier: str, inputs: Properties, state: Properties
    ) -> LiveResource | None:
        namespace, name = self._parse_identifier(identifier)
        kubeconfig = str(unwrap(inputs.get("kubeconfig")) or read_import_kubeconfig())
        declared = self.read_values(inputs)
        with self.translate_errors(self._subject(identifier)):
            api = self._connect(kubeconfig)
            live = lifecycle.find(api, self._kind, name, namespace)
            if live is None:
                return None
            is_import = "metadata" not in declared
            declared_labels = {} if is_import else declared["metadata"].get("labels") or {}
            labels = lifecycle.read_labels(api, self._kind, live, declared_labels)
        outputs = {
            "owner": wrap(self._read_owner(operation.urn, live, state)),
            "uid": state.get("uid", wrap(live["metadata"]["uid"])),
        }
        if is_import:
            return LiveResource(self._build_import_inputs(kubeconfig, live), outputs)
        metadata = {**declared["metadata"], **self._read_metadata(declared["metadata"], live, labels)}
        found = {"metadata": metadata, **align(self._kind, live, declared)}
        return LiveResource(self._keep_unchanged(inputs, declared, found), outputs)

    @override
    def read(self, request: ReadRequest) -> ReadResponse:
        response = super().read(request)
        if request.inputs and response.inputs:
            # What the cluster has is the new value, and what the state has the old one.
            for each in self._compare(_unwrap_all(request.inputs), _unwrap_all(response.inputs)):
                self._warn(request.urn, f"in the cluster, {describe(each)}")
        return response

    def _compare(self, old: Values, new: Values) -> Iterator[Difference]:
        """The differences that have a meaning, field by field."""
        if old.get("kubeconfig") is not None and self.inputs[0].is_changed(old["kubeconfig"], new.get("kubeconfig")):
            yield Difference("kubeconfig", "update", None, None, replaces=True)
        before, after = old.get("metadata") or {}, new.get("metadata") or {}
        if not isinstance(after, Mapping) or not isinstance(before, Mapping):
            yield Difference("metadata", "update", before, after)
            return
        for name in ("name", "namespace"):
            for each in compare(f"metadata.{name}", before.get(name), after.get(name)):
                yield Difference(each.path, each.kind, each.old, each.new, replaces=True)
        for name in _METADATA_MAPS:
            yield from compare(f"metadata.{name}", before.get(name) or {}, after.get(name) or {})
        meanings = find_meaning(self._kind, old), find_meaning(self._kind, new)
        for part in self._kind.parts:
            if meanings[0].get(part) != meanings[1].get(part):
                yield from compare(part, old.get(part), new.get(part))

    def _build_object(self, owner: Owner, values: Values) -> dict[str, Any]:
        metadata = dict(values["metadata"])
        metadata["annotations"] = {**(metadata.get("annotations") or {}), **owner.marks()}
        return {"metadata": metadata, **{part: values[part] for part in self._kind.parts if part in values}}

    def _write(self, operation: Operation, owner: Owner, values: Values, write: Callable[..., str]) -> Outputs:
        subject = self._subject(self._kind.identify(values["metadata"]))
        try:
            with self.translate_errors(subject):
                api = self._connect(str(values["kubeconfig"]))
                uid = write(api, adopt=bool(values.get("adopt")), dry_run=operation.is_preview)
        except (NotAvailableError, ProviderError) as error:
            if not operation.is_preview or not _may_still_succeed(error):
                raise
            if not _is_before_namespace(error):
                self._warn(operation.urn, f"not validated by the API server: {error}")
            return {}
        return {"owner": wrap(_format_owner(owner)), **({"uid": wrap(uid)} if uid else {})}

    def _read_owner(self, urn: str, live: Mapping[str, Any], state: Properties) -> str:
        """The owner for the state: the one that the object names, unless that is a stranger."""
        found, known = read_owner(live["metadata"]), _read_known(state)
        if found is None or lifecycle.is_owner(found, parse_owner(urn), known):
            return _format_owner(found)
        self._warn(urn, f"in the cluster, the object belongs to {found} now: it is neither updated nor deleted here")
        return _format_owner(known.owner)

    def _read_metadata(self, declared: Mapping[str, Any], live: Mapping[str, Any], labels: Any) -> dict[str, Any]:
        """The declared labels and annotations as they are now, and those that give access."""
        annotations = lifecycle.read_annotations(self._kind, live, declared.get("annotations") or {})
        found = {"labels": labels, "annotations": annotations}
        return {name: value for name, value in found.items() if value or name in declared}

    def _keep_unchanged(self, inputs: Properties, declared: Values, found: Values) -> dict[str, PropertyValue]:
        """The inputs as they are, secrecy included, except for what differs in the cluster."""
        kept = {**inputs}
        for name in ("metadata", *self._kind.parts):
            if name not in found:
                kept.pop(name, None)
            elif found[name] != declared.get(name):
                kept[name] = wrap(found[name])
        return kept

    def _build_import_inputs(self, kubeconfig: str, live: Mapping[str, Any]) -> dict[str, PropertyValue]:
        metadata = {name: live["metadata"][name] for name in ("name", "namespace") if live["metadata"].get(name)}
        for field in _METADATA_MAPS:
            values = live["metadata"].get(field) or {}
            if kept := {name: value for name, value in values.items() if name not in _UNREAD_ANNOTATIONS}:
                metadata[field] = kept
        parts = {part: live[part] for part in self._kind.parts if live.get(part) not in (None, [])}
        if "aggregationRule" in parts:
            parts.pop("rules", None)
        return {
            "kubeconfig": PropertyValue(kubeconfig, is_secret=has_secret(kubeconfig)),
            "metadata": wrap(metadata),
            "adopt": PropertyValue(False),
            **{part: wrap(value) for part, value in parts.items()},
        }

    def _parse_identifier(self, identifier: str) -> tuple[str, str]:
        """The namespace ("" for kinds without one) and the name."""
        namespace, slash, name = identifier.rpartition("/")
        if bool(slash) is not self._kind.namespaced or not name or (slash and not namespace) or "/" in namespace:
            form = "<namespace>/<name>" if self._kind.namespaced else "<name>"
            raise ProviderError(f"{identifier!r} is not an id of {self._kind.name}; it is {form}")
        return namespace, name

    def _subject(self, identifier: str) -> str:
        return f"{self._kind.name} {identifier!r}"


_DIFF_KINDS: Mapping[tuple[str, bool], PropertyDiffKind] = {
    ("add", False): PropertyDiffKind.ADD,
    ("add", True): PropertyDiffKind.ADD_REPLACE,
    ("delete", False): PropertyDiffKind.DELETE,
    ("delete", True): PropertyDiffKind.DELETE_REPLACE,
    ("update", False): PropertyDiffKind.UPDATE,
    ("update", True): PropertyDiffKind.UPDATE_REPLACE,
}


def _unwrap_all(properties: Properties) -> dict[str, Any]:
    return {name: unwrap(value) for name, value in properties.items()}


def _may_still_succeed(error: ProviderError) -> bool:
    """May the deployment succeed although its preview was refused?

    The preview may run with fewer rights than the deployment, may reach fewer clusters, and runs before the namespace
    exists.
    """
    cause = error.__cause__
    is_refused = isinstance(cause, ApiError) and cause.status in (401, 403)
    return isinstance(error, NotAvailableError) or is_refused or _is_before_namespace(error)


def _is_before_namespace(error: ProviderError) -> bool:
    """Is it the preview of an object whose namespace does not exist, as in most stacks that create one?"""
    return isinstance(error.__cause__, ApiError) and error.__cause__.status == 404


def _format_owner(owner: Owner | None) -> str:
    return f"{owner.stack}::{owner.resource}" if owner else ""


def _read_known(state: Properties) -> lifecycle.Known:
    """What the state says about the object."""
    text = str(unwrap(state.get("owner")) or "")
    stack, _, resource = text.partition("::")
    metadata = unwrap(state.get("metadata"))
    fields = metadata if isinstance(metadata, Mapping) else {}
    labels, annotations = (frozenset(fields.get(name) or ()) for name in _METADATA_MAPS)
    return lifecycle.Known(
        str(unwrap(state.get("uid")) or ""), Owner(stack, resource) if stack else None, labels, annotations
    )
