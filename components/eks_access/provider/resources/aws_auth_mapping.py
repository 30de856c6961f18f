"""The resource `AwsAuthMapping`: the engine's operations, carried out by `eks_access.aws_auth.lifecycle`.

State contains the mapping twice. `username` and `groups` are what aws-auth has (a refresh updates them, which is how
drift is found); `mapping` is what was written, which is what may be removed. `written` is false if an identical mapping
was there already: that one is not this resource's to replace or to remove.
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import DiffRequest, DiffResponse, PropertyDiff, PropertyDiffKind
from typing_extensions import override

from ...aws_auth import lifecycle
from ...aws_auth.errors import AwsAuthConflictError
from ...aws_auth.mapping import RoleMapping, canonicalize_role, is_protected
from ...aws_auth.merge import Plan, is_same_identity
from ...aws_auth.reader import Identity
from ...kubernetes.client import Api, ApiError
from ...kubernetes.kubeconfig import has_secret, is_same_cluster
from ..errors import NotAvailableError, ProviderError
from ..handler import LiveResource, Operation, Outputs, Values, Warn
from ..properties import STRINGS, OutputProperty
from ..values import Properties, is_known, unwrap, wrap
from .aws_auth_inputs import INPUTS
from .in_cluster import InClusterHandler, read_import_kubeconfig

TOKEN = "eks-access:index:AwsAuthMapping"
WRITTEN_MAPPING_TOKEN = "eks-access:index:WrittenMapping"

Connect = Callable[[str], Api]
_OUTPUTS = ("mapping", "written", "warnings")

_ADVICE: Mapping[int, str] = {
    401: "The credentials of the kubeconfig are not accepted by this cluster.",
    403: "The deployer needs get, create and update on the ConfigMap aws-auth in kube-system.",
}


class AwsAuthMappings(InClusterHandler):
    """The operations on role mappings in aws-auth."""

    token = TOKEN
    description = (
        "One role's mapping in `kube-system/aws-auth`. Only this entry is written, and only if what the authenticator"
        " reads for all other principals stays the same; destroying removes exactly what was written. Import it with"
        " the id `<cluster name>/<role ARN>` and KUBECONFIG set to a file whose current context is the cluster, or with"
        " `<context>//` before it for another context of that file."
    )
    inputs = INPUTS
    outputs = (
        OutputProperty("mapping", "The entry as it was written.", schema={"$ref": f"#/types/{WRITTEN_MAPPING_TOKEN}"}),
        OutputProperty(
            "written",
            "Whether this resource wrote the entry, and so removes it. False if the same mapping was there before.",
            schema={"type": "boolean"},
        ),
        OutputProperty("warnings", "Warnings about aws-auth when the entry was written.", schema=STRINGS),
    )
    types: ClassVar[Mapping[str, Any]] = {
        WRITTEN_MAPPING_TOKEN: {
            "type": "object",
            "description": "An entry as it was written to aws-auth.",
            "properties": {
                "rolearn": {"type": "string", "description": "The role's ARN without its path, as STS reports it."},
                "username": {"type": "string"},
                "groups": STRINGS,
            },
            "required": ["groups", "rolearn", "username"],
        }
    }
    refusals = (AwsAuthConflictError, lifecycle.WriteConflictError, ApiError)
    advice = _ADVICE

    def __init__(self, warn: Warn, connect: Connect) -> None:
        super().__init__(warn)
        self._connect = connect

    def explain(self, error: Exception) -> str:
        if isinstance(error, AwsAuthConflictError):
            return f"aws-auth is left as it is: {error}"
        return super().explain(error)

    @override
    def diff(self, request: DiffRequest) -> DiffResponse:
        response = super().diff(request)
        is_taken_over = unwrap(request.old_state.get("written")) is False and unwrap(request.new_inputs.get("adopt"))
        if response.changes or is_taken_over is not True or "adopt" in request.ignore_changes:
            return response
        return DiffResponse(
            changes=True,
            diffs=["adopt"],
            detailed_diff={"adopt": PropertyDiff(PropertyDiffKind.UPDATE, input_diff=False)},
        )

    def create_resource(self, operation: Operation, values: Values) -> tuple[str, Outputs]:
        if not is_known(values):
            return "", {}
        mapping = _parse_mapping(values)
        return f"{values['clusterName']}/{mapping.rolearn}", self._write(operation, values, mapping, None)

    @override
    def find_resource(
        self, operation: Operation, identifier: str, inputs: Properties, state: Properties
    ) -> LiveResource | None:
        cluster, _, role = identifier.partition("/")
        try:
            rolearn = canonicalize_role(role)
        except AwsAuthConflictError as error:
            raise ProviderError(
                f"{identifier!r} is not an id of AwsAuthMapping; it is <cluster name>/<role ARN>. {error}"
            ) from error
        kubeconfig = str(unwrap(inputs.get("kubeconfig")) or read_import_kubeconfig())
        try:
            with self.translate_errors(f"cluster {cluster!r}"):
                live = lifecycle.read_identity(self._connect(kubeconfig), rolearn)
        except ProviderError as error:
            if not isinstance(error.__cause__, AwsAuthConflictError) or not state:
                raise
            # Whether the mapping is there cannot be known, and forgetting it would leave it for ever.
            self._warn(operation.urn, f"kept in the state as it was: {error}")
            return LiveResource(inputs, {name: state[name] for name in _OUTPUTS if name in state})
        if live is None:
            return None
        if not state.get("roleArn") and not inputs.get("roleArn"):
            inputs = _build_import_inputs(cluster, kubeconfig, rolearn, live)
        written = _format_mapping(RoleMapping(rolearn, live.username, live.groups))
        return LiveResource(
            _update_identity(inputs, live),
            {
                "mapping": state.get("mapping", wrap(written)),
                "written": state.get("written", PropertyValue(True)),
                "warnings": state.get("warnings", PropertyValue([])),
            },
        )

    def update_resource(self, operation: Operation, state: Properties, values: Values) -> Outputs:
        if not is_known(values):
            return {}
        mapping, written = _parse_mapping(values), _read_owned(state)
        if written is None or not is_same_cluster(str(unwrap(state["kubeconfig"])), str(values["kubeconfig"])):
            return self._write(operation, values, mapping, None)
        # The update was decided on what a refresh has shown the user since.
        shown = RoleMapping(mapping.rolearn, str(unwrap(state.get("username"))), _read_groups(state))
        return self._write(operation, values, mapping, written, shown)

    @override
    def delete_resource(self, operation: Operation, identifier: str, state: Properties) -> None:
        mapping = _read_mapping(state)
        if mapping is None:
            return
        values = self.read_values(state)
        with self.translate_errors(f"cluster {values.get('clusterName')!r}"):
            api = self._connect(str(values["kubeconfig"]))
            if _read_owned(state) is not None:
                outcome = lifecycle.remove(api, mapping, deadline=operation.timeout or lifecycle.DEADLINE)
                self._warn_all(operation, outcome.warnings)
            elif lifecycle.read_identity(api, mapping.rolearn) is not None:
                self._warn(operation.urn, _format_kept(mapping))

    def _write(
        self,
        operation: Operation,
        values: Values,
        mapping: RoleMapping,
        written: RoleMapping | None,
        shown: RoleMapping | None = None,
    ) -> Outputs:
        """Write the mapping. It is this resource's if it is written now, was written before, or is adopted."""
        adopt, owned = bool(values.get("adopt")), tuple(each for each in (written, shown) if each is not None)
        warnings: tuple[str, ...] = ()
        is_ours = True
        try:
            with self.translate_errors(f"cluster {values.get('clusterName')!r}"):
                api = self._connect(str(values["kubeconfig"]))
                done: Plan | lifecycle.Outcome
                if operation.is_preview:
                    done = lifecycle.preview(api, mapping, owned=owned, adopt=adopt)
                else:
                    deadline = operation.timeout or lifecycle.DEADLINE
                    done = lifecycle.ensure(api, mapping, owned=owned, adopt=adopt, deadline=deadline)
                is_ours = done.changed or adopt or _is_same(mapping, written)
                warnings = done.warnings if is_ours else (*done.warnings, _format_not_ours(mapping))
        except NotAvailableError as error:
            # A preview must work where only the deployment itself can reach the cluster.
            if not operation.is_preview:
                raise
            self._warn(operation.urn, f"aws-auth was not checked: {error}")
        self._warn_all(operation, warnings)
        outputs = {"mapping": wrap(_format_mapping(mapping)), "warnings": wrap(list(warnings))}
        # A preview leaves open whether a write will be needed when the deployment comes to it.
        return outputs if operation.is_preview else {**outputs, "written": PropertyValue(is_ours)}

    def _warn_all(self, operation: Operation, warnings: tuple[str, ...]) -> None:
        for warning in warnings:
            self._warn(operation.urn, warning)


