"""Questions, answers and outcomes of the probe as plain data, and the evaluation of an answer."""

from dataclasses import dataclass
from enum import StrEnum

from eks_access.redaction import redacted


class Plane(StrEnum):
    """Where a call is authorized: by the trust policy, by IAM or by the cluster."""

    TRUST = "trust"
    AWS = "aws"
    KUBERNETES = "kubernetes"


class Verdict(StrEnum):
    """Classification of the answer to one call."""

    ALLOWED = "allowed"
    DENIED = "denied"
    """Refused by the authority that decides about the call: the trust policy, IAM or the cluster's authorizer."""
    NOT_AUTHENTICATED = "not-authenticated"
    """The caller was not recognised, so no authorization decision was made."""
    UNREACHABLE = "unreachable"
    THROTTLED = "throttled"
    COULD_NOT_ASK = "could-not-ask"
    """Inconclusive for any other reason, from a credential that is not available to an answer that decides nothing."""


class Result(StrEnum):
    """Whether an answer meets the expectation."""

    AS_EXPECTED = "as-expected"
    MISMATCH = "mismatch"
    NOT_PROVEN = "not-proven"
    """Inconclusive: the answer shows neither that the expectation is met nor that it is not."""


@dataclass(frozen=True)
class GrantSource:
    """What gives a call: the binding of a role, or a role's policy; and within that, what has the rule."""

    binding: str
    role: str


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
    """Further description of the call, such as its parameters. Reports are compared by it."""
    exercised: bool = True
    """False if the call itself is not made and its answer is evaluated from what is granted."""
    granted_by: GrantSource | None = None
    """What gives a call that must be allowed, if the description shows it."""
    label: str = ""
    """Text for tables if "may <call>" is not readable; JSON and JUnit reports always have the call."""

    @property
    def call(self) -> str:
        return f"{self.verb} {self.target}".strip()

    @property
    def title(self) -> str:
        """The call as tables show it."""
        return self.label or self.call

    @property
    def expected(self) -> Verdict:
        return Verdict.ALLOWED if self.allowed else Verdict.DENIED


@dataclass(frozen=True)
class Answer:
    """A verdict with its evidence: status, reason and message of the response.

    `differences` are deviations from the declaration that the response to an allowed call shows.
    """

    verdict: Verdict
    status: int | None = None
    reason: str = ""
    message: str = ""
    differences: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        # Evidence is copied into reports and must not contain credentials.
        object.__setattr__(self, "message", redacted(self.message))

    @property
    def evidence(self) -> str:
        head = " ".join(part for part in (str(self.status or ""), self.reason) if part)
        return ": ".join(part for part in (head, self.message) if part)


@dataclass(frozen=True)
class FailedRequest:
    """The answer of a request that gave no result."""

    answer: Answer
    retry_after: float | None = None
    """Seconds that the server asked to wait before a retry."""


@dataclass(frozen=True)
class Outcome:
    """The final answer to a question, after retries."""

    question: Question
    answer: Answer
    attempts: int
    seconds: float
    waits_for: str = ""
    """The call whose failure caused this one to be skipped; empty if it was not skipped."""

    @property
    def result(self) -> Result:
        return Result.NOT_PROVEN if self.waits_for else evaluate_answer(self.question, self.answer)


def evaluate_answer(question: Question, answer: Answer) -> Result:
    """Whether the answer meets the expectation, contradicts it, or is inconclusive."""
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
            # A refusal counts only if the deciding authority refused; an unrecognised caller proves nothing.
            return Result.NOT_PROVEN
