"""Examines what a deployment needs, and prints it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from contextlib import chdir
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from urllib.parse import urlsplit

import botocore.session
from botocore.exceptions import BotoCoreError
from rich.console import Console
from rich.text import Text

from eks_access import __version__
from eks_access.endpoint import VARIABLE, LoopbackError, is_loopback, loopback_endpoint
from eks_access.errors import InvalidInputError
from eks_access.provider.install import default_pulumi_home
from eks_access.provision.engine import FIRST_VERSION
from eks_access.stack.configuration import Endpoint, Environment
from eks_access.stack.environment_file import (
    NoEnvironmentError,
    Project,
    ProjectFileError,
    read_environment,
    read_project,
)
from eks_access.text_layout import format_count, print_paragraph
from eks_access_probe.doctor import programs
from eks_access_probe.doctor.examination import Examination, Subject, examine
from eks_access_probe.doctor.finding import Check, Finding, Status, worst
from eks_access_probe.identity.aws_clients import Aws

from .. import exit_codes
from ..console import create_console
from ..output import print_document
from ..pulumi_program import PulumiProgramError, find_backend, read_version

_MARKS = {
    Status.OK: ("✓", "green"),
    Status.PROBLEM: ("✗", "red"),
    Status.UNKNOWN: ("?", "yellow"),
    Status.NOT_NEEDED: ("-", "dim"),
}
_EXIT_CODES = {
    Status.OK: exit_codes.OK,
    Status.PROBLEM: exit_codes.FAILED,
    Status.UNKNOWN: exit_codes.INCONCLUSIVE,
}
_ORDER = list(Check)
_COMMAND_SECONDS = 30
_LIST_VERSIONS = (
    "import json; from importlib.metadata import distributions as all;"
    " print(json.dumps({each.metadata['Name'].lower().replace('_', '-'): each.version for each in all()}))"
)


def run_doctor(
    stack: str | None,
    cwd: Path,
    clusters: tuple[str, ...],
    profile: str | None,
    region: str | None,
    *,
    as_json: bool,
) -> int:
    """Prints what was found; returns the exit code."""
    findings: list[Finding] = []
    project = _read_project(cwd, findings, is_needed=stack is not None)
    environment = None if project is None or stack is None else _read_environment(project, stack, findings)
    examination = Examination()
    if stack is None or environment is not None:
        # A custom definition and a kubeconfig are named from the project's folder.
        with chdir(cwd):
            examination = _examine(environment, clusters, profile, region, findings)
    findings += examination.findings
    findings += _check_programs(project, cwd, examination)
    findings.sort(key=lambda each: _ORDER.index(each.check))
    if as_json:
        print_document(_to_json(stack, findings))
    else:
        _print(findings, create_console())
    return _EXIT_CODES[worst(findings)]


def _read_project(cwd: Path, findings: list[Finding], *, is_needed: bool) -> Project | None:
    try:
        return read_project(cwd)
    except ProjectFileError as error:
        if is_needed:
            advice = "Name the project's folder with -C, or write one with `eks-access init`."
            findings.append(Finding(Check.CONFIGURATION, Status.PROBLEM, str(error), advice=advice))
        return None


def _read_environment(project: Project, stack: str, findings: list[Finding]) -> Environment | None:
    path = project.stack_file(stack)
    try:
        environment = read_environment(project, stack)
    except ProjectFileError as error:
        advice = "`eks-access init` writes one."
        findings.append(Finding(Check.CONFIGURATION, Status.PROBLEM, str(error), advice=advice))
    except NoEnvironmentError as error:
        findings.append(
            Finding(
                Check.CONFIGURATION,
                Status.UNKNOWN,
                f"{path}: {error}; what the program declares is not known before it runs",
                advice="Run without --stack for everything but the deployer's rights.",
            )
        )
    except InvalidInputError as error:
        advice = f"Correct {path}; `eks-access schema environment` describes it for editors."
        findings.append(Finding(Check.CONFIGURATION, Status.PROBLEM, str(error), advice=advice))
    else:
        count = format_count(len(environment.integrations), "integration")
        where = format_count(len(environment.clusters), "cluster")
        findings.append(Finding(Check.CONFIGURATION, Status.OK, f"{path}: {count}, {where}"))
        return environment
    return None


def _examine(
    environment: Environment | None,
    clusters: tuple[str, ...],
    profile: str | None,
    region: str | None,
    findings: list[Finding],
) -> Examination:
    endpoint = os.environ.get(VARIABLE) or None
    is_local = endpoint is not None and is_loopback(endpoint)
    if environment is not None:
        region = environment.aws["region"]
        declared = environment.aws.get("endpoint", Endpoint.AWS)
        if declared is Endpoint.LOOPBACK:
            try:
                endpoint = loopback_endpoint(os.environ)
            except LoopbackError as error:
                findings.append(Finding(Check.ENDPOINT, Status.PROBLEM, str(error)))
                return Examination()
            is_local = True
        elif is_local:
            findings.append(
                Finding(
                    Check.ENDPOINT,
                    Status.PROBLEM,
                    f"{VARIABLE} is {endpoint}, on this machine, and the environment is on AWS",
                    advice=f"Unset {VARIABLE}, or give the environment `endpoint: loopback`.",
                )
            )
            return Examination()
    if endpoint is not None:
        where = f"{endpoint}, on this machine" if is_local else f"{urlsplit(endpoint).hostname}, by {VARIABLE}"
        findings.append(Finding(Check.ENDPOINT, Status.OK, where))
    local = endpoint if is_local else None
    subject = Subject(region or _default_region(profile), environment, clusters, profile, local, is_local)
    return examine(Aws(subject.endpoint), subject, os.environ)


def _default_region(profile: str | None) -> str | None:
    try:
        configured = botocore.session.Session(profile=profile).get_config_variable("region")
    except BotoCoreError:
        return None
    return os.environ.get("AWS_REGION") or configured


def _check_programs(project: Project | None, cwd: Path, examination: Examination) -> Iterable[Finding]:
    home = default_pulumi_home()
    try:
        printed = read_version(cwd)
    except PulumiProgramError:
        printed = None
    modes = examination.modes.values() if examination.are_modes_complete else ()
    yield programs.check_engine(printed, FIRST_VERSION, modes)
    if printed is not None:
        yield _check_backend(cwd)
    on_path, found = shutil.which(programs.PLUGIN_PROGRAM), shutil.which("eks-access")
    from_project = None if project is None else project.plugin_folder
    yield programs.check_plugin(__version__, home, from_project, on_path, found)
    yield programs.check_command(__version__, found, None if found is None else _run([found, "--version"]))
    kinds = examination.official_kinds
    python, where = _find_program_python(project)
    installed = _list_distributions(python)
    yield programs.check_sdks(_list_requirements(), installed, where, objects=bool(kinds))
    sdk = None if installed is None else installed.get("pulumi-kubernetes")
    yield programs.check_kubernetes_plugin(kinds, sdk, home)


def _list_requirements() -> Sequence[str]:
    """What this package requires; nothing where it is run without being installed."""
    try:
        return metadata.requires("eks-access") or ()
    except metadata.PackageNotFoundError:
        return ()


def _find_program_python(project: Project | None) -> tuple[str, str]:
    """The interpreter that a stack's program runs in, and its name for people.

    https://www.pulumi.com/docs/iac/languages-sdks/python/ (virtual environments)
    """
    if project is None:
        return sys.executable, "this environment"
    if project.virtual_environment is not None:
        return str(project.virtual_environment / "bin" / "python"), str(project.virtual_environment)
    found = os.environ.get("PULUMI_PYTHON_CMD") or shutil.which("python3") or shutil.which("python") or "python3"
    return found, f"{found}, the first Python on the PATH"


def _check_backend(cwd: Path) -> Finding:
    try:
        return Finding(Check.BACKEND, Status.OK, find_backend(cwd))
    except PulumiProgramError as error:
        advice = "`pulumi login` (`pulumi login --local` keeps states on this machine)."
        return Finding(Check.BACKEND, Status.PROBLEM, str(error), advice=advice)


def _list_distributions(python: str) -> dict[str, str] | None:
    """The versions of what is installed for an interpreter; None if it does not run."""
    printed = _run([python, "-c", _LIST_VERSIONS])
    if printed is None:
        return None
    found: dict[str, str] = json.loads(printed)
    return found


def _run(command: Sequence[str]) -> str | None:
    try:
        done = subprocess.run(
            command, capture_output=True, encoding="utf-8", errors="replace", timeout=_COMMAND_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def _to_json(stack: str | None, findings: Sequence[Finding]) -> str:
    report = {"schemaVersion": 1, "stack": stack, "result": worst(findings), "findings": [asdict(f) for f in findings]}
    return json.dumps(report, indent=2, ensure_ascii=False)


def _print(findings: Sequence[Finding], out: Console) -> None:
    width = max(len(each.check) for each in findings)
    for each in findings:
        mark, style = _MARKS[each.status]
        subject = f"{each.subject}: " if each.subject else ""
        print_paragraph(
            out,
            Text.assemble(
                (f"{each.check:<{width}}  ", "dim"),
                (f"{subject}{each.summary}", style if each.status is not Status.OK else ""),
            ),
            mark=mark,
            indent=0,
        )
        for detail in each.details:
            print_paragraph(out, Text(detail), mark="·", indent=4)
        if each.advice:
            print_paragraph(out, Text(each.advice, "cyan"), mark="→", indent=4)
    out.print()
    out.print(_summarize(findings))


def _summarize(findings: Sequence[Finding]) -> Text:
    problems = sum(each.status is Status.PROBLEM for each in findings)
    unknown = sum(each.status is Status.UNKNOWN for each in findings)
    if not problems and not unknown:
        return Text("Nothing is in the way.", "green")
    parts = [format_count(problems, "problem")] if problems else []
    parts += [f"{format_count(unknown, 'thing')} could not be determined"] if unknown else []
    return Text(f"{', '.join(parts)}.", "red" if problems else "yellow")
