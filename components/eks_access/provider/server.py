"""Serves the plugin over gRPC: errors in plain words, warnings on the user's screen, an end when the engine ends."""

import asyncio
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

from .errors import told

PARENT_CHECK_SECONDS = 1.0

ComponentServicer = Callable[[str], Any]
"""Makes the servicer of the hosted components, given the engine's address; made when the first one is asked for."""


class Servicer(ProviderServicer):
    """The SDK's servicer, with components served by the SDK's component host.

    The SDK tells every error with its Python stack; one that is meant for the user is told as it is.
    """

    def __init__(
        self, version: str, provider: sdk.Provider, engine_address: str, components: ComponentServicer
    ) -> None:
        super().__init__([], version, provider, engine_address)
        self._address = engine_address
        self._make_components = components
        self._components: Any = None

    def _hosted(self) -> Any:
        if self._components is None:
            self._components = self._make_components(self._address)
        return self._components

    # The experimental servicer cannot read unknown Outputs in a component's arguments; the component host's can.

    async def Construct(self, request: proto.ConstructRequest, context: Any) -> proto.ConstructResponse:
        response: proto.ConstructResponse = await _plainly(self._hosted().Construct, request, context)
        return response

    async def Call(self, request: proto.CallRequest, context: Any) -> proto.CallResponse:
        response: proto.CallResponse = await self._hosted().Call(request, context)
        return response

    async def Check(self, request: Any, context: Any) -> Any:
        return await _plainly(super().Check, request, context)

    async def Diff(self, request: Any, context: Any) -> Any:
        return await _plainly(super().Diff, request, context)

    async def Create(self, request: Any, context: Any) -> Any:
        return await _plainly(super().Create, request, context)

    async def Read(self, request: Any, context: Any) -> Any:
        return await _plainly(super().Read, request, context)

    async def Update(self, request: Any, context: Any) -> Any:
        return await _plainly(super().Update, request, context)

    async def Delete(self, request: Any, context: Any) -> Any:
        # The state's outputs are as old as the last write; its inputs are from the last run, and so is the way in.
        if request.HasField("old_inputs"):
            for way_in in _WAYS_IN:
                request.properties.MergeFrom(_only(request.old_inputs, way_in))
        return await _plainly(super().Delete, request, context)


_WAYS_IN = ("kubeconfig", "endpoint", "profile")
"""The inputs that say how the resource is reached, whatever it is."""


def _only(struct: Any, key: str) -> Any:
    picked = type(struct)()
    if key in struct.fields:
        picked.fields[key].CopyFrom(struct.fields[key])
    return picked


async def _plainly(method: Callable[[Any, Any], Any], request: Any, context: Any) -> Any:
    try:
        return await method(request, context)
    except Exception as error:
        words = told(error)
        if words is None:
            raise
        await context.abort(*words)
        raise


def unattended(loop: asyncio.AbstractEventLoop, about: dict[str, Any]) -> None:
    """Tell of an error that nobody waits for any more; that the engine has ended is no news to whoever ended it."""
    error = about.get("exception")
    words = None if error is None else told(error)
    if words is None:
        loop.default_exception_handler(about)
    elif words[0] is not grpc.StatusCode.CANCELLED:
        print(words[1], file=sys.stderr)


class EngineLog:
    """Shows warnings next to the resource that they are about."""

    def __init__(self, engine_address: str) -> None:
        self._engine = engine_pb2_grpc.EngineStub(grpc.insecure_channel(engine_address))

    def warn(self, urn: str, message: str) -> None:
        request = engine_pb2.LogRequest(severity=engine_pb2.WARNING, message=message, urn=urn)
        try:
            self._engine.Log(request, timeout=5)
        except grpc.RpcError as error:
            print(f"warning: {message} (not shown: {error})", file=sys.stderr)


async def serve(version: str, provider: sdk.Provider, engine_address: str, components: ComponentServicer) -> None:
    """Serve until the engine stops the plugin, or is gone itself."""
    asyncio.get_running_loop().set_exception_handler(unattended)
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
    try:
        asyncio.run(serve(version, provider, engine_address, components))
    except KeyboardInterrupt:
        # Ctrl-C reaches the whole process group; the engine has its own way of ending.
        return
