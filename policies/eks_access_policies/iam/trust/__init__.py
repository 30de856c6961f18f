"""Evaluates trust policies: which principals may assume a role."""

from .trust_policy import evaluate_session, evaluate_trust

__all__ = ["evaluate_session", "evaluate_trust"]
