"""Messages to the engine, and the life of the plug-in's process beside it."""

import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc  # type: ignore[import-untyped]
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2_grpc

from .plugin import Plugin, Severity

_SEVERITIES = {"info": engine_pb2.INFO, "warning": engine_pb2.WARNING, "error": engine_pb2.ERROR}
_MESSAGE_LIMIT = 400 * 1024 * 1024
"""The engine's own limit for one message, which gRPC would otherwise set to 4 MB."""
_OPTIONS = [
    ("grpc.max_receive_message_length", _MESSAGE_LIMIT),
    ("grpc.max_send_message_length", _MESSAGE_LIMIT),
]
_WORKERS = 64
"""Above the engine's default parallelism, as an awaited Deployment keeps one worker for minutes."""
_GRACE = 5.0


class EngineLog:
    """The engine's log, shown beside the resource that a message is about."""

    def __init__(self, address: str | None) -> None:
        self._address = address
        self._lock = threading.Lock()
        self._stub: engine_pb2_grpc.EngineStub | None = None

    def send(self, urn: str, severity: Severity, text: str) -> None:
        """Show a message; progress ("info") only as long as the operation lasts."""
        if self._address is None:
            return
        with self._lock:
            self._stub = self._stub or engine_pb2_grpc.EngineStub(grpc.insecure_channel(self._address))
        request = engine_pb2.LogRequest(
            severity=_SEVERITIES[severity], message=text, urn=urn, ephemeral=severity == "info"
        )
        try:
            self._stub.Log(request, timeout=5.0)
        except grpc.RpcError:
            return  # The engine is gone; `serve` notices and ends the plug-in.


def serve(plugin: Plugin, version: str, arguments: list[str], *, detailed: bool = True) -> None:
    """Print the port and nothing else, then serve until the engine ends or requests it.

    A plug-in that is not `detailed` reports which properties differ, and not which parts of them.
    """
    from .servicer import PluginServicer

    address = next((argument for argument in arguments if not argument.startswith("-")), None)
    servicer = PluginServicer(plugin, version, EngineLog(address), detailed=detailed)
    server = grpc.server(ThreadPoolExecutor(_WORKERS, "request"), options=_OPTIONS)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    engine = os.getppid()
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    # An engine that was killed closes nothing: its process is watched as well.
    while not stop.wait(1.0) and os.getppid() == engine:
        pass
    servicer.cancelled.set()
    server.stop(_GRACE).wait()
