"""A component that the engine leaves while it is constructed: it fails quietly, and never with a Python stack."""

import asyncio
from collections.abc import Callable
from concurrent import futures
from typing import Any

import grpc  # type: ignore[import-untyped]
import grpc.aio  # type: ignore[import-untyped]
import pulumi
import pytest
from google.protobuf import empty_pb2, struct_pb2
from pulumi import RunError
from pulumi.runtime.proto import engine_pb2_grpc, provider_pb2, resource_pb2, resource_pb2_grpc

from eks_access.errors import InvalidInputError
from eks_access.provider.catalogue import create_component_servicer
from eks_access.provider.errors import ENGINE_STOPPED, user_message
from eks_access.provider.plugin import Plugin
from eks_access.provider.server import Servicer, handle_background_error

# The SDK itself does not close what it reads there (pulumi.provider.experimental.analyzer).
pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")

SECONDS = 60


class Monitor(resource_pb2_grpc.ResourceMonitorServicer):
    """The engine's side of a deployment: it registers whatever there is, and answers questions as it is told to."""

    def __init__(self, answer: Callable[[Any], Any]) -> None:
        self.answer = answer
        self.asked: list[str] = []

    def GetDeploymentInfo(self, request: Any, context: Any) -> Any:
        return resource_pb2.DeploymentInfo()

    def RegisterResource(self, request: Any, context: Any) -> Any:
        return resource_pb2.RegisterResourceResponse(urn=f"urn:pulumi:s::p::{request.type}::{request.name}")

    def Invoke(self, request: Any, context: Any) -> Any:
        self.asked.append(request.tok)
        return self.answer(context)


class Engine(engine_pb2_grpc.EngineServicer):
    """Takes every message."""

    def Log(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()


class Context:
    """The call's context, which notes how it was ended."""

    def __init__(self) -> None:
        self.ended: tuple[Any, str] | None = None

    async def abort(self, code: Any, words: str) -> None:
        self.ended = (code, words)
        raise grpc.aio.AbortError(words)


def constructed(answer: Callable[[Any], Any]) -> tuple[Monitor, Context]:
    """A Cado that is constructed while the engine answers so."""
    monitor, context = Monitor(answer), Context()
    server = grpc.server(futures.ThreadPoolExecutor())
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(monitor, server)
    engine_pb2_grpc.add_EngineServicer_to_server(Engine(), server)
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    inputs = struct_pb2.Struct()
    platform = "arn:aws:iam::444455556666:role/CadoPlatform"
    inputs.update({"clusters": {"api": {"name": "prod-api"}}, "platformRoleArns": [platform]})
    request = provider_pb2.ConstructRequest(
        project="p",
        stack="s",
        type="eks-access:index:Cado",
        name="cado",
        inputs=inputs,
        dryRun=True,
        monitorEndpoint=address,
    )

    async def construct() -> None:
        servicer = Servicer("1", Plugin([], version="1", components_schema=dict), address, create_component_servicer)
        with pytest.raises(grpc.aio.AbortError):
            await asyncio.wait_for(servicer.Construct(request, context), SECONDS)

    # Not asyncio.run, which leaves the thread without the loop that later tests' programs are run in.
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(construct())
    finally:
        loop.close()
        server.stop(None)
        pulumi.runtime.settings.reset_options()
    return monitor, context


def cancelled(context: Any) -> None:
    context.abort(grpc.StatusCode.CANCELLED, "context canceled")


def gone(context: Any) -> None:
    context.abort(grpc.StatusCode.UNAVAILABLE, "Socket closed")


def refused(context: Any) -> None:
    context.abort(grpc.StatusCode.UNKNOWN, "no region is configured")


@pytest.mark.parametrize("answer", [cancelled, gone])
def test_a_question_that_the_engine_cancels_ends_the_component_without_a_stack(answer: Callable[[Any], Any]) -> None:
    monitor, context = constructed(answer)
    assert monitor.asked[:1] == ["aws:index/getRegion:getRegion"], "the first thing that is asked"
    assert context.ended == (grpc.StatusCode.CANCELLED, ENGINE_STOPPED)


def test_a_question_that_is_answered_with_an_error_ends_it_with_that_errors_words() -> None:
    _, context = constructed(refused)
    words = "invoke of aws:index/getRegion:getRegion failed: no region is configured"
    assert context.ended == (grpc.StatusCode.FAILED_PRECONDITION, words), "and without a stack"


def chained(outer: Exception, inner: BaseException) -> Exception:
    outer.__cause__ = inner
    return outer


def test_what_was_refused_is_told_though_the_engine_ended_for_it() -> None:
    invalid = InvalidInputError("role_name", "x", "is no name")
    assert user_message(chained(RuntimeError("boom"), invalid)) == (grpc.StatusCode.FAILED_PRECONDITION, str(invalid))
    assert user_message(chained(RuntimeError("context canceled"), invalid)) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        str(invalid),
    )
    ended = user_message(RunError("Resource monitor has terminated, shutting down"))
    assert ended == (grpc.StatusCode.CANCELLED, ENGINE_STOPPED), "the SDK's own way to say so"
    assert user_message(KeyError("clusters")) is None, "a fault of this package's keeps its stack"


def test_what_nobody_waits_for_is_shown_unless_it_is_the_end(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []
    loop = asyncio.new_event_loop()
    try:
        monkeypatch.setattr(loop, "default_exception_handler", lambda about: shown.append(about["message"]))
        handle_background_error(
            loop, {"message": "ended", "exception": Exception("invoke of x failed: context canceled")}
        )
        assert (shown, capfd.readouterr().err) == ([], "")
        handle_background_error(loop, {"message": "asked", "exception": Exception("invoke of x failed: denied")})
        assert (shown, capfd.readouterr().err) == ([], "invoke of x failed: denied\n")
        handle_background_error(loop, {"message": "a fault", "exception": KeyError("clusters")})
        handle_background_error(loop, {"message": "no exception"})
        assert shown == ["a fault", "no exception"]
    finally:
        loop.close()
