"""The plugins of a Pulumi home: what is installed there, and which processes are ended."""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from sandbox.plugins import sdk_version
from sandbox.plugins.home import install, orphans, reap
from sandbox.programs.catalogue import KUBERNETES_PLUGIN_VERSION

SECONDS = 30


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """The folder of a plugin for Kubernetes."""
    folder = tmp_path / "built"
    folder.mkdir()
    for name in ("pulumi-resource-kubernetes", "schema.json"):
        (folder / name).write_text(name)
    return folder


def plugin(home: Path, package: str) -> Path:
    return home / "plugins" / f"resource-{package}-v{sdk_version(package)}" / f"pulumi-resource-{package}"


def test_the_plugin_for_kubernetes_is_of_the_version_that_its_sdk_asks_for() -> None:
    assert sdk_version("kubernetes") == KUBERNETES_PLUGIN_VERSION, "the engine would warn, or look for another one"


def test_both_plugins_are_installed_under_the_version_that_the_sdk_asks_for(tmp_path: Path, built: Path) -> None:
    home = tmp_path / "home"
    lines = install(home, built, official=tmp_path / "none")
    assert lines == [
        f"aws {sdk_version('aws')}: stand-in",
        f"kubernetes {sdk_version('kubernetes')}: official plugin from {built}",
    ]
    assert sys.executable in plugin(home, "aws").read_text(), "it runs with the present interpreter"
    assert plugin(home, "kubernetes").read_text() == "pulumi-resource-kubernetes"
    assert (plugin(home, "kubernetes").parent / "schema.json").exists(), "it reads its files beside itself"
    assert install(home, built, official=tmp_path / "none") == lines, "a second installation changes nothing"


def test_the_users_own_plugin_for_aws_is_preferred_if_it_is_of_the_same_version(tmp_path: Path, built: Path) -> None:
    official = tmp_path / "user" / "plugins"
    other = official / "resource-aws-v0.0.1" / "pulumi-resource-aws"
    own = plugin(tmp_path / "user", "aws")
    for program in (other, own):
        program.parent.mkdir(parents=True)
        program.write_text("the official one")
    assert "official plugin" in install(tmp_path / "home", built, official=official)[0]
    assert plugin(tmp_path / "home", "aws").read_text() == "the official one"
    own.unlink()
    assert install(tmp_path / "home", built, official=official)[0].endswith("stand-in"), "another version is of no use"


def test_the_stand_in_prints_its_port_and_nothing_else_and_stops_when_told(tmp_path: Path, built: Path) -> None:
    install(tmp_path, built, official=tmp_path / "none")
    with subprocess.Popen(
        [plugin(tmp_path, "aws"), "127.0.0.1:1"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path
    ) as process:
        assert process.stdout is not None
        port = process.stdout.readline()
        process.terminate()
        rest, errors = process.communicate(timeout=SECONDS)
    assert port.strip().isdigit()
    assert (rest, errors) == (b"", b"")
    assert process.returncode == 0


Run = Callable[[Path], tuple["subprocess.Popen[str]", psutil.Process]]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Starts an engine with a plugin of a Pulumi home: shells and `sleep` under the names of the real ones."""
    engine = tmp_path / "bin" / "pulumi"
    engine.parent.mkdir()
    shutil.copy(Path("/bin/sh").resolve(), engine)
    engines: list[subprocess.Popen[str]] = []
    plugins: list[psutil.Process] = []

    def start(home: Path) -> tuple["subprocess.Popen[str]", psutil.Process]:
        program = plugin(home, "kubernetes")
        program.parent.mkdir(parents=True, exist_ok=True)
        if not program.exists():
            program.symlink_to(Path(str(shutil.which("sleep"))).resolve())
        process = subprocess.Popen(
            [engine, "-c", f"{program} 300 >/dev/null & echo $!; wait"], stdout=subprocess.PIPE, text=True
        )
        engines.append(process)
        assert process.stdout is not None
        child = psutil.Process(int(process.stdout.readline()))
        plugins.append(child)
        deadline = time.monotonic() + SECONDS
        while child.cmdline()[:1] != [str(program)]:
            assert time.monotonic() < deadline, "the plugin starts"
            time.sleep(0.01)
        return process, child

    yield start
    for each in (*engines, *plugins):
        if not isinstance(each, psutil.Process) or each.is_running():
            each.kill()
    for engine_process in engines:
        engine_process.communicate(timeout=SECONDS)


def test_a_plugin_is_ended_when_its_engine_was_killed_and_no_other_is(tmp_path: Path, run: Run) -> None:
    here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
    killed, orphan = run(here)
    _, with_engine = run(here)
    of_another_killed, of_another_sandbox = run(elsewhere)
    assert orphans(here) == [], "every engine lives"
    for engine in (killed, of_another_killed):
        engine.kill()
        engine.communicate(timeout=SECONDS)
    assert [found.pid for found in orphans(here)] == [orphan.pid]
    reap(here)
    psutil.wait_procs([orphan], timeout=SECONDS)
    assert not orphan.is_running()
    assert with_engine.is_running(), "its engine lives"
    assert of_another_sandbox.is_running(), "it is another sandbox's"
    assert reap(here) == []
    assert len(reap(elsewhere)) == 1
