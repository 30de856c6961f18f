"""How severe it is to hold a rule, by the catalogue: one grade for the policy pack, the review and `explain`. Pure."""

from collections.abc import Collection, Iterable
from fnmatch import fnmatchcase

from ..severity import Severity
from .baseline import SYSTEM_NAMESPACE
from .catalogue import KUBERNETES_RIGHTS, RBAC, WRITES
from .effect import matches_nothing
from .request import ANY, RuleLike

AWS_AUTH = "aws-auth"
ADMINISTRATOR = "cluster-admin"
_SYSTEM = "system:"
_WHOLE_PATHS = (ANY, "/*")


def reaches_system(namespaces: Collection[str] | None) -> bool:
    """Whether rules in force there apply in the whole cluster, or where the cluster's own components run."""
    return namespaces is None or any(fnmatchcase(SYSTEM_NAMESPACE, pattern) for pattern in namespaces)


def is_everything(rule: RuleLike) -> bool:
    return ANY in rule.verbs and ANY in rule.resources and ANY in rule.groups and not rule.names


def writes_aws_auth(rule: RuleLike) -> bool:
    """Whether it can change the ConfigMap aws-auth, where it is in force in kube-system."""
    return (
        ("" in rule.groups or ANY in rule.groups)
        and ("configmaps" in rule.resources or ANY in rule.resources)
        and _has_verb(rule, WRITES)
        and (not rule.names or AWS_AUTH in rule.names)
    )


def find_system_names(rule: RuleLike) -> tuple[str, ...]:
    """The users and groups of the system itself among those that a rule lets its holder impersonate by name."""
    named = rule.names if _has_verb(rule, ("impersonate",)) else ()
    return tuple(name for name in named if name.startswith(_SYSTEM))


def binds_by_name(rule: RuleLike) -> bool:
    """Whether it can give named roles to anyone, itself included."""
    return bool(rule.names) and _has_verb(rule, ("bind",)) and (RBAC in rule.groups or ANY in rule.groups)


def find_wildcards(rule: RuleLike) -> tuple[str, ...]:
    """The resources and URLs of a rule that cover kinds and paths which do not exist yet."""
    wide = (each for each in (*rule.resources, *rule.urls) if each in _WHOLE_PATHS or each.startswith("*/"))
    return tuple(each for each in wide if not matches_nothing("", each))


def grade_rule(rule: RuleLike, *, everywhere: bool) -> Severity | None:
    """The severity of holding a rule that is in force `everywhere`, or in namespaces; None if it is no danger there."""
    if is_everything(rule):
        return Severity.CRITICAL if everywhere else Severity.MEDIUM
    grades = [
        right.severity if everywhere else right.in_namespace for right in KUBERNETES_RIGHTS if right.matched_by(rule)
    ]
    if find_wildcards(rule) or ANY in rule.verbs:
        grades.append(Severity.HIGH if everywhere else Severity.MEDIUM)
    if everywhere and writes_aws_auth(rule):
        grades.append(Severity.HIGH)
    if find_system_names(rule):
        grades.append(_grade_of("impersonate", everywhere))
    if binds_by_name(rule):
        grades.append(_grade_of("bind", everywhere) if ADMINISTRATOR in rule.names else Severity.MEDIUM)
    return max((grade for grade in grades if grade is not None), default=None)


def _grade_of(key: str, everywhere: bool) -> Severity | None:
    (right,) = (each for each in KUBERNETES_RIGHTS if each.key == key)
    return right.severity if everywhere else right.in_namespace


def _has_verb(rule: RuleLike, verbs: Iterable[str]) -> bool:
    return ANY in rule.verbs or any(verb in rule.verbs for verb in verbs)
