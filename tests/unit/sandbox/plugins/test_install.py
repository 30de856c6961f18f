"""The stand-ins are installed where nothing better is."""

import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.plugins import PACKAGES, Package, install, sdk_version


def plugin(home: Path, package: Package) -> Path:
    return home / "plugins" / f"resource-{package}-v{sdk_version(package)}" / f"pulumi-resource-{package}"


def test_both_stand_ins_are_installed_under_the_version_that_the_sdk_asks_for(tmp_path: Path) -> None:
    lines = install(tmp_path, official=tmp_path / "none")
    assert [line.split(": ")[1] for line in lines] == ["stand-in", "stand-in"]
    for package in PACKAGES:
        assert sys.executable in plugin(tmp_path, package).read_text(), "it runs with the present interpreter"
    assert install(tmp_path, official=tmp_path / "none") == lines, "a second installation changes nothing"


def test_the_official_plug_in_of_the_same_version_is_preferred(tmp_path: Path) -> None:
    official = tmp_path / "user" / "plugins"
    program = plugin(tmp_path / "user", "aws")
    program.parent.mkdir(parents=True)
    program.write_text("the official one")
    other = official / "resource-kubernetes-v0.0.1" / "pulumi-resource-kubernetes"
    other.parent.mkdir(parents=True)
    other.write_text("of another version")
    lines = install(tmp_path / "home", official=official)
    assert "official plug-in" in lines[0]
    assert plugin(tmp_path / "home", "aws").read_text() == "the official one"
    assert lines[1].endswith("stand-in"), "another version is of no use"


@pytest.mark.parametrize("package", PACKAGES)
def test_an_installed_stand_in_prints_its_port_and_nothing_else_and_stops_when_told(
    tmp_path: Path, package: Package
) -> None:
    install(tmp_path, official=tmp_path / "none")
    with subprocess.Popen(
        [plugin(tmp_path, package), "127.0.0.1:1"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path
    ) as process:
        assert process.stdout is not None
        port = process.stdout.readline()
        process.terminate()
        rest, errors = process.communicate(timeout=30)
    assert port.strip().isdigit()
    assert (rest, errors) == (b"", b"")
    assert process.returncode == 0
