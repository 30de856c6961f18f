"""Fixtures for tests with servers on the loopback interface."""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse

from eks_access_probe.identity.aws_clients import Aws
from tests.support.api_server import ApiServer, serving
from tests.support.faults import Faults, FaultyServer, proxy
from tests.support.world import World, answer


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow connections to the loopback interface only."""
    connect = socket.socket.connect

    def here(self: socket.socket, address: Any) -> None:
        assert address[0] == "127.0.0.1", f"a unit test connected to {address}"
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", here)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> World:
    """A fake AWS in which the integration can assume its role."""
    world = World()
    for operation, body in (
        ("DescribeCluster", {"cluster": {"status": "ACTIVE", "version": "1.35"}}),
        ("ListAccessEntries", {"accessEntries": []}),
    ):
        encoded = json.dumps(body).encode()
        world.answers[operation] = partial(_json, encoded)
    create = Aws._create

    def create_here(self: Aws, *arguments: Any) -> Any:
        client = create(self, *arguments)
        client.meta.events.register("before-send", world.aws)
        return client

    monkeypatch.setattr(Aws, "_create", create_here)
    return world


def _json(body: bytes, _: Any) -> AWSResponse:
    return answer(200, body, "application/json")


@pytest.fixture
def api() -> Iterator[ApiServer]:
    with serving(ApiServer()) as server:
        yield server


@pytest.fixture
def behind() -> Iterator[Callable[[str, Faults], FaultyServer]]:
    """Puts a proxy with faults in front of a server."""
    with ExitStack() as proxies:

        def put(upstream: str, faults: Faults) -> FaultyServer:
            made: AbstractContextManager[FaultyServer] = proxy(upstream, faults)
            return proxies.enter_context(made)

        yield put
