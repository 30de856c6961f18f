"""Child processes of the supervisor: started with a log, watched, and never left behind."""

import contextlib
import ctypes
import os
import queue
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]

PR_SET_PDEATHSIG = 1
GRACE_SECONDS = 3.0

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(frozen=True)
class ProcessRecord:
    """Enough to find a process again, and to know that it is still the same one."""

    name: str
    pid: int
    created: float
    port: int | None = None

    @property
    def alive(self) -> bool:
        return self.process() is not None

    def process(self) -> psutil.Process | None:
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(self.pid)
            if abs(process.create_time() - self.created) < 1 and process.status() != psutil.STATUS_ZOMBIE:
                return process
        return None


@dataclass(frozen=True)
class Exited:
    """A child ended that should not have."""

    name: str
    code: int


def record_of(name: str, pid: int, port: int | None = None) -> ProcessRecord:
    return ProcessRecord(name, pid, psutil.Process(pid).create_time(), port)


def kill(records: Sequence[ProcessRecord]) -> list[str]:
    """End these processes, politely and then not; the names of those that were still there."""
    processes = {process.pid: (record.name, process) for record in records if (process := record.process())}
    for _, process in processes.values():
        with contextlib.suppress(psutil.Error):
            process.terminate()
    _, left = psutil.wait_procs([process for _, process in processes.values()], timeout=GRACE_SECONDS)
    for process in left:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(left, timeout=GRACE_SECONDS)
    return [name for name, _ in processes.values()]


class Children:
    """Starts processes and reports the ones that end on a queue.

    Start them from the main thread only: Linux sends the parent-death signal when the *thread* that
    forked ends. https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html
    """

    def __init__(self, logs: Path, events: "queue.SimpleQueue[object]") -> None:
        self._logs = logs
        self._events = events
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._stopping = False
        self.records: list[ProcessRecord] = []

    def start(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        environment: Mapping[str, str] | None = None,
        port: int | None = None,
        descriptors: Sequence[int] = (),
    ) -> None:
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("start processes from the main thread")
        with self.log(name).open("wb") as log:
            child = subprocess.Popen(
                [str(part) for part in command],
                env=dict(environment or base_environment()),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=tuple(descriptors),
                # A session of its own: Ctrl-C reaches the supervisor only, which then stops the rest in
                # order.
                start_new_session=True,
                preexec_fn=_die_with(os.getpid()),
            )
        self._children[name] = child
        self.records.append(record_of(name, child.pid, port))
        threading.Thread(target=self._watch, args=(name, child), daemon=True).start()

    def log(self, name: str) -> Path:
        return self._logs / f"{name}.log"

    def tail(self, name: str, lines: int = 20) -> str:
        path = self.log(name)
        if not path.is_file():
            return ""
        with path.open(errors="replace") as log:
            return "".join(deque(log, maxlen=lines))

    def stop(self) -> None:
        """End all of them. What they hold is thrown away, so only the AWS process is asked politely first."""
        self._stopping = True
        for name, child in self._children.items():
            with contextlib.suppress(ProcessLookupError):
                child.send_signal(signal.SIGTERM if name == "aws" else signal.SIGKILL)
        for child in self._children.values():
            try:
                child.wait(GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    def _watch(self, name: str, child: "subprocess.Popen[bytes]") -> None:
        code = child.wait()
        if not self._stopping:
            self._events.put(Exited(name, code))


def base_environment() -> dict[str, str]:
    """What every child gets of the user's environment: no proxies, no credentials."""
    kept = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "USER")
    return {name: os.environ[name] for name in kept if name in os.environ}


def end_with_parent() -> None:
    """Have this process stopped when the one that started it ends, however it ends. Linux only."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _die_with(parent: int) -> Callable[[], None] | None:
    if _libc is None:
        return None
    prctl = _libc.prctl

    def arrange() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # the parent died before the line above
            os._exit(1)

    return arrange
