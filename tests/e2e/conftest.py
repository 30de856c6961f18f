"""One sandbox, in a folder of its own, for all that one worker runs."""

from collections.abc import Iterator

import pytest

from sandbox import Sandbox
from tests.e2e.program import Program, dev_config


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox.start(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture(scope="session")
def deployed(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Program:
    """The environment that `make up` deploys. It goes with its sandbox."""
    program = Program(sandbox, tmp_path_factory.mktemp("dev"), "dev", dev_config())
    program.up()
    return program
