"""Progress bars on the standard error; nothing where that is not a terminal."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from eks_access_probe.collector.collector import Listener as CollectListener
from eks_access_probe.outcome import Outcome, Result
from eks_access_probe.run.progress import ProgressListener

from .console import create_console

if TYPE_CHECKING:
    from eks_access_inventory.reading.account import Listener as InventoryListener


class SilentListener:
    """Shows nothing, of the probe, the collector or the inventory."""

    def check_finished(self, outcome: Outcome) -> None:
        """A check of the probe is done."""

    def objects(self, count: int) -> None:
        """The collector received objects."""

    def found(self, count: int) -> None:
        """The inventory has found its clusters."""

    def done(self) -> None:
        """The collector or the inventory is done with a cluster."""


class _ProbeBar:
    def __init__(self, bar: Progress, total: int) -> None:
        self._bar = bar
        self._task = bar.add_task("probing", total=total, note="")
        self._unexpected = 0

    def check_finished(self, outcome: Outcome) -> None:
        self._unexpected += outcome.result is not Result.AS_EXPECTED
        note = f"{self._unexpected} not as expected" if self._unexpected else ""
        self._bar.update(self._task, advance=1, note=note)


class _CollectBar:
    def __init__(self, bar: Progress, total: int) -> None:
        self._bar = bar
        self._task = bar.add_task("collecting", total=total, note="")
        self._objects = 0

    def objects(self, count: int) -> None:
        self._objects += count
        self._bar.update(self._task, note=f"{self._objects:,} objects")

    def done(self) -> None:
        self._bar.update(self._task, advance=1)


class _InventoryBar:
    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._task = bar.add_task("finding clusters", total=None, note="")

    def found(self, count: int) -> None:
        self._bar.update(self._task, description="reading clusters", total=count)

    def done(self) -> None:
        self._bar.update(self._task, advance=1)


@contextmanager
def show_probe_progress(total: int) -> Iterator[ProgressListener]:
    """`total`: the number of checks."""
    with _show_bar() as bar:
        yield SilentListener() if bar is None else _ProbeBar(bar, total)


@contextmanager
def show_collect_progress(total: int) -> Iterator[CollectListener]:
    """`total`: the number of clusters, each counted once for each integration."""
    with _show_bar() as bar:
        yield SilentListener() if bar is None else _CollectBar(bar, total)


@contextmanager
def show_inventory_progress() -> "Iterator[InventoryListener]":
    """How many clusters there are is found out while it is shown."""
    with _show_bar() as bar:
        yield SilentListener() if bar is None else _InventoryBar(bar)


@contextmanager
def _show_bar() -> Iterator[Progress | None]:
    console = create_console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TextColumn("{task.fields[note]}"), console=console, transient=True) as bar:
        yield bar
