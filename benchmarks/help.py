"""Measures how long the help of every command takes, against a program that only imports click.

    python -m benchmarks.help [--rounds N]

All run with their bytecode written, in turn; the fastest of the rounds counts, since other load only adds. The exit
code is 1 where a help takes longer than its target, in seconds or in times the bare program.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence

import click

from eks_access_cli.main import main as commands

TARGET_SECONDS = 0.3
TARGET_RATIO = 2.0
BARE = [sys.executable, "-c", "import click"]
HELP = [sys.executable, "-c", "from eks_access_cli.main import main; main(prog_name='eks-access')"]


def list_helps(group: click.Group, *names: str) -> Iterator[tuple[str, ...]]:
    """The words of each command, the group's own first."""
    yield names
    with click.Context(group) as context:
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            if isinstance(command, click.Group):
                yield from list_helps(command, *names, name)
            else:
                yield (*names, name)


def take_time(command: Sequence[str]) -> float:
    # Without bytecode each run would compile again, and that would be measured.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def measure(rounds: int) -> bool:
    """Whether every help is within its targets. Prints a line for each."""
    works = {"(bare)": BARE} | {
        " ".join(("eks-access", *names)): [*HELP, *names, "--help"] for names in list_helps(commands)
    }
    for command in works.values():
        take_time(command)
    fastest = {name: min(times) for name, times in _in_turn(works, rounds).items()}
    bare = fastest["(bare)"]
    for name, seconds in fastest.items():
        print(f"{name:32} {seconds:.3f} s  {seconds / bare:.2f} x")
    slowest = max(fastest.values())
    print(f"slowest: {slowest:.3f} s (target {TARGET_SECONDS}), ratio {slowest / bare:.2f} (target {TARGET_RATIO})")
    return slowest <= TARGET_SECONDS and slowest / bare <= TARGET_RATIO


def _in_turn(works: dict[str, list[str]], rounds: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, command in works.items():
            times[name].append(take_time(command))
    return times


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.help")
    parser.add_argument("--rounds", type=int, default=5)
    return 0 if measure(parser.parse_args().rounds) else 1


if __name__ == "__main__":
    sys.exit(main())
