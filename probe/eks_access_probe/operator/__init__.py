"""The probe where nobody can act as the vendor: an operator asks what the vendor could do. Nothing is exercised.

IAM is asked by SimulatePrincipalPolicy, each cluster by SubjectAccessReviews of the user and groups that it maps the
role to, and access policies are evaluated by the rules that AWS publishes. Every line says so, and what nobody but the
vendor can show (the trust policy, above all) is told as not asked.
"""

from dataclasses import replace

from ..outcome import Question

EVALUATED = "evaluated, not exercised"


def evaluated(question: Question, by: str) -> Question:
    """The question, marked as one that is not put to the test; `by` says by what it is answered."""
    detail = f"{EVALUATED}: {by}" + (f"; {question.detail}" if question.detail else "")
    return replace(question, exercised=False, detail=detail)
