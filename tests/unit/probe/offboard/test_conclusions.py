"""What is kept of an earlier proof where a way in cannot be asked any more."""

from datetime import UTC, datetime

import pytest

from eks_access_probe.offboard.conclusions import merge_lines
from eks_access_probe.offboard.report import Line, State

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def line(key: str, state: State, evidence: str = "") -> Line:
    plane = "remains" if key in ("role", "entry:a") else "cluster"
    return Line.model_validate(
        {"key": key, "plane": plane, "what": key, "state": state, "evidence": evidence, "asked_at": NOW}
    )


BEFORE = [line("cluster:a", State.OPEN)]


def test_a_new_answer_replaces_the_earlier_one() -> None:
    earlier = [line("cluster:a", State.CLOSED)]
    for state in (State.OPEN, State.CLOSED, State.STAYS):
        (merged,) = merge_lines([line("cluster:a", state)], earlier, BEFORE)
        assert merged.state is state


@pytest.mark.parametrize("found", [[], [line("cluster:a", State.UNKNOWN)]], ids=["not asked", "not known"])
def test_what_was_settled_stays_where_there_is_no_new_answer(found: list[Line]) -> None:
    (merged,) = merge_lines(found, [line("cluster:a", State.CLOSED, "401")], BEFORE)
    assert (merged.state, merged.evidence) == (State.CLOSED, "401")
    for earlier in (State.OPEN, State.UNKNOWN):
        (merged,) = merge_lines(found, [line("cluster:a", earlier)], BEFORE)
        assert merged.state is State.UNKNOWN, "an earlier proof that was none"


def test_a_way_in_that_nobody_can_ask_any_more_is_not_known() -> None:
    (merged,) = merge_lines([], [], BEFORE)
    assert merged.state is State.UNKNOWN
    assert "what was kept for it" in merged.evidence


def test_what_is_left_is_always_read_again_and_never_taken_from_before() -> None:
    assert merge_lines([], [line("role", State.CLOSED)], []) == []
    (merged,) = merge_lines([line("role", State.UNKNOWN)], [line("role", State.CLOSED)], [])
    assert merged.state is State.UNKNOWN
