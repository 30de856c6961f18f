"""What progress looks like on a terminal and in a log."""

import io

import pytest

from sandbox.progress import Event, Terminal


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_in_a_pipe_milestones_are_lines_and_signs_of_life_are_sparse() -> None:
    stream, clock = io.StringIO(), Clock()
    terminal = Terminal(stream, clock=clock)
    for second in range(1, 131):
        clock.now = second
        terminal(Event(f"still building … {second} s", live=True))
    terminal(Event("built in 130 s"))
    lines = stream.getvalue().splitlines()
    assert lines == ["still building … 60 s", "still building … 120 s", "built in 130 s"]


def test_on_a_terminal_the_live_line_is_rewritten_and_a_milestone_replaces_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    stream = Tty()
    terminal = Terminal(stream)
    terminal(Event("1 s", live=True))
    terminal(Event("2 s", live=True))
    terminal(Event("built"))
    assert stream.getvalue() == "\r\x1b[K1 s\r\x1b[K2 s\r\x1b[Kbuilt\n"


def test_a_live_line_is_cut_to_the_width_so_that_it_can_be_rewritten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "20")
    stream = Tty()
    Terminal(stream)(Event("x" * 100, live=True))
    assert stream.getvalue() == "\r\x1b[K" + "x" * 19


def test_a_dumb_terminal_gets_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    stream = Tty()
    Terminal(stream)(Event("built"))
    assert stream.getvalue() == "built\n"
