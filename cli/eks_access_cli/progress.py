"""Progress on a terminal's error stream; silence everywhere else."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from eks_access_probe.outcome import Outcome, Result
from eks_access_probe.run.progress import ProgressListener


class Silent:
    def check_finished(self, outcome: Outcome) -> None:
        """Nobody watches."""


class _Bar:
    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._task = progress.add_task("probing", total=total, found="")
        self._found = 0

    def check_finished(self, outcome: Outcome) -> None:
        self._found += outcome.result is not Result.AS_EXPECTED
        found = f"{self._found} not as expected" if self._found else ""
        self._progress.update(self._task, advance=1, found=found)


def bar(console: Console, field: str) -> Progress:
    """How much is done, and since when; `field` is told at its end."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, TextColumn(f"{{task.fields[{field}]}}"), console=console, transient=True)


@contextmanager
def progress(total: int, console: Console) -> Iterator[ProgressListener]:
    if not console.is_terminal:
        yield Silent()
        return
    with bar(console, "found") as shown:
        yield _Bar(shown, total)
