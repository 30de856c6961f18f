"""The resource `AwsAuthMapping`: the engine's operations, carried out by `eks_access.aws_auth.lifecycle`.

State holds the mapping twice. `username` and `groups` are what aws-auth has (a refresh brings them up to date, which
is how drift is seen); `mapping` is what was written, which is what may be given back.
"""

from collections.abc import Callable, Mapping
from typing import Any, NoReturn, TypeVar

from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import (
    CheckFailure,
    CheckRequest,
    CheckResponse,
    CreateRequest,
    CreateResponse,
    DeleteRequest,
    DiffRequest,
    DiffResponse,
    PropertyDiff,
    PropertyDiffKind,
    ReadRequest,
    ReadResponse,
    UpdateRequest,
    UpdateResponse,
)

from ..aws_auth import lifecycle
from ..aws_auth.errors import AwsAuthConflictError
from ..aws_auth.mapping import RoleMapping, canonical_role, is_protected
from ..aws_auth.merge import same
from ..aws_auth.reader import Identity
from ..kubernetes.client import ApiError, CredentialError, KubeconfigError, UnreachableError
from . import connection
from .aws_auth_inputs import PROPERTIES, REPLACES, REQUIRED, differs, faults
from .handler import Handler, ProviderError, Warn
from .schema import AWS_AUTH_MAPPING
from .values import UNKNOWN, Properties, is_known, plain, wrapped

TOKEN = "eks-access:index:AwsAuthMapping"

Connect = Callable[[str], lifecycle.Api]
T = TypeVar("T")


class AwsAuthMappings(Handler):
    token = TOKEN

    def __init__(self, warn: Warn, connect: Connect = connection.connect) -> None:
        self._warn = warn
        self._connect = connect

    def schema(self) -> Mapping[str, Any]:
        return AWS_AUTH_MAPPING

    def check(self, request: CheckRequest) -> CheckResponse:
        given = request.new_inputs
        values = {name: plain(value) for name, value in given.items() if plain(value) is not None}
        failures = [
            CheckFailure(name, f"is not a property of AwsAuthMapping; it has {', '.join(PROPERTIES)}")
            for name in values
            if name not in PROPERTIES
        ]
        failures += [CheckFailure(name, "is required") for name in REQUIRED if name not in values]
        failures += [f for name in PROPERTIES if is_known(values.get(name)) for f in faults(name, values.get(name))]
        inputs = {name: given[name] for name in PROPERTIES if name in values}
        inputs.setdefault("groups", PropertyValue([]))
        inputs.setdefault("adopt", PropertyValue(False))
        kubeconfig = values.get("kubeconfig")
        if isinstance(kubeconfig, str) and connection.holds_secret(kubeconfig):
            inputs["kubeconfig"] = inputs["kubeconfig"].with_secret(True)
        return CheckResponse(inputs, failures)

    def diff(self, request: DiffRequest) -> DiffResponse:
        old = {name: plain(request.old_state.get(name)) for name in PROPERTIES}
        new = {name: plain(request.new_inputs.get(name)) for name in PROPERTIES}
        changed = [n for n in PROPERTIES if n not in request.ignore_changes and differs(n, old[n], new[n])]
        replaces = [name for name in changed if name in REPLACES]
        return DiffResponse(
            changes=bool(changed),
            replaces=replaces,
            diffs=changed,
            detailed_diff={
                name: PropertyDiff(
                    PropertyDiffKind.UPDATE_REPLACE if name in replaces else PropertyDiffKind.UPDATE, input_diff=False
                )
                for name in changed
            },
        )

    def create(self, request: CreateRequest) -> CreateResponse:
        values = _values(request.properties)
        if not is_known(values):
            return CreateResponse(None, _state(request.properties, UNKNOWN, UNKNOWN))
        mapping = _mapping(values)
        warnings = self._write(request.urn, values, mapping, (), request.preview, request.timeout)
        identifier = f"{values['clusterName']}/{mapping.rolearn}"
        return CreateResponse(None if request.preview else identifier, _state(request.properties, mapping, warnings))

    def read(self, request: ReadRequest) -> ReadResponse:
        cluster, _, role = request.resource_id.partition("/")
        importing = not request.properties.get("roleArn") and not request.inputs.get("roleArn")
        given = dict(request.inputs) or {n: v for n, v in request.properties.items() if n in PROPERTIES}
        try:
            rolearn = canonical_role(role)
        except AwsAuthConflictError as refusal:
            raise ProviderError(
                f"{request.resource_id!r} is not an id of AwsAuthMapping; it is <cluster name>/<role ARN>. {refusal}"
            ) from refusal
        kubeconfig = plain(given.get("kubeconfig")) or connection.from_environment()
        live = self._live(cluster, str(kubeconfig), rolearn)
        if live is None:
            return ReadResponse()
        if importing:
            if is_protected(live):
                raise ProviderError(
                    f"{rolearn} is mapped for EKS' own nodes in aws-auth, which are never managed here."
                )
            secret = connection.holds_secret(str(kubeconfig))
            given = {
                "kubeconfig": PropertyValue(str(kubeconfig), is_secret=secret),
                "clusterName": PropertyValue(cluster),
                "roleArn": PropertyValue(rolearn),
                "adopt": PropertyValue(False),
            }
        inputs = _with_identity(given, live)
        outputs = _with_identity({**request.properties, **given}, live)
        if "mapping" not in outputs:
            outputs["mapping"] = wrapped(_written(RoleMapping(rolearn, live.username, live.groups)))
        outputs.setdefault("warnings", PropertyValue([]))
        return ReadResponse(request.resource_id, outputs, inputs)

    def update(self, request: UpdateRequest) -> UpdateResponse:
        values = _values(request.news)
        if not is_known(values):
            return UpdateResponse(_state(request.news, UNKNOWN, UNKNOWN))
        mapping = _mapping(values)
        # What was written, or what a refresh has shown the user since: that is what the update was decided on.
        shown = RoleMapping(mapping.rolearn, str(plain(request.olds.get("username"))), _groups(request.olds))
        owned = tuple(m for m in (_owned(request.olds), shown) if m is not None)
        warnings = self._write(request.urn, values, mapping, owned, request.preview, request.timeout)
        return UpdateResponse(_state(request.news, mapping, warnings))

    def delete(self, request: DeleteRequest) -> None:
        owned = _owned(request.properties)
        if owned is None:
            return
        values = _values(request.properties)
        outcome = self._reached(
            values,
            lambda api: lifecycle.remove(api, owned, deadline=request.timeout or lifecycle.DEADLINE),
        )
        for warning in outcome.warnings:
            self._warn(request.urn, warning)

    def _write(
        self,
        urn: str,
        values: Mapping[str, Any],
        mapping: RoleMapping,
        owned: tuple[RoleMapping, ...],
        preview: bool,
        timeout: float,
    ) -> list[str]:
        adopt = bool(values.get("adopt"))
        if preview:
            try:
                plan = self._reached(values, lambda api: lifecycle.preview(api, mapping, owned=owned, adopt=adopt))
            except _NotReachedError as error:
                # A preview must work where only the deployment itself can reach the cluster.
                self._warn(urn, f"aws-auth was not checked: {error}")
                return []
            warnings = plan.warnings
        else:
            deadline = timeout or lifecycle.DEADLINE
            warnings = self._reached(
                values,
                lambda api: lifecycle.ensure(api, mapping, owned=owned, adopt=adopt, deadline=deadline),
            ).warnings
        for warning in warnings:
            self._warn(urn, warning)
        return list(warnings)

    def _live(self, cluster: str, kubeconfig: str, rolearn: str) -> Identity | None:
        values = {"clusterName": cluster, "kubeconfig": kubeconfig}
        return self._reached(values, lambda api: lifecycle.current(api, rolearn))

    def _reached(self, values: Mapping[str, Any], operation: Callable[[lifecycle.Api], T]) -> T:
        """Carry out the operation on the cluster; every error names the cluster and is told in plain words."""
        cluster = f"cluster {values.get('clusterName')!r}"
        try:
            return operation(self._connect(str(values["kubeconfig"])))
        except AwsAuthConflictError as refusal:
            raise ProviderError(f"{cluster}: aws-auth is left as it is: {refusal}") from refusal
        except lifecycle.WriteConflictError as error:
            raise ProviderError(f"{cluster}: {error}") from error
        except (UnreachableError, CredentialError, KubeconfigError) as error:
            raise _NotReachedError(f"{cluster}: {error}") from error
        except ApiError as error:
            _explain(cluster, error)


