"""Serves the plugin over gRPC, reports errors without tracebacks, and stops when the engine stops."""

import asyncio
import logging
import os
import sys
from collections.abc import Callable
from typing import Any

import grpc  # type: ignore[import-untyped]
import grpc.aio  # type: ignore[import-untyped]
from pulumi.provider.experimental import provider as sdk
from pulumi.provider.experimental.server import ProviderServicer
from pulumi.runtime import proto
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2_grpc

from ..redaction import redacted
from ..text_layout import show_controls
from .errors import user_message

PARENT_CHECK_SECONDS = 1.0

log = logging.getLogger(__name__)

ComponentServicer = Callable[[str], Any]
"""Creates the servicer of the components, given the engine's address. Called for the first component."""


class Servicer(ProviderServicer):
    """The SDK's servicer, with components served by the SDK's component host.

    The SDK reports every error with its Python traceback; here, errors for the user are reported by message alone.
    """

    def __init__(
        self, version: str, provider: sdk.Provider, engine_address: str, components: ComponentServicer
    ) -> None:
        super().__init__([], version, provider, engine_address)
        self._address = engine_address
        self._create_components = components
        self._components: Any = None

    def _component_servicer(self) -> Any:
        if self._components is None:
            self._components = self._create_components(self._address)
        return self._components

    # The experimental servicer cannot decode unknown Outputs in a component's arguments; the component host's can.

    async def Construct(self, request: proto.ConstructRequest, context: Any) -> proto.ConstructResponse:
        response: proto.ConstructResponse = await _call_without_traceback(
            self._component_servicer().Construct, request, context
        )
        return response

    async def Call(self, request: proto.CallRequest, context: Any) -> proto.CallResponse:
        response: proto.CallResponse = await self._component_servicer().Call(request, context)
        return response

    async def Check(self, request: Any, context: Any) -> Any:
        return await _call_without_traceback(super().Check, request, context)

    async def Diff(self, request: Any, context: Any) -> Any:
        return await _call_without_traceback(super().Diff, request, context)

    async def Create(self, request: Any, context: Any) -> Any:
        return await _call_without_traceback(super().Create, request, context)

    async def Read(self, request: Any, context: Any) -> Any:
        return await _call_without_traceback(super().Read, request, context)

    async def Update(self, request: Any, context: Any) -> Any:
        return await _call_without_traceback(super().Update, request, context)

    async def Delete(self, request: Any, context: Any) -> Any:
        # The state's outputs are as old as the last write. Its inputs are from the last run, whose credentials work.
        if request.HasField("old_inputs"):
            for name in _CONNECTION_INPUTS:
                request.properties.MergeFrom(_select_field(request.old_inputs, name))
        return await _call_without_traceback(super().Delete, request, context)


_CONNECTION_INPUTS = ("kubeconfig", "endpoint", "profile")
"""The inputs of any resource that decide how it is reached."""


def _select_field(struct: Any, key: str) -> Any:
    """A protobuf Struct with this field alone, or empty if it is not there."""
    selected = type(struct)()
    if key in struct.fields:
        selected.fields[key].CopyFrom(struct.fields[key])
    return selected


async def _call_without_traceback(method: Callable[[Any, Any], Any], request: Any, context: Any) -> Any:
    try:
        return await method(request, context)
    except Exception as error:
        message = user_message(error)
        if message is None:
            raise
        await context.abort(*message)
        raise


def handle_background_error(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Report an error of the event loop that no call awaits, unless it means that the engine stopped by itself."""
    error = context.get("exception")
    message = None if error is None else user_message(error)
    if message is None:
        loop.default_exception_handler(context)
    elif message[0] is not grpc.StatusCode.CANCELLED:
        print(message[1], file=sys.stderr)


class EngineLog:
    """Sends warnings to the engine, which shows them next to the resource that they are about."""

    def __init__(self, engine_address: str) -> None:
        self._engine = engine_pb2_grpc.EngineStub(grpc.insecure_channel(engine_address))

    def warn(self, urn: str, message: str) -> None:
        message = show_controls(redacted(message, limit=None))
        request = engine_pb2.LogRequest(severity=engine_pb2.WARNING, message=message, urn=urn)
        log.warning("%s: %s", urn.rpartition("::")[2], message)
        try:
            self._engine.Log(request, timeout=5)
        except grpc.RpcError as error:
            print(f"warning: {message} (not shown: {show_controls(str(error), keep_lines=True)})", file=sys.stderr)


async def serve(version: str, provider: sdk.Provider, engine_address: str, components: ComponentServicer) -> None:
    """Serve until the engine stops the plugin, or has ended itself."""
    asyncio.get_running_loop().set_exception_handler(handle_background_error)
    server = grpc.aio.server(options=_GRPC_CHANNEL_OPTIONS)
    servicer = Servicer(version, provider, engine_address, components)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    # The engine reads the port from the first line.
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    engine = os.getppid()
    while os.getppid() == engine:
        await asyncio.sleep(PARENT_CHECK_SECONDS)
    await server.stop(grace=None)


def run(version: str, provider: sdk.Provider, engine_address: str, components: ComponentServicer) -> None:
    """Serve as `serve`, until the end or Ctrl-C."""
    try:
        asyncio.run(serve(version, provider, engine_address, components))
    except KeyboardInterrupt:
        # Ctrl-C reaches the whole process group, and the engine ends the deployment by itself.
        return
