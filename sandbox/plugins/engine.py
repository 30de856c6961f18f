"""The life of a plug-in's process beside the engine's."""

import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc  # type: ignore[import-untyped]
from pulumi.runtime.proto import provider_pb2_grpc

from .plugin import Plugin

_MESSAGE_LIMIT = 400 * 1024 * 1024
"""The engine's own limit for one message, which gRPC would otherwise set to 4 MB."""
_OPTIONS = [
    ("grpc.max_receive_message_length", _MESSAGE_LIMIT),
    ("grpc.max_send_message_length", _MESSAGE_LIMIT),
]
_WORKERS = 64
"""Above the engine's default parallelism."""
_GRACE = 5.0


def serve(plugin: Plugin, version: str, *, detailed: bool = True) -> None:
    """Print the port and nothing else, then serve until the engine ends or requests it.

    A plug-in that is not `detailed` reports which properties differ, and not which parts of them.
    """
    from .servicer import PluginServicer

    servicer = PluginServicer(plugin, version, detailed=detailed)
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
