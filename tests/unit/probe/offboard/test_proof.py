"""What the proof concludes: a refusal counts only for its cause, and what is left is read until it is gone."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from eks_access_probe.checks.check import Check
from eks_access_probe.offboard import proof
from eks_access_probe.offboard.conclusions import find_state
from eks_access_probe.offboard.report import Line, State
from eks_access_probe.offboard.ways import Way
from eks_access_probe.outcome import Answer, Plane, Question, Verdict

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def line(key: str, state: State, evidence: str = "as it is") -> Line:
    plane = {"assume": "trust", "session": "aws"}.get(key, "cluster" if key.startswith("cluster") else "remains")
    return Line.model_validate(
        {"key": key, "plane": plane, "what": key, "state": state, "evidence": evidence, "asked_at": NOW}
    )


def way(key: str, *verdicts: Verdict) -> Way:
    """A way in with these answers, the last of them for ever."""
    answers = list(verdicts)

    def ask() -> Answer:
        return Answer(answers.pop(0) if len(answers) > 1 else answers[0], 401)

    question = Question("acme", Plane.KUBERNETES, "sign in", key, False, "")
    return Way(key, line(key, State.OPEN).plane, "", key, Check(question, ask))


def prove(
    monkeypatch: pytest.MonkeyPatch,
    ways: list[Way],
    *,
    before: State | None = State.OPEN,
    role: State = State.CLOSED,
    existing: bool = False,
    remains: list[list[Line]] | None = None,
    seconds: float = 5.0,
) -> dict[str, Line]:
    readings = remains or [[]]
    monkeypatch.setattr(proof, "READ_AGAIN_SECONDS", 0.01)
    monkeypatch.setattr(
        proof,
        "read_remains",
        lambda _: [line("role", role, "IAM says"), *(readings.pop(0) if len(readings) > 1 else readings[0])],
    )
    subject: Any = SimpleNamespace(access=SimpleNamespace(role=SimpleNamespace(existing=existing)))
    was = [] if before is None else [line(each.key, before) for each in ways]
    return {each.key: each for each in proof.prove(subject, ways, was, seconds)}


def test_refusals_after_access_before_close_every_way_in(monkeypatch: pytest.MonkeyPatch) -> None:
    found = prove(monkeypatch, [way(key, Verdict.DENIED) for key in ("assume", "session", "cluster:a")])
    assert {each.state for each in found.values()} == {State.CLOSED}


def test_a_way_in_that_is_open_for_a_moment_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    found = prove(monkeypatch, [way("cluster:a", Verdict.ALLOWED, Verdict.DENIED)])
    assert found["cluster:a"].state is State.CLOSED


def test_a_way_in_that_stays_open_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    found = prove(monkeypatch, [way("cluster:a", Verdict.ALLOWED), way("assume", Verdict.DENIED)], seconds=0.2)
    assert found["cluster:a"].state is State.OPEN
    assert found["assume"].state is State.CLOSED


def test_a_refusal_that_does_not_last_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked once more at the end, it is accepted: one of several servers had not heard of the removal."""
    found = prove(monkeypatch, [way("cluster:a", Verdict.DENIED, Verdict.ALLOWED)], seconds=0.2)
    assert found["cluster:a"].state is State.OPEN


@pytest.mark.parametrize("before", [None, State.CLOSED, State.UNKNOWN])
def test_a_refusal_shows_nothing_where_it_was_refused_before_as_well(
    monkeypatch: pytest.MonkeyPatch, before: State | None
) -> None:
    found = prove(monkeypatch, [way("cluster:a", Verdict.DENIED)], before=before)
    assert found["cluster:a"].state is State.UNKNOWN
    assert "shows nothing" in found["cluster:a"].evidence


@pytest.mark.parametrize("role", [State.OPEN, State.UNKNOWN])
def test_a_refused_role_that_iam_still_has_or_could_not_say_is_not_refused_for_its_cause(
    monkeypatch: pytest.MonkeyPatch, role: State
) -> None:
    found = prove(
        monkeypatch, [way("assume", Verdict.DENIED), way("cluster:a", Verdict.DENIED)], role=role, seconds=0.1
    )
    assert found["assume"].state is State.UNKNOWN
    assert "not for its cause: IAM says" in found["assume"].evidence
    assert found["cluster:a"].state is State.CLOSED


def test_an_existing_role_stays_and_its_clusters_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    ways = [way("assume", Verdict.ALLOWED), way("session", Verdict.ALLOWED), way("cluster:a", Verdict.ALLOWED)]
    found = prove(monkeypatch, ways, existing=True, role=State.STAYS, seconds=0.1)
    assert {key: each.state for key, each in found.items()} == {
        "assume": State.STAYS,
        "session": State.STAYS,
        "cluster:a": State.OPEN,
        "role": State.STAYS,
    }
    closed = prove(monkeypatch, [way("assume", Verdict.DENIED)], existing=True, role=State.STAYS)
    assert closed["assume"].state is State.CLOSED, "its owner has changed its trust policy"


def test_what_could_not_be_asked_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    found = prove(monkeypatch, [way("cluster:a", Verdict.UNREACHABLE)], seconds=0.1)
    assert found["cluster:a"].state is State.UNKNOWN


def test_what_is_left_is_read_again_until_it_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    found = prove(monkeypatch, [], remains=[[line("entry:a", State.OPEN)], [line("entry:a", State.CLOSED)]])
    assert found["entry:a"].state is State.CLOSED


def test_what_the_vendor_made_does_not_vanish_and_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    readings = [[line("vendor:a:x", State.OPEN)], [line("vendor:a:x", State.CLOSED)]]
    assert prove(monkeypatch, [], remains=readings)["vendor:a:x"].state is State.OPEN


@pytest.mark.parametrize(
    ("states", "whole"),
    [
        ([], State.UNKNOWN),
        ([State.CLOSED, State.STAYS], State.CLOSED),
        ([State.CLOSED, State.UNKNOWN], State.UNKNOWN),
        ([State.UNKNOWN, State.OPEN, State.CLOSED], State.OPEN),
    ],
)
def test_the_worst_line_decides_and_no_line_proves_nothing(states: list[State], whole: State) -> None:
    assert find_state([line("x", state) for state in states]) is whole
