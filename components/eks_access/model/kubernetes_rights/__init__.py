"""Kubernetes rights: one catalogue of what they let their holder do, and one `allows(rule, request)`. Pure.

request     requests, rules, and whether a rule allows a request
catalogue   rights that let their holder do more than they say: severity, sentence, controls
sentences   what a right means for a reviewer
custom_resources   custom resources by which an operator acts with rights of its own
system_objects     objects of the system, by whose names a rule gives more than it seems
scope       which kinds have a namespace, and what a rule gives where it is in force in namespaces
grading     how severe it is to hold a rule, everywhere or in namespaces
effect      what every user may do anyway, and what no request ever matches
baseline    what no integration may do in its least profile
matrix      what the probe asks about of every integration
"""

from .baseline import BASELINE, BaselineRequest
from .catalogue import KUBERNETES_RIGHTS, READS, KubernetesRight, add_custom_resources
from .custom_resources import CustomResource, CustomResourceError, parse_custom_resource
from .effect import EVERY_CALLER, EVERY_USER, find_ineffective, is_public, matches_nothing
from .grading import grade_rule, reaches_system, writes_aws_auth
from .matrix import MATRIX
from .request import PolicyRule, Request, RuleLike, allows, is_in_scope
from .scope import Reach, find_outside_namespaces, find_reach, find_scopes
from .sentences import AWS_AUTH_RISK, describe_aws_auth, describe_right, describe_url, find_right

__all__ = [
    "AWS_AUTH_RISK",
    "BASELINE",
    "EVERY_CALLER",
    "EVERY_USER",
    "KUBERNETES_RIGHTS",
    "MATRIX",
    "READS",
    "BaselineRequest",
    "CustomResource",
    "CustomResourceError",
    "KubernetesRight",
    "PolicyRule",
    "Reach",
    "Request",
    "RuleLike",
    "add_custom_resources",
    "allows",
    "describe_aws_auth",
    "describe_right",
    "describe_url",
    "find_ineffective",
    "find_outside_namespaces",
    "find_reach",
    "find_right",
    "find_scopes",
    "grade_rule",
    "is_in_scope",
    "is_public",
    "matches_nothing",
    "parse_custom_resource",
    "reaches_system",
    "writes_aws_auth",
]
