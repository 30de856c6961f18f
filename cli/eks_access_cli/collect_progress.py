"""Progress on a terminal's error stream; silence everywhere else."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress

from eks_access_probe.collector.collector import Listener

from .progress import bar


class Silent:
    def objects(self, count: int) -> None:
        """Nobody watches."""

    def done(self) -> None:
        """Nobody watches."""


class _Bar:
    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._task = progress.add_task("collecting", total=total, objects="")
        self._objects = 0

    def objects(self, count: int) -> None:
        self._objects += count
        self._progress.update(self._task, objects=f"{self._objects:,} objects")

    def done(self) -> None:
        self._progress.update(self._task, advance=1)


@contextmanager
def progress(total: int, console: Console) -> Iterator[Listener]:
    """`total`: how many clusters there are, for each integration."""
    if not console.is_terminal:
        yield Silent()
        return
    with bar(console, "objects") as shown:
        yield _Bar(shown, total)
