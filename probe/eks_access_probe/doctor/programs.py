"""What is installed: the engine, this package's plugin and command, and the SDKs that its programs import.

Nothing is run here: the caller gives what the programs printed.
"""

import os
import re
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import InvalidVersion, Version

from eks_access.model.identity import AuthenticationMode, supports_access_entries

from .finding import Check, Finding, Status

ENGINE_ADVICE = "Install it: https://www.pulumi.com/docs/install/"
_INSTALL = "`eks-access plugin install`, once for each environment (in CI too)."
_VERSION = re.compile(r"v?(\d+\.\d+\.\d+\S*)")
PLUGIN_PROGRAM = "pulumi-resource-eks-access"
_PLUGIN = "resource-eks-access-v"
_KUBERNETES_PLUGIN = "resource-kubernetes-v"


def check_engine(printed: str | None, first_version: str, modes: Iterable[AuthenticationMode]) -> Finding:
    """The engine's version, from what `pulumi version` prints; None where there is no such program.

    Args:
        printed: the output.
        first_version: the first version with replacement triggers, which access entries need.
        modes: the clusters' authentication modes; none where they are not known.
    """
    if printed is None:
        return Finding(Check.ENGINE, Status.PROBLEM, "the command `pulumi` is not on the PATH", advice=ENGINE_ADVICE)
    match = _VERSION.search(printed)
    found = None if match is None else _parse(match[1])
    if found is None:
        return Finding(Check.ENGINE, Status.UNKNOWN, f"`pulumi version` printed no version: {printed.strip()[:80]!r}")
    if found.major != 3:
        return Finding(Check.ENGINE, Status.PROBLEM, f"Pulumi {found}, and only 3.x is supported", advice=ENGINE_ADVICE)
    known = tuple(modes)
    if found.release[:2] < Version(first_version).release[:2]:
        if known and not any(map(supports_access_entries, known)):
            return Finding(Check.ENGINE, Status.OK, f"Pulumi {found}: enough, since every cluster is on aws-auth")
        return Finding(
            Check.ENGINE,
            Status.PROBLEM,
            f"Pulumi {found} has no replacement triggers, without which the access entry of a recreated role would"
            " admit nobody",
            advice=f"Use Pulumi {first_version} or later. {ENGINE_ADVICE}",
        )
    return Finding(Check.ENGINE, Status.OK, f"Pulumi {found}")


def check_plugin(
    version: str, pulumi_home: Path, from_project: Path | None, on_path: str | None, command: str | None
) -> Finding:
    """This package's Pulumi plugin, where the engine looks for it.

    Args:
        version: that of this package.
        pulumi_home: the engine's folder, where `eks-access plugin install` puts it.
        from_project: the folder that the project takes it from, if it names one.
        on_path: where it is on the PATH, if it is there.
        command: where this package's command is on the PATH, if it is there.
    """
    if from_project is not None:
        if (from_project / "PulumiPlugin.yaml").exists() or (from_project / PLUGIN_PROGRAM).exists():
            return Finding(Check.PLUGIN, Status.OK, f"from {from_project}, as Pulumi.yaml has it")
        return Finding(
            Check.PLUGIN,
            Status.PROBLEM,
            f"Pulumi.yaml has it in {from_project}, and no plugin is there",
            advice="Correct `plugins.providers` in Pulumi.yaml, or take it out and run `eks-access plugin install`.",
        )
    if on_path is not None:
        # The engine prefers a plugin on the PATH to those in its folder. Pip puts it beside the command.
        if command is not None and Path(command).parent == Path(on_path).parent:
            return Finding(Check.PLUGIN, Status.OK, f"{on_path}, on the PATH")
        return Finding(
            Check.PLUGIN,
            Status.UNKNOWN,
            f"the engine takes {on_path} from the PATH, which is of another environment than the command `eks-access`",
            advice="Have the environment of this package first on the PATH.",
        )
    installed = sorted(_plugin_versions(pulumi_home, _PLUGIN))
    if not installed:
        return Finding(Check.PLUGIN, Status.PROBLEM, f"not installed in {pulumi_home}", advice=_INSTALL)
    newest = installed[-1]
    if str(newest) != version:
        which = ", ".join(map(str, installed))
        # Without a version in the program, the engine takes the newest.
        advice = _INSTALL
        if newest > Version(version):
            advice += (
                f" The engine takes the newest: remove {pulumi_home}/plugins/{_PLUGIN}{newest}, or upgrade eks-access."
            )
        return Finding(
            Check.PLUGIN, Status.PROBLEM, f"version {which} is installed, and this is {version}", advice=advice
        )
    script = pulumi_home / "plugins" / f"{_PLUGIN}{version}" / PLUGIN_PROGRAM
    interpreter = _interpreter_of(script)
    if interpreter is not None and not os.access(interpreter, os.X_OK):
        return Finding(
            Check.PLUGIN,
            Status.PROBLEM,
            f"its Python {interpreter} is not there any more: the environment was moved or removed",
            advice="`eks-access plugin install`, in the environment of now.",
        )
    if not os.access(script, os.X_OK):
        return Finding(Check.PLUGIN, Status.PROBLEM, f"{script} cannot be run", advice=_INSTALL)
    return Finding(Check.PLUGIN, Status.OK, f"version {version}")


