"""The programs that the sandbox runs: taken from the machine where they fit, built where they do not.

`ensure()` looks on the PATH (and in KUBEBUILDER_ASSETS) for each program in a fitting version and builds
the others as Go tools from `sandbox/programs/tools/` into a per-user cache,
`${XDG_CACHE_HOME:-~/.cache}/eks-access/tools/<tool>/<version>-<hash of go.mod, go.sum, flags>/`, which a
second checkout and CI use as well. `python -m sandbox.programs` does the same and prints what it took.

`Programs.bin_dir` holds all of them, with the helpers of Pulumi's Python host, for a PATH.
`Programs.kwok_stages` is a folder with KWOK's own stages, each a file for `kwok --config`:
node-initialize.yaml, node-heartbeat-with-lease.yaml, pod-ready.yaml, pod-complete.yaml, pod-delete.yaml.
"""

import hashlib
import os
import shutil
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from ..progress import Event, Progress, Terminal
from .cache import cache_root, is_complete, key, link, locked, published
from .catalogue import PROGRAMS, PYTHON_HOST_FILES, SOURCES, TOOLS, Program, Tool, required_version
from .errors import ProgramsError
from .found import Found, Unfit, look_for
from .toolchain import Go, find_go

__all__ = ["Origin", "Programs", "ProgramsError", "ensure"]


@dataclass(frozen=True)
class Origin:
    """Where a program came from, for a person to read."""

    program: str
    version: str
    place: str
    path: Path


@dataclass(frozen=True)
class Programs:
    """A path for each program, all of them in `bin_dir`."""

    bin_dir: Path
    kwok_stages: Path
    origins: tuple[Origin, ...]
    unfit: tuple[Unfit, ...]

    @property
    def pulumi(self) -> Path:
        return self.bin_dir / "pulumi"

    @property
    def pulumi_language_python(self) -> Path:
        return self.bin_dir / "pulumi-language-python"

    @property
    def etcd(self) -> Path:
        return self.bin_dir / "etcd"

    @property
    def kube_apiserver(self) -> Path:
        return self.bin_dir / "kube-apiserver"

    @property
    def kube_controller_manager(self) -> Path:
        return self.bin_dir / "kube-controller-manager"

    @property
    def kube_scheduler(self) -> Path:
        return self.bin_dir / "kube-scheduler"

    @property
    def kubectl(self) -> Path:
        return self.bin_dir / "kubectl"

    @property
    def kwok(self) -> Path:
        return self.bin_dir / "kwok"

    @property
    def aws_iam_authenticator(self) -> Path:
        return self.bin_dir / "aws-iam-authenticator"


def ensure(
    progress: Progress | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    sources: Path = SOURCES,
) -> Programs:
    """Find or build every program. Raises ProgramsError, whose message has what to do."""
    environ = os.environ if environ is None else environ
    progress = progress or Terminal(sys.stderr)
    root = cache_root(environ)
    found, unfit = look_for(PROGRAMS, environ, ignore=root)
    wanted = {program.tool for program in PROGRAMS if program.name not in found}
    tools = [tool for tool in TOOLS if tool.name in wanted or not tool.builds]
    folders = _built(tools, root, sources, environ, progress)
    origins = tuple(_origin(program, found, folders, sources) for program in PROGRAMS)
    return Programs(_bin_dir(root, origins, found), folders["kwok-stages"], origins, tuple(unfit))


def _built(
    tools: list[Tool], root: Path, sources: Path, environ: Mapping[str, str], progress: Progress
) -> dict[str, Path]:
    """The cache folder of each tool, built now where it is not there yet."""
    folders = {tool.name: _folder(tool, root, sources) for tool in tools}
    missing = [tool for tool in tools if not is_complete(folders[tool.name], tool.yields)]
    if not missing:
        return folders
    names = [name for tool in missing for name in tool.makes]
    go = find_go(environ, module=sources / missing[0].folder, wanted_for=names)
    progress(Event(f"building {', '.join(names)} with {go.path} into {root}, once per version"))
    for tool in missing:
        folder = folders[tool.name]
        with locked(folder.parent, tool.name, progress):
            if not is_complete(folder, tool.yields):
                _build(tool, folder, go, sources, progress)
    return folders


