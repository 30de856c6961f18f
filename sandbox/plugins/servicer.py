"""The engine's side of a plug-in: gRPC, marks for secrets, refusals, partial failures, cancellation.

`pulumi.provider.experimental.server` is not used: it adds a Python stack trace to every error text, has no
partial failure (`ErrorResourceInitFailed`) and gives `check` no autonaming.
"""

# ruff: noqa: ARG002 - an interface's arguments are given, used or not

import json
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import grpc  # type: ignore[import-untyped]
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc
from pulumi.runtime.proto import status_pb2 as rpc_status

from . import diff as diffs
from .errors import Failure, IncompleteOperationError, PluginError
from .naming import AutonamingMode
from .plugin import Difference, Operation, Plugin
from .values import Decoded, Path, decode, encode, format_path, parse_path, redact

_Kind = provider_pb2.PropertyDiff
_KINDS = {
    ("add", False): _Kind.ADD,
    ("add", True): _Kind.ADD_REPLACE,
    ("delete", False): _Kind.DELETE,
    ("delete", True): _Kind.DELETE_REPLACE,
    ("update", False): _Kind.UPDATE,
    ("update", True): _Kind.UPDATE_REPLACE,
}
_MODES: tuple[AutonamingMode, ...] = ("propose", "enforce", "disable")
_NOTHING = Decoded({})


