"""Free TCP ports on loopback, for sandboxes side by side.

A socket that this process binds and hands down cannot be lost. Programs that take only a number get a
lease: a port below the system's ephemeral range, so that no outgoing connection takes it, under a lock
that other sandboxes respect for as long as this process lives.
"""

import fcntl
import os
import random
import socket
import tempfile
from pathlib import Path
from typing import TextIO

HOST = "127.0.0.1"
RANGE = range(20000, 32000)


class NoFreePortError(RuntimeError):
    def __init__(self) -> None:
        super().__init__(f"no free port on {HOST} between {RANGE.start} and {RANGE.stop - 1}: close other sandboxes")


def listening_socket() -> socket.socket:
    """A listening socket on a port that the system chose, to be inherited by a child process."""
    listener = socket.create_server((HOST, 0), backlog=256)
    listener.set_inheritable(True)
    return listener


def port_of(listener: socket.socket) -> int:
    return int(listener.getsockname()[1])


class Leases:
    """Ports that no other sandbox of this user will take while this object lives."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or Path(tempfile.gettempdir(), f"eks-access-sandbox-ports-{os.getuid()}")
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self._held: list[TextIO] = []

    def take(self) -> int:
        candidates = list(RANGE)
        random.shuffle(candidates)
        for port in candidates:
            if self._lock(port):
                return port
        raise NoFreePortError

    def _lock(self, port: int) -> bool:
        lock = (self._folder / str(port)).open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with socket.create_server((HOST, port)):
                self._held.append(lock)
                return True
        except OSError:
            lock.close()
            return False

    def release(self) -> None:
        for lock in self._held:
            Path(lock.name).unlink(missing_ok=True)
            lock.close()
        self._held.clear()
