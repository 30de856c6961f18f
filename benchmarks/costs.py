"""What two ways of doing the same cost, measured in turn, and the ratio of the one to the other."""

import resource
import statistics
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple, Self


class Cost(NamedTuple):
    seconds: float
    """On the clock."""
    cpu: float
    """Of the processor, by the engine, the program and the plugins: what other work on the machine changes least."""

    @classmethod
    def of(cls, work: Callable[[], object]) -> Self:
        """What the work takes, with all the processes that it starts and waits for."""
        start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        work()
        seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
        return cls(seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)

    def __str__(self) -> str:
        return f"{self.seconds:.2f} s (CPU {self.cpu:.2f} s)"


def ratio(works: Mapping[str, Callable[[], object]], rounds: int, target: float) -> float:
    """The first's time over the second's, by the medians of the rounds. Progress and result are printed."""
    costs: dict[str, list[Cost]] = {name: [] for name in works}
    first, second = works
    for number in range(rounds):
        # In turn, and not always the same one first: what slows the machine down slows both.
        for name in (first, second) if number % 2 == 0 else (second, first):
            costs[name].append(Cost.of(works[name]))
        print(f"round {number + 1}: {_told({name: taken[-1] for name, taken in costs.items()})}", flush=True)
    medians = {name: Cost(*map(statistics.median, zip(*taken, strict=True))) for name, taken in costs.items()}
    found, cpu = (a / b for a, b in zip(medians[first], medians[second], strict=True))
    print(f"median: {_told(medians)}")
    print(f"ratio: {found:.3f} on the clock (target {target}), {cpu:.3f} of the processor")
    return found


def _told(costs: Mapping[str, Cost]) -> str:
    return ", ".join(f"{name} {cost}" for name, cost in costs.items())
