"""Kubernetes rights: one catalogue of what they let their holder do, and one `allows(rule, request)`. Pure.

request     requests, rules, and whether a rule allows a request
catalogue   rights that let their holder do more than they say: severity, sentence, controls
sentences   what a right means for a reviewer
baseline    what no integration may do in its least profile
matrix      what the probe asks about of every integration
"""

from .baseline import BASELINE, BaselineRequest
from .catalogue import KUBERNETES_RIGHTS, READS, KubernetesRight
from .matrix import MATRIX
from .request import PolicyRule, Request, RuleLike, allows, is_in_scope
from .sentences import describe_right, find_right

__all__ = [
    "BASELINE",
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
    "find_right",
    "is_in_scope",
]
