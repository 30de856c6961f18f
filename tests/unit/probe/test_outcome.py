import pytest

from eks_access.redaction import redacted
from eks_access_probe.outcome import Answer, Plane, Question, Result, Verdict, evaluate_answer

ALLOWED = Question("acme", Plane.KUBERNETES, "list", "pods", True, "")
REFUSED = Question("acme", Plane.KUBERNETES, "list", "secrets", False, "")


@pytest.mark.parametrize(
    ("verdict", "where_allowed", "where_refused"),
    [
        (Verdict.ALLOWED, Result.AS_EXPECTED, Result.MISMATCH),
        (Verdict.DENIED, Result.MISMATCH, Result.AS_EXPECTED),
        (Verdict.NOT_AUTHENTICATED, Result.MISMATCH, Result.NOT_PROVEN),
        (Verdict.UNREACHABLE, Result.NOT_PROVEN, Result.NOT_PROVEN),
        (Verdict.THROTTLED, Result.NOT_PROVEN, Result.NOT_PROVEN),
        (Verdict.COULD_NOT_ASK, Result.NOT_PROVEN, Result.NOT_PROVEN),
    ],
)
def test_verdicts_are_evaluated_against_the_expectation(
    verdict: Verdict, where_allowed: Result, where_refused: Result
) -> None:
    assert evaluate_answer(ALLOWED, Answer(verdict)) is where_allowed
    assert evaluate_answer(REFUSED, Answer(verdict)) is where_refused


def test_an_allowed_call_with_differences_is_a_mismatch() -> None:
    assert evaluate_answer(ALLOWED, Answer(Verdict.ALLOWED, differences=("another group",))) is Result.MISMATCH


@pytest.mark.parametrize(
    "secret",
    [
        "k8s-aws-v1.aHR0cHM6Ly9zdHMudXMtZWFzdC0xLmFtYXpvbmF3cy5jb20v",
        "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0",
    ],
)
def test_credentials_are_redacted_in_evidence(secret: str) -> None:
    assert Answer(Verdict.DENIED, 403, "x", f"before {secret} after").message == "before [redacted] after"


def test_signatures_and_bearer_tokens_are_redacted_and_other_text_is_kept() -> None:
    assert redacted("Authorization: Bearer abc.def-1") == "Authorization: Bearer [redacted]"
    assert redacted("https://x/?X-Amz-Signature=00ff&X-Amz-Security-Token=IQ%2F&a=1") == (
        "https://x/?X-Amz-Signature=[redacted]&X-Amz-Security-Token=[redacted]&a=1"
    )
    words = "User: arn:aws:sts::111122223333:assumed-role/r/s is not authorized to perform: iam:ListRoles"
    assert redacted(words) == words
    assert len(redacted("x" * 5000)) < 1100
