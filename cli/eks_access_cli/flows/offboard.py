"""Plans the removal of an integration, asks for confirmation, and shows the plan or the report."""

import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from eks_access.errors import InvalidInputError
from eks_access.manifest.models import Manifest
from eks_access.shell_command import format_command
from eks_access.stack.removal import RemovalError, find_removal
from eks_access_probe.identity.aws_clients import Aws, Keys
from eks_access_probe.identity.identities import IDENTITIES_VARIABLE, Identities
from eks_access_probe.leftovers.inspector import ClusterInspector
from eks_access_probe.leftovers.survey import survey_leftovers
from eks_access_probe.offboard.plan import build_plan, hide_in_report, list_secrets, read_role
from eks_access_probe.offboard.report import OffboardReport, Status
from eks_access_probe.offboard.report_file import read_report
from eks_access_probe.offboard.sections import find_exit_code

from .. import exit_codes
from ..console import create_console
from ..options import find_integration
from ..output import print_message
from ..pulumi_program import PulumiStack
from .acting import create_aws, load_identities
from .offboard_configuration import plan_configuration
from .offboard_output import print_report, write_outputs
from .offboard_run import Offboarding, StepError


@dataclass(frozen=True, kw_only=True)
class OffboardOptions:
    """The options of `eks-access offboard`."""

    name: str
    stack: str
    cwd: Path
    identities_file: Path | None
    profile: str | None
    confirm: str | None
    remove_vendor_objects: bool
    report: Path | None
    json_file: str | None
    markdown_file: str | None
    deadline: float

    def __post_init__(self) -> None:
        if self.json_file == self.markdown_file == "-":
            raise click.UsageError("only one of --json and --markdown can be the standard output")
        if self.confirm not in (None, self.name):
            raise InvalidInputError(
                "--confirm", self.confirm, f"is not the integration's name, {self.name!r}", "Nothing was changed."
            )

    @property
    def is_piped(self) -> bool:
        return "-" in (self.json_file, self.markdown_file)

    @property
    def report_file(self) -> Path:
        return self.report or Path(f"offboard-{self.name}.json")


@dataclass(frozen=True)
class _Begun:
    """What was read before anything is changed."""

    report: OffboardReport
    manifest: Manifest
    secrets: frozenset[str]
    aws: Aws
    keys: Keys


def run_offboard(options: OffboardOptions) -> int:
    """Shows the plan, or carries it out and shows the report; returns the exit code.

    Raises:
        EksAccessError: an input is wrong, or the removal cannot be planned; nothing was changed.
    """
    identities = _load_identities(options)
    begun = _begin(options)
    report = begun.report
    if report.status is Status.PROVEN:
        _show(report, options)
        return exit_codes.OK
    console = create_console(stderr=options.is_piped)
    if options.confirm is None:
        print_report(report, console)
        if not _is_confirmed(options):
            print_message(f"To carry it out: {_format_confirmed(options)}", err=True)
            write_outputs(report, options.json_file, options.markdown_file)
            return find_exit_code(report)
    return _carry_out(_create_run(begun, identities, options), options)


def _create_run(begun: _Begun, identities: Identities | None, options: OffboardOptions) -> Offboarding:
    if identities is None:
        print_message(
            "No credentials to act as the integration with (--identities): that it is refused will not be known.",
            err=True,
        )
    return Offboarding(
        report=begun.report,
        manifest=begun.manifest,
        program=PulumiStack(options.stack, options.cwd),
        aws=begun.aws,
        keys=begun.keys,
        identities=identities or Identities(version=1),
        file=options.report_file,
        deadline=options.deadline,
        secrets=begun.secrets,
    )


def _carry_out(run: Offboarding, options: OffboardOptions) -> int:
    again = f"It is not done: run the same command again. The report so far is {options.report_file}."
    try:
        report = run.carry_out(remove_vendor_objects=options.remove_vendor_objects)
    except StepError as error:
        print_message(f"Error: {error}", err=True)
        print_message(again, err=True)
        return exit_codes.FAILED
    except KeyboardInterrupt:
        print_message(f"Interrupted. {again}", err=True)
        return exit_codes.INTERRUPTED
    _show(report, options)
    print_message(f"The report is {options.report_file}.", err=True)
    return find_exit_code(report)


