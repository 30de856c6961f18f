"""What the lines of a proof show, by themselves and together. Pure."""

from collections.abc import Iterable, Sequence

from .report import Line, State
from .ways import ASSUME

SETTLED = (State.CLOSED, State.STAYS)


def conclude(line: Line, before: Sequence[Line], remains: Sequence[Line]) -> Line:
    """A refusal counts if there was none before; that of the role if IAM has it no more, for STS does not say why."""
    if line.state is not State.CLOSED:
        return line
    first = next((each for each in before if each.key == line.key), None)
    if first is None or first.state is not State.OPEN:
        was = "it was not asked before the removal" if first is None else f"before the removal: {first.evidence}"
        return _as_unknown(line, f"refused, which shows nothing, for {was}")
    role = next(each for each in remains if each.key == "role")
    if line.key == ASSUME and role.state in (State.OPEN, State.UNKNOWN):
        return _as_unknown(line, f"refused, but not for its cause: {role.evidence}")
    return line


def _as_unknown(line: Line, why: str) -> Line:
    return line.model_copy(update={"state": State.UNKNOWN, "evidence": f"{why} ({line.evidence})"})


def merge_lines(found: Sequence[Line], earlier: Sequence[Line], before: Sequence[Line]) -> list[Line]:
    """The lines of this proof. A way in that cannot be asked any more keeps what an earlier proof found out."""
    now = {line.key: line for line in found}
    settled = {line.key: line for line in earlier if line.plane != "remains" and line.state in SETTLED}
    merged = []
    for way in before:
        line = now.pop(way.key, None)
        if line is None or line.state is State.UNKNOWN:
            why = "not asked: what was kept for it from before the removal is gone"
            unknown = way.model_copy(update={"state": State.UNKNOWN, "evidence": why})
            line = settled.get(way.key) or line or unknown
        merged.append(line)
    return [*merged, *now.values()]


def find_state(lines: Iterable[Line]) -> State:
    """What all lines together show: open if any is, then unknown if any is."""
    states = {line.state for line in lines}
    if not states:
        return State.UNKNOWN
    return next((each for each in (State.OPEN, State.UNKNOWN) if each in states), State.CLOSED)
