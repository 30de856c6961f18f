"""The judgement of IAM documents: trust policies and permissions, by what they let happen. Pure: no AWS, no engine."""

from .context import Context, Standing
from .document import parse
from .policy import judge_policies, judge_policy
from .rules import RULES
from .statement import Document, Principal, PrincipalKind, Statement
from .trust import judge_session, judge_trust
from .vendors import KNOWN_VENDORS, Vendor

__all__ = [
    "KNOWN_VENDORS",
    "RULES",
    "Context",
    "Document",
    "Principal",
    "PrincipalKind",
    "Standing",
    "Statement",
    "Vendor",
    "judge_policies",
    "judge_policy",
    "judge_session",
    "judge_trust",
    "parse",
]