class PluginServicer(provider_pb2_grpc.ResourceProviderServicer):
    """Serves one plug-in. Requests come from many threads at once."""

    def __init__(self, plugin: Plugin, version: str, *, detailed: bool = True) -> None:
        self._plugin = plugin
        self._version = version
        self._detailed = detailed
        self.cancelled = threading.Event()

    def GetPluginInfo(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=self._version)

    def GetSchema(
        self, request: provider_pb2.GetSchemaRequest, context: grpc.ServicerContext
    ) -> provider_pb2.GetSchemaResponse:
        schema = {"name": self._plugin.package, "version": self._version, **self._plugin.schema()}
        return provider_pb2.GetSchemaResponse(schema=json.dumps(schema))

    def Cancel(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> empty_pb2.Empty:
        self.cancelled.set()
        return empty_pb2.Empty()

    def CheckConfig(
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        news = decode(request.news)
        with _failures(context, news):
            checked = self._plugin.check_config(news.value)
        return _check_response(checked.inputs, checked.failures, news.secrets)

    def DiffConfig(self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        olds, news = decode(request.old_inputs), decode(request.news)
        with _failures(context, olds, news):
            changed = diffs.changes(olds.value, news.value)
            replaces = self._plugin.config_replaces(olds.value, news.value)
        return provider_pb2.DiffResponse(
            changes=_some(bool(changed)),
            replaces=list(replaces),
            diffs=sorted({str(change.path[0]) for change in changed}),
            deleteBeforeReplace=bool(replaces),
        )

    def Configure(
        self, request: provider_pb2.ConfigureRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ConfigureResponse:
        config = decode(request.args)
        with _failures(context, config):
            self._plugin.configure(config.value)
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, acceptResources=False, acceptOutputs=False,
            supports_autonaming_configuration=True,
        )  # fmt: skip

    def Check(self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext) -> provider_pb2.CheckResponse:
        olds, news = decode(request.olds), decode(request.news)
        autonaming = None
        if request.HasField("autonaming"):
            autonaming = (request.autonaming.proposed_name, _MODES[request.autonaming.mode])
        op = self._operation(request.urn, seed=request.randomSeed, autonaming=autonaming)
        with _failures(context, news):
            checked = self._plugin.check(op, olds.value, news.value)
        failures = [Failure(f.property, redact(f.reason, news.value, news.secrets)) for f in checked.failures]
        secrets = news.secrets | self._plugin.secret_paths(op, checked.inputs, news.secrets)
        return _check_response(checked.inputs, failures, secrets)

    def Diff(self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        old_inputs, state, news = decode(request.old_inputs), decode(request.olds), decode(request.news)
        op = self._operation(request.urn)
        with _failures(context, old_inputs, state, news):
            found = self._plugin.diff(op, request.id, old_inputs.value, state.value, news.value)
        return _diff_response(found, [parse_path(text) for text in request.ignoreChanges], detailed=self._detailed)

    def Create(self, request: provider_pb2.CreateRequest, context: grpc.ServicerContext) -> provider_pb2.CreateResponse:
        inputs = decode(request.properties)
        op = self._operation(request.urn, timeout=request.timeout, preview=request.preview)
        with _failures(context, inputs, encode_state=self._encoder(op, inputs)):
            resource_id, state = self._plugin.create(op, inputs.value)
        return provider_pb2.CreateResponse(id=resource_id, properties=self._encoder(op, inputs)(state))

    def Read(self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext) -> provider_pb2.ReadResponse:
        state, inputs = decode(request.properties), decode(request.inputs)
        op = self._operation(request.urn)
        with _failures(context, state, inputs):
            live = self._plugin.read(op, request.id, inputs.value, state.value)
        if live is None:
            return provider_pb2.ReadResponse()
        encoder = self._encoder(op, inputs, state)
        return provider_pb2.ReadResponse(id=live.id, properties=encoder(live.state), inputs=encoder(live.inputs))

    def Update(self, request: provider_pb2.UpdateRequest, context: grpc.ServicerContext) -> provider_pb2.UpdateResponse:
        old_inputs, state, news = decode(request.old_inputs), decode(request.olds), decode(request.news)
        op = self._operation(request.urn, timeout=request.timeout, preview=request.preview)
        encoder = self._encoder(op, news)
        with _failures(context, old_inputs, state, news, encode_state=encoder):
            updated = self._plugin.update(op, request.id, old_inputs.value, state.value, news.value)
        return provider_pb2.UpdateResponse(properties=encoder(updated))

    def Delete(self, request: provider_pb2.DeleteRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:
        state = decode(request.properties)
        op = self._operation(request.urn, timeout=request.timeout)
        with _failures(context, state):
            self._plugin.delete(op, request.id, state.value)
        return empty_pb2.Empty()

    def Invoke(self, request: provider_pb2.InvokeRequest, context: grpc.ServicerContext) -> provider_pb2.InvokeResponse:
        args = decode(request.args)
        with _failures(context, args):
            answer = self._plugin.invoke(request.tok, args.value)
        return provider_pb2.InvokeResponse(**{"return": encode(answer)})

    def _operation(
        self,
        urn: str,
        *,
        timeout: float = 0.0,
        preview: bool = False,
        seed: bytes = b"",
        autonaming: tuple[str, AutonamingMode] | None = None,
    ) -> Operation:
        return Operation(
            urn=urn,
            timeout=timeout or None,
            preview=preview,
            cancelled=self.cancelled,
            seed=seed,
            autonaming=autonaming,
        )

    def _encoder(self, op: Operation, *sources: Decoded) -> Callable[[Mapping[str, Any]], struct_pb2.Struct]:
        known = frozenset[Path]().union(*(source.secrets for source in sources))
        return lambda value: encode(value, known | self._plugin.secret_paths(op, value, known))


@contextmanager
def _failures(
    context: grpc.ServicerContext,
    *sources: Decoded,
    encode_state: Callable[[Mapping[str, Any]], struct_pb2.Struct] | None = None,
) -> Iterator[None]:
    """Turn an exception into the status that the engine shows, with secrets taken out of its text."""

    def clean(text: str) -> str:
        for source in sources:
            text = redact(text, source.value, source.secrets)
        return text

    try:
        yield
    except IncompleteOperationError as error:
        if encode_state is None:
            raise
        detail = provider_pb2.ErrorResourceInitFailed(
            id=error.resource_id,
            properties=encode_state(error.state),
            reasons=[clean(r) for r in error.reasons],
        )
        _abort(context, clean(str(error)), detail)
    except PluginError as error:
        _abort(context, clean(str(error)))
    except Exception as error:  # every other fault must reach the user too, not end the plug-in
        _abort(context, clean(f"{type(error).__name__}: {error}\n{traceback.format_exc()}"))


def _abort(context: grpc.ServicerContext, text: str, detail: Any = None) -> None:
    if detail is not None:
        status = rpc_status.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=text)
        status.details.add().Pack(detail)
        context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode.UNKNOWN, text)


def _check_response(
    inputs: Mapping[str, Any], failures: Iterable[Failure], secrets: Iterable[Path]
) -> provider_pb2.CheckResponse:
    return provider_pb2.CheckResponse(
        inputs=encode(inputs, secrets),
        failures=[provider_pb2.CheckFailure(property=f.property, reason=f.reason) for f in failures],
    )


def _diff_response(found: Difference, ignored: list[Path], *, detailed: bool) -> provider_pb2.DiffResponse:
    changes = [c for c in found.changes if not any(diffs.matches(c.path, pattern) for pattern in ignored)]
    replacing = {str(change.path[0]) for change in changes if change.replaces}
    return provider_pb2.DiffResponse(
        changes=_some(bool(changes)),
        replaces=sorted(replacing),
        stables=[] if replacing else list(found.stables),
        diffs=sorted({str(change.path[0]) for change in changes}),
        deleteBeforeReplace=found.delete_before_replace,
        hasDetailedDiff=detailed and bool(changes),
        detailedDiff={
            format_path(c.path): provider_pb2.PropertyDiff(kind=_KINDS[c.kind, c.replaces])
            for c in (changes if detailed else ())
        },
    )  # fmt: skip


def _some(any_change: bool) -> provider_pb2.DiffResponse.DiffChanges.ValueType:
    return provider_pb2.DiffResponse.DIFF_SOME if any_change else provider_pb2.DiffResponse.DIFF_NONE
