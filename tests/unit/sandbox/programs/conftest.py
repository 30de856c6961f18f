"""The made-up machine of these tests, as fixtures."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.programs.catalogue import SOURCES
from tests.support.machine import Machine


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    system = tmp_path / "system"
    system.mkdir()
    for name in ("sh", "cat", "basename", "chmod", "mkdir", "sleep"):
        there = shutil.which(name)
        assert there is not None, f"{name} belongs to every system these tests run on"
        (system / name).symlink_to(there)
    # The real machine's Go must not be found by the fake one's searches.
    monkeypatch.setattr("sandbox.programs.toolchain.GO_INSTALLS_IN", str(tmp_path / "no-go-here"))
    monkeypatch.setattr("sandbox.programs.toolchain.sys.executable", str(tmp_path / "venv" / "bin" / "python"))
    return Machine(tmp_path)


@pytest.fixture
def own_sources(machine: Machine) -> Callable[[], Path]:
    """Gives the machine a copy of `sandbox/programs/tools` that a test may change."""

    def copy() -> Path:
        machine.sources = machine.root / "tools"
        shutil.copytree(SOURCES, machine.sources)
        return machine.sources

    return copy