def check_command(version: str, found: str | None, printed: str | None) -> Finding:
    """The command `eks-access` on the PATH, by which a deployment signs in to clusters.

    Args:
        version: that of this package.
        found: where it is; None where it is not on the PATH.
        printed: what its `--version` printed; None where it failed.
    """
    if found is None:
        return Finding(
            Check.COMMAND,
            Status.PROBLEM,
            "the command `eks-access` is not on the PATH, and a deployment signs in to clusters by it",
            advice="Activate the environment that it is installed in (`. .venv/bin/activate`).",
        )
    match = None if printed is None else _VERSION.search(printed)
    if match is None:
        return Finding(
            Check.COMMAND,
            Status.PROBLEM,
            f"{found} does not run",
            advice="Install this package again, or take that folder from the PATH.",
        )
    if match[1] != version:
        return Finding(
            Check.COMMAND,
            Status.PROBLEM,
            f"{found} is version {match[1]}, and this is {version}: a deployment would sign in with that one",
            advice="Put this environment's folder first on the PATH.",
        )
    return Finding(Check.COMMAND, Status.OK, found)


def check_sdks(required: Iterable[str], installed: Mapping[str, str] | None, where: str, *, objects: bool) -> Finding:
    """The Pulumi SDKs in the Python environment that the program runs in.

    Args:
        required: this package's requirements (PEP 508).
        installed: versions by distribution, in lower case and with hyphens; None where they could not be read.
        where: that environment.
        objects: does the stack have objects that need the SDK for Kubernetes?
    """
    if installed is None:
        return Finding(
            Check.SDK,
            Status.PROBLEM,
            f"there is no Python in {where}, where Pulumi.yaml has the program run",
            advice="Create the environment that `runtime.options.virtualenv` names, and install this package into it.",
        )
    needed = {Requirement(each).name: Requirement(each) for each in required}
    if not needed:
        return Finding(Check.SDK, Status.UNKNOWN, "this package is not installed, so what it requires is not known")
    problems = []
    for name in ("pulumi", "pulumi-aws", *(("pulumi-kubernetes",) if objects else ())):
        version = installed.get(name)
        if version is None:
            problems.append(f"{name} is not installed, and {needed[name]} is needed")
        elif not needed[name].specifier.contains(version, prereleases=True):
            problems.append(f"{name} is {version}, and {needed[name]} is needed")
    if "eks-access" not in installed:
        problems.append("eks-access is not installed there")
    if problems:
        return Finding(
            Check.SDK,
            Status.PROBLEM,
            f"the program's environment ({where}) lacks what it imports",
            details=tuple(problems),
            advice="Install this package, with its requirements, into the environment that the program runs in.",
        )
    shown = ("pulumi", "pulumi-aws", "pulumi-kubernetes")
    return Finding(Check.SDK, Status.OK, ", ".join(f"{name} {installed[name]}" for name in shown if name in installed))


def check_kubernetes_plugin(kinds: frozenset[str], sdk: str | None, pulumi_home: Path) -> Finding:
    """Pulumi's own plugin for Kubernetes, which creates the objects that the stack has besides its RBAC."""
    if not kinds:
        return Finding(Check.KUBERNETES_PLUGIN, Status.NOT_NEEDED, "no integration has objects that it would create")
    of = f"it creates {', '.join(sorted(kinds))}"
    installed = {str(each) for each in _plugin_versions(pulumi_home, _KUBERNETES_PLUGIN)}
    if sdk is None:
        return Finding(Check.KUBERNETES_PLUGIN, Status.UNKNOWN, f"the SDK's version is not known; {of}")
    if sdk in installed:
        return Finding(Check.KUBERNETES_PLUGIN, Status.OK, f"version {sdk}; {of}")
    return Finding(
        Check.KUBERNETES_PLUGIN,
        Status.OK,
        f"version {sdk} is not installed yet, and the engine downloads it with the first deployment; {of}",
        advice=f"Where the engine cannot download: `pulumi plugin install resource kubernetes {sdk}` beforehand.",
    )


def _plugin_versions(pulumi_home: Path, prefix: str) -> Iterable[Version]:
    folder = pulumi_home / "plugins"
    for path in folder.glob(f"{prefix}*"):
        version = _parse(path.name.removeprefix(prefix))
        # The engine keeps files beside the folders: locks, and marks of unfinished downloads.
        if path.is_dir() and version is not None:
            yield version


def _interpreter_of(script: Path) -> str | None:
    """The Python that `eks-access plugin install` wrote into its script."""
    try:
        last = script.read_text().rstrip().rpartition("\n")[2]
        words = shlex.split(last)
    except (OSError, ValueError):
        return None
    return words[1] if len(words) > 1 and words[0] == "exec" else None


def _parse(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None
