"""Carries out an off-boarding step by step. The report is written after each, and a killed run is continued by it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from eks_access.errors import EksAccessError
from eks_access.manifest.models import IntegrationAccess, Manifest
from eks_access.shell_command import format_command
from eks_access.stack.removal import Removal, find_pending_changes, find_removal
from eks_access.text_layout import format_count
from eks_access_probe.identity.aws_clients import Aws, Keys
from eks_access_probe.identity.identities import Identities
from eks_access_probe.offboard.conclusions import SETTLED, merge_lines
from eks_access_probe.offboard.former import FormerActor
from eks_access_probe.offboard.kept import Kept, delete_kept, find_kept_file, read_kept, write_kept
from eks_access_probe.offboard.plan import describe_sessions, hide_in_report, list_secrets
from eks_access_probe.offboard.proof import Subject, ask_before, prove, read_vendor_objects
from eks_access_probe.offboard.report import OffboardReport, PlanReport, State, Status, Step
from eks_access_probe.offboard.report_file import write_report
from eks_access_probe.offboard.sections import find_exit_code
from eks_access_probe.offboard.vendor_objects import remove_vendor_objects
from eks_access_probe.offboard.ways import build_ways, take_sessions

from ..output import OutputError, print_message
from ..pulumi_program import PulumiStack
from .offboard_configuration import edit_configuration

_FEW = 5


class StepError(EksAccessError):
    """A step of the off-boarding failed; what was done before is in the report."""


@dataclass(kw_only=True)
class Offboarding:
    """One run, from the report as it is now to its end."""

    report: OffboardReport
    manifest: Manifest
    program: PulumiStack
    aws: Aws
    keys: Keys
    identities: Identities
    file: Path
    deadline: float
    secrets: frozenset[str]
    """The stack's secrets, which no report shows."""

    def __post_init__(self) -> None:
        access = self._access.model_dump(mode="json", by_alias=True)
        self._secrets = list_secrets(access, self.secrets)

    def carry_out(self, *, remove_vendor_objects: bool) -> OffboardReport:
        """Makes every step that is not done yet, and the proof; returns the report.

        Raises:
            StepError: a step before the proof failed.
        """
        self._make(Step.SESSIONS, self._take_sessions)
        self._make(Step.CONFIGURATION, self._edit_configuration)
        self._make(Step.RESOURCES, self._destroy)
        self._make(Step.OUTPUTS, self._write_outputs, may_fail=True)
        if remove_vendor_objects:
            self._make(Step.VENDOR_OBJECTS, self._remove_vendor_objects, may_fail=True)
        print_message("proving that every way in is closed", err=True)
        self._prove()
        return self.report

    def _make(self, step: Step, make: Callable[[], str], *, may_fail: bool = False) -> None:
        """Makes a step unless it is done; its failure ends the run, or with `may_fail` is only in the report."""
        if self.report.is_done(step):
            return
        try:
            detail, done_at = make(), datetime.now(UTC)
        except EksAccessError as error:
            self._save(self.report.with_step(step, str(error), None))
            if may_fail:
                print_message(f"not done: {error}", err=True)
                return
            raise StepError(str(error)) from error
        print_message(detail, err=True)
        self._save(self.report.with_step(step, detail, done_at))

    def _save(self, report: OffboardReport) -> None:
        self.report = hide_in_report(report, self._secrets)
        try:
            write_report(self.file, self.report)
        except OSError as error:
            raise OutputError("--report", self.file, error) from error

    @property
    def _name(self) -> str:
        return self.report.integration

    @property
    def _access(self) -> IntegrationAccess:
        """The integration as it was, with its secrets where they are still known."""
        if self._name in self.manifest.integrations:
            return self.manifest.integrations[self._name]
        kept = read_kept(find_kept_file(self.file))
        return kept.integration if kept else IntegrationAccess.model_validate(self.report.access)

    def _create_subject(self) -> Subject:
        access = self._access
        whole = self.manifest.model_copy(update={"integrations": {**self.manifest.integrations, self._name: access}})
        kept = read_kept(find_kept_file(self.file)) or Kept(access=self.report.access)
        actor = FormerActor(self.aws, self._name, access, self.identities, kept)
        return Subject(self._name, access, whole, self.report.plan.role, self.aws, self.keys, actor)

    def _take_sessions(self) -> str:
        """Takes what has to be refused later, and asks every way in while it is open. Nothing is changed."""
        access = self._access
        self._keep(Kept(access=access.model_dump(mode="json", by_alias=True)))
        self._save(self.report.model_copy(update={"status": Status.BEGUN}))
        actor = self._create_subject().actor
        problems = list(take_sessions(actor))
        self._keep(actor.kept)
        before = ask_before(build_ways(actor, self.aws))
        self.report = self.report.model_copy(update={"before": before})
        is_open = [line for line in before if line.state is State.OPEN]
        asked = f"{len(is_open)} of {format_count(len(before), 'way')} in {'is' if len(is_open) == 1 else 'are'} open"
        return "; ".join([f"before the removal, {asked}", *problems])

    def _keep(self, kept: Kept) -> None:
        path = find_kept_file(self.file)
        try:
            write_kept(path, kept)
        except OSError as error:
            raise OutputError("--report", path, error) from error

    def _edit_configuration(self) -> str:
        removal = self._find_removal()
        if self.report.plan.configuration is None:
            return self._require_removed_from_program(removal)
        return edit_configuration(self.program.project, self.program.name, self._name)

    def _require_removed_from_program(self, removal: Removal) -> str:
        """
        Raises:
            StepError: the program, which is one of the user's own, still makes it.
        """
        pending = dict((urn, op) for op, urn in find_pending_changes(self.program.preview()))
        still = [urn for urn in removal.urns if pending.get(urn) != "delete"]
        if still:
            raise StepError(
                f"the stack's program still makes {self._name}: remove its component, and what is exported of it, from"
                f" the program first ({still[0]})"
            )
        return "the program does not make it any more"

    def _find_removal(self) -> Removal:
        """
        Raises:
            StepError, RemovalError: the resources are not those of the plan, or cannot be removed.
        """
        removal = find_removal(self.program.export_state(), self._name)
        if removal.dependents:
            up = format_command("pulumi up", {"stack": self.program.name})
            raise StepError(
                f"resources outside of {self._name} depend on it, and destroying it alone is not possible:"
                f" {'; '.join(removal.dependents)}. Nothing was changed. Take it out of the configuration or program"
                f" yourself, and run `{up}`, which changes those as well; this command then goes on with the proof"
            )
        new = set(removal.urns) - {each.urn for each in self.report.plan.resources}
        if new:
            raise StepError(
                f"the stack has resources of {self._name} that the plan does not have: {', '.join(sorted(new))}."
                f" Delete {self.file}, and plan again."
            )
        return removal

    def _destroy(self) -> str:
        removal = self._find_removal()
        if removal.resources:
            print_message(f"destroying {format_count(len(removal.resources), 'resource')}", err=True)
            self.program.destroy_targets(removal.urns)
        if left := find_removal(self.program.export_state(), self._name).urns:
            raise StepError(f"the stack still has {', '.join(left)}")
        return f"{format_count(len(self.report.plan.resources), 'resource')} gone from the stack"

    def _write_outputs(self) -> str:
        """The engine leaves the outputs alone when it destroys targets: the program has to run, and change no resource.

        Raises:
            StepError: something else is pending in the stack, which is not for this command to deploy.
        """
        if self._name in self.program.read_manifest(secrets=False).integrations:
            pending = find_pending_changes(self.program.preview())
            if pending:
                shown = ", ".join(f"{op} {urn}" for op, urn in pending[:_FEW])
                others = format_count(len(pending), "other change")
                up = format_command("pulumi up", {"stack": self.program.name})
                raise StepError(
                    f"the stack's access manifest still has {self._name}, and {others}"
                    f" of the stack would be deployed with it ({shown}): run `{up}`, and then this again"
                )
            self.program.update_outputs(find_removal(self.program.export_state(), self._name).stack)
        self.manifest = self.program.read_manifest()
        if self._name in self.manifest.integrations:
            raise StepError(f"the stack's access manifest still has {self._name}")
        return "the stack's access manifest does not have it any more, and nothing else is pending"

    def _remove_vendor_objects(self) -> str:
        """
        Raises:
            StepError: one could not be removed.
        """
        subject = self._create_subject()
        results = list(
            remove_vendor_objects(
                self.report.plan.vendor_objects,
                read_vendor_objects(subject),
                subject.manifest,
                self.aws,
                self.keys,
                subject.create_inspector(),
            )
        )
        if any("was not removed" in each for each in results):
            raise StepError("; ".join(results))
        return "; ".join(results) or "there was nothing to remove"

    def _prove(self) -> None:
        subject = self._create_subject()
        is_kept = read_kept(find_kept_file(self.file)) is not None
        ways = build_ways(subject.actor, self.aws) if is_kept else []
        found = prove(subject, ways, self.report.before, self.deadline)
        lines = merge_lines(found, self.report.proof, self.report.before)
        done_at = datetime.now(UTC)
        report = self.report.with_step(Step.PROOF, f"{format_count(len(lines), 'line')}", done_at)
        update = {
            "proof": lines,
            "finished_at": done_at,
            "status": Status.REMOVED,
            "plan": self._date_sessions(subject),
        }
        report = report.model_copy(update=update)
        is_proven = find_exit_code(report) == 0
        self._save(report.model_copy(update={"status": Status.PROVEN}) if is_proven else report)
        if all(line.state in SETTLED for line in lines if line.plane != "remains"):
            delete_kept(find_kept_file(self.file))

    def _date_sessions(self, subject: Subject) -> PlanReport:
        """The plan with the end of the sessions by the time at which the resources were destroyed."""
        plan = self.report.plan
        removed_at = next(each.done_at for each in self.report.steps if each.step is Step.RESOURCES and each.done_at)
        sessions = describe_sessions(subject.access, plan.role, removed_at, is_planned=False)
        return plan.model_copy(update={"sessions": list(sessions)})
