"""Measures the cost of two programs that do the same, in turn, and the ratio of the one to the other."""

import resource
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import NamedTuple, Self

import psutil  # type: ignore[import-untyped]

SAMPLE_SECONDS = 0.2


class Cost(NamedTuple):
    seconds: float
    """Wall-clock time."""
    cpu: float
    """CPU time of the engine, the program and the plugins, which other load on the machine affects least."""
    megabytes: float
    """The peak of the resident memory of all of them together."""

    @classmethod
    def of(cls, work: Callable[[], object]) -> Self:
        """The cost of the work, including all processes that it starts and waits for."""
        start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        with _watched_memory() as peak:
            work()
        seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return cls(seconds, cpu, max(peak) / 1e6)

    def __str__(self) -> str:
        return f"{self.seconds:.2f} s (CPU {self.cpu:.2f} s, {self.megabytes:.0f} MB)"


@contextmanager
def _watched_memory() -> Iterator[list[int]]:
    """The memory of the processes that are started in the block, sampled until its end."""
    this, samples, ended = psutil.Process(), [0], threading.Event()
    before = {each.pid for each in this.children(recursive=True)}

    def sample() -> None:
        while not ended.wait(SAMPLE_SECONDS):
            samples.append(sum(map(_resident, this.children(recursive=True))))

    def _resident(process: psutil.Process) -> int:
        # A process may have ended since it was listed.
        with suppress(psutil.Error):
            return 0 if process.pid in before else int(process.memory_info().rss)
        return 0

    watcher = threading.Thread(target=sample)
    watcher.start()
    try:
        yield samples
    finally:
        ended.set()
        watcher.join()


def ratio(
    works: Mapping[str, Callable[[], object]],
    rounds: int,
    target: float,
    undo: Mapping[str, Callable[[], object]] | None = None,
) -> float:
    """The first program's time divided by the second's, by the medians of the rounds. Prints progress and result.

    `undo` has what is done after each program's turn, and not measured.
    """
    costs: dict[str, list[Cost]] = {name: [] for name in works}
    first, second = works
    for number in range(rounds):
        # In turn, and with alternating order, so that load on the machine affects both.
        for name in (first, second) if number % 2 == 0 else (second, first):
            costs[name].append(Cost.of(works[name]))
            if undo:
                undo[name]()
        print(f"round {number + 1}: {_format_costs({name: taken[-1] for name, taken in costs.items()})}", flush=True)
    medians = {name: Cost(*map(statistics.median, zip(*taken, strict=True))) for name, taken in costs.items()}
    found, cpu, memory = (a / b for a, b in zip(medians[first], medians[second], strict=True))
    print(f"median: {_format_costs(medians)}")
    print(f"ratio: {found:.3f} wall-clock (target {target}), {cpu:.3f} CPU, {memory:.3f} memory")
    return found


def _format_costs(costs: Mapping[str, Cost]) -> str:
    return ", ".join(f"{name} {cost}" for name, cost in costs.items())
