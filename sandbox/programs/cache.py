"""The per-user cache of built programs: what is in it is complete, and two builders never race.

A finished tool is one folder, `<root>/<tool>/<version>-<hash>/`, put there by a rename: a killed build
leaves nothing that could be taken for a program. The hash covers all that decides what is built.
"""

import fcntl
import hashlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from platform import machine

from ..progress import Event, Progress
from .errors import CacheNotWritableError

_UNFINISHED = ".building-"


def cache_root(environ: Mapping[str, str]) -> Path:
    """`${XDG_CACHE_HOME:-~/.cache}/eks-access/tools`."""
    base = environ.get("XDG_CACHE_HOME") or Path(environ.get("HOME", Path.home())) / ".cache"
    return Path(base).absolute() / "eks-access" / "tools"


def key(version: str, module: Path, *decisive: str) -> str:
    """The version, and a hash of go.mod, go.sum, the platform and what else decides what is built."""
    digest = hashlib.sha256()
    for part in ((module / "go.mod").read_bytes(), (module / "go.sum").read_bytes()):
        digest.update(hashlib.sha256(part).digest())
    for text in (sys.platform, machine(), *decisive):
        digest.update(hashlib.sha256(text.encode()).digest())
    return f"{version}-{digest.hexdigest()[:12]}"


def is_complete(folder: Path, names: Sequence[str]) -> bool:
    return all((folder / name).exists() for name in names)


@contextmanager
def locked(folder: Path, what: str, progress: Progress) -> Iterator[None]:
    """One holder at a time among all processes of the user; a dead one's lock is gone with it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / ".lock").open("a")
    except OSError as reason:
        raise CacheNotWritableError(folder, reason) from reason
    with lock:
        started = time.monotonic()
        announced = False
        while not _try_lock(lock.fileno()):
            if not announced:
                progress(Event(f"{what}: another process is building it; waiting for it"))
                announced = True
            waited = time.monotonic() - started
            progress(Event(f"{what}: waiting for another process's build … {waited:.0f} s", live=True))
            time.sleep(0.2)
        yield


@contextmanager
def published(folder: Path) -> Iterator[Path]:
    """A new empty folder that is renamed to `folder` when the block succeeds, and removed when it fails.

    To be used under the lock: what an earlier, killed builder left behind is removed first.
    """
    for stale in folder.parent.glob(f"{_UNFINISHED}*"):
        shutil.rmtree(stale, ignore_errors=True)
    draft = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=folder.parent))
    try:
        yield draft
        draft.chmod(0o755)
        if folder.exists():
            folder.rename(draft.with_name(f"{draft.name}-old"))
        draft.rename(folder)
        shutil.rmtree(draft.with_name(f"{draft.name}-old"), ignore_errors=True)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def link(source: Path, target: Path) -> None:
    """A hard link where it can be, else a copy: a program that looks beside itself finds its neighbours."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
