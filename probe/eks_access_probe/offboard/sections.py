"""The report in words, in sections that the terminal and Markdown both show. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from eks_access.text_layout import format_count

from .conclusions import find_state
from .report import Line, OffboardReport, State, Status, Step

STATES = {
    State.CLOSED: "closed",
    State.OPEN: "OPEN",
    State.STAYS: "stays, as meant",
    State.UNKNOWN: "not known",
}
_PLANES = {"trust": "trust policy", "aws": "AWS", "cluster": "cluster", "remains": "what is left"}
_STEPS = {
    Step.SESSIONS: "take sessions of the role",
    Step.CONFIGURATION: "take it out of the configuration",
    Step.RESOURCES: "destroy its resources",
    Step.OUTPUTS: "write the access manifest again",
    Step.VENDOR_OBJECTS: "remove what the vendor made",
    Step.PROOF: "prove it",
}


@dataclass(frozen=True)
class Section:
    """A heading with a table or a list. A line of a list may have a command, which is shown to be copied."""

    title: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    items: tuple[tuple[str, str], ...] = ()
    """Sentences, each with its command or nothing."""
    is_checklist: bool = False


def summarize(report: OffboardReport) -> str:
    """The whole result in one sentence."""
    name = f"{report.integration} ({report.title}) in {report.environment}"
    match report.status:
        case Status.PLANNED:
            return f"{name}: a plan; nothing was changed."
        case Status.BEGUN:
            return f"{name}: begun, and not done. Run the same command again."
        case Status.PROVEN:
            return f"{name} is off-boarded: no way in is open, and nothing is left of it."
    open_lines = [line for line in report.proof if line.state is State.OPEN]
    unknown = [line for line in report.proof if line.state is State.UNKNOWN]
    parts = [f"{format_count(len(open_lines), 'thing')} open or left"] if open_lines else []
    parts += [f"{format_count(len(unknown), 'thing')} not known"] if unknown else []
    parts += [f"not done: {', '.join(_STEPS[step] for step in list_missing_steps(report))}"] * bool(
        list_missing_steps(report)
    )
    return f"{name} is removed, but not proven: {'; '.join(parts)}."


def list_missing_steps(report: OffboardReport) -> list[Step]:
    """Steps that were tried and are not done."""
    return [each.step for each in report.steps if each.done_at is None]


def build_sections(report: OffboardReport) -> list[Section]:
    """Every section that has something in it."""
    return [section for section in _list_sections(report) if section.rows or section.items]


def _list_sections(report: OffboardReport) -> Iterator[Section]:
    plan = report.plan
    if report.proof:
        columns = ("", "where", "what", "result", "evidence")
        rows = tuple(_describe_line(line) for line in _sort_lines(report.proof))
        yield Section("Proof", columns, rows)
    yield Section("Steps", ("step", "done", ""), tuple(_list_steps(report)))
    is_removed = report.is_done(Step.RESOURCES)
    yield Section("Removed" if is_removed else "Will be removed", items=tuple(_list_removed(report)))
    yield Section("Depends on it from outside", items=tuple((each, "") for each in plan.dependents))
    yield Section(
        "In each cluster",
        ("cluster", "by", "as", "groups and policies", "rights and objects"),
        tuple(_list_clusters(report)),
    )
    yield Section("Sessions that may still be alive", items=tuple(map(_split, plan.sessions)))
    yield Section("Made by the vendor itself", items=tuple(_list_vendor_objects(report)))
    yield Section("On the vendor's own side", items=tuple(map(_split, plan.vendor_steps)), is_checklist=True)
    untouched = f"{format_count(len(plan.untouched), 'integration')}: {', '.join(plan.untouched)}"
    yield Section("Stays as it is", items=((untouched if plan.untouched else "no other integration is there", ""),))
    yield Section("Could not be read", items=tuple((f"{each.where}: {each.why}", "") for each in plan.unread))


def _split(step: str) -> tuple[str, str]:
    """A sentence and the command to copy, which is in the lines after it."""
    sentence, _, command = step.partition("\n")
    return sentence, command


def _sort_lines(lines: Sequence[Line]) -> list[Line]:
    """What is not as it should be first."""
    order = (State.OPEN, State.UNKNOWN, State.STAYS, State.CLOSED)
    return sorted(lines, key=lambda line: order.index(line.state))


def _describe_line(line: Line) -> tuple[str, ...]:
    return _PLANES[line.plane], line.where or "AWS", line.what, STATES[line.state], line.evidence


def _list_steps(report: OffboardReport) -> Iterator[tuple[str, ...]]:
    order = list(Step)
    for each in sorted(report.steps, key=lambda each: order.index(each.step)):
        yield _STEPS[each.step], _format_time(each.done_at) if each.done_at else "no", each.detail


def _format_time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _list_removed(report: OffboardReport) -> Iterator[tuple[str, str]]:
    plan = report.plan
    if plan.configuration is not None:
        where = ", ".join(str(a) if a == b else f"{a} to {b}" for a, b in plan.configuration.lines)
        secrets = plan.configuration.secrets
        also = f", with the secrets that only it refers to: {', '.join(secrets)}" if secrets else ""
        yield f"from {plan.configuration.file}, lines {where}{also}", ""
    else:
        yield "from the program, by hand: its component, and what is exported of it", ""
    kinds = Counter(each.type.rpartition(":")[2] for each in plan.resources)
    counted = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    yield f"{format_count(len(plan.resources), 'resource')} of the stack: {counted}", ""
    for each in plan.resources:
        if each.kept:
            yield f"{each.urn} stays where it is, and only the state forgets it", ""
    role = plan.role
    used = f"last used {_format_time(role.last_used)} in {role.last_used_region}" if role.last_used else ""
    unused = "IAM could not be asked" if role.why_unknown else "IAM has no use of it"
    which = "not the role, which is its owner's," if role.existing else "the role"
    yield f"{which} {role.arn}: {used or unused}", ""


def _list_clusters(report: OffboardReport) -> Iterator[tuple[str, ...]]:
    for each in report.plan.clusters:
        given = [*each.groups, *each.access_policies]
        has = [*(f"role {grant}" for grant in each.grants), *each.objects]
        yield f"{each.key} ({each.name})", each.method, each.username, ", ".join(given), ", ".join(has)


def _list_vendor_objects(report: OffboardReport) -> Iterator[tuple[str, str]]:
    for each in report.plan.vendor_objects:
        use = f"; left alone, for it may be in use by {', '.join(each.may_be_of)}" if each.may_be_of else ""
        yield f"{each.kind} {each.name} in {each.where}: {each.why}{use}", "" if each.may_be_of else each.remove


def find_exit_code(report: OffboardReport) -> int:
    """0 planned, or removed and proven; 1 something is open, left or not done; 3 something is not known."""
    if report.status is Status.PLANNED:
        return 3 if report.plan.unread else 0
    if report.status is Status.BEGUN or list_missing_steps(report):
        return 1
    return {State.OPEN: 1, State.UNKNOWN: 3}.get(find_state(report.proof), 0)
