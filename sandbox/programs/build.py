"""The programs that the sandbox runs: taken from the machine where they fit, built where they do not.

`ensure()` looks on the PATH (and in KUBEBUILDER_ASSETS) for each program in a fitting version and builds
the others from the Go modules in `sandbox/programs/tools/` into a per-user cache,
`${XDG_CACHE_HOME:-~/.cache}/eks-access/tools/<tool>/<version>-<hash of go.mod, go.sum, flags>/`, which a
second checkout and CI use as well. `python -m sandbox.programs` does the same and prints what it took.
What is missing is built by one `go build` for each module: Go compiles what programs share once, and side by side.

`Programs.bin_dir` holds all of them, with the helpers of Pulumi's Python host, for a PATH; the language hosts that only
programs in other languages need are in it once they were asked for (`--languages`).
`Programs.kwok_stages` is a folder with KWOK's own stages, each a file for `kwok --config`:
node-initialize.yaml, node-heartbeat-with-lease.yaml, pod-ready.yaml, pod-complete.yaml, pod-delete.yaml.
"""

import argparse
import hashlib
import os
import shutil
import signal
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from ..progress import Event, Progress, Terminal
from .cache import cache_root, is_complete, key, link, locked, published
from .catalogue import BUILD_FLAGS, LINK_FLAGS, PROGRAMS, SOURCES, TOOLS, Program, Tool, required_version
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

    @property
    def pulumi_resource_kubernetes(self) -> Path:
        """In a folder of its own, with its files: the engine warns of plugins on the PATH."""
        return next(origin.path for origin in self.origins if origin.program == "pulumi-resource-kubernetes")


def ensure(
    progress: Progress | None = None,
    *,
    languages: bool = False,
    environ: Mapping[str, str] | None = None,
    sources: Path = SOURCES,
) -> Programs:
    """Find or build every program. Raises ProgramsError, whose message has what to do.

    Args:
        languages: with the hosts of other languages than Python. Without it, they are taken where they are there.
    """
    environ = os.environ if environ is None else environ
    progress = progress or Terminal(sys.stderr)
    root = cache_root(environ)
    folders = {tool.name: _folder(tool, root, sources) for tool in TOOLS}
    found, unfit = look_for(PROGRAMS, environ, ignore=root)
    left_out = {tool.name for tool in TOOLS if tool.optional and not (languages or _is_built(tool, folders))}
    programs = [program for program in PROGRAMS if program.name in found or _is_needed(program, found, left_out)]
    built = {program.tool for program in programs if program.name not in found}
    tools = [tool for tool in TOOLS if tool.name in built or not tool.packages]
    _build_missing(tools, folders, root, sources, environ, progress)
    origins = tuple(_origin(program, found, folders, sources) for program in programs)
    return Programs(_bin_dir(root, tools, folders, found), folders["kwok-stages"], origins, tuple(unfit))


def _is_needed(program: Program, found: Mapping[str, Found], left_out: Collection[str]) -> bool:
    """Whether one that was not found is to be built: not if it is a part of one that was, and does without it."""
    optional = next(tool.optional for tool in TOOLS if tool.name == program.tool)
    return program.tool not in left_out and (optional or program.comes_with not in found)


def _is_built(tool: Tool, folders: Mapping[str, Path]) -> bool:
    return is_complete(folders[tool.name], tool.yields)


def _folder(tool: Tool, root: Path, sources: Path) -> Path:
    return root / tool.name / key(tool.version(sources), sources / tool.folder, *tool.decisive(sources))


def _build_missing(
    tools: Sequence[Tool],
    folders: Mapping[str, Path],
    root: Path,
    sources: Path,
    environ: Mapping[str, str],
    progress: Progress,
) -> None:
    missing = [tool for tool in tools if not _is_built(tool, folders)]
    if not missing:
        return
    names = [name for tool in missing for name in tool.makes]
    go = find_go(environ, module=sources / missing[0].folder, wanted_for=names)
    progress(Event(f"building {', '.join(names)} with {go.path} into {root}, once per version"))
    for module in dict.fromkeys(tool.folder for tool in missing):
        _build([tool for tool in missing if tool.folder == module], folders, go, sources / module, progress)


