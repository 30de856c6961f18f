"""What all commands have in common: a fast `--help`, `--debug`, and how they end."""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import click
import pytest
from click.testing import CliRunner

from eks_access.errors import EksAccessError
from eks_access_cli import exit_codes, options
from eks_access_cli.commands import Command, collect
from eks_access_cli.main import COMMANDS, main
from eks_access_probe.collector.fetch import PAGE_SIZE
from eks_access_probe.identity import identities
from tests.support.interpreter import find_imported

QUICK = {"click", "eks_access", "eks_access_cli"}
"""What a help may import, beside the standard library: a package of ours, its dependencies or an SDK takes longer."""
SLOW = {"asyncio", "concurrent", "ctypes", "email", "http", "multiprocessing", "sqlite3", "ssl", "subprocess", "xml"}
"""What no help needs of the standard library."""


def walk_commands(group: click.Group, *names: str) -> Iterator[tuple[str, ...]]:
    """The words that call each command below the group."""
    with click.Context(group) as context:
        for name in group.list_commands(context):
            yield (*names, name)
            command = group.get_command(context, name)
            if isinstance(command, click.Group):
                yield from walk_commands(command, *names, name)


ALL = list(walk_commands(main))


def find_command(name: str, *subcommand: str) -> click.Command:
    with click.Context(main) as context:
        command = main.get_command(context, name)
        assert command is not None
        if not subcommand:
            return command
        assert isinstance(command, click.Group)
        found = command.get_command(context, subcommand[0])
        assert found is not None
        return found


def test_the_commands_below_commands_are_found_too() -> None:
    assert {(name,) for name in COMMANDS} | {("aws-auth", "plan"), ("plugin", "install")} <= set(ALL)


@pytest.mark.parametrize("arguments", [(), *ALL], ids=" ".join)
def test_help_imports_nothing_that_takes_time(arguments: tuple[str, ...]) -> None:
    code = f"from eks_access_cli.main import main; main([*{arguments!r}, '--help'], standalone_mode=False)"
    imported = find_imported(code) - find_imported("pass")
    assert imported - sys.stdlib_module_names == QUICK
    assert not imported & SLOW


def test_what_a_command_runs_is_found_where_it_is_imported() -> None:
    code = "from eks_access_cli.main import main; main(['schema', 'environment'], standalone_mode=False)"
    assert {"pydantic", "json"} <= find_imported(code)


@pytest.mark.parametrize("arguments", ALL, ids=" ".join)
def test_every_command_has_its_own_name_and_debug_and_says_how_it_ends(arguments: tuple[str, ...]) -> None:
    command = find_command(*arguments)
    assert command.name == arguments[-1]
    if not isinstance(command, click.Group):
        assert isinstance(command, Command)
        help = CliRunner().invoke(main, [*arguments, "--help"]).output
        assert "--debug FILE" in help
        assert "Write a log to FILE, without secrets, to attach to an issue." in " ".join(help.split())
        assert "Example" in help
        assert "xit code" in help or command.name == "schema"


def test_facts_that_help_repeats_are_those_of_the_probe() -> None:
    assert options.IDENTITIES_VARIABLE == identities.IDENTITIES_VARIABLE
    assert collect.PAGE_SIZE == PAGE_SIZE


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that logging was configured with."""
    files: list[Path] = []
    logs = ModuleType("eks_access.logs")
    logs.configure = files.append  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "eks_access.logs", logs)
    return files


def test_debug_configures_the_log_by_option_or_by_variable(logged: list[Path], tmp_path: Path) -> None:
    by_option, by_variable = tmp_path / "option.log", tmp_path / "variable.log"
    assert CliRunner().invoke(main, ["schema", "custom"]).exit_code == 0
    assert logged == []
    assert CliRunner().invoke(main, ["schema", "custom", "--debug", str(by_option)]).exit_code == 0
    environment = {options.LOG_VARIABLE: str(by_variable)}
    assert CliRunner().invoke(main, ["schema", "custom"], env=environment).exit_code == 0
    assert logged == [by_option, by_variable]


def test_a_log_that_cannot_be_written_is_an_error(monkeypatch: pytest.MonkeyPatch, logged: list[Path]) -> None:
    def configure(file: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(sys.modules["eks_access.logs"], "configure", configure)
    done = CliRunner().invoke(main, ["schema", "custom", "--debug", "x.log"])
    assert (done.exit_code, done.stderr) == (2, "Error: --debug: cannot write x.log: Permission denied\n")


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (EksAccessError("no such thing"), exit_codes.BAD_INPUT, "Error: no such thing\n"),
        (KeyboardInterrupt(), exit_codes.INTERRUPTED, "Interrupted; no report was written.\n"),
    ],
)
def test_an_expected_error_ends_with_a_message_and_no_traceback(error: BaseException, code: int, message: str) -> None:
    @click.command("x", cls=Command)
    def failing() -> None:
        raise error

    done = CliRunner().invoke(failing, [])
    assert (done.exit_code, done.stderr) == (code, message)


def test_a_command_can_have_an_error_code_of_its_own() -> None:
    @click.command("x", cls=Command, error_code=exit_codes.FAILED)
    def failing() -> None:
        raise EksAccessError("no")

    assert CliRunner().invoke(failing, []).exit_code == 1


def test_a_bug_is_not_hidden() -> None:
    @click.command("x", cls=Command)
    def broken() -> None:
        raise ValueError("a bug")

    assert isinstance(CliRunner().invoke(broken, []).exception, ValueError)
