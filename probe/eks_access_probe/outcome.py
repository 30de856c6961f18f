"""What the probe asks, what it is answered, and what that proves. Plain data and the judgement of it."""

from dataclasses import dataclass
from enum import StrEnum

from eks_access.redaction import redacted


class Plane(StrEnum):
    TRUST = "trust"
    AWS = "aws"
    KUBERNETES = "kubernetes"


class Verdict(StrEnum):
    """What became of one call."""

    ALLOWED = "allowed"
    DENIED = "denied"
    """The one who decides said no: the trust policy, IAM or the cluster's authorizer."""
    NOT_AUTHENTICATED = "not-authenticated"
    """The caller was not recognised, so nobody decided about the call."""
    UNREACHABLE = "unreachable"
    THROTTLED = "throttled"
    COULD_NOT_ASK = "could-not-ask"
    """Anything else, from a credential that could not be had to an answer that decides nothing."""


class Result(StrEnum):
    AS_EXPECTED = "as-expected"
    MISMATCH = "mismatch"
    NOT_PROVEN = "not-proven"


@dataclass(frozen=True)
class Question:
    """One expectation about one call. `cluster` is the user's key for it; None where the call is to AWS."""

    integration: str
    plane: Plane
    verb: str
    target: str
    allowed: bool
    why: str
    cluster: str | None = None
    detail: str = ""
    """What else there is to say about the call, such as its parameters."""
    exercised: bool = True
    """False where the call itself is not made, by whomever: its answer is evaluated from what is granted."""

    @property
    def call(self) -> str:
        return f"{self.verb} {self.target}".strip()

    @property
    def expected(self) -> Verdict:
        return Verdict.ALLOWED if self.allowed else Verdict.DENIED


@dataclass(frozen=True)
class Answer:
    """One answer with its evidence: the status, the reason and the words of whoever answered.

    `differences` are ways in which an allowed call did not show what it should have.
    """

    verdict: Verdict
    status: int | None = None
    reason: str = ""
    message: str = ""
    differences: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        # Evidence is copied into reports: nothing that grants access may be in it.
        object.__setattr__(self, "message", redacted(self.message))

    @property
    def evidence(self) -> str:
        head = " ".join(part for part in (str(self.status or ""), self.reason) if part)
        return ": ".join(part for part in (head, self.message) if part)


@dataclass(frozen=True)
class Outcome:
    question: Question
    answer: Answer
    attempts: int
    seconds: float
    waits_for: str = ""
    """The call whose failure left this one unasked; empty where it was asked."""

    @property
    def result(self) -> Result:
        return Result.NOT_PROVEN if self.waits_for else judge(self.question, self.answer)


def judge(question: Question, answer: Answer) -> Result:
    """Whether the answer is what was expected, contradicts it, or proves nothing about it."""
    match answer.verdict:
        case Verdict.ALLOWED if question.allowed:
            return Result.MISMATCH if answer.differences else Result.AS_EXPECTED
        case Verdict.DENIED if not question.allowed:
            return Result.AS_EXPECTED
        case Verdict.ALLOWED | Verdict.DENIED:
            return Result.MISMATCH
        case Verdict.NOT_AUTHENTICATED if question.allowed:
            return Result.MISMATCH
        case _:
            # A refusal counts only when the right one refused; a caller who was not recognised proves nothing.
            return Result.NOT_PROVEN
