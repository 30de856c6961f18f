"""The judgement of IAM documents: trust policies and permissions, by what they let happen. Pure: no AWS, no engine."""

from ..rules.iam import RULES
from .context import Context, Standing
from .document import parse
from .known_vendors import KNOWN_VENDORS, Vendor
from .policy import judge_policies, judge_policy
from .statement import Document, Principal, PrincipalKind, Statement
from .trust import judge_session, judge_trust

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
