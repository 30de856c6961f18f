"""The judgement of IAM documents: trust policies and permissions, by what they let happen. Pure: no AWS, no engine."""

from ..rules.iam import RULES
from .context import AccountTrust, Context
from .document import parse
from .known_vendors import KNOWN_VENDORS, Vendor
from .policy import evaluate_policies, evaluate_policy
from .statement import Document, Principal, PrincipalKind, Statement
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
    "parse",
]
