"""A component whose engine stops while it is constructed fails without a traceback."""

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
from eks_access.provider.errors import ENGINE_STOPPED, ProviderError, user_message
from eks_access.provider.plugin import Plugin
from eks_access.provider.server import Servicer, handle_background_error

# The SDK itself does not close what it reads there (pulumi.provider.experimental.analyzer).
pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")

SECONDS = 60


class Monitor(resource_pb2_grpc.ResourceMonitorServicer):
    """The engine's resource monitor: it registers every resource, and answers invokes with `answer`."""

    def __init__(self, answer: Callable[[Any], Any]) -> None:
        self.answer = answer
        self.invoked: list[str] = []

    def GetDeploymentInfo(self, request: Any, context: Any) -> Any:
        return resource_pb2.DeploymentInfo()

    def RegisterResource(self, request: Any, context: Any) -> Any:
        return resource_pb2.RegisterResourceResponse(urn=f"urn:pulumi:s::p::{request.type}::{request.name}")

    def Invoke(self, request: Any, context: Any) -> Any:
        self.invoked.append(request.tok)
        return self.answer(context)


class Engine(engine_pb2_grpc.EngineServicer):
    """Accepts every log message."""

    def Log(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()


class Context:
    """The context of a gRPC call, which records how it was aborted."""

    def __init__(self) -> None:
        self.aborted: tuple[Any, str] | None = None

    async def abort(self, code: Any, message: str) -> None:
        self.aborted = (code, message)
        raise grpc.aio.AbortError(message)


def construct_cado(answer: Callable[[Any], Any]) -> tuple[Monitor, Context]:
    """The monitor and the call's context after constructing a `Cado` whose invokes are answered with `answer`."""
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
def test_an_invoke_that_the_engine_cancels_ends_the_component_without_a_traceback(answer: Callable[[Any], Any]) -> None:
    monitor, context = construct_cado(answer)
    assert monitor.invoked[:1] == ["aws:index/getRegion:getRegion"], "the first invoke"
    assert context.aborted == (grpc.StatusCode.CANCELLED, ENGINE_STOPPED)


def test_an_invoke_that_fails_ends_the_component_with_the_message_of_the_error() -> None:
    _, context = construct_cado(refused)
    message = "invoke of aws:index/getRegion:getRegion failed: no region is configured"
    assert context.aborted == (grpc.StatusCode.FAILED_PRECONDITION, message), "and without a traceback"


def chain(outer: Exception, inner: BaseException) -> Exception:
    outer.__cause__ = inner
    return outer


def test_an_error_for_the_user_is_reported_although_the_engine_stopped_because_of_it() -> None:
    invalid = InvalidInputError("role_name", "x", "is no name")
    assert user_message(chain(RuntimeError("boom"), invalid)) == (grpc.StatusCode.FAILED_PRECONDITION, str(invalid))
    assert user_message(chain(RuntimeError("context canceled"), invalid)) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        str(invalid),
    )
    ended = user_message(RunError("Resource monitor has terminated, shutting down"))
    assert ended == (grpc.StatusCode.CANCELLED, ENGINE_STOPPED), "the SDK's own error"
    assert user_message(KeyError("clusters")) is None, "a bug keeps its traceback"


def test_an_error_for_the_user_has_no_credential() -> None:
    found = user_message(ProviderError("the command said: Authorization: Bearer hunter2 for https://me:hunter2@x/"))
    assert found is not None
    assert "hunter2" not in found[1]
    assert found[1].startswith("the command said: ")


def test_an_error_for_the_user_shows_control_characters() -> None:
    message = (grpc.StatusCode.FAILED_PRECONDITION, "a␛[2J�\nb")
    assert user_message(RunError("a\x1b[2J\u202e\nb")) == message, "other providers' messages have several lines"


def test_a_background_error_is_reported_unless_the_engine_stopped(
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
        handle_background_error(loop, {"message": "failed", "exception": Exception("invoke of x failed: denied")})
        assert (shown, capfd.readouterr().err) == ([], "invoke of x failed: denied\n")
        handle_background_error(loop, {"message": "a bug", "exception": KeyError("clusters")})
        handle_background_error(loop, {"message": "no exception"})
        assert shown == ["a bug", "no exception"]
    finally:
        loop.close()
