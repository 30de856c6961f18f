"""Finds programs that the machine already has, and the reasons why others do not fit."""

import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from .catalogue import Program

SECONDS_TO_ANSWER = 20.0


@dataclass(frozen=True)
class Found:
    """A program of the machine that fits."""

    program: Program
    path: Path
    version: str
    place: str


@dataclass(frozen=True)
class Unfit:
    """A program of the machine that does not fit, and why."""

    program: Program
    path: Path
    reason: str

    def __str__(self) -> str:
        return f"{self.path} is not used: {self.reason}"


def look_for(
    programs: Sequence[Program], environ: Mapping[str, str], *, ignore: Path
) -> tuple[dict[str, Found], list[Unfit]]:
    """The first fitting one of each program, and all that were passed over; nothing under `ignore` counts."""
    asked = [program for program in programs if program.comes_with is None and program.plugin is None]
    found = {program.name: one for program in programs if (one := _in_pulumi_home(program, environ))}
    unfit: list[Unfit] = []
    with ThreadPoolExecutor(max_workers=4) as pool:
        for first, passed_over in pool.map(lambda program: _first_fitting(program, environ, ignore), asked):
            unfit += passed_over
            if first is not None:
                found[first.program.name] = first
    for program in programs:
        owner = found.get(program.comes_with or "")
        if owner is not None:
            path = owner.path.resolve().parent / program.name
            if path.exists():
                found[program.name] = Found(program, path, owner.version, owner.place)
    return found, unfit


def why_unfit(program: Program, path: Path, output: str) -> str | None:
    """What is wrong with a program that printed `output` for its version; None if nothing is."""
    version = version_in(output)
    if version is None:
        return f"it prints no version (`{' '.join([path.name, *program.ask])}`)"
    if not program.fits.contains(version, prereleases=True):
        return f"it is version {version}, the sandbox takes {_range(program)}"
    missing = [name for name in program.beside if not (path.resolve().parent / name).exists()]
    if missing:
        return f"{', '.join(missing)} not beside it"
    return None


def _range(program: Program) -> str:
    """Its range as people write it, the lower bound first."""
    return ",".join(sorted(map(str, program.fits), key=lambda bound: not bound.startswith(">")))


def version_in(output: str) -> Version | None:
    """The first version number in a text, whatever suffix a distributor added to it."""
    number = re.search(r"(?<![\w.])v?(\d+\.\d+\.\d+)", output)
    return Version(number.group(1)) if number else None


def _in_pulumi_home(program: Program, environ: Mapping[str, str]) -> Found | None:
    """A plugin of just this version, which `pulumi plugin install` puts there."""
    if program.plugin is None or program.version is None:
        return None
    home = Path(environ.get("HOME", Path.home())) / ".pulumi"
    path = home / "plugins" / f"resource-{program.plugin}-v{program.version}" / program.name
    return Found(program, path, program.version, "Pulumi home") if path.is_file() else None


def _first_fitting(program: Program, environ: Mapping[str, str], ignore: Path) -> tuple[Found | None, list[Unfit]]:
    passed_over: list[Unfit] = []
    for place, path in _candidates(program, environ, ignore):
        output = _ask(path, program, environ)
        reason = why_unfit(program, path, output)
        if reason is None:
            return Found(program, path, str(version_in(output)), place), passed_over
        passed_over.append(Unfit(program, path, reason))
    return None, passed_over


def _candidates(program: Program, environ: Mapping[str, str], ignore: Path) -> Iterator[tuple[str, Path]]:
    assets = environ.get("KUBEBUILDER_ASSETS", "") if program.in_assets else ""
    on_path = environ.get("PATH", "").split(os.pathsep)
    folders = [("KUBEBUILDER_ASSETS", assets), *(("PATH", folder) for folder in on_path)]
    seen = set()
    for place, folder in folders:
        path = Path(folder).absolute() / program.name
        if not folder or path.is_relative_to(ignore) or not (path.is_file() and os.access(path, os.X_OK)):
            continue
        if path.resolve() not in seen:
            seen.add(path.resolve())
            yield place, path


def _ask(path: Path, program: Program, environ: Mapping[str, str]) -> str:
    # pulumi would look for a newer release of itself; kubectl must not look at anyone's cluster.
    quiet = {**environ, "PULUMI_SKIP_UPDATE_CHECK": "true", "KUBECONFIG": os.devnull}
    try:
        done = subprocess.run(
            [path, *program.ask],
            env=quiet,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SECONDS_TO_ANSWER,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout + done.stderr if done.returncode == 0 else ""