def _folder(tool: Tool, root: Path, sources: Path) -> Path:
    return root / tool.name / key(tool.version(sources), sources / tool.folder, *tool.decisive(sources))


def _build(tool: Tool, folder: Path, go: Go, sources: Path, progress: Progress) -> None:
    started = time.monotonic()
    log = folder.parent / f"{folder.name}.log"
    with published(folder) as draft:
        if tool.builds:
            module, flags = sources / tool.folder, tool.flags(sources)
            go.build(module, draft, tool=tool.name, flags=flags, log=log, progress=progress)
        for built_as, name in tool.renames:
            (draft / built_as).rename(draft / name)
        if tool.copies:
            requiring, name = tool.copies_from
            origin = go.module_folder(sources / requiring, name, log=log)
            for copy in tool.copies:
                # Files of the module cache are read-only, and modules carry no executable bit.
                shutil.copyfile(origin / copy.source, draft / copy.name)
                (draft / copy.name).chmod(0o755 if copy.executable else 0o644)
    verb = "built" if tool.builds else "fetched"
    progress(Event(f"{tool.name} {tool.version(sources)}: {verb} in {time.monotonic() - started:.0f} s"))


def _origin(program: Program, found: Mapping[str, Found], folders: Mapping[str, Path], sources: Path) -> Origin:
    if program.name in found:
        one = found[program.name]
        return Origin(program.name, one.version, one.place, one.path)
    tool = next(tool for tool in TOOLS if tool.name == program.tool)
    version = required_version(sources / tool.folder, program.module or tool.module)
    return Origin(program.name, version.removeprefix("v"), "built", folders[tool.name] / program.name)


def _bin_dir(root: Path, origins: tuple[Origin, ...], found: Mapping[str, Found]) -> Path:
    """One folder with every program, named after where they come from.

    Built ones are hard links: pulumi and its language host look for their helpers beside themselves, and the
    system gives a program the path that its links end in. Those of the machine have theirs where they are.
    """
    sources = {origin.program: origin.path for origin in origins}
    host = sources["pulumi-language-python"].parent
    sources |= {name: host / name for name in PYTHON_HOST_FILES}
    text = "\n".join(f"{name} {path}" for name, path in sorted(sources.items()))
    folder = root / "bin" / hashlib.sha256(text.encode()).hexdigest()[:12]
    if is_complete(folder, list(sources)):
        return folder
    with locked(folder.parent, "bin", lambda _event: None):
        if is_complete(folder, list(sources)):
            return folder
        with published(folder) as draft:
            for name, path in sources.items():
                of_the_machine = name in found or ("pulumi" in found and name in PYTHON_HOST_FILES)
                if of_the_machine:
                    (draft / name).symlink_to(path)
                else:
                    link(path, draft / name)
    return folder


def table(programs: Programs) -> str:
    """Program, version and where it came from; then what was found and passed over."""
    head = [("PROGRAM", "VERSION", "FROM")]
    rows = head + [(one.program, one.version, f"{one.place}: {one.path}") for one in programs.origins]
    wide = [max(len(row[column]) for row in rows) for column in (0, 1)]
    lines = [f"{name:<{wide[0]}}  {version:<{wide[1]}}  {place}" for name, version, place in rows]
    return "\n".join(lines + [f"note: {one}" for one in programs.unfit])


def main() -> int:
    def stop(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, stop)
    terminal = Terminal(sys.stderr)
    try:
        programs = ensure(terminal)
    except ProgramsError as error:
        terminal.end_live_line()
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        terminal.end_live_line()
        print("interrupted; run it again: it goes on where it stopped", file=sys.stderr)
        return 130
    print(table(programs))
    return 0