def _load_identities(options: OffboardOptions) -> Identities | None:
    if options.identities_file is None and not os.environ.get(IDENTITIES_VARIABLE):
        return None
    return load_identities(options.identities_file)


def _begin(options: OffboardOptions) -> _Begun:
    """The plan, or the report of the run that is continued."""
    program = PulumiStack(options.stack, options.cwd)
    manifest, secrets = program.read_manifest_and_secrets()
    aws = create_aws(manifest)
    keys = aws.own_credentials(options.profile)
    if options.report_file.exists():
        report = read_report(options.report_file)
        _validate_continued(report, options, manifest)
        return _Begun(report, manifest, secrets, aws, keys)
    return _Begun(_plan(options, program, manifest, secrets, aws, keys), manifest, secrets, aws, keys)


def _validate_continued(report: OffboardReport, options: OffboardOptions, manifest: Manifest) -> None:
    """
    Raises:
        InvalidInputError: the report is another integration's, or of one that is finished and was deployed again.
    """
    own = (report.project, report.environment, report.account, report.integration)
    if own != (manifest.project, manifest.environment, manifest.account, options.name):
        raise InvalidInputError(
            "--report",
            str(options.report_file),
            f"is the report of {report.integration} in {report.environment} of account {report.account}",
            "Name another file.",
        )
    if report.status is Status.PROVEN and options.name in manifest.integrations:
        raise InvalidInputError(
            "--report",
            str(options.report_file),
            f"is of an earlier off-boarding, and the stack has {options.name} again",
            "Name another file.",
        )


def _plan(
    options: OffboardOptions, program: PulumiStack, manifest: Manifest, secrets: frozenset[str], aws: Aws, keys: Keys
) -> OffboardReport:
    access, now = find_integration(manifest, options.name), datetime.now(UTC)
    removal = find_removal(program.export_state(), options.name)
    if not removal.resources:
        raise RemovalError(
            f"the stack's state has no component {options.name!r} of this package: if its program gives it another"
            " name, remove it there and run `pulumi up`"
        )
    configuration = plan_configuration(options.cwd, options.stack, options.name)
    inspector = ClusterInspector(aws, keys, only_loopback=manifest.endpoint == "loopback")
    survey = survey_leftovers(manifest, inspector, frozenset({options.name}))
    role = read_role(aws, keys, access)
    shown = access.model_dump(mode="json", by_alias=True)
    report = OffboardReport(
        project=manifest.project,
        environment=manifest.environment,
        account=manifest.account,
        integration=options.name,
        vendor=access.vendor,
        title=access.title,
        status=Status.PLANNED,
        plan=build_plan(options.name, manifest, removal, configuration, role, survey, now),
        started_at=now,
        access=shown,
    )
    return hide_in_report(report, list_secrets(shown, secrets))


def _format_confirmed(options: OffboardOptions) -> str:
    """The command that carries the plan out, with the options that decide where and on what."""
    given = {
        "stack": options.stack,
        "confirm": options.name,
        "cwd": "" if options.cwd == Path() else str(options.cwd),
        "identities": "" if options.identities_file is None else str(options.identities_file),
        "profile": options.profile or "",
        "report": "" if options.report is None else str(options.report),
    }
    return format_command(
        "eks-access offboard", {name: value for name, value in given.items() if value}, [options.name]
    )


def _is_confirmed(options: OffboardOptions) -> bool:
    """Asked for in a terminal only; anything else than the name leaves it at the plan."""
    if options.is_piped or not sys.stdin.isatty():
        return False
    typed: str = click.prompt("Type the integration's name to remove it now", default="", show_default=False)
    if typed != options.name:
        print_message("Not confirmed: nothing was changed.", err=True)
    return typed == options.name


def _show(report: OffboardReport, options: OffboardOptions) -> None:
    print_report(report, create_console(stderr=options.is_piped))
    write_outputs(report, options.json_file, options.markdown_file)