def _build(tools: Sequence[Tool], folders: Mapping[str, Path], go: Go, module: Path, progress: Progress) -> None:
    """Build tools of one module together, and publish them together."""
    started = time.monotonic()
    with ExitStack() as stack:
        for tool in tools:
            stack.enter_context(locked(folders[tool.name].parent, tool.name, progress))
        tools = [tool for tool in tools if not _is_built(tool, folders)]
        if not tools:
            return
        drafts = {tool.name: stack.enter_context(published(folders[tool.name])) for tool in tools}
        names = ", ".join(f"{tool.name} {tool.version(module.parent)}" for tool in tools)
        first = folders[tools[0].name]
        log = first.with_name(f"{first.name}.log")
        packages = [package for tool in tools for package in tool.packages]
        if packages:
            link_flags = [*LINK_FLAGS, *(flag for tool in tools for flag in tool.link_flags(module.parent))]
            flags = [*BUILD_FLAGS, "-ldflags", " ".join(link_flags)]
            # In the first draft, so that it goes with it if the build fails.
            out = drafts[tools[0].name] / "out"
            go.build(module, out, what=names, packages=packages, flags=flags, log=log, progress=progress)
            for tool in tools:
                _take(tool, out, drafts[tool.name])
            out.rmdir()
        for tool in tools:
            _copy(tool, drafts[tool.name], go, module, log)
    progress(Event(f"{names}: {'built' if packages else 'fetched'} in {time.monotonic() - started:.0f} s"))


def _take(tool: Tool, built: Path, draft: Path) -> None:
    back = {name: built_as for built_as, name in tool.renames}
    for name in tool.makes if tool.packages else ():
        (built / back.get(name, name)).rename(draft / name)


def _copy(tool: Tool, draft: Path, go: Go, module: Path, log: Path) -> None:
    if not tool.copies:
        return
    origin = go.module_folder(module, tool.copies_from or tool.module, log=log)
    for copy in tool.copies:
        # Files of the module cache are read-only, and modules carry no executable bit.
        shutil.copyfile(origin / copy.source, draft / copy.name)
        (draft / copy.name).chmod(0o755 if copy.executable else 0o644)


def _origin(program: Program, found: Mapping[str, Found], folders: Mapping[str, Path], sources: Path) -> Origin:
    if program.name in found:
        one = found[program.name]
        return Origin(program.name, one.version, one.place, one.path)
    tool = next(tool for tool in TOOLS if tool.name == program.tool)
    version = program.version or required_version(sources / tool.folder, program.module or tool.module)
    return Origin(program.name, version.removeprefix("v"), "built", folders[tool.name] / program.name)


def _bin_dir(root: Path, tools: Sequence[Tool], folders: Mapping[str, Path], found: Mapping[str, Found]) -> Path:
    """One folder with every program, named after where they come from.

    Built ones are hard links: pulumi and its language host look for their helpers beside themselves, and the
    system gives a program the path that its links end in. Those of the machine have theirs where they are.
    """
    built = {name: folders[tool.name] / name for tool in tools if tool.on_path for name in tool.yields}
    taken = {
        name: one.path if name == one.program.name else one.path.resolve().parent / name
        for one in found.values()
        if not one.program.plugin
        for name in (one.program.name, *one.program.beside)
    }
    sources = {**built, **taken}
    text = "\n".join(f"{name} {path}" for name, path in sorted(sources.items()))
    folder = root / "bin" / hashlib.sha256(text.encode()).hexdigest()[:12]
    if is_complete(folder, list(sources)):
        return folder
    with locked(folder.parent, "bin", lambda _event: None):
        if is_complete(folder, list(sources)):
            return folder
        with published(folder) as draft:
            for name, path in sources.items():
                if name in taken:
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
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.programs", description="Find or build what the sandbox runs."
    )
    parser.add_argument("--languages", action="store_true", help="also Pulumi's language hosts for Node.js and YAML")
    options = parser.parse_args()

    def stop(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, stop)
    terminal = Terminal(sys.stderr)
    try:
        programs = ensure(terminal, languages=options.languages)
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