def _build_import_inputs(cluster: str, kubeconfig: str, rolearn: str, live: Identity) -> dict[str, PropertyValue]:
    if is_protected(live):
        raise ProviderError(f"{rolearn} is mapped for EKS' own nodes in aws-auth, which are never managed here.")
    return {
        "kubeconfig": PropertyValue(kubeconfig, is_secret=has_secret(kubeconfig)),
        "clusterName": PropertyValue(cluster),
        "roleArn": PropertyValue(rolearn),
        "adopt": PropertyValue(False),
    }


def _parse_mapping(values: Values) -> RoleMapping:
    try:
        return RoleMapping.of(values["roleArn"], values["username"], values.get("groups") or ())
    except AwsAuthConflictError as error:
        raise ProviderError(str(error)) from error


def _read_groups(properties: Properties) -> tuple[str, ...]:
    return tuple(map(str, unwrap(properties.get("groups")) or ()))


def _read_owned(state: Properties) -> RoleMapping | None:
    """The mapping that was written, according to the state; None if it was there before.

    Up to version 0.1.0 states do not say which.
    """
    return None if unwrap(state.get("written")) is False else _read_mapping(state)


def _is_same(mapping: RoleMapping, written: RoleMapping | None) -> bool:
    return written is not None and written.key == mapping.key and is_same_identity(written.identity, mapping.identity)


