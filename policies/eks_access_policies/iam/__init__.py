"""Evaluates IAM documents: trust policies, and policies of permissions. Pure: no AWS calls, no Pulumi engine."""

from ..rules.iam import RULES
from .context import AccountTrust, Context
from .document import Document, Principal, PrincipalKind, Statement
from .known_vendors import KNOWN_VENDORS, Vendor
from .parser import parse_document
from .policy import evaluate_policies, evaluate_policy
from .trust import evaluate_session, evaluate_trust

__all__ = [
    "KNOWN_VENDORS",
    "RULES",
    "AccountTrust",
    "Context",
    "Document",
    "Principal",
    "PrincipalKind",
    "Statement",
    "Vendor",
    "evaluate_policies",
    "evaluate_policy",
    "evaluate_session",
    "evaluate_trust",
    "parse_document",
]
