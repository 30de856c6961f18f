"""Kubernetes rights: one catalogue of what they let their holder do, and one `allows(rule, request)`. Pure.

request     requests, rules, and whether a rule allows a request
catalogue   rights that let their holder do more than they say: severity, sentence, controls
sentences   what a right means for a reviewer
grading     how severe it is to hold a rule, everywhere or in namespaces
effect      what every user may do anyway, and what no request ever matches
baseline    what no integration may do in its least profile
matrix      what the probe asks about of every integration
"""

from .baseline import BASELINE, BaselineRequest
from .catalogue import KUBERNETES_RIGHTS, READS, KubernetesRight
from .effect import EVERY_CALLER, EVERY_USER, find_ineffective, is_public, matches_nothing
from .grading import grade_rule, reaches_system, writes_aws_auth
from .matrix import MATRIX
from .request import PolicyRule, Request, RuleLike, allows, is_in_scope
from .sentences import AWS_AUTH_RISK, describe_right, find_right

__all__ = [
    "AWS_AUTH_RISK",
    "BASELINE",
    "EVERY_CALLER",
    "EVERY_USER",
    "KUBERNETES_RIGHTS",
    "MATRIX",
    "READS",
    "BaselineRequest",
    "KubernetesRight",
    "PolicyRule",
    "Request",
    "RuleLike",
    "allows",
    "describe_right",
    "find_ineffective",
    "find_right",
    "grade_rule",
    "is_in_scope",
    "is_public",
    "matches_nothing",
    "reaches_system",
    "writes_aws_auth",
]
