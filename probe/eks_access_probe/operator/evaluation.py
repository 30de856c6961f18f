"""What the evaluated checks have in common: their marked questions, and the operator's own failures."""

from dataclasses import replace

from botocore.exceptions import ClientError

from ..checks.aws_errors import parse_error
from ..outcome import Answer, Question, Verdict

EVALUATED = "evaluated, not exercised"
_OPERATOR_FAILED = "the operator's own request failed: "


def mark_evaluated(question: Question, by: str) -> Question:
    """The question, marked as evaluated and not exercised; `by` is what it is answered by."""
    detail = f"{EVALUATED}: {by}" + (f"; {question.detail}" if question.detail else "")
    return replace(question, exercised=False, detail=detail)


def classify_operator_error(error: ClientError) -> Answer:
    """The answer in an AWS error of the operator's own call: inconclusive for the integration, whatever it is."""
    parsed = parse_error(error)
    return parsed.answer(Verdict.THROTTLED if parsed.is_throttling else Verdict.COULD_NOT_ASK, _OPERATOR_FAILED)


def as_inconclusive(answer: Answer) -> Answer:
    """The answer to the operator's own request to a cluster; its refusal is inconclusive for the integration."""
    if answer.verdict in (Verdict.UNREACHABLE, Verdict.THROTTLED, Verdict.COULD_NOT_ASK):
        return answer
    return Answer(Verdict.COULD_NOT_ASK, answer.status, answer.reason, f"{_OPERATOR_FAILED}{answer.message}")
