"""How severe it is to hold a rule, by the catalogue: one grade for the policy pack, the review and `explain`. Pure."""

from collections.abc import Collection, Iterable, Iterator
from fnmatch import fnmatchcase

from ..risk import Risk
from ..severity import Severity
from .catalogue import APPROVAL, CERTIFICATES, CLIENT_SIGNERS, DELETES, ISSUANCE, KUBERNETES_RIGHTS, RBAC, WRITES
from .effect import matches_nothing
from .request import ANY, PolicyRule, RuleLike, matching_resources
from .scope import SYSTEM_NAMESPACE, Reach, confine, find_reach
from .system_objects import SERVICE_ACCOUNT, find_system_objects

AWS_AUTH = "aws-auth"
ADMINISTRATOR = "cluster-admin"
_SYSTEM = ("system:", "eks:", "kubeadm:")
"""How the names of the users and groups of Kubernetes, of EKS and of a cluster's first administrators begin."""
_EVERYONE = ("system:authenticated", "system:unauthenticated", "system:anonymous")
_WHOLE_PATHS = (ANY, "/*")


def reaches_system(namespaces: Collection[str] | None) -> bool:
    """Whether rules in force there apply in the whole cluster, or where the cluster's own components run."""
    return find_reach(namespaces) is not Reach.NAMESPACES


def is_everything(rule: RuleLike) -> bool:
    return ANY in rule.verbs and ANY in rule.resources and ANY in rule.groups and not rule.names


def writes_aws_auth(rule: RuleLike) -> bool:
    """Whether it can change or delete the ConfigMap aws-auth, where it is in force in kube-system."""
    return (
        ("" in rule.groups or ANY in rule.groups)
        and ("configmaps" in rule.resources or ANY in rule.resources)
        and _has_verb(rule, (*WRITES, *DELETES))
        and (not rule.names or AWS_AUTH in rule.names)
    )


def find_system_names(rule: RuleLike) -> tuple[str, ...]:
    """The users and groups of the system itself among those that a rule lets its holder impersonate by name."""
    named = rule.names if _has_verb(rule, ("impersonate",)) else ()
    return tuple(name for name in named if name.startswith(_SYSTEM) and not _is_of_anyone(name))


def _is_of_anyone(name: str) -> bool:
    """Whether it is everyone's, or a workload's outside of the system, with no rights but those that it was given."""
    is_account = name.startswith(SERVICE_ACCOUNT) and not name.startswith(f"{SERVICE_ACCOUNT}{SYSTEM_NAMESPACE}:")
    return is_account or name in _EVERYONE


def binds_by_name(rule: RuleLike) -> bool:
    """Whether it can give named roles to anyone, itself included."""
    return bool(rule.names) and _has_verb(rule, ("bind",)) and (RBAC in rule.groups or ANY in rule.groups)


def find_wildcards(rule: RuleLike) -> tuple[str, ...]:
    """The resources and URLs of a rule that cover kinds and paths which do not exist yet.

    `*/log` is none of them: it is one subresource, and graded as that.
    """
    return tuple(each for each in (*rule.resources, *rule.urls) if each in _WHOLE_PATHS)


def has_effect(rule: RuleLike) -> bool:
    """Whether some request is for a resource or a URL of a rule, since RBAC takes both literally."""
    groups = [group for group in rule.groups if not matches_nothing(group, "")]
    return bool(rule.urls) or (bool(groups) and not all(matches_nothing("", each) for each in rule.resources))


CONFINED_RISK = Risk("can approve or issue certificates of the signers that it names, none of them for users", False)
"""Of an approval that its role's signers confine (`find_confined_approvals`)."""


def find_confined_approvals(rules: Iterable[RuleLike]) -> frozenset[str]:
    """The subresources by which rules held together approve and issue certificates of harmless signers alone.

    Either takes a right to the signer too, so the rule about the signers says what certificates these are. One that
    names none, or one that certifies users of the API server, confines nothing.
    https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#authorization
    """
    of_signers = [each for each in rules if _is_about_signers(each)]
    return frozenset(
        subresource
        for subresource, verb in ((APPROVAL, "approve"), (ISSUANCE, "sign"))
        if _are_signers_confined([each for each in of_signers if _has_verb(each, (verb,))])
    )


def drop_confined_approvals(rules: Iterable[RuleLike]) -> Iterator[RuleLike]:
    """The rules of one role, without approvals of certificates that its other rules confine."""
    together = tuple(rules)
    confined = find_confined_approvals(together)
    for rule in together:
        kept = tuple(each for each in rule.resources if each not in confined)
        if kept == tuple(rule.resources):
            yield rule
        elif kept:
            yield PolicyRule(tuple(rule.verbs), tuple(rule.groups), kept, tuple(rule.names), tuple(rule.urls))


def _is_about_signers(rule: RuleLike) -> bool:
    return (CERTIFICATES in rule.groups or ANY in rule.groups) and not matching_resources("signers").isdisjoint(
        rule.resources
    )


def _are_signers_confined(rules: Collection[RuleLike]) -> bool:
    return bool(rules) and not any(
        not rule.names or any(fnmatchcase(name, pattern) for name in rule.names for pattern in CLIENT_SIGNERS)
        for rule in rules
    )


def grade_rule(rule: RuleLike, namespaces: Collection[str] | None) -> Severity | None:
    """The severity of a rule in force in these namespaces (None: everywhere); None if it is no danger there."""
    reach = find_reach(namespaces)
    if is_everything(rule):
        return Severity.MEDIUM if reach is Reach.NAMESPACES else Severity.CRITICAL
    grades = [grade for each in confine(rule, reach) for grade in _list_grades(each, reach, namespaces)]
    return max((grade for grade in grades if grade is not None), default=None)


def _list_grades(rule: RuleLike, reach: Reach, namespaces: Collection[str] | None) -> Iterator[Severity | None]:
    in_system = reach is not Reach.NAMESPACES
    if not has_effect(rule):
        return
    for right in KUBERNETES_RIGHTS:
        if right.matched_by(rule, reach):
            yield right.severity if in_system else right.in_namespace
    if find_wildcards(rule) or ANY in rule.verbs:
        yield Severity.HIGH if in_system else Severity.MEDIUM
    if (in_system and writes_aws_auth(rule)) or any(find_system_objects(rule, namespaces)):
        yield Severity.HIGH
    if find_system_names(rule):
        yield _grade_of("impersonate", in_system)
    if binds_by_name(rule):
        yield _grade_of("bind", in_system) if ADMINISTRATOR in rule.names else Severity.MEDIUM


def _grade_of(key: str, everywhere: bool) -> Severity | None:
    (right,) = (each for each in KUBERNETES_RIGHTS if each.key == key)
    return right.severity if everywhere else right.in_namespace


def _has_verb(rule: RuleLike, verbs: Iterable[str]) -> bool:
    return ANY in rule.verbs or any(verb in rule.verbs for verb in verbs)