class _NotReachedError(ProviderError):
    """The cluster's API server gave no answer at all."""


def _explain(cluster: str, error: ApiError) -> NoReturn:
    if error.status == 401:
        advice = "The credentials of the kubeconfig are not accepted by this cluster."
    elif error.status == 403:
        advice = "Whoever deploys needs get, create and update on the ConfigMap aws-auth in kube-system."
    else:
        advice = ""
    raise ProviderError(f"{cluster}: the API server refused: {error}. {advice}".rstrip()) from error


def _values(properties: Properties) -> dict[str, Any]:
    return {name: plain(properties[name]) for name in PROPERTIES if name in properties}


def _groups(properties: Properties) -> tuple[str, ...]:
    groups = plain(properties.get("groups"))
    return tuple(map(str, groups or ()))


def _mapping(values: Mapping[str, Any]) -> RoleMapping:
    try:
        return RoleMapping.of(values["roleArn"], values["username"], values.get("groups") or ())
    except AwsAuthConflictError as refusal:
        raise ProviderError(str(refusal)) from refusal


def _owned(state: Properties) -> RoleMapping | None:
    written = plain(state.get("mapping"))
    if not isinstance(written, Mapping) or not is_known(written):
        return None
    return RoleMapping(written["rolearn"], written["username"], tuple(written.get("groups") or ()))


def _written(mapping: RoleMapping) -> dict[str, Any]:
    return {"rolearn": mapping.rolearn, "username": mapping.username, "groups": list(mapping.groups)}


def _state(inputs: Properties, mapping: Any, warnings: Any) -> dict[str, PropertyValue]:
    written = _written(mapping) if isinstance(mapping, RoleMapping) else mapping
    return {**inputs, "mapping": wrapped(written), "warnings": wrapped(warnings)}


def _with_identity(properties: Properties, live: Identity) -> dict[str, PropertyValue]:
    """The properties with what aws-auth has; as they were where that means the same, secrecy included."""
    username, groups = plain(properties.get("username")), _groups(properties)
    if isinstance(username, str) and same(Identity(username, groups), live):
        return dict(properties)
    return {**properties, "username": PropertyValue(live.username), "groups": wrapped(list(live.groups))}