def _format_not_ours(mapping: RoleMapping) -> str:
    return (
        f"{mapping.rolearn} was mapped like this before, by another stack perhaps: the mapping is not this resource's,"
        " which will not remove it. Set adopt to take it over."
    )


def _format_kept(mapping: RoleMapping) -> str:
    return (
        f"{mapping.rolearn} keeps access as user {mapping.username!r}: the mapping was there before this resource, and"
        " is left as it is"
    )


def _read_mapping(state: Properties) -> RoleMapping | None:
    written = unwrap(state.get("mapping"))
    if not isinstance(written, Mapping) or not is_known(written):
        return None
    return RoleMapping(written["rolearn"], written["username"], tuple(written.get("groups") or ()))


def _format_mapping(mapping: RoleMapping) -> dict[str, Any]:
    return {"rolearn": mapping.rolearn, "username": mapping.username, "groups": list(mapping.groups)}


def _update_identity(inputs: Properties, live: Identity) -> dict[str, PropertyValue]:
    """The inputs with the username and groups that aws-auth has; unchanged, secrecy included, if these are the same."""
    username = unwrap(inputs.get("username"))
    if isinstance(username, str) and is_same_identity(Identity(username, _read_groups(inputs)), live):
        return dict(inputs)
    return {**inputs, "username": PropertyValue(live.username), "groups": wrap(list(live.groups))}
